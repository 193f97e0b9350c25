"""Totals by hand, symbols against numbers, and what is refused."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from qualtran.cirq_interop.t_complexity_protocol import TComplexity
from qualtran.resource_counting import GateCounts

from bloqs.costs import (
    CONVENTIONS,
    DEFAULT_CONVENTIONS,
    MIXED_FALLBACK_CONVENTIONS,
    Conventions,
    t_count,
    with_rotations_as_t,
)
from bloqs.costs.conventions import as_count

COUNTS = st.integers(0, 10**7)


@pytest.mark.parametrize(
    ("counts", "epsilon", "expected"),
    [
        (GateCounts(), 1e-3, 0),
        (GateCounts(clifford=99, measurement=7), 1e-3, 0),
        (GateCounts(t=5), 1e-3, 5),
        (GateCounts(t=5, toffoli=2, and_bloq=3, cswap=4), 1e-3, 5 + 4 * 9),
        # 1 rotation at 1e-3: 1.149 * 9.96578 + 9.2 = 20.6507 -> 21
        (GateCounts(rotation=1), 1e-3, 21),
        # 10 at 1e-3: 1.149 * 13.28771 + 9.2 = 24.4676 -> 25 each
        (GateCounts(rotation=10), 1e-3, 250),
        # 100 at 1e-6: 1.149 * 26.57542 + 9.2 = 39.7352 -> 40 each
        (GateCounts(t=1, and_bloq=6, rotation=100), 1e-6, 1 + 24 + 4000),
    ],
)
def test_total_by_hand(counts: GateCounts, epsilon: float, expected: int) -> None:
    total = t_count(counts, Conventions(synthesis_epsilon=epsilon))
    assert total == expected
    assert type(total) is int


def test_mixed_fallback_by_hand() -> None:
    # 0.56 * log2(10/1e-3) + 5.3 = 12.7411 -> 13 each
    assert t_count(GateCounts(rotation=10), MIXED_FALLBACK_CONVENTIONS) == 130
    assert CONVENTIONS[MIXED_FALLBACK_CONVENTIONS.name] is MIXED_FALLBACK_CONVENTIONS


@given(n=st.integers(1, 10**9), exponent=st.integers(1, 12))
def test_fit_is_that_of_qualtran(n: int, exponent: int) -> None:
    ours = Conventions(synthesis_epsilon=10.0**-exponent).t_per_rotation(n)
    assert ours == TComplexity.rotation_cost(10.0**-exponent / n)


@given(t=COUNTS, toffoli=COUNTS, and_bloq=COUNTS, cswap=COUNTS, rotation=COUNTS)
def test_symbolic_equals_numeric(
    t: int, toffoli: int, and_bloq: int, cswap: int, rotation: int
) -> None:
    values = {
        "t": t,
        "toffoli": toffoli,
        "and_bloq": and_bloq,
        "cswap": cswap,
        "rotation": rotation,
    }
    symbolic = t_count(GateCounts(**{name: sympy.Symbol(name) for name in values}))
    assert symbolic.subs({sympy.Symbol(k): v for k, v in values.items()}) == t_count(
        GateCounts(**values)
    )


@given(rotation=COUNTS, more=st.integers(1, 100))
def test_total_grows_with_rotations_and_precision(rotation: int, more: int) -> None:
    few, many = GateCounts(rotation=rotation), GateCounts(rotation=rotation + more)
    assert t_count(few) < t_count(many)
    assert t_count(many) <= t_count(many, Conventions(synthesis_epsilon=1e-6))


@given(t=COUNTS, and_bloq=COUNTS, rotation=COUNTS)
def test_conversion_of_rotations_keeps_the_total(t: int, and_bloq: int, rotation: int) -> None:
    counts = GateCounts(t=t, and_bloq=and_bloq, rotation=rotation, clifford=3)
    converted = with_rotations_as_t(counts)
    assert converted.rotation == 0
    assert (converted.and_bloq, converted.clifford) == (and_bloq, 3)
    assert converted.t + 4 * converted.and_bloq == t_count(counts)


def test_counts_of_any_integer_type() -> None:
    counts = GateCounts(t=np.int64(3), and_bloq=sympy.Integer(2), rotation=1.0)
    assert t_count(counts) == 3 + 8 + 21


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("synthesis_epsilon", 0.0, r"synthesis_epsilon must lie in \(0, 1\), got 0.0"),
        ("synthesis_epsilon", math.nan, "got nan"),
        ("synthesis_epsilon", 1.0, "got 1.0"),
        ("t_per_toffoli", 0, "t_per_toffoli must be 1 or more, got 0"),
        ("t_depth_per_toffoli", 0, "t_depth_per_toffoli must be 1 or more"),
        ("rotation_slope", -1.0, "rotation_slope must be finite and >= 0, got -1.0"),
        ("rotation_offset", math.inf, "rotation_offset must be finite and >= 0, got inf"),
    ],
)
def test_bad_conventions_are_refused(field: str, value: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        attrs.evolve(DEFAULT_CONVENTIONS, **{field: value})


def test_bad_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative, got -1"):
        t_count(GateCounts(t=-1))
    with pytest.raises(ValueError, match=r"must be an integer, got 2\.5"):
        as_count(2.5)
