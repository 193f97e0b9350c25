"""`assert_encodes`: does a bloq encode what it promises? For our bloqs, Qualtran's, and yours."""

from __future__ import annotations

import numbers
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from qualtran import Bloq, Register
from qualtran.bloqs.block_encoding import BlockEncoding
from qualtran.symbolics import is_symbolic

from bloqs.checks import instance, real_number
from bloqs.checks import number as to_float
from bloqs.core.checks import a_bloq
from bloqs.core.encoding import VectorEncoding
from bloqs.messages import shown
from bloqs.verify.encoding_registers import (
    WORK_REGISTERS,
    has_standard_registers,
    in_signal_state,
    split_registers,
)
from bloqs.verify.explanations import explanations
from bloqs.verify.gate_level import SimulationTooLargeError, Simulator, contract
from bloqs.verify.levels import at_gate_level, check_level, encoded_matrix, encoded_vector

ROUNDING = 1e-9
"""Floating-point error granted beyond a stated epsilon (complex128)."""

COARSE_ROUNDING = 1e-4
"""The same for complex64."""

RESOURCE = "resource"
"""The work register that is zero on every branch, not on the good one alone."""

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

    Example:
        >>> from qualtran import QAny
        >>> registers = Register("system", QAny(3)), Register("ancilla", QAny(2))
        >>> promise = Promise("mine", registers[:1], registers[1:], is_matrix=False, alpha=2.0, epsilon=1e-3)
        >>> promise.system_bitsize, promise.ancilla_bitsize, promise.resource_bitsize
        (3, 2, 0)
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
    def ancilla_bitsize(self) -> int:
        """Qubits that are projected on zero, those of the resource register apart."""
        return sum(int(r.total_bits()) for r in self.work if r.name != RESOURCE)

    @property
    def resource_bitsize(self) -> int:
        """Qubits of the resource register."""
        return sum(int(r.total_bits()) for r in self.work if r.name == RESOURCE)


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
    `system_bitsize` and `ancilla_bitsize`, where it states them, the widths of its registers. A register
    `resource` is back in zero on every branch, also where the ancillas are not; at gate level this is checked
    where the state vector fits.

    Args:
        bloq: a `VectorEncoding`; any `BlockEncoding` of Qualtran (with its signal state, and with the
            registers of its SELECT and PREPARE); or any other bloq with a register `system` and perhaps
            `ancilla` and `resource`. It encodes a vector or a matrix as `reference` is one or two
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
    a_bloq(bloq)
    instance(simulator, "simulator", (Simulator, type(None)), "a Simulator, or None")
    if rounding is not None:
        rounding = real_number(rounding, "rounding", low=0)
    check_level(level)
    if level == "gate":
        bloq = at_gate_level(bloq)
    promise, expected = _promise(bloq, reference, alpha, epsilon)
    if rounding is None:
        is_coarse = simulator is not None and simulator.dtype == np.dtype(np.complex64)
        rounding = COARSE_ROUNDING if is_coarse else ROUNDING
    found, dirt = _found(bloq, promise, level, rounding, simulator)
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
    lines += dirt
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
    system, work = split_registers(bloq)
    try:
        expected = np.asarray(reference)
    except ValueError as error:
        raise ValueError(
            f"reference must be an array, found {shown(reference)}: {error}"
        ) from error
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


def _number(bloq: Bloq, name: str, given: float | None, default: float) -> float:
    """A stated number, or the one given instead."""
    value: Any = getattr(bloq, name, default) if given is None else given
    if is_symbolic(value):
        if not value.is_number:
            raise ValueError(
                f"{name} of {bloq} is the symbol {value}; put numbers in, or give {name}="
            )
        value = complex(value) if not value.is_real else float(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ValueError(f"{name} of {bloq} must be a real number, got {value!r}; give {name}=")
    number = to_float(value, name)
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
        # Encodings by SELECT and PREPARE count qubits of registers of other names.
        if stated is not None and has_standard_registers(bloq):
            found = widths.get(name, 0)
            if stated != found:
                raise AssertionError(
                    f"{promise.name} promises {name}_bitsize = {stated}, its register has {found} qubits"
                )


def _found(
    bloq: Bloq, promise: Promise, level: str, rounding: float, simulator: Simulator | None
) -> tuple[ComplexArray, list[str]]:
    """`alpha <0|U|0>`, with the alpha promised, and a complaint if the resource register is left dirty."""
    if level == "semantic":
        encoded = (encoded_matrix if promise.is_matrix else encoded_vector)(bloq, level=level)
        return encoded * (promise.alpha / float(bloq.alpha)), []
    if promise.is_matrix and isinstance(bloq, BlockEncoding):
        circuit, work = in_signal_state(bloq)
    else:
        circuit, work = bloq, [register.name for register in promise.work]
    block = contract(
        circuit,
        project=dict.fromkeys(work, 0),
        open_inputs=[register.name for register in promise.system] if promise.is_matrix else (),
        simulator=simulator,
    )
    found = np.asarray(promise.alpha * block, dtype=np.complex128)
    return found, _dirty_resource(circuit, promise, rounding, simulator)


def _dirty_resource(
    circuit: Bloq, promise: Promise, rounding: float, simulator: Simulator | None
) -> list[str]:
    """A complaint if the resource register is not |0> on some branch; none where the state does not fit.

    The system of a matrix is in a random state, which has a part on every branch.
    """
    if not promise.resource_bitsize:
        return []
    inputs = {}
    if promise.is_matrix:
        rng = np.random.default_rng(0)
        for register in promise.system:
            vector = rng.normal(size=2 ** int(register.total_bits()))
            inputs[register.name] = vector / np.linalg.norm(vector)
    try:
        state = contract(circuit, inputs=inputs, method="state", simulator=simulator)
    except SimulationTooLargeError:
        return []
    registers = list(circuit.signature.rights())
    tensor = state.reshape([2 ** int(register.total_bits()) for register in registers])
    axis = [register.name for register in registers].index(RESOURCE)
    lost = float(np.linalg.norm(np.moveaxis(tensor, axis, 0)[1:]))
    # Not `lost > rounding`: a NaN is no success.
    if lost <= rounding:
        return []
    return [
        f"{promise.name} leaves its register {RESOURCE!r} dirty: norm {lost:.3g} of the state is not |0> "
        f"there, allowed {rounding:.1g}. It must be |0> on every branch, also where the ancillas are not: "
        "return it to |0>, or count its qubits among the ancillas"
    ]


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
    resource = f"{promise.resource_bitsize} resource qubits, " if promise.resource_bitsize else ""
    lines = [
        f"{promise.name} does not encode the reference: {norm} error {error:.3g}, allowed "
        f"{promise.epsilon + rounding:.3g}",
        f"  promised: alpha = {promise.alpha:.9g}, {promise.ancilla_bitsize} ancillas, {resource}epsilon = "
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
