"""The activation of a residual block as a value: the name of a function, and a gain."""

from __future__ import annotations

import math

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.activation.change import quotient_change
from bloqs.activation.function import ACTIVATIONS, ActivationFunction, FloatArray
from bloqs.activation.scaled import scaled_function
from bloqs.activation.smooth import SmoothFunction
from bloqs.checks import number, real_array
from bloqs.messages import shown

LEAST_GAIN, LARGEST_GAIN = 1e-9, 1e9
"""Between these a polynomial of the quotient is found, or refused for its degree, in seconds."""


def _registered(value: str | ActivationFunction) -> str:
    """Converter of the name: that of a function which the registry knows, or comes to know here."""
    if isinstance(value, SmoothFunction):
        return ACTIVATIONS.register(value).name
    if callable(value) and not isinstance(value, ActivationFunction):
        raise ValueError(
            f"a function needs bounds for its polynomial to be certified, found {shown(value)}: pass "
            "bloqs.activation.SmoothFunction(name=..., function=..., slope=f'(0), lipschitz=..., "
            "second_derivative=...)"
        )
    if isinstance(value, str) and "*" in value:
        return scaled_function(value).name
    return ACTIVATIONS.find(value).name


def _check_gain(_: Activation, __: attrs.Attribute[float], value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"the gain of an activation must be finite and positive, found {value}")
    if not LEAST_GAIN <= value <= LARGEST_GAIN:
        raise ValueError(
            f"the gain of an activation must lie in [{LEAST_GAIN:g}, {LARGEST_GAIN:g}], found {value}: "
            "no polynomial is solved for beyond"
        )


def _to_gain(value: float) -> float:
    return number(value, "gain")


def _to_gap(value: float | None) -> float | None:
    return None if value is None else number(value, "gap")


@attrs.frozen
class Activation:
    r"""An activation `f(gain * u)`, applied to every amplitude of a vector.

    A layer encodes the quotient `f(gain*u)/u`, not the function. For the odd functions below, which are
    increasing, and concave on `u >= 0`, it is even and largest at `u = 0`:
    `0 < f(gain*u)/u <= slope = lipschitz`, and `gamma = slope * kappa` up to the polynomial's error, with
    `kappa` the subnormalisation of the vector it acts on. For the others it is a constant plus an odd part.

    | name       | f(u)                | f'(0)        | quotient          |
    |------------|---------------------|--------------|-------------------|
    | `erf`      | `erf(u)`            | `2/sqrt(pi)` | even              |
    | `tanh`     | `tanh(u)`           | `1`          | even              |
    | `sigmoid2` | `2/(1+exp(-u)) - 1` | `1/2`        | even              |
    | `gelu`     | `u Phi(u)`          | `1/2`        | 1/2 and an odd part |
    | `silu`     | `u/(1+exp(-u))`     | `1/2`        | 1/2 and an odd part |
    | `relu`     | `max(u, 0)`         | none         | 1/2 and a step: needs a `gap` |

    `"gelu*16"` is GELU on another scale, `f(16 u)/16`: nearer to ReLU, with the same slopes.

    A smooth function of your own is a `SmoothFunction`, or a class in the registry `ACTIVATIONS`.

    Parameters:
        name: of a function in `ACTIVATIONS`, or the function itself.
        gain: factor in front of the argument, finite and positive; for `erf` the `nu` of the
            reference below, which takes 4/5.
        gap: for `relu` alone: the polynomial is certified for arguments u with `|u| >= gap` and for 0, and an
            image with another is refused. The degree grows as `1/gap`.

    Raises:
        ValueError: unknown name, a gain that is not finite and positive, `relu` without a gap or another
            function with one.

    References:
        [Accelerating Inference for Multilayer Neural Networks with Quantum
        Computers](https://arxiv.org/abs/2510.07195). Rattew, Huang, Guo, Pira and Rebentrost
        (ICLR 2026), section 2 (the residual block). Deviation: functions beside `erf`.

    Example:
        >>> f = Activation("erf", gain=0.8)
        >>> round(f.lipschitz, 6)
        0.902703
        >>> f.quotient([0.0, 0.1]).round(6).tolist()
        [0.902703, 0.900781]
    """

    name: str = attrs.field(default="erf", converter=_registered)
    gain: float = attrs.field(default=0.8, converter=_to_gain, validator=_check_gain, kw_only=True)
    gap: float | None = attrs.field(default=None, converter=_to_gap, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.function.jumps and self.gap is None:
            raise ValueError(
                f"{self.name} is not smooth at 0, where f(u)/u jumps: no polynomial is near it. Take a "
                f"smooth function (nearest: Activation('gelu', gain=...), sharper the larger the gain), or "
                f"ask for a gap, Activation({self.name!r}, gain={self.gain:g}, gap=0.05): certified for "
                "arguments of at least that, and images with smaller ones are refused"
            )
        if self.gap is not None and not self.function.jumps:
            raise ValueError(
                f"{self.name} is smooth and has no gap, found gap={self.gap:g}; leave it out"
            )
        if self.gap is not None and not 0 < self.gap < 1:
            raise ValueError(f"gap must lie in (0, 1), as arguments of f do, found {self.gap:g}")

    def __repr__(self) -> str:
        gap = "" if self.gap is None else f", gap={self.gap!r}"
        return f"{type(self).__name__}(name={self.name!r}, gain={self.gain!r}{gap})"

    @property
    def is_odd(self) -> bool:
        """Whether f is odd, so that the quotient is even."""
        return self.function.is_odd

    @property
    def function(self) -> ActivationFunction:
        """The function `f` of the name."""
        return ACTIVATIONS.find(self.name)

    def __call__(self, u: npt.ArrayLike) -> FloatArray:
        """`f(gain * u)`, element by element; float64 of the shape of `u`."""
        argument = self.gain * real_array(u, "u")
        return np.asarray(self.function(argument), dtype=np.float64)

    def quotient(self, u: npt.ArrayLike) -> FloatArray:
        """`f(gain * u) / u`, element by element, continued by `slope` at `u = 0`.

        Args:
            u: real array of any shape.

        Returns:
            float64 array of the same shape; for the odd functions above with values in `(0, slope]`.
        """
        return self.function.quotient(real_array(u, "u"), self.gain)

    @property
    def slope(self) -> float:
        """The derivative at zero, `gain * f'(0)`, the quotient's value there."""
        return self.gain * self.function.slope

    @property
    def lipschitz(self) -> float:
        """The Lipschitz constant (for the odd functions above the slope; `2*gain/sqrt(pi)` for `erf`)."""
        return self.gain * self.function.lipschitz

    def quotient_change(self, reach: float, low: float, high: float) -> float:
        """Upper bound of `|F(r u) - F(u)|` for |u| <= reach and r in `[low, high]`, F the `quotient`.

        It is what a layer loses where the scale of its argument is known in a band only.

        Args:
            reach: bound of |u|, positive.
            low: smallest r, positive.
            high: largest r.

        Returns:
            The bound, proved; 0 where r is 1.
        """
        return quotient_change(self, reach, low, high)
