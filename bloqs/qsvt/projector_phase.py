"""The phase of a projector, the one non-Clifford step between two calls of a QSVT."""

from collections import Counter
from functools import cached_property

import attrs
from qualtran import (
    Bloq,
    BloqBuilder,
    DecomposeTypeError,
    QAny,
    QBit,
    Register,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CNOT
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked, count, names_field
from bloqs.core.control import CTRL, DATA, ControllableBloq
from bloqs.core.flags import compute_ladder, ladder_counts, uncompute_ladder
from bloqs.core.rotation import rz
from bloqs.core.wires import Wires

MAX_FLAGGED = 2**16
"""Qubits that a projector reflects about, at most: the ancillas of many layers, each with its own."""


def _flagged(value: SymbolicInt, what: str = "bitsize") -> SymbolicInt:
    """More than the bits of an index: each takes a gate, and no power of two of them."""
    found: SymbolicInt = count(value, what, high=MAX_FLAGGED)
    return found


names_field(_flagged)  # by a call: mypy reads no converter that is decorated


def turn_when_off(
    wires: Wires, half_angle: float | None, ctrl: list[tuple[str, int]], sign: list[tuple[str, int]]
) -> None:
    """Turn the sign qubit by `exp(i half_angle Z)` where the control is 0, and leave it where it is 1.

    Args:
        wires: the qubits of the decomposition.
        half_angle: radians; None for a rotation of unknown angle (by shape).
        ctrl: the control, one qubit.
        sign: the qubit that is turned.

    Example:
        >>> import numpy as np
        >>> bb = BloqBuilder()
        >>> wires = Wires(bb, {"ctrl": bb.add_register("ctrl", 1), "sign": bb.add_register("sign", 1)})
        >>> turn_when_off(wires, 0.3, wires.reg("ctrl"), wires.reg("sign"))
        >>> matrix = bb.finalize(**wires.join({"ctrl": QBit(), "sign": QBit()})).tensor_contract()
        >>> np.angle(np.diag(matrix)).round(6).tolist()
        [0.3, -0.3, 0.0, 0.0]
    """
    rotation = rz(None if half_angle is None else -half_angle)
    for _ in range(2):
        wires.call(rotation, q=sign)
        wires.call(CNOT(), ctrl=ctrl, target=sign)


def turn_when_off_counts(half_angle: float | None) -> dict[Bloq, int]:
    """The gates of `turn_when_off`.

    Args:
        half_angle: radians; None for a rotation of unknown angle (by shape).

    Returns:
        How many of each gate.

    Example:
        >>> turn_when_off_counts(None)
        {GenericRotation(axis='Rz'): 2, CNOT(): 2}
    """
    return {rz(None if half_angle is None else -half_angle): 2, CNOT(): 2}


@attrs.frozen(field_transformer=checked)
class ProjectorPhase(ControllableBloq):
    r"""`exp(i phi (2 Pi - I) (x) Z)` with `Pi = |0><0|` on the flagged register and Z on the sign qubit.

    $$ e^{i\phi (2\Pi - I) \otimes Z}, \qquad \Pi = |0\rangle\langle 0|. $$

    The flag is XORed into the sign qubit, which is turned by `Rz(2 phi)`, and XORed back. One ladder of
    `bitsize - 1` And serves both XORs. With the sign qubit in |+>, as in a QSVT, the average of the +phi and
    the -phi sequence comes out, and the two signs cost no more than one.

    A `gate` qubit joins the ladder: with gate 0 the flag never fires and the bloq is `exp(-i phi Z)`. A
    controlled QSVT gates all its phases and undoes their sum by one controlled rotation, which is cheaper
    than a control on each. The control of a single phase is the same, with an undoing of its own.

    Registers:
        ctrl: only when `is_controlled`.
        gate: one qubit, only when `is_gated`.
        sign: one qubit.
        flagged: `QAny(bitsize)`; absent when `bitsize = 0`, where Pi is the identity.
    Parameters:
        bitsize: number of flagged qubits, >= 0; may be symbolic (then taken to be at least 2).
        angle: phi in radians, or None by shape (a rotation of unknown angle).
        is_gated: with a `gate` qubit.
        is_controlled: with a `ctrl` qubit.
    Cost: `bitsize - 1` And and one rotation; one And more with a gate; one And and two rotations more with
        control. Exact.

    Example:
        >>> import numpy as np
        >>> phase = ProjectorPhase(1, angle=0.3)
        >>> np.angle(np.diag(phase.tensor_contract())).round(6).tolist()  # (sign, flagged) = 00, 01, 10, 11
        [0.3, -0.3, -0.3, 0.3]
    """

    bitsize: SymbolicInt = attrs.field(converter=_flagged)
    angle: float | None = attrs.field(default=None, metadata=DATA)
    is_gated: bool = False
    is_controlled: bool = False

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], [gate], sign, [flagged]`."""
        registers = [CTRL] if self.is_controlled else []
        if self.is_gated:
            registers.append(Register("gate", QBit()))
        registers.append(Register("sign", QBit()))
        if self.bitsize != 0:
            registers.append(Register("flagged", QAny(self.bitsize)))
        return Signature(registers)

    @property
    def component(self) -> str:
        """Row of the cost report."""
        return "QSVT phases"

    @property
    def _num_ones(self) -> int:
        return int(self.is_controlled) + int(self.is_gated)

    @property
    def _num_controls(self) -> SymbolicInt:
        return self.bitsize + self._num_ones

    @property
    def workspace(self) -> SymbolicInt:
        """One qubit a rung of the ladder."""
        rungs = self._num_controls - 1
        return rungs if is_symbolic(rungs) else max(rungs, 0)

    def _rz(self, sign: int) -> Bloq:
        return rz(None if self.angle is None else sign * 2 * self.angle)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Ladder, CNOT, Rz, CNOT, ladder undone."""
        if is_symbolic(self.bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, sign = wires.reg("ctrl"), wires.reg("sign")
        ones, zeros = ctrl + wires.reg("gate"), wires.reg("flagged")
        if not ones and not zeros:
            wires.call(self._rz(-1), q=sign)
        elif len(ones) + len(zeros) == 1:
            # A lone 0-control is the negated flag: turn the other way instead of two X gates.
            wires.call(CNOT(), ctrl=ones + zeros, target=sign)
            wires.call(self._rz(1 if ones else -1), q=sign)
            wires.call(CNOT(), ctrl=ones + zeros, target=sign)
        else:
            top = compute_ladder(wires, ones, zeros)
            wires.call(CNOT(), ctrl=[top], target=sign)
            wires.call(self._rz(1), q=sign)
            wires.call(CNOT(), ctrl=[top], target=sign)
            uncompute_ladder(wires, ones, zeros)
        if ctrl:
            turn_when_off(wires, self.angle, ctrl, sign)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        single = self._num_ones == 0 and self.bitsize in (0, 1)
        counts: Counter[Bloq] = Counter({self._rz(-1 if single else 1): 1})
        if self._num_controls != 0:
            counts[CNOT()] += 2
        counts.update(ladder_counts(self._num_controls))
        if self.is_controlled:
            counts.update(turn_when_off_counts(self.angle))
        return counts

    def adjoint(self) -> "ProjectorPhase":
        """The opposite angle."""
        return self if self.angle is None else attrs.evolve(self, angle=-self.angle)


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _projector_phase() -> ProjectorPhase:
    projector_phase = ProjectorPhase(3, 0.4)
    return projector_phase


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _projector_phase_gated() -> ProjectorPhase:
    projector_phase_gated = ProjectorPhase(2, 0.4, is_gated=True)
    return projector_phase_gated


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _projector_phase_shape() -> ProjectorPhase:
    projector_phase_shape = ProjectorPhase(4)
    return projector_phase_shape
