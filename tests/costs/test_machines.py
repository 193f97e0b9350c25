"""Machines of this decade: every figure recomputed from its source's formula."""

from __future__ import annotations

import itertools
import math

import pytest
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import CCZ2TFactory, LogicalErrorModel, QECScheme

from bloqs.costs import FootprintError
from bloqs.costs.surface_code import (
    FACTORY_KINDS,
    PRESETS,
    SURFACE_CODE_MODELS,
    SurfaceCodeFootprint,
    pareto,
    surface_code_footprint,
)
from bloqs.costs.surface_code.cultivation import CULTIVATED
from bloqs.costs.surface_code.factories import distilled_states
from bloqs.costs.surface_code.yoked import YokedGrid, YokedModel

COUNTS = GateCounts(toffoli=10**5, t=10**4)


def patch(d: int, p: float = 1e-3) -> float:
    """Of d rounds of a rotated patch: 0.03 (p/0.01)^((d+1)/2)."""
    return 0.03 * (100 * p) ** ((d + 1) / 2)


def cultivated(footprint: SurfaceCodeFootprint) -> tuple[int, float]:
    """Qubits of one factory, and the error of all states, 8T -> CCX of arXiv:2409.17595, Fig. 24."""
    _, d = footprint.factory_distances
    ccx, t = footprint.ccz_states, footprint.t_states
    errors = [
        ccx * (28 * state.error**2 + 6 * 12 * patch(d)) + t * state.error
        for state in CULTIVATED[1e-3]
    ]
    found = min(errors, key=lambda error: abs(error - footprint.distillation_error))
    return 12 * (2 * d * d - 1), found


def test_hardware_of_gidney_2025() -> None:
    preset = PRESETS["gidney-2025"]
    assert (preset.parameters.physical_error, preset.parameters.cycle_time_us) == (1e-3, 1.0)
    footprint = surface_code_footprint(COUNTS, 100, model="rotated-grid")
    assert (footprint.physical_error, footprint.reaction_time_us) == (1e-3, 10.0)
    assert "arXiv:2505.15917" in footprint.assumptions["physical parameters"]


def test_fast_block_with_cultivation_is_the_published_estimate() -> None:
    """1,337 logical qubits, 285,803 CCZ, budget 1e-2: qdk 1.33 finds 2,017,507 qubits and 16.3 s."""
    footprint = surface_code_footprint(
        GateCounts(toffoli=285_803),
        1_337,
        model="rotated-fast-block",
        factory="cultivation-ccx",
        factories="auto",
        t_depth=285_803,
    )
    assert (footprint.physical_qubits, footprint.code_distance) == (2_017_507, 19)
    assert 3600 * footprint.hours == pytest.approx(16.3, abs=0.05)
    # 2,779 patches of the data, two factories of distance 17.
    assert footprint.physical_qubits == 2_779 * (2 * 19**2 - 1) + 2 * 12 * (2 * 17**2 - 1)


@pytest.mark.parametrize("model", ["rotated-grid", "rotated-fast-block"])
def test_footprint_from_its_formulas(model: str) -> None:
    footprint = surface_code_footprint(COUNTS, 100, model=model, factories=3)
    tiles = 150 if model == "rotated-grid" else 2 * 100 + math.ceil(math.sqrt(800)) + 1
    d = footprint.code_distance
    assert footprint.data_qubits == tiles * (2 * d * d - 1)
    qubits, error = cultivated(footprint)
    assert footprint.factory_qubits == 3 * qubits
    assert footprint.distillation_error == pytest.approx(error, rel=1e-12)
    steps = footprint.cycles / d if model == "rotated-grid" else math.ceil(footprint.cycles / d)
    total = error + tiles * steps * patch(d)
    assert footprint.failure_probability == pytest.approx(total, rel=1e-12)
    assert footprint.failure_probability <= footprint.target_failure_probability


def test_time_of_a_cultivated_ccx() -> None:
    footprint = surface_code_footprint(
        GateCounts(toffoli=10**5), 100, model="rotated-grid", factory="cultivation-ccx"
    )
    _, d = footprint.factory_distances
    room = 12 * (2 * d * d - 1)
    times = {
        10**5 * math.ceil(8 * state.volume / room + 6 * d * (1 + 8 * state.error))
        for state in CULTIVATED[1e-3]
    }
    assert footprint.limited_by == "magic states"
    assert footprint.cycles in times


def test_cultivation_alone_makes_four_t_for_a_toffoli() -> None:
    footprint = surface_code_footprint(
        GateCounts(toffoli=10**4, t=100), 50, model="rotated-grid", factory="cultivation"
    )
    states = 4 * 10**4 + 100
    found = [
        state
        for state in CULTIVATED[1e-3]
        if footprint.distillation_error == pytest.approx(states * state.error)
    ]
    assert len(found) == 1
    assert footprint.factory_qubits == {3: 454, 5: 463}[found[0].colour_distance]
    cycles = math.ceil(states * found[0].volume / footprint.factory_qubits)
    assert footprint.cycles == max(cycles, 10 * footprint.t_depth)


def test_cultivation_is_known_up_to_the_error_rate_that_was_simulated() -> None:
    at = {
        p: surface_code_footprint(
            GateCounts(t=1000), 50, model="rotated-grid", factory="cultivation", physical_error=p
        ).distillation_error
        for p in (4e-4, 5e-4, 8e-4, 1e-3)
    }
    assert at[4e-4] == at[5e-4] < at[8e-4] == at[1e-3]
    with pytest.raises(FootprintError, match=r"is known at physical_error 0\.002"):
        surface_code_footprint(COUNTS, 50, model="rotated-grid", physical_error=2e-3)


def test_yoked_grids_from_the_published_formulas() -> None:
    """arXiv:2312.04522 as in qdk: a, b with yokes."""
    for stored, d in itertools.product((30, 97, 1_260), (7, 13)):
        one, two = YokedGrid(1, stored, d), YokedGrid(2, stored, d)
        a, b = one.shape
        assert (a - 1) * (b - 2) >= stored
        smallest = min(
            (rows + 1) * (math.ceil(stored / rows) + 2) for rows in range(2, stored // 2 + 1)
        )
        assert one.patches == a * b == smallest
        expected = (2 * (a - 2)) ** 2 * (a * b) ** 2 * 8 / 15 * patch(d) * 6.4 ** (-(d + 1) / 2)
        assert one.error(1e-3) == pytest.approx(expected, rel=1e-12)
        assert one.period == 8 * d * (a - 1) + 2 * d
        a, b = two.shape
        assert (a - 2) * (b - 2) >= stored
        r = 2 * max(a - 3, b - 3)
        expected = r**4 * (a * b) ** 2 * 5 / 600 * patch(d) * 250 ** (-(d + 1) / 2)
        assert two.error(1e-3) == pytest.approx(expected, rel=1e-12)
        assert two.period == 8 * d * max(a - 2, b - 2) + 2 * d


@pytest.mark.parametrize("dimensions", [1, 2])
def test_idle_qubits_are_stored_and_the_schedule_says_which(dimensions: int) -> None:
    name = f"yoked-{dimensions}d"
    footprint = surface_code_footprint(COUNTS, 500, model=name)
    # One gate a layer: three qubits of a Toffoli are hot, in five tiles.
    gates, d = 10**5 + 10**4, footprint.code_distance
    assert "3 hot qubits by the schedule" in footprint.model_source
    distance = int(footprint.model_source.split("storage of code distance ")[1].split(",")[0])
    grid = YokedGrid(dimensions, 497, distance)
    assert footprint.data_qubits == 5 * (2 * d * d - 1) + grid.patches * (2 * distance**2 - 1)
    _, error = cultivated(footprint)
    error += 5 * footprint.cycles / d * patch(d)
    error += math.ceil(footprint.cycles / grid.period) * grid.error(1e-3)
    assert footprint.failure_probability == pytest.approx(error, rel=1e-12)
    assert footprint.cycles >= 3 * max(d, distance) * gates
    plain = surface_code_footprint(COUNTS, 500, model="rotated-grid")
    assert footprint.data_qubits < plain.data_qubits / 2
    # A schedule of a quarter of the layers has four gates, twelve hot qubits, in one.
    wide = surface_code_footprint(COUNTS, 500, model=name, t_depth=gates // 4)
    assert "12 hot qubits by the schedule" in wide.model_source
    # Of T gates alone one qubit each.
    single = surface_code_footprint(GateCounts(t=10**5), 500, model=name)
    assert " 1 hot qubits by the schedule" in single.model_source


def test_all_qubits_hot_leaves_no_storage() -> None:
    footprint = surface_code_footprint(COUNTS, 3, model="yoked-2d")
    d = footprint.code_distance
    assert footprint.data_qubits == 5 * (2 * d * d - 1)
    by_hand = surface_code_footprint(COUNTS, 60, model=YokedModel(1, hot=30, memory_distance=15))
    assert by_hand.data_qubits == 45 * (2 * by_hand.code_distance**2 - 1) + YokedGrid(
        1, 30, 15
    ).patches * (2 * 15**2 - 1)


def test_three_levels_reach_what_two_do_not() -> None:
    """The formulas of Gidney and Fowler (2019) with T states of 15-to-1 (Litinski 2019) at the door."""
    counts, hard = GateCounts(toffoli=10**6), {"failure_probability": 1e-9}
    with pytest.raises(FootprintError, match="factory='three-levels' has 3 levels"):
        surface_code_footprint(counts, 10, factory="ccz2t", **hard)
    footprint = surface_code_footprint(counts, 10, factory="three-levels", **hard)
    # Where no factory is asked for, they are taken where two levels do not reach, and only there.
    assert surface_code_footprint(counts, 10, **hard) == footprint
    assert surface_code_footprint(counts, 10).factory == "ccz2t"
    assert {one.factory for one in pareto(counts, 10, **hard)} == {"three-levels"}
    assert surface_code_footprint(counts, 10, model="beverland", **hard).factory == "three-levels"
    cultivated = {
        "gate_counts": GateCounts(t=10**6),
        "logical_qubits": 10,
        "failure_probability": 1e-5,
    }
    for model in ("rotated-grid", "yoked-2d"):
        assert surface_code_footprint(model=model, **cultivated).factory == "three-levels"
    zero, first, second = footprint.factory_distances
    scheme = QECScheme.make_gidney_fowler()
    model = LogicalErrorModel(1e-3, scheme)
    (state,) = (one for one in distilled_states(model) if one.factory.d_X == zero)
    l0 = max(1e-15, state.p_out) + 100 * model(first // 2)
    l1 = 1100 * model(first) + 35 * l0**3
    l2 = 1000 * model(second) + 28 * l1**2
    assert footprint.distillation_error == pytest.approx(10**6 * l2, rel=1e-9)
    stock = CCZ2TFactory(first, second)
    assert footprint.cycles == 10 * footprint.t_depth or footprint.cycles == stock.n_cycles(
        counts, model
    )
    rate = 6 * state.factory.d_m / (1 - state.p_fail)
    feeders = math.ceil(120 * rate / stock.n_cycles(GateCounts(toffoli=1), model))
    expected = stock.n_physical_qubits() + feeders * state.factory.n_physical_qubits()
    assert footprint.factory_qubits == expected


def test_two_gross_blocks() -> None:
    """Two-gross at p = 1e-3: T 2.1e-8, in-module 1e-11, inter-module 1e-9, idle 8.2e-21; 8/216/216/2383."""
    footprint = surface_code_footprint(
        COUNTS, 100, model="bicycle-two-gross", failure_probability=0.05
    )
    t = 4 * 10**5 + 10**4
    assert footprint.physical_qubits == math.ceil(100 / 11) * 576
    assert footprint.cycles == math.ceil(t * 2383 / 8)
    error = t * (2.1e-8 + 1e-11 + 1e-9) + 10 * footprint.cycles * 8.2e-21
    assert footprint.failure_probability == pytest.approx(error, rel=1e-12)
    assert "left out" in footprint.model_source
    million = surface_code_footprint(
        GateCounts(t=1_100_000), 100, model="bicycle-two-gross", failure_probability=0.05
    )
    assert million.distillation_error == pytest.approx(0.023, abs=5e-4)
    with pytest.raises(FootprintError, match=r"already fails with .* T count\.$"):
        surface_code_footprint(COUNTS, 100, model="bicycle-two-gross", failure_probability=1e-4)


@pytest.mark.parametrize("name", list(SURFACE_CODE_MODELS))
def test_every_model_has_a_curve_and_says_where_it_is_from(name: str) -> None:
    target = 0.05 if name == "bicycle-two-gross" else 1e-2
    curve = pareto(COUNTS, 100, model=name, failure_probability=target)
    for one in curve:
        assert one.model == name
        assert "arXiv:" in one.model_source
        assert one.factory in FACTORY_KINDS
        assert one.failure_probability <= target
