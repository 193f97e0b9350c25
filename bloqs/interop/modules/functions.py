"""Functions of other libraries as activations of ours: on unit vectors, and smooth."""

from __future__ import annotations

import math

import numpy as np

from bloqs.activation import Activation
from bloqs.interop.modules.graph import FloatArray
from bloqs.interop.modules.refusal import ImportRefusedError

SMOOTH = ("erf", "gelu", "silu", "tanh")
"""Functions that a polynomial is near."""

SHARPNESS = 4.0
"""A ReLU that is made smooth bends within a quarter of the typical argument."""


def activation_of(function: str, layer: str, *, scale: float, gain: float) -> Activation:
    """The activation `u -> f(scale gain u) / scale`, which is what f does to `scale` times a unit vector.

    Args:
        function: one of `SMOOTH`.
        layer: whose function it is, for messages.
        scale: norm of the vectors of the other network.
        gain: factor in front of a kernel of norm at most 1.

    Returns:
        The activation; at scale 1 the one of the same name.

    Raises:
        ImportRefusedError: another function.

    Example:
        >>> activation_of("gelu", "act", scale=2.0, gain=3.0)
        Activation(name='gelu*2.0', gain=3.0)
    """
    if function == "sigmoid":
        raise ImportRefusedError(layer, "sigmoid(0) is 1/2 and f(0) must be 0", "tanh")
    if function not in SMOOTH:
        raise ImportRefusedError(layer, f"{function} is not smooth", ", ".join(SMOOTH))
    is_one = math.isclose(scale, 1.0, rel_tol=1e-12)
    try:
        return Activation(function if is_one else f"{function}*{scale!r}", gain=gain)
    except ValueError as error:
        raise ImportRefusedError(
            layer,
            f"arguments of its function of a size for which none of ours is solved ({error})",
            "weights and images of ordinary size",
        ) from error


def relu_sharpness(arguments: FloatArray, sharpness: float = SHARPNESS) -> float:
    """How sharp a smooth ReLU must be for some arguments: a multiple of one over their root mean square.

    Args:
        arguments: of f, any shape; where all are zero, so is f, and s is 1.
        sharpness: the multiple.

    Returns:
        `s` of `gelu(s u)/s`, which differs from `max(u, 0)` by at most `0.17/s`.

    Example:
        >>> relu_sharpness(np.array([0.1, -0.1]))
        40.0
    """
    size = float(np.sqrt(np.mean(arguments**2)))
    return round(sharpness / size, 6) if size else 1.0
