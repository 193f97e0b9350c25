"""Where the T of a bloq goes, call by call: a tree, pruned by share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

import attrs
from qualtran import Bloq
from qualtran.resource_counting import GateCounts

from bloqs.checks import real_number, whole_number
from bloqs.core.checks import a_bloq
from bloqs.core.control import ReversedBloq
from bloqs.core.counts import as_count, toffoli_like
from bloqs.costs.assumptions import synthesis_budget
from bloqs.costs.call_graph import CallGraph, walk
from bloqs.costs.conventions import DEFAULT_CONVENTIONS, Conventions
from bloqs.costs.keys import unwrap
from bloqs.loading.charges import Charges

REST = "everything smaller"
"""The node that holds the T of what is too small to be shown."""


@attrs.frozen
class CostNode:
    """A bloq in the tree of calls.

    Parameters:
        name: what it is, in words.
        calls: in one call of the node above.
        t_count: of all these calls, in one run of the whole.
        children: what it calls, largest first; they sum to at most `t_count`.

    Example:
        >>> node = CostNode("sum", 1, 12, (CostNode("part", 3, 12),))
        >>> [(depth, inner.name) for depth, inner in node.walk()]
        [(0, 'sum'), (1, 'part')]
    """

    name: str
    calls: int
    t_count: float
    children: tuple[CostNode, ...] = ()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, CostNode]]:
        """The node and all below it, each with its depth, callers first.

        Args:
            depth: of the node itself.

        Yields:
            Depth and node.
        """
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


def in_words(bloq: Bloq) -> str:
    """What a bloq is, for a reader: no class names run together.

    Args:
        bloq: any, wrapped or not.

    Returns:
        Its title where it states one, else the words of its class's name, with a dagger on an adjoint.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> in_words(LoadedVector([0.6, 0.8])), in_words(LoadedVector([0.6, 0.8]).adjoint())
        ('loaded vector', 'loaded vector†')
    """
    bare, is_adjoint = unwrap(bloq), str(bloq).endswith("†")
    if isinstance(bare, ReversedBloq):
        bare, is_adjoint = unwrap(bare.subbloq), True
    words = re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z][a-z]*\d*D?|[a-z]+\d*", type(bare).__name__)
    text = " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words)
    text = text.replace("normalized", "normalised").replace("conv2 d", "2D convolution")
    text = text.replace("conv2d block encoding", "2D convolution")
    return text + "†" * is_adjoint


def cost_tree(
    bloq: Bloq,
    *,
    depth: int = 6,
    min_share: float = 0.01,
    qram: Any = "select-swap",
    conventions: Conventions = DEFAULT_CONVENTIONS,
) -> CostNode:
    """The calls of a bloq as a tree of T counts.

    Calls of equal name under one caller are one node, adjoints among them. Below `min_share` of the total
    they are one node, "everything smaller", so that the children of a node still sum to what it has.

    Args:
        bloq: any that can be costed, in numbers.
        depth: levels below the root, 1 to 30.
        min_share: of the total T, in (0, 1): what has less is not shown by itself.
        qram: as `bloqs.costs.estimate`.
        conventions: how T is counted.

    Returns:
        The root.

    Raises:
        ValueError: not a bloq, symbolic, of unknown cost, without T, or an argument out of its range.

    Example:
        >>> from qualtran.bloqs.mcmt import MultiAnd
        >>> tree = cost_tree(MultiAnd(cvs=(1, 1, 1)))
        >>> tree.name, tree.t_count, [(node.name, node.calls) for node in tree.children]
        ('multi and', 8.0, [('and', 2)])
    """
    a_bloq(bloq)
    whole_number(depth, "depth", low=1, high=30)
    real_number(min_share, "min_share", low=0, high=1, is_open=True)
    graph = walk(bloq, Charges(qram))
    t_counts = t_by_bloq(graph, conventions)
    total = t_counts[graph.root]
    if not total:
        raise ValueError(f"{in_words(bloq)} has no T gates, so there is nothing to draw")

    def node(current: Bloq, name: str, calls: int, runs: float, left: int) -> CostNode:
        groups: dict[str, list[tuple[Bloq, int]]] = {}
        for callee, n in graph.callees[current] if left else ():
            if t_counts[callee]:
                groups.setdefault(in_words(callee).rstrip("†"), []).append((callee, int(n)))
        children, rest = [], 0.0
        for word, members in groups.items():
            t = sum(n * t_counts[callee] for callee, n in members) * runs
            if t < min_share * total:
                rest += t
                continue
            largest = max(members, key=lambda one: one[1] * t_counts[one[0]])[0]
            number = sum(n for _, n in members)
            # The parts of the largest stand for those of all of this name.
            scale = t / t_counts[largest]
            children.append(node(largest, word, number, scale, left - 1))
        children.sort(key=lambda child: -child.t_count)
        if rest and children:
            children.append(CostNode(REST, 1, rest))
        return CostNode(name, calls, runs * t_counts[current], tuple(children))

    # What only hands on to one other is not a level: the levels asked for are those where T divides.
    root = graph.root
    while (
        len(below := [one for one in graph.callees[root] if t_counts[one[0]]]) == 1
        and below[0][1] == 1
    ):
        root = below[0][0]
    return attrs.evolve(node(root, in_words(root), 1, 1.0, depth), name=in_words(graph.root))


def t_per_rotation(graph: CallGraph, conventions: Conventions = DEFAULT_CONVENTIONS) -> Any:
    """T of one rotation of a call graph, as `bloqs.costs.estimate` takes it.

    Args:
        graph: the call graph.
        conventions: how T is counted; the error of synthesis is the bloq's own where neither says another.

    Returns:
        The T count; 0 without rotations.

    Example:
        >>> from qualtran.bloqs.basic_gates import Ry
        >>> t_per_rotation(walk(Ry(0.3)))
        21
    """
    budgeted = synthesis_budget(graph, conventions)
    if conventions.synthesis_epsilon is None and budgeted is not None:
        conventions = attrs.evolve(conventions, synthesis_epsilon=budgeted)
    rotations = as_count(graph.native().rotation, "number of rotations")
    return conventions.t_per_rotation(rotations)


def t_by_bloq(
    graph: CallGraph, conventions: Conventions = DEFAULT_CONVENTIONS
) -> dict[Bloq, float]:
    """T of one call of each bloq of a call graph; a rotation costs what one of all of the root's does.

    Args:
        graph: the call graph, in numbers.
        conventions: how T is counted.

    Returns:
        Bloq -> T.

    Raises:
        ValueError: the graph is symbolic.

    Example:
        >>> from qualtran.bloqs.mcmt import And, MultiAnd
        >>> t_by_bloq(walk(MultiAnd(cvs=(1, 1, 1))))[And()]
        4.0
    """
    per_rotation = t_per_rotation(graph, conventions)
    found: dict[Bloq, float] = {}
    try:
        for bloq in reversed(list(graph)):
            own = graph.gates.get(bloq, GateCounts())
            t = own.t + conventions.t_per_toffoli * toffoli_like(own) + own.rotation * per_rotation
            found[bloq] = float(t + sum(n * found[callee] for callee, n in graph.callees[bloq]))
    except TypeError:
        raise ValueError(
            f"{in_words(graph.root)} is symbolic: give all sizes numbers to draw its cost"
        ) from None
    return found


def outline(node: CostNode, total: float, *, is_open: bool = True) -> str:
    """A tree as nested elements that open, each with calls, T and share.

    Args:
        node: the root.
        total: T of the whole.
        is_open: whether the root is open at first.

    Returns:
        HTML.

    Example:
        >>> outline(CostNode("part", 3, 12.0), 24.0)
        '<div>3 × part: 12 T, 50.0 %</div>'
    """
    times = f"{node.calls:,} × " if node.calls != 1 else ""
    line = f"{times}{escape(node.name)}: {node.t_count:,.0f} T, {node.t_count / total:.1%}"
    line = line.replace("%", " %")
    if not node.children:
        return f"<div>{line}</div>"
    inner = "".join(outline(child, total, is_open=False) for child in node.children)
    shut = " open" if is_open else ""
    return f'<details{shut}><summary>{line}</summary><div style="margin-left:1.4em">{inner}</div></details>'
