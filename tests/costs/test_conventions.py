"""Totals by hand, symbols against numbers, and what is refused."""

from __future__ import annotations

import json
import math

import attrs
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from qualtran.cirq_interop.t_complexity_protocol import TComplexity
from qualtran.resource_counting import GateCounts

from bloqs.core.counts import as_count
from bloqs.costs import (
    CONVENTIONS,
    DEFAULT_CONVENTIONS,
    MIXED_FALLBACK_CONVENTIONS,
    Conventions,
    t_count,
    with_rotations_as_t,
)
from tests.golden.regenerate import stored

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
    # 0.53 * log2(10/1e-3) + 4.86 = 11.9025 -> 12 each
    assert t_count(GateCounts(rotation=10), MIXED_FALLBACK_CONVENTIONS) == 120
    assert CONVENTIONS[MIXED_FALLBACK_CONVENTIONS.name] == MIXED_FALLBACK_CONVENTIONS


@given(t=COUNTS, and_bloq=COUNTS, rotation=COUNTS, exponent=st.integers(1, 12))
def test_default_totals_are_the_published_formula(
    t: int, and_bloq: int, rotation: int, exponent: int
) -> None:
    epsilon = 10.0**-exponent
    bits = math.log2(rotation) - math.log2(epsilon) if rotation else 0.0
    expected = t + 4 * and_bloq + rotation * math.ceil(1.149 * bits + 9.2)
    counts = GateCounts(t=t, and_bloq=and_bloq, rotation=rotation)
    assert t_count(counts, Conventions(synthesis_epsilon=epsilon)) == expected


def test_default_total_of_the_bundled_network() -> None:
    # digits-1 by data, select-swap loading: 189,585 And, 48,824 CSwap, and 936 rotations whose errors add to
    # 4.850974e-4 at most: 1.149 * log2(936 / 4.850974e-4) + 9.2 = 1.149 * 20.87980 + 9.2 = 33.1909 -> 34 each
    golden = stored("digits-1")["regime 1, select-swap, coherent, by data"]
    counts = GateCounts(**golden["native"])
    expected = 4 * (189_585 + 48_824) + 936 * 34
    assert t_count(counts, Conventions(synthesis_epsilon=golden["synthesis_epsilon"])) == expected
    assert golden["t_count"] == expected


@pytest.mark.parametrize("name", list(CONVENTIONS))
def test_conventions_by_name(name: str) -> None:
    conventions = CONVENTIONS[name]
    assert conventions.name == name == f"toffoli-4T/{conventions.rotation_model.name}"
    assert Conventions(rotation_model=conventions.rotation_model.name) == conventions
    assert conventions.describe()["conventions"] == name
    assert json.loads(json.dumps(conventions.to_dict()))["name"] == name
    assert attrs.evolve(conventions, t_per_toffoli=7).name.startswith("toffoli-7T/")


def test_describe_states_the_error_of_each_rotation() -> None:
    words = Conventions(synthesis_epsilon=1e-4).describe(50)["rotation synthesis error"]
    for part in (
        "eps_syn = 0.0001",
        "50 rotations",
        "e = 2e-06 each",
        "operator norm",
        "31 T each",
    ):
        assert part in words
    assert "no rotations" in DEFAULT_CONVENTIONS.describe(0)["rotation synthesis error"]
    assert "eps_syn/n_rot" in DEFAULT_CONVENTIONS.describe()["rotation synthesis error"]
    once = Conventions(rotation_model="phase-gradient").describe(50)["rotation synthesis error"]
    assert "T once for the catalyst" in once


@pytest.mark.parametrize("name", list(CONVENTIONS))
def test_depth_of_a_rotation_is_that_of_its_gates_in_a_row(name: str) -> None:
    conventions = attrs.evolve(CONVENTIONS[name], t_depth_per_toffoli=3)
    gates = conventions.gates_per_rotation(50)
    assert conventions.t_depth_per_rotation(50) == gates.t + 3 * gates.toffoli > 0
    assert conventions.t_depth_per_rotation(0) == 0


@given(n=st.integers(1, 10**9), exponent=st.integers(1, 12))
def test_fit_is_that_of_qualtran(n: int, exponent: int) -> None:
    ours = Conventions(synthesis_epsilon=10.0**-exponent).t_per_rotation(n)
    assert ours == TComplexity.rotation_cost(10.0**-exponent / n)


@given(t=COUNTS, toffoli=COUNTS, and_bloq=COUNTS, cswap=COUNTS, rotation=COUNTS)
@pytest.mark.parametrize(
    "name", ["repeat-until-success", pytest.param("phase-gradient", marks=pytest.mark.slow)]
)
def test_symbolic_equals_numeric(
    name: str, t: int, toffoli: int, and_bloq: int, cswap: int, rotation: int
) -> None:
    values = {
        "t": t,
        "toffoli": toffoli,
        "and_bloq": and_bloq,
        "cswap": cswap,
        "rotation": rotation,
    }
    conventions = Conventions(rotation_model=name)
    symbolic = t_count(GateCounts(**{kind: sympy.Symbol(kind) for kind in values}), conventions)
    assert symbolic.subs({sympy.Symbol(k): v for k, v in values.items()}) == t_count(
        GateCounts(**values), conventions
    )


@given(rotation=COUNTS, more=st.integers(1, 100))
def test_total_grows_with_rotations_and_precision(rotation: int, more: int) -> None:
    few, many = GateCounts(rotation=rotation), GateCounts(rotation=rotation + more)
    assert t_count(few) < t_count(many)
    assert t_count(many) <= t_count(many, Conventions(synthesis_epsilon=1e-6))


@given(t=COUNTS, and_bloq=COUNTS, rotation=COUNTS)
@pytest.mark.parametrize("name", list(CONVENTIONS))
def test_conversion_of_rotations_keeps_the_total(
    name: str, t: int, and_bloq: int, rotation: int
) -> None:
    counts = GateCounts(t=t, and_bloq=and_bloq, rotation=rotation, clifford=3)
    converted = with_rotations_as_t(counts, CONVENTIONS[name])
    assert converted.rotation == 0
    assert (converted.and_bloq, converted.clifford) == (and_bloq, 3)
    assert converted.total_t_count() == t_count(counts, CONVENTIONS[name])
    assert t_count(converted) == t_count(counts, CONVENTIONS[name])


def test_counts_of_any_integer_type() -> None:
    counts = GateCounts(t=np.int64(3), and_bloq=sympy.Integer(2), rotation=1.0)
    assert t_count(counts) == 3 + 8 + 21


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("synthesis_epsilon", 0.0, r"synthesis_epsilon must lie in \(0, 1\), got 0.0"),
        ("synthesis_epsilon", math.nan, "found nan"),
        ("synthesis_epsilon", 1.0, "got 1.0"),
        ("t_per_toffoli", 0, "t_per_toffoli must be 1 or more, got 0"),
        ("t_depth_per_toffoli", 0, "t_depth_per_toffoli must be 1 or more"),
        (
            "rotation_model",
            "fast",
            "unknown rotation model 'fast'; choose one of 'repeat-until-success'",
        ),
    ],
)
def test_bad_conventions_are_refused(field: str, value: float | str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        attrs.evolve(DEFAULT_CONVENTIONS, **{field: value})


def test_bad_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative, got -1"):
        t_count(GateCounts(t=-1))
    with pytest.raises(ValueError, match=r"must be an integer, got 2\.5"):
        as_count(2.5)
