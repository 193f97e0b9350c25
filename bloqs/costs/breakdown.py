"""Where the gates go: the leaves of a call graph, sorted by kind and by component."""

from __future__ import annotations

import attrs
from qualtran import Bloq
from qualtran.resource_counting import GateCounts
from qualtran.symbolics import smax

from bloqs.checks import instance
from bloqs.core.checks import a_bloq, a_generalizer
from bloqs.core.counts import Count, as_count, toffoli_like
from bloqs.costs.call_graph import CallGraph, walk
from bloqs.costs.conventions import DEFAULT_CONVENTIONS, Conventions
from bloqs.costs.keys import Generalizer, component_of, unwrap
from bloqs.costs.qubits import logical_qubits

OTHER = "other"
"""The component of gates above which no bloq names one."""


def leaf_kind(counts: GateCounts) -> str:
    """The kind of a leaf by its native gates: "T", "Toffoli", "rotation", "Clifford", "free", ..."""
    kinds = {
        "T": counts.t,
        "Toffoli": counts.toffoli,
        "And": counts.and_bloq,
        "CSwap": counts.cswap,
        "rotation": counts.rotation,
        "measurement": counts.measurement,
        "Clifford": counts.clifford,
    }
    present = [kind for kind, number in kinds.items() if number != 0]
    if not present:
        return "free"
    if present[0] == "measurement":  # And-adjoint: a measurement and a Clifford that corrects
        return "measurement"
    return present[0] if len(present) == 1 else "stated cost"


def leaf_classification(
    bloq: Bloq, generalizer: Generalizer | None = None
) -> dict[str, dict[str, Count]]:
    """Every leaf of the call graph by kind: `{kind: {class name: number}}`.

    "free" are states, effects, allocations and book-keeping; "stated cost" are leaves that state several
    kinds of gates at once.

    Raises:
        UnknownCostError: a leaf has no known cost.

    >>> from qualtran.bloqs.mcmt import MultiAnd
    >>> leaf_classification(MultiAnd(cvs=(1, 1, 1)))
    {'And': {'And': 2}}
    """
    a_bloq(bloq)
    a_generalizer(generalizer)
    return leaf_classification_of(walk(bloq, generalizer))


def leaf_classification_of(graph: CallGraph) -> dict[str, dict[str, Count]]:
    """`leaf_classification` of a call graph that has been walked already."""
    calls = graph.calls()
    kinds: dict[str, dict[str, Count]] = {}
    for leaf, counts in graph.gates.items():
        names = kinds.setdefault(leaf_kind(counts), {})
        name = type(unwrap(leaf)).__name__
        names[name] = names.get(name, 0) + calls[leaf]
    return {kind: dict(sorted(names.items())) for kind, names in sorted(kinds.items())}


CATALYST = "rotation catalyst"
"""The row of a state that a rotation model prepares once for all rotations (a phase gradient)."""


@attrs.frozen
class ComponentCost:
    """One row of a breakdown.

    Parameters:
        component: its name.
        calls: how often a bloq of this name is entered from outside the component.
        native: its native gate counts.
        t_count: its T under the conventions of the total, so that rows add up exactly.
        share: `t_count` by the total; None when that is symbolic or zero.
        qubits: most qubits that one of its bloqs works on, its registers included.
    """

    component: str
    calls: Count
    native: GateCounts
    t_count: Count
    share: float | None
    qubits: Count

    @property
    def toffoli_count(self) -> Count:
        """Toffoli + And + CSwap."""
        return toffoli_like(self.native)

    @property
    def rotation_count(self) -> Count:
        """Rotations, before synthesis."""
        return as_count(self.native.rotation, "number of rotations")


@attrs.define
class _Parts:
    """What a bloq brings to each component. The key None is for gates that no name claims yet."""

    gates: dict[str | None, GateCounts] = attrs.Factory(dict)
    open_calls: dict[str, Count] = attrs.Factory(
        dict
    )  # entered, with no name between here and there
    closed_calls: dict[str, Count] = attrs.Factory(dict)  # entered, under another name

    def add(self, other: _Parts, n: Count) -> None:
        for name, counts in other.gates.items():
            self.gates[name] = self.gates.get(name, GateCounts()) + n * counts
        for mine, theirs in (
            (self.open_calls, other.open_calls),
            (self.closed_calls, other.closed_calls),
        ):
            for component, number in theirs.items():
                mine[component] = mine.get(component, 0) + n * number

    def claim(self, component: str) -> None:
        """Everything unclaimed below belongs to `component`, which is entered once."""
        unclaimed = self.gates.pop(None, GateCounts())
        self.gates[component] = self.gates.get(component, GateCounts()) + unclaimed
        for name, number in self.open_calls.items():
            if name != component:  # a part of itself is not entered again
                self.closed_calls[name] = self.closed_calls.get(name, 0) + number
        self.open_calls = {component: 1}

    def entered(self, component: str) -> Count:
        return self.open_calls.get(component, 0) + self.closed_calls.get(component, 0)


def costs_by_component(
    bloq: Bloq,
    conventions: Conventions = DEFAULT_CONVENTIONS,
    generalizer: Generalizer | None = None,
) -> tuple[ComponentCost, ...]:
    r"""Split the gate counts of `bloq` over its named components; largest T first.

    A leaf belongs to the nearest bloq above it that has an attribute `component` (itself included; adjoints
    and controlled versions take the name of what they wrap), else to "other". The parts sum to the total
    exactly: native gates by construction, and T because each rotation costs what one of *all* rotations of
    the total costs. The work is linear in the number of distinct bloqs.

    Args:
        bloq: what is costed; concrete or symbolic.
        conventions: how T is counted.
        generalizer: as `walk`.

    Raises:
        UnknownCostError: a leaf has no known cost.

    >>> from qualtran.bloqs.mcmt import MultiAnd
    >>> [(row.component, row.t_count) for row in costs_by_component(MultiAnd(cvs=(1, 1, 1)))]
    [('other', 8)]
    """
    a_bloq(bloq)
    a_generalizer(generalizer)
    instance(conventions, "conventions", Conventions, "a bloqs.costs.Conventions")
    return split_by_component(walk(bloq, generalizer), conventions)


def split_by_component(
    graph: CallGraph,
    conventions: Conventions = DEFAULT_CONVENTIONS,
    workspaces: dict[Bloq, Count] | None = None,
) -> tuple[ComponentCost, ...]:
    """`costs_by_component` of a call graph that has been walked already.

    Args:
        graph: the call graph.
        conventions: how T is counted.
        workspaces: those of its bloqs (`CallGraph.workspaces`), where they are at hand.
    """
    parts: dict[Bloq, _Parts] = {}
    members: dict[str, list[Bloq]] = {}
    for bloq in reversed(list(graph)):
        part = _Parts()
        if bloq in graph.gates:
            part.gates[None] = graph.gates[bloq]
        for callee, n in graph.callees[bloq]:
            part.add(parts[callee], n)
        component = component_of(bloq)
        if component is not None:
            part.claim(component)
            members.setdefault(component, []).append(bloq)
        parts[bloq] = part

    whole = parts[graph.root]
    unclaimed = whole.gates.pop(None, GateCounts())
    if unclaimed != GateCounts() or not whole.gates:
        whole.gates[OTHER] = whole.gates.get(OTHER, GateCounts()) + unclaimed
        if component_of(graph.root) is None and OTHER not in members:
            members[OTHER] = [graph.root]
            whole.open_calls[OTHER] = 1

    rotations = sum((counts.rotation for counts in whole.gates.values()), 0)
    num_rotations = as_count(rotations, "number of rotations")
    per_rotation = conventions.t_per_rotation(num_rotations)
    catalyst = as_count(conventions.catalyst_t(num_rotations), "T count")
    t_counts = {
        component: as_count(
            counts.t
            + conventions.t_per_toffoli * toffoli_like(counts)
            + counts.rotation * per_rotation,
            "T count",
        )
        for component, counts in whole.gates.items()
    }
    total = as_count(sum(t_counts.values()) + catalyst, "T count")
    if workspaces is None:
        workspaces = graph.workspaces()

    def qubits(component: str) -> Count:
        return as_count(
            smax(
                0,
                *(
                    logical_qubits(member, graph.generalizer, workspaces)
                    for member in members[component]
                ),
            ),
            "qubits",
        )

    rows = [
        ComponentCost(
            component=str(component),
            calls=as_count(whole.entered(str(component)), "calls"),
            native=counts,
            t_count=t_counts[component],
            share=_share(t_counts[component], total),
            qubits=qubits(str(component)),
        )
        for component, counts in whole.gates.items()
    ]
    if catalyst != 0:
        share = _share(catalyst, total)
        rows.append(ComponentCost(CATALYST, 1, GateCounts(), catalyst, share, 0))
    return tuple(sorted(rows, key=largest_first))


def _share(part: Count, total: Count) -> float | None:
    if isinstance(part, int) and isinstance(total, int) and total > 0:
        return part / total
    return None


def largest_first(row: ComponentCost) -> tuple[int, str]:
    """Sort key of rows: most T first; symbolic rows by name."""
    return (-row.t_count if isinstance(row.t_count, int) else 0, row.component)
