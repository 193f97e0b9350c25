"""What is one gate, what stands for another bloq, and what is bounded."""

from __future__ import annotations

import json
import math

import pytest
import sympy
from qualtran.bloqs.basic_gates import CNOT, TGate, Toffoli
from qualtran.resource_counting import GateCounts

from bloqs.costs import Conventions, TDepthUpperBound, estimate
from bloqs.costs.schedule import schedule
from bloqs.costs.schedule.gate_nodes import GateNodes, written_size
from bloqs.costs.schedule.routines import Gate
from bloqs.loading import LoadedVector
from bloqs.loading.bucket_brigade import BucketBrigadeQRAM
from tests.costs.toys import Calls, Gates


def test_what_has_no_decomposition_is_bounded_and_told() -> None:
    bloq = Calls(Gates(num_t=2), 3, Gates(num_toffoli=4), 2)
    found = schedule(bloq)
    assert (found.t_depth, found.sequential_t_depth, found.exact) == (14, 14, False)
    assert found.notes == (
        "Calls has no decomposition: its wires are aligned and its parts taken one after another",
    )
    json.dumps(found.to_dict())


def test_a_stated_depth_is_taken() -> None:
    n = 5
    query = BucketBrigadeQRAM(None, n, 2)
    assert schedule(query, Conventions()).sequential_t_depth == query.toffoli_depth


@pytest.mark.parametrize(
    ("loading", "bits", "size", "layers"),
    [("select-swap", 8, 3, 20), ("qrom", 8, 3, 20), ("qrom", 12, 6, 112)],
)
def test_measured_unloads_are_scheduled_as_such(
    loading: str, bits: int, size: int, layers: int
) -> None:
    """An unload that is measured is a shorter circuit, and not one with the depth of the other."""
    vector = LoadedVector(None, loading, bits, bitsize=size)
    unitary, measured = (estimate(vector, uncompute=way) for way in ("unitary", "measured"))
    assert measured.schedule.exact, measured.schedule.notes
    assert measured.t_depth == layers
    assert measured.t_depth <= measured.sequential_t_depth < unitary.sequential_t_depth
    assert measured.t_depth < unitary.t_depth


def test_what_a_generalizer_drops_takes_no_layer_and_keeps_its_place() -> None:
    nodes = GateNodes(TDepthUpperBound(), lambda bloq: None if bloq == TGate() else bloq)
    dropped, kept = nodes.whole(TGate()), nodes.whole(TGate().adjoint())
    assert dropped is not None
    assert kept is not None
    assert [gate for gate, _, _ in dropped.calls] == [Gate(0)]
    assert [gate for gate, _, _ in kept.calls] == [Gate(1)]
    assert dropped.ins == kept.ins


def test_weights_by_hand() -> None:
    """One T, three Toffolis of two layers, seven rotations of five."""
    nodes = GateNodes(TDepthUpperBound(toffoli_depth=2, rotation_depth=5), None)
    assert nodes._weight(GateCounts(t=1, toffoli=3, rotation=7)) == 42
    assert nodes._weight(GateCounts(clifford=9)) == 0


def test_size_of_what_is_written_out() -> None:
    """Its parts and its qubits; nothing where there are no parts; a symbol is endless."""
    parts = [(TGate(), 3), (CNOT(), 4)]
    assert written_size(Toffoli(), parts) == 7 + 3
    assert written_size(Toffoli(), []) == 0
    assert written_size(Toffoli(), [(TGate(), sympy.Symbol("n"))]) == math.inf
