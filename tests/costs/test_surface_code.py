"""Footprints, recomputed by Qualtran's own functions, and what is refused."""

from __future__ import annotations

import attrs
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import (
    AlgorithmSummary,
    CCZ2TFactory,
    MultiFactory,
    PhysicalCostModel,
    PhysicalParameters,
    QECScheme,
    SimpleDataBlock,
    get_ccz2t_costs,
    get_ccz2t_costs_from_grid_search,
    iter_ccz2t_factories,
)

from bloqs.costs import FootprintError, SurfaceCodeFootprint, surface_code_footprint

COUNTS = GateCounts(and_bloq=10**6, toffoli=200, cswap=30, t=10**5, clifford=10**7)
CASES = [
    (COUNTS, 100, {}),
    (COUNTS, 100, {"factories": 4}),
    (COUNTS, 1_078, {"physical_error": 1e-4, "cycle_time_us": 0.5}),
    (COUNTS, 100, {"failure_probability": 1e-4, "routing_overhead": 1.0}),
    (GateCounts(t=50_000_000), 1_500, {}),
    (GateCounts(toffoli=1), 1, {}),
]


def model_of(footprint: SurfaceCodeFootprint, data_d: int | None = None) -> PhysicalCostModel:
    factory = CCZ2TFactory(*footprint.factory_distances)
    if footprint.factories > 1:
        factory = MultiFactory(factory, footprint.factories)
    return PhysicalCostModel(
        physical_params=PhysicalParameters(footprint.physical_error, footprint.cycle_time_us),
        data_block=SimpleDataBlock(data_d or footprint.code_distance, footprint.routing_overhead),
        factory=factory,
        qec_scheme=QECScheme.make_gidney_fowler(),
    )


@pytest.mark.parametrize(("counts", "qubits", "physical"), CASES)
def test_every_figure_is_qualtrans(
    counts: GateCounts, qubits: int, physical: dict[str, float]
) -> None:
    footprint = surface_code_footprint(counts, qubits, **physical)
    model = model_of(footprint)
    summary = AlgorithmSummary(n_algo_qubits=qubits, n_logical_gates=counts)
    assert footprint.physical_qubits == model.n_phys_qubits(summary)
    assert footprint.hours == model.duration_hr(summary)
    assert footprint.failure_probability == model.error(summary)
    assert footprint.failure_probability <= physical.get("failure_probability", 1e-2)
    assert footprint.factory_qubits + footprint.data_qubits == footprint.physical_qubits
    assert footprint.factory_qubits == model.factory.n_physical_qubits()
    assert footprint.t_states == counts.t
    assert footprint.ccz_states == counts.toffoli + counts.and_bloq + counts.cswap
    stock = get_ccz2t_costs(
        n_logical_gates=counts,
        n_algo_qubits=qubits,
        phys_err=footprint.physical_error,
        cycle_time_us=footprint.cycle_time_us,
        factory=model.factory,
        data_block=model.data_block,
    )
    assert (footprint.physical_qubits, footprint.hours) == (stock.footprint, stock.duration_hr)
    assert footprint.failure_probability == stock.failure_prob


@pytest.mark.parametrize(("counts", "qubits", "physical"), CASES)
def test_code_distance_is_the_smallest_odd_one(
    counts: GateCounts, qubits: int, physical: dict[str, float]
) -> None:
    footprint = surface_code_footprint(counts, qubits, **physical)
    assert footprint.code_distance % 2 == 1
    assert footprint.code_distance >= 3
    if footprint.code_distance > 3:
        summary = AlgorithmSummary(n_algo_qubits=qubits, n_logical_gates=counts)
        below = model_of(footprint, footprint.code_distance - 2)
        assert below.error(summary) > footprint.target_failure_probability


@pytest.mark.parametrize("factories", [1, 3])
def test_volume_is_that_of_qualtrans_grid_search(factories: int) -> None:
    footprint = surface_code_footprint(COUNTS, 100, factories=factories)
    stock, factory, block = get_ccz2t_costs_from_grid_search(
        n_logical_gates=COUNTS,
        n_algo_qubits=100,
        factory_iter=tuple(iter_ccz2t_factories(n_factories=factories)),
    )
    assert footprint.qubit_hours == stock.qubit_hours
    assert footprint.code_distance == block.data_d
    assert model_of(footprint).factory == factory


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


def test_distillation_too_weak_is_told() -> None:
    with pytest.raises(FootprintError, match="two levels of distillation are too weak"):
        surface_code_footprint(GateCounts(t=10**13), 100)
    # what the message says would mend it does
    surface_code_footprint(GateCounts(t=10**13), 100, physical_error=1e-4)


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
        ({"routing_overhead": -0.1}, "routing_overhead must not be negative, got -0.1"),
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
    for part in ("0.0002", "0.7 us", "0.01", "1 x CCZ -> 2T", "0.5 tiles"):
        assert part in words
    assert footprint.to_dict()["factory_distances"] == list(footprint.factory_distances)
    assert set(footprint.to_dict()) == {field.name for field in attrs.fields(type(footprint))}
    assert f"{footprint.physical_qubits:,} physical qubits" in str(footprint)
