"""The parts of a composite bloq: what each takes its wires from, and in which order they come."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from qualtran import Bloq, BloqInstance, CompositeBloq, LeftDangle, Soquet

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
    return {
        one.i: one.bloq for one in sorted(composite.bloq_instances, key=lambda instance: instance.i)
    }


def forward_order(
    ends: Mapping[int, tuple[bool, bool]], sources: Mapping[End, End]
) -> Iterator[int]:
    """Numbers of parts in an order that runs forward: as built, but qubits come late and go early.

    Args:
        ends: for each part, whether wires enter it, and whether wires leave it.
        sources: the connections.
    """
    if all(enters and leaves for enters, leaves in ends.values()) and all(
        right < 0 or left < right for (right, _, _), (left, _, _) in sources.items()
    ):
        # No qubit comes or goes, and they were built in an order that runs forward.
        yield from sorted(ends)
        return
    before: dict[int, set[int]] = {i: set() for i in ends}
    after: dict[int, set[int]] = {i: set() for i in ends}
    for (right, _, _), (left, _, _) in sources.items():
        if left >= 0 and right >= 0:
            before[right].add(left)
            after[left].add(right)
    creators = {i for i, (enters, _) in ends.items() if not enters}
    waiting = {i: len(before[i] - creators) for i in ends}
    heap = [(ends[i][1], i) for i in ends if i not in creators and not waiting[i]]
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
                heapq.heappush(heap, (ends[successor][1], successor))
    yield from sorted(creators - done)
