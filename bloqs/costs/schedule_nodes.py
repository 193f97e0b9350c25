"""From a bloq to the code that `schedule_replay` runs: each distinct bloq once, nothing expanded."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import attrs
import numpy as np
import sympy
from qualtran import (
    Adjoint,
    Bloq,
    BloqInstance,
    CompositeBloq,
    DecomposeNotImplementedError,
    DecomposeTypeError,
    LeftDangle,
    Register,
    Soquet,
)
from qualtran.bloqs.bookkeeping import Cast, Join, Partition, Split
from qualtran.resource_counting import GateCounts, get_cost_value
from qualtran.symbolics import smax

from bloqs.costs.conventions import as_count, toffoli_like
from bloqs.costs.keys import TDepthUpperBound, own_gates_and_callees, unwrap
from bloqs.costs.qubits import logical_qubits
from bloqs.costs.schedule_replay import CALL, CREATE, FAN, FREE, GATE, IntArray
from bloqs.costs.schedule_tables import has_table_circuit, table_circuit

Generalizer = Callable[[Bloq], Bloq | None]

INLINE = 4
"""A part of at most so many steps is copied into its caller."""

_NONE = np.empty(0, np.int64)
_CANNOT = (DecomposeTypeError, DecomposeNotImplementedError)


class NoScheduleError(ValueError):
    """A size is a symbol, so that there is no schedule gate by gate."""


@attrs.frozen(eq=False)
class Node:
    """One bloq on numbered wires.

    Parameters:
        bloq: what it is.
        code: as in `schedule_replay`, with `CALL` of the number of a node in `callees`.
        callees: the nodes called, in the order of their numbers, with the number of calls.
        call_positions: int64, where in `code` the numbers of nodes stand.
        num_ins, outs, num_wires: as `Program`.
        own_size: gates, creations, frees and calls of this node alone.
        own_frees: qubits freed by this node alone.
        own_held: gates of this node alone that have qubits of their own.
        is_renaming: nothing happens but that wires change places.
    """

    bloq: Bloq
    code: IntArray
    callees: tuple[tuple[Node, int], ...]
    call_positions: IntArray
    num_ins: int
    outs: IntArray
    num_wires: int
    own_size: int
    own_frees: int
    own_held: int

    @property
    def is_renaming(self) -> bool:
        """Whether it only renames wires."""
        return self.own_size == 0


@attrs.define
class _Writer:
    """Code in the making."""

    fresh: Iterator[int]
    code: list[int] = attrs.Factory(list)
    numbers: dict[Node, int] = attrs.Factory(dict)
    calls: dict[Node, int] = attrs.Factory(dict)
    positions: list[int] = attrs.Factory(list)
    size: int = 0
    frees: int = 0
    held: int = 0

    def gate(self, layers: int, wires: list[int], own: int = 0) -> None:
        self.code += [GATE, layers, 0 if layers else 1, own, len(wires), *wires]
        self.size += 1
        self.held += 1 if own else 0

    def create(self) -> int:
        wire = next(self.fresh)
        self.code += [CREATE, wire]
        self.size += 1
        return wire

    def free(self, wire: int) -> None:
        self.code += [FREE, wire]
        self.size += 1
        self.frees += 1

    def call(self, node: Node, ins: list[int]) -> list[int]:
        if node.is_renaming:
            return [ins[wire] for wire in node.outs]
        if not node.callees and node.own_size <= INLINE:
            return self.inline(node, ins)
        outs = [ins[w] if w < node.num_ins else next(self.fresh) for w in node.outs.tolist()]
        number = self.numbers.setdefault(node, len(self.numbers))
        self.calls[node] = self.calls.get(node, 0) + 1
        self.positions.append(len(self.code) + 1)
        self.code += [CALL, number, len(ins), *ins, len(outs), *outs]
        self.size += 1
        return outs

    def inline(self, node: Node, ins: list[int]) -> list[int]:
        place = [*ins, *itertools.islice(self.fresh, node.num_wires - node.num_ins)]
        code = node.code.tolist()
        here = 0
        while here < len(code):
            if code[here] == GATE:
                stop = here + 5 + code[here + 4]
                self.code += [*code[here : here + 5], *(place[w] for w in code[here + 5 : stop])]
            elif code[here] == FAN:
                stop = here + 3 + code[here + 2]
                self.code += [FAN, place[code[here + 1]], code[here + 2]]
                self.code += [place[w] for w in code[here + 3 : stop]]
            else:
                stop = here + 2
                self.code += [code[here], place[code[here + 1]]]
            here = stop
        self.size += node.own_size
        self.frees += node.own_frees
        self.held += node.own_held
        return [place[wire] for wire in node.outs.tolist()]


class Nodes:
    """The nodes of all bloqs met so far.

    Args:
        depth: what leaves weigh.
        generalizer: as for the gate counts; a bloq that it drops takes no T, and keeps its place.
        max_parts: a decomposition into more parts than this is not written out: the bloq is taken as one
            gate, as deep as its parts one after another.
        max_table_parts: the same for bloqs that `table_circuit` knows.
    """

    def __init__(
        self,
        depth: TDepthUpperBound,
        generalizer: Generalizer | None,
        max_parts: float = math.inf,
        max_table_parts: float = math.inf,
    ) -> None:
        self.depth = depth
        self.generalizer = generalizer
        self.max_parts = max_parts
        self.max_table_parts = max_table_parts
        self.notes: dict[str, None] = {}
        """Why the schedule is a bound and not exact, in the order found."""
        self._by_id: dict[int, tuple[Bloq, Node]] = {}
        self._by_bloq: dict[Bloq, Node] = {}
        self._depth_cache: dict[Bloq, Any] = {}
        self._workspaces: dict[Bloq, Any] = {}

    def node(self, bloq: Bloq) -> Node:
        """The node of `bloq`, with those of its parts.

        Raises:
            NoScheduleError: a size is a symbol.
            UnknownCostError: a leaf has no known cost.
        """
        known = self._by_id.get(id(bloq))
        if known is None:
            node = self._by_bloq.get(bloq)
            if node is None:
                node = self._by_bloq[bloq] = self._make(bloq)
            known = self._by_id[id(bloq)] = (
                bloq,
                node,
            )  # kept, so that no other takes its identity
        return known[1]

    def _make(self, bloq: Bloq) -> Node:
        if isinstance(bloq, Split | Join | Partition | Cast):
            n = sum(map(wire_count, bloq.signature.lefts()))
            return Node(bloq, _NONE, (), _NONE, n, np.arange(n), n, 0, 0, 0)
        general = bloq if self.generalizer is None else self.generalizer(bloq)
        if general is None:
            return self._gate(bloq, 0)
        if general != bloq:
            node = self._in_place_of(bloq, general)
            if node is not None:
                return node
        try:
            own, callees = own_gates_and_callees(bloq)
        except _CANNOT:
            return self._whole(bloq, "has no decomposition")
        numbers = [n for _, n in callees]
        if any(isinstance(n, sympy.Basic) and n.free_symbols for n in numbers):
            raise NoScheduleError(f"{name_of(bloq)} has a symbolic number of parts")
        is_leaf = not callees and own != GateCounts()
        if is_leaf:
            self._check_leaf(bloq, own)
            return self._gate(bloq, self._weight(own))
        is_table = has_table_circuit(bloq)
        if written_size(bloq, callees) > (self.max_table_parts if is_table else self.max_parts):
            return self._whole(bloq, "has too many parts to write out")
        if is_table and callees:
            return self._table(bloq)
        is_reversed = (
            isinstance(bloq, Adjoint) and type(bloq).decompose_bloq is Adjoint.decompose_bloq
        )
        try:
            composite = (bloq.subbloq if is_reversed else bloq).decompose_bloq()
        except _CANNOT:
            if not callees:
                return self._idle(bloq)
            return self._whole(bloq, "has no decomposition")
        return self._from_composite(bloq, composite, is_reversed)

    def _in_place_of(self, bloq: Bloq, general: Bloq) -> Node | None:
        """A replacement on the wires of what it replaces; None where it does not fit on them.

        What it takes and does not give back, as a measured register, is a clean register afterwards.
        """
        if _ports(general.signature.lefts()) != _ports(bloq.signature.lefts()):
            return None
        rights, given = _ports(bloq.signature.rights()), _ports(general.signature.rights())
        if rights == given:
            return attrs.evolve(self.node(general), bloq=bloq)
        if not set(given) <= set(rights):
            return None
        num_ins = sum(map(wire_count, bloq.signature.lefts()))
        writer = _Writer(itertools.count(num_ins))
        leaving = iter(writer.call(self.node(general), list(range(num_ins))))
        places = {name: list(itertools.islice(leaving, size)) for name, size in given}
        outs: list[int] = []
        for name, size in rights:
            outs += places[name] if name in places else [writer.create() for _ in range(size)]
        return _finish(bloq, writer, num_ins, outs)

    def _table(self, bloq: Bloq) -> Node:
        table = table_circuit(bloq, self._weight)
        assert table is not None
        n = sum(map(wire_count, bloq.signature.lefts()))
        return Node(
            bloq,
            table.code,
            (),
            _NONE,
            n,
            np.arange(n),
            table.num_wires,
            table.size,
            table.frees,
            0,
        )

    def _weight(self, own: GateCounts) -> int:
        """Layers of T gates of a leaf: those of its gates, one after another."""
        return int(
            own.t
            + self.depth.toffoli_depth * toffoli_like(own)
            + self.depth.rotation_depth * own.rotation
        )

    def _check_leaf(self, bloq: Bloq, own: GateCounts) -> None:
        if own.t + toffoli_like(own) + own.rotation > 1:
            self.note(bloq, "states its gates and not their order: taken one after another")

    def note(self, bloq: Bloq, why: str) -> None:
        """Remember why the schedule is a bound."""
        self.notes.setdefault(f"{name_of(bloq)} {why}")

    def _whole(self, bloq: Bloq, why: str) -> Node:
        """One gate, as deep and as wide as the bloq with its parts one after another."""
        layers = get_cost_value(bloq, self.depth, self._depth_cache, self.generalizer)
        qubits = logical_qubits(bloq, self.generalizer, self._workspaces)
        if not isinstance(as_count(layers), int) or not isinstance(as_count(qubits), int):
            raise NoScheduleError(f"{name_of(bloq)} {why}, and its depth or width is a symbol")
        self.note(bloq, f"{why}: its wires are aligned and its parts taken one after another")
        return self._gate(bloq, int(layers), int(qubits))

    def _gate(self, bloq: Bloq, layers: int, qubits: int = 0) -> Node:
        """A leaf: qubits that it makes come before it, those that it takes go after it."""
        writer, wires, outs, taken, num_ins = self._leaf_wires(bloq)
        if wires:
            writer.gate(layers, wires, max(0, qubits - len(wires)))
        for wire in taken:
            writer.free(wire)
        return _finish(bloq, writer, num_ins, outs)

    def _idle(self, bloq: Bloq) -> Node:
        """A leaf without gates: a state, an effect, an allocation."""
        writer, _, outs, taken, num_ins = self._leaf_wires(bloq)
        for wire in taken:
            writer.free(wire)
        return _finish(bloq, writer, num_ins, outs)

    def _leaf_wires(self, bloq: Bloq) -> tuple[_Writer, list[int], list[int], list[int], int]:
        lefts = {r.name: wire_count(r) for r in bloq.signature.lefts()}
        num_ins = sum(lefts.values())
        writer = _Writer(itertools.count(num_ins))
        number = iter(range(num_ins))
        entering = {name: list(itertools.islice(number, size)) for name, size in lefts.items()}
        taken = set(lefts)
        wires = [wire for group in entering.values() for wire in group]
        outs: list[int] = []
        for register in bloq.signature.rights():
            size = wire_count(register)
            if lefts.get(register.name) == size:
                taken.discard(register.name)
                outs += entering[register.name]
            else:
                made = [writer.create() for _ in range(size)]
                wires += made
                outs += made
        return (
            writer,
            wires,
            outs,
            [w for name in lefts if name in taken for w in entering[name]],
            num_ins,
        )

    def _from_composite(
        self, bloq: Bloq, composite: CompositeBloq, is_reversed: bool = False
    ) -> Node:
        """The parts in turn; or in reverse, each as its adjoint (what `Adjoint` decomposes into)."""
        instances = list(composite.iter_bloqnections())
        sources = {_port(c.right): _port(c.left) for c in composite.connections}
        if is_reversed:
            instances.reverse()
            sources = {left: right for right, left in sources.items()}
        first, last = (RIGHT_END, LEFT_END) if is_reversed else (LEFT_END, RIGHT_END)
        wires: dict[_Port, list[int]] = {}
        num_ins = 0
        for name, index, size in _entries(bloq.signature.lefts()):
            wires[first, name, index] = list(range(num_ins, num_ins + size))
            num_ins += size
        writer = _Writer(itertools.count(num_ins))
        for instance, _, _ in instances:
            part = instance.bloq.adjoint() if is_reversed else instance.bloq
            entering: list[int] = []
            for name, index, _ in _entries(part.signature.lefts()):
                entering += wires[sources[instance.i, name, index]]
            leaving = iter(writer.call(self.node(part), entering))
            for name, index, size in _entries(part.signature.rights()):
                wires[instance.i, name, index] = list(itertools.islice(leaving, size))
        outs: list[int] = []
        for name, index, _ in _entries(bloq.signature.rights()):
            outs += wires[sources[last, name, index]]
        return _finish(bloq, writer, num_ins, outs)


def _finish(bloq: Bloq, writer: _Writer, num_ins: int, outs: list[int]) -> Node:
    return Node(
        bloq,
        np.array(writer.code, np.int64),
        tuple(writer.calls.items()),
        np.array(writer.positions, np.int64),
        num_ins,
        np.array(outs, np.int64),
        next(writer.fresh),
        writer.size,
        writer.frees,
        writer.held,
    )


_Port: TypeAlias = tuple[int, str, tuple[int, ...]]
"""Number of the part or an end, register name, index in the register."""

LEFT_END, RIGHT_END = -1, -2


def _port(soquet: Soquet) -> _Port:
    binst = soquet.binst
    if isinstance(binst, BloqInstance):
        return binst.i, soquet.reg.name, soquet.idx
    return LEFT_END if binst is LeftDangle else RIGHT_END, soquet.reg.name, soquet.idx


def _entries(registers: Iterable[Register]) -> Iterator[tuple[str, tuple[int, ...], int]]:
    for register in registers:
        size = int(register.dtype.num_bits)
        for index in register.all_idxs():
            yield register.name, index, size


def _ports(registers: Iterable[Register]) -> list[tuple[str, int]]:
    return [(register.name, wire_count(register)) for register in registers]


def wire_count(register: Register) -> int:
    """Wires of all entries of a register, classical bits included.

    Raises:
        NoScheduleError: the size is a symbol.
    """
    sizes = (register.dtype.num_bits, *register.shape_symbolic)
    if any(isinstance(as_count(size), sympy.Basic) for size in sizes):
        raise NoScheduleError(f"register {register.name!r} has a symbolic size")
    return int(np.prod([int(size) for size in sizes]))


def written_size(bloq: Bloq, callees: Iterable[tuple[Bloq, Any]]) -> float:
    """What it takes to write a decomposition out: parts and qubits; infinite where that is a symbol.

    The qubits count because a call graph leaves out allocations and the cutting of registers into qubits.
    """
    if not callees:
        return 0
    size = sum(n for _, n in callees) + bloq.signature.n_qubits()
    if not has_table_circuit(bloq):
        # What it allocates itself: its workspace without that of the part that needs most.
        below = smax(0, *(getattr(unwrap(part), "workspace", 0) for part, _ in callees))
        size += smax(0, getattr(unwrap(bloq), "workspace", 0) - below)
    size = as_count(size)
    return size if isinstance(size, int) else math.inf


def name_of(bloq: Bloq) -> str:
    """The class under any wrappers, for messages."""
    return type(unwrap(bloq)).__name__
