"""Which registers of an encoding are the system's, and an encoding between PREPARE and its adjoint."""

from __future__ import annotations

from typing import Any

import attrs
from qualtran import Bloq, BloqBuilder, Register
from qualtran.bloqs.block_encoding import BlockEncoding
from qualtran.bloqs.state_preparation.black_box_prepare import BlackBoxPrepare
from qualtran.symbolics import is_symbolic

from bloqs.core.block_encoding import has_zero_signal_state

WORK_REGISTERS = ("ancilla", "resource")
"""Registers of an encoding, beside `system`, that are zero in and are projected on zero."""


def has_standard_registers(bloq: Bloq) -> bool:
    """Whether a bloq's registers are `system` and some of `WORK_REGISTERS`.

    Args:
        bloq: any.

    Returns:
        False where `system` is missing or another register is there, such as a control.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> vector = LoadedVector([0.6, 0.8])
        >>> has_standard_registers(vector), has_standard_registers(vector.controlled())
        (True, False)
    """
    names = {register.name for register in bloq.signature}
    return "system" in names and names <= {"system", *WORK_REGISTERS}


def split_registers(bloq: Bloq) -> tuple[tuple[Register, ...], tuple[Register, ...]]:
    """The system's registers of an encoding, and the others; all go in, come out, and have known sizes.

    Args:
        bloq: an encoding, ours or one of Qualtran's.

    Returns:
        The system's registers in signature order, then the others.

    Raises:
        ValueError: registers that no encoding has, a control, a symbolic size.

    Example:
        >>> from bloqs.activation import AmplitudeBlockEncoding
        >>> from bloqs.loading import LoadedVector
        >>> system, work = split_registers(AmplitudeBlockEncoding(LoadedVector([0.6, 0.8])))
        >>> [register.name for register in system], [register.name for register in work]
        (['system'], ['ancilla'])
    """
    registers = tuple(bloq.signature)
    names = [register.name for register in registers]
    targets = {"system"}
    if not has_standard_registers(bloq):
        # Qualtran's encodings by SELECT and PREPARE keep the registers of these.
        targets = {register.name for register in getattr(bloq, "target_registers", ())}
        if not isinstance(bloq, BlockEncoding) or not targets:
            raise ValueError(
                f"{bloq} has the registers {', '.join(names)}; an encoding has 'system' and possibly "
                f"'ancilla' and 'resource'. Wrap it in a bloq of these registers, and fix controls there"
            )
    if "ctrl" in names or getattr(bloq, "control_val", None) is not None:
        raise ValueError(f"{bloq} is controlled; give the encoding itself")
    for register in registers:
        if register.side != register.side.THRU:
            raise ValueError(f"register {register.name!r} of {bloq} must go in and come out")
        if is_symbolic(register.bitsize):
            raise ValueError(
                f"register {register.name!r} of {bloq} has the symbolic size {register}"
            )
    system = tuple(register for register in registers if register.name in targets)
    if not system:
        raise ValueError(f"{bloq} has the registers {', '.join(names)}, and none is the system's")
    return system, tuple(register for register in registers if register.name not in targets)


def in_signal_state(be: BlockEncoding) -> tuple[Bloq, list[str]]:
    """A block encoding between its PREPARE and the adjoint, so that its block stands between zeros.

    Args:
        be: the block encoding.

    Returns:
        The circuit, which is the encoding itself where the signal state is zero, and the names of the
        registers that are zero in and are projected on zero.

    Raises:
        ValueError: as `split_registers`.

    Example:
        >>> from qualtran.bloqs.basic_gates import XGate
        >>> from qualtran.bloqs.block_encoding import Unitary
        >>> in_signal_state(Unitary(XGate())) == (Unitary(XGate()), [])
        True
    """
    system, work = split_registers(be)
    names = [register.name for register in work]
    if has_zero_signal_state(be):
        return be, names
    prepare: Any = be.signal_state
    bb = BloqBuilder()
    soqs: dict[str, Any] = {r.name: bb.add_register(r) for r in (*system, *work)}
    # A PREPARE behind Qualtran's one-register interface acts on the ancilla, by the name `selection`.
    place = {r.name: r.name for r in prepare.signature}
    if isinstance(prepare, BlackBoxPrepare) and "selection" not in soqs:
        place["selection"] = "ancilla"
    for register in prepare.signature:
        if place[register.name] not in soqs:
            place[register.name] = f"prepare_{register.name}"
            added = attrs.evolve(register, name=place[register.name])
            soqs[added.name] = bb.add_register(added)
            names.append(added.name)
    for part in (prepare, be, prepare.adjoint()):
        where = {r.name: place[r.name] if part is not be else r.name for r in part.signature}
        out = bb.add_d(part, **{mine: soqs[theirs] for mine, theirs in where.items()})
        soqs.update({where[mine]: soq for mine, soq in out.items()})
    return bb.finalize(**soqs), names
