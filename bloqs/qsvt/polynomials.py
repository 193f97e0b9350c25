"""Real bounded polynomials of definite parity for QSVT, with certified error and bound.

Two families: `f(kappa x) / (gamma x)` for an activation f (even), and the near-constant of
fixed-point amplitude amplification (odd). Every stated number is certified between grid points
(see `bloqs.qsvt.certificates`); the same arguments give the same coefficients.
"""

import functools
import math

import attrs
import numpy as np
from numpy.typing import NDArray

from bloqs.checks import number, whole_number
from bloqs.core.checks import MAX_DEGREE
from bloqs.messages import shown
from bloqs.qsvt.bands import BandProblem
from bloqs.qsvt.bounded import (
    ActivationQuotient,
    Amplification,
    BoundedPolynomial,
    OddActivation,
)
from bloqs.qsvt.certificates import certified_deviation, certified_maximum, least_degree
from bloqs.qsvt.degree_search import (
    LARGEST_DEGREE,
    DegreeLimitError,
    check_within_reach,
    smallest_degree,
)
from bloqs.qsvt.minimax import solve_band
from bloqs.qsvt.quotient_checks import check_quotient
from bloqs.qsvt.split_quotient import AnyActivation, split_quotient

__all__ = [
    "LARGEST_DEGREE",
    "SMALLEST_DELTA",
    "ActivationQuotient",
    "Amplification",
    "BoundedPolynomial",
    "DegreeLimitError",
    "OddActivation",
    "activation_quotient",
    "amplification",
]

FloatArray = NDArray[np.float64]

SMALLEST_DELTA = 1e-11
"""Certified in double precision on most intervals; where it is not, `DegreeLimitError` says so."""

_SLIVER = 1e-3

LARGEST_QUOTIENT = 1001
"""Largest degree of a quotient that is looked for by its error on an interval near 0, of a kappa of several
hundred: with more, an amplitude of 1/kappa takes an amplification out of reach."""
_NARROW, _WIDENED = 0.01, 0.04
"""Below the first an interval at 0 is solved at the width of the second, to know the degree beforehand."""
_MANY = 100
"""Expected degree of an amplification from which on that is done."""
_WIDEST = 25
"""Largest ratio of the ends of such an interval."""
_SIMILAR = 1.05
"""What is allowed for the difference between an interval and its image."""

LEAST_KAPPA, LARGEST_KAPPA = 1e-12, 1e12
"""Subnormalisation of the argument of an activation: beyond, linear programmes are lost to rounding."""


def activation_quotient(
    activation: OddActivation,
    kappa: float,
    y_max: float | None = None,
    *,
    degree: int | None = None,
    delta: float | None = None,
    bound: float = 0.999,
    y_min: float = 0.0,
) -> ActivationQuotient:
    """Best even polynomial for `f(kappa x)/(gamma x)` on |x| <= y_max, bounded on [-1, 1].

    Minimises the error `t` of `p = gamma P` against `kappa f(u)/u`, `u = kappa x`, under
    `|p| <= slope*kappa + t` outside |x| <= y_max; then `gamma = (slope*kappa + t)/bound`, the
    smallest gamma at which this minimax polynomial is bounded (up to the certificate, 2e-5), and
    `delta = t/gamma`. So gamma exceeds `slope*kappa/bound` by a relative delta.

    An activation that is not odd, or that states a bound of its second derivative, has polynomials by
    `split_quotient`.

    Args:
        activation: f; an odd one through `quotient` and `slope` only.
        kappa: positive, dimensionless.
        y_max: in (0, 1]. Default `min(1, 1/kappa)`.
        degree: even, >= 0; for an f that is not odd 0 or odd. Give either this or `delta`.
        delta: accuracy asked, >= 1e-11; the smallest degree that meets it is taken.
        bound: largest |P| allowed on [-1, 1], in (0, 1].
        y_min: where f jumps at 0, the error holds for `|x| >= y_min` alone.

    Returns:
        The polynomial with gamma and the certified delta.

    Raises:
        ValueError: an argument out of range, both or neither of degree and delta, an activation
            whose quotient is not smooth, even and largest at 0 (see `check_quotient`), or delta not
            reached by the largest degree (`DegreeLimitError`).

    References:
        Rattew et al. (ICLR 2026), appendix B.18, uses f(x) itself; the quotient makes the error
        relative, so that the degree does not depend on the length of the vector.

    Example:
        >>> import attrs, numpy as np
        >>> from scipy.special import erf
        >>> @attrs.frozen
        ... class Erf:
        ...     slope: float = 2 * 0.8 / np.pi**0.5
        ...     def quotient(self, u):
        ...         safe = np.where(u == 0, 1.0, u)
        ...         return np.where(u == 0, self.slope, erf(0.8 * safe) / safe)
        >>> q = activation_quotient(Erf(), kappa=2.0, delta=1e-3)
        >>> q.polynomial.degree, q.delta < 1e-3
        (4, True)
    """
    if not callable(getattr(activation, "quotient", None)):
        raise ValueError(f"activation must be an Activation, found {shown(activation)}")
    kappa = _positive("kappa", kappa)
    if not LEAST_KAPPA <= kappa <= LARGEST_KAPPA:
        raise ValueError(f"kappa must lie in [{LEAST_KAPPA:g}, {LARGEST_KAPPA:g}], found {kappa:g}")
    width = min(1.0, 1.0 / kappa) if y_max is None else number(y_max, "y_max")
    if not 0 < width <= 1:
        raise ValueError(f"y_max must be in (0, 1], found {width}; it bounds |x| of the input")
    degree, delta = _numbers(degree, delta)
    function = getattr(activation, "function", None)
    if function is not None and not (activation.is_odd and function.second_derivative is None):  # type: ignore[attr-defined]
        _check_choice(degree, delta, parity=0 if activation.is_odd or degree == 0 else 1)  # type: ignore[attr-defined]
        if function.jumps and not 0 < y_min < width:
            raise ValueError(
                f"a function that jumps needs y_min in (0, y_max) = (0, {width:g}), found {y_min:g}"
            )
        split: AnyActivation = activation  # type: ignore[assignment]
        return split_quotient(split, kappa, width, y_min, degree, delta, _checked_bound(bound))
    _check_choice(degree, delta, parity=0)
    return _activation_quotient(activation, kappa, width, degree, delta, _checked_bound(bound))


def amplification(
    s_lo: float,
    s_hi: float,
    *,
    degree: int | None = None,
    delta: float | None = None,
    bound: float = 0.999,
    height: float | None = None,
) -> Amplification:
    """Best odd polynomial that is constant on [s_lo, s_hi], as high as the bound allows.

    Minimises the error t of p = P/h against 1 on [s_lo, s_hi] under `|p| <= 1 + t` elsewhere, at
    full height `h = bound/(1 + t)`. With a cap, `h <= height`, there is more room outside the
    interval (`|p| <= bound/height`) and the error is smaller. Degree 1 is the polynomial `c x`
    with c as large as allowed, and `height` the middle of its values.

    Args:
        s_lo: smallest singular value, 0 < s_lo <= s_hi.
        s_hi: largest singular value, <= 1.
        degree: odd, >= 1. Give either this or `delta`.
        delta: relative accuracy asked, >= 1e-11; the smallest odd degree is taken for which
            `P` is within a relative delta of the full height `min(height, bound/(1 + delta))`.
        bound: largest |P| allowed on [-1, 1], in (0, 1].
        height: cap on the constant, in (0, bound]; None for no cap.

    Returns:
        The polynomial with its height and the certified delta.

    Raises:
        ValueError: an argument out of range, both or neither of degree and delta, or delta not
            reached by the largest degree (`DegreeLimitError`).

    References:
        [Fixed-point quantum search](https://arxiv.org/abs/1409.3305), Yoder, Low and Chuang, has
        an explicit polynomial for s_hi = 1 whose error is one-sided. Deviation: minimax, for any
        interval, with a cap.

    Example:
        >>> from bloqs.qsvt.polynomials import amplification
        >>> a = amplification(0.6, 0.8, delta=1e-3)
        >>> a.polynomial.degree, a.delta < 1e-3, round(a.height, 3)
        (7, True, 0.999)
    """
    s_lo, s_hi = number(s_lo, "s_lo"), number(s_hi, "s_hi")
    if not 0 < s_lo <= s_hi <= 1:
        raise ValueError(
            f"singular values must satisfy 0 < s_lo <= s_hi <= 1, found s_lo={s_lo}, s_hi={s_hi}"
        )
    degree, delta = _numbers(degree, delta)
    _check_choice(degree, delta, parity=1)
    bound = _checked_bound(bound)
    cap = bound if height is None else number(height, "height")
    if not 0 < cap <= bound:
        raise ValueError(f"height must be in (0, bound] = (0, {bound}], found {cap}")
    return _amplification(s_lo, s_hi, degree, delta, bound, cap)


@attrs.frozen
class _QuotientTarget:
    """`kappa f(u)/u` of `u = kappa x`."""

    activation: OddActivation
    kappa: float

    def __call__(self, x: FloatArray) -> FloatArray:
        values = self.activation.quotient(self.kappa * x)
        return self.kappa * np.asarray(values, dtype=np.float64)


@functools.lru_cache(maxsize=1024)
def _activation_quotient(
    activation: OddActivation,
    kappa: float,
    y_max: float,
    degree: int | None,
    delta: float | None,
    bound: float,
) -> ActivationQuotient:
    top = kappa * float(activation.slope)

    target = _QuotientTarget(activation, kappa)
    check_quotient(activation, kappa * y_max)
    end, near = min(1.0, _rounded(y_max)), _rounded(kappa)
    problem = BandProblem(
        target,
        0.0,
        y_max,
        ceiling=top,
        slack=1.0,
        similar=BandProblem(
            _QuotientTarget(activation, near), 0.0, end, near * float(activation.slope), slack=1.0
        ),
    )

    def solve(even_degree: int) -> ActivationQuotient:
        raw, _ = solve_band(problem, even_degree)
        # Between its points the programme overshoots a little: gamma is what the certificate says.
        gamma = max(certified_maximum(raw), top) / bound
        scaled = raw / gamma
        polynomial = BoundedPolynomial(
            chebyshev=tuple(scaled),
            error=certified_deviation(scaled, lambda x: target(x) / gamma, 0.0, y_max),
            bound=certified_maximum(scaled),
            target=f"f({kappa:g} x)/({gamma:g} x) for |x| <= {y_max:g}, absolute error",
        )
        return ActivationQuotient(polynomial, gamma, kappa, y_max)

    if degree is not None:
        return solve(degree)
    assert delta is not None
    # The most by which `gamma P` may be off, certificates included; the target's own size where that is less.
    allowed = delta * top * (1 + 1e-4) / max(bound - delta, delta)
    least = least_degree(target, -y_max, y_max, allowed)
    check_within_reach(least, delta, 0.0, y_max)
    guess, rate = max(2.0, float(least)), 1.5
    if y_max < _NARROW:
        # Near 0 it is a function of `degree x` alone, so that a wider interval takes as many fewer terms.
        wide = _activation_quotient(
            activation, kappa * y_max / _WIDENED, _WIDENED, None, delta, bound
        )
        guess = wide.polynomial.degree * _WIDENED / y_max
        check_within_reach(guess / _SIMILAR, delta, 0.0, y_max, LARGEST_QUOTIENT)
        rate = math.log(1 / delta) / max(guess, 1.0)
    return smallest_degree(solve, lambda found: found.delta, delta, first=0, guess=guess, rate=rate)


@functools.lru_cache(maxsize=1024)
def _amplification(
    s_lo: float, s_hi: float, degree: int | None, delta: float | None, bound: float, cap: float
) -> Amplification:
    # On a single point many polynomials are perfect; a sliver of width picks a flat one.
    lo = min(s_lo, (1 - _SLIVER) * s_hi)
    limit = bound / cap
    free, capped = (
        BandProblem(
            np.ones_like,
            lo,
            s_hi,
            ceiling,
            slack,
            similar=BandProblem(np.ones_like, *_rounded_band(lo, s_hi), ceiling, slack),
        )
        for ceiling, slack in ((1.0, 1.0), (limit, 0.0))
    )

    def solve(odd_degree: int) -> Amplification:
        # The two problems coincide where the cap is exactly full height, so one test decides.
        raw, t = solve_band(capped if limit > 1 else free, odd_degree)
        if 1 + t > limit > 1:
            raw, t = solve_band(free, odd_degree)
        values = np.polynomial.chebyshev.chebval(_samples(s_lo, s_hi, odd_degree), raw)
        middle = float(np.max(values) + np.min(values)) / 2
        factor = min(bound / certified_maximum(raw), cap / middle)
        scaled, height = factor * raw, min(cap, factor * middle)
        relative = scaled / height
        relative[0] = -1.0  # P/h - 1
        polynomial = BoundedPolynomial(
            chebyshev=tuple(scaled),
            error=certified_deviation(relative, None, s_lo, s_hi),
            bound=certified_maximum(scaled),
            target=f"{height:g} for {s_lo:g} <= x <= {s_hi:g}, relative error",
        )
        return Amplification(polynomial, height, s_lo, s_hi)

    if degree is not None:
        return solve(degree)
    assert delta is not None
    # A certificate costs up to 2e-5 of the height, hence the margin.
    full = min(cap, bound / (1 + delta)) * (1 - 1e-4)
    # Rate of best approximation on [s_lo, 1] for s_hi = 1; below, by stretching [0, s_hi] to [0, 1].
    rate = s_hi * math.atanh(min(s_lo / s_hi, 1 - _SLIVER))
    guess = max(0.0, math.log(0.3 / delta)) / rate
    # It follows the rate of best approximation, which no polynomial beats by much on a narrow interval.
    check_within_reach(guess / 2, delta, s_lo, s_hi)
    # As above, from an interval that is no harder: not wider in proportion, and for no smaller error.
    # Its sizes are rounded, so that a solver that asks for many like it has it solved once.
    ratio = math.floor(8 * min(s_hi / lo, _WIDEST)) / 8
    wide_lo = min(_WIDENED, 0.5 / ratio)
    if guess > _MANY and lo < wide_lo / 2:
        easier = min(0.25, 2.0 ** math.ceil(math.log2(delta)))
        wide = _amplification(wide_lo, ratio * wide_lo, None, easier, bound, cap)
        guess = wide.polynomial.degree * wide_lo / lo
        check_within_reach(guess / _SIMILAR, delta, s_lo, s_hi)

    def shortfall(found: Amplification) -> float:
        return max(found.delta, 1 - found.height * (1 - found.delta) / full)

    return smallest_degree(solve, shortfall, delta, first=1, guess=guess, rate=rate)


def _rounded(size: float) -> float:
    """To a sixteenth of its power of two: one of few sizes."""
    mantissa, exponent = math.frexp(size)
    return math.ldexp(round(16 * mantissa) / 16, exponent)


def _rounded_band(lo: float, hi: float) -> tuple[float, float]:
    """A band like it, as wide in proportion."""
    end = min(1.0, _rounded(hi))
    return end * _rounded(lo / hi) if lo < 0.9 * hi else end * (1 - _rounded(1 - lo / hi)), end


def _samples(lo: float, hi: float, degree: int) -> FloatArray:
    angles = np.linspace(0.0, np.pi, 32 * (degree + 1) + 1)
    return np.asarray((lo + hi) / 2 + (hi - lo) / 2 * np.cos(angles))


def _positive(name: str, value: float) -> float:
    value = number(value, name)
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be positive and finite, found {value}")
    return value


def _checked_bound(bound: float) -> float:
    bound = number(bound, "bound")
    if not 0 < bound <= 1:
        raise ValueError(f"bound must be in (0, 1], found {bound}; 0.999 keeps phases easy to find")
    return bound


def _numbers(degree: int | None, delta: float | None) -> tuple[int | None, float | None]:
    """The two as numbers of Python, or None."""
    return (
        None if degree is None else whole_number(degree, "degree", high=MAX_DEGREE),
        None if delta is None else number(delta, "delta"),
    )


def _check_choice(degree: int | None, delta: float | None, parity: int) -> None:
    if (degree is None) == (delta is None):
        raise ValueError(
            f"give exactly one of degree and delta, found degree={shown(degree)} and delta={shown(delta)}"
        )
    if degree is not None and (degree < 0 or degree % 2 != parity or degree > LARGEST_DEGREE):
        word = "odd" if parity else "even"
        raise ValueError(
            f"degree must be {word} and in [{parity}, {LARGEST_DEGREE}], found {degree}"
        )
    if delta is not None and not SMALLEST_DELTA <= delta < 1:
        raise ValueError(
            f"delta must be in [{SMALLEST_DELTA:.0e}, 1), found {delta}; double precision certifies "
            "nothing below"
        )
