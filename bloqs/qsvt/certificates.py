"""Certificates for polynomials on an interval: upper bounds that hold between sample points too.

They rest on the theorem of Ehlich and Zeller (1964): for a polynomial p of degree d

    max_{[-1,1]} |p| <= max_{0<=j<=M} |p(cos(pi j / M))| / cos(pi d / (2 M)),    M > d,

with M so large that the factor is 1 + 2e-5 or less, the values coming from one fast cosine
transform. Rounding is added on top.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

FloatArray = NDArray[np.float64]
Function = Callable[[FloatArray], FloatArray]

_OVERSAMPLING = 256  # 1 / cos(pi / 512) = 1 + 1.9e-5
_LARGEST_INTERPOLANT = 2**14
_EPS = float(np.finfo(np.float64).eps)


def certified_maximum(chebyshev: FloatArray) -> float:
    """Upper bound of `max|p|` on [-1, 1], above it by at most a factor 1 + 2e-5 and rounding.

    Args:
        chebyshev: coefficients of p, float64 `(degree + 1,)`.

    Returns:
        The bound, by the theorem at the head of this module.

    Example:
        >>> bound = certified_maximum(np.array([0.0, 0.0, 0.0, 1.0]))  # T_3, whose maximum is 1
        >>> 1 <= bound <= 1 + 2e-5
        True
    """
    degree = len(chebyshev) - 1
    if degree == 0:
        return float(abs(chebyshev[0]))
    size = 2 ** math.ceil(math.log2(_OVERSAMPLING * (degree + 1)))
    padded = np.zeros(size + 1)
    padded[: degree + 1] = chebyshev
    padded[1:] /= 2
    largest = float(np.max(np.abs(dct(padded, type=1))))
    rounding = 8 * _EPS * float(np.sum(np.abs(chebyshev)))
    return largest / math.cos(math.pi * degree / (2 * size)) + rounding


def interpolate(function: Function, lo: float, hi: float, size: int) -> FloatArray:
    """Chebyshev coefficients of the polynomial that meets a function at the Chebyshev nodes of an interval.

    Args:
        function: vectorised.
        lo: left end.
        hi: right end.
        size: number of nodes, and of coefficients.

    Returns:
        float64 `(size,)`, coefficients in the variable that runs over [-1, 1] as x runs over [lo, hi].

    Example:
        >>> interpolate(np.square, -1.0, 1.0, 3).round(12).tolist()  # x^2 = T_0/2 + T_2/2
        [0.5, 0.0, 0.5]
    """
    nodes = np.cos(np.pi * (np.arange(size) + 0.5) / size)
    coefficients = dct(function((lo + hi) / 2 + (hi - lo) / 2 * nodes), type=2) / size
    coefficients[0] /= 2
    return np.asarray(coefficients)


def resolve(
    function: Function, lo: float, hi: float, tolerance: float, *, size: int = 32
) -> FloatArray:
    """Chebyshev coefficients, in the variable of [lo, hi], of a smooth function, rounding apart.

    Args:
        function: analytic in a neighbourhood of [lo, hi] and vectorised.
        lo: left end.
        hi: right end, above lo.
        tolerance: the nodes are doubled until the last quarter of the coefficients is below it.
        size: nodes to start with, at least 32.

    Returns:
        float64, one coefficient for each node.

    Raises:
        ValueError: 16,384 nodes do not suffice (the function is not smooth enough).

    Example:
        >>> len(resolve(np.tanh, 0.0, 1.0, 1e-15))
        32
    """
    size = max(32, size)
    while size <= _LARGEST_INTERPOLANT:
        coefficients = interpolate(function, lo, hi, size)
        tail = float(np.max(np.abs(coefficients[-(size // 4) :])))
        if tail <= tolerance:
            return coefficients
        size *= 2
    raise ValueError(
        f"the function to approximate is not smooth on [{lo:g}, {hi:g}]: {_LARGEST_INTERPOLANT} "
        f"nodes leave coefficients of {tail:.1e}; give an analytic function or a shorter interval"
    )


def least_degree(function: Function, lo: float, hi: float, error: float) -> int:
    """Lower bound of the degree of every polynomial within an error of a function on [lo, hi].

    The mean of de la Vallee Poussin, `V f = sum_k v_k a_k T_k` with `v_k = 1` up to k = n and falling to 0 at
    k = 2n, is twice one Fejer mean less another: it keeps polynomials of degree n and its norm is at most 3.
    So `max|f - V f| <= 4 max|f - p|` for each of them.

    Args:
        function: as for `resolve`.
        lo: left end.
        hi: right end, above lo.
        error: largest modulus of the deviation.

    Returns:
        The degree. Proved, but for what the function's values are rounded by.

    Raises:
        ValueError: 16,384 nodes do not suffice.

    Example:
        >>> least_degree(np.cos, -30.0, 30.0, 1e-3)
        33
    """
    scale = float(np.max(np.abs(function(np.linspace(lo, hi, 129)))))
    coefficients = resolve(function, lo, hi, max(1e-2 * error, 64 * _EPS * scale))
    k = np.arange(len(coefficients))

    def is_too_low(degree: int) -> bool:
        rest = coefficients * np.clip((k - degree) / max(degree, 1), 0.0, 1.0)
        # Values at some points, which are no more than the maximum.
        rest[1:] /= 2
        return float(np.max(np.abs(dct(rest, type=1)))) > 4.4 * error

    low, high = -1, len(coefficients)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_too_low(middle) else (low, middle)
    return high


def certified_deviation(
    chebyshev: FloatArray, target: Function | None, lo: float, hi: float
) -> float:
    """Upper bound of `max |P(x) - target(x)|` over lo <= x <= hi.

    Args:
        chebyshev: coefficients of P on [-1, 1].
        target: analytic in a neighbourhood of [lo, hi] and vectorised; None stands for 0. It is
            interpolated with twice the nodes until its last quarter of coefficients is rounding.
        lo: left end, in [-1, 1].
        hi: right end, in [lo, 1].

    Returns:
        The bound, above the maximum by at most a factor 1 + 2e-5 and rounding.

    Raises:
        ValueError: the target is not resolved by 16,384 nodes (it is not smooth enough).

    Example:
        >>> bound = certified_deviation(np.array([0.0, 1.0]), np.sin, 0.0, 0.5)  # P(x) = x
        >>> bool(0.5 - np.sin(0.5) <= bound <= 0.5 - np.sin(0.5) + 1e-6)
        True
    """

    def difference(x: FloatArray) -> FloatArray:
        values = np.polynomial.chebyshev.chebval(x, chebyshev)
        return np.asarray(values if target is None else values - target(x))

    size = len(chebyshev)
    # The recurrence that evaluates P rounds once a term.
    noise = _EPS * (8 + size) * float(np.max(np.abs(chebyshev)))
    if lo == hi:
        return float(abs(difference(np.array([lo]))[0])) + noise
    if target is None:
        return certified_maximum(interpolate(difference, lo, hi, size)) + noise
    scale = float(np.max(np.abs(target(np.linspace(lo, hi, 129)))))
    coefficients = resolve(difference, lo, hi, 4 * _EPS * scale + noise, size=2 * size)
    return certified_maximum(coefficients) + 16 * _EPS * scale + noise
