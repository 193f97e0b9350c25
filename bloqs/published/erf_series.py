"""B19: the error function as a truncated series of Bessel functions and Chebyshev polynomials."""

import functools
import math

import numpy as np
from qualtran import bloq_example
from scipy.special import ive

from bloqs.checks import real_number, whole_number
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import MAX_DEGREE
from bloqs.core.encoding import FloatArray
from bloqs.qsvt import QSVT

LARGEST_GAIN = 1e5
"""The degree grows with the gain: beyond, no polynomial is ever used."""


def _checked_gain(gain: float) -> float:
    gain = real_number(gain, "gain", low=0, is_open=True)
    if gain > LARGEST_GAIN:
        raise ValueError(f"gain must be at most {LARGEST_GAIN:g}, found {gain:g}")
    return gain


def bessel_chebyshev_erf(gain: float, degree: int) -> FloatArray:
    r"""Chebyshev coefficients of the truncated series of `erf(gain x)` on [-1, 1].

    $$ \frac{2 m e^{-m^2/2}}{\sqrt\pi} \Bigl( I_0(\tfrac{m^2}{2}) x + \sum_{j=1}^{(k-1)/2} (-1)^j
       I_j(\tfrac{m^2}{2}) \Bigl( \frac{T_{2j+1}(x)}{2j+1} - \frac{T_{2j-1}(x)}{2j-1} \Bigr) \Bigr), $$

    with m the gain and k the degree.

    Args:
        gain: m, positive, at most 100,000.
        degree: k, at least 1; an even one adds nothing to the odd one below it.

    Returns:
        float64 `(degree + 1,)`; even entries are zero.

    Raises:
        ValueError: an argument out of range.

    References:
        Rattew et al. (ICLR 2026), appendix B.19; [Hamiltonian Simulation by Uniform Spectral
        Amplification](https://arxiv.org/abs/1707.05391), Low and Chuang (2017), appendix A.

    Example:
        >>> series = bessel_chebyshev_erf(0.8, 9)
        >>> bool(abs(np.polynomial.chebyshev.chebval(0.5, series) - math.erf(0.4)) < 1e-6)
        True
    """
    m, k = _checked_gain(gain), whole_number(degree, "degree", low=1, high=MAX_DEGREE)
    j = np.arange((k - 1) // 2 + 1)
    weights = (-1.0) ** j * ive(j, m * m / 2) * 2 * m / math.sqrt(math.pi)
    chebyshev = np.zeros(k + 1)
    chebyshev[2 * j + 1] = weights / (2 * j + 1)
    chebyshev[2 * j[1:] - 1] -= weights[1:] / (2 * j[1:] - 1)
    return chebyshev


@functools.lru_cache(maxsize=64)
def _tails(gain: float) -> FloatArray:
    """By the number of terms kept, beside the first, the sum of all that are left out."""
    # Beyond the turning point, about 2 m of them, the scaled Bessel functions fall faster than geometrically.
    j = np.arange(1, 128 + 16 * math.ceil(gain))
    terms = ive(j, gain * gain / 2) * (1 / (2 * j + 1) + 1 / (2 * j - 1))
    tails: FloatArray = np.cumsum(terms[::-1])[::-1] * (2 * gain / math.sqrt(math.pi))
    return tails


def erf_series_error(gain: float, degree: int) -> float:
    """Bound of `max |series - erf(gain x)|` on [-1, 1]: the sum of what is left out, `|T_j| <= 1`.

    Args:
        gain: as in `bessel_chebyshev_erf`.
        degree: as there.

    Returns:
        The bound, proved; rounding apart.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> erf_series_error(0.8, 5) > 100 * erf_series_error(0.8, 9) > 0
        True
    """
    tails, k = _tails(_checked_gain(gain)), whole_number(degree, "degree", low=1, high=MAX_DEGREE)
    kept = (k - 1) // 2
    return float(tails[kept]) if kept < len(tails) else 0.0


def erf_series_degree(gain: float, delta: float) -> int:
    """The smallest odd degree whose stated error is at most `delta`.

    Args:
        gain: as in `bessel_chebyshev_erf`.
        delta: the error asked, positive.

    Returns:
        The degree.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> erf_series_degree(0.8, 1e-3), erf_series_degree(0.8, 1e-6), erf_series_degree(8.0, 1e-3)
        (5, 9, 33)
    """
    delta = real_number(delta, "delta", low=0, is_open=True)
    return 2 * int(np.sum(_tails(_checked_gain(gain)) > delta)) + 1


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _erf_series() -> QSVT:
    from bloqs.activation import AmplitudeBlockEncoding
    from bloqs.loading import LoadedVector

    diagonal = AmplitudeBlockEncoding(LoadedVector([0.6, -0.8]))
    erf_series = QSVT(diagonal, bessel_chebyshev_erf(0.8, 5))
    return erf_series
