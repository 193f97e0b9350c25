"""The error function, the activation of the paper cited in `Activation`."""

from __future__ import annotations

import attrs

from bloqs.activation.function import ACTIVATIONS, FloatArray, OddFunction
from bloqs.reference.activations import SLOPES, erf


@attrs.frozen(kw_only=True)
class Erf(OddFunction):
    """`erf(u)`: odd, and concave on `u >= 0`, so that it is steepest at zero, with slope `2/sqrt(pi)`.

    Example:
        >>> import numpy as np
        >>> ERF(np.array([0.5])).round(6).tolist()
        [0.5205]
    """

    name: str = "erf"
    formula: str = "erf(u)"
    slope: float = SLOPES["erf"]
    lipschitz: float = SLOPES["erf"]

    def __call__(self, u: FloatArray) -> FloatArray:
        """The error function of the standard library, element by element."""
        return erf(u)


ERF = ACTIVATIONS.register(Erf())
"""The error function."""
