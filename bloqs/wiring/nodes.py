"""From a bloq to nodes, one level at a time and without flattening.

`Nodes` turns each distinct bloq once into a `Node`: the calls that its decomposition makes, on numbered
wires. Book-keeping (Split, Join, Partition, Cast), and whatever else does nothing, becomes a renaming of
wires. The adjoint of a bloq is made of the adjoints that its parts state, so that a wrong one shows.

Uses differ in what they keep whole: a simulation takes apart all that has a decomposition, a schedule keeps
what has a known depth, a diagram shows one level. They differ too in what stands in the place of a leaf.
"""

from __future__ import annotations

import abc
import itertools
from functools import lru_cache
from typing import Generic

from qualtran import Adjoint, Bloq, CompositeBloq, DecomposeTypeError
from qualtran.bloqs.basic_gates import Identity
from qualtran.bloqs.bookkeeping import Cast, Join, Partition, Split

from bloqs.wiring.composites import composite_of
from bloqs.wiring.node import Call, Leaf, Node, PartError, title
from bloqs.wiring.order import (
    LEFT_END,
    RIGHT_END,
    End,
    connections,
    forward_order,
    parts_of,
)
from bloqs.wiring.registers import by_register, ports, wire_count


class Nodes(abc.ABC, Generic[Leaf]):
    """The nodes of all bloqs met so far, each made once.

    Bloqs that compare equal share a node. A bloq that cannot be hashed is known by identity alone, and so is
    a composite, which would take long to compare. A subclass says which bloqs stay whole, what stands for a
    bloq that cannot be taken apart, and what undoes a leaf.

    Example:
        Leaves that are the names of gates; the splits and joins of the registers are gone:

        >>> from qualtran.bloqs.basic_gates import Swap
        >>> from bloqs.wiring import end_wires
        >>> class Names(Nodes[str]):
        ...     def whole(self, bloq):
        ...         return None
        ...     def atom(self, bloq, why):
        ...         ins, outs = end_wires(bloq)
        ...         return Node(bloq, ins, outs, [(str(bloq), ins, outs)])
        ...     def adjoint_leaf(self, leaf):
        ...         return leaf
        >>> [(part.name, wires) for part, wires, _ in Names().node(Swap(2)).calls]
        [('TwoBitSwap', (0, 2)), ('TwoBitSwap', (1, 3))]
    """

    def __init__(self) -> None:
        self._by_bloq: dict[Bloq, Node[Leaf]] = {}
        self._by_id: dict[int, tuple[Bloq, Node[Leaf]]] = {}
        self._adjoints: dict[Node[Leaf], Node[Leaf]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    @abc.abstractmethod
    def whole(self, bloq: Bloq) -> Node[Leaf] | None:
        """The node of a bloq that is to stay whole; None for one that is to be taken apart if it can be."""

    @abc.abstractmethod
    def atom(self, bloq: Bloq, why: Exception) -> Node[Leaf]:
        """The node of a bloq that cannot be taken apart.

        Args:
            bloq: the bloq.
            why: what Qualtran raised when its decomposition was asked for.

        Returns:
            A node whose calls are leaves.

        Raises:
            PartError: there is nothing that could stand for it.
        """

    def broken(self, bloq: Bloq, why: Exception) -> Node[Leaf]:
        """The node of a bloq whose decomposition fails, other than by saying that it has none.

        Args:
            bloq: the bloq.
            why: what was raised.

        Returns:
            A node whose calls are leaves, where something can stand for it.
        """
        raise why

    @abc.abstractmethod
    def adjoint_leaf(self, leaf: Leaf) -> Leaf | None:
        """What undoes a leaf; None where only the decomposition of the whole adjoint tells."""

    def node(self, bloq: Bloq) -> Node[Leaf]:
        """The node of a bloq, made with those of all its parts when it is first asked for.

        Args:
            bloq: any, of sizes that are numbers.

        Returns:
            The node; the same one for an equal bloq.

        Raises:
            PartError: some part can neither be taken apart nor be taken as it is.
            SymbolicSizeError: some part has a symbolic size.
        """
        known = self._by_id.get(id(bloq))
        if known is not None:
            return known[1]
        hashable = type(bloq) is not CompositeBloq
        if hashable:
            try:
                node = self._by_bloq.get(bloq)
            except TypeError:
                node, hashable = None, False
            if node is not None:
                if len(node.calls) > 1:
                    # Of a gate, which is quickly compared, there may be as many as in the circuit.
                    self._by_id[id(bloq)] = (bloq, node)
                return node
        try:
            node = self._make(bloq)
        except PartError as error:
            error.path = (title(bloq), *error.path)
            raise
        # With the bloq, so that no other takes its identity.
        self._by_id[id(bloq)] = (bloq, node)
        if hashable:
            self._by_bloq[bloq] = node
        return node

    def _make(self, bloq: Bloq) -> Node[Leaf]:
        if isinstance(bloq, CompositeBloq):
            return self._from_composite(bloq, bloq)
        if _only_regroups(type(bloq)):  # type: ignore[arg-type]  # a class does hash
            wires = tuple(range(sum(map(wire_count, bloq.signature.lefts()))))
            return Node(bloq, wires, wires, [])
        node = self.whole(bloq)
        if node is not None:
            return node
        if isinstance(bloq, Adjoint) and type(bloq).decompose_bloq is Adjoint.decompose_bloq:
            node = self._adjoint(bloq)
            if node is not None:
                return node
        try:
            composite = composite_of(bloq)
        except (DecomposeTypeError, NotImplementedError) as why:
            return self.atom(bloq, why)
        except PartError:
            raise
        except Exception as why:
            return self.broken(bloq, why)
        return self._from_composite(bloq, composite)

    def _adjoint(self, bloq: Adjoint) -> Node[Leaf] | None:
        """What `Adjoint.decompose_bloq` says: the parts' own adjoints in reverse, without building it."""
        sub = self.node(bloq.subbloq)
        calls: list[Call[Leaf]] = []
        for part, ins, outs in reversed(sub.calls):
            if not isinstance(part, Node):
                leaf = self.adjoint_leaf(part)
                if leaf is None:
                    return None
                calls.append((leaf, outs, ins))
                continue
            adjoint = self._adjoints.get(part)
            if adjoint is None:
                adjoint = self._adjoints[part] = self.node(part.bloq.adjoint())
            entering = by_register(part.bloq.signature.rights(), outs)
            leaving = by_register(part.bloq.signature.lefts(), ins)
            signature = adjoint.bloq.signature
            calls.append(
                (
                    adjoint,
                    tuple(w for register in signature.lefts() for w in entering[register.name]),
                    tuple(w for register in signature.rights() for w in leaving[register.name]),
                )
            )
        return Node(bloq, sub.outs, sub.ins, calls)

    def _from_composite(self, bloq: Bloq, composite: CompositeBloq) -> Node[Leaf]:
        sources = connections(composite)
        parts: dict[int, Node[Leaf]] = {}
        for i, part_bloq in parts_of(composite).items():
            parts[i] = self.node(part_bloq)
        fresh = itertools.count()
        wires: dict[End, tuple[int, ...]] = {}
        ins: list[int] = []
        for name, index, size in ports(composite.signature.lefts()):
            wires[LEFT_END, name, index] = tuple(itertools.islice(fresh, size))
            ins += wires[LEFT_END, name, index]
        calls: list[Call[Leaf]] = []
        # Most gates are on the same few wires as others: these need not be written down again.
        shared: dict[tuple[int, ...], tuple[int, ...]] = {}
        for i in forward_order(parts, sources):
            part = parts[i]
            entering: list[int] = []
            for name, index, _ in part.lefts:
                entering += wires[sources[i, name, index]]
            if part.outs == part.ins:
                leaving = entering
            else:
                place = dict(zip(part.ins, entering, strict=True))
                leaving = []
                for wire in part.outs:
                    if wire not in place:
                        place[wire] = next(fresh)
                    leaving.append(place[wire])
            if part.calls:
                took = tuple(entering)
                took = shared.setdefault(took, took)
                calls.append((part, took, took if leaving is entering else tuple(leaving)))
            position = iter(leaving)
            for name, index, size in part.rights:
                wires[i, name, index] = tuple(itertools.islice(position, size))
        outs: list[int] = []
        for name, index, _ in ports(composite.signature.rights()):
            outs += wires[sources[RIGHT_END, name, index]]
        return Node(bloq, tuple(ins), tuple(outs), calls)


@lru_cache(maxsize=1024)
def _only_regroups(kind: type) -> bool:
    return issubclass(kind, Split | Join | Partition | Cast | Identity)
