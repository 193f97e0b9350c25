"""The parts of a composite bloq: what each takes its wires from, and in which order they come."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import TypeAlias

from qualtran import Bloq, BloqInstance, CompositeBloq, LeftDangle, Soquet

from bloqs.wiring.node import Leaf, Node

End: TypeAlias = tuple[int, str, tuple[int, ...]]
"""An end of a connection: number of the part, register name, index in the register."""

LEFT_END, RIGHT_END = -1, -2
"""Stand for the number of a part where a connection comes from the left end, or goes to the right one."""


def connections(composite: CompositeBloq) -> dict[End, End]:
    """Where every wire of a composite comes from.

    Args:
        composite: a bloq made of parts.

    Returns:
        For each entry of the parts' left registers, and of the right end, what it is connected to.

    Example:
        >>> from qualtran import BloqBuilder
        >>> from qualtran.bloqs.basic_gates import Hadamard, ZGate
        >>> bb = BloqBuilder()
        >>> qubit = bb.add(Hadamard(), q=bb.add_register("x", 1))
        >>> composite = bb.finalize(x=bb.add(ZGate(), q=qubit))
        >>> sources = connections(composite)
        >>> sources[0, "q", ()], sources[1, "q", ()], sources[RIGHT_END, "x", ()]
        ((-1, 'x', ()), (0, 'q', ()), (1, 'q', ()))
    """
    return {_end(one.right): _end(one.left) for one in composite.connections}


def _end(soquet: Soquet) -> End:
    binst = soquet.binst
    if isinstance(binst, BloqInstance):
        return binst.i, soquet.reg.name, soquet.idx
    return LEFT_END if binst is LeftDangle else RIGHT_END, soquet.reg.name, soquet.idx


def parts_of(composite: CompositeBloq) -> dict[int, Bloq]:
    """The parts of a composite by their numbers, as they were added.

    Args:
        composite: a bloq made of parts.

    Returns:
        The bloq of each number, in rising order.

    Example:
        >>> from qualtran import BloqBuilder
        >>> from qualtran.bloqs.basic_gates import Hadamard, ZGate
        >>> bb = BloqBuilder()
        >>> qubit = bb.add(Hadamard(), q=bb.add_register("x", 1))
        >>> parts_of(bb.finalize(x=bb.add(ZGate(), q=qubit)))
        {0: Hadamard(), 1: ZGate()}
    """
    return {one.i: one.bloq for one in sorted(composite.bloq_instances, key=attrgetter("i"))}


def forward_order(parts: Mapping[int, Node[Leaf]], sources: Mapping[End, End]) -> Iterator[int]:
    """An order in which every part comes after those that its wires come from.

    It is the order in which the parts were added, but a part that only makes qubits comes as late as it can,
    and one that only ends them as early, so that few qubits are alive at a time.

    Args:
        parts: the nodes of the parts by number.
        sources: what `connections` found.

    Yields:
        Each number of a part once.

    Example:
        >>> from qualtran import BloqBuilder
        >>> from qualtran.bloqs.basic_gates import Hadamard, ZeroState
        >>> zero, gate = ZeroState(), Hadamard()
        >>> bb = BloqBuilder()
        >>> first, second = bb.add(zero), bb.add(zero)
        >>> composite = bb.finalize(a=bb.add(gate, q=first), b=bb.add(gate, q=second))
        >>> made, turned = Node(zero, (), (0,), []), Node(gate, (0,), (0,), [])
        >>> list(forward_order({0: made, 1: made, 2: turned, 3: turned}, connections(composite)))
        [0, 2, 1, 3]
    """
    if all(part.ins and part.outs for part in parts.values()) and all(
        right < 0 or left < right for (right, _, _), (left, _, _) in sources.items()
    ):
        # No qubit comes or goes, and they were built in an order that runs forward.
        yield from sorted(parts)
        return
    before: dict[int, set[int]] = {i: set() for i in parts}
    after: dict[int, set[int]] = {i: set() for i in parts}
    for (right, _, _), (left, _, _) in sources.items():
        if left >= 0 and right >= 0:
            before[right].add(left)
            after[left].add(right)
    creators = {i for i, part in parts.items() if not part.ins}
    waiting = {i: len(before[i] - creators) for i in parts}
    heap = [(bool(parts[i].outs), i) for i in parts if i not in creators and not waiting[i]]
    heapq.heapify(heap)
    done: set[int] = set()
    while heap:
        _, i = heapq.heappop(heap)
        for creator in sorted((before[i] & creators) - done):
            done.add(creator)
            yield creator
        yield i
        for successor in after[i]:
            waiting[successor] -= 1
            if not waiting[successor]:
                heapq.heappush(heap, (bool(parts[successor].outs), successor))
    yield from sorted(creators - done)
