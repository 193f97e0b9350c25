"""Crossovers: interpolated where there is one, and otherwise the reason why there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloqs.scaling import crossover
from bloqs.scaling.crossovers import ticks

N = np.arange(6.0, 41.0, 2.0)


@given(st.floats(6.5, 39.5), st.floats(0.1, 2.0))
def test_two_power_laws_cross_where_they_are_equal(place: float, gain: float) -> None:
    found = crossover(N, 2.0**N, 2.0 ** (N + gain * (N - place)))
    assert found.log2_n == pytest.approx(place, abs=1e-6)
    assert found.hours == pytest.approx(2.0**place / 3600)
    assert found.classical_exponent - found.quantum_exponent == pytest.approx(gain)


def test_none_up_to_the_end_is_not_extrapolated() -> None:
    found = crossover(N, 2.0 ** (N + 50), 2.0 ** (2 * N))
    assert found.log2_n is None
    assert found.words == "none up to 2^40"


@pytest.mark.parametrize(
    ("exponent", "words"),
    [(1.0, "none, equal exponents: 1.00, 1.00"), (1.5, "none, larger exponent: 1.50, 1.00")],
)
def test_none_at_all(exponent: float, words: str) -> None:
    found = crossover(N, 2.0 ** (exponent * N + 1), 2.0**N)
    assert (found.log2_n, found.words) == (None, words)


def test_faster_from_the_start() -> None:
    found = crossover(N, 2.0**N, 2.0 ** (2 * N))
    assert (found.log2_n, found.words) == (6.0, "below 2^6, the smallest N measured")


def test_the_last_crossing_counts() -> None:
    """Faster for a while, then slower, then faster for good."""
    gap = np.array([1.0, -1.0, 1.0, 3.0, -1.0, -5.0])
    n = np.arange(10.0, 22.0, 2.0)
    assert crossover(n, 2.0**gap, np.ones(6)).log2_n == pytest.approx(17.5)


def test_a_gain_that_is_lost_again_is_none() -> None:
    found = crossover(
        np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 9.0]), np.array([2.0, 3.0, 4.0])
    )
    assert found.log2_n is None


def test_refusals() -> None:
    for bad in (N[::-1], N[:2]):
        with pytest.raises(ValueError, match="at least three points"):
            crossover(bad, bad, bad)
    with pytest.raises(ValueError, match="positive"):
        crossover(N, N, 0 * N)


def test_ticks_charge_oracle_queries_and_failed_runs() -> None:
    rows = pd.DataFrame(
        {
            "t_count": [10.0, 10.0, 10.0],
            "qram_queries": [40.0, 5.0, 40.0],
            "qram": ["oracle", "oracle", "bucket-brigade"],
            "success_probability": [1.0, 1.0, 0.25],
        }
    )
    # The gates of a memory with a circuit are in the counts already.
    assert ticks(rows, "T-count").tolist() == [40.0, 10.0, 40.0]
