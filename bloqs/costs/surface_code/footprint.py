"""What a search on a surface code returns, and what it is asked."""

from __future__ import annotations

from typing import Any

import attrs
import sympy
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import AlgorithmSummary

from bloqs.core.counts import as_count
from bloqs.costs.conventions import as_real
from bloqs.costs.surface_code.factories import FACTORY_KINDS
from bloqs.tables import Table, number


class FootprintError(ValueError):
    """No code distance and factory of the model meet what was asked for."""


@attrs.frozen(kw_only=True)
class SurfaceCodeFootprint:
    """What a run takes on a surface code: qubits, time and failure probability, with all that they rest on.

    Parameters:
        physical_qubits: data block and factories.
        code_distance: of the data; the smallest odd one that meets the target.
        hours: wall-clock time, that of the slowest of making magic states, consuming them, and reacting.
        failure_probability: of the whole run, first order (a sum of error probabilities).
        target_failure_probability: what was asked for; `failure_probability` is at most this.
        factories: how many work in parallel.
        factory_distances: code distances of one: its two levels, or `(d_X, d_Z, d_m)`.
        factory_qubits: physical qubits of all factories.
        data_qubits: physical qubits of the data block, routing included.
        logical_qubits: of the algorithm.
        ccz_states: Toffoli + And + CSwap.
        t_states: T gates, rotations converted.
        physical_error: error rate of a physical gate.
        cycle_time_us: microseconds of one round of error correction.
        routing_overhead: tiles for routing by tiles for data.
        model: name of the surface-code model.
        factory: name of the kind of factory.
        cycles: rounds of error correction of the whole run.
        distillation_error: the part of the failure probability due to magic states.
        t_depth: layers of T gates, each of which waits for a reaction.
        t_depth_source: where `t_depth` comes from.
        reaction_time_us: microseconds from a measurement to the gate that depends on it.
        limited_by: what sets the time: "magic states", "reaction" or "logical time steps".
        factories_rule: how their number was chosen.
        model_source: the model and its papers.
        machine: the preset, its source, and what was changed by hand.

    Example:
        >>> from bloqs.costs.surface_code import surface_code_footprint
        >>> footprint = surface_code_footprint(GateCounts(and_bloq=10**6), logical_qubits=100)
        >>> footprint.physical_qubits == footprint.data_qubits + footprint.factory_qubits
        True
        >>> footprint.limited_by
        'magic states'
    """

    physical_qubits: int
    code_distance: int
    hours: float
    failure_probability: float
    target_failure_probability: float
    factories: int
    factory_distances: tuple[int, ...]
    factory_qubits: int
    data_qubits: int
    logical_qubits: int
    ccz_states: int
    t_states: int
    physical_error: float
    cycle_time_us: float
    routing_overhead: float
    model: str
    factory: str
    cycles: int
    distillation_error: float
    t_depth: int
    t_depth_source: str
    reaction_time_us: float
    limited_by: str
    factories_rule: str
    model_source: str
    machine: str

    @property
    def qubit_hours(self) -> float:
        """Spacetime volume."""
        return self.physical_qubits * self.hours

    @property
    def factory_words(self) -> str:
        """Number, kind and distances of the factories."""
        *first, last = (str(d) for d in self.factory_distances)
        distances = f"distances {', '.join(first)} and {last}" if first else f"distance {last}"
        return f"{self.factories} x {FACTORY_KINDS[self.factory].words}, code {distances}"

    @property
    def assumptions(self) -> dict[str, str]:
        """Model and physical parameters as lines of an assumptions block."""
        reaction = (
            f"{self.reaction_time_us:g} us for each of {self.t_depth:,} layers of T ({self.t_depth_source})"
            if self.reaction_time_us
            else "none: no reaction limit"
        )
        return {
            "surface-code model": self.model_source,
            "physical parameters": self.machine,
            "physical error rate": f"{self.physical_error:g}",
            "cycle time": f"{self.cycle_time_us:g} us",
            "reaction time": reaction,
            "failure probability asked for": f"{self.target_failure_probability:g}, of magic states and "
            "data; rotation synthesis has its own budget",
            "factories": f"{self.factory_words}; {self.factories_rule}",
            "routing overhead": f"{self.routing_overhead:.3g} tiles for each data tile",
            "time limited by": self.limited_by,
        }

    def rows(self) -> list[tuple[str, ...]]:
        """The figures as rows of a table, name and value."""
        return [
            ("model", self.model),
            ("code distance", str(self.code_distance)),
            ("physical qubits", number(self.physical_qubits)),
            ("of these, data and routing", number(self.data_qubits)),
            ("of these, factories", number(self.factory_qubits)),
            ("factories", self.factory_words),
            ("hours", f"{self.hours:.4g}"),
            ("time is limited by", self.limited_by),
            ("failure probability", f"{self.failure_probability:.2e}"),
            ("failure probability, asked for", f"{self.target_failure_probability:.2e}"),
            ("CCZ states", number(self.ccz_states)),
            ("T states, rotations converted", number(self.t_states)),
        ]

    def _repr_html_(self) -> str:
        return Table("", ("figure", "value"), [*self.rows(), *self.assumptions.items()]).to_html()

    def to_dict(self) -> dict[str, Any]:
        """All figures, ready for JSON."""
        return {**attrs.asdict(self), "factory_distances": list(self.factory_distances)}

    def __str__(self) -> str:
        return (
            f"{self.physical_qubits:,} physical qubits at code distance {self.code_distance}, "
            f"{self.hours:.3g} hours, failure probability {self.failure_probability:.2g} "
            f"(asked: {self.target_failure_probability:g}); {self.factory_words}; "
            f"p = {self.physical_error:g}, {self.cycle_time_us:g} us a cycle; "
            f"model {self.model}, time limited by {self.limited_by}"
        )


@attrs.frozen(kw_only=True)
class Demand:
    """What an algorithm asks of a machine, checked.

    Parameters:
        summary: counts as Qualtran's models take them.
        t_depth: layers of T gates.
        t_depth_source: in words.
        target: largest failure probability.

    Example:
        >>> demand = make_demand(GateCounts(and_bloq=5, t=2), 10, t_depth=None, target=0.01)
        >>> sorted(demand.states.items()), demand.t_depth
        ([('n_ccz', 5), ('n_t', 2)], 7)
    """

    summary: AlgorithmSummary
    t_depth: int
    t_depth_source: str
    target: float

    @property
    def counts(self) -> GateCounts:
        """Gates, rotations converted."""
        return self.summary.n_logical_gates

    @property
    def states(self) -> dict[str, int]:
        """`n_ccz` and `n_t`."""
        return {name: int(n) for name, n in self.counts.total_t_and_ccz_count().items()}


def make_demand(
    gate_counts: GateCounts, logical_qubits: int, *, t_depth: int | None, target: float
) -> Demand:
    """Check what is asked of a machine.

    Args:
        gate_counts: native counts, rotations converted.
        logical_qubits: qubits of the algorithm, routing not included.
        t_depth: layers of T gates; None to take all T and Toffoli one after another.
        target: largest total failure probability, in (0, 1).

    Returns:
        The demand.

    Raises:
        ValueError: counts are symbolic, negative, hold rotations or nothing to distil; a parameter is out of
            range.

    Example:
        >>> make_demand(GateCounts(and_bloq=5, t=2), 10, t_depth=3, target=0.01).t_depth_source
        'given with the counts'
    """
    symbols = {
        symbol
        for value in (*attrs.astuple(gate_counts), logical_qubits, t_depth)
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
    if not 0 < as_real(target, "failure_probability") < 1:
        raise ValueError(f"failure_probability must lie in (0, 1), got {target}")
    states = counts.total_t_and_ccz_count()
    if t_depth is None:
        depth = int(states["n_ccz"] + states["n_t"])
        source = "T and Toffoli one after another, as no T-depth was given"
    else:
        depth = as_count(t_depth, "t_depth")
        source = "given with the counts"
        if depth < 1:
            raise ValueError(
                f"t_depth must be 1 or more, got {t_depth}: there are T gates to wait for; "
                "leave it out to count them one after another"
            )
    return Demand(
        summary=AlgorithmSummary(n_algo_qubits=qubits, n_logical_gates=counts),
        t_depth=depth,
        t_depth_source=source,
        target=target,
    )
