"""Large circuits with their parts as blocks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bloqs.costs import TDepthUpperBound
from bloqs.costs.schedule import schedule
from bloqs.costs.schedule.blocks import _block, timing_of
from bloqs.costs.schedule.codes import BIT, CREATE, FREE, GATE
from bloqs.costs.schedule.gate_nodes import GateNodes
from bloqs.costs.schedule.replay import Timing
from bloqs.costs.schedule.routines import Routine, routine_of
from tests.costs.schedule.circuits import Circuit, circuits


@settings(deadline=None, max_examples=60)
@given(circuits(2), st.integers(1, 12))
def test_blocks_give_a_bound_between_exact_and_sequential(circuit: Circuit, size: int) -> None:
    twice = Circuit(circuit.size, ((circuit, tuple(range(circuit.size))),) * 2)
    exact = schedule(twice)
    root = routine_of(GateNodes(TDepthUpperBound(), None).node(twice))
    bound, notes = timing_of(root, 10**6, max_steps=size, block_steps=(size,))
    assert exact.t_depth <= bound.layers <= exact.sequential_t_depth
    assert bound.qubits >= twice.size
    free, nothing = timing_of(root, 10**6)
    assert nothing == []
    assert (free.layers, free.qubits) == (exact.t_depth, exact.qubits)
    if not notes:
        assert bound == free
    # So many layers that Clifford steps no longer fit beside them: the depth stands, qubits are a bound.
    coarse, _ = timing_of(root, 2**59)
    assert coarse.layers == exact.t_depth
    assert coarse.qubits >= exact.qubits


def test_a_block_is_one_gate_on_all_its_wires() -> None:
    """Two wires enter, one of them leaves, and three new ones, the last a classical bit."""
    none = np.empty(0, np.int64)
    outs = np.array([7, 1, 5, 9])
    routine = Routine(none, (), none, 2, outs, 10, 0, 0, 0, ((), (3,)))
    block = _block(routine, Timing(layers=6, qubits=9))
    # Wires 2, 3 are made and 4 as a bit, which takes no qubit: of 9 qubits four are wires.
    assert block.code.tolist() == [
        *(CREATE, 2, CREATE, 3, BIT, 4),
        *(GATE, 6, 0, 5, 5, 0, 1, 2, 3, 4),
        *(FREE, 0),
    ]
    assert block.outs.tolist() == [2, 1, 3, 4]
    assert (block.num_ins, block.num_wires) == (2, 5)
    # Without a layer of T it takes a step; it never has fewer qubits than wires.
    small = _block(routine, Timing(layers=0, qubits=1)).code.tolist()
    assert small[6:11] == [GATE, 0, 1, 0, 5]
