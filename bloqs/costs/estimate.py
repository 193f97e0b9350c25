"""`estimate`: the fault-tolerant cost of any bloq, gathered from one walk of its call graph."""

from __future__ import annotations

from functools import partial
from numbers import Real

import attrs
import sympy
from qualtran import Bloq
from qualtran.resource_counting import GateCounts

from bloqs.core.counts import as_count
from bloqs.core.encoding import VectorEncoding
from bloqs.costs.assumptions import collect_assumptions, least_stated, synthesis_budget
from bloqs.costs.breakdown import leaf_classification_of, split_by_component
from bloqs.costs.call_graph import CallGraph, walk
from bloqs.costs.conventions import DEFAULT_CONVENTIONS, Conventions
from bloqs.costs.figures import COST_KEYS, MEMORY_QUERIES, as_figure, map_figure
from bloqs.costs.keys import TDepthUpperBound
from bloqs.costs.memory_failures import all_queries
from bloqs.costs.qubits import Workspaces
from bloqs.costs.report import CostReport
from bloqs.costs.schedule import schedule, schedule_seconds
from bloqs.costs.substitution import with_numbers
from bloqs.costs.unknown import known_or_not
from bloqs.loading.charges import Charges, Uncompute
from bloqs.loading.memory import MemoryModel
from bloqs.messages import shown


def estimate(
    bloq: Bloq,
    *,
    qram: str | MemoryModel = "select-swap",
    uncompute: str | Uncompute = "unitary",
    conventions: Conventions | None = None,
) -> CostReport:
    """The fault-tolerant cost of one call of `bloq`, through its call graph.

    Args:
        bloq: any bloq, concrete or symbolic, ours or Qualtran's.
        qram: how a query of a hardware memory is charged: a name of `MEMORY_MODELS`, "select-swap" or
            "bucket-brigade" (gates), or "oracle" (counted only), or a `MemoryModel`. It changes nothing where
            no hardware memory is queried.
        uncompute: how a table is unloaded (`Uncompute`): "unitary", by a second lookup, as in the circuit
            that is verified; or "measured", charged at the root of its entries (`measured_uncomputation`).
        conventions: how T is counted; `DEFAULT_CONVENTIONS` when None. Their synthesis error, if they leave
            it open, is the least that a bloq of the call graph states as `synthesis_epsilon`.

    Returns:
        A `CostReport`.

        A figure that cannot be found, as the qubits of a bloq whose decomposition fails, is `Unknown` in it,
        and says why; the others are given.

    Raises:
        UnknownCostError: gates are not known (a `ValueError`); the message gives the path to the bloq.
        BudgetError: the queries of a memory fail with more than the bloq's error budget has for failures.
        ValueError: unknown memory model or uncomputation, or not a bloq.

    >>> from qualtran.bloqs.mcmt import MultiAnd
    >>> report = estimate(MultiAnd(cvs=(1,) * 5))
    >>> report.t_count, report.toffoli_count, report.logical_qubits
    (16, 4, 9)
    >>> report.t_depth, report.schedule.qubits
    (4, 9)
    """
    if not isinstance(bloq, Bloq):
        raise ValueError(
            f"estimate costs a qualtran.Bloq, got {type(bloq).__name__}: {shown(bloq)}"
        )
    given = conventions
    if conventions is None:
        conventions = DEFAULT_CONVENTIONS
    if not isinstance(conventions, Conventions):
        raise ValueError(
            f"conventions must be a bloqs.costs.Conventions, got {shown(conventions)}: make one, as "
            "Conventions(rotation_model=...), or take one of bloqs.costs.CONVENTIONS"
        )
    charges = Charges(qram, uncompute)
    graph = walk(bloq, charges)
    native = graph.native()
    num_rotations = as_count(native.rotation, "number of rotations")
    budgeted = synthesis_budget(graph, conventions)
    if conventions.synthesis_epsilon is None and budgeted is not None:
        conventions = attrs.evolve(conventions, synthesis_epsilon=budgeted)
    rotation_depth = conventions.t_depth_per_rotation(native.rotation)
    depth = TDepthUpperBound(
        rotation_depth=rotation_depth, toffoli_depth=conventions.t_depth_per_toffoli
    )
    figures = {
        name: map_figure(known_or_not(partial(graph.value, reported.key)), as_figure)
        for name, reported in COST_KEYS.items()
    }
    queries = figures[MEMORY_QUERIES.name]
    workspaces = graph.workspaces()
    qubits = known_or_not(lambda: as_count(workspaces.qubits(bloq), "qubits"))
    # Most call graphs have no memory in them; without charges every bloq is scheduled as it is.
    charged = charges if queries or charges.uncompute is not Uncompute.UNITARY else None
    return CostReport(
        bloq=type(bloq).__name__,
        conventions=conventions,
        qram=charges.memory.name,
        native=GateCounts(**{name: as_count(n, name) for name, n in attrs.asdict(native).items()}),
        logical_qubits=qubits,
        lower_bounds=tuple(workspaces.bounds),
        sequential_t_depth=as_count(graph.value(depth), "T-depth"),
        scheduler=partial(
            schedule, bloq, conventions, rotation_depth=rotation_depth, generalizer=charged
        ),
        schedule_seconds=partial(schedule_seconds, graph),
        figures=figures,
        leaves=leaf_classification_of(graph),
        assumptions={
            **collect_assumptions(
                graph,
                conventions,
                memory=charges.memory if queries else None,
                num_rotations=num_rotations,
                budgeted=budgeted,
                num_queries=all_queries(queries),
            ),
            **_reservations(graph, workspaces),
        },
        components=split_by_component(graph, conventions, workspaces),
        success_probability=_success_probability(bloq, native),
        failure_probability=least_stated(graph, "failure_probability"),
        query_error=charges.memory.query_error,
        epsilon=_stated_epsilon(bloq),
        query_overhead=getattr(bloq, "query_overhead", None),
        recount=lambda numbers: estimate(
            with_numbers(bloq, numbers), qram=qram, uncompute=uncompute, conventions=given
        ),
    )


def _reservations(graph: CallGraph, workspaces: Workspaces) -> dict[str, str]:
    """Where bloqs of others said too little, or what cannot be."""
    told = {}
    if workspaces.bounds:
        told["logical qubits are at least"] = (
            f"without a decomposition: {', '.join(workspaces.bounds)}; their widest part is counted"
        )
    if graph.notes:
        told["counted by decomposition"] = "; ".join(graph.notes)
    return told


def _stated_epsilon(bloq: Bloq) -> float | None:
    """Of the error budget what is used, synthesis and machine at most; else what an encoding states."""
    if not isinstance(bloq, VectorEncoding):
        return None
    try:
        budget = getattr(bloq, "error_budget", None)
        stated = budget.root.at_most if budget is not None else bloq.epsilon
    except (TypeError, ValueError):
        return None  # a symbolic degree has no error
    return float(stated) if isinstance(stated, Real) else None


def _success_probability(bloq: Bloq, native: GateCounts) -> float | None:
    try:
        alpha = getattr(bloq, "alpha", None) if isinstance(bloq, VectorEncoding) else None
    except (TypeError, ValueError):
        # A symbolic degree or number of rounds has no alpha.
        if not any(isinstance(n, sympy.Basic) for n in attrs.asdict(native).values()):
            raise
        return None
    return None if alpha is None or isinstance(alpha, sympy.Basic) else float(alpha) ** -2
