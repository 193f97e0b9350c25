"""Parameters of the surface code: presets, what is told of them, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import attrs
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import (
    PhysicalParameters,
)

from bloqs.costs import FootprintError
from bloqs.costs.surface_code import PRESETS, surface_code_footprint

COUNTS = GateCounts(and_bloq=10**6, toffoli=200, cswap=30, t=10**5, clifford=10**7)


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "gidney-2025"])
def test_presets_are_qualtrans(name: str) -> None:
    head, _, tail = name.rpartition("-")
    optimistic = tail == "optimistic"
    if name.startswith("gidney-fowler"):
        stock = PhysicalParameters.make_gidney_fowler(optimistic_err_rate=optimistic)
    else:
        stock = PhysicalParameters.make_beverland_et_al(head, optimistic_err_rate=optimistic)
    footprint = surface_code_footprint(COUNTS, 100, preset=name)
    assert (footprint.physical_error, footprint.cycle_time_us) == (
        stock.physical_error,
        stock.cycle_time_us,
    )
    assert footprint.reaction_time_us == max(10.0, stock.cycle_time_us)
    assert name in footprint.assumptions["physical parameters"]
    assert "arXiv:" in footprint.assumptions["physical parameters"]
    assert "by hand" not in footprint.assumptions["physical parameters"]


def test_parameters_by_hand_are_told() -> None:
    footprint = surface_code_footprint(
        COUNTS, 100, preset="ion-optimistic", cycle_time_us=100.0, reaction_time_us=150.0
    )
    assert footprint.physical_error == 1e-4
    words = footprint.assumptions["physical parameters"]
    assert words.endswith("by hand: cycle time, reaction time")


def test_more_factories_take_less_time_and_more_qubits() -> None:
    one, four = (surface_code_footprint(COUNTS, 100, factories=n) for n in (1, 4))
    assert four.hours < one.hours
    assert four.factory_qubits > one.factory_qubits


@settings(max_examples=30)
@given(
    t=st.integers(1, 10**8),
    toffoli=st.integers(0, 10**8),
    qubits=st.integers(1, 5000),
    exponent=st.floats(-4, -0.5),
)
def test_target_is_met_and_a_harder_target_costs_no_less(
    t: int, toffoli: int, qubits: int, exponent: float
) -> None:
    counts = GateCounts(t=t, toffoli=toffoli)
    easy = surface_code_footprint(counts, qubits, failure_probability=10**exponent)
    hard = surface_code_footprint(counts, qubits, failure_probability=10**exponent / 10)
    assert easy.failure_probability <= 10**exponent
    assert hard.qubit_hours >= easy.qubit_hours


@pytest.mark.slow
def test_distillation_too_weak_is_told() -> None:
    with pytest.raises(FootprintError, match="two levels of distillation are too weak"):
        surface_code_footprint(GateCounts(t=10**13), 100, factory="ccz2t")
    # what the message says would mend it does
    surface_code_footprint(GateCounts(t=10**13), 100, factory="ccz2t", physical_error=1e-4)
    for error in (5e-3, 9e-3):
        with pytest.raises(
            FootprintError, match=r"3 levels of distillation are too weak.*T count\.$"
        ):
            surface_code_footprint(GateCounts(t=10**13), 100, physical_error=error)


def test_data_too_noisy_is_told() -> None:
    with pytest.raises(FootprintError, match="cannot be met by data of code distance up to 99"):
        surface_code_footprint(GateCounts(t=1), 10**60, failure_probability=1e-4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"physical_error": 0.02}, "must lie in .0, 0.01., the threshold.*got 0.02"),
        ({"physical_error": 0.0}, "got 0.0"),
        ({"cycle_time_us": 0.0}, "cycle_time_us must be positive, got 0.0"),
        ({"failure_probability": 1.0}, "failure_probability must lie in .0, 1., got 1.0"),
        ({"failure_probability": float("nan")}, "got nan"),
        ({"factories": 0}, "factories must be an integer, 1 or more, got 0"),
        ({"factories": 1.5}, "factories must be an integer, 1 or more, got 1.5"),
        ({"factories": "many"}, "factories must be an integer, 1 or more, got 'many'; or 'auto'"),
        (
            {"routing_overhead": -0.1},
            r"routing_overhead must be a real number in \[0, 1e\+06\], found -0.1",
        ),
        (
            {"model": "toric"},
            "unknown surface-code model 'toric'; choose one of 'gidney-fowler', 'bev",
        ),
        ({"model": "beverland", "routing_overhead": 0.5}, "routing_overhead = 0.5 has no meaning"),
        ({"preset": "abacus"}, "unknown preset 'abacus'; choose one of 'gidney-fowler',"),
        ({"factory": "8-to-1"}, "unknown factory '8-to-1'; choose one of 'ccz2t', '15-to-1'"),
        ({"reaction_time_us": -1.0}, "reaction_time_us must not be negative, got -1.0"),
        ({"factories": "auto", "reaction_time_us": 0.0}, "consumes magic states at any rate"),
        ({"t_depth": 0}, "t_depth must be 1 or more, got 0"),
        ({"t_depth": sympy.Symbol("D")}, "hold the symbols D: substitute numbers first"),
    ],
)
def test_bad_parameters_are_refused(change: dict[str, float | str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        surface_code_footprint(COUNTS, 100, **change)


def test_counts_that_the_model_cannot_take_are_refused() -> None:
    with pytest.raises(ValueError, match=r"7 rotations are left in the counts.*convert them first"):
        surface_code_footprint(GateCounts(t=1, rotation=7), 10)
    with pytest.raises(ValueError, match=r"hold the symbols m, n: substitute numbers first"):
        surface_code_footprint(GateCounts(t=sympy.Symbol("n")), sympy.Symbol("m"))
    with pytest.raises(ValueError, match="no T and no Toffoli"):
        surface_code_footprint(GateCounts(clifford=10), 10)
    with pytest.raises(ValueError, match="logical_qubits must be 1 or more, got 0"):
        surface_code_footprint(GateCounts(t=1), 0)


def test_assumptions_name_every_physical_parameter() -> None:
    footprint = surface_code_footprint(COUNTS, 100, physical_error=2e-4, cycle_time_us=0.7)
    words = " ".join(footprint.assumptions.values())
    for part in ("0.0002", "0.7 us", "0.01", "1 x CCZ -> 2T", "0.5 tiles", "10 us for each"):
        assert part in words
    assert footprint.limited_by in words
    assert footprint.to_dict()["factory_distances"] == list(footprint.factory_distances)
    assert set(footprint.to_dict()) == {field.name for field in attrs.fields(type(footprint))}
    assert f"{footprint.physical_qubits:,} physical qubits" in str(footprint)


@pytest.mark.parametrize(
    ("physical", "message"),
    [
        ({"failure_probability": None}, "failure_probability must be a real number, found None"),
        ({"physical_error": "0.001"}, "physical_error must be a real number, found '0.001'"),
        ({"cycle_time_us": 1j}, "cycle_time_us must be a real number, found 1j"),
        ({"factories": None}, "factories must be an integer, 1 or more, got None"),
        ({"factories": math.nan}, "factories must be an integer, 1 or more, got nan"),
    ],
)
def test_parameters_of_another_type_are_refused(physical: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        surface_code_footprint(GateCounts(t=100), 10, **physical)


def test_most_factories_are_allowed_and_one_more_is_not() -> None:
    assert surface_code_footprint(COUNTS, 100, factories=10**9).factories == 10**9
    with pytest.raises(ValueError, match="at most 1,000,000,000"):
        surface_code_footprint(COUNTS, 100, factories=10**9 + 1)


PAPERS = {
    "gidney-fowler": (1e-3, 1.0),
    "gidney-fowler-optimistic": (1e-4, 1.0),
    # Beverland et al., Table V: gates and measurements in us, a cycle of 4 gates and 2 measurements.
    "superconducting-realistic": (1e-3, 4 * 0.05 + 2 * 0.1),
    "superconducting-optimistic": (1e-4, 4 * 0.05 + 2 * 0.1),
    "ion-realistic": (1e-3, 4 * 100 + 2 * 100),
    "ion-optimistic": (1e-4, 4 * 100 + 2 * 100),
    "majorana-realistic": (1e-4, 4 * 0.1 + 2 * 0.1),
    "majorana-optimistic": (1e-6, 4 * 0.1 + 2 * 0.1),
    "gidney-2025": (1e-3, 1.0),
}


def test_presets_from_their_papers() -> None:
    """Every preset, and from it patches and hours by the formulas of Gidney and Fowler (2019)."""
    assert list(PAPERS) == list(PRESETS)
    for name, (error, cycle) in PAPERS.items():
        footprint = surface_code_footprint(COUNTS, 100, preset=name)
        assert footprint.physical_error == error
        assert footprint.cycle_time_us == pytest.approx(cycle)
        d = footprint.code_distance
        assert footprint.data_qubits == 150 * 2 * d * d  # half a tile of routing a tile
        assert footprint.hours == pytest.approx(footprint.cycles * cycle * 1e-6 / 3600)
        data = 150 * footprint.cycles * 0.1 * (100 * error) ** ((d + 1) / 2)
        expected = footprint.distillation_error + data
        assert footprint.failure_probability == pytest.approx(expected, rel=1e-9)
