"""QSVT phase factors in the reflection convention, symmetric so that flagged garbage stays flagged.

**Sequence.** For phases `phi_0 ... phi_d`, a unitary `U` and projectors `Pi_left`, `Pi_right`, with
`A = Pi_left U Pi_right`,

    S(phi) = e^{i phi_0 (2 Pi_0 - I)} U_1 e^{i phi_1 (2 Pi_1 - I)} U_2 ... U_d e^{i phi_d (2 Pi_d - I)}

is a matrix product, so `phi_d` acts FIRST on the state and `phi_0` LAST. Counted from the input,
with `k = d - j`:

    U_j  = U        and  Pi_j = Pi_right   for k even (k = 0 is the first phase and the first U),
    U_j  = U^dagger and  Pi_j = Pi_left    for k odd.

In time order: phase `phi_d` on Pi_right, `U`, phase `phi_{d-1}` on Pi_left, `U^dagger`, phase
`phi_{d-2}` on Pi_right, `U`, ... and last the phase `phi_0`, on Pi_left for odd d and on Pi_right
for even d. That projector is `Pi_out`; `Pi_in` is Pi_right always.

**What it encodes.** The average over both signs,

    T = (S(phi) + S(-phi)) / 2,    Pi_out T Pi_in = P(A)   (singular value transformation),

comes from one ancilla in |+> with Hadamards on both sides: XOR the flag "not in Pi_j" and the
ancilla together, rotate by `phi_j`, XOR back.

**Symmetry.** `phi_j = phi_{d-j}` for all j, except that `phi_0` carries a further `-d pi/2`. Then in
each two-dimensional block `S(phi)` has an imaginary off-diagonal entry in the row of `Pi_out`,
which the average cancels:

    Pi_out T (I - Pi_in) = 0    exactly, whatever P is ("no leak").

Phases that solvers return as they come reproduce `P(A)` too, but move an eighth of a turn from one
end to the other, and then leak with norm up to `sqrt(1 - P(0)^2)`: see `unconverted_phases`.
"""

import functools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bloqs.checks import real_array
from bloqs.qsvt.symmetric_qsp import left_rows, solve_symmetric

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

TOLERANCE = 1e-10
"""Residual and leak of any phases that are returned."""

AIM = 1e-11
"""Where the quicker solver misses this, the other one is tried as well."""

_SQUARE = (8, 4, 4)  # dimension of U, rank of Pi_left, rank of Pi_right
_WIDE = (12, 5, 3)
_TALL = (12, 2, 4)


class PhaseError(RuntimeError):
    """No phases reproduce the polynomial without a leak to the tolerance of this module."""


def solve_phases(chebyshev: Sequence[float]) -> FloatArray:
    """Symmetric phases `phi_0 ... phi_d` of `P(x) = sum_k chebyshev[k] T_k(x)`.

    The convention is the one at the head of this module. Every solution is checked, on points of
    [-1, 1] and on random block encodings with projectors of unequal rank, before it is returned;
    equal coefficients are solved once.

    Args:
        chebyshev: the d + 1 coefficients, real, dimensionless; those whose index has not the
            parity of d are zero, and |P| <= 1 on [-1, 1].

    Returns:
        float64, shape (d + 1,), in radians, in (-pi, pi]. Exact up to the tolerance 1e-10 (measured:
        below 4e-12 to degree 1001).

    Raises:
        ValueError: no or non-finite coefficients, mixed parity, or |P| > 1 somewhere.
        PhaseError: residual or leak above 1e-10; the message gives both.

    References:
        [Grand unification of quantum algorithms](https://arxiv.org/abs/2105.02859), appendix A, for
        the change between signal conventions.
        [Infinite quantum signal processing](https://arxiv.org/abs/2307.12468), Dong, Lin, Ni, Wang,
        for symmetric phases by Newton's method.

    Example:
        >>> from bloqs.qsvt.phases import solve_phases
        >>> solve_phases((0.0, 0.5, 0.0, 0.25)).round(4).tolist()
        [1.7084, 1.8573, 1.8573, 0.1376]
    """
    return np.array(_checked_phases(_coefficients(chebyshev)))


def unconverted_phases(chebyshev: Sequence[float]) -> FloatArray:
    """Phases that reproduce `P(A)` but LEAK; never put them into a circuit with shared ancillas.

    An eighth of a turn is moved from one end to the other, as in the output of common solvers.
    On `Pi_in` nothing changes; on its complement the two signs now add instead of cancelling, and
    `||Pi_out T (1 - Pi_in)||` is of order 1. They exist so that a leak check can be seen to fail.

    Args:
        chebyshev: as for `solve_phases`, of degree at least 1 (a constant has one phase, no ends).

    Returns:
        float64, shape (d + 1,), in radians.

    Raises:
        ValueError: as for `solve_phases`, or degree 0.

    Example:
        >>> from bloqs.qsvt.phases import residual_and_leak, unconverted_phases
        >>> coefficients = (0.0, 0.5, 0.0, 0.25)
        >>> residual, leak = residual_and_leak(unconverted_phases(coefficients), coefficients)
        >>> residual < 1e-10, leak > 1e-3
        (True, True)
    """
    phases = solve_phases(chebyshev)
    if len(phases) == 1:
        raise ValueError(
            "a polynomial of degree 0 has a single phase and cannot leak; use degree >= 1"
        )
    phases[0] += math.pi / 4
    phases[-1] -= math.pi / 4
    return phases


def phase_sum(phases: Sequence[float] | FloatArray) -> float:
    """Sum of the phases: what is left of a sequence whose projectors are all switched off.

    With every projector replaced by 0 a phase becomes `e^{-i phi_j}`, the alternating U cancel up to
    one (odd degree) or altogether (even degree), and the sequence is `e^{-i phase_sum}` times that.
    The average over both signs is `cos(phase_sum)`.

    Args:
        phases: `phi_0 ... phi_d`, in radians.

    Returns:
        Their sum, in radians.

    Example:
        >>> from bloqs.qsvt.phases import phase_sum
        >>> phase_sum((0.25, -0.5, 1.0))
        0.75
    """
    return math.fsum(float(phase) for phase in phases)


def sequence_matrix(
    unitary: ComplexArray,
    left_projector: ComplexArray,
    right_projector: ComplexArray,
    phases: Sequence[float] | FloatArray,
) -> ComplexArray:
    """Dense matrix of `S(phi)` for one sign, as written at the head of this module.

    Args:
        unitary: U, complex128, shape (m, m).
        left_projector: Pi_left, shape (m, m), Hermitian and idempotent.
        right_projector: Pi_right, likewise; its rank may differ.
        phases: `phi_0 ... phi_d` in radians; negate them for the other sign.

    Returns:
        complex128, shape (m, m).

    Example:
        The averaged sequence encodes P of the top left entry 0.6, here `P(x) = x/2`:

        >>> u = np.array([[0.6, 0.8], [0.8, -0.6]], dtype=complex)
        >>> top, phases = np.diag([1.0 + 0j, 0.0]), solve_phases([0.0, 0.5])
        >>> both = [sequence_matrix(u, top, top, sign * phases) for sign in (1, -1)]
        >>> (sum(both)[0, 0] / 2).real.round(6)
        np.float64(0.3)
    """
    identity = np.eye(len(unitary))
    reflections = (2 * right_projector - identity, 2 * left_projector - identity)
    steps = (unitary, unitary.conj().T)
    result = identity.astype(np.complex128)
    for k, phase in enumerate(reversed([float(phi) for phi in phases])):
        if k:
            result = steps[(k - 1) % 2] @ result
        result = math.cos(phase) * result + 1j * math.sin(phase) * (reflections[k % 2] @ result)
    return result


def transformed_matrix(
    unitary: ComplexArray,
    left_projector: ComplexArray,
    right_projector: ComplexArray,
    chebyshev: Sequence[float],
) -> ComplexArray:
    """`P(A)` for `A = Pi_left U Pi_right`, from the singular value decomposition.

    Odd P maps Pi_right to Pi_left (`sum P(s) |left><right|`), even P maps Pi_right to itself
    (`sum P(s) |right><right|`, singular value zero included).

    Args:
        unitary: U, complex128, shape (m, m).
        left_projector: Pi_left, shape (m, m), Hermitian and idempotent.
        right_projector: Pi_right, likewise; its rank may differ.
        chebyshev: the d + 1 coefficients of P, of the parity of d.

    Returns:
        complex128, shape (m, m).

    Example:
        >>> u = np.array([[0.6, 0.8], [0.8, -0.6]], dtype=complex)
        >>> top = np.diag([1.0 + 0j, 0.0])
        >>> transformed_matrix(u, top, top, [0.0, 0.5]).real.round(6).tolist()
        [[0.3, 0.0], [0.0, 0.0]]
    """
    a = left_projector @ unitary @ right_projector
    left, s, right = np.linalg.svd(a)
    values = np.polynomial.chebyshev.chebval(np.clip(s, -1.0, 1.0), np.asarray(chebyshev))
    if len(chebyshev) % 2 == 0:
        return np.asarray((left * values) @ right)
    return np.asarray((right.conj().T * values) @ right @ right_projector)


def residual_and_leak(
    phases: Sequence[float] | FloatArray,
    chebyshev: Sequence[float],
    rng: np.random.Generator | None = None,
) -> tuple[float, float]:
    """How far phases are from `P(A)`, and how much they leak, measured rather than believed.

    Checked on the scalar sequence at 4 d + 64 points of [-1, 1] (0 and the ends included) and on
    random unitaries with random projectors: 8x8 real of ranks (4, 4), 12x12 complex of ranks
    (5, 3) and (2, 4).

    Args:
        phases: `phi_0 ... phi_d`, in radians.
        chebyshev: the coefficients of P.
        rng: source of the random block encodings; default a fixed seed.

    Returns:
        `max ||Pi_out T Pi_in - P(A)||_2` and `max ||Pi_out T (1 - Pi_in)||_2` over the cases.

    Example:
        >>> residual, leak = residual_and_leak(solve_phases([0.0, 0.5]), [0.0, 0.5])
        >>> residual < 1e-12, leak < 1e-12
        (True, True)
    """
    phi = np.asarray(phases, dtype=np.float64)
    residual, leak = _scalar_residual_and_leak(phi, np.asarray(chebyshev, dtype=np.float64))
    generator = np.random.default_rng(20251007) if rng is None else rng
    for shape in (_SQUARE, _WIDE, _TALL):
        unitary, left, right = _random_block_encoding(shape, generator, real=shape == _SQUARE)
        average = sequence_matrix(unitary, left, right, phi)
        average = (average + sequence_matrix(unitary, left, right, -phi)) / 2
        out = left if len(phi) % 2 == 0 else right
        expected = transformed_matrix(unitary, left, right, chebyshev)
        residual = max(residual, float(np.linalg.norm(out @ average @ right - expected, 2)))
        leak = max(leak, float(np.linalg.norm(out @ average @ (np.eye(len(right)) - right), 2)))
    return residual, leak


@functools.lru_cache(maxsize=1024)
def _checked_phases(chebyshev: tuple[float, ...]) -> tuple[float, ...]:
    degree = len(chebyshev) - 1
    best, residual, leak = np.zeros(degree + 1), math.inf, math.inf
    for phases in _candidates(np.array(chebyshev)):
        errors = residual_and_leak(phases, chebyshev)
        if max(errors) < max(residual, leak):
            best, (residual, leak) = phases, errors
        if max(residual, leak) <= AIM:
            break
    if not (residual <= TOLERANCE and leak <= TOLERANCE):
        raise PhaseError(
            f"phases of degree {degree} are off: residual {residual:.2e}, leak {leak:.2e}, allowed "
            f"{TOLERANCE:.0e} each; lower max|P| (0.999 is safe) or the degree"
        )
    return tuple(float(phase) for phase in best)


def _candidates(chebyshev: FloatArray) -> Iterator[FloatArray]:
    """Phases in the convention of this module, from each solver in turn."""
    degree = len(chebyshev) - 1
    if degree == 0:
        yield np.array([math.acos(chebyshev[0])])
        return
    for phases in solve_symmetric(chebyshev, _sampled_maximum(chebyshev)):
        # W = -i e^{i pi Z/4} R e^{i pi Z/4} with R the reflection signal; a further -pi/4 on both
        # ends turns Im into Re and keeps the off-diagonal entry imaginary.
        phases[1:-1] += math.pi / 2
        phases[0] -= degree * math.pi / 2
        yield _wrapped(phases)


def _coefficients(chebyshev: Sequence[float]) -> tuple[float, ...]:
    values = tuple(real_array(chebyshev, "chebyshev", has_bools=False).ravel().tolist())
    if not values or not all(math.isfinite(c) for c in values):
        raise ValueError(
            f"Chebyshev coefficients must be finite and at least one, found {values[:8]}"
        )
    degree = len(values) - 1
    wrong = [k for k, c in enumerate(values) if c != 0 and (k - degree) % 2]
    if wrong:
        raise ValueError(
            f"coefficient {wrong[0]} is {values[wrong[0]]:g}, but a polynomial of degree {degree} "
            "must have the parity of its degree; set the others to exactly 0"
        )
    maximum = _sampled_maximum(np.array(values))
    if maximum > 1 + 1e-12:
        raise ValueError(f"|P| reaches {maximum:.15g} on [-1, 1]; QSVT needs |P| <= 1: rescale it")
    return tuple(min(1.0, max(-1.0, c)) for c in values) if degree == 0 else values


def _sampled_maximum(chebyshev: FloatArray) -> float:
    x = np.cos(np.linspace(0.0, np.pi / 2, 16 * len(chebyshev) + 1))
    return float(np.max(np.abs(np.polynomial.chebyshev.chebval(x, chebyshev))))


def _wrapped(phases: FloatArray) -> FloatArray:
    """Angles in (-pi, pi]: a whole turn changes nothing in any reflection."""
    return np.asarray(-np.remainder(math.pi - phases, 2 * math.pi) + math.pi)


def _scalar_residual_and_leak(phases: FloatArray, chebyshev: FloatArray) -> tuple[float, float]:
    degree = len(phases) - 1
    x = np.cos(np.linspace(0.0, np.pi, 4 * degree + 65))
    x[len(x) // 2] = 0.0
    # R = i e^{-i pi Z/4} W e^{-i pi Z/4} (up to the sign of the exponent): reuse the rows of W.
    signal = phases.copy()
    signal[1:-1] -= math.pi / 2
    signal[0] -= math.pi / 4 if degree else 0.0
    signal[-1] -= math.pi / 4 if degree else 0.0
    row = left_rows(signal, x)[-1] * (1j) ** degree
    turn = np.exp(1j * signal[-1])
    residual = (row[0] * turn).real - np.polynomial.chebyshev.chebval(x, chebyshev)
    return float(np.max(np.abs(residual))), float(np.max(np.abs((row[1] / turn).real)))


def _random_block_encoding(
    shape: tuple[int, int, int], rng: np.random.Generator, *, real: bool
) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
    size, left_rank, right_rank = shape

    def unitary() -> ComplexArray:
        matrix = rng.normal(size=(size, size)) + (0 if real else 1j) * rng.normal(size=(size, size))
        return np.asarray(np.linalg.qr(matrix)[0], dtype=np.complex128)

    def projector(rank: int) -> ComplexArray:
        basis = unitary()[:, :rank]
        return np.asarray(basis @ basis.conj().T)

    return unitary(), projector(left_rank), projector(right_rank)
