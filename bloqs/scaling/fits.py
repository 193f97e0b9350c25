"""Least-squares fits with their quality, and nothing extrapolated."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.checks import real_array, whole_number

Values = Sequence[float] | npt.NDArray[np.float64]


def _r_squared(y: npt.NDArray[np.float64], fitted: npt.NDArray[np.float64]) -> float:
    """Share of the variance that is explained; 1 for a constant that is met up to rounding."""
    residual, spread = float(np.sum((y - fitted) ** 2)), float(np.sum((y - y.mean()) ** 2))
    rounding = len(y) * (1e-12 * float(np.max(np.abs(y)))) ** 2
    if spread <= rounding:
        return 1.0 if residual <= 4 * rounding else 0.0
    return 1.0 - residual / spread


def _checked(x: Values, y: Values, least: int) -> tuple[npt.NDArray[np.float64], ...]:
    x_array, y_array = real_array(x, "x"), real_array(y, "y")
    if x_array.shape != y_array.shape or x_array.ndim != 1 or len(x_array) < least:
        raise ValueError(
            f"a fit needs two lists x and y of the same length, at least {least}, found {x_array.shape} and "
            f"{y_array.shape}"
        )
    if not (np.all(np.isfinite(x_array)) and np.all(np.isfinite(y_array))):
        raise ValueError("a fit needs finite numbers: leave out the points that were refused")
    return x_array, y_array


@attrs.frozen(kw_only=True)
class PowerLaw:
    """`y = 2^intercept * (2^x)^exponent`, a straight line through `(x, log2 y)`.

    Parameters:
        exponent: slope.
        error: standard error of the slope.
        intercept: `log2 y` at x = 0.
        r_squared: of `log2 y`.
        last: slope of the last three points: where the exponent is heading.
        low: smallest x.
        high: largest x.
        count: points.

    Example:
        >>> fit = fit_power_law([10, 20, 30, 40], [2**5, 2**10, 2**15, 2**21])
        >>> round(fit.exponent, 2), round(fit.last, 2)
        (0.53, 0.55)
    """

    exponent: float
    error: float
    intercept: float
    r_squared: float
    last: float
    low: float
    high: float
    count: int


def fit_power_law(log2_x: Values, y: Values) -> PowerLaw:
    """Least squares on a doubly logarithmic scale.

    Args:
        log2_x: shape `(B,)`, at least 3.
        y: positive, shape `(B,)`.

    Returns:
        The fit with its quality.

    Raises:
        ValueError: too few points, or one that is not positive and finite.

    Example:
        >>> fit = fit_power_law([1, 2, 3], [6, 12, 24])
        >>> round(fit.exponent, 9), round(fit.r_squared, 9)
        (1.0, 1.0)
    """
    from scipy.stats import linregress

    x, values = _checked(log2_x, y, 3)
    if np.any(values <= 0):
        raise ValueError("a power law needs positive y: found a zero or a negative one")
    z = np.log2(values)
    line = linregress(x, z)
    return PowerLaw(
        exponent=float(line.slope),
        error=float(line.stderr),
        intercept=float(line.intercept),
        r_squared=_r_squared(z, line.intercept + line.slope * x),
        last=float(np.polyfit(x[-3:], z[-3:], 1)[0]),
        low=float(x.min()),
        high=float(x.max()),
        count=len(x),
    )


@attrs.frozen(kw_only=True)
class PolynomialFit:
    """`y = sum_i coefficients[i] x^i`.

    Parameters:
        coefficients: constant first.
        r_squared: of y.
        worst: largest `|fit - y| / y`.
        low: smallest x.
        high: largest x.
        count: points.

    Example:
        >>> fit = fit_polynomial([1, 2, 3, 4], [1, 4, 9, 16.1], 2)
        >>> fit.r_squared > 0.999, fit.worst < 0.02
        (True, True)
    """

    coefficients: tuple[float, ...]
    r_squared: float
    worst: float
    low: float
    high: float
    count: int


def fit_polynomial(x: Values, y: Values, degree: int) -> PolynomialFit:
    """Least squares by a polynomial of `degree`.

    Args:
        x: shape `(B,)`, more than `degree + 1`.
        y: positive, shape `(B,)`.
        degree: at least 0.

    Returns:
        The fit with its quality.

    Raises:
        ValueError: too few points, or one that is not finite.

    Example:
        >>> fit = fit_polynomial([1, 2, 3, 4], [2, 5, 10, 17], 2)
        >>> [round(c, 6) for c in fit.coefficients]
        [1.0, 0.0, 1.0]
    """
    degree = whole_number(degree, "degree", low=0, high=100)
    points, values = _checked(x, y, degree + 2)
    found = np.polynomial.Polynomial.fit(points, values, degree)
    fitted = np.asarray(found(points))
    return PolynomialFit(
        coefficients=tuple(float(c) for c in found.convert().coef),
        r_squared=_r_squared(values, fitted),
        worst=float(np.max(np.abs(fitted - values) / np.abs(values))),
        low=float(points.min()),
        high=float(points.max()),
        count=len(points),
    )
