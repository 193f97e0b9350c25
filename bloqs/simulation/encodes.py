"""`assert_encodes`: does a bloq encode what it promises? For our bloqs, Qualtran's, and yours."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from qualtran import Bloq, BloqBuilder, Register
from qualtran.bloqs.block_encoding import BlockEncoding
from qualtran.bloqs.reflections.prepare_identity import PrepareIdentity
from qualtran.bloqs.state_preparation.black_box_prepare import BlackBoxPrepare
from qualtran.symbolics import is_symbolic

from bloqs.simulation.gate_level import Simulator, contract
from bloqs.simulation.hints import explanations
from bloqs.simulation.levels import check_level, encoded_matrix, encoded_vector
from bloqs.vector_encoding import VectorEncoding

ROUNDING = 1e-9
"""Floating-point error granted beyond a stated epsilon (complex128)."""

COARSE_ROUNDING = 1e-4
"""The same for complex64."""

WORK_REGISTERS = ("ancilla", "resource")
"""Registers of an encoding, beside `system`, that are zero in and are projected on zero."""

ComplexArray = npt.NDArray[np.complex128]


@attrs.frozen
class Promise:
    """What a bloq says about itself: `(alpha, a, epsilon)`, and on which registers.

    Parameters:
        name: of the bloq.
        system: registers of the encoded system, in signature order.
        work: registers that are zero in and projected on zero.
        is_matrix: whether a matrix is encoded, rather than a vector.
        alpha: subnormalisation.
        epsilon: 2-norm (spectral norm) error at most.
    """

    name: str
    system: tuple[Register, ...]
    work: tuple[Register, ...]
    is_matrix: bool
    alpha: float
    epsilon: float

    @property
    def system_bitsize(self) -> int:
        """Qubits of the system."""
        return sum(int(register.total_bits()) for register in self.system)

    @property
    def work_bitsize(self) -> int:
        """Qubits that are projected on zero."""
        return sum(int(register.total_bits()) for register in self.work)


def assert_encodes(
    bloq: Bloq,
    reference: npt.ArrayLike,
    level: str = "gate",
    *,
    alpha: float | None = None,
    epsilon: float | None = None,
    rounding: float | None = None,
    simulator: Simulator | None = None,
) -> None:
    r"""A bloq encodes `reference` within the epsilon that it states. Phase-sensitive.

    A vector `v` or a matrix `A` is encoded when

    $$ \| v - \alpha \langle 0|_a U |0\rangle \|_2 \le \epsilon, \qquad
       \| A - \alpha \langle 0|_a U |0\rangle_a \|_2 \le \epsilon, $$

    and the bloq's other promises are kept: `alpha` at least the norm of what is encoded,
    `system_bitsize` and `ancilla_bitsize`, where it states them, the widths of its registers.

    Args:
        bloq: a `VectorEncoding`; any `BlockEncoding` of Qualtran (with its signal state and resource
            register, which is projected on zero too); or any other bloq with a register `system` and
            perhaps `ancilla` and `resource`. It encodes a vector or a matrix as `reference` is one or two
            dimensional.
        reference: what is promised, written from its definition: `(2**n,)` or `(2**n, 2**n)`, real or
            complex, big-endian (the first register of the system is the most significant).
        level: "gate" (every gate's tensor), or "semantic" for bloqs of this library.
        alpha: subnormalisation; None for `bloq.alpha`, and 1 where there is none.
        epsilon: error allowed; None for `bloq.epsilon`, and 0 where there is none.
        rounding: floating-point error granted beyond epsilon; None for 1e-9 (1e-4 for complex64).
        simulator: for the gate level; by default one that all calls share.

    Raises:
        AssertionError: not encoded: the error, the worst entry, what was found, expected and promised, and
            what would explain the difference (a sign, a phase, the factor alpha, reversed bits, ...).
        TypeError: `bloq` is no bloq, or `reference` holds no numbers.
        ValueError: a reference of the wrong shape or with NaN, an unknown level, registers that no
            encoding has, a symbolic size or alpha, a bloq without data.
        DirtyFreeError: the bloq frees a qubit that is not |0>.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> assert_encodes(LoadedVector([3.0, -4.0]), [0.6, -0.8])
        >>> assert_encodes(LoadedVector([3.0, -4.0]), [-0.6, 0.8])
        Traceback (most recent call last):
            ...
        AssertionError: LoadedVector does not encode the reference: 2-norm error 2, allowed 1e-09
          promised: alpha = 1, 0 ancillas, epsilon = 0 (and 1e-09 for rounding)
          worst entry: |1> (index 1): found -0.8, expected 0.8, off by 1.6
          hint: what was found is minus the reference: a sign, or the global phase pi
    """
    check_level(level)
    promise, expected = _promise(bloq, reference, alpha, epsilon)
    if rounding is None:
        is_coarse = simulator is not None and simulator.dtype == np.dtype(np.complex64)
        rounding = COARSE_ROUNDING if is_coarse else ROUNDING
    found = _found(bloq, promise, level, simulator)
    _check_widths(bloq, promise)
    error = float("nan")
    if np.all(np.isfinite(found)):
        error = float(np.linalg.norm(found - expected, 2))
    norm = float(np.linalg.norm(expected, 2))
    lines = []
    # Not `error > allowed`: a NaN is no success.
    if not error <= promise.epsilon + rounding:
        lines = _report(promise, found, expected, error, rounding)
    if promise.alpha < norm * (1 - rounding):
        lines.append(
            f"{promise.name} promises alpha = {promise.alpha:.9g}, but the reference has the 2-norm "
            f"{norm:.9g}: no block of a unitary, times alpha, is longer than alpha"
        )
    if lines:
        raise AssertionError("\n".join(lines))


def _promise(
    bloq: object, reference: npt.ArrayLike, alpha: float | None, epsilon: float | None
) -> tuple[Promise, ComplexArray]:
    """What is promised, and the reference as an array, all input checked."""
    if not isinstance(bloq, Bloq):
        raise TypeError(f"assert_encodes takes a Bloq, got {type(bloq).__name__}")
    name = str(bloq)
    if getattr(bloq, "has_data", True) is False:
        raise ValueError(f"{name} is given by shape and has no data: there is nothing to compare")
    system, work = _registers(bloq)
    expected = np.asarray(reference)
    if expected.dtype.kind not in "biufc":
        raise TypeError(
            f"the reference must be an array of real or complex numbers, got dtype {expected.dtype}"
        )
    expected = expected.astype(np.complex128)
    is_matrix = expected.ndim == 2
    if isinstance(bloq, VectorEncoding):
        is_matrix = False
    elif isinstance(bloq, BlockEncoding):
        is_matrix = True
    promise = Promise(
        name,
        system,
        work,
        is_matrix,
        _number(bloq, "alpha", alpha, 1.0),
        _number(bloq, "epsilon", epsilon, 0.0),
    )
    _check_shape(promise, expected)
    if not np.all(np.isfinite(expected)):
        bad = int(np.sum(~np.isfinite(expected)))
        raise ValueError(f"the reference must be finite, found {bad} NaN or infinite entries")
    return promise, expected


def _registers(bloq: Bloq) -> tuple[tuple[Register, ...], tuple[Register, ...]]:
    """The system's registers and the others, all of them through registers of known size."""
    registers = tuple(bloq.signature)
    names = [register.name for register in registers]
    if isinstance(bloq, BlockEncoding) and "system" not in names:
        # Qualtran's encodings by SELECT and PREPARE keep the registers of these.
        targets = {register.name for register in getattr(bloq, "target_registers", ())}
    else:
        targets = {"system"}
        unknown = set(names) - targets - set(WORK_REGISTERS)
        if "system" not in names or unknown:
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


def _number(bloq: Bloq, name: str, given: float | None, default: float) -> float:
    """A stated number, or the one given instead."""
    value: Any = getattr(bloq, name, default) if given is None else given
    if is_symbolic(value):
        raise ValueError(f"{name} of {bloq} is the symbol {value}; put numbers in, or give {name}=")
    number = float(value)
    if not (np.isfinite(number) and number >= 0 and (number > 0 or name == "epsilon")):
        raise ValueError(
            f"{name} must be finite and {'not negative' if name == 'epsilon' else 'positive'}, got {value}"
        )
    return number


def _check_shape(promise: Promise, expected: ComplexArray) -> None:
    size = 2**promise.system_bitsize
    wanted = (size, size) if promise.is_matrix else (size,)
    if expected.shape == wanted:
        return
    what = "matrix" if promise.is_matrix else "vector"
    message = (
        f"the reference must have shape {wanted}, for a {what} on the {promise.system_bitsize} qubits of "
        f"{promise.name}, got {expected.shape}"
    )
    if expected.size == np.prod(wanted):
        message += "; reshape it (row-major, most significant axis first)"
    elif expected.ndim == len(wanted) and all(n < size for n in expected.shape):
        message += "; pad it with zeros, every axis to a power of two"
    raise ValueError(message)


def _check_widths(bloq: Bloq, promise: Promise) -> None:
    """Stated numbers of qubits are those of the registers."""
    widths = {register.name: int(register.total_bits()) for register in bloq.signature}
    for name in ("system", *WORK_REGISTERS):
        stated = getattr(bloq, f"{name}_bitsize", None)
        if stated is not None and "system" in widths:
            found = widths.get(name, 0)
            if stated != found:
                raise AssertionError(
                    f"{promise.name} promises {name}_bitsize = {stated}, its register has {found} qubits"
                )


def _found(bloq: Bloq, promise: Promise, level: str, simulator: Simulator | None) -> ComplexArray:
    """`alpha <0|U|0>`, with the alpha promised."""
    if level == "semantic":
        encoded = (encoded_matrix if promise.is_matrix else encoded_vector)(bloq, level=level)
        return encoded * (promise.alpha / float(bloq.alpha))
    if promise.is_matrix and isinstance(bloq, BlockEncoding):
        circuit, work = _in_signal_state(bloq)
    else:
        circuit, work = bloq, [register.name for register in promise.work]
    block = contract(
        circuit,
        project=dict.fromkeys(work, 0),
        open_inputs=[register.name for register in promise.system] if promise.is_matrix else (),
        simulator=simulator,
    )
    return np.asarray(promise.alpha * block, dtype=np.complex128)


def _in_signal_state(be: BlockEncoding) -> tuple[Bloq, list[str]]:
    """The encoding between its PREPARE and the adjoint, if that is not the identity; its work registers."""
    system, work = _registers(be)
    names = [register.name for register in work]
    prepare: Any = be.signal_state
    inner = prepare.prepare if isinstance(prepare, BlackBoxPrepare) else prepare
    if isinstance(inner, PrepareIdentity):
        return be, names
    bb = BloqBuilder()
    soqs: dict[str, Any] = {r.name: bb.add_register(r) for r in (*system, *work)}
    # A PREPARE behind Qualtran's one-register interface acts on the ancilla, by the name `selection`.
    place = {r.name: r.name for r in prepare.signature}
    if isinstance(prepare, BlackBoxPrepare):
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


def _report(
    promise: Promise, found: ComplexArray, expected: ComplexArray, error: float, rounding: float
) -> list[str]:
    """Which entry, by how much, what was found, expected and promised, and hints."""
    # A NaN is the worst of all.
    difference = np.nan_to_num(np.abs(found - expected), nan=np.inf)
    worst = np.unravel_index(int(np.argmax(difference)), expected.shape)
    bits = [f"{int(j):0{promise.system_bitsize}b}" for j in worst]
    index = ", ".join(str(int(j)) for j in worst)
    if promise.is_matrix:
        entry = f"<{bits[0]}| A |{bits[1]}> (index {index})"
    else:
        entry = f"|{bits[0]}> (index {index})"
    norm = "spectral-norm" if promise.is_matrix else "2-norm"
    lines = [
        f"{promise.name} does not encode the reference: {norm} error {error:.3g}, allowed "
        f"{promise.epsilon + rounding:.3g}",
        f"  promised: alpha = {promise.alpha:.9g}, {promise.work_bitsize} ancillas, epsilon = "
        f"{promise.epsilon:.3g} (and {rounding:.1g} for rounding)",
        f"  worst entry: {entry}: found {_complex(found[worst])}, expected "
        f"{_complex(expected[worst])}, off by {abs(found[worst] - expected[worst]):.3g}",
    ]
    allowed = promise.epsilon + rounding
    lines += [f"  hint: {hint}" for hint in explanations(found, expected, promise.alpha, allowed)]
    return lines


def _complex(value: complex) -> str:
    """Real where it is, to six digits."""
    if abs(value.imag) <= 1e-12 * max(1.0, abs(value.real)):
        return f"{value.real:.6g}"
    return f"{value:.6g}"
