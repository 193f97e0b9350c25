"""The T-depth of a bloq and its qubits, from one schedule: every gate as soon as its wires are free."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import sympy
from qualtran import Bloq
from qualtran.resource_counting import get_cost_value

from bloqs.checks import instance
from bloqs.core.checks import a_bloq, a_generalizer, amount
from bloqs.core.counts import Count, as_count
from bloqs.costs.breakdown import CallGraph, walk
from bloqs.costs.conventions import DEFAULT_CONVENTIONS, Conventions
from bloqs.costs.keys import TDepthUpperBound
from bloqs.costs.qubits import logical_qubits
from bloqs.costs.schedule.blocks import MAX_STEPS, timing_of
from bloqs.costs.schedule.gate_nodes import GateNodes, Generalizer, NoScheduleError, written_size
from bloqs.costs.schedule.replay import Timing
from bloqs.costs.schedule.routines import routine_of
from bloqs.costs.schedule.table_circuits import has_table_circuit
from bloqs.costs.unknown import Unknown, known_or_not
from bloqs.tables import Table, number
from bloqs.wiring import SymbolicSizeError

MAX_PARTS = 40_000
"""Parts and qubits of all distinct decompositions that are written out; about 0.3 ms each."""
MAX_TABLE_PARTS = 4_000_000
"""Gates of all tables that are written out by `table_circuit`; about a microsecond each."""


@attrs.frozen(kw_only=True)
class Schedule:
    r"""Two schedules of one bloq, each a depth with the qubits that go with it.

    *As soon as possible*, of the circuit decomposed completely: a gate starts when the last of its wires is
    ready, clean qubits are ready at once, and
    $$ t_{depth} = \max_{paths} \sum_{gates} layers(gate) $$
    is the longest path through the gates. A T weighs 1; Toffoli, And and CSwap `t_depth_per_toffoli` each, on
    their own wires, by a |CCZ> state that a factory has ready; a rotation all the T of its synthesis;
    And-adjoint, Cliffords, states and measurements 0. A Clifford gate takes time too, but any number of them
    less than a layer. `qubits` is the most that this schedule uses at once: registers that enter count all
    the time, a clean qubit from its first gate to its last (what it does alone beforehand is put off until
    it is needed, which delays nothing). A borrowed catalyst counts once for each borrower at work.

    *One part after another*: `sequential_t_depth` and `sequential_qubits`, which hold for symbols too.

    Parameters:
        t_depth: layers of T gates.
        qubits: most qubits at once.
        exact: whether both are exact. If not, `notes` say where the wires of a part were aligned (all taken
            to be ready when the last one is). That delays gates and never brings one forward, so `t_depth` is
            an upper bound, and `qubits` are enough for the aligned schedule of that depth, in which such a
            part holds all its qubits as long as it lasts.
        notes: why not exact; empty when exact.
        sequential_t_depth: by `TDepthUpperBound`.
        sequential_qubits: as `CostReport.logical_qubits`.

    Example:
        >>> from qualtran import QUInt
        >>> from qualtran.bloqs.arithmetic import Add
        >>> found = schedule(Add(QUInt(8)))
        >>> (found.t_depth, found.qubits), (found.sequential_t_depth, found.sequential_qubits)
        ((7, 23), (7, 23))
    """

    t_depth: Count
    qubits: Count
    exact: bool
    notes: tuple[str, ...]
    sequential_t_depth: Count
    sequential_qubits: Count | Unknown

    def map(self, change: Callable[[Count], Count]) -> Schedule:
        """The same with each figure changed, as when numbers are put in for symbols."""
        return attrs.evolve(
            self,
            t_depth=change(self.t_depth),
            qubits=change(self.qubits),
            sequential_t_depth=change(self.sequential_t_depth),
            sequential_qubits=change(self.sequential_qubits),
        )

    def _repr_html_(self) -> str:
        bound = "" if self.exact else ", at most"
        rows: list[tuple[str, ...]] = [
            (
                "one part after another",
                number(self.sequential_t_depth),
                number(self.sequential_qubits),
            ),
            (f"as soon as possible{bound}", number(self.t_depth), number(self.qubits)),
        ]
        return Table("", ("schedule", "T-depth", "qubits"), rows, numeric={1, 2}).to_html()

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON: numbers as numbers, sympy expressions as text."""
        figures = self.map(lambda n: str(n) if isinstance(n, sympy.Basic | Unknown) else n)
        return {**attrs.asdict(figures), "notes": list(self.notes)}


SECONDS_PER_PART, SECONDS_PER_TABLE_GATE, SECONDS_PER_STEP = 3e-4, 1e-6, 5e-9
"""Of writing a part of a decomposition, of a gate of a table, and of going through one gate; rough."""


def schedule_seconds(graph: CallGraph) -> float:
    """About how long `schedule` takes.

    Args:
        graph: the call graph of the bloq.

    Returns:
        Seconds, rough; 0 where a size is a symbol.

    Example:
        >>> from qualtran.bloqs.mcmt import MultiAnd
        >>> from bloqs.costs.call_graph import walk
        >>> schedule_seconds(walk(MultiAnd(cvs=(1,) * 5))) < 1
        True
    """
    sizes = {bloq: written_size(bloq, graph.callees[bloq]) for bloq in graph}
    if math.inf in sizes.values():
        return 0.0
    calls = graph.calls()
    steps = sum(calls[leaf] for leaf in graph.gates)
    if isinstance(steps, sympy.Basic) and steps.free_symbols:
        return 0.0
    tables = sum(size for bloq, size in sizes.items() if has_table_circuit(bloq))
    parts = sum(sizes.values()) - tables
    return float(
        SECONDS_PER_PART * min(parts, MAX_PARTS)
        + SECONDS_PER_TABLE_GATE * min(tables, MAX_TABLE_PARTS)
        + SECONDS_PER_STEP * min(steps, MAX_STEPS)
    )


def schedule(
    bloq: Bloq,
    conventions: Conventions = DEFAULT_CONVENTIONS,
    *,
    rotation_depth: Count = 1,
    generalizer: Generalizer | None = None,
    graph: CallGraph | None = None,
) -> Schedule:
    """Schedule the circuit of a bloq, every gate as soon as its wires are ready.

    Each distinct bloq is decomposed once, and its gates are gone through every time that it is called, which
    is exact whatever the times at which its wires are ready. What is too large for that is bounded: see
    `Schedule`. A bloq without a decomposition takes the depth that it states by
    `my_static_costs(TDepthUpperBound(...))`, else that of its callees one after another.

    Args:
        bloq: any bloq. With symbols for sizes both schedules are the sequential one, and not exact.
        conventions: they say how many layers of T a Toffoli takes.
        rotation_depth: layers of T of a rotation.
        generalizer: replaces bloqs, or drops them (None), as `Charges` does.
        graph: the call graph by the same generalizer, where it is at hand.

    Returns:
        Both schedules.

    Raises:
        UnknownCostError: a leaf has no known cost, or a part whose decomposition fails no known qubits.

    Example:
        >>> from qualtran.bloqs.mcmt import MultiAnd
        >>> found = schedule(MultiAnd(cvs=(1,) * 5))
        >>> found.t_depth, found.qubits, found.exact
        (4, 9, True)
    """
    a_bloq(bloq)
    a_generalizer(generalizer)
    instance(conventions, "conventions", Conventions, "a bloqs.costs.Conventions")
    amount(rotation_depth, "rotation_depth", low=0)
    instance(graph, "graph", (CallGraph, type(None)), "a CallGraph, or None")
    depth = TDepthUpperBound(
        rotation_depth=rotation_depth, toffoli_depth=conventions.t_depth_per_toffoli
    )
    total = as_count(get_cost_value(bloq, depth, generalizer=generalizer), "T-depth")
    qubits = known_or_not(lambda: as_count(logical_qubits(bloq, generalizer), "qubits"))

    def result(timing: Timing, notes: Iterable[str]) -> Schedule:
        notes = tuple(notes)
        return Schedule(
            t_depth=timing.layers,
            qubits=timing.qubits,
            exact=not notes,
            notes=notes,
            sequential_t_depth=total,
            sequential_qubits=qubits,
        )

    sequential = Timing(total, qubits)
    if isinstance(total, sympy.Basic) or isinstance(rotation_depth, sympy.Basic):
        return result(sequential, ["sizes are symbols: parts one after another"])
    if total.bit_length() > 59:
        return result(sequential, ["more than 2^59 layers: parts one after another"])
    graph = graph or walk(bloq, generalizer)
    plain, tables = (
        _largest([b for b in graph if has_table_circuit(b) == is_table], graph, budget)
        for is_table, budget in ((False, MAX_PARTS), (True, MAX_TABLE_PARTS))
    )
    nodes = GateNodes(depth, generalizer, plain, tables)
    try:
        root = nodes.node(bloq)
    except NoScheduleError as why:
        return result(sequential, [f"{why}: parts one after another"])
    except SymbolicSizeError as why:
        note = f"register {why.register!r} has a symbolic size: parts one after another"
        return result(sequential, [note])
    timing, more = timing_of(routine_of(root), total)
    return result(timing, [*nodes.notes, *more])


def _largest(bloqs: list[Bloq], graph: CallGraph, budget: int) -> float:
    """The most `written_size` that one of `bloqs` may have, for at most `budget` in all."""
    largest = total = 0.0
    for size in sorted(written_size(bloq, graph.callees[bloq]) for bloq in bloqs):
        total += size
        if total > budget:
            break
        largest = size
    return largest
