"""A bloq on numbered wires with the layers of T gates that its gates take as leaves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import attrs
import sympy
from qualtran import (
    Bloq,
    DecomposeNotImplementedError,
    DecomposeTypeError,
    Register,
)
from qualtran.resource_counting import GateCounts, get_cost_value
from qualtran.symbolics import smax

from bloqs.core.counts import as_count, toffoli_like
from bloqs.costs.callees import own_gates_and_callees
from bloqs.costs.keys import TDepthUpperBound, unwrap
from bloqs.costs.qubits import Workspaces
from bloqs.costs.schedule.routines import Gate, ScheduleLeaf, classical_bits
from bloqs.costs.schedule.table_circuits import has_table_circuit, table_circuit
from bloqs.costs.unknown import cause
from bloqs.wiring import Call, Node, Nodes, by_register, end_wires, wire_count

Generalizer = Callable[[Bloq], Bloq | None]


class NoScheduleError(ValueError):
    """A size is a symbol, so that there is no schedule gate by gate."""


class GateNodes(Nodes[ScheduleLeaf]):
    """The nodes of all bloqs met so far, down to gates whose layers of T are known.

    Args:
        depth: how many layers of T gates a leaf takes.
        generalizer: as for the gate counts; a bloq that it drops takes no T, and keeps its place.
        max_parts: a decomposition into more parts than this is not written out: the bloq is taken as one
            gate, as deep as its parts one after another.
        max_table_parts: the same for bloqs that `table_circuit` knows.

    Example:
        >>> from qualtran.bloqs.mcmt import MultiAnd
        >>> nodes = GateNodes(TDepthUpperBound(), None, max_parts=2)
        >>> node = nodes.node(MultiAnd(cvs=(1,) * 5))
        >>> list(nodes.notes)
        ['MultiAnd has too many parts to write out: its wires are aligned and its parts taken one after
        another']
    """

    def __init__(
        self,
        depth: TDepthUpperBound,
        generalizer: Generalizer | None,
        max_parts: float = math.inf,
        max_table_parts: float = math.inf,
    ) -> None:
        super().__init__()
        self.depth = depth
        self.generalizer = generalizer
        self.max_parts = max_parts
        self.max_table_parts = max_table_parts
        self.notes: dict[str, None] = {}
        """Why the schedule is a bound and not exact, in the order found."""
        self._depth_cache: dict[Bloq, Any] = {}
        self._workspaces = Workspaces(generalizer)

    def whole(self, bloq: Bloq) -> Node[ScheduleLeaf] | None:
        """What becomes one node: a gate, a table, a replacement, and what is too large to be written out.

        Args:
            bloq: any bloq.

        Returns:
            The node; None for a bloq that is decomposed.

        Raises:
            NoScheduleError: a size is a symbol.
        """
        general = bloq if self.generalizer is None else self.generalizer(bloq)
        if general is None:
            return _gate_node(bloq, Gate(0))
        if general != bloq:
            node = self._in_place_of(bloq, general)
            if node is not None:
                return node
        try:
            own, callees = own_gates_and_callees(bloq)
        except (DecomposeTypeError, DecomposeNotImplementedError):
            return self._one_gate(bloq, "has no decomposition")
        if any(isinstance(n, sympy.Basic) and n.free_symbols for _, n in callees):
            raise NoScheduleError(f"{name_of(bloq)} has a symbolic number of parts")
        if not callees and own != GateCounts():
            if own.t + toffoli_like(own) + own.rotation > 1:
                self._note(bloq, "states its gates and not their order: taken one after another")
            return _gate_node(bloq, Gate(self._weight(own)))
        is_table = has_table_circuit(bloq)
        if written_size(bloq, callees) > (self.max_table_parts if is_table else self.max_parts):
            return self._one_gate(bloq, "has too many parts to write out")
        if is_table and callees:
            table = table_circuit(bloq, self._weight)
            assert table is not None
            wires = tuple(range(sum(map(wire_count, bloq.signature.lefts()))))
            return Node(bloq, wires, wires, [(table, wires, wires)])
        return None

    def broken(self, bloq: Bloq, why: Exception) -> Node[ScheduleLeaf]:
        """One gate, with what it states."""
        return self._one_gate(bloq, f"has a decomposition that fails ({cause(why)})")

    def atom(self, bloq: Bloq, why: Exception) -> Node[ScheduleLeaf]:
        """The node of a bloq that does not decompose: a state, an effect, an allocation, or callees alone.

        Args:
            bloq: any bloq.
            why: the error of its decomposition; not used here.

        Returns:
            The node.
        """
        if own_gates_and_callees(bloq)[1]:
            return self._one_gate(bloq, "has no decomposition")
        return _gate_node(bloq, Gate(None))

    def adjoint_leaf(self, leaf: ScheduleLeaf) -> None:
        """Not told by the leaf: the adjoint states its own gates."""

    def _in_place_of(self, bloq: Bloq, general: Bloq) -> Node[ScheduleLeaf] | None:
        """A replacement on the wires of what it replaces; None where it does not fit on them.

        What it takes and does not give back, as a measured register, is a clean register afterwards.
        """
        if _widths(general.signature.lefts()) != _widths(bloq.signature.lefts()):
            return None
        rights, given = _widths(bloq.signature.rights()), _widths(general.signature.rights())
        if not set(given) <= set(rights):
            return None
        node = self.node(general)
        if rights == given:
            return Node(bloq, node.ins, node.outs, node.calls)
        fresh = 1 + max((*node.ins, *node.outs), default=-1)
        places = by_register(general.signature.rights(), node.outs)
        outs: list[int] = []
        made: list[int] = []
        for name, size in rights:
            if name in places:
                outs += places[name]
                continue
            new = range(fresh + len(made), fresh + len(made) + size)
            made += new
            outs += new
        calls: list[Call[ScheduleLeaf]] = [(node, node.ins, node.outs)] if node.calls else []
        return Node(bloq, node.ins, tuple(outs), [*calls, (Gate(None), (), tuple(made))])

    def _weight(self, own: GateCounts) -> int:
        """Layers of T gates of a leaf: those of its gates, one after another."""
        return int(
            own.t
            + self.depth.toffoli_depth * toffoli_like(own)
            + self.depth.rotation_depth * own.rotation
        )

    def _note(self, bloq: Bloq, why: str) -> None:
        """Remember why the schedule is a bound."""
        self.notes.setdefault(f"{name_of(bloq)} {why}")

    def _one_gate(self, bloq: Bloq, why: str) -> Node[ScheduleLeaf]:
        """As deep and as wide as the bloq with its parts one after another."""
        layers = get_cost_value(bloq, self.depth, self._depth_cache, self.generalizer)
        qubits = self._workspaces.qubits(bloq)
        if not isinstance(as_count(layers), int) or not isinstance(as_count(qubits), int):
            raise NoScheduleError(f"{name_of(bloq)} {why}, and its depth or width is a symbol")
        self._note(bloq, f"{why}: its wires are aligned and its parts taken one after another")
        return _gate_node(bloq, Gate(int(layers), int(qubits)))


def _gate_node(bloq: Bloq, gate: Gate) -> Node[ScheduleLeaf]:
    """A gate on all wires that enter or leave."""
    ins, outs = end_wires(bloq)
    is_nothing = ins == outs and (gate.layers is None or not ins)
    entering, leaving = classical_bits(bloq)
    if entering or leaving:
        kept = len({ins[i] for i in entering} & {outs[i] for i in leaving})
        num_bits = len(entering) + len(leaving) - kept
        gate = attrs.evolve(gate, bits=leaving, num_bits=num_bits)
    return Node(bloq, ins, outs, [] if is_nothing else [(gate, ins, outs)])


def _widths(registers: Iterable[Register]) -> list[tuple[str, int]]:
    return [(register.name, wire_count(register)) for register in registers]


def written_size(bloq: Bloq, callees: Iterable[tuple[Bloq, Any]]) -> float:
    """What it takes to write a decomposition out: the number of its parts and qubits.

    The qubits count because a call graph leaves out allocations and the cutting of registers into qubits.

    Args:
        bloq: any bloq.
        callees: pairs (callee, number of calls).

    Returns:
        The size; infinite where it is a symbol, 0 for a leaf.

    Example:
        >>> from qualtran.bloqs.mcmt import MultiAnd
        >>> bloq = MultiAnd(cvs=(1,) * 5)
        >>> written_size(bloq, own_gates_and_callees(bloq)[1])
        13
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
    """The name of a bloq's class, under any wrappers, for messages.

    Args:
        bloq: any bloq.

    Returns:
        The name.

    Example:
        >>> from qualtran.bloqs.basic_gates import Ry
        >>> name_of(Ry(0.1).controlled())
        'Ry'
    """
    return type(unwrap(bloq)).__name__
