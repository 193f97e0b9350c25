"""Any bloq as numbered wires, once for schedules, simulation and diagrams.

It rests on Qualtran alone. `Nodes` takes a bloq apart one level at a time into `Node`s; a subclass says what
is not taken apart and what stands in the place of a leaf.
"""

from bloqs.wiring.composites import composite_of
from bloqs.wiring.node import (
    Call,
    Node,
    PartError,
    count_calls,
    count_leaves,
    nodes_below,
    parts_first,
)
from bloqs.wiring.nodes import Nodes
from bloqs.wiring.registers import (
    SymbolicSizeError,
    by_register,
    end_wires,
    ports,
    wire_count,
)

__all__ = [
    "Call",
    "Node",
    "Nodes",
    "PartError",
    "SymbolicSizeError",
    "by_register",
    "composite_of",
    "count_calls",
    "count_leaves",
    "end_wires",
    "nodes_below",
    "parts_first",
    "ports",
    "wire_count",
]
