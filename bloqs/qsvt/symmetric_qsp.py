"""Symmetric quantum signal processing: phases of one real polynomial of definite parity.

The signal operator is `W(x) = [[x, i s], [i s, x]]` with `s = sqrt(1 - x^2)`, and phases
`psi_0 ... psi_d` that read the same backwards (`psi_j = psi_{d-j}`) stand for

    S(x) = e^{i psi_0 Z} W(x) e^{i psi_1 Z} W(x) ... W(x) e^{i psi_d Z},    Im S(x)_{00} = P(x).

Symmetry makes `S(x)` a symmetric matrix with a purely imaginary off-diagonal entry; that entry is
what becomes the leak of a QSVT sequence (see `bloqs.qsvt.phases`), so only symmetric phases serve.

Two libraries stand behind `solve_symmetric`: `nlft-qsp` (non-linear Fourier transform, fast at any
degree, for polynomials that keep a distance from 1) and `pyqsp` (symmetric QSP by Newton's method,
slower past degree 300, up to max|P| = 1).
"""

import contextlib
import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Above this max|P| the Fourier-series step of nlft-qsp needs about degree/(1 - max|P|) samples
# (and at 1 - 1e-6 it does not come back), so nearer 1 it is not tried.
NLFT_LARGEST_MAXIMUM = 0.9991


def left_rows(phases: FloatArray, x: FloatArray) -> NDArray[np.complex128]:
    """Rows `<0| e^{i psi_0 Z} W ... e^{i psi_{j-1} Z} W` for every j.

    Args:
        phases: radians, float64, shape (d + 1,).
        x: float64, shape (m,), points of [-1, 1].

    Returns:
        complex128, shape (d + 1, 2, m): the row before phase j.

    Example:
        >>> rows = left_rows(np.array([0.0, 0.0]), np.array([0.6]))
        >>> rows[1, :, 0].round(6).tolist()  # of W(0.6)
        [(0.6+0j), 0.8j]
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


def nlft(chebyshev: FloatArray) -> FloatArray:
    """All `d + 1` phases as `nlft-qsp` returns them: `Re S(x)_{00} = P(x)`, first and last differ.

    Args:
        chebyshev: float64, shape (d + 1,), d >= 1, with max|P| <= `NLFT_LARGEST_MAXIMUM`.

    Returns:
        float64, shape (d + 1,), in radians.

    Example:
        >>> phases = nlft(np.array([0.0, 0.5]))
        >>> row = left_rows(phases, np.array([0.6]))[-1, 0, 0] * np.exp(1j * phases[-1])
        >>> float(row.real.round(6))  # P(x) = x/2
        0.3
    """
    from nlft_qsp.poly import ChebyshevTExpansion
    from nlft_qsp.qsp import ChebyshevQSPPhaseFactors

    solved = ChebyshevQSPPhaseFactors.solve(ChebyshevTExpansion([float(c) for c in chebyshev]))
    return np.array([float(np.real(phase)) for phase in solved.phi])


def pyqsp_newton(chebyshev: FloatArray) -> FloatArray:
    """All `d + 1` symmetric phases as `pyqsp` returns them: `Im S(x)_{00} = P(x)`.

    Args:
        chebyshev: float64, shape (d + 1,), d >= 1, of the parity of d, max|P| <= 1.

    Returns:
        float64, shape (d + 1,), in radians, reading the same backwards.

    Example:
        >>> phases = pyqsp_newton(np.array([0.0, 0.5]))
        >>> row = left_rows(phases, np.array([0.6]))[-1, 0, 0] * np.exp(1j * phases[-1])
        >>> float(row.imag.round(6))  # P(x) = x/2
        0.3
    """
    from pyqsp import sym_qsp_opt

    parity = (len(chebyshev) - 1) % 2
    with contextlib.redirect_stdout(io.StringIO()):  # it prints every iteration
        solved = sym_qsp_opt.newton_solver(chebyshev[parity::2], parity)[3]
    return np.array(solved.full_phases, dtype=np.float64)


def nlft_symmetric(chebyshev: FloatArray) -> FloatArray:
    """All `d + 1` symmetric phases from `nlft`: `Im S(x)_{00} = P(x)`.

    Args:
        chebyshev: as for `nlft`.

    Returns:
        float64, shape (d + 1,), in radians, reading the same backwards.

    Example:
        >>> coefficients = np.array([0.0, 0.5, 0.0, 0.25])
        >>> bool(np.allclose(nlft_symmetric(coefficients), pyqsp_newton(coefficients)))
        True
    """
    # The last phase of nlft-qsp exceeds the first by pi/2, which turns Im into -Re; the conjugate
    # sequence (all signs changed) then has Im S_00 = +P.
    half = (len(chebyshev) - 1) // 2 + 1
    reduced = -nlft(chebyshev)[:half]
    index = np.arange(len(chebyshev))
    symmetric: FloatArray = reduced[np.minimum(index, len(chebyshev) - 1 - index)]
    return symmetric


def solve_symmetric(chebyshev: FloatArray, maximum: float) -> Iterator[FloatArray]:
    """Symmetric phases with `Im S(x)_{00} = P(x)`, by one library after the other, unchecked.

    Args:
        chebyshev: float64, shape (d + 1,), d >= 1, of the parity of d.
        maximum: max|P| on [-1, 1], which decides whether `nlft-qsp` may be tried.

    Yields:
        float64, shape (d + 1,), in radians, reading the same backwards; the quicker solver first.

    Example:
        >>> len(list(solve_symmetric(np.array([0.0, 1.0]), maximum=1.0)))  # too near to 1 for the first
        1
    """
    if maximum <= NLFT_LARGEST_MAXIMUM:
        yield nlft_symmetric(chebyshev)
    yield pyqsp_newton(chebyshev)
