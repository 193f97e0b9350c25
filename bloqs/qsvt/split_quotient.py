"""Polynomials for `f(u)/u` where it is not even, not largest at 0, or jumps there: one for each parity."""

from __future__ import annotations

import functools
import math
from collections.abc import Hashable
from typing import Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from bloqs.qsvt.bands import BandProblem
from bloqs.qsvt.bounded import ActivationQuotient, BoundedPolynomial, SplitPolynomial
from bloqs.qsvt.certificates import certified_deviation, certified_maximum, resolve
from bloqs.qsvt.degree_search import smallest_degree
from bloqs.qsvt.grids import grid_deviation
from bloqs.qsvt.minimax import solve_band

FloatArray = NDArray[np.float64]

_SAMPLES = 257
_AGREES = 1e-9
_ROUNDING = 64 * float(np.finfo(np.float64).eps)


class AnyFunction(Protocol):
    """What the polynomials need of a function; see `bloqs.activation.ActivationFunction`."""

    @property
    def second_derivative(self) -> float | None:
        """A bound of `|f''|`, or None."""

    @property
    def reach(self) -> float:
        """Where f is known."""

    @property
    def has_constant_even_part(self) -> bool:
        """Whether the even part of f(u)/u is constant."""

    @property
    def jumps(self) -> bool:
        """Whether f(u)/u jumps at 0."""


class AnyActivation(Hashable, Protocol):
    """What they need of an activation; see `bloqs.activation.Activation`."""

    @property
    def gain(self) -> float:
        """Factor in front of the argument."""

    @property
    def gap(self) -> float | None:
        """Where f is not asked for."""

    @property
    def slope(self) -> float:
        """Of f at 0, gain included."""

    @property
    def is_odd(self) -> bool:
        """Whether f is odd."""

    @property
    def function(self) -> AnyFunction:
        """The function."""

    def quotient(self, u: FloatArray) -> FloatArray:
        """`f(gain u)/u`."""


@attrs.frozen
class _Parity:
    """The even (sign 1) or the odd part (sign -1) of `kappa f(u)/u` of `u = kappa x`."""

    activation: AnyActivation
    kappa: float
    sign: float

    def __call__(self, x: FloatArray) -> FloatArray:
        return (self.both(x) + self.sign * self.both(-x)) / 2

    def both(self, x: FloatArray) -> FloatArray:
        """The quotient itself."""
        return self.kappa * np.asarray(self.activation.quotient(self.kappa * x), dtype=np.float64)


def _rounded_down(size: float) -> float:
    """To a sixteenth of its power of two: one of few sizes."""
    mantissa, exponent = math.frexp(size)
    return math.ldexp(math.floor(16 * mantissa) / 16, exponent)


@functools.lru_cache(maxsize=4096)
def _problem(
    activation: AnyActivation, kappa: float, y_max: float, y_min: float, degree: int
) -> BandProblem:
    """The part of a parity on the band, under its largest value elsewhere."""
    even, odd = (_Parity(activation, kappa, sign) for sign in (1.0, -1.0))
    # Where f is not known, its parts are taken to grow no faster than a line.
    known = max(y_max, min(1.0, activation.function.reach / (activation.gain * kappa)))
    wide = np.linspace(y_min, known, _SAMPLES)
    ceilings = [float(np.max(np.abs(part(wide)))) / known for part in (even, odd)]
    if degree % 2 == 0:
        return BandProblem(even, y_min, y_max, ceilings[0], slack=1.0)
    if degree == 1:
        x = np.linspace(y_min, y_max, _SAMPLES)
        ceilings[1] = 2 * float(np.max(np.abs(odd(x)))) / y_max
    ceiling = max(ceilings[1], 1e-12 * ceilings[0])
    # The first touching point of an odd polynomial is no nearer to 0 than that of a Chebyshev polynomial.
    first = y_min or 0.8 * y_max * math.sin(math.pi / (2 * degree + 4))
    return BandProblem(odd, first, y_max, ceiling, slack=1.0)


@functools.lru_cache(maxsize=1024)
def split_quotient(
    activation: AnyActivation,
    kappa: float,
    y_max: float,
    y_min: float,
    degree: int | None,
    delta: float | None,
    bound: float,
) -> ActivationQuotient:
    """Polynomials `P_e` and `P_o` with `P_e + P_o ~ f(kappa x)/(gamma x)` for `y_min <= |x| <= y_max`.

    Each parity is a minimax problem of its own: the part of `kappa f(u)/u`, `u = kappa x`, on the band, under
    the largest value that it has for `|x| <= 1` elsewhere (a line, of degree 1, is bounded by its slope
    instead). The LCU of the two has the sum of their maxima as its subnormalisation,
    `gamma = max|p_e| + max|p_o|`, both certified, those of polynomials with phases over `bound`. The error
    is certified for the sum, on both sides of zero.

    Args:
        activation: f; hashable.
        kappa: positive.
        y_max: in (0, 1].
        y_min: 0, or where f jumps the lower end of the band.
        degree: 0, or odd (even for an odd f); or None.
        delta: the error asked of the smallest degree; or None.
        bound: largest modulus of a polynomial with phases.

    Returns:
        The polynomial, with gamma and the certified delta.

    Raises:
        ValueError: the function breaks its word (see `check_split`), or delta is out of reach.

    Example:
        >>> from bloqs.activation import Activation
        >>> q = split_quotient(Activation("gelu", gain=1.0), 2.0, 0.15, 0.0, 3, None, 0.999)
        >>> q.polynomial.degree, q.delta < 1e-4, q.gamma < 2.2
        (3, True, True)
    """
    check_split(activation, kappa * y_max, kappa * y_min)
    function = activation.function
    target = _Parity(activation, kappa, 1.0).both

    def part(degree: int) -> FloatArray:
        if degree % 2 == 0 and function.has_constant_even_part:
            return np.array([kappa * activation.slope])
        # Rounded down, so that f is known wherever it is asked.
        near = None if y_min else (_rounded_down(kappa), _rounded_down(y_max))
        similar = None if near is None else _problem(activation, *near, 0.0, degree)
        problem = attrs.evolve(_problem(activation, kappa, y_max, y_min, degree), similar=similar)
        return solve_band(problem, degree)[0]

    def deviation(raw: FloatArray) -> float:
        bands = [(-y_max, -y_min), (y_min, y_max)] if y_min else [(-y_max, y_max)]
        if function.second_derivative is None:
            return max(certified_deviation(raw, target, *band) for band in bands)
        slope = (kappa * activation.gain) ** 2 * function.second_derivative / 2
        # The quotient is continued by its value at 0 where |v| < 1e-8.
        rest = 1e-8 * kappa * activation.gain * max(1.0, function.second_derivative)
        return rest + max(grid_deviation(raw, target, slope, *band) for band in bands)

    def solve(degree: int) -> ActivationQuotient:
        has_odd = degree > 0 and not activation.is_odd
        raws = [part(degree - 1), part(degree)] if has_odd else [part(degree)]
        total = np.zeros(degree + 1)
        for raw in raws:
            total[: len(raw)] += raw
        # A constant that is added to an odd part needs no phases, hence no room for them.
        sizes = [
            certified_maximum(raw) / (1.0 if has_odd and len(raw) == 1 else bound) for raw in raws
        ]
        gamma, error = sum(sizes), deviation(total)
        words = f"f({kappa:g} x)/({gamma:g} x) for {y_min:g} <= |x| <= {y_max:g}, absolute error"
        parts = [
            BoundedPolynomial(
                tuple(raw / gamma), error=error / gamma, bound=size / gamma, target=words
            )
            for raw, size in zip(raws, sizes, strict=True)
        ]
        polynomial = SplitPolynomial(*parts) if has_odd else parts[0]
        return ActivationQuotient(polynomial, gamma, kappa, y_max)

    if degree is not None:
        return solve(degree)
    assert delta is not None
    # The bound of a line differs from those of the higher degrees, whose errors fall with the degree.
    for simple in (0,) if activation.is_odd else (0, 1):
        if (found := solve(simple)).delta <= delta:
            return found
    first = 2 if activation.is_odd else 3
    return smallest_degree(
        solve, lambda found: found.delta, delta, first=first, guess=first, rate=1.0
    )


def check_split(activation: AnyActivation, reach: float, gap: float) -> None:
    """Refuse an activation whose quotient is not finite, or not what it says of it.

    Args:
        activation: f.
        reach: largest modulus of its argument u, before the gain.
        gap: the least; 0 where f is smooth.

    Raises:
        ValueError: values that are not finite; a slope that is not positive, or not the limit of `f(u)/u`; an
            argument beyond the function's reach; an even part that is said to be constant and is not.

    Example:
        >>> from bloqs.activation import Activation
        >>> check_split(Activation("silu", gain=2.0), 1.0, 0.0)
    """
    function, slope = activation.function, activation.slope

    def quotient(u: FloatArray) -> FloatArray:
        return np.asarray(activation.quotient(u), dtype=np.float64)

    if activation.gain * reach > function.reach * (1 + _AGREES):
        raise ValueError(
            f"{activation} is used for arguments up to {activation.gain * reach:.6g}, and is known up to "
            f"{function.reach:g}; lower the gain, or state its bounds farther out"
        )
    u = np.linspace(gap, reach, _SAMPLES)
    sides = quotient(u), quotient(-u)
    if not all(np.all(np.isfinite(side)) for side in sides):
        raise ValueError(
            f"the quotient f(u)/u of {activation} is not finite for |u| <= {reach:g}; f must be smooth "
            "there, with f(0) = 0"
        )
    if slope <= 0:
        raise ValueError(
            f"{activation} has the slope {slope:g} at 0, which must be positive; if it is negative, give "
            "f(-u) and negate the kernels; if it is 0, add a multiple of u"
        )
    if function.jumps:
        return
    if function.second_derivative is None:
        tolerance = _ROUNDING * slope
        coefficients = resolve(quotient, -reach, reach, tolerance)
        limit, allowed = float(np.polynomial.chebyshev.chebval(0.0, coefficients)), _AGREES * slope
    else:
        near = min(reach, 1e-4 / activation.gain)
        limit = float(np.mean(quotient(np.array([-near, near]))))
        # Half the second derivative is the most by which the quotient changes an argument.
        allowed = activation.gain**2 * function.second_derivative / 2 * near + 1e-8 * slope
    if abs(limit - slope) > allowed:
        raise ValueError(
            f"{activation} states f'(0) = {slope:g}, but f(u)/u tends to {limit:g} at u = 0; state that"
        )
    middle = (sides[0] + sides[1]) / 2
    if function.has_constant_even_part and np.max(np.abs(middle - slope)) > _AGREES * slope:
        raise ValueError(f"the even part of f(u)/u of {activation} is not constant, as it says")
    if activation.is_odd and np.max(np.abs(sides[0] - sides[1])) > _AGREES * np.max(np.abs(sides)):
        raise ValueError(
            f"the quotient f(u)/u of {activation} must be even, as of an odd f, and is not; leave out odd"
        )
