"""The front end by itself: gates as leaves, everything else by what a bloq says of its decomposition."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np
import pytest
import sympy
from qualtran import (
    Adjoint,
    Bloq,
    BloqBuilder,
    DecomposeTypeError,
    QUInt,
    Register,
    Signature,
    Soquet,
)
from qualtran.bloqs.arithmetic import Add
from qualtran.bloqs.basic_gates import CNOT, Hadamard, SGate, TGate
from qualtran.bloqs.bookkeeping import Allocate, Free, Partition
from qualtran.bloqs.mcmt import And

from bloqs.wiring import (
    Node,
    Nodes,
    PartError,
    SymbolicSizeError,
    count_calls,
    count_leaves,
    end_wires,
    nodes_below,
)
from tests.statevector.circuits import composite


class Named(Nodes[str]):
    """Leaves are the names of gates; a Hadamard is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[Bloq] = []

    def whole(self, bloq: Bloq) -> Node[str] | None:
        self.made.append(bloq)
        return self.atom(bloq, DecomposeTypeError()) if isinstance(bloq, And) else None

    def atom(self, bloq: Bloq, why: Exception) -> Node[str]:
        if isinstance(bloq, Hadamard):
            raise PartError("no Hadamard, please")
        ins, outs = end_wires(bloq)
        return Node(bloq, ins, outs, [(str(bloq), ins, outs)])

    def adjoint_leaf(self, leaf: str) -> str:
        return f"{leaf} undone"


@attrs.frozen
class Wrapped(Bloq):
    """One gate on each of two qubits, of which it changes the places."""

    first: Bloq
    second: Bloq

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(x=1, y=1)

    def build_composite_bloq(self, bb: BloqBuilder, x: Soquet, y: Soquet) -> dict[str, Soquet]:
        return {"x": bb.add(self.second, q=y), "y": bb.add(self.first, q=x)}


@attrs.frozen
class Turned(Bloq):
    """Changes the places of two qubits, and does nothing."""

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(x=1, y=1)

    def build_composite_bloq(self, bb: BloqBuilder, x: Soquet, y: Soquet) -> dict[str, Soquet]:
        return {"x": y, "y": x}


@attrs.frozen
class Liar(Bloq):
    """An S gate that says that T undoes it."""

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(q=1)

    def build_composite_bloq(self, bb: BloqBuilder, q: Soquet) -> dict[str, Soquet]:
        return {"q": bb.add(SGate(), q=q)}

    def adjoint(self) -> Bloq:
        return TGate()


def names(node: Node[str], at: tuple[int, ...] | None = None) -> list[tuple[str, tuple[int, ...]]]:
    """All leaves below a node with the wires of the outermost that enter them."""
    place = dict(zip(node.ins, node.ins if at is None else at, strict=True))
    found: list[tuple[str, tuple[int, ...]]] = []
    for part, ins, outs in node.calls:
        entering = tuple(place[w] for w in ins)
        if isinstance(part, Node):
            found += names(part, entering)
            inner = dict(zip(part.ins, entering, strict=True))
            place |= {w: inner[v] for w, v in zip(outs, part.outs, strict=True) if v in inner}
        else:
            found.append((part, entering))
    return found


def test_registers_that_are_cut_and_joined_are_renamed() -> None:
    bb = BloqBuilder()
    x = bb.add_register("x", 3)
    first, second, third = bb.split(x)
    second, third = bb.add(CNOT(), ctrl=second, target=third)
    x = bb.join(np.array([third, first, second]))
    parts = Partition(3, (Register("a", QUInt(1)), Register("b", QUInt(2))))
    a, b = bb.add(parts, x=x)
    b = bb.add(Add(QUInt(2), QUInt(2)).adjoint().adjoint(), a=bb.allocate(2), b=b)
    bb.free(b[0])
    x = bb.add(parts.adjoint(), a=a, b=b[1])
    node = Named().node(bb.finalize(x=x))
    titles = [part.name for part, _, _ in node.calls if isinstance(part, Node)]
    assert titles == ["CNOT", "Allocate", "Add", "Free"]
    wires = {part.name: ins for part, ins, _ in node.calls if isinstance(part, Node)}
    assert node.ins == (0, 1, 2)
    assert wires["CNOT"] == (1, 2)
    assert wires["Add"][2:] == (0, 1)  # after the join: third, first, second
    assert node.outs == (2, 0, 1)


def test_what_only_changes_places_is_no_call() -> None:
    def add(bb: BloqBuilder, q: np.ndarray) -> None:
        q[0], q[1] = bb.add(Turned(), x=q[0], y=q[1])
        q[0] = bb.add(TGate(), q=q[0])

    node = Named().node(composite(2, add))
    assert names(node) == [("T", (1,))]
    assert node.outs == (1, 0)


def test_a_bloq_is_made_once() -> None:
    def add(bb: BloqBuilder, q: np.ndarray) -> None:
        for _ in range(3):
            q[0], q[1] = bb.add(Wrapped(TGate(), SGate()), x=q[0], y=q[1])

    nodes = Named()
    circuit = composite(2, add)
    node = nodes.node(circuit)
    assert nodes.node(circuit) is node
    assert nodes.made.count(Wrapped(TGate(), SGate())) == 1
    assert len({id(part) for part, _, _ in node.calls}) == 1
    assert names(node) == [
        (n, (w,)) for w1, w2 in [(0, 1), (1, 0), (0, 1)] for n, w in _gates(w1, w2)
    ]
    order = nodes_below(node)
    assert order[-1] is node
    assert count_calls(order)[node.calls[0][0]] == 3  # type: ignore[index]
    assert count_leaves(order) == 6


def _gates(first: int, second: int) -> list[tuple[str, int]]:
    """`Wrapped` adds its second gate first."""
    return [("S", second), ("T", first)]


def test_an_adjoint_is_made_of_the_adjoints_that_the_parts_state() -> None:
    def add(bb: BloqBuilder, q: np.ndarray) -> None:
        q[0] = bb.add(TGate(), q=q[0])
        q[0] = bb.add(Liar(), q=q[0])
        q[0], q[1] = bb.add(Wrapped(TGate(), SGate()), x=q[0], y=q[1])

    found = names(Named().node(Adjoint(composite(2, add))))
    # Last first, each on the wires where it was; and the lie stands.
    assert found == [("T†", (0,)), ("S†", (1,)), ("T", (0,)), ("T†", (0,))]


def test_the_adjoint_of_a_leaf_is_asked_for() -> None:
    assert names(Named().node(Adjoint(And()))) == [("And undone", (0, 1, 2))]


def test_qubits_come_late_and_go_early() -> None:
    def add(bb: BloqBuilder, q: np.ndarray) -> None:
        made = [bb.allocate(1) for _ in range(3)]
        for i in range(3):
            q[0], made[i] = bb.add(CNOT(), ctrl=q[0], target=made[i])
        for qubit in made:
            bb.free(qubit)

    node = Named().node(composite(1, add))
    kinds = [type(part.bloq) for part, _, _ in node.calls if isinstance(part, Node)]
    assert kinds == 3 * [Allocate, CNOT, Free]


def test_a_part_at_fault_is_told_with_its_path() -> None:
    def add(bb: BloqBuilder, q: np.ndarray) -> None:
        q[0], q[1] = bb.add(Wrapped(TGate(), Hadamard()), x=q[0], y=q[1])

    with pytest.raises(PartError, match=r"please; found in CompositeBloq > Wrapped > H$") as caught:
        Named().node(composite(2, add))
    assert caught.value.path == ("CompositeBloq", "Wrapped", "H")
    with pytest.raises(PartError, match=r"please$"):
        Named().node(Hadamard())


def test_symbolic_sizes_are_refused() -> None:
    with pytest.raises(SymbolicSizeError, match="'a' has the symbolic size"):
        Named().node(Add(QUInt(sympy.Symbol("n"))))
