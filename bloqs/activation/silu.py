"""SiLU, `u sigma(u)` with sigma the logistic sigmoid; also called swish."""

from __future__ import annotations

import attrs
import numpy as np

from bloqs.activation.function import ACTIVATIONS, ActivationFunction, FloatArray
from bloqs.reference.activations import SLOPES, sigmoid2, silu


@attrs.frozen(kw_only=True)
class Silu(ActivationFunction):
    r"""`u/(1 + exp(-u))`. The quotient `sigma(u) = 1/2 + tanh(u/2)/2` is a constant plus an odd part.

    The derivative `sigma + u sigma (1 - sigma)` is largest where `u tanh(u/2) = 2`, at `u = 2.39935728...`,
    where it is 1.09983932...; the constant below is rounded up.

    References:
        [Gaussian Error Linear Units](https://arxiv.org/abs/1606.08415). Hendrycks and Gimpel (2016).

    Example:
        >>> SILU(np.array([0.5])).round(6).tolist()
        [0.31123]
    """

    name: str = "silu"
    formula: str = "u/(1 + exp(-u))"
    slope: float = SLOPES["silu"]
    lipschitz: float = 1.0998394

    def __call__(self, u: FloatArray) -> FloatArray:
        """`u sigma(u)`, element by element."""
        return silu(u)

    def quotient(self, u: FloatArray, gain: float) -> FloatArray:
        """`gain sigma(gain u)`."""
        return np.asarray(gain * 0.5 * (1 + sigmoid2(gain * u)))

    @property
    def is_odd(self) -> bool:
        """No."""
        return False

    @property
    def has_constant_even_part(self) -> bool:
        """Yes: 1/2."""
        return True


SILU = ACTIVATIONS.register(Silu())
"""SiLU."""
