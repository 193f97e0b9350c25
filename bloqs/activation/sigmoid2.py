"""The centred logistic sigmoid as an activation."""

from __future__ import annotations

import attrs

from bloqs.activation.function import ACTIVATIONS, FloatArray, OddFunction
from bloqs.reference.activations import SLOPES, sigmoid2


@attrs.frozen(kw_only=True)
class Sigmoid2(OddFunction):
    """`2/(1 + exp(-u)) - 1`: odd, and concave on `u >= 0`, so that it is steepest at zero, with slope 1/2.

    It is `tanh(u/2)`, so that the derivative of its quotient by u^2 is at most `1/3 / 8` (see there).

    Example:
        >>> import numpy as np
        >>> SIGMOID2(np.array([0.5])).round(6).tolist()
        [0.244919]
    """

    name: str = "sigmoid2"
    formula: str = "2/(1 + exp(-u)) - 1"
    slope: float = SLOPES["sigmoid2"]
    lipschitz: float = SLOPES["sigmoid2"]
    curvature: float = SLOPES["sigmoid2"] / 12

    def __call__(self, u: FloatArray) -> FloatArray:
        """The centred sigmoid, element by element."""
        return sigmoid2(u)


SIGMOID2 = ACTIVATIONS.register(Sigmoid2())
"""The centred sigmoid."""
