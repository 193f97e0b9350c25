"""The error function, the activation of the paper cited in `Activation`."""

from __future__ import annotations

import attrs

from bloqs.activation.function import ACTIVATIONS, FloatArray, OddFunction
from bloqs.reference.activations import SLOPES, erf


@attrs.frozen(kw_only=True)
class Erf(OddFunction):
    """`erf(u)`: odd, and concave on `u >= 0`, so that it is steepest at zero, with slope `2/sqrt(pi)`.

    `erf(u)/u = (2/sqrt(pi)) int_0^1 exp(-u^2 t^2) dt`, so that its derivative by u^2 is largest at zero, a
    third of the slope.

    Example:
        >>> import numpy as np
        >>> ERF(np.array([0.5])).round(6).tolist()
        [0.5205]
    """

    name: str = "erf"
    formula: str = "erf(u)"
    slope: float = SLOPES["erf"]
    lipschitz: float = SLOPES["erf"]
    curvature: float = SLOPES["erf"] / 3

    def __call__(self, u: FloatArray) -> FloatArray:
        """The error function of the standard library, element by element."""
        return erf(u)


ERF = ACTIVATIONS.register(Erf())
"""The error function."""
