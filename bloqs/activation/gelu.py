"""GELU, `u Phi(u)` with Phi the normal distribution function."""

from __future__ import annotations

import math

import attrs
import numpy as np

from bloqs.activation.function import ACTIVATIONS, ActivationFunction, FloatArray
from bloqs.reference.activations import SLOPES, erf, gelu


@attrs.frozen(kw_only=True)
class Gelu(ActivationFunction):
    r"""`u Phi(u)`. The quotient `Phi(u) = 1/2 + erf(u/sqrt(2))/2` is a constant plus an odd part.

    The derivative `Phi(u) + u phi(u)` is largest at `u = sqrt(2)`, where it is 1.12890...: there
    `phi(u)(2 - u^2)`, the second derivative, vanishes.

    References:
        [Gaussian Error Linear Units](https://arxiv.org/abs/1606.08415). Hendrycks and Gimpel (2016).

    Example:
        >>> GELU(np.array([0.5])).round(6).tolist(), round(GELU.lipschitz, 6)
        ([0.345731], 1.128904)
    """

    name: str = "gelu"
    formula: str = "u Phi(u)"
    slope: float = SLOPES["gelu"]
    lipschitz: float = 0.5 * (1 + math.erf(1.0)) + math.exp(-1.0) / math.sqrt(math.pi)

    def __call__(self, u: FloatArray) -> FloatArray:
        """`u Phi(u)`, element by element."""
        return gelu(u)

    def quotient(self, u: FloatArray, gain: float) -> FloatArray:
        """`gain Phi(gain u)`."""
        return np.asarray(gain * 0.5 * (1 + erf(gain * u / math.sqrt(2.0))))

    @property
    def is_odd(self) -> bool:
        """No."""
        return False

    @property
    def has_constant_even_part(self) -> bool:
        """Yes: 1/2."""
        return True


GELU = ACTIVATIONS.register(Gelu())
"""GELU."""
