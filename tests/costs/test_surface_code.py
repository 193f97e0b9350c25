"""Footprints, recomputed by Qualtran's own functions, and what is refused."""

from __future__ import annotations

import math

import attrs
import pytest
from qualtran.cirq_interop.t_complexity_protocol import TComplexity
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import (
    AlgorithmSummary,
    BeverlandEtAlRotationCost,
    CCZ2TFactory,
    FastDataBlock,
    FifteenToOne,
    LogicalErrorModel,
    MultiFactory,
    PhysicalCostModel,
    PhysicalParameters,
    QECScheme,
    SimpleDataBlock,
    beverland_et_al_model,
    get_ccz2t_costs,
    get_ccz2t_costs_from_grid_search,
    iter_ccz2t_factories,
    iter_simple_data_blocks,
)

from bloqs.costs import CostReport, FootprintError, SurfaceCodeFootprint, estimate
from bloqs.costs.surface_code import SURFACE_CODE_MODELS, pareto, surface_code_footprint
from bloqs.costs.surface_code.factories import (
    CCZ2T,
    FIFTEEN_TO_ONE,
    FIFTEEN_TO_ONE_DISTANCES,
    candidates,
)
from bloqs.networks import load_example

COUNTS = GateCounts(and_bloq=10**6, toffoli=200, cswap=30, t=10**5, clifford=10**7)
CASES = [
    (COUNTS, 100, {}),
    (COUNTS, 100, {"factories": 4}),
    (COUNTS, 1_078, {"physical_error": 1e-4, "cycle_time_us": 0.5}),
    (COUNTS, 100, {"failure_probability": 1e-4, "routing_overhead": 1.0}),
    (GateCounts(t=50_000_000), 1_500, {}),
    (GateCounts(toffoli=1), 1, {}),
]

MODELS = [name for name in SURFACE_CODE_MODELS if name != "bicycle-two-gross"]
"""Its T gates fail too often for these counts, and make each other wait; `test_machines` has it."""


@pytest.fixture(scope="module")
def digits() -> CostReport:
    example = load_example("digits-1")
    return estimate(example.spec.to_bloq(example.images[0], loading="select-swap"))


def converted_by_qualtran(report: CostReport) -> GateCounts:
    """Rotations as T by Qualtran's own fit, each with an equal share of the synthesis error."""
    n = report.native.rotation
    each = TComplexity.rotation_cost(report.conventions.synthesis_epsilon / n)
    return attrs.evolve(report.native, t=report.native.t + n * each, rotation=0)


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


def test_routing_takes_half_as_many_tiles_as_the_data() -> None:
    """Gidney and Fowler (2019): 3 tiles for 2 of data, each of `2 d^2` physical qubits."""
    footprint = surface_code_footprint(COUNTS, 100)
    assert footprint.routing_overhead == 0.5
    assert footprint.data_qubits == 150 * 2 * footprint.code_distance**2
    assert "0.5 tiles for each data tile" in footprint.assumptions["routing overhead"]
    wider = surface_code_footprint(COUNTS, 100, routing_overhead=1.0)
    assert wider.data_qubits == 200 * 2 * wider.code_distance**2


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


TARGET = 5e-4
"""What the budget of `digits-1` at epsilon 1e-2 leaves for the hardware: five per cent."""


def test_the_budget_sets_the_failure_probability(digits: CostReport) -> None:
    assert digits.failure_probability == pytest.approx(
        TARGET * digits.success_probability, rel=1e-12
    )
    assert digits.surface_code().target_failure_probability == digits.failure_probability
    assert digits.surface_code(failure_probability=1e-2).target_failure_probability == 1e-2


def test_digits_gidney_fowler_report_is_qualtrans_grid_search(digits: CostReport) -> None:
    footprint = digits.surface_code()
    counts = converted_by_qualtran(digits)
    stock, factory, block = get_ccz2t_costs_from_grid_search(
        n_logical_gates=counts,
        n_algo_qubits=digits.logical_qubits,
        phys_err=1e-3,
        error_budget=TARGET,
        cycle_time_us=1.0,
    )
    assert footprint.code_distance == block.data_d
    assert footprint.physical_qubits == stock.footprint
    assert footprint.hours == stock.duration_hr
    assert footprint.failure_probability == stock.failure_prob <= TARGET
    assert (footprint.factories, footprint.factory) == (1, "ccz2t")
    assert footprint.factory_distances == (factory.distillation_l1_d, factory.distillation_l2_d)
    assert footprint.limited_by == "magic states"


def test_digits_gidney_fowler_factories_keep_up_with_the_reaction(digits: CostReport) -> None:
    footprint = digits.surface_code(factories="auto", t_depth=200_000, reaction_time_us=12.0)
    counts, n = converted_by_qualtran(digits), digits.logical_qubits
    error = LogicalErrorModel(1e-3, QECScheme.make_gidney_fowler())
    cycles = 200_000 * 12
    best: tuple[float, ...] = (float("inf"),)
    for factory in iter_ccz2t_factories():
        number = next(
            k for k in range(1, 999) if MultiFactory(factory, k).n_cycles(counts, error) <= cycles
        )
        for block in iter_simple_data_blocks():
            total = factory.factory_error(counts, error) + block.data_error(n, cycles, error)
            if total <= TARGET:
                qubits = number * factory.n_physical_qubits() + block.n_physical_qubits(n)
                best = min(best, (qubits, block.data_d, number, total))
    assert best == (
        footprint.physical_qubits,
        footprint.code_distance,
        footprint.factories,
        footprint.failure_probability,
    )
    assert footprint.hours == pytest.approx(cycles * 1e-6 / 3600, rel=1e-12)
    assert footprint.limited_by == "reaction"
    assert footprint.factories > 1


@pytest.mark.parametrize(
    ("preset", "parameters", "factories", "kind"),
    [
        ("superconducting-realistic", PhysicalParameters.make_beverland_et_al(), 1, "ccz2t"),
        ("superconducting-realistic", PhysicalParameters.make_beverland_et_al(), "auto", "ccz2t"),
        (
            "majorana-realistic",
            PhysicalParameters.make_beverland_et_al("majorana"),
            "auto",
            "15-to-1",
        ),
    ],
)
def test_digits_beverland_report_is_recomputed_with_qualtrans_functions(
    digits: CostReport,
    preset: str,
    parameters: PhysicalParameters,
    factories: int | str,
    kind: str,
) -> None:
    footprint = digits.surface_code(model="beverland", preset=preset, factories=factories)
    summary = AlgorithmSummary(
        n_algo_qubits=digits.logical_qubits, n_logical_gates=converted_by_qualtran(digits)
    )
    scheme = QECScheme.make_beverland_et_al()
    error = LogicalErrorModel(parameters.physical_error, scheme)
    steps = beverland_et_al_model.minimum_time_steps(
        error_budget=TARGET, alg=summary, rotation_model=BeverlandEtAlRotationCost
    )
    gates = summary.n_logical_gates
    assert steps == gates.measurement + gates.t + 3 * (gates.and_bloq + gates.cswap)
    if kind == "15-to-1":
        # the size that was chosen, and the one below it, which is too weak or slower by volume
        pool = [FifteenToOne(*d) for d in ((5, 3, 3), (7, 3, 3), (9, 3, 3), (11, 5, 5))]
    else:
        pool = list(iter_ccz2t_factories())
    best: tuple[float, ...] = (float("inf"),)
    for factory in pool:
        distillation = factory.factory_error(gates, error)
        if distillation >= TARGET:
            continue
        base = factory.n_cycles(gates, error)
        for distance in range(3, 40, 2):
            needed = max(
                distance * steps, math.ceil(footprint.t_depth * 10 / parameters.cycle_time_us)
            )
            number = math.ceil(base / needed) if factories == "auto" else factories
            cycles = max(needed, MultiFactory(factory, number).n_cycles(gates, error))
            run_steps = math.ceil(cycles / distance)
            # a third of the budget handed over is what the function spends on the data
            enough = beverland_et_al_model.code_distance(
                error_budget=3 * (TARGET - distillation),
                time_steps=run_steps,
                alg=summary,
                qec_scheme=scheme,
                physical_error=parameters.physical_error,
            )
            if distance >= enough:
                block = FastDataBlock(distance)
                qubits = number * factory.n_physical_qubits() + block.n_physical_qubits(
                    digits.logical_qubits
                )
                total = distillation + block.n_tiles(digits.logical_qubits) * run_steps * error(
                    distance
                )
                best = min(best, (qubits * cycles, qubits, distance, number, cycles, total))
                break
    _, qubits, distance, number, cycles, total = best
    assert footprint.physical_qubits == qubits
    assert footprint.code_distance == distance
    assert footprint.factories == number
    assert footprint.hours == pytest.approx(cycles * parameters.cycle_time_us / 3.6e9, rel=1e-12)
    assert footprint.failure_probability == pytest.approx(total, rel=1e-9)
    assert footprint.failure_probability <= TARGET
    assert footprint.factory == kind


@pytest.mark.parametrize("distances", FIFTEEN_TO_ONE_DISTANCES[:3])
def test_fifteen_to_one_figures_are_qualtrans(distances: tuple[int, int, int]) -> None:
    scheme, counts = QECScheme.make_beverland_et_al(), GateCounts(t=1000, toffoli=77)
    found = {c.distances: c for c in candidates((FIFTEEN_TO_ONE,), counts, 1e-4, scheme)}
    factory, error = FifteenToOne(*distances), LogicalErrorModel(1e-4, scheme)
    ours = found[distances]
    assert ours.qubits == factory.n_physical_qubits()
    assert ours.cycles == factory.n_cycles(counts, error)
    assert ours.error == pytest.approx(factory.factory_error(counts, error), rel=1e-12)


def test_distances_of_15_to_1_are_the_published_ones_and_their_like() -> None:
    """Litinski (2019), Table 1, has four factories of one level; all distances are odd, d_Z is d_m."""
    assert {(7, 3, 3), (9, 3, 3), (11, 5, 5), (17, 7, 7)} <= set(FIFTEEN_TO_ONE_DISTANCES)
    assert list(FIFTEEN_TO_ONE_DISTANCES) == sorted(set(FIFTEEN_TO_ONE_DISTANCES))
    for d_x, d_z, d_m in FIFTEEN_TO_ONE_DISTANCES:
        assert d_z == d_m < d_x
        assert d_x % 2 == d_z % 2 == 1
        assert 1.6 < d_x / d_z <= 3


@pytest.mark.slow
def test_error_below_the_precision_of_the_simulation_is_not_zero() -> None:
    scheme, counts = QECScheme.make_beverland_et_al(), GateCounts(t=10**6)
    assert FifteenToOne(7, 3, 3).p_out(LogicalErrorModel(1e-6, scheme)) < 1e-15
    for candidate in candidates((FIFTEEN_TO_ONE,), counts, 1e-6, scheme):
        assert candidate.error >= 1e-9


def test_no_candidate_is_beaten_and_none_that_is_not_is_missing() -> None:
    scheme = QECScheme.make_gidney_fowler()
    kept = candidates((CCZ2T,), COUNTS, 1e-3, scheme)
    error = LogicalErrorModel(1e-3, scheme)

    def triple(factory: CCZ2TFactory) -> tuple[float, ...]:
        return (
            factory.n_physical_qubits(),
            factory.n_cycles(COUNTS, error),
            factory.factory_error(COUNTS, error),
        )

    ours = {(c.qubits, c.cycles, c.error) for c in kept}
    everything = {triple(f) for f in iter_ccz2t_factories(l1_stop=47, l2_stop=93)}
    front = {
        a
        for a in everything
        if not any(b != a and all(x <= y for x, y in zip(b, a, strict=True)) for b in everything)
    }
    assert ours == front


@pytest.mark.parametrize("model", MODELS)
def test_a_run_never_beats_the_reaction_limit(model: str) -> None:
    for reaction in (0.5, 20.0, 3000.0):
        footprint = surface_code_footprint(
            COUNTS, 100, model=model, factories=500, t_depth=10**6, reaction_time_us=reaction
        )
        least = 10**6 * reaction / 3.6e9
        assert footprint.hours >= least * (1 - 1e-12)
        if footprint.limited_by == "reaction":
            assert footprint.hours == pytest.approx(least, rel=1e-5)
    assert footprint.limited_by == "reaction"


@pytest.mark.parametrize("model", MODELS)
def test_auto_is_the_least_number_that_gains_no_time(model: str) -> None:
    auto = surface_code_footprint(COUNTS, 100, model=model, factories="auto")
    assert auto.limited_by != "magic states"
    assert auto.factories > 1
    curve = pareto(COUNTS, 100, model=model, factories=[auto.factories, 2 * auto.factories])
    assert curve.fastest.cycles == pytest.approx(auto.cycles, rel=0.15)


def test_t_depth_matters_where_the_reaction_limits() -> None:
    serial = surface_code_footprint(COUNTS, 100, factories="auto")
    assert serial.t_depth == serial.ccz_states + serial.t_states
    assert "one after another" in serial.assumptions["reaction time"]
    shallow = surface_code_footprint(COUNTS, 100, factories="auto", t_depth=10**5)
    assert shallow.hours == pytest.approx(10**5 * 10e-6 / 3600)
    assert shallow.factories > serial.factories
    assert "given with the counts" in shallow.assumptions["reaction time"]


@pytest.mark.slow
def test_one_level_of_distillation_too_weak_is_told(digits: CostReport) -> None:
    with pytest.raises(
        FootprintError, match=r"15-to-1 factory.*one level of distillation is too weak.*'ccz2t'"
    ):
        digits.surface_code(model="beverland", factory="15-to-1")
    digits.surface_code(model="beverland", factory="ccz2t")
    digits.surface_code(model="beverland", factory="15-to-1", physical_error=1e-4)
