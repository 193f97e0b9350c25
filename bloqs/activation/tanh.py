"""The hyperbolic tangent as an activation."""

from __future__ import annotations

import attrs

from bloqs.activation.function import ACTIVATIONS, FloatArray, OddFunction
from bloqs.reference.activations import SLOPES, tanh


@attrs.frozen(kw_only=True)
class Tanh(OddFunction):
    """`tanh(u)`: odd, and concave on `u >= 0`, so that it is steepest at zero, with slope 1.

    `tanh(u)/u` is the sum of `2/(u^2 + ((k - 1/2) pi)^2)`, so that its derivative by u^2 is largest at zero,
    1/3.

    Example:
        >>> import numpy as np
        >>> TANH(np.array([0.5])).round(6).tolist()
        [0.462117]
    """

    name: str = "tanh"
    formula: str = "tanh(u)"
    slope: float = SLOPES["tanh"]
    lipschitz: float = SLOPES["tanh"]
    curvature: float = SLOPES["tanh"] / 3

    def __call__(self, u: FloatArray) -> FloatArray:
        """The hyperbolic tangent, element by element."""
        return tanh(u)


TANH = ACTIVATIONS.register(Tanh())
"""The hyperbolic tangent."""
