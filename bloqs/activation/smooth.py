"""A function of the user's own, with the bounds that certificates rest on."""

from __future__ import annotations

import math
from collections.abc import Callable

import attrs
import numpy as np

from bloqs.activation.function import ActivationFunction, FloatArray, check_vanishes
from bloqs.checks import number
from bloqs.messages import shown

_AT_ZERO = 1e-8
"""Below this `|v|` the quotient is `f'(0)`, and an error of rounding size in f is no larger above it."""


@attrs.frozen(kw_only=True)
class SmoothFunction(ActivationFunction):
    """A smooth f with `f(0) = 0`, given by its values and by bounds of its derivatives.

    *Asked of the user*: values that are right to rounding; `slope = f'(0) > 0`; `second_derivative`, a bound
    of `|f''|` for `|v| <= reach`. *Proved from them*: the quotient `g(v) = f(v)/v` has slopes of at most half
    of it (`g'(v)` is the integral over t from 0 to 1 of `t f''(t v)`), so that its distance from the
    polynomial is known between any two points of a grid where it was evaluated, and so is the steepness of f.
    The error of the polynomial, its bound on [-1, 1] and the Lipschitz constant are certified in this way;
    analyticity is not taken for granted. *Checked, not proved*: that `f(0) = 0`, the slope, and that no
    second difference on a grid exceeds the bound. A function that fails is refused.

    A function that is odd says so, which halves the phases of the polynomial. Given to `Activation`, it is
    registered under its name; a stored network holds the name only, so that a program that loads one makes
    the function first.

    Parameters:
        name: by which it is looked up and stored; not one that is taken.
        function: f, vectorised: float64 array to float64 array of the same shape.
        slope: `f'(0)`, positive.
        lipschitz: bound of `|f'|` for `|v| <= reach`; certified.
        second_derivative: bound of `|f''|` for `|v| <= reach`.
        reach: f is only used for `|v| <= reach`; the argument of f is `gain * (W x)_j`, at most the gain.
        formula: in words, for reports.
        odd: whether `f(-v) = -f(v)`.

    Raises:
        ValueError: a bound that is not positive, no callable, or one that does not vanish at 0.

    Example:
        >>> from bloqs.activation import Activation
        >>> bump = SmoothFunction(
        ...     name="softsign-like", function=lambda v: v / (1 + v * v) + v * v / 4,
        ...     slope=1.0, lipschitz=3.0, second_derivative=4.0, reach=2.0)
        >>> Activation(bump, gain=0.5)([0.0, 1.0]).tolist()
        [0.0, 0.4625]
    """

    function: Callable[[FloatArray], FloatArray]
    slope: float
    lipschitz: float
    second_derivative: float
    reach: float = math.inf
    formula: str = "a function of the user's"
    odd: bool = False

    def __attrs_post_init__(self) -> None:
        bounds = {
            "slope": self.slope,
            "lipschitz": self.lipschitz,
            "second_derivative": self.second_derivative,
        }
        for name, value in {**bounds, "reach": self.reach}.items():
            found = number(value, name)
            if not found > 0 or (name in bounds and found == math.inf):
                raise ValueError(
                    f"{name} of a SmoothFunction must be positive and finite, got {shown(value)}"
                )
        if not callable(self.function):
            raise ValueError(
                f"function of a SmoothFunction must be callable, got {shown(self.function)}"
            )
        with np.errstate(all="ignore"):
            at_zero = float(self(np.zeros(1))[0])
        check_vanishes(self.name, at_zero, self.lipschitz)

    def __call__(self, u: FloatArray) -> FloatArray:
        """`f(u)`, element by element; refuses values that are no real numbers of the same shape."""
        u = np.asarray(u, dtype=np.float64)
        values = np.asarray(self.function(u))
        if values.shape != u.shape or values.dtype.kind not in "fiu":
            raise ValueError(
                f"the function {self.name} must map a float64 array to one of the same shape, found "
                f"{values.dtype} of shape {values.shape} for shape {u.shape}"
            )
        return np.asarray(values, dtype=np.float64)

    def quotient(self, u: FloatArray, gain: float) -> FloatArray:
        """`f(gain u)/u`, and `gain slope` next to zero."""
        u = np.asarray(u, dtype=np.float64)
        small = np.abs(gain * u) < _AT_ZERO
        safe = np.where(small, 1.0 / gain, u)
        values = np.where(small, gain * self.slope, self(gain * safe) / safe)
        return np.asarray(values, dtype=np.float64)

    @property
    def is_odd(self) -> bool:
        """As given."""
        return self.odd
