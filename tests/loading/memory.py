"""What a memory query must do, and its depth by an independent schedule."""

import networkx as nx
import numpy as np
from qualtran import Bloq, DecomposeNotImplementedError, DecomposeTypeError
from qualtran.bloqs.basic_gates import CSwap, TwoBitCSwap
from qualtran.bloqs.mcmt import And


def lookup_matrix(table, address_bits, word_bits, is_controlled=False):
    """The permutation `|c>|j>|v> -> |c>|j>|v xor c table_j>`, from its definition."""
    controls = (0, 1) if is_controlled else (1,)
    size = len(controls) * 2 ** (address_bits + word_bits)
    matrix = np.zeros((size, size))
    for row, c in enumerate(controls):
        for j in range(2**address_bits):
            for v in range(2**word_bits):
                base = (row * 2**address_bits + j) * 2**word_bits
                matrix[base + (v ^ (c * table[j])), base + v] = 1
    return matrix


def classical_rows(bloq, table, values):
    """`(ctrl, address, value in, value out)` of the full decomposition, for every address."""
    for ctrl in (0, 1) if bloq.is_controlled else (1,):
        for j in range(len(table)):
            for v in values:
                inputs = {"value": v}
                if bloq.address_bitsize:
                    inputs["address"] = j
                if bloq.is_controlled:
                    inputs["ctrl"] = ctrl
                yield ctrl, j, v, inputs


def toffoli_layers(bloq: Bloq) -> int:
    """Longest chain of And and CSwap through the flattened circuit, wire by wire."""
    circuit = bloq.decompose_bloq().flatten(lambda instance: _has_parts(instance.bloq))
    graph = nx.DiGraph()
    for connection in circuit.connections:
        graph.add_edge(connection.left.binst, connection.right.binst)
    depth: dict[object, int] = {}
    for node in nx.topological_sort(graph):
        own = isinstance(getattr(node, "bloq", None), (TwoBitCSwap, CSwap))
        inner = getattr(node, "bloq", None)
        own = own or (isinstance(inner, And) and not inner.uncompute)
        depth[node] = int(own) + max((depth[p] for p in graph.predecessors(node)), default=0)
    return max(depth.values())


def _has_parts(bloq: Bloq) -> bool:
    if bloq.__module__.startswith("qualtran."):
        return isinstance(bloq, CSwap) and bloq.bitsize > 1
    try:
        bloq.decompose_bloq()
    except (DecomposeTypeError, DecomposeNotImplementedError):
        return False
    return True
