"""Is an activation as flat as it says? Its Lipschitz constant enters every bound of an error."""

from __future__ import annotations

import functools

import numpy as np

from bloqs.activation.activation import Activation
from bloqs.activation.function import ROUNDING, check_vanishes
from bloqs.qsvt.certificates import certified_maximum, resolve
from bloqs.qsvt.grids import steepest

_ALLOWED = 5e-5  # a certified maximum is above the true one by up to 2e-5 of it


@functools.lru_cache(maxsize=1024)
def check_lipschitz(activation: Activation, reach: float) -> None:
    """Refuse an activation whose derivative exceeds its Lipschitz constant for some |u| <= reach.

    The derivative is that of the Chebyshev interpolant, certified between its nodes; a constant that is too
    small by less than 5 parts in 100,000 passes. Where a bound of the second derivative is
    stated, the certificate is that of `bloqs.qsvt.grids.steepest`, and second differences that exceed it are
    refused too. A function that jumps in its slope is one of ours, whose constant is known.

    Args:
        activation: `f(gain * u)`.
        reach: half-width of the interval of u, positive.

    Raises:
        ValueError: the constant is too small, or the function is not smooth.

    Example:
        >>> check_lipschitz(Activation("tanh", gain=2.0), 1.0)
    """
    function, stated = activation.function, activation.lipschitz
    if function.jumps:
        return
    allowed = _ALLOWED
    lowest = 0.0 if activation.is_odd else -reach
    if function.second_derivative is None:
        coefficients = resolve(activation, lowest, reach, ROUNDING * stated * reach)
        derivative = np.asarray(np.polynomial.chebyshev.chebder(coefficients), dtype=np.float64)
        found = certified_maximum(derivative) * 2 / (reach - lowest)
    else:
        curvature = activation.gain**2 * function.second_derivative
        found, second = steepest(activation, curvature, lowest, reach)
        allowed += 2 * curvature * (reach - lowest) / 2**14 / stated  # what the certificate adds
        if second > curvature * (1 + 1e-6) + ROUNDING / reach**2 * 2**16:
            raise ValueError(
                f"{activation} states |f''| <= {function.second_derivative:.6g}, but a second difference "
                f"for |u| <= {reach:g} is {second / activation.gain**2:.6g}; state a larger bound of |f''|"
            )
        check_vanishes(activation, float(activation(np.zeros(1))[0]), stated)
    if found > stated * (1 + allowed):
        raise ValueError(
            f"{activation} states the Lipschitz constant {stated:.6g}, but its slope reaches "
            f"{found:.6g} for |u| <= {reach:g}; state a constant of at least that"
        )
