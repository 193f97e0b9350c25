"""Scalar activation functions in numpy, looked up by name.

Every activation here is a function ``f(gain * u)`` with ``f(0) = 0``; a scalar function acts
element by element on an amplitude vector.  Only numpy and the standard library are used, so that
the reference stays independent of everything it is compared with.  A function that is not known
here, because a user brought it, is asked for its own values.
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bloqs.checks import real_array, real_number
from bloqs.messages import shown

FloatArray = npt.NDArray[np.float64]

_ERF = np.frompyfunc(math.erf, 1, 1)


def erf(u: npt.ArrayLike) -> FloatArray:
    """Error function ``erf(u) = 2/sqrt(pi) * int_0^u exp(-t^2) dt``.

    Args:
        u: real array of any shape.

    Returns:
        float64 array of the same shape, accurate to the last bits of `math.erf`.

    Example:
        >>> float(erf(0.5).round(12))
        0.520499877813
    """
    return np.asarray(_ERF(np.asarray(u, dtype=np.float64)), dtype=np.float64)


def tanh(u: npt.ArrayLike) -> FloatArray:
    """Hyperbolic tangent, element by element.

    Args:
        u: real array of any shape.

    Returns:
        float64 array of the same shape.

    Example:
        >>> tanh([0.0, 0.5]).round(6).tolist()
        [0.0, 0.462117]
    """
    return np.asarray(np.tanh(np.asarray(u, dtype=np.float64)), dtype=np.float64)


def sigmoid2(u: npt.ArrayLike) -> FloatArray:
    """Centred logistic sigmoid ``2/(1 + exp(-u)) - 1 = tanh(u/2)``, element by element.

    Args:
        u: real array of any shape.

    Returns:
        float64 array of the same shape.

    Example:
        >>> sigmoid2([0.0, 1.0, -1000.0]).round(6).tolist()
        [0.0, 0.462117, -1.0]
    """
    # The right-hand side has no overflow for large negative u.
    return np.asarray(np.tanh(0.5 * np.asarray(u, dtype=np.float64)), dtype=np.float64)


def gelu(u: npt.ArrayLike) -> FloatArray:
    """``u Phi(u)``, with ``Phi`` the normal distribution function ``(1 + erf(u/sqrt(2)))/2``.

    Args:
        u: real array of any shape.

    Returns:
        float64 array of the same shape.

    Example:
        >>> gelu([-1.0, 0.0, 1.0]).round(6).tolist()
        [-0.158655, 0.0, 0.841345]
    """
    u = np.asarray(u, dtype=np.float64)
    return np.asarray(u * 0.5 * (1.0 + erf(u / math.sqrt(2.0))))


def silu(u: npt.ArrayLike) -> FloatArray:
    """``u/(1 + exp(-u))``.

    Args:
        u: real array of any shape.

    Returns:
        float64 array of the same shape.

    Example:
        >>> silu([-1000.0, 0.0, 1.0]).round(6).tolist()
        [-0.0, 0.0, 0.731059]
    """
    u = np.asarray(u, dtype=np.float64)
    return np.asarray(u * 0.5 * (1.0 + sigmoid2(u)))


def relu(u: npt.ArrayLike) -> FloatArray:
    """``max(u, 0)``.

    Args:
        u: real array of any shape.

    Returns:
        float64 array of the same shape.

    Example:
        >>> relu([-1.0, 2.0]).tolist()
        [0.0, 2.0]
    """
    return np.maximum(np.asarray(u, dtype=np.float64), 0.0)


FUNCTIONS: Mapping[str, Callable[[npt.ArrayLike], FloatArray]] = MappingProxyType(
    {
        "erf": erf,
        "tanh": tanh,
        "sigmoid2": sigmoid2,
        "gelu": gelu,
        "silu": silu,
        "relu": relu,
    }
)
"""The activations by name."""

SLOPES: Mapping[str, float] = MappingProxyType(
    {"erf": 2.0 / math.sqrt(math.pi), "tanh": 1.0, "sigmoid2": 0.5, "gelu": 0.5, "silu": 0.5}
)
"""``f'(0)`` of each smooth function in `FUNCTIONS`; of the odd ones, also the Lipschitz constant."""


def apply_activation(name: str, gain: float, u: npt.ArrayLike) -> FloatArray:
    """The activation ``f(gain * u)``, element by element.

    Args:
        name: a key of `FUNCTIONS`.
        gain: the factor in front of the argument (`nu` for the error function).
        u: real array of any shape.

    Returns:
        float64 array of the same shape.

    Raises:
        ValueError: `name` is not a known activation (the message lists the known ones).

    Example:
        >>> apply_activation("tanh", 2.0, [0.0, 0.5]).round(6).tolist()
        [0.0, 0.761594]
    """
    if not isinstance(name, str) or name not in FUNCTIONS:
        raise ValueError(
            f"unknown activation {shown(name)}; the known ones are {', '.join(sorted(FUNCTIONS))}"
        )
    return FUNCTIONS[name](real_number(gain, "gain") * real_array(u, "u"))


class ActivationLike(Protocol):
    """What `activate` reads from an activation: a name, a gain, and its own values."""

    @property
    def name(self) -> str:
        """A key of `FUNCTIONS`, or another name."""

    @property
    def gain(self) -> float:
        """The factor in front of the argument."""

    def __call__(self, u: npt.ArrayLike) -> FloatArray:
        """``f(gain * u)``, element by element."""


def activate(activation: ActivationLike, u: npt.ArrayLike) -> FloatArray:
    """``f(gain * u)`` of an activation: by the function of its name here, else by its own values.

    Args:
        activation: a name and a gain; asked for its values only if `FUNCTIONS` lacks the name.
        u: real array of any shape.

    Returns:
        float64 array of the same shape.

    Raises:
        ValueError: no activation.

    Example:
        >>> class Arctan:
        ...     name, gain = "arctan", 2.0
        ...     def __call__(self, u):
        ...         return np.arctan(self.gain * np.asarray(u))
        >>> activate(Arctan(), [0.0, 0.5]).round(6).tolist()
        [0.0, 0.785398]
    """
    if isinstance(name := getattr(activation, "name", None), str) and name in FUNCTIONS:
        return apply_activation(activation.name, activation.gain, u)
    if name is None or not callable(activation):
        raise ValueError(f"activation must be an Activation, found {shown(activation)}")
    return np.asarray(activation(real_array(u, "u")), dtype=np.float64)
