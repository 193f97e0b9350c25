"""The activation function of a residual block as a value: a name and a gain."""

import math

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.reference.activations import FUNCTIONS, SLOPES, FloatArray, apply_activation


def _check_name(_: "Activation", __: "attrs.Attribute[str]", value: object) -> None:
    if not isinstance(value, str) or value not in FUNCTIONS:
        raise ValueError(f"unknown activation {value!r}; the known ones are {sorted(FUNCTIONS)}")


def _check_gain(_: "Activation", __: "attrs.Attribute[float]", value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"the gain of an activation must be finite and positive, found {value}")


@attrs.frozen
class Activation:
    r"""An odd activation `f(gain * u)`, applied to every amplitude of a vector.

    The functions are odd, increasing, and concave on `u >= 0`, so that `f(gain*u)/u` is even and
    largest at `u = 0`: `0 < f(gain*u)/u <= slope = lipschitz`.  A residual block encodes this
    quotient, not the function, and its subnormalisation is `gamma = slope * kappa`, `kappa` the
    subnormalisation of the vector it acts on.

    | name       | f(u)                | f'(0)        |
    |------------|---------------------|--------------|
    | `erf`      | `erf(u)`            | `2/sqrt(pi)` |
    | `tanh`     | `tanh(u)`           | `1`          |
    | `sigmoid2` | `2/(1+exp(-u)) - 1` | `1/2`        |

    Parameters:
        name: `"erf"`, `"tanh"` or `"sigmoid2"`.
        gain: factor in front of the argument, finite and positive; for `erf` the `nu` of the
            reference below, which takes 4/5.

    Raises:
        ValueError: unknown name, or a gain that is not finite and positive.

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

    name: str = attrs.field(default="erf", validator=_check_name)
    gain: float = attrs.field(default=0.8, converter=float, validator=_check_gain, kw_only=True)

    def __call__(self, u: npt.ArrayLike) -> FloatArray:
        """`f(gain * u)`, element by element; float64 of the shape of `u`."""
        return apply_activation(self.name, self.gain, u)

    def quotient(self, u: npt.ArrayLike) -> FloatArray:
        """`f(gain * u) / u`, element by element, continued by `slope` at `u = 0`.

        Args:
            u: real array of any shape.

        Returns:
            float64 array of the same shape with values in `(0, slope]`.
        """
        u = np.asarray(u, dtype=np.float64)
        # Below this |gain*u| the curvature is under one ulp, and u*u may underflow.
        small = np.abs(self.gain * u) < 1e-9
        safe = np.where(small, 1.0, u)
        return np.asarray(np.where(small, self.slope, self(safe) / safe), dtype=np.float64)

    @property
    def slope(self) -> float:
        """The derivative at zero, `gain * f'(0)`, the largest value of the quotient."""
        return self.gain * SLOPES[self.name]

    @property
    def lipschitz(self) -> float:
        """The Lipschitz constant, here the slope at zero (`2*gain/sqrt(pi)` for `erf`)."""
        return self.slope
