"""The search: factories, their number and a code distance that meet a failure probability."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Literal

import attrs
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import DataBlock, LogicalErrorModel

from bloqs.checks import instance
from bloqs.core.checks import amount
from bloqs.costs.surface_code.factories import (
    FACTORY_KINDS,
    Candidate,
    FactoryKind,
    candidates,
)
from bloqs.costs.surface_code.footprint import (
    Demand,
    FootprintError,
    SurfaceCodeFootprint,
    make_demand,
)
from bloqs.costs.surface_code.models import SurfaceCodeModel, surface_code_model
from bloqs.costs.surface_code.presets import Machine, Preset, machine
from bloqs.costs.surface_code.run import Run

MAX_CODE_DISTANCE = 99
"""Largest data distance that is tried; at p = 1e-3 its error per cell is 1e-51."""

Factories = int | Literal["auto"]

RULES = {
    "given": "their number as given",
    "auto": "as many as keep up with consumption",
    "pareto": "a point of the trade-off of qubits against hours",
}


@attrs.frozen(kw_only=True)
class Search:
    """What is asked of a machine, by which model, on which machine, with which factories.

    Parameters:
        demand: gates, qubits, T-depth and the failure probability allowed.
        model: layout of the data, their errors, and the time to consume magic states.
        machine: physical parameters.
        kinds: the factories to choose from.
        deeper: those to choose from where none of these is good enough.

    Example:
        >>> search = make_search(GateCounts(and_bloq=10**6), 100)
        >>> best = min(search.runs(1), key=lambda run: run.volume)
        >>> best.distance == search.footprint(best, "given").code_distance
        True
    """

    demand: Demand
    model: SurfaceCodeModel
    machine: Machine
    kinds: tuple[FactoryKind, ...]
    deeper: tuple[FactoryKind, ...] = ()

    @property
    def reaction_cycles(self) -> int:
        """The least time of a run in cycles: every layer of T waits for the one before."""
        wait = self.demand.t_depth * self.machine.reaction_time_us / self.machine.cycle_time_us
        # A product of exact decimals may come out a rounding error above an integer.
        return math.ceil(wait * (1 - 1e-12))

    def candidates(self) -> list[Candidate]:
        """The factories that no other one beats and whose magic states are good enough.

        Returns:
            At least one.

        Raises:
            FootprintError: none is good enough.
        """
        found = self._made_by(self.kinds)
        if not found:
            raise FootprintError(
                f"none of the factories {', '.join(kind.words for kind in self.kinds)} is known at "
                f"physical_error {self.machine.physical_error:g}: lower it, or choose another factory"
            )
        good = [one for one in found if one.error < self.demand.target]
        if not good and self.deeper:
            found = [*found, *self._made_by(self.deeper)]
            good = [one for one in found if one.error < self.demand.target]
        if not good:
            raise FootprintError(self._distillation_too_weak(min(one.error for one in found)))
        return good

    def _made_by(self, kinds: tuple[FactoryKind, ...]) -> list[Candidate]:
        return candidates(kinds, self.demand.counts, self.machine.physical_error, self.model.scheme)

    def run(
        self,
        candidate: Candidate,
        factories: Factories,
        first: Sequence[int] | None = None,
    ) -> Run | None:
        """The run with the smallest odd code distance that meets the target.

        Args:
            candidate: the factory.
            factories: how many work in parallel, or "auto": as few as keep up with consumption and reaction.
            first: of `first_distances`, where the search begins for each layout; None for 3.

        Returns:
            The run, of the layouts of the model the one with the fewest qubits; None if no distance up to
            `MAX_CODE_DISTANCE` meets the target.
        """
        begin = repeat(3) if first is None else first
        runs = [
            self._run(layout, candidate, factories, distance)
            for layout, distance in zip(self.model.variants(self.demand), begin, strict=False)
        ]
        found = [run for run in runs if run is not None]
        return min(found, key=lambda run: (run.qubits, run.cycles), default=None)

    def first_distances(self, candidate: Candidate) -> list[int]:
        """For each layout the distance below which no number of factories meets the target.

        Enough factories to keep up make a run as short as it can be at a distance, and the data's error grows
        with the cycles. So a distance that is too small for as many is too small for any number.

        Args:
            candidate: the factory.

        Returns:
            An odd distance, above `MAX_CODE_DISTANCE` where there is none.

        Raises:
            ValueError: as `factories_to_keep_up`.
        """
        runs = [
            self._run(layout, candidate, "auto", 3) for layout in self.model.variants(self.demand)
        ]
        return [MAX_CODE_DISTANCE + 2 if run is None else run.distance for run in runs]

    def _run(
        self, layout: SurfaceCodeModel, candidate: Candidate, factories: Factories, first: int
    ) -> Run | None:
        errors = LogicalErrorModel(self.machine.physical_error, layout.scheme)
        reaction = self.reaction_cycles
        summary = self.demand.summary
        for distance in range(first, MAX_CODE_DISTANCE + 1, 2):
            consumption = layout.consumption_cycles(summary, distance)
            needed = max(reaction, consumption)
            if factories == "auto":
                number = self.factories_to_keep_up(candidate, distance, layout)
            else:
                number = factories
            production = math.ceil(candidate.cycles / number)
            cycles = max(production, needed)
            error = candidate.error + layout.data_error(summary, distance, cycles, errors)
            if error > self.demand.target:
                continue
            if production > needed:
                limited_by = "magic states"
            elif reaction >= consumption:
                limited_by = "reaction"
            else:
                limited_by = "logical time steps"
            block = layout.data_block(distance)
            return Run(
                candidate=candidate,
                factories=number,
                distance=distance,
                cycles=cycles,
                error=error,
                qubits=number * candidate.qubits
                + int(block.n_physical_qubits(summary.n_algo_qubits)),
                limited_by=limited_by,
                layout=layout,
            )
        return None

    def factories_to_keep_up(
        self, candidate: Candidate, distance: int, layout: SurfaceCodeModel | None = None
    ) -> int:
        """The least number of factories whose production is as fast as consumption and reaction allow.

        Args:
            candidate: the factory.
            distance: code distance of the data.
            layout: of the data; the model's when None.

        Returns:
            Their number.

        Raises:
            ValueError: the model sets no limit to consumption, and the reaction time is 0.
        """
        needed = max(
            self.reaction_cycles,
            (layout or self.model).consumption_cycles(self.demand.summary, distance),
        )
        if needed == 0:
            raise ValueError(
                f"the model {self.model.name!r} without a reaction time (got 0) consumes magic states at any "
                "rate, so that no number of factories is enough: give reaction_time_us > 0, or a number"
            )
        return max(1, math.ceil(candidate.cycles / needed))

    def runs(self, factories: Factories) -> Iterator[Run]:
        """One run a factory, each with the smallest code distance that meets the target.

        Args:
            factories: how many work in parallel, or "auto".

        Yields:
            The runs; a factory for which no distance meets the target is passed over.

        Raises:
            FootprintError: no factory is good enough, or no distance is.
        """
        found = False
        for candidate in self.candidates():
            run = self.run(candidate, factories)
            if run is not None:
                found = True
                yield run
        if not found:
            raise FootprintError(self.data_too_noisy())

    def footprint(self, run: Run, rule: str) -> SurfaceCodeFootprint:
        """A run with all its figures and what they rest on.

        Args:
            run: one of `runs`.
            rule: how the number of factories was chosen, a key of `RULES`.

        Returns:
            The footprint.
        """
        block = run.layout.data_block(run.distance)
        n = self.demand.summary.n_algo_qubits
        data_qubits = int(block.n_physical_qubits(n))
        # In the order of Qualtran's `duration_hr`, so that the figures agree to the last bit.
        hours = (self.machine.cycle_time_us * run.cycles) / (1_000_000 * 60 * 60)
        return SurfaceCodeFootprint(
            physical_qubits=run.qubits,
            code_distance=run.distance,
            hours=float(hours),
            failure_probability=run.error,
            target_failure_probability=self.demand.target,
            factories=run.factories,
            factory_distances=run.candidate.distances,
            factory_qubits=run.factories * run.candidate.qubits,
            data_qubits=data_qubits,
            logical_qubits=n,
            ccz_states=self.demand.states["n_ccz"],
            t_states=self.demand.states["n_t"],
            physical_error=self.machine.physical_error,
            cycle_time_us=self.machine.cycle_time_us,
            routing_overhead=_routing(block, n),
            model=run.layout.name,
            factory=run.candidate.kind,
            cycles=run.cycles,
            distillation_error=run.candidate.error,
            t_depth=self.demand.t_depth,
            t_depth_source=self.demand.t_depth_source,
            reaction_time_us=self.machine.reaction_time_us,
            limited_by=run.limited_by,
            factories_rule=RULES[rule],
            model_source=run.layout.source,
            machine=self.machine.origin,
        )

    def _distillation_too_weak(self, error: float) -> str:
        states = self.demand.states
        tried = (*self.kinds, *self.deeper)
        words = " and ".join(kind.words for kind in tried)
        levels = max(kind.levels for kind in tried)
        weak = {1: "one level of distillation is", 2: "two levels of distillation are"}.get(
            levels, f"{levels} levels of distillation are"
        )
        known = (*self.model.factory_kinds, *self.model.deeper_kinds)
        deeper = [kind for kind in known if kind.levels > levels]
        other = f"; factory={deeper[0].name!r} has {deeper[0].levels} levels" if deeper else ""
        return (
            f"failure_probability {self.demand.target:g} cannot be met: with {states['n_ccz']:,} CCZ and "
            f"{states['n_t']:,} T states the best {words} factory already fails with {error:.2g} "
            f"({weak} too weak at physical_error {self.machine.physical_error:g}). "
            f"Raise failure_probability, lower physical_error, or lower the T count{other}."
        )

    def data_too_noisy(self) -> str:
        """Why no distance meets the target, as a message."""
        return (
            f"failure_probability {self.demand.target:g} cannot be met by data of code distance up to "
            f"{MAX_CODE_DISTANCE}, {self.demand.summary.n_algo_qubits:,} logical qubits at physical_error "
            f"{self.machine.physical_error:g}: lower physical_error or raise failure_probability."
        )


def _routing(block: DataBlock, qubits: int) -> float:
    """Tiles for routing by tiles for data."""
    stated = getattr(block, "routing_overhead", None)
    return float(block.n_tiles(qubits) / qubits - 1) if stated is None else float(stated)


MAX_FACTORIES = 10**9
"""Factories in parallel, at most: beyond that their qubits are no number of a machine."""


MAX_STATES = 1e100
"""Qubits, or layers, that a footprint is made for, at most."""


def make_search(
    gate_counts: GateCounts,
    logical_qubits: int,
    *,
    model: str | SurfaceCodeModel = "gidney-fowler",
    preset: str | Preset | None = None,
    physical_error: float | None = None,
    cycle_time_us: float | None = None,
    reaction_time_us: float | None = None,
    failure_probability: float = 1e-2,
    factory: str | FactoryKind | None = None,
    t_depth: int | None = None,
    routing_overhead: float | None = None,
) -> Search:
    """Check all parameters of a search.

    Args:
        gate_counts: as `surface_code_footprint`, like all that follow.
        logical_qubits: qubits of the algorithm.
        model: layout of the data.
        preset: physical parameters by name.
        physical_error: error rate of a physical gate.
        cycle_time_us: microseconds of one round of error correction.
        reaction_time_us: microseconds from a measurement to the gate that depends on it.
        failure_probability: largest total failure probability.
        factory: the factory; None to choose among those of the model.
        t_depth: layers of T gates.
        routing_overhead: tiles for routing by tiles for data.

    Returns:
        The search.

    Raises:
        ValueError: as `surface_code_footprint`.

    Example:
        >>> search = make_search(GateCounts(and_bloq=10**6), 100, t_depth=10**5)
        >>> search.reaction_cycles  # 10 us a layer, 1 us a cycle
        1000000
    """
    for name, value in (("logical_qubits", logical_qubits), ("t_depth", t_depth)):
        if not (value is None and name == "t_depth"):
            amount(value, name, low=0, high=MAX_STATES)
    instance(gate_counts, "gate_counts", GateCounts, "a qualtran.resource_counting.GateCounts")
    layout = surface_code_model(model, routing_overhead)
    demand = make_demand(gate_counts, logical_qubits, t_depth=t_depth, target=failure_probability)
    wanted = layout.factory_kinds if factory is None else (factory,)
    return Search(
        demand=demand,
        model=layout,
        machine=machine(
            layout.preset if preset is None else preset,
            threshold=layout.scheme.error_rate_threshold,
            physical_error=physical_error,
            cycle_time_us=cycle_time_us,
            reaction_time_us=reaction_time_us,
        ),
        kinds=tuple(FACTORY_KINDS.find(kind) for kind in wanted),
        deeper=layout.deeper_kinds if factory is None else (),
    )
