"""From nodes to the code that `replay` runs: each node once, nothing expanded but parts of a few steps."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import attrs
import numpy as np
from qualtran import Bloq, Register

from bloqs.costs.schedule.codes import BIT, CALL, CREATE, FAN, FREE, GATE, IntArray
from bloqs.costs.schedule.table_circuits import TableCircuit
from bloqs.wiring import Node, nodes_below, wire_count

INLINE = 4
"""A part of at most so many steps is copied into its caller."""


@attrs.frozen
class Gate:
    """A leaf: the qubits that it makes come before it, those that it takes go after it.

    Parameters:
        layers: layers of T gates; None where wires only come and go, and nothing happens on them.
        qubits: those in use while it lasts; at least those of its own wires.
        bits: positions of classical bits among the wires that leave.
        num_bits: classical bits among all of its wires.

    Example:
        >>> from qualtran.bloqs.basic_gates import TGate
        >>> two_gates = Node(TGate(), (0,), (0,), [(Gate(1), (0,), (0,)), (Gate(1), (0,), (0,))])
        >>> routine_of(two_gates).own_size
        2
    """

    layers: int | None
    qubits: int = 0
    bits: tuple[int, ...] = ()
    num_bits: int = 0


ScheduleLeaf: TypeAlias = Gate | TableCircuit


@attrs.frozen(eq=False)
class Routine:
    """One bloq as code.

    Parameters:
        code: int64, as in `replay`, with `CALL` of the number of a routine in `callees`.
        callees: the routines called, in the order of their numbers, with the number of calls.
        call_positions: int64, where in `code` the numbers of routines stand.
        num_ins: as `Program`.
        outs: as `Program`.
        num_wires: as `Program`.
        own_size: gates, creations, frees and calls of this routine alone.
        own_frees: qubits freed by this routine alone.
        own_held: gates of this routine alone that have qubits of their own.
        bits: of the wires that enter and of those that leave, the positions of classical bits.

    Example:
        >>> from qualtran.bloqs.mcmt import MultiAnd
        >>> from bloqs.costs.keys import TDepthUpperBound
        >>> from bloqs.costs.schedule.gate_nodes import GateNodes
        >>> routine = routine_of(GateNodes(TDepthUpperBound(), None).node(MultiAnd(cvs=(1,) * 5)))
        >>> routine.num_ins, len(routine.outs)
        (5, 9)
    """

    code: IntArray
    callees: tuple[tuple[Routine, int], ...]
    call_positions: IntArray
    num_ins: int
    outs: IntArray
    num_wires: int
    own_size: int
    own_frees: int
    own_held: int
    bits: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())


def routine_of(root: Node[ScheduleLeaf]) -> Routine:
    """The code of a node, with that of all nodes that it calls.

    Args:
        root: a node of `GateNodes`.

    Returns:
        Its routine, which holds those of its parts.

    Example:
        >>> from qualtran.bloqs.basic_gates import TGate
        >>> gate = Node(TGate(), (0,), (0,), [(Gate(1), (0,), (0,))])
        >>> routine_of(gate).code.tolist() == [GATE, 1, 0, 0, 1, 0]
        True
    """
    routines: dict[Node[ScheduleLeaf], Routine] = {}
    for node in nodes_below(root):
        routines[node] = _written(node, routines)
    return routines[root]


def _written(node: Node[ScheduleLeaf], routines: Mapping[Node[ScheduleLeaf], Routine]) -> Routine:
    if len(node.calls) == 1 and isinstance(node.calls[0][0], TableCircuit):
        table, n = node.calls[0][0], len(node.ins)
        return Routine(
            table.code, (), _NONE, n, np.arange(n), table.num_wires, table.size, table.frees, 0
        )
    writer = _Writer(node.ins)
    for part, ins, outs in node.calls:
        if isinstance(part, Node):
            writer.call(routines[part], writer.numbers(ins), writer.numbers(outs))
        else:
            assert isinstance(part, Gate)
            writer.gate(part, writer.numbers(ins), writer.numbers(outs))
    return Routine(
        np.array(writer.code, np.int64),
        tuple(writer.calls.items()),
        np.array(writer.positions, np.int64),
        len(node.ins),
        np.array(writer.numbers(node.outs), np.int64),
        next(writer.fresh),
        writer.size,
        writer.frees,
        writer.held,
        classical_bits(node.bloq),
    )


def classical_bits(bloq: Bloq) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of the wires that enter a bloq and of those that leave, the positions of classical bits.

    Args:
        bloq: any.

    Returns:
        Positions among the wires that enter, and among those that leave.

    Example:
        >>> from qualtran.bloqs.basic_gates import MeasureZ
        >>> classical_bits(MeasureZ())
        ((), (0,))
    """
    return _bits(bloq.signature.lefts()), _bits(bloq.signature.rights())


def _bits(registers: Iterable[Register]) -> tuple[int, ...]:
    kinds = [(register.dtype.num_qubits == 0, wire_count(register)) for register in registers]
    flags = [is_bit for is_bit, size in kinds for _ in range(size)]
    return tuple(position for position, is_bit in enumerate(flags) if is_bit)


_NONE = np.empty(0, np.int64)


class _Writer:
    """Code in the making, on wires numbered in the order in which they are met.

    Args:
        ins: the wires that enter.
    """

    def __init__(self, ins: Sequence[int]) -> None:
        self.fresh: Iterator[int] = itertools.count(len(ins))
        self.code: list[int] = []
        self.positions: list[int] = []
        self.calls: dict[Routine, int] = {}
        self.size = self.frees = self.held = 0
        self._number_of = {wire: number for number, wire in enumerate(ins)}
        self._callees: dict[Routine, int] = {}

    def numbers(self, wires: Sequence[int]) -> list[int]:
        """The numbers of wires of the node in the code."""
        known = self._number_of
        for wire in wires:
            if wire not in known:
                known[wire] = next(self.fresh)
        return [known[wire] for wire in wires]

    def gate(self, gate: Gate, ins: list[int], outs: list[int]) -> None:
        made = [wire for wire in outs if wire not in ins]
        taken = [wire for wire in ins if wire not in outs]
        wires = [*ins, *made]
        bits = {outs[position] for position in gate.bits}
        self.code += [n for wire in made for n in (BIT if wire in bits else CREATE, wire)]
        if gate.layers is not None:
            own = max(0, gate.qubits - len(wires) + gate.num_bits)
            self.code += [GATE, gate.layers, 0 if gate.layers else 1, own, len(wires), *wires]
            self.size += 1
            self.held += 1 if own else 0
        self.code += [number for wire in taken for number in (FREE, wire)]
        self.size += len(made) + len(taken)
        self.frees += len(taken)

    def call(self, routine: Routine, ins: list[int], outs: list[int]) -> None:
        if not routine.callees and routine.own_size <= INLINE:
            self._inline(routine, ins, outs)
            return
        number = self._callees.setdefault(routine, len(self._callees))
        self.calls[routine] = self.calls.get(routine, 0) + 1
        self.positions.append(len(self.code) + 1)
        self.code += [CALL, number, len(ins), *ins, len(outs), *outs]
        self.size += 1

    def _inline(self, routine: Routine, ins: list[int], outs: list[int]) -> None:
        place = dict(zip(routine.outs.tolist(), outs, strict=True)) | dict(enumerate(ins))
        for wire in range(routine.num_wires):
            if wire not in place:
                place[wire] = next(self.fresh)
        code = routine.code.tolist()
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
        self.size += routine.own_size
        self.frees += routine.own_frees
        self.held += routine.own_held
