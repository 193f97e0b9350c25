"""Is an activation as flat as it says? Its Lipschitz constant enters every bound of an error."""

from __future__ import annotations

import functools

import numpy as np

from bloqs.activation.activation import Activation
from bloqs.qsvt.certificates import certified_maximum, resolve

_ROUNDING = 64 * float(np.finfo(np.float64).eps)
_ALLOWED = 5e-5  # a certified maximum is above the true one by up to 2e-5 of it


@functools.lru_cache(maxsize=1024)
def check_lipschitz(activation: Activation, reach: float) -> None:
    """Refuse an odd activation whose derivative exceeds its Lipschitz constant for some |u| <= reach.

    The derivative is that of the Chebyshev interpolant, certified between its nodes; a constant that is too
    small by less than 5 parts in 100,000 passes.

    Args:
        activation: odd, `f(gain * u)`.
        reach: half-width of the interval of u, positive.

    Raises:
        ValueError: the constant is too small, or the function is not smooth.

    Example:
        >>> check_lipschitz(Activation("tanh", gain=2.0), 1.0)
    """
    stated = activation.lipschitz
    coefficients = resolve(activation, 0.0, reach, _ROUNDING * stated * reach)
    derivative = np.asarray(np.polynomial.chebyshev.chebder(coefficients), dtype=np.float64)
    steepest = certified_maximum(derivative) * 2 / reach
    if steepest > stated * (1 + _ALLOWED):
        raise ValueError(
            f"{activation} states the Lipschitz constant {stated:.6g}, but its slope reaches "
            f"{steepest:.6g} for |u| <= {reach:g}; state a constant of at least that"
        )
