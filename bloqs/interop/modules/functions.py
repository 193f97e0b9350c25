"""Functions of other libraries as activations of ours: on unit vectors, and smooth."""

from __future__ import annotations

import math

import numpy as np

from bloqs.activation import Activation, SmoothFunction
from bloqs.activation.function import ACTIVATIONS as OURS
from bloqs.interop.modules.graph import ACTIVATIONS, FloatArray
from bloqs.interop.modules.refusal import ImportRefusedError

_SLOPE, _LIPSCHITZ, _SECOND = 0, 1, 2
BOUNDS = {
    # f'(0), a bound of |f'|, a bound of |f''|; each is held against a grid when the function is used
    "gelu": (0.5, 1.13, 0.8),  # |f''| = |phi(u) (2 - u^2)| <= 2 phi(0) = 0.798
    "silu": (0.5, 1.1, 0.5),  # |f''| <= f''(0) = 1/2
    "tanh": (1.0, 1.0, 0.77),  # 4/(3 sqrt(3))
    "erf": (2 / math.sqrt(math.pi), 2 / math.sqrt(math.pi), 0.968),  # 4 e^(-1/2) / sqrt(2 pi)
}
ODD = ("erf", "tanh")

SHARPNESS = 4.0
"""A ReLU that is made smooth bends within a quarter of the typical argument."""


def activation_of(function: str, layer: str, *, scale: float, gain: float) -> Activation:
    """The activation `u -> f(scale gain u) / scale`, which is what f does to `scale` times a unit vector.

    Args:
        function: "gelu", "silu", "tanh" or "erf".
        layer: whose function it is, for messages.
        scale: norm of the vectors of the other network.
        gain: factor in front of a kernel of norm at most 1.

    Returns:
        The activation; at scale 1 the one of the same name.

    Raises:
        ImportRefusedError: a function without bounds, or with f(0) other than 0.

    Example:
        >>> f = activation_of("gelu", "act", scale=2.0, gain=3.0)
        >>> bool(np.isclose(f(0.1), ACTIVATIONS["gelu"](np.array(0.6)) / 2))
        True
    """
    if function == "sigmoid":
        raise ImportRefusedError(layer, "sigmoid(0) is 1/2 and f(0) must be 0", "tanh")
    if function not in BOUNDS:
        raise ImportRefusedError(
            layer, f"{function} has no certified bounds", "gelu, silu, tanh, erf"
        )
    if math.isclose(scale, 1.0, rel_tol=1e-12):
        return Activation(function, gain=gain)
    name = f"{function}({scale:.12g} u)/{scale:.12g}"
    if name in OURS:
        return Activation(name, gain=gain)
    slope, lipschitz, second = BOUNDS[function]
    inner = ACTIVATIONS[function]
    return Activation(
        SmoothFunction(
            name=name,
            function=lambda u: inner(scale * u) / scale,
            slope=slope,
            lipschitz=lipschitz,
            second_derivative=scale * second,
            formula=f"{function}(s u)/s, s = {scale:.6g}",
            odd=function in ODD,
        ),
        gain=gain,
    )


def relu_sharpness(arguments: FloatArray) -> float:
    """How sharp a smooth ReLU must be for some arguments: `SHARPNESS` over their root mean square.

    Args:
        arguments: of f, any shape.

    Returns:
        `s` of `gelu(s u)/s`, which differs from `max(u, 0)` by at most `0.17/s`.

    Example:
        >>> relu_sharpness(np.array([0.1, -0.1]))
        40.0
    """
    return round(SHARPNESS / float(np.sqrt(np.mean(arguments**2))), 6)
