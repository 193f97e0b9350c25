"""Symmetric quantum signal processing: phases of one real polynomial of definite parity.

The signal operator is `W(x) = [[x, i s], [i s, x]]` with `s = sqrt(1 - x^2)`, and phases
`psi_0 ... psi_d` that read the same backwards (`psi_j = psi_{d-j}`) stand for

    S(x) = e^{i psi_0 Z} W(x) e^{i psi_1 Z} W(x) ... W(x) e^{i psi_d Z},    Im S(x)_{00} = P(x).

Symmetry makes `S(x)` a symmetric matrix with a purely imaginary off-diagonal entry; that entry is
what becomes the leak of a QSVT sequence (see `bloqs.qsvt.phases`), so only symmetric phases serve.

Two solvers stand behind `solve_symmetric`: Newton's method on the values at Chebyshev nodes, which
reaches machine precision in a few steps and allows max|P| = 1, and, should it stall, the non-linear
Fourier transform of `nlft-qsp` (for polynomials that keep a distance from 1), polished by Newton.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Above this max|P| the Fourier-series step of nlft-qsp needs about degree/(1 - max|P|) samples
# (and at 1 - 1e-6 it does not come back), so nearer 1 it is not tried.
NLFT_LARGEST_MAXIMUM = 0.9991

_NEWTON_STEPS = 60
_NEWTON_TARGET = 2e-14  # reached at low degree; at degree 1001 rounding leaves about 2e-13
_ACCEPTED = 1e-11


def full_phases(reduced: FloatArray, degree: int) -> FloatArray:
    """Mirror the first `degree // 2 + 1` phases to all `degree + 1` of them."""
    index = np.arange(degree + 1)
    return reduced[np.minimum(index, degree - index)]


def left_rows(phases: FloatArray, x: FloatArray) -> NDArray[np.complex128]:
    """Rows `<0| e^{i psi_0 Z} W ... e^{i psi_{j-1} Z} W` for every j.

    Args:
        phases: float64, shape (d + 1,).
        x: float64, shape (m,), points of [-1, 1].

    Returns:
        complex128, shape (d + 1, 2, m): the row before phase j.
    """
    s = np.sqrt((1.0 - x) * (1.0 + x))
    rows = np.empty((len(phases), 2, len(x)), dtype=np.complex128)
    rows[0, 0], rows[0, 1] = 1.0, 0.0
    for j, phase in enumerate(phases[:-1]):
        first = np.exp(1j * phase) * rows[j, 0]
        second = np.exp(-1j * phase) * rows[j, 1]
        rows[j + 1, 0] = x * first + 1j * s * second
        rows[j + 1, 1] = 1j * s * first + x * second
    return rows


def _values_and_jacobian(
    reduced: FloatArray, degree: int, x: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """`Im S(x)_{00}` and its derivatives with respect to the reduced phases, at all x at once."""
    phases = full_phases(reduced, degree)
    rows = left_rows(phases, x)
    # S_00 = <row_j| e^{i psi_j Z} |column_j>, and symmetry gives column_j = row_{d-j} transposed.
    turn = np.exp(1j * phases)
    value = turn[-1] * rows[-1, 0]
    half = degree // 2 + 1
    forward, backward = rows[:half], rows[::-1][:half]
    derivative = (
        1j
        * (
            forward[:, 0] * turn[:half, None] * backward[:, 0]
            - forward[:, 1] * turn[:half, None].conj() * backward[:, 1]
        )
    ).imag
    weight = np.full(half, 2.0)
    if degree % 2 == 0:
        weight[-1] = 1.0  # the central phase occurs once, every other one twice
    return value.imag, (derivative * weight[:, None]).T


def _nodes(degree: int) -> FloatArray:
    """The positive Chebyshev nodes at which a polynomial of this parity is determined."""
    half = degree // 2 + 1
    return np.cos(np.pi * (2 * np.arange(half) + 1) / (4 * half))


def collocation_residual(reduced: FloatArray, chebyshev: FloatArray) -> float:
    """Largest `|Im S(x)_{00} - P(x)|` at the Chebyshev nodes (inf if not a number)."""
    degree = len(chebyshev) - 1
    x = _nodes(degree)
    phases = full_phases(reduced, degree)
    values = (np.exp(1j * phases[-1]) * left_rows(phases, x)[-1, 0]).imag
    residual = float(np.max(np.abs(values - np.polynomial.chebyshev.chebval(x, chebyshev))))
    return residual if np.isfinite(residual) else float("inf")


def newton(chebyshev: FloatArray, start: FloatArray | None = None) -> FloatArray:
    """Symmetric phases by Newton's method on the values at Chebyshev nodes.

    Args:
        chebyshev: float64, shape (d + 1,), coefficients of P, of the parity of d.
        start: reduced phases to start from, shape (d // 2 + 1,). Default: the linearisation at
            zero phases, `psi_j = c_{d-2j} / 2` (Dong, Lin, Ni and Wang, arXiv:2307.12468).

    Returns:
        Reduced phases of shape (d // 2 + 1,): the best iterate found, unchecked.
    """
    degree = len(chebyshev) - 1
    half = degree // 2 + 1
    if start is None:
        start = chebyshev[::-1][::2][:half] / 2
        if degree % 2 == 0:
            start[-1] *= 2  # the central phase occurs once
    x = _nodes(degree)
    target = np.polynomial.chebyshev.chebval(x, chebyshev)
    reduced, best, smallest, stalled = start, start, np.inf, 0
    for _ in range(_NEWTON_STEPS):
        values, jacobian = _values_and_jacobian(reduced, degree, x)
        residual = float(np.max(np.abs(values - target)))
        stalled = stalled + 1 if residual > smallest / 2 else 0
        if residual < smallest:
            best, smallest = reduced, residual
        if smallest < _NEWTON_TARGET or stalled >= 3 or not np.isfinite(residual):
            break
        try:
            reduced = reduced - np.linalg.solve(jacobian, values - target)
        except np.linalg.LinAlgError:
            break
    return best


def nlft(chebyshev: FloatArray) -> FloatArray:
    """All `d + 1` phases as `nlft-qsp` returns them: `Re S(x)_{00} = P(x)`, first and last differ.

    Args:
        chebyshev: float64, shape (d + 1,), d >= 1, with max|P| <= `NLFT_LARGEST_MAXIMUM`.
    """
    from nlft_qsp.poly import ChebyshevTExpansion
    from nlft_qsp.qsp import ChebyshevQSPPhaseFactors

    solved = ChebyshevQSPPhaseFactors.solve(ChebyshevTExpansion([float(c) for c in chebyshev]))
    return np.array([float(np.real(phase)) for phase in solved.phi])


def solve_symmetric(chebyshev: FloatArray, maximum: float) -> FloatArray:
    """Symmetric phases with `Im S(x)_{00} = P(x)`.

    Args:
        chebyshev: float64, shape (d + 1,), d >= 1, of the parity of d.
        maximum: max|P| on [-1, 1], which decides whether the Fourier transform may be tried.

    Returns:
        float64, shape (d + 1,), reading the same backwards: the better of the solvers, unchecked.
    """
    degree = len(chebyshev) - 1
    best = newton(chebyshev)
    smallest = collocation_residual(best, chebyshev)
    if smallest > _ACCEPTED and maximum <= NLFT_LARGEST_MAXIMUM:
        # The last phase exceeds the first by pi/2, which turns Im into -Re; the conjugate sequence
        # (all signs changed) then has Im S_00 = +P.
        other = newton(chebyshev, -nlft(chebyshev)[: degree // 2 + 1])
        if collocation_residual(other, chebyshev) < smallest:
            best = other
    return full_phases(best, degree)
