"""A function on another scale, `f(s u)/s`: what f does to s times a unit vector, and that over s."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from bloqs.activation.function import ACTIVATIONS, ActivationFunction, FloatArray
from bloqs.checks import instance, real_number
from bloqs.messages import shown

LEAST_SCALE, LARGEST_SCALE = 1e-6, 1e6

_SIGN = "*"


def _to_inner(value: Any) -> ActivationFunction:
    return instance(value, "inner", ActivationFunction, "an ActivationFunction")  # type: ignore[type-abstract]


def _to_scale(value: Any) -> float:
    return real_number(value, "scale", low=LEAST_SCALE, high=LARGEST_SCALE)


@attrs.frozen(kw_only=True)
class ScaledFunction(ActivationFunction):
    """`u -> f(s u)/s`, with the slope and the steepness of f, bent s times as sharply.

    Networks whose vectors have norm s between layers, such as those with an RMS norm, are networks of unit
    vectors with this function. As `s` grows, that of GELU becomes ReLU: they differ by at most `0.17/s`.

    Its name is "gelu*16.0": `Activation("gelu*16")` makes it, and so does a stored network.

    Parameters:
        inner: f.
        scale: s, in [1e-6, 1e6].
        name: that of f, a star and s; not given.
        formula: not given.
        slope: that of f; not given.
        lipschitz: that of f; not given.

    Raises:
        ValueError: no function, or a scale out of range.

    Example:
        >>> from bloqs.activation import Activation
        >>> f = Activation("tanh*4", gain=0.5)
        >>> bool(np.isclose(f(0.3), np.tanh(4 * 0.5 * 0.3) / 4)), f.slope
        (True, 0.5)
    """

    inner: ActivationFunction = attrs.field(converter=_to_inner)
    scale: float = attrs.field(converter=_to_scale)
    name: str = attrs.field(init=False)
    formula: str = attrs.field(init=False)
    slope: float = attrs.field(init=False)
    lipschitz: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        given = {
            "name": f"{self.inner.name}{_SIGN}{self.scale!r}",
            "formula": f"g(s u)/s with s = {self.scale:g} and g(u) = {self.inner.formula}",
            "slope": self.inner.slope,
            "lipschitz": self.inner.lipschitz,
        }
        for name, value in given.items():
            object.__setattr__(self, name, value)

    def __call__(self, u: FloatArray) -> FloatArray:
        """`f(s u)/s`, element by element."""
        return np.asarray(self.inner(self.scale * u) / self.scale)

    def quotient(self, u: FloatArray, gain: float) -> FloatArray:
        """`f(s gain u)/(s u)`."""
        return np.asarray(self.inner.quotient(u, gain * self.scale) / self.scale)

    @property
    def second_derivative(self) -> float | None:
        """S times that of f."""
        inner = self.inner.second_derivative
        return None if inner is None else self.scale * inner

    @property
    def reach(self) -> float:
        """That of f over s."""
        return self.inner.reach / self.scale

    @property
    def has_constant_even_part(self) -> bool:
        """As f."""
        return self.inner.has_constant_even_part

    @property
    def jumps(self) -> bool:
        """As f."""
        return self.inner.jumps

    @property
    def is_odd(self) -> bool:
        """As f."""
        return self.inner.is_odd


def scaled_function(name: str) -> ActivationFunction:
    """The function that a name such as "gelu*16" stands for; registered when it is first asked for.

    Args:
        name: of a function in `ACTIVATIONS`, a star, and the scale.

    Returns:
        The function.

    Raises:
        ValueError: an unknown function, or a scale that is no number in [1e-6, 1e6].

    Example:
        >>> scaled_function("erf*2").name
        'erf*2.0'
    """
    inner, _, text = instance(name, "name", str, "text").rpartition(_SIGN)
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not LEAST_SCALE <= number <= LARGEST_SCALE:
        raise ValueError(
            f"the scale in the name of an activation lies in [{LEAST_SCALE:g}, {LARGEST_SCALE:g}], as in "
            f"'gelu*16', found {shown(name)}"
        )
    full = f"{inner}{_SIGN}{number!r}"
    if full in ACTIVATIONS:
        return ACTIVATIONS.find(full)
    return ACTIVATIONS.register(ScaledFunction(inner=ACTIVATIONS.find(inner), scale=number))
