"""The hyperbolic tangent as an activation."""

from __future__ import annotations

import attrs

from bloqs.activation.function import ACTIVATIONS, FloatArray, OddFunction
from bloqs.reference.activations import SLOPES, tanh


@attrs.frozen(kw_only=True)
class Tanh(OddFunction):
    """`tanh(u)`: odd, and concave on `u >= 0`, so that it is steepest at zero, with slope 1.

    Example:
        >>> import numpy as np
        >>> TANH(np.array([0.5])).round(6).tolist()
        [0.462117]
    """

    name: str = "tanh"
    formula: str = "tanh(u)"
    slope: float = SLOPES["tanh"]
    lipschitz: float = SLOPES["tanh"]

    def __call__(self, u: FloatArray) -> FloatArray:
        """The hyperbolic tangent, element by element."""
        return tanh(u)


TANH = ACTIVATIONS.register(Tanh())
"""The hyperbolic tangent."""
