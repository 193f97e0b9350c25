"""The form in which a decomposition is held: calls of parts on numbered wires, nothing flattened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeAlias, TypeVar

import attrs
from qualtran import Bloq, CompositeBloq

from bloqs.wiring.registers import Port, ports

Leaf = TypeVar("Leaf")
T = TypeVar("T")


class PartError(ValueError):
    """Raised when a part of a bloq can neither be taken apart nor be taken as it is.

    Parameters:
        message: what is wrong with the part.

    Attributes:
        path: names of the bloqs from the outermost to the one at fault.

    Example:
        >>> error = PartError("Oracle has no tensors")
        >>> error.path = ("Network", "Layer", "Oracle")
        >>> print(error)
        Oracle has no tensors; found in Network > Layer > Oracle
    """

    def __init__(self, message: str):
        self.path: tuple[str, ...] = ()
        super().__init__(message)

    def __str__(self) -> str:
        where = f"; found in {' > '.join(self.path)}" if len(self.path) > 1 else ""
        return super().__str__() + where


Call: TypeAlias = "tuple[Leaf | Node[Leaf], tuple[int, ...], tuple[int, ...]]"
"""What is done, on which wires it finds its input, and on which it leaves its output."""


@attrs.define(eq=False)
class Node(Generic[Leaf]):
    """A bloq on numbered wires.

    What a leaf is, each use decides for itself: the map of a gate, or the layers of T gates that it takes.

    Parameters:
        bloq: the bloq itself.
        ins: wires of the left registers, in signature order, big-endian.
        outs: wires of the right registers, in the same order.
        calls: what is done in turn: a leaf or another node, its input and its output wires. No wire
            number is used twice for different qubits; what passes through a leaf keeps its number.
        name: what messages call the bloq; derived.
        lefts: the entries of the left registers; derived.
        rights: the entries of the right registers; derived.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> gate = Node(CNOT(), (0, 1), (0, 1), [("a leaf", (0, 1), (0, 1))])
        >>> gate.name, gate.is_leaf, gate.lefts
        ('CNOT', True, (('ctrl', (), 1), ('target', (), 1)))
    """

    bloq: Bloq
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    calls: list[Call[Leaf]]
    name: str = attrs.field(init=False)
    lefts: tuple[Port, ...] = attrs.field(init=False)
    rights: tuple[Port, ...] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Name the bloq, and list the entries of its registers."""
        self.name = title(self.bloq)
        self.lefts = tuple(ports(self.bloq.signature.lefts()))
        self.rights = tuple(ports(self.bloq.signature.rights()))

    @property
    def is_leaf(self) -> bool:
        """Whether it calls no other node."""
        return not any(isinstance(part, Node) for part, _, _ in self.calls)


def title(bloq: Bloq) -> str:
    """What messages call a bloq; a composite has no name, and printed in full it would fill pages.

    Args:
        bloq: any.

    Returns:
        A name on one line.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> title(CNOT()), title(CNOT().as_composite_bloq())
        ('CNOT', 'CompositeBloq')
    """
    return "CompositeBloq" if isinstance(bloq, CompositeBloq) else str(bloq)


def parts_first(root: T, parts: Callable[[T], Iterable[T]]) -> list[T]:
    """All distinct things under a root, each after its own parts; the root is the last.

    Args:
        root: hashable, like everything below it.
        parts: what a thing is made of; no thing is, at any depth, a part of itself.

    Returns:
        Everything once, in that order.

    Example:
        >>> parts_first("c", {"c": "ab", "b": "a", "a": ""}.__getitem__)
        ['a', 'b', 'c']
    """
    order: list[T] = []
    seen = {root}
    stack = [(root, iter(parts(root)))]
    while stack:
        whole, rest = stack[-1]
        part = next((part for part in rest if part not in seen), None)
        if part is None:
            order.append(whole)
            stack.pop()
        else:
            seen.add(part)
            stack.append((part, iter(parts(part))))
    return order


def nodes_below(root: Node[Leaf]) -> list[Node[Leaf]]:
    """All distinct nodes of a network, parts before the wholes that call them.

    Args:
        root: the node of the whole.

    Returns:
        The nodes; the last is the root.

    Example:
        >>> from qualtran.bloqs.basic_gates import Hadamard
        >>> gate = Node(Hadamard(), (0,), (0,), [("a leaf", (0,), (0,))])
        >>> twice = Node(Hadamard(), (0,), (0,), [(gate, (0,), (0,)), (gate, (0,), (0,))])
        >>> nodes_below(twice) == [gate, twice]
        True
    """
    return parts_first(root, _called)


def _called(node: Node[Leaf]) -> Iterable[Node[Leaf]]:
    return (part for part, _, _ in node.calls if isinstance(part, Node))


def count_calls(order: Sequence[Node[Leaf]]) -> dict[Node[Leaf], int]:
    """How often each node is executed in one execution of the last.

    Args:
        order: distinct nodes, parts before wholes, as `nodes_below` lists them.

    Returns:
        The number of executions of each.

    Example:
        >>> from qualtran.bloqs.basic_gates import Hadamard
        >>> gate = Node(Hadamard(), (0,), (0,), [("a leaf", (0,), (0,))])
        >>> twice = Node(Hadamard(), (0,), (0,), [(gate, (0,), (0,)), (gate, (0,), (0,))])
        >>> count_calls(nodes_below(twice))[gate]
        2
    """
    counts = dict.fromkeys(order, 0)
    counts[order[-1]] = 1
    for node in reversed(order):
        for part in _called(node):
            counts[part] += counts[node]
    return counts


def count_leaves(order: Sequence[Node[Leaf]]) -> int:
    """Number of leaves that one execution of the last node executes.

    Args:
        order: distinct nodes, parts before wholes, as `nodes_below` lists them.

    Returns:
        Their number, each counted as often as it is executed.

    Example:
        >>> from qualtran.bloqs.basic_gates import Hadamard
        >>> gate = Node(Hadamard(), (0,), (0,), [("a leaf", (0,), (0,))])
        >>> twice = Node(Hadamard(), (0,), (0,), [(gate, (0,), (0,)), (gate, (0,), (0,))])
        >>> count_leaves(nodes_below(twice))
        2
    """
    counts = count_calls(order)
    return sum(
        counts[node] * sum(not isinstance(part, Node) for part, _, _ in node.calls)
        for node in order
    )
