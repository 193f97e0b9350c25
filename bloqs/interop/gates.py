"""Any bloq on numbered wires with cirq gates as leaves."""

from __future__ import annotations

from typing import Any

import attrs
import cirq
import numpy as np
from qualtran import Bloq, Controlled, Side
from qualtran.bloqs.basic_gates import GlobalPhase, TwoBitCSwap
from qualtran.bloqs.bookkeeping import Allocate, Free
from qualtran.bloqs.mcmt import And
from qualtran.cirq_interop import CirqGateAsBloqBase

from bloqs.statevector.kernel import Kernel
from bloqs.statevector.leaf_maps import leaf_node
from bloqs.statevector.map_nodes import MapNodes
from bloqs.wiring import Call, Node, Nodes, PartError, end_wires

MAX_MATRIX_QUBITS = 3
"""A leaf that cirq knows no gate of is exported by its matrix up to here; cirq splits no larger one."""


@attrs.frozen
class Operation:
    """A gate on the qubits that a leaf keeps, makes and ends, in this order.

    Parameters:
        gate: on them all; None where a qubit is made in |0>, or ended, and nothing else is done.
        kept: number of qubits that pass through.
        made: number of qubits that are |0> before the gate and are not there before the leaf.
        ended: number of qubits that are not there after it.
        is_clean: whether those are |0> then, so that they may be used again.

    Example:
        >>> Operation(cirq.CCX, kept=2, made=1).adjoint()
        Operation(gate=cirq.TOFFOLI, kept=2, made=0, ended=1, is_clean=True)
    """

    gate: cirq.Gate | None
    kept: int = 0
    made: int = 0
    ended: int = 0
    is_clean: bool = True

    def adjoint(self) -> Operation:
        """What undoes it: qubits that were made are ended."""
        gate = self.gate
        if gate is not None and (inverse := cirq.inverse(gate)) != gate:
            gate = inverse  # a gate that is its own keeps its name, which is not X**-1
        return Operation(gate, self.kept, self.ended, self.made)


class CirqNodes(Nodes[Operation]):
    """The nodes of all bloqs met so far, down to cirq gates.

    Example:
        >>> node = CirqNodes().node(And(1, 0))
        >>> [operation.gate for operation, _, _ in node.calls]
        [cirq.X, cirq.TOFFOLI, cirq.X]
    """

    def __init__(self) -> None:
        super().__init__()
        self._maps = MapNodes()

    def whole(self, bloq: Bloq) -> Node[Operation] | None:
        """An And, which is a Toffoli gate on a qubit that is |0> before it, or after its adjoint.

        A controlled cirq gate that does not decompose stays whole, too.
        """
        if isinstance(bloq, And):
            return _and(bloq)
        if type(bloq) is Controlled and isinstance(bloq.subbloq, CirqGateAsBloqBase):
            return self._of_maps(self._maps.node(bloq)) if self._maps.whole(bloq) else None
        return None

    def atom(self, bloq: Bloq, why: Exception) -> Node[Operation]:
        """The gate that Qualtran gives a leaf in cirq, or else that of its matrix."""
        ins, outs = end_wires(bloq)
        if isinstance(bloq, Allocate):
            return Node(bloq, ins, outs, [(Operation(None, made=1), (), (w,)) for w in outs])
        if isinstance(bloq, Free):
            free = Operation(None, ended=1, is_clean=not bloq.dirty)
            return Node(bloq, ins, outs, [(free, (w,), ()) for w in ins])
        if isinstance(bloq, GlobalPhase):
            phase = cirq.GlobalPhaseGate(np.exp(1j * np.pi * float(bloq.exponent)))
            return Node(bloq, (), (), [(Operation(phase), (), ())])
        gate = None if isinstance(bloq, Controlled) else _own_gate(bloq)
        if gate is not None:
            return Node(bloq, ins, ins, [(Operation(gate, kept=len(ins)), ins, ins)])
        if isinstance(bloq, Controlled):
            return self._of_maps(self._maps.node(bloq))
        return self._of_maps(leaf_node(bloq, why))

    def adjoint_leaf(self, leaf: Operation) -> Operation:
        """The adjoint gate."""
        return leaf.adjoint()

    def _of_maps(self, node: Node[Kernel]) -> Node[Operation]:
        """The node of a leaf by the maps of its tensors."""
        calls: list[Call[Operation]] = []
        for kernel, ins, outs in node.calls:
            assert isinstance(kernel, Kernel)
            calls.append((_of_map(node.bloq, kernel), ins, outs))
        return Node(node.bloq, node.ins, node.outs, calls)


def _and(bloq: And) -> Node[Operation]:
    flips = [wire for wire, value in ((0, bloq.cv1), (1, bloq.cv2)) if not value]
    turn: list[Call[Operation]] = [(Operation(cirq.X, kept=1), (w,), (w,)) for w in flips]
    toffoli = Operation(cirq.CCX, kept=2, made=1)
    if bloq.uncompute:
        return Node(bloq, (0, 1, 2), (0, 1), [*turn, (toffoli.adjoint(), (0, 1, 2), (0, 1)), *turn])
    return Node(bloq, (0, 1), (0, 1, 2), [*turn, (toffoli, (0, 1), (0, 1, 2)), *turn])


def _own_gate(bloq: Bloq) -> cirq.Gate | None:
    """The gate of a leaf that keeps its qubits, as Qualtran states it; None where there is none."""
    if isinstance(bloq, TwoBitCSwap):
        return cirq.CSWAP  # Qualtran answers with a gate of its own
    if any(register.side is not Side.THRU for register in bloq.signature):
        return None
    qubits: dict[str, Any] = {}
    flat: list[cirq.Qid] = []
    for register in bloq.signature:
        shape = (*register.shape, register.bitsize)
        named = [cirq.LineQubit(len(flat) + i) for i in range(int(np.prod(shape)))]
        qubits[register.name] = np.array(named, dtype=object).reshape(shape)
        flat += named
    try:
        operation, _ = bloq.as_cirq_op(cirq.SimpleQubitManager(), **qubits)
    except (NotImplementedError, TypeError, ValueError):
        return None
    if operation is None or operation.gate is None or list(operation.qubits) != flat:
        return None
    # A bloq in the guise of a gate is no gate that others can read.
    return operation.gate if type(operation.gate).__module__.startswith("cirq.") else None


def _of_map(bloq: Bloq, kernel: Kernel) -> Operation:
    """A gate with the matrix of a map; what the map makes is |0> before, what it ends |0> after."""
    matrix = kernel.matrix()
    rows, columns = matrix.shape
    if kernel.n_out < kernel.n_in:
        ending = _of_map_forward(bloq, matrix.conj().T).adjoint()
        # By its tensor this is a projection: the qubit is |0> in that branch, and perhaps no other.
        return attrs.evolve(ending, is_clean=False)
    assert rows >= columns
    return _of_map_forward(bloq, matrix)


def _of_map_forward(bloq: Bloq, matrix: Any) -> Operation:
    rows, columns = matrix.shape
    n_out, n_in = rows.bit_length() - 1, columns.bit_length() - 1
    if not np.allclose(matrix.conj().T @ matrix, np.eye(columns), atol=1e-10):
        raise PartError(
            f"{bloq} is neither unitary nor an isometry, and a circuit has no other gates"
        )
    if n_out > MAX_MATRIX_QUBITS:
        raise PartError(
            f"{bloq} has no decomposition, and cirq has no gate for it: its matrix is on {n_out} qubits, and "
            f"at most {MAX_MATRIX_QUBITS} are exported as a matrix; give the bloq a decomposition"
        )
    # The qubits that are made come last, and are |0>: those columns are given, the others are any.
    made = n_out - n_in
    basis, _ = np.linalg.qr(np.hstack([matrix, np.eye(rows)]))
    unitary = np.empty((rows, rows), dtype=np.complex128)
    given = np.arange(columns) << made
    others = np.setdiff1d(np.arange(rows), given)
    unitary[:, given] = matrix
    unitary[:, others] = basis[:, columns:]
    return Operation(cirq.MatrixGate(unitary), kept=n_in, made=made)
