"""Where the gates go: the leaves of a call graph, sorted by kind and by component."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from qualtran import Bloq
from qualtran.resource_counting import GateCounts

from bloqs.checks import instance
from bloqs.core.checks import a_bloq, a_generalizer
from bloqs.core.counts import Count, as_count, largest, toffoli_like
from bloqs.costs.call_graph import CallGraph, walk
from bloqs.costs.conventions import DEFAULT_CONVENTIONS, Conventions
from bloqs.costs.keys import Generalizer, component_of, unwrap
from bloqs.costs.qubits import Workspaces
from bloqs.costs.unknown import Unknown, known_or_not
from bloqs.tables import Cell, Table, number

OTHER = "other"
"""The component of gates above which no bloq names one."""


def leaf_kind(counts: GateCounts) -> str:
    """The kind of a leaf by its native gates.

    Args:
        counts: the native gates of one call.

    Returns:
        "T", "Toffoli", "And", "CSwap", "rotation", "measurement", "Clifford"; "free" where there are none,
        and "stated cost" where there are several kinds.

    Example:
        >>> leaf_kind(GateCounts(and_bloq=1)), leaf_kind(GateCounts())
        ('And', 'free')
    """
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
    """Every leaf of the call graph by kind, with the number of times that it is called.

    Args:
        bloq: what is costed; concrete or symbolic.
        generalizer: as `walk`.

    Returns:
        `{kind: {class name: number}}`, kinds as by `leaf_kind`: "free" are states, effects, allocations and
        book-keeping; "stated cost" are leaves that state several kinds of gates at once.

    Raises:
        UnknownCostError: a leaf has no known cost.

    Example:
        >>> from qualtran.bloqs.mcmt import MultiAnd
        >>> leaf_classification(MultiAnd(cvs=(1, 1, 1)))
        {'And': {'And': 2}}
    """
    a_bloq(bloq)
    a_generalizer(generalizer)
    return leaf_classification_of(walk(bloq, generalizer))


def leaf_classification_of(graph: CallGraph) -> dict[str, dict[str, Count]]:
    """`leaf_classification` of a call graph that has been walked already.

    Args:
        graph: the call graph.

    Returns:
        As `leaf_classification`.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> leaf_classification_of(walk(LoadedVector([3.0, 0.0, 0.0, -4.0])))
        {'Clifford': {'CNOT': 2, 'Ry': 2}, 'rotation': {'GenericRotation': 1}}
    """
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
        qubits: most qubits that one of its bloqs works on, its registers included; `Unknown` where those of
            one are.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> row, = costs_by_component(LoadedVector(None, "qrom", 8, bitsize=6))
        >>> row.component, row.calls, row.t_count, row.toffoli_count, row.share
        ('input loading', 1, 472, 118, 1.0)
    """

    component: str
    calls: Count
    native: GateCounts
    t_count: Count
    share: float | None
    qubits: Count | Unknown

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
            for component, calls in theirs.items():
                mine[component] = mine.get(component, 0) + n * calls

    def claim(self, component: str) -> None:
        """Everything unclaimed below belongs to `component`, which is entered once."""
        unclaimed = self.gates.pop(None, GateCounts())
        self.gates[component] = self.gates.get(component, GateCounts()) + unclaimed
        for name, calls in self.open_calls.items():
            if name != component:  # a part of itself is not entered again
                self.closed_calls[name] = self.closed_calls.get(name, 0) + calls
        self.open_calls = {component: 1}

    def entered(self, component: str) -> Count:
        return self.open_calls.get(component, 0) + self.closed_calls.get(component, 0)


def costs_by_component(
    bloq: Bloq,
    conventions: Conventions = DEFAULT_CONVENTIONS,
    generalizer: Generalizer | None = None,
) -> tuple[ComponentCost, ...]:
    """Split the gate counts of `bloq` over its named components; largest T first.

    A leaf belongs to the nearest bloq above it that has an attribute `component` (itself included; adjoints
    and controlled versions take the name of what they wrap), else to "other". The parts sum to the total
    exactly: native gates by construction, and T because each rotation costs what one of *all* rotations of
    the total costs. The work is linear in the number of distinct bloqs.

    Args:
        bloq: what is costed; concrete or symbolic.
        conventions: how T is counted.
        generalizer: as `walk`.

    Returns:
        One row a component; a rotation model's catalyst has a row of its own.

    Raises:
        UnknownCostError: a leaf has no known cost.

    Example:
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
    workspaces: Workspaces | None = None,
) -> tuple[ComponentCost, ...]:
    """`costs_by_component` of a call graph that has been walked already.

    Args:
        graph: the call graph.
        conventions: how T is counted.
        workspaces: those of its bloqs (`CallGraph.workspaces`), where they are at hand.

    Returns:
        As `costs_by_component`.

    Example:
        >>> from bloqs.networks import load_example
        >>> rows = split_by_component(walk(load_example("digits-1").spec.cost_bloq()))
        >>> [row.component for row in rows]
        ['convolution', 'input loading', 'output columns', 'QSVT phases', 'block LCU', 'output LCU',
        'amplification']
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

    def qubits(component: str) -> Count | Unknown:
        def widest() -> Count:
            return as_count(largest([0, *map(workspaces.qubits, members[component])]), "qubits")

        return known_or_not(widest)

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
    """Sort key of rows: most T first; symbolic rows by name.

    Args:
        row: of a breakdown.

    Returns:
        What `sorted` compares.

    Example:
        >>> rows = [ComponentCost(name, 1, GateCounts(t=t), t, None, 1) for name, t in (("a", 1), ("b", 9))]
        >>> [row.component for row in sorted(rows, key=largest_first)]
        ['b', 'a']
    """
    return (-row.t_count if isinstance(row.t_count, int) else 0, row.component)


def breakdown_table(parts: Sequence[ComponentCost], total: ComponentCost) -> Table:
    """The rows of a breakdown, and their sum.

    Args:
        parts: in the order in which they are shown.
        total: of the whole circuit; its calls are not shown.

    Returns:
        One row a component, and one for the total.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> row, = costs_by_component(LoadedVector(None, "qrom", 8, bitsize=6))
        >>> breakdown_table([row], row).rows[0][:4]
        ('input loading', 1, 472, 118)
    """
    rows: list[tuple[Cell, ...]] = [
        (part.component, part.calls, *_figures(part), number(part.share, ".1%")) for part in parts
    ]
    has_shares = all(part.share is not None for part in parts)
    rows.append(("total", None, *_figures(total), "100.0%" if has_shares else None))
    return Table(
        "Where it goes, by component",
        ("component", "calls", "T", "Toffoli", "rotations", "native T", "qubits", "share of T"),
        rows,
        numeric=range(1, 8),
        note="Toffoli counts And and CSwap too. T, Toffoli, rotations add up; qubits are a peak.",
        total=True,
    )


def _figures(part: ComponentCost) -> tuple[Cell, ...]:
    qubits = "unknown" if isinstance(part.qubits, Unknown) else part.qubits
    return part.t_count, part.toffoli_count, part.rotation_count, part.native.t, qubits
