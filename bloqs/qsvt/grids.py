"""Certificates for functions of which bounds of the derivatives are known, and values: by a grid."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bloqs.qsvt.certificates import certified_maximum, interpolate

FloatArray = NDArray[np.float64]
Function = Callable[[FloatArray], FloatArray]

_FIRST, _LAST = 2**14, 2**20
_FINE = 0.02
_EPS = float(np.finfo(np.float64).eps)


def grid_deviation(
    chebyshev: FloatArray, target: Function, slope: float, lo: float, hi: float
) -> float:
    """Upper bound of `max |P(x) - target(x)|` over lo <= x <= hi, from a bound of the target's slope.

    Between two points of a grid of spacing h the difference is at most the mean of its sizes there plus
    `h/2` times a bound of its slope: the target's, and that of P, which is certified. The grid is refined
    until that is 2 % of the rest, or it has 2**20 points.

    Args:
        chebyshev: coefficients of P on [-1, 1].
        target: vectorised; its values are right to rounding.
        slope: Lipschitz constant of the target on [lo, hi].
        lo: left end, in [-1, 1].
        hi: right end, in (lo, 1].

    Returns:
        The bound. Proved, given the slope.

    Example:
        >>> bound = grid_deviation(np.array([0.0, 1.0]), np.sin, 1.0, 0.0, 0.5)  # P(x) = x
        >>> bool(0.5 - np.sin(0.5) <= bound <= 1.05 * (0.5 - np.sin(0.5)))
        True
    """

    def polynomial(x: FloatArray) -> FloatArray:
        return np.asarray(np.polynomial.chebyshev.chebval(x, chebyshev), dtype=np.float64)

    steepness = slope
    if len(chebyshev) > 1:
        local = interpolate(polynomial, lo, hi, len(chebyshev))
        derivative = np.asarray(np.polynomial.chebyshev.chebder(local), dtype=np.float64)
        steepness += certified_maximum(derivative) * 2 / (hi - lo)
    noise = _EPS * (8 + len(chebyshev)) * float(np.max(np.abs(chebyshev)))
    count = _FIRST
    while True:
        x = np.linspace(lo, hi, count + 1)
        sizes = np.abs(polynomial(x) - target(x))
        most = float(np.max(sizes[1:] + sizes[:-1])) / 2
        between = steepness * (hi - lo) / count / 2
        if between <= _FINE * most or count >= _LAST:
            return most + between + noise
        count *= 4 if between > 4 * _FINE * most else 2


def steepest(function: Function, curvature: float, lo: float, hi: float) -> tuple[float, float]:
    """Bounds of the first derivative, and the largest second difference, on lo <= x <= hi.

    The mean slope between two neighbours is the slope somewhere between them, so that no slope exceeds the
    largest one by more than `curvature` times the spacing.

    Args:
        function: vectorised.
        curvature: a bound of its second derivative.
        lo: left end.
        hi: right end, above lo.

    Returns:
        A bound of `|f'|`, proved given the curvature; and the largest second difference over the spacing
        squared, which is no larger than the curvature if that is a bound.

    Example:
        >>> slope, second = steepest(np.sin, 1.0, 0.0, 1.0)
        >>> bool(1 <= slope < 1.001), bool(0.8 < second <= np.sin(1.0))
        (True, True)
    """
    x = np.linspace(lo, hi, _FIRST + 1)
    values = np.asarray(function(x), dtype=np.float64)
    step = (hi - lo) / _FIRST
    slopes = np.diff(values) / step
    # Second differences of widely spaced points, where rounding does not count.
    wide = values[:: _FIRST // 256]
    second = np.diff(wide, 2) / ((hi - lo) / 256) ** 2
    if not np.all(np.isfinite(values)):
        return math.inf, math.inf
    return float(np.max(np.abs(slopes))) + curvature * step, float(np.max(np.abs(second)))
