"""Large circuits with their parts as blocks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bloqs.costs import TDepthUpperBound
from bloqs.costs.schedule import schedule
from bloqs.costs.schedule.blocks import timing_of
from bloqs.costs.schedule.gate_nodes import GateNodes
from bloqs.costs.schedule.routines import routine_of
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
