"""Is `f(u)/u` what the even polynomial of an activation takes it for? Certified, not trusted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bloqs.qsvt.bounded import OddActivation
from bloqs.qsvt.certificates import certified_maximum, resolve

FloatArray = NDArray[np.float64]

_ROUNDING = 64 * float(np.finfo(np.float64).eps)
_AGREES = 1e-9  # far above the rounding of any decent implementation, far below a mistake
_HIGHER = 1e-12


def check_quotient(activation: OddActivation, reach: float) -> None:
    """Refuse an activation whose quotient is not smooth, even, and `slope` at zero, its largest value.

    That it is even, and equal to `slope` at zero, is certified for every |u| <= reach. That it is largest at
    zero is looked up at 257 points: it makes `gamma` the right size, and nothing that is stated of the
    polynomial rests on it, for the bound of the polynomial and its error are certified afterwards.

    Args:
        activation: f, through `quotient` and `slope` only.
        reach: half-width of the interval of u, positive.

    Raises:
        ValueError: one of these fails; the message says which, with the values found.

    Example:
        >>> from bloqs.activation import Activation
        >>> check_quotient(Activation("tanh", gain=1.0), 2.0)
        >>> class Square:
        ...     slope = 1.0
        ...     def quotient(self, u):  # of u + u**2, which is not odd
        ...         return 1 + u
        >>> try:
        ...     check_quotient(Square(), 0.5)
        ... except ValueError as error:
        ...     print("largest at u = 0" in str(error))
        True
    """

    def quotient(u: FloatArray) -> FloatArray:
        return np.asarray(activation.quotient(u), dtype=np.float64)

    slope = float(activation.slope)
    values = quotient(np.linspace(0.0, reach, 257))
    if not np.all(np.isfinite(values)):
        raise ValueError(
            f"the quotient f(u)/u of {activation} is not finite on 0 <= u <= {reach:g}; f must be "
            "smooth there, with f(0) = 0"
        )
    highest = float(np.max(np.abs(values)))
    if slope <= 0 or highest > slope * (1 + _HIGHER):
        raise ValueError(
            f"the quotient f(u)/u must be positive and largest at u = 0, found {slope:g} at "
            f"0 and {highest:g} below u = {reach:g}; choose another activation"
        )
    tolerance = _ROUNDING * slope
    limit = float(np.polynomial.chebyshev.chebval(-1.0, resolve(quotient, 0.0, reach, tolerance)))
    if abs(limit - slope) > _AGREES * slope:
        raise ValueError(
            f"{activation} states f'(0) = {slope:g}, but f(u)/u tends to {limit:g} at u = 0; state that"
        )

    def odd_part(u: FloatArray) -> FloatArray:
        return np.asarray((quotient(u) - quotient(-u)) / 2)

    unevenness = certified_maximum(resolve(odd_part, 0.0, reach, tolerance))
    if unevenness > _AGREES * slope:
        raise ValueError(
            f"the quotient f(u)/u of {activation} must be even, but at u and -u it differs by up to "
            f"{2 * unevenness:.2g} for |u| <= {reach:g}; take an odd f"
        )
