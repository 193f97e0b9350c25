"""From logical counts to a surface code: code distance, physical qubits, hours.

The model is that of Gidney and Fowler (2019), every figure by Qualtran's public functions: magic states
from CCZ -> 2T factories, data in square tiles with a stated routing overhead, errors added to first order.
Qualtran converts rotations at a fixed 11 T; here they are T already, by the conventions of the report.
"""

from __future__ import annotations

from typing import Any

import attrs
import sympy
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import (
    AlgorithmSummary,
    CCZ2TFactory,
    MagicStateFactory,
    MultiFactory,
    PhysicalCostModel,
    PhysicalParameters,
    QECScheme,
    SimpleDataBlock,
    iter_ccz2t_factories,
)

from bloqs.costs.conventions import as_count

MAX_CODE_DISTANCE = 99
"""Largest data distance that is tried; at p = 1e-3 its error per cell is 1e-51."""

MAX_L1_DISTANCE, MAX_L2_DISTANCE = 45, 91
"""Largest distances of a factory's two levels that are tried."""


class FootprintError(ValueError):
    """No code distance and factory of the model meet what was asked for."""


@attrs.frozen(kw_only=True)
class SurfaceCodeFootprint:
    """What it takes on a surface code.

    Parameters:
        physical_qubits: data block and factories.
        code_distance: of the data; the smallest odd one that meets the target.
        hours: wall-clock time, limited by the making of magic states.
        failure_probability: of the whole run, first order (a sum of error probabilities).
        target_failure_probability: what was asked for; `failure_probability` is at most this.
        factories: number of CCZ -> 2T factories.
        factory_distances: code distances of their two levels.
        factory_qubits: physical qubits of all factories.
        data_qubits: physical qubits of the data block, routing included.
        logical_qubits: of the algorithm.
        ccz_states: Toffoli + And + CSwap.
        t_states: T gates, rotations converted.
        physical_error: error rate of a physical gate.
        cycle_time_us: microseconds of one round of error correction.
        routing_overhead: tiles for routing by tiles for data.
    """

    physical_qubits: int
    code_distance: int
    hours: float
    failure_probability: float
    target_failure_probability: float
    factories: int
    factory_distances: tuple[int, int]
    factory_qubits: int
    data_qubits: int
    logical_qubits: int
    ccz_states: int
    t_states: int
    physical_error: float
    cycle_time_us: float
    routing_overhead: float

    @property
    def qubit_hours(self) -> float:
        """Spacetime volume."""
        return self.physical_qubits * self.hours

    @property
    def assumptions(self) -> dict[str, str]:
        """The physical parameters as lines of an assumptions block."""
        first, second = self.factory_distances
        return {
            "surface-code model": "Gidney and Fowler (2019), arXiv:1812.01238, as in Qualtran; "
            "errors added to first order; time set by the factories, reaction time not modelled",
            "physical error rate": f"{self.physical_error:g}",
            "cycle time": f"{self.cycle_time_us:g} us",
            "failure probability asked for": f"{self.target_failure_probability:g}",
            "factories": f"{self.factories} x CCZ -> 2T, code distances {first} and {second}",
            "routing overhead": f"{self.routing_overhead:g} tiles for each data tile",
        }

    def to_dict(self) -> dict[str, Any]:
        """All figures, ready for JSON."""
        return {**attrs.asdict(self), "factory_distances": list(self.factory_distances)}

    def __str__(self) -> str:
        first, second = self.factory_distances
        return (
            f"{self.physical_qubits:,} physical qubits at code distance {self.code_distance}, "
            f"{self.hours:.3g} hours, failure probability {self.failure_probability:.2g} "
            f"(asked: {self.target_failure_probability:g}); "
            f"{self.factories} factory(ies) of distances {first} and {second}; "
            f"p = {self.physical_error:g}, {self.cycle_time_us:g} us a cycle"
        )


def surface_code_footprint(
    gate_counts: GateCounts,
    logical_qubits: int,
    *,
    physical_error: float = 1e-3,
    cycle_time_us: float = 1.0,
    failure_probability: float = 1e-2,
    factories: int = 1,
    routing_overhead: float = 0.5,
) -> SurfaceCodeFootprint:
    """Smallest code distance, and the factory, that meet a failure probability.

    For each pair of factory distances whose distillation is good enough, the data take the smallest odd code
    distance that keeps the total error within the target; of these the one with the fewest qubit-hours
    is returned. Time falls as `1/factories`, since the model has no reaction limit: the number of factories
    is therefore given, never optimised.

    Args:
        gate_counts: native counts *without rotations*: convert them first (`with_rotations_as_t`).
        logical_qubits: qubits of the algorithm, routing not included.
        physical_error: error rate p of a physical gate, below the threshold 0.01.
        cycle_time_us: microseconds of one round of error correction.
        failure_probability: largest total failure probability, in (0, 1).
        factories: number of factories that work in parallel.
        routing_overhead: extra tiles for routing, by data tile.

    Raises:
        FootprintError: no distance and factory meet the target; a `ValueError` that says what limits.
        ValueError: a parameter is out of range, counts are symbolic, rotations are left, or there is nothing
            to distil.

    References:
        [Efficient magic state factories with a catalyzed |CCZ> to 2|T> transformation](
        https://arxiv.org/abs/1812.01238). Gidney and Fowler (2019).

        [Low overhead quantum computation using lattice surgery](https://arxiv.org/abs/1808.06709).
        Fowler and Gidney (2018). Error per round 0.1 (100 p)^((d+1)/2).

    >>> footprint = surface_code_footprint(GateCounts(and_bloq=10**6, t=10**5), 100)
    >>> footprint.code_distance, footprint.factories, footprint.failure_probability <= 1e-2
    (23, 1, True)
    """
    scheme = QECScheme.make_gidney_fowler()
    summary = _summary(gate_counts, logical_qubits)
    if not 0 < physical_error < scheme.error_rate_threshold:
        raise ValueError(
            f"physical_error must lie in (0, {scheme.error_rate_threshold:g}), the threshold of the surface "
            f"code in this model, got {physical_error}: above it a larger distance makes errors worse"
        )
    if not cycle_time_us > 0:
        raise ValueError(f"cycle_time_us must be positive, got {cycle_time_us}")
    if not 0 < failure_probability < 1:
        raise ValueError(f"failure_probability must lie in (0, 1), got {failure_probability}")
    if factories < 1 or factories != int(factories):
        raise ValueError(f"factories must be an integer, 1 or more, got {factories}")
    if not routing_overhead >= 0:
        raise ValueError(f"routing_overhead must not be negative, got {routing_overhead}")

    parameters = PhysicalParameters(physical_error=physical_error, cycle_time_us=cycle_time_us)
    best: SurfaceCodeFootprint | None = None
    best_distillation = float("inf")
    for factory in iter_ccz2t_factories(
        l1_stop=MAX_L1_DISTANCE + 2, l2_stop=MAX_L2_DISTANCE + 2, n_factories=factories
    ):
        model = PhysicalCostModel(parameters, SimpleDataBlock(3, routing_overhead), factory, scheme)
        distillation = factory.factory_error(summary.n_logical_gates, model.logical_error_model)
        best_distillation = min(best_distillation, distillation)
        if distillation >= failure_probability:
            continue
        cells = model.data_block.n_tiles(summary.n_algo_qubits) * model.n_cycles(summary)
        enough = scheme.code_distance_from_budget(
            physical_error, (failure_probability - distillation) / cells
        )
        # From one below the distance by formula, so that rounding in it can neither add nor miss one.
        for distance in range(max(3, enough - 2), MAX_CODE_DISTANCE + 1, 2):
            model = attrs.evolve(model, data_block=SimpleDataBlock(distance, routing_overhead))
            if model.error(summary) <= failure_probability:
                found = _footprint(model, summary, failure_probability)
                if best is None or found.qubit_hours < best.qubit_hours:
                    best = found
                break
    if best is None:
        raise FootprintError(_why_not(summary, failure_probability, best_distillation))
    return best


def _summary(gate_counts: GateCounts, logical_qubits: int) -> AlgorithmSummary:
    """Counts as Qualtran's model takes them: plain integers, rotations converted."""
    symbols = {
        symbol
        for value in (*attrs.astuple(gate_counts), logical_qubits)
        if isinstance(value, sympy.Basic)
        for symbol in value.free_symbols
    }
    if symbols:
        raise ValueError(
            f"the counts hold the symbols {', '.join(sorted(map(str, symbols)))}: "
            "substitute numbers first (CostReport.subs)"
        )
    counts = GateCounts(
        **{name: as_count(n, name) for name, n in attrs.asdict(gate_counts).items()}
    )
    if counts.rotation:
        raise ValueError(
            f"{counts.rotation} rotations are left in the counts, which this model would convert at 11 T "
            "each: convert them first (with_rotations_as_t)"
        )
    qubits = as_count(logical_qubits, "logical_qubits")
    if qubits < 1:
        raise ValueError(f"logical_qubits must be 1 or more, got {logical_qubits}")
    if counts.total_t_count() == 0:
        raise ValueError(
            "the counts have no T and no Toffoli: the time of this model is that of making magic states, "
            "so a Clifford circuit has no footprint in it"
        )
    return AlgorithmSummary(n_algo_qubits=qubits, n_logical_gates=counts)


def _footprint(
    model: PhysicalCostModel, summary: AlgorithmSummary, target: float
) -> SurfaceCodeFootprint:
    base, number = _base_factory(model.factory)
    states = summary.n_logical_gates.total_t_and_ccz_count()
    return SurfaceCodeFootprint(
        physical_qubits=int(model.n_phys_qubits(summary)),
        code_distance=model.data_block.data_d,
        hours=float(model.duration_hr(summary)),
        failure_probability=float(model.error(summary)),
        target_failure_probability=target,
        factories=number,
        factory_distances=(base.distillation_l1_d, base.distillation_l2_d),
        factory_qubits=int(model.factory.n_physical_qubits()),
        data_qubits=int(model.data_block.n_physical_qubits(summary.n_algo_qubits)),
        logical_qubits=summary.n_algo_qubits,
        ccz_states=int(states["n_ccz"]),
        t_states=int(states["n_t"]),
        physical_error=model.physical_params.physical_error,
        cycle_time_us=model.physical_params.cycle_time_us,
        routing_overhead=model.data_block.routing_overhead,
    )


def _base_factory(factory: MagicStateFactory) -> tuple[CCZ2TFactory, int]:
    if isinstance(factory, MultiFactory):
        return factory.base_factory, factory.n_factories
    return factory, 1


def _why_not(summary: AlgorithmSummary, target: float, distillation: float) -> str:
    states = summary.n_logical_gates.total_t_and_ccz_count()
    if distillation > target:
        return (
            f"failure_probability {target:g} cannot be met: with {states['n_ccz']:,} CCZ and "
            f"{states['n_t']:,} T states the best CCZ -> 2T factory already fails with {distillation:.2g} "
            "(two levels of distillation are too weak). Raise failure_probability, lower physical_error, "
            "or lower the T count."
        )
    return (
        f"failure_probability {target:g} cannot be met by data of code distance up to {MAX_CODE_DISTANCE}: "
        "lower physical_error or raise failure_probability."
    )
