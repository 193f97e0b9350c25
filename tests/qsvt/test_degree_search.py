"""The search for the smallest degree, on errors that are known."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from bloqs.activation import Activation
from bloqs.qsvt import degree_search, polynomials
from bloqs.qsvt.bands import BandProblem
from bloqs.qsvt.degree_search import DegreeLimitError, _predicted, _stalled, smallest_degree
from bloqs.qsvt.minimax import solve_band
from bloqs.qsvt.polynomials import activation_quotient, amplification


def search(
    error: Callable[[int], float],
    delta: float,
    *,
    first: int = 0,
    guess: float = 5,
    rate: float = 0.3,
) -> tuple[int, list[int]]:
    """The degree found and the degrees tried."""
    tried: list[int] = []

    def solve(degree: int) -> int:
        tried.append(degree)
        return degree

    return smallest_degree(solve, error, delta, first=first, guess=guess, rate=rate), tried


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("slope", [0.05, 0.3, 2.0])
@pytest.mark.parametrize("delta", [0.3, 1e-2, 1e-5, 1e-9])
@pytest.mark.parametrize("guess", [0, 7, 300])
def test_smallest_degree_of_a_geometric_error(
    first: int, slope: float, delta: float, guess: float
) -> None:
    found, tried = search(lambda d: math.exp(-slope * d), delta, first=first, guess=guess)
    wanted = first + 2 * max(0, math.ceil((math.log(1 / delta) / slope - first) / 2))
    assert found == wanted
    assert all(degree % 2 == first for degree in tried)
    # A straight line is met at once; an estimate of the slope, a step beyond and one below are enough.
    assert len(tried) <= (14 if guess < 100 else 30)
    assert len(set(tried)) == len(tried)


def test_a_good_guess_and_a_good_rate_take_two_tries() -> None:
    assert search(lambda d: math.exp(-0.3 * d), math.exp(-5.9), guess=20)[1] == [20, 18]
    assert search(lambda d: math.exp(-0.3 * d), 0.5, guess=0)[0] == 4


def test_bisection_ends_an_error_that_falls_in_one_step() -> None:
    """Nothing until 137, then all: interpolation alone would creep."""
    found, tried = search(lambda d: 1.0 if d < 137 else 1e-12, 1e-3)
    assert found == 138
    assert len(tried) < 30


def test_prediction_by_hand() -> None:
    """From (20, -5), with the slope of (10, -2): 3 more at 0.3 a degree."""
    assert _predicted({10: -2.0, 20: -5.0}, -8.0, 1.0) == pytest.approx(30)
    # The two nearest the goal decide.
    assert _predicted({10: -2.0, 20: -5.0, 26: -8.0}, -8.0, 1.0) == pytest.approx(26)
    assert _predicted({20: -5.0, 26: -8.0}, -9.0, 1.0) == pytest.approx(28)
    # Too near to each other, or of the wrong sign: the rate that is expected.
    assert _predicted({20: -5.0, 24: -8.0}, -9.0, 0.5) == pytest.approx(26)
    assert _predicted({20: -8.0, 30: -7.0}, -9.0, 0.5) == pytest.approx(22)
    assert _predicted({20: -8.0}, -9.0, 0.25) == pytest.approx(24)


def test_stalled_by_hand() -> None:
    """Four degrees, the last below 1e-9 and hardly better than the last but two."""
    low = math.log(1e-9)
    flat = {2: -5.0, 4: low - 1, 6: low - 1.02, 8: low - 1.05}
    assert _stalled(flat)
    assert not _stalled({k: v for k, v in flat.items() if k != 2})
    assert not _stalled({**flat, 8: low - 1.2})
    assert not _stalled({2: -5.0, 4: -6.0, 6: -6.0, 8: -6.0})
    assert not _stalled({**flat, 10: low - 3})
    assert not _stalled({2: -5.0, 4: low, 6: low, 8: low})


def test_an_error_that_stalls_is_refused() -> None:
    with pytest.raises(DegreeLimitError, match=r"reaches an error of 1\.0e-12 \(found 1\.0e-10\)"):
        search(lambda d: max(math.exp(-0.3 * d), 1e-10), 1e-12)


def test_the_largest_degree_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(degree_search, "LARGEST_DEGREE", 41)
    assert search(lambda d: 1.0 if d < 40 else 0.0, 0.5)[0] == 40
    assert search(lambda d: 1.0 if d < 41 else 0.0, 0.5, first=1)[0] == 41
    with pytest.raises(DegreeLimitError, match="no polynomial up to degree 40 "):
        search(lambda d: 1.0 if d < 42 else 0.0, 0.5)


@pytest.mark.parametrize(
    ("lo", "hi", "delta"), [(2.5e-4, 4e-3, 1e-4), (1e-9, 2e-9, 1e-2), (1.3e-3, 2.6e-2, 1e-5)]
)
def test_an_amplification_out_of_reach_is_refused_before_a_long_polynomial_is_solved(
    lo: float, hi: float, delta: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = record_degrees(monkeypatch)
    with pytest.raises(DegreeLimitError, match=r"\(about .* would\)"):
        amplification(lo, hi, delta=delta)
    assert max(longest, default=0) < 1000


@pytest.mark.parametrize("kappa", [3e3, 1e9])
def test_an_activation_out_of_reach_is_refused_too(
    kappa: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = record_degrees(monkeypatch)
    with pytest.raises(DegreeLimitError, match=r"\(about .* would\)"):
        activation_quotient(Activation("erf"), kappa, delta=1e-6)
    assert max(longest, default=0) < 1000


@pytest.mark.slow
def test_the_degree_found_is_that_of_the_search_without_an_estimate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Narrow intervals are solved at a greater width first; the smallest degree is the same."""
    quotient = activation_quotient(Activation("erf"), 150.0, delta=1e-4).polynomial.degree
    amplified = amplification(3e-3, 7e-3, delta=1e-3, height=0.98).polynomial.degree
    monkeypatch.setattr(polynomials, "_NARROW", 0.0)
    monkeypatch.setattr(polynomials, "_MANY", 10**9)
    polynomials._activation_quotient.cache_clear()
    polynomials._amplification.cache_clear()
    assert activation_quotient(Activation("erf"), 150.0, delta=1e-4).polynomial.degree == quotient
    again = amplification(3e-3, 7e-3, delta=1e-3, height=0.98)
    assert again.polynomial.degree == amplified


def record_degrees(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The degrees of all bands that are solved from here on."""
    degrees: list[int] = []

    def solve(problem: BandProblem, degree: int) -> tuple[np.ndarray, float]:
        degrees.append(degree)
        return solve_band(problem, degree)

    monkeypatch.setattr(polynomials, "solve_band", solve)
    polynomials._activation_quotient.cache_clear()
    polynomials._amplification.cache_clear()
    return degrees
