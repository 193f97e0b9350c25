"""Bounded minimax polynomials: certificates against brute force, known errors, smallest degrees."""

import itertools
import math

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import erf

from bloqs.qsvt import degree_search, polynomials
from bloqs.qsvt.certificates import certified_deviation, certified_maximum
from bloqs.qsvt.polynomials import (
    ActivationQuotient,
    Amplification,
    BoundedPolynomial,
    DegreeLimitError,
    activation_quotient,
    amplification,
)

FloatArray = NDArray[np.float64]
SAMPLES = 20_001
ROUNDING = 1e-13


@attrs.frozen
class Erf:
    """f(u) = erf(gain u), written here from its definition."""

    gain: float = 0.8

    @property
    def slope(self) -> float:
        return 2 * self.gain / math.sqrt(math.pi)

    def quotient(self, u: FloatArray) -> FloatArray:
        safe = np.where(u == 0, 1.0, u)
        return np.where(u == 0, self.slope, erf(self.gain * safe) / safe)


@attrs.frozen
class Tanh:
    slope: float = 1.0

    def quotient(self, u: FloatArray) -> FloatArray:
        safe = np.where(u == 0, 1.0, u)
        return np.where(u == 0, 1.0, np.tanh(safe) / safe)


def values(p: BoundedPolynomial, x: FloatArray) -> FloatArray:
    """P(x) from cosines, not from the class."""
    k = np.arange(len(p.chebyshev))
    return np.cos(np.outer(np.arccos(x), k)) @ np.array(p.chebyshev)


def sampled_bound(p: BoundedPolynomial) -> float:
    return float(np.max(np.abs(values(p, np.linspace(-1.0, 1.0, SAMPLES)))))


def sampled_delta(q: ActivationQuotient | Amplification, activation: Erf | Tanh = Erf()) -> float:
    if isinstance(q, Amplification):
        x = np.linspace(q.s_lo, q.s_hi, SAMPLES)
        return float(np.max(np.abs(values(q.polynomial, x) / q.height - 1)))
    x = np.linspace(-q.y_max, q.y_max, SAMPLES)
    target = q.kappa * activation.quotient(q.kappa * x) / q.gamma
    return float(np.max(np.abs(values(q.polynomial, x) - target)))


def assert_certified(q: ActivationQuotient | Amplification, activation: Erf | Tanh = Erf()) -> None:
    """Neither certificate is exceeded at any sample; the error is tight, unless it is rounding."""
    found = sampled_delta(q, activation)
    assert found <= q.delta + ROUNDING
    assert q.delta <= 1.1 * found + ROUNDING
    p = q.polynomial
    highest = sampled_bound(p)
    assert highest <= p.bound <= 1.001 * highest
    assert all(c == 0 for c in p.chebyshev[1 - p.parity :: 2])


# --- activation ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kappa", "degree", "expected"),
    [
        (1, 2, 4e-3),
        (2, 2, 4e-3),
        (1, 4, 1.5e-4),
        (2, 4, 1.5e-4),
        (1, 6, 4.6e-6),
        (2, 6, 4.6e-6),
        (1, 8, 1.2e-7),
        (2, 8, 1.2e-7),
        (4, 6, 9e-5),
        (4, 8, 3e-6),
        (8, 10, 1.1e-4),
        (8, 14, 2e-6),
    ],
)
def test_quotient_error_of_erf(kappa: float, degree: int, expected: float) -> None:
    q = activation_quotient(Erf(), kappa, degree=degree)
    assert expected / 1.5 < q.delta < 1.5 * expected
    assert q.polynomial.degree == degree
    assert q.y_max == pytest.approx(1 / kappa)
    assert q.polynomial.bound <= 0.999 * (1 + 1e-12)
    assert q.gamma >= Erf().slope * kappa / 0.999
    assert q.gamma <= Erf().slope * kappa / 0.999 * (1 + 2 * q.delta + 3e-4)
    assert_certified(q)


@pytest.mark.parametrize("activation", [Erf(0.8), Erf(2.0), Tanh()])
@pytest.mark.parametrize("kappa", [0.3, 1.0, 5.0, 20.0])
def test_quotient_error_falls_with_degree(activation: Erf | Tanh, kappa: float) -> None:
    deltas = []
    for degree in (0, 2, 4, 6, 8, 10, 40):
        q = activation_quotient(activation, kappa, degree=degree)
        assert_certified(q, activation)
        deltas.append(q.gamma * q.delta)
    assert all(b <= a * (1 + 1e-3) + 1e-9 * kappa for a, b in itertools.pairwise(deltas))
    assert deltas[-1] < deltas[0] / 2


@pytest.mark.parametrize("kappa", [1.0, 4.0, 30.0])
def test_quotient_with_a_calibrated_bound_needs_a_smaller_degree(kappa: float) -> None:
    proved = activation_quotient(Erf(), kappa, delta=1e-5)
    calibrated = activation_quotient(Erf(), kappa, 0.25 / kappa, delta=1e-5)
    assert calibrated.polynomial.degree < proved.polynomial.degree
    assert max(calibrated.delta, proved.delta) <= 1e-5


@settings(max_examples=25)
@given(
    kappa=st.floats(0.2, 30.0),
    width=st.floats(0.02, 1.0),
    exponent=st.floats(1.0, 6.0),
)
def test_quotient_degree_is_the_smallest(kappa: float, width: float, exponent: float) -> None:
    delta = 10**-exponent
    y_max = min(1.0, width / kappa)
    q = activation_quotient(Erf(), kappa, y_max, delta=delta)
    assert q.delta <= delta
    assert_certified(q)
    degree = q.polynomial.degree
    if degree >= 2:
        assert activation_quotient(Erf(), kappa, y_max, degree=degree - 2).delta > delta


def test_constant_is_enough_for_a_coarse_error() -> None:
    q = activation_quotient(Erf(), 1.0, 0.1, delta=0.01)
    assert q.polynomial.degree == 0
    assert_certified(q)


def test_quotient_gives_back_the_activation() -> None:
    q = activation_quotient(Erf(), 3.0, delta=1e-6)
    x = np.linspace(-q.y_max, q.y_max, 101)
    assert q.gamma * q.polynomial(x) * x == pytest.approx(
        erf(0.8 * 3 * x), abs=q.gamma * q.delta * q.y_max
    )


# --- amplification ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("s_lo", "s_hi", "degree", "one_sided"),
    [
        (0.05, 1.0, 101, 4e-3),
        (0.3, 1.0, 15, 6e-3),
        (0.3, 1.0, 31, 3e-5),
        (0.5, 1.0, 9, 4e-3),
        (0.5, 1.0, 15, 1.3e-4),
        (0.6, 0.8, 5, 1.4e-2),
        (0.6, 0.8, 7, 4.6e-4),
        (0.6, 0.8, 11, 8e-6),
    ],
)
def test_amplification_error(s_lo: float, s_hi: float, degree: int, one_sided: float) -> None:
    a = amplification(s_lo, s_hi, degree=degree)
    # The figures are errors below 1; in the middle of the range the error is half of that.
    assert one_sided / 2 / 1.15 < a.delta < one_sided / 2 * 1.15
    assert a.height * (1 + a.delta) <= 0.999 * (1 + 1e-12)
    assert a.height * (1 + a.delta) >= 0.999 * (1 - 1e-4)
    assert_certified(a)


@pytest.mark.parametrize(("s_lo", "s_hi"), [(0.05, 1.0), (0.2, 0.6), (0.31, 0.32), (0.6, 0.8)])
@pytest.mark.parametrize("height", [None, 0.98, 0.7])
def test_amplification_error_falls_with_degree(
    s_lo: float, s_hi: float, height: float | None
) -> None:
    shortfalls = []
    for degree in (3, 5, 7, 9, 11, 21, 41):
        a = amplification(s_lo, s_hi, degree=degree, height=height)
        assert_certified(a)
        assert height is None or a.height <= height
        assert a.polynomial.bound <= 0.999 * (1 + 1e-12)
        # Error against the full height, which both a lower height and a larger delta increase.
        shortfalls.append(1 - a.height * (1 - a.delta) / min(height or 1.0, 0.999))
    assert all(b <= a + 1e-4 for a, b in itertools.pairwise(shortfalls))
    assert shortfalls[-1] < shortfalls[0]


@settings(max_examples=30)
@given(
    s_lo=st.floats(0.05, 1.0),
    ratio=st.floats(1.0, 5.0),
    exponent=st.floats(1.0, 5.0),
    height=st.sampled_from([None, 0.98, 0.7]),
)
def test_amplification_degree_is_the_smallest(
    s_lo: float, ratio: float, exponent: float, height: float | None
) -> None:
    delta, s_hi = 10**-exponent, min(1.0, s_lo * ratio)
    a = amplification(s_lo, s_hi, delta=delta, height=height)
    full = min(height or 1.0, 0.999 / (1 + delta))
    assert a.delta <= delta
    assert a.height * (1 - a.delta) >= full * (1 - delta) * (1 - 2e-4)
    assert_certified(a)
    degree = a.polynomial.degree
    if degree >= 3:
        smaller = amplification(s_lo, s_hi, degree=degree - 2, height=height)
        assert smaller.delta > delta or smaller.height * (1 - smaller.delta) < full * (1 - delta)


@pytest.mark.parametrize("delta", [1e-2, pytest.param(1e-3, marks=pytest.mark.slow)])
def test_amplification_of_small_singular_values(delta: float) -> None:
    a = amplification(0.01, 1.0, delta=delta)
    assert 0.5 / 0.01 < a.polynomial.degree < 1.1 * math.log(2 / delta) / 0.01
    assert_certified(a)


def test_degree_one_is_linear() -> None:
    a = amplification(0.3, 0.6, degree=1)
    assert a.polynomial.chebyshev == pytest.approx((0.0, 0.999), rel=1e-4)
    assert a.height == pytest.approx(0.999 * 0.45, rel=1e-4)
    assert a.delta == pytest.approx(1 / 3, rel=1e-3)


def test_one_singular_value_is_amplified_to_full_height() -> None:
    a = amplification(0.5, 0.5, delta=1e-6)
    # T_3(0.5) = -1, so degree 3 suffices and degree 1 does not.
    assert a.polynomial.degree == 3
    assert a.height == pytest.approx(0.999, rel=1e-4)
    assert float(a.polynomial(0.5)) == pytest.approx(a.height, rel=1e-9)
    trivial = amplification(0.5, 0.5, degree=1)
    assert trivial.height == pytest.approx(0.4995, rel=1e-4)
    assert trivial.delta < 1e-12


def test_cap_lowers_the_error_at_the_same_degree() -> None:
    free, capped = (amplification(0.6, 0.8, degree=5, height=h) for h in (None, 0.7))
    assert capped.height == pytest.approx(0.7)
    assert capped.delta < 0.3 * free.delta
    assert_certified(capped)


def test_same_arguments_same_coefficients() -> None:
    a = amplification(0.2, 0.7, delta=1e-4)
    polynomials._amplification.cache_clear()
    assert amplification(0.2, 0.7, delta=1e-4).polynomial.chebyshev == a.polynomial.chebyshev


def test_superfluous_degree_keeps_the_bound() -> None:
    a = amplification(0.6, 0.8, degree=61)
    assert len(a.polynomial.chebyshev) == 62
    assert a.delta < 1e-7
    assert a.height > 0.99
    assert_certified(a)


# --- certificates ----------------------------------------------------------------------------


@settings(max_examples=50)
@given(st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_certified_maximum_is_an_upper_bound_and_tight(degree: int, seed: int) -> None:
    c = np.random.default_rng(seed).normal(size=degree + 1)
    # Exact up to rounding: the maximum is at an end or at a root of the derivative.
    roots = np.polynomial.chebyshev.chebroots(np.polynomial.chebyshev.chebder(c))
    points = np.concatenate((np.clip(np.real(roots), -1, 1), [-1.0, 1.0]))
    exact = float(np.max(np.abs(np.polynomial.chebyshev.chebval(points, c))))
    assert exact * (1 - 1e-12) <= certified_maximum(c) <= exact * (1 + 2.5e-5) + 1e-12


def test_certified_deviation_between_coarse_samples() -> None:
    # T_40 vanishes at its 40 nodes: sampled there, its deviation from 0 would be 0.
    c = np.zeros(41)
    c[40] = 1.0
    assert certified_deviation(c, np.zeros_like, -1.0, 1.0) == pytest.approx(1.0, rel=1e-4)


def test_rough_target_is_refused() -> None:
    with pytest.raises(ValueError, match="not smooth"):
        certified_deviation(np.array([0.0]), np.abs, -1.0, 1.0)


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        ((0.0,), {"degree": 2}, "kappa must be positive"),
        ((-1.0,), {"degree": 2}, "kappa must be positive"),
        ((math.inf,), {"degree": 2}, "kappa must be positive"),
        ((1.0, 0.0), {"degree": 2}, "y_max"),
        ((1.0, 1.5), {"degree": 2}, "y_max"),
        ((1.0,), {"degree": 3}, "even"),
        ((1.0,), {"degree": -2}, "even"),
        ((1.0,), {}, "exactly one"),
        ((1.0,), {"degree": 2, "delta": 0.1}, "exactly one"),
        ((1.0,), {"delta": 0.0}, "delta must be"),
        ((1.0,), {"delta": 1e-14}, "double precision"),
        ((1.0,), {"degree": 2, "bound": 1.5}, "bound must be"),
    ],
)
def test_quotient_refuses(
    arguments: tuple[float, ...], keywords: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        activation_quotient(Erf(), *arguments, **keywords)  # type: ignore[arg-type]


def test_quotient_refuses_an_activation_that_is_not_steepest_at_zero() -> None:
    @attrs.frozen
    class Cubic:
        slope: float = 1.0

        def quotient(self, u: FloatArray) -> FloatArray:
            return 1 + u**2

    with pytest.raises(ValueError, match="largest at u = 0"):
        activation_quotient(Cubic(), 1.0, degree=2)


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        ((0.0, 0.5), {"degree": 3}, "singular values"),
        ((0.6, 0.5), {"degree": 3}, "singular values"),
        ((0.5, 1.1), {"degree": 3}, "singular values"),
        ((0.5, 0.9), {"degree": 2}, "odd"),
        ((0.5, 0.9), {"degree": 0}, "odd"),
        ((0.5, 0.9), {}, "exactly one"),
        ((0.5, 0.9), {"delta": -1.0}, "delta must be"),
        ((0.5, 0.9), {"degree": 3, "height": 1.0}, "height must be"),
        ((0.5, 0.9), {"degree": 3, "height": 0.0}, "height must be"),
    ],
)
def test_amplification_refuses(
    arguments: tuple[float, float], keywords: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        amplification(*arguments, **keywords)  # type: ignore[arg-type]


def test_unreachable_error_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(degree_search, "LARGEST_DEGREE", 101)
    with pytest.raises(DegreeLimitError, match="no polynomial up to degree 101"):
        amplification(0.004, 1.0, delta=1e-6)


@pytest.mark.parametrize(
    ("chebyshev", "message"), [((), "at least one"), ((0.1, 0.2), "parity"), ((0.0, 0.1, 0.2), "1")]
)
def test_polynomial_of_mixed_parity_is_refused(chebyshev: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BoundedPolynomial(chebyshev, error=0.0, bound=1.0, target="")


def test_polynomial_properties() -> None:
    p = BoundedPolynomial((0.1, 0.0, -0.3), error=0.0, bound=0.4, target="")
    assert (p.degree, p.parity) == (2, 0)
    x = np.linspace(-1, 1, 11)
    assert p(x) == pytest.approx(0.1 - 0.3 * (2 * x**2 - 1))
    assert hash(p) == hash(attrs.evolve(p))


def test_a_steep_activation_is_refused_before_any_polynomial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """erf(1000 u)/u needs more terms than we make; proved by its Chebyshev coefficients alone."""

    def no_polynomial(*_: object) -> None:
        raise AssertionError("a polynomial was solved")

    monkeypatch.setattr(polynomials, "solve_band", no_polynomial)
    with pytest.raises(DegreeLimitError, match=r"no polynomial up to degree 4001 .* \(about"):
        activation_quotient(Erf(gain=1000.0), 1.3, 0.77, delta=1e-7)
