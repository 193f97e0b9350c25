"""ReLU, `max(u, 0)`: no polynomial is near it at zero, so it is encoded outside a stated gap alone."""

from __future__ import annotations

import attrs
import numpy as np

from bloqs.activation.function import ACTIVATIONS, ActivationFunction, FloatArray
from bloqs.reference.activations import relu


@attrs.frozen(kw_only=True)
class Relu(ActivationFunction):
    r"""`max(u, 0)`. The quotient is the step from 0 to 1: 1/2 plus half the sign of u.

    A polynomial cannot follow the step. `Activation("relu", gap=g)` asks for one that is certified where the
    argument `(W x)_j` is at least g in modulus; the arguments of an image must be that, or zero. The degree
    grows as `kappa/g`.

    Example:
        >>> RELU(np.array([-0.5, 0.5])).tolist(), RELU.quotient(np.array([-0.1, 0.0, 0.1]), 2.0).tolist()
        ([0.0, 0.5], [0.0, 1.0, 2.0])
    """

    name: str = "relu"
    formula: str = "max(u, 0)"
    slope: float = 0.5
    lipschitz: float = 1.0

    def __call__(self, u: FloatArray) -> FloatArray:
        """`max(u, 0)`, element by element."""
        return relu(u)

    def quotient(self, u: FloatArray, gain: float) -> FloatArray:
        """`gain` above zero, 0 below, their mean at zero."""
        return np.asarray(gain * 0.5 * (1 + np.sign(u)))

    @property
    def is_odd(self) -> bool:
        """No."""
        return False

    @property
    def has_constant_even_part(self) -> bool:
        """Yes: 1/2."""
        return True

    @property
    def jumps(self) -> bool:
        """Yes, at 0."""
        return True


RELU = ACTIVATIONS.register(Relu())
"""ReLU, for `Activation("relu", gap=...)`."""
