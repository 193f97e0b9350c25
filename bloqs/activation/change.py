"""How much `f(u)/u` changes when its argument is known up to a factor: what a layer loses by that."""

from __future__ import annotations

import functools
from collections.abc import Hashable
from typing import Any, Protocol

import numpy as np

from bloqs.activation.function import ROUNDING, ActivationFunction, FloatArray
from bloqs.qsvt.certificates import certified_maximum, resolve


class Scaled(Hashable, Protocol):
    """A function of an activation with its gain, as `bloqs.activation.Activation` is."""

    @property
    def gain(self) -> float:
        """Factor in front of the argument."""

    @property
    def lipschitz(self) -> float:
        """Bound of the slope."""

    @property
    def function(self) -> ActivationFunction:
        """The function."""

    def quotient(self, u: Any) -> FloatArray:
        """`f(gain * u)/u`."""


@functools.lru_cache(maxsize=1024)
def steepest_quotient(activation: Scaled, reach: float) -> float:
    """Upper bound of `|F'(u)|` for `F(u) = f(gain * u)/u` and |u| <= reach.

    Half the bound of the second derivative where one is stated, else certified between the nodes of an
    interpolant.

    Args:
        activation: f and its gain; odd or not.
        reach: half-width of the interval of u, positive.

    Returns:
        The bound.

    Raises:
        ValueError: the quotient is not smooth.

    Example:
        >>> from bloqs.activation import Activation
        >>> round(steepest_quotient(Activation("tanh", gain=1.0), 0.1), 3)  # F = 1 - u^2/3 + ...
        0.066
    """
    second = activation.function.second_derivative
    if second is not None:
        # F(u) = int_0^1 f'(t u) dt, so that F'(u) = int_0^1 t f''(t u) dt.
        return activation.gain**2 * second / 2
    tolerance = ROUNDING * max(1e-300, activation.lipschitz)
    coefficients = resolve(activation.quotient, -reach, reach, tolerance)
    derivative = np.asarray(np.polynomial.chebyshev.chebder(coefficients), dtype=np.float64)
    return certified_maximum(derivative) / reach


def quotient_change(activation: Scaled, reach: float, low: float, high: float) -> float:
    """Upper bound of `|F(r u) - F(u)|` for |u| <= reach and r in `[low, high]`, `F(u) = f(gain * u)/u`.

    Where the function states its `curvature`, a bound c of `|dF/d(u^2)|` at gain 1, it is
    `c gain^3 reach^2 max|r^2 - 1|`; else `max|F'| reach max|r - 1|`, by the mean value, with `max|F'|`
    certified, or half a stated bound of `|f''|`, times `gain^2`. To first order in r - 1 and the reach no
    bound is smaller for GELU and SiLU, whose F' is largest at zero.

    Args:
        activation: f and its gain.
        reach: bound of |u|, positive.
        low: smallest r, positive.
        high: largest r.

    Returns:
        The bound, proved; 0 where r is 1.

    Example:
        >>> from bloqs.activation import Activation
        >>> f = Activation("tanh", gain=1.0)
        >>> change = float(abs(f.quotient(0.2 * 1.1) - f.quotient(0.2)))
        >>> round(change, 5), round(quotient_change(f, 0.2, 0.95, 1.1), 5)
        (0.0027, 0.0028)
    """
    # A function that jumps in its slope at zero is linear on either side of it, and F a step.
    if low == high == 1 or activation.function.jumps:
        return 0.0
    curvature = activation.function.curvature
    if curvature is not None:
        widest = max(abs(low**2 - 1), abs(high**2 - 1))
        return curvature * activation.gain**3 * reach**2 * widest
    steepest = steepest_quotient(activation, reach * max(1.0, high))
    return steepest * reach * max(abs(low - 1), abs(high - 1))
