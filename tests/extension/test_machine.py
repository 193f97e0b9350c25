"""A surface-code model and a machine from outside the package: one class and one registration each."""

from __future__ import annotations

import json
from collections.abc import Iterator

import attrs
import pytest
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import (
    AlgorithmSummary,
    DataBlock,
    LogicalErrorModel,
    PhysicalParameters,
    QECScheme,
    SimpleDataBlock,
)

from bloqs.costs import PRESETS, SURFACE_CODE_MODELS, SurfaceCodeModel, estimate, pareto
from bloqs.costs.surface_code import FACTORY_KINDS, FactoryKind, Preset, surface_code_footprint
from bloqs.networks import load_example
from bloqs.report import Settings
from tests.extension.registration import restored

COUNTS = GateCounts(and_bloq=10**6, t=10**5)


@attrs.frozen
class Walled(SurfaceCodeModel):
    """Every logical qubit has a ring of its own: three tiles for routing by tile of data, one gate a step."""

    name = "walled"
    source = "a test: three routing tiles a qubit"
    scheme = QECScheme.make_gidney_fowler()
    preset = "bench"
    factory_kinds = (FACTORY_KINDS["ccz2t"],)

    def data_block(self, distance: int) -> DataBlock:
        return SimpleDataBlock(distance, 3.0)

    def consumption_cycles(self, summary: AlgorithmSummary, distance: int) -> int:
        return distance * int(sum(summary.n_logical_gates.total_t_and_ccz_count().values()))

    def data_error(
        self, summary: AlgorithmSummary, distance: int, cycles: int, error: LogicalErrorModel
    ) -> float:
        return self.data_block(distance).data_error(summary.n_algo_qubits, cycles, error)


BENCH = Preset("bench", PhysicalParameters(5e-4, 2.0), "a test")


@pytest.fixture(scope="module", autouse=True)
def one_registration() -> Iterator[None]:
    with restored(PRESETS, SURFACE_CODE_MODELS):
        PRESETS.register(BENCH)
        SURFACE_CODE_MODELS.register(Walled())
        yield


def test_a_report_has_its_footprint_by_name_and_by_object() -> None:
    report = estimate(load_example("digits-1").spec.cost_bloq())
    footprint = report.surface_code(model="walled")
    assert footprint == report.surface_code(model=Walled())
    assert footprint.data_qubits == 4 * report.logical_qubits * 2 * footprint.code_distance**2
    assert (footprint.physical_error, footprint.cycle_time_us) == (5e-4, 2.0)
    assert footprint.routing_overhead == 3.0
    for text in (str(footprint), footprint._repr_html_()):
        assert "walled" in text
    assert "a test" in footprint.assumptions["physical parameters"]
    assert json.loads(json.dumps(footprint.to_dict()))["model"] == "walled"


def test_the_curve_ends_where_its_gates_are_consumed() -> None:
    curve = pareto(COUNTS, 100, model="walled", reaction_time_us=0.0)
    assert curve.fastest.limited_by == "logical time steps"
    assert curve.fastest.cycles == curve.fastest.code_distance * (10**6 + 10**5)
    assert Settings(surface_code="walled").physical()["model"] == "walled"


def test_a_layout_of_its_own_takes_no_routing_overhead() -> None:
    with pytest.raises(ValueError, match=r"routing_overhead = 0\.5 has no meaning in .* 'walled'"):
        surface_code_footprint(COUNTS, 100, model="walled", routing_overhead=0.5)


def test_a_factory_that_was_not_registered_is_refused() -> None:
    @attrs.frozen(kw_only=True)
    class Cultivation(FactoryKind):
        name: str = "cultivation"
        words: str = "cultivation"
        levels: int = 1

        def candidates(self, counts: GateCounts, error: LogicalErrorModel) -> list[object]:
            return []

    with pytest.raises(ValueError, match=r"unknown factory Cultivation.*; choose one of 'ccz2t'"):
        surface_code_footprint(COUNTS, 100, factory=Cultivation())
