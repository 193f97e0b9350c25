"""The footprint of the fewest qubit-hours, from gate counts."""

from __future__ import annotations

from numbers import Integral

from qualtran.resource_counting import GateCounts

from bloqs.costs.surface_code.factories import FactoryKind
from bloqs.costs.surface_code.footprint import SurfaceCodeFootprint
from bloqs.costs.surface_code.models import SurfaceCodeModel
from bloqs.costs.surface_code.presets import Preset
from bloqs.costs.surface_code.search import MAX_FACTORIES, Factories, make_search
from bloqs.messages import shown


def surface_code_footprint(
    gate_counts: GateCounts,
    logical_qubits: int,
    *,
    model: str | SurfaceCodeModel = "gidney-fowler",
    preset: str | Preset | None = None,
    physical_error: float | None = None,
    cycle_time_us: float | None = None,
    reaction_time_us: float | None = None,
    failure_probability: float = 1e-2,
    factories: Factories = 1,
    factory: str | FactoryKind | None = None,
    t_depth: int | None = None,
    routing_overhead: float | None = None,
) -> SurfaceCodeFootprint:
    """Code distance, qubits and hours that meet a failure probability, fewest qubit-hours first.

    For each factory whose distillation is good enough, the data take the smallest odd code distance that
    keeps the total error within the target; of these the one with the fewest qubit-hours is returned. The run
    lasts as long as the slowest of making the magic states, consuming them, and reacting: `t_depth` layers of
    T gates take at least `t_depth * reaction_time_us`. See `GidneyFowlerModel` and `BeverlandModel`.

    Args:
        gate_counts: native counts *without rotations*: convert them first (`with_rotations_as_t`).
        logical_qubits: qubits of the algorithm, routing not included.
        model: "gidney-fowler", "beverland", another name of `SURFACE_CODE_MODELS`, or a `SurfaceCodeModel`.
        preset: physical parameters by name (`PRESETS`); when None those of the model's paper.
        physical_error: error rate p of a physical gate, below the threshold 0.01; by hand.
        cycle_time_us: microseconds of one round of error correction; by hand.
        reaction_time_us: microseconds from a measurement to the gate that depends on it; 0 for no limit.
            When None 10 us, or a cycle where that is longer.
        failure_probability: largest total failure probability, in (0, 1), of magic states and data.
        factories: how many work in parallel, or "auto": as few as keep up with consumption and reaction.
        factory: "ccz2t", "15-to-1" or another of `FACTORY_KINDS`; when None the best of those of the model,
            and where none of them reaches the target, of those with three levels of distillation.
        t_depth: layers of T gates. When None all T and Toffoli are taken one after another.
        routing_overhead: extra tiles for routing, by data tile, when None that of the model (0.5 for
            "gidney-fowler"); refused by a model whose layout sets its own, as "beverland".

    Returns:
        The footprint with the fewest qubit-hours.

    Raises:
        FootprintError: no distance and factory meet the target; a `ValueError` that says what limits.
        ValueError: a parameter is out of range, counts are symbolic, rotations are left, or there is nothing
            to distil.

    References:
        [Efficient magic state factories with a catalyzed |CCZ> to 2|T> transformation](
        https://arxiv.org/abs/1812.01238). Gidney and Fowler (2019).

        [Low overhead quantum computation using lattice surgery](https://arxiv.org/abs/1808.06709).
        Fowler and Gidney (2018). Error per round 0.1 (100 p)^((d+1)/2).

        [Assessing requirements to scale to practical quantum advantage](https://arxiv.org/abs/2211.07629).
        Beverland et al. (2022).

    Example:
        >>> counts = GateCounts(and_bloq=10**6, t=10**5)
        >>> footprint = surface_code_footprint(counts, 100)
        >>> footprint.code_distance, footprint.factories, footprint.failure_probability <= 1e-2
        (23, 1, True)
        >>> surface_code_footprint(counts, 100, factories="auto").limited_by
        'reaction'
    """
    is_auto = isinstance(factories, str) and factories == "auto"
    is_number = isinstance(factories, Integral) and not isinstance(factories, bool)
    if not (is_auto or (is_number and 1 <= int(factories) <= MAX_FACTORIES)):
        raise ValueError(
            f"factories must be an integer, 1 or more, got {shown(factories)}; or 'auto' for as many as "
            f"keep up; at most {MAX_FACTORIES:,}"
        )
    search = make_search(
        gate_counts,
        logical_qubits,
        model=model,
        preset=preset,
        physical_error=physical_error,
        cycle_time_us=cycle_time_us,
        reaction_time_us=reaction_time_us,
        failure_probability=failure_probability,
        factory=factory,
        t_depth=t_depth,
        routing_overhead=routing_overhead,
    )
    best = min(search.runs(factories), key=lambda run: run.volume)
    return search.footprint(best, "auto" if is_auto else "given")
