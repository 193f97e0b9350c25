"""A bloq on numbered wires with the maps of its gates as leaves.

A bloq is taken apart wherever it can be, as `Bloq.tensor_contract` does; what cannot must have tensors, and
these are taken as they are. A leaf that only permutes qubits becomes a renaming of wires.
"""

from __future__ import annotations

from qualtran import Bloq, Controlled, DecomposeTypeError
from qualtran.cirq_interop import CirqGateAsBloqBase

from bloqs.statevector.kernel import Kernel, kernel_from_matrix
from bloqs.statevector.leaf_maps import controlled_leaf_node, leaf_node
from bloqs.wiring import Node, Nodes


class MapNodes(Nodes[Kernel]):
    """The nodes of all bloqs met so far, down to the maps of their gates.

    Example:
        >>> from qualtran.bloqs.mcmt import And
        >>> node = MapNodes().node(And())
        >>> node.ins, node.outs, [kernel.n_out for kernel, _, _ in node.calls]
        ((0, 1), (0, 1, 2), [3])
    """

    def whole(self, bloq: Bloq) -> Node[Kernel] | None:
        """A controlled cirq gate that does not decompose."""
        if type(bloq) is Controlled and isinstance(bloq.subbloq, CirqGateAsBloqBase):
            # It decomposes as its gate does: of one that does not, this is known without the attempt.
            sub = self.node(bloq.subbloq)
            if sub.is_leaf and sub.calls:
                return controlled_leaf_node(bloq, sub, DecomposeTypeError(f"{sub.name} is atomic"))
        return None

    def atom(self, bloq: Bloq, why: Exception) -> Node[Kernel]:
        """A leaf by its tensors, a controlled one by those of what it controls."""
        if isinstance(bloq, Controlled):
            return controlled_leaf_node(bloq, self.node(bloq.subbloq), why)
        return leaf_node(bloq, why)

    def adjoint_leaf(self, leaf: Kernel) -> Kernel:
        """The map of the adjoint matrix."""
        matrix = leaf.matrix().conj().T
        return kernel_from_matrix(matrix, leaf.n_out, leaf.n_in, is_freeing=leaf.n_in < leaf.n_out)
