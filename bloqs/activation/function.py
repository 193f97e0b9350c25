"""Activation functions as objects: what the library needs to know of one, and the registry of their names."""

from __future__ import annotations

import abc
import math

import attrs
import numpy as np
from numpy.typing import NDArray

from bloqs.registry import Registry

FloatArray = NDArray[np.float64]

ROUNDING = 64 * float(np.finfo(np.float64).eps)
"""Error of a value of f, in units of its Lipschitz constant."""


@attrs.frozen(kw_only=True)
class ActivationFunction(abc.ABC):
    """A smooth real function with `f(0) = 0`, applied to every amplitude of a vector (as `f(gain * u)`).

    A layer encodes the quotient `f(u)/u`, not the function, hence `quotient` beside the values. What is
    stated here is not taken on trust: where a polynomial is fitted, `slope`, the parity and `lipschitz` are
    certified on the interval of the fit, and a function that breaks its word is refused.

    Parameters:
        name: by which `Activation` looks it up.
        formula: the function in words or symbols, of the argument `u`.
        slope: `f'(0)`, the value of the quotient at zero.
        lipschitz: bound of `|f'|`; errors of the argument grow by it at most.
        curvature: bound of `|dF/d(u^2)|`, `F(u) = f(u)/u`, where F is a function of u^2 and one is proved;
            None to have the steepness of F certified where it is needed.

    Example:
        >>> from bloqs.activation import ACTIVATIONS
        >>> f: ActivationFunction = ACTIVATIONS.find("tanh")
        >>> f.formula, f.slope, f(np.array([0.5])).round(4).tolist()
        ('tanh(u)', 1.0, [0.4621])
    """

    name: str
    formula: str
    slope: float
    lipschitz: float
    curvature: float | None = None

    @property
    def second_derivative(self) -> float | None:
        """A bound of `|f''|`, where certificates are to rest on it; None where they rest on smoothness.

        None: f is taken to be analytic, and its Chebyshev coefficients are looked at until they are rounding.
        """
        return None

    @property
    def reach(self) -> float:
        """The largest `|u|` for which f is known."""
        return math.inf

    @property
    def has_constant_even_part(self) -> bool:
        """Whether the even part of the quotient is constant, `f(u) - f(-u) = 2 slope u`, as of GELU.

        The polynomial's even part is then that constant, and needs no calls.
        """
        return False

    @property
    def jumps(self) -> bool:
        """Whether the quotient jumps at 0, so that f is only encoded outside a gap there."""
        return False

    @abc.abstractmethod
    def __call__(self, u: FloatArray) -> FloatArray:
        """`f(u)`, element by element.

        Args:
            u: float64 array of any shape.

        Returns:
            float64 array of the same shape.
        """

    @abc.abstractmethod
    def quotient(self, u: FloatArray, gain: float) -> FloatArray:
        """`f(gain * u)/u`, element by element, continued smoothly by `gain * slope` at `u = 0`.

        Args:
            u: float64 array of any shape.
            gain: positive factor in front of the argument.

        Returns:
            float64 array of the same shape.
        """

    @property
    @abc.abstractmethod
    def is_odd(self) -> bool:
        """Whether `f(-u) = -f(u)`, so that the quotient is even."""


@attrs.frozen(kw_only=True)
class OddFunction(ActivationFunction):
    """An odd function whose quotient is the division itself.

    Example:
        A function of your own is one class and one registration:

        >>> import attrs
        >>> from bloqs.activation import ACTIVATIONS, Activation, OddFunction
        >>> @attrs.frozen(kw_only=True)
        ... class Arcsinh(OddFunction):
        ...     name: str = "arcsinh"
        ...     formula: str = "arcsinh(u)"
        ...     slope: float = 1.0
        ...     lipschitz: float = 1.0
        ...     def __call__(self, u):
        ...         return np.arcsinh(u)
        >>> function = Arcsinh()
        >>> function.quotient(np.array([0.0, 0.5]), gain=2.0).round(4).tolist()
        [2.0, 1.7627]

        after which `ACTIVATIONS.register(function)` makes `Activation("arcsinh", gain=0.8)` work.
    """

    def quotient(self, u: FloatArray, gain: float) -> FloatArray:
        """`f(gain * u)/u`, and `gain * slope` next to zero."""
        # Below this |gain*u| the curvature is under one ulp, and u*u may underflow.
        small = np.abs(gain * u) < 1e-9
        safe = np.where(small, 1.0, u)
        values = np.where(small, gain * self.slope, self(gain * safe) / safe)
        return np.asarray(values, dtype=np.float64)

    @property
    def is_odd(self) -> bool:
        """Yes."""
        return True


def check_vanishes(name: object, at_zero: float, lipschitz: float) -> None:
    """Refuse a function that is not 0 at 0.

    Args:
        name: of the function, for the message.
        at_zero: its value there.
        lipschitz: its constant, by which rounding is told.

    Raises:
        ValueError: a larger value than rounding makes, or NaN.

    Example:
        >>> check_vanishes("cosine", 1.0, 1.0)
        Traceback (most recent call last):
        ...
        ValueError: the function cosine must vanish at 0, as the skip carries no constant; found f(0) = 1; ...
    """
    if not abs(at_zero) <= ROUNDING * lipschitz:
        raise ValueError(
            f"the function {name} must vanish at 0, as the skip carries no constant; found "
            f"f(0) = {at_zero:.6g}; give f - f(0), which changes the network"
        )


ACTIVATIONS: Registry[ActivationFunction] = Registry(
    "activation",
    ActivationFunction,  # type: ignore[type-abstract]  # its subclasses are registered
)
"""The functions by name."""
