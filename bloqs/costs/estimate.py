"""`estimate`: the fault-tolerant cost of any bloq, with everything that it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from importlib.metadata import version
from typing import Any

import attrs
import sympy
from qualtran import Bloq
from qualtran.resource_counting import GateCounts, QECGatesCost, QubitCount, get_cost_value

from bloqs.core.encoding import VectorEncoding
from bloqs.costs.assumptions import collect_assumptions, least_stated
from bloqs.costs.breakdown import (
    ComponentCost,
    Generalizer,
    largest_first,
    leaf_classification_of,
    split_by_component,
    walk,
)
from bloqs.costs.conventions import (
    DEFAULT_CONVENTIONS,
    Conventions,
    Count,
    as_count,
    t_count,
    toffoli_like,
    with_rotations_as_t,
)
from bloqs.costs.keys import InputCalls, QRAMQueries, TDepthUpperBound, charge_qram
from bloqs.costs.schedule import Schedule, schedule
from bloqs.costs.surface_code import (
    ParetoCurve,
    SurfaceCodeFootprint,
    pareto,
    surface_code_footprint,
)
from bloqs.costs.tables import html_report, text_report
from bloqs.loading.measured import measured_uncomputation
from bloqs.loading.qram import charged_memory


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CostReport:
    """The cost of one call of a bloq. Every figure may be a sympy expression when a size is a symbol.

    Parameters:
        bloq: its name (class name, or what the bloq prints).
        conventions: how T is counted.
        qram: the memory model.
        native: Qualtran's `GateCounts`, nothing converted.
        logical_qubits: peak number of qubits (`QubitCount`), parts one after another.
        sequential_t_depth: T-depth in that same schedule.
        scheduler: makes `schedule` when it is first asked for.
        input_calls: calls of the image's encoding, adjoints and controlled calls included.
        qram_queries: queries of hardware memories by table size; empty without any.
        leaves: every leaf of the call graph by kind, `{kind: {class name: number}}`.
        assumptions: everything the figures rest on, name -> words.
        components: the breakdown; see `breakdown()`.
        success_probability: `1/alpha**2` of an encoding, the probability of zeros on its ancillas (by shape
            the lowest); None for other bloqs and where alpha is not a number.
        failure_probability: what the bloq's error budget leaves for the machine; None where it has none.
    """

    bloq: str
    conventions: Conventions
    qram: str
    native: GateCounts
    logical_qubits: Count
    sequential_t_depth: Count
    scheduler: Callable[[], Schedule]
    input_calls: Count
    qram_queries: Mapping[Count, Count]
    leaves: Mapping[str, Mapping[str, Count]]
    assumptions: Mapping[str, str]
    components: tuple[ComponentCost, ...]
    success_probability: float | None = None
    failure_probability: float | None = None

    @property
    def basis(self) -> str:
        """What every total is printed with: conventions, and the memory model where a memory is queried."""
        memory = f", {self.qram} memory" if self.qram_queries else ""
        return f"{self.conventions.name}{memory}"

    @property
    def t_count(self) -> Count:
        """Total T under the conventions."""
        return t_count(self.native, self.conventions)

    @property
    def t_depth(self) -> Count:
        """Critical path of the decomposed circuit, in layers of T; `schedule` says whether it is a bound.

        With symbols for sizes it is `sequential_t_depth`, an upper bound.
        """
        return self.schedule.t_depth

    @cached_property
    def schedule(self) -> Schedule:
        """Both schedules, each a depth with the qubits that go with it. Made at first use: seconds."""
        return self.scheduler()

    @property
    def toffoli_count(self) -> Count:
        """Toffoli + And + CSwap."""
        return toffoli_like(self.native)

    @property
    def rotation_count(self) -> Count:
        """Rotations, before synthesis."""
        return as_count(self.native.rotation, "number of rotations")

    @property
    def catalyst_qubits(self) -> Count:
        """Qubits beside `logical_qubits` that the rotation model holds all the time; a footprint has them.

        0 for models that synthesise each rotation by itself.
        """
        is_held = self.conventions.catalyst_t(self.native.rotation) != 0
        return self.conventions.workspace_qubits(self.native.rotation) if is_held else 0

    @property
    def t_per_sample(self) -> float | None:
        """Expected T until the ancillas are found zero: of one sample, `t_count / success_probability`."""
        if self.success_probability is None or isinstance(self.t_count, sympy.Basic):
            return None
        return self.t_count / self.success_probability

    @property
    def is_symbolic(self) -> bool:
        """Whether a gate or qubit count holds a symbol."""
        return any(
            isinstance(value, sympy.Basic)
            for value in (self.t_count, self.logical_qubits, self.native.clifford)
        )

    def breakdown(self) -> tuple[ComponentCost, ...]:
        """The cost of each component, largest first. Native counts and T sum to the totals exactly."""
        return self.components

    def surface_code(self, **physical: Any) -> SurfaceCodeFootprint:
        """The footprint on a surface code, rotations converted by this report's conventions.

        Args:
            **physical: as `surface_code_footprint`: `model`, `preset`, `physical_error`, `cycle_time_us`,
                `failure_probability`, `factories`, ...; `t_depth` is by default `sequential_t_depth`, which
                goes with `logical_qubits`, and `failure_probability` the network's share of epsilon.

        Raises:
            ValueError: the report is symbolic (use `subs`), or the target cannot be met.
            TypeError: unknown parameter.
        """
        return surface_code_footprint(**self._demand(physical))

    def pareto(self, **physical: Any) -> ParetoCurve:
        """Physical qubits against hours, over the number of factories.

        Args:
            **physical: as `surface_code`.

        Raises:
            ValueError: as `surface_code`.
        """
        return pareto(**self._demand(physical))

    def _demand(self, physical: Mapping[str, Any]) -> dict[str, Any]:
        """What a machine is asked for."""
        if self.is_symbolic:
            raise ValueError("the report is symbolic: substitute numbers first (CostReport.subs)")
        budgeted = {"failure_probability": self.failure_probability}
        return {
            **{name: value for name, value in budgeted.items() if value is not None},
            "gate_counts": with_rotations_as_t(self.native, self.conventions),
            "logical_qubits": self.logical_qubits + self.catalyst_qubits,
            # Of the schedule that has these qubits: the critical path needs more of them.
            "t_depth": self.sequential_t_depth,
            **physical,
        }

    def subs(self, values: Mapping[Any, Any]) -> CostReport:
        """The report at given values of the symbols (sympy symbols or their names).

        >>> n = sympy.Symbol("n")
        >>> from qualtran import QUInt
        >>> from qualtran.bloqs.arithmetic import Add
        >>> estimate(Add(QUInt(n))).subs({"n": 8}).t_count
        28
        """
        named = {str(symbol): value for symbol, value in values.items()}

        def put(value: Any) -> Any:
            if not isinstance(value, sympy.Basic):
                return value
            return as_count(
                value.subs({s: named[s.name] for s in value.free_symbols if s.name in named})
            )

        def put_gates(counts: GateCounts) -> GateCounts:
            return GateCounts(**{name: put(n) for name, n in attrs.asdict(counts).items()})

        native = put_gates(self.native)
        total = t_count(native, self.conventions)
        components = []
        for row in self.components:
            t = put(row.t_count)
            is_number = isinstance(t, int) and isinstance(total, int) and total > 0
            components.append(
                attrs.evolve(
                    row,
                    calls=put(row.calls),
                    native=put_gates(row.native),
                    t_count=t,
                    share=t / total if is_number else None,
                    qubits=put(row.qubits),
                )
            )
        return attrs.evolve(
            self,
            native=native,
            logical_qubits=put(self.logical_qubits),
            sequential_t_depth=put(self.sequential_t_depth),
            scheduler=lambda: self.schedule.map(put),
            input_calls=put(self.input_calls),
            qram_queries={put(size): put(n) for size, n in self.qram_queries.items()},
            leaves={
                kind: {name: put(n) for name, n in names.items()}
                for kind, names in self.leaves.items()
            },
            components=tuple(sorted(components, key=largest_first)),
        )

    def to_dict(self, *, has_critical_path: bool = True) -> dict[str, Any]:
        """Everything, ready for JSON: numbers as numbers, sympy expressions as text.

        Args:
            has_critical_path: False leaves out `t_depth` and `schedule`, which take seconds to be found.
        """

        def plain(value: Any) -> Any:
            return str(value) if isinstance(value, sympy.Basic) else value

        def gates(counts: GateCounts) -> dict[str, Any]:
            return {name: plain(n) for name, n in attrs.asdict(counts).items()}

        depth: dict[str, Any] = {}
        if has_critical_path:
            depth = {"t_depth": plain(self.t_depth), "schedule": self.schedule.to_dict()}
        return {
            "bloq": self.bloq,
            "qualtran": version("qualtran"),
            "conventions": self.conventions.to_dict(),
            "qram": self.qram,
            "t_count": plain(self.t_count),
            "success_probability": self.success_probability,
            "t_per_sample": self.t_per_sample,
            "toffoli_count": plain(self.toffoli_count),
            "rotation_count": plain(self.rotation_count),
            "native": gates(self.native),
            "logical_qubits": plain(self.logical_qubits),
            "catalyst_qubits": plain(self.catalyst_qubits),
            **depth,
            "t_depth_upper_bound": plain(self.sequential_t_depth),
            "input_calls": plain(self.input_calls),
            "qram_queries": {str(size): plain(n) for size, n in self.qram_queries.items()},
            "leaves": {
                kind: {name: plain(n) for name, n in names.items()}
                for kind, names in self.leaves.items()
            },
            "breakdown": [
                {
                    "component": row.component,
                    "calls": plain(row.calls),
                    "t_count": plain(row.t_count),
                    "share": row.share,
                    "toffoli_count": plain(row.toffoli_count),
                    "rotation_count": plain(row.rotation_count),
                    "native": gates(row.native),
                    "qubits": plain(row.qubits),
                }
                for row in self.components
            ],
            "assumptions": dict(self.assumptions),
        }

    def __str__(self) -> str:
        return text_report(self)

    def __repr__(self) -> str:
        return (
            f"CostReport({self.bloq}: t_count={self.t_count}, logical_qubits={self.logical_qubits}, "
            f"basis={self.basis!r})"
        )

    def _repr_html_(self) -> str:
        return html_report(self)


UNCOMPUTE = ("unitary", "measured")
"""How a table is unloaded: by a second lookup, or by measurement and a phase fix-up."""


def _charges(qram: str, has_queries: bool, uncompute: str) -> Generalizer | None:
    """What replaces bloqs on the way down: the memory model, then measured unloads, in memories too."""
    charge = charge_qram(qram)
    if uncompute == "unitary":
        # Most call graphs have no memory in them; without a generalizer every bloq is visited as it is.
        return charge if has_queries else None

    def both(bloq: Bloq) -> Bloq | None:
        charged = charge(bloq)
        return None if charged is None else measured_uncomputation(charged)

    return both


def estimate(
    bloq: Bloq,
    *,
    qram: str = "select-swap",
    uncompute: str = "unitary",
    conventions: Conventions | None = None,
) -> CostReport:
    """The fault-tolerant cost of one call of `bloq`, through its call graph.

    Args:
        bloq: any bloq, concrete or symbolic, ours or Qualtran's.
        qram: how a query of a hardware memory is charged: "select-swap" or "bucket-brigade" (gates), or
            "oracle" (counted only). It changes nothing where no hardware memory is queried.
        uncompute: how a table is unloaded: "unitary", by a second lookup, as in the circuit that is verified;
            or "measured", charged at the root of its entries (`measured_uncomputation`).
        conventions: how T is counted; `DEFAULT_CONVENTIONS` when None. Their synthesis error, if they leave
            it open, is the least that a bloq of the call graph states as `synthesis_epsilon`.

    Returns:
        A `CostReport`.

    Raises:
        UnknownCostError: a leaf has no known cost (a `ValueError`); the message gives the path to it.
        ValueError: unknown memory model or uncomputation, or not a bloq.

    >>> from qualtran.bloqs.mcmt import MultiAnd
    >>> report = estimate(MultiAnd(cvs=(1,) * 5))
    >>> report.t_count, report.toffoli_count, report.logical_qubits
    (16, 4, 9)
    >>> report.t_depth, report.schedule.qubits
    (4, 9)
    """
    if not isinstance(bloq, Bloq):
        raise ValueError(f"estimate costs a qualtran.Bloq, got {type(bloq).__name__}: {bloq!r}")
    if conventions is None:
        conventions = DEFAULT_CONVENTIONS
    if not isinstance(conventions, Conventions):
        raise ValueError(
            f"conventions must be a bloqs.costs.Conventions, got {conventions!r}: make one, as "
            "Conventions(rotation_model=...), or take one of bloqs.costs.CONVENTIONS"
        )
    if uncompute not in UNCOMPUTE:
        raise ValueError(f"unknown uncompute {uncompute!r}: choose one of {', '.join(UNCOMPUTE)}")
    charge_qram(qram)
    queries = get_cost_value(bloq, QRAMQueries())
    generalizer = _charges(qram, bool(queries), uncompute)
    name = type(bloq).__name__
    if generalizer is not None and generalizer(bloq) is None:
        # A query that is counted and has no gates, by itself: it is part of a circuit that has nothing else.
        bloq = bloq.as_composite_bloq()
    with charged_memory(qram):
        graph = walk(bloq, generalizer)
        budgeted = least_stated(graph, "synthesis_epsilon")
        if conventions.synthesis_epsilon is None and budgeted is not None:
            conventions = attrs.evolve(conventions, synthesis_epsilon=budgeted)
        native = get_cost_value(bloq, QECGatesCost(), generalizer=generalizer)
        rotation_depth = conventions.t_depth_per_rotation(native.rotation)
        depth = TDepthUpperBound(
            rotation_depth=rotation_depth, toffoli_depth=conventions.t_depth_per_toffoli
        )
        return CostReport(
            bloq=name,
            conventions=conventions,
            qram=qram,
            native=GateCounts(
                **{name: as_count(n, name) for name, n in attrs.asdict(native).items()}
            ),
            logical_qubits=as_count(
                get_cost_value(bloq, QubitCount(), generalizer=generalizer), "qubits"
            ),
            sequential_t_depth=as_count(
                get_cost_value(bloq, depth, generalizer=generalizer), "T-depth"
            ),
            scheduler=partial(_schedule, bloq, conventions, rotation_depth, qram, generalizer),
            input_calls=as_count(get_cost_value(bloq, InputCalls()), "input calls"),
            qram_queries={as_count(size): as_count(n) for size, n in queries.items()},
            leaves=leaf_classification_of(graph),
            assumptions=collect_assumptions(
                graph,
                conventions,
                qram=qram,
                qram_queries=queries,
                num_rotations=as_count(native.rotation, "number of rotations"),
                budgeted=budgeted,
            ),
            components=split_by_component(graph, conventions, generalizer),
            success_probability=_success_probability(bloq, native),
            failure_probability=least_stated(graph, "failure_probability"),
        )


def _success_probability(bloq: Bloq, native: GateCounts) -> float | None:
    try:
        alpha = getattr(bloq, "alpha", None) if isinstance(bloq, VectorEncoding) else None
    except (TypeError, ValueError):
        # A symbolic degree or number of rounds has no alpha.
        if not any(isinstance(n, sympy.Basic) for n in attrs.asdict(native).values()):
            raise
        return None
    return None if alpha is None or isinstance(alpha, sympy.Basic) else float(alpha) ** -2


def _schedule(
    bloq: Bloq,
    conventions: Conventions,
    rotation_depth: Count,
    qram: str,
    generalizer: Generalizer | None,
) -> Schedule:
    with charged_memory(qram):
        return schedule(
            bloq,
            conventions,
            rotation_depth=rotation_depth,
            generalizer=generalizer,
        )
