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
    """What each entry of the parts' left registers, and of the right end, is connected to."""
    return {_end(one.right): _end(one.left) for one in composite.connections}


def _end(soquet: Soquet) -> End:
    binst = soquet.binst
    if isinstance(binst, BloqInstance):
        return binst.i, soquet.reg.name, soquet.idx
    return LEFT_END if binst is LeftDangle else RIGHT_END, soquet.reg.name, soquet.idx


def parts_of(composite: CompositeBloq) -> dict[int, Bloq]:
    """The parts by their numbers, as they were added."""
    return {one.i: one.bloq for one in sorted(composite.bloq_instances, key=attrgetter("i"))}


def forward_order(parts: Mapping[int, Node[Leaf]], sources: Mapping[End, End]) -> Iterator[int]:
    """Numbers of parts in an order that runs forward: as built, but qubits come late and go early."""
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
