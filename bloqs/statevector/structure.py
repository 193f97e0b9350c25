"""From a bloq to wires and maps, one level at a time and without flattening.

`Structures` turns each distinct bloq once into a `Node`: the calls that its decomposition makes, on
numbered wires. Book-keeping (Split, Join, Partition, Cast and any leaf that only permutes qubits) becomes a
renaming of wires. A bloq is decomposed wherever it can be, as `Bloq.tensor_contract` does; what does not
decompose must have tensors, and these are taken as they are. The adjoint of a bloq is made of the adjoints
that its parts state, so that a wrong one shows.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from qualtran import (
    Adjoint,
    Bloq,
    BloqInstance,
    CompositeBloq,
    Controlled,
    DecomposeTypeError,
    LeftDangle,
    Register,
    Soquet,
)
from qualtran.cirq_interop import CirqGateAsBloqBase

from bloqs.statevector.kernel import Kernel, kernel_from_matrix
from bloqs.statevector.leaf_maps import bookkeeping_node, controlled_leaf_node, leaf_node
from bloqs.statevector.nodes import Call, Node, NoTensorsError, ports, wire_count


class Structures:
    """The nodes of all bloqs met so far, each made once.

    Bloqs that compare equal share a node. A bloq that cannot be hashed is known by identity alone.
    """

    def __init__(self) -> None:
        self._by_bloq: dict[Bloq, Node] = {}
        self._by_id: dict[int, tuple[Bloq, Node]] = {}
        self._adjoints: dict[Node, Node] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def node(self, bloq: Bloq) -> Node:
        """The node of `bloq`, made with those of all its parts on first use.

        Raises:
            NoTensorsError: some part has neither a decomposition nor tensors.
            ValueError: some part has a symbolic size.
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
        except NoTensorsError as error:
            error.path = (title(bloq), *error.path)
            raise
        self._by_id[id(bloq)] = (bloq, node)
        if hashable:
            self._by_bloq[bloq] = node
        return node

    def _make(self, bloq: Bloq) -> Node:
        if isinstance(bloq, CompositeBloq):
            return self._from_composite(bloq, bloq)
        renamed = bookkeeping_node(bloq)
        if renamed is not None:
            return renamed
        if isinstance(bloq, Adjoint) and type(bloq).decompose_bloq is Adjoint.decompose_bloq:
            return self._adjoint(bloq)
        if type(bloq) is Controlled and isinstance(bloq.subbloq, CirqGateAsBloqBase):
            # It decomposes as its gate does: of one that does not, this is known without the attempt.
            sub = self.node(bloq.subbloq)
            if sub.is_leaf and sub.calls:
                return controlled_leaf_node(bloq, sub, DecomposeTypeError(f"{sub.name} is atomic"))
        try:
            composite = bloq.decompose_bloq()
        except (DecomposeTypeError, NotImplementedError) as why:
            if isinstance(bloq, Controlled):
                return controlled_leaf_node(bloq, self.node(bloq.subbloq), why)
            return leaf_node(bloq, why)
        return self._from_composite(bloq, composite)

    def _adjoint(self, bloq: Adjoint) -> Node:
        """What `Adjoint.decompose_bloq` says: the parts' own adjoints in reverse, without building it."""
        sub = self.node(bloq.subbloq)
        calls: list[Call] = []
        for part, ins, outs in reversed(sub.calls):
            if isinstance(part, Kernel):
                kernel = kernel_from_matrix(
                    part.matrix().conj().T, part.n_out, part.n_in, is_freeing=part.n_in < part.n_out
                )
                calls.append((kernel, outs, ins))
                continue
            adjoint = self._adjoints.get(part)
            if adjoint is None:
                adjoint = self._adjoints[part] = self.node(part.bloq.adjoint())
            entering = _by_name(part.bloq.signature.rights(), outs)
            leaving = _by_name(part.bloq.signature.lefts(), ins)
            signature = adjoint.bloq.signature
            calls.append(
                (
                    adjoint,
                    tuple(w for register in signature.lefts() for w in entering[register.name]),
                    tuple(w for register in signature.rights() for w in leaving[register.name]),
                )
            )
        return Node(str(bloq), bloq, sub.outs, sub.ins, calls)

    def _from_composite(self, bloq: Bloq, composite: CompositeBloq) -> Node:
        fresh = itertools.count()
        wires: dict[_Port, tuple[int, ...]] = {}
        ins: list[int] = []
        for name, index, size in ports(composite.signature.lefts()):
            wires[-1, name, index] = tuple(itertools.islice(fresh, size))
            ins += wires[-1, name, index]
        sources: dict[_Port, _Port] = {}
        for connection in composite.connections:
            sources[_port(connection.right)] = _port(connection.left)
        parts = {instance.i: self.node(instance.bloq) for instance in composite.bloq_instances}
        calls: list[Call] = []
        # Most gates are on the same few wires as others: these need not be written down again.
        shared: dict[tuple[int, ...], tuple[int, ...]] = {}
        for i in _ordered(parts, sources):
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
                ends = tuple(entering)
                ends = shared.setdefault(ends, ends)
                calls.append((part, ends, ends if leaving is entering else tuple(leaving)))
            position = iter(leaving)
            for name, index, size in part.rights:
                wires[i, name, index] = tuple(itertools.islice(position, size))
        outs: list[int] = []
        for name, index, _ in ports(composite.signature.rights()):
            outs += wires[sources[-2, name, index]]
        return Node(title(bloq), bloq, tuple(ins), tuple(outs), calls)


def title(bloq: Bloq) -> str:
    """What messages call a bloq; a composite has no name, and would be written out."""
    return "CompositeBloq" if isinstance(bloq, CompositeBloq) else str(bloq)


_Port: TypeAlias = tuple[int, str, tuple[int, ...]]
"""Number of the part (-1 for the left end, -2 for the right end), register name, index in the register."""


def _port(soquet: Soquet) -> _Port:
    binst = soquet.binst
    if isinstance(binst, BloqInstance):
        return binst.i, soquet.reg.name, soquet.idx
    return -1 if binst is LeftDangle else -2, soquet.reg.name, soquet.idx


def _by_name(registers: Iterable[Register], wires: tuple[int, ...]) -> dict[str, list[int]]:
    """Cut `wires` into registers."""
    position = iter(wires)
    return {r.name: list(itertools.islice(position, wire_count(r))) for r in registers}


def _ordered(parts: Mapping[int, Node], sources: Mapping[_Port, _Port]) -> Iterator[int]:
    """Numbers of the parts in an order that runs forward: as built, but qubits come late and go early."""
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
