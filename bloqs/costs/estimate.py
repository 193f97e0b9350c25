"""`estimate`: the fault-tolerant cost of any bloq, with everything that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import attrs
import sympy
from qualtran import Bloq
from qualtran.resource_counting import GateCounts, QECGatesCost, QubitCount, get_cost_value

from bloqs.costs.assumptions import collect_assumptions
from bloqs.costs.breakdown import (
    ComponentCost,
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
from bloqs.costs.surface_code import SurfaceCodeFootprint, surface_code_footprint
from bloqs.costs.tables import html_report, text_report


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CostReport:
    """The cost of one call of a bloq. Every figure may be a sympy expression when a size is a symbol.

    Parameters:
        bloq: its name (class name, or what the bloq prints).
        conventions: how T is counted.
        qram: the memory model.
        native: Qualtran's `GateCounts`, nothing converted.
        logical_qubits: peak number of qubits (`QubitCount`).
        t_depth: upper bound of the T-depth, in the schedule that `logical_qubits` assumes.
        input_calls: calls of the image's encoding, adjoints and controlled calls included.
        qram_queries: queries of hardware memories by table size; empty without any.
        leaves: every leaf of the call graph by kind, `{kind: {class name: number}}`.
        assumptions: everything the figures rest on, name -> words.
        components: the breakdown; see `breakdown()`.
    """

    bloq: str
    conventions: Conventions
    qram: str
    native: GateCounts
    logical_qubits: Count
    t_depth: Count
    input_calls: Count
    qram_queries: Mapping[Count, Count]
    leaves: Mapping[str, Mapping[str, Count]]
    assumptions: Mapping[str, str]
    components: tuple[ComponentCost, ...]

    @property
    def t_count(self) -> Count:
        """Total T under the conventions."""
        return t_count(self.native, self.conventions)

    @property
    def toffoli_count(self) -> Count:
        """Toffoli + And + CSwap."""
        return toffoli_like(self.native)

    @property
    def rotation_count(self) -> Count:
        """Rotations, before synthesis."""
        return as_count(self.native.rotation, "number of rotations")

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
            **physical: as `surface_code_footprint`: `physical_error`, `cycle_time_us`,
                `failure_probability`, `factories`, `routing_overhead`.

        Raises:
            ValueError: the report is symbolic (use `subs`), or the target cannot be met.
            TypeError: unknown parameter.
        """
        counts = with_rotations_as_t(self.native, self.conventions)
        return surface_code_footprint(counts, self.logical_qubits, **physical)

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
            t_depth=put(self.t_depth),
            input_calls=put(self.input_calls),
            qram_queries={put(size): put(n) for size, n in self.qram_queries.items()},
            leaves={
                kind: {name: put(n) for name, n in names.items()}
                for kind, names in self.leaves.items()
            },
            components=tuple(sorted(components, key=largest_first)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON: numbers as numbers, sympy expressions as text."""

        def plain(value: Any) -> Any:
            return str(value) if isinstance(value, sympy.Basic) else value

        def gates(counts: GateCounts) -> dict[str, Any]:
            return {name: plain(n) for name, n in attrs.asdict(counts).items()}

        return {
            "bloq": self.bloq,
            "qualtran": version("qualtran"),
            "conventions": attrs.asdict(self.conventions),
            "qram": self.qram,
            "t_count": plain(self.t_count),
            "toffoli_count": plain(self.toffoli_count),
            "rotation_count": plain(self.rotation_count),
            "native": gates(self.native),
            "logical_qubits": plain(self.logical_qubits),
            "t_depth_upper_bound": plain(self.t_depth),
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
            f"conventions={self.conventions.name!r})"
        )

    def _repr_html_(self) -> str:
        return html_report(self)


def estimate(
    bloq: Bloq, *, qram: str = "select-swap", conventions: Conventions | None = None
) -> CostReport:
    """The fault-tolerant cost of one call of `bloq`, through its call graph.

    Args:
        bloq: any bloq, concrete or symbolic, ours or Qualtran's.
        qram: how a query of a hardware memory is charged: "select-swap" or "bucket-brigade" (gates), or
            "oracle" (counted only). It changes nothing where no hardware memory is queried.
        conventions: how T is counted. When None `DEFAULT_CONVENTIONS`, with the synthesis error that the bloq
            leaves for its rotations (attribute `synthesis_epsilon`), if it states one.

    Returns:
        A `CostReport`.

    Raises:
        UnknownCostError: a leaf has no known cost (a `ValueError`); the message gives the path to it.
        ValueError: unknown memory model, or not a bloq.

    >>> from qualtran.bloqs.mcmt import MultiAnd
    >>> report = estimate(MultiAnd(cvs=(1,) * 5))
    >>> report.t_count, report.toffoli_count, report.logical_qubits
    (16, 4, 9)
    """
    if not isinstance(bloq, Bloq):
        raise ValueError(f"estimate costs a qualtran.Bloq, got {type(bloq).__name__}: {bloq!r}")
    if conventions is None:
        synthesis = (
            getattr(bloq, "synthesis_epsilon", None) or DEFAULT_CONVENTIONS.synthesis_epsilon
        )
        conventions = attrs.evolve(DEFAULT_CONVENTIONS, synthesis_epsilon=synthesis)
    charge = charge_qram(qram)
    queries = get_cost_value(bloq, QRAMQueries())
    # Most call graphs have no memory in them; without a generalizer every bloq is visited as it is.
    generalizer = charge if queries else None
    graph = walk(bloq, generalizer)
    native = get_cost_value(bloq, QECGatesCost(), generalizer=generalizer)
    depth = TDepthUpperBound(
        rotation_depth=conventions.t_per_rotation(native.rotation),
        toffoli_depth=conventions.t_depth_per_toffoli,
    )
    return CostReport(
        bloq=type(bloq).__name__,
        conventions=conventions,
        qram=qram,
        native=GateCounts(**{name: as_count(n, name) for name, n in attrs.asdict(native).items()}),
        logical_qubits=as_count(
            get_cost_value(bloq, QubitCount(), generalizer=generalizer), "qubits"
        ),
        t_depth=as_count(get_cost_value(bloq, depth, generalizer=generalizer), "T-depth"),
        input_calls=as_count(get_cost_value(bloq, InputCalls()), "input calls"),
        qram_queries={as_count(size): as_count(n) for size, n in queries.items()},
        leaves=leaf_classification_of(graph),
        assumptions=collect_assumptions(graph, conventions, qram=qram, qram_queries=queries),
        components=split_by_component(graph, conventions, generalizer),
    )
