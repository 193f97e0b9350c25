"""One walk gathers what Qualtran's own cost keys count, each by a walk of its own."""

from __future__ import annotations

from collections import Counter

import pytest
from qualtran import Bloq
from qualtran.bloqs.basic_gates import CNOT, Ry
from qualtran.resource_counting import GateCounts, QECGatesCost, QubitCount, get_cost_value

from bloqs.catalogue import CATALOGUE
from bloqs.costs import BloqCalls, InputCalls, QRAMQueries, TDepthUpperBound, Workspace, estimate
from bloqs.costs.call_graph import walk
from bloqs.costs.qubits import logical_qubits
from bloqs.layers import ResidualBlock
from bloqs.loading import MEMORY_MODELS, LoadedVector, QRAMQuery
from bloqs.loading.charges import Charges, Uncompute
from bloqs.networks import load_example
from bloqs.qsvt import QSVT
from tests.costs.toys import Calls, Gates, Image, Memory, Sandwich, ScanMemory, turns_as_gates

EXAMPLES = [example for entry in CATALOGUE for example in entry.examples]
WAYS = [(memory, way) for memory in MEMORY_MODELS for way in Uncompute]


def assert_both_routes_agree(bloq: Bloq, memory: str, uncompute: str) -> None:
    charges = Charges(memory, uncompute)
    graph = walk(bloq, charges)
    depth = TDepthUpperBound(rotation_depth=29, toffoli_depth=2)
    for gathered, key, generalizer in (
        (graph.native(), QECGatesCost(), [charges, turns_as_gates]),
        (graph.value(depth), depth, charges),
        (graph.value(InputCalls()), InputCalls(), None),
        (graph.value(QRAMQueries()), QRAMQueries(), None),
        (graph.workspaces().of(bloq), Workspace(), charges),
    ):
        assert gathered == get_cost_value(bloq, key, generalizer=generalizer), str(key)
    found = graph.workspaces().qubits(bloq)
    assert found == logical_qubits(bloq, charges)
    if memory == "select-swap":
        # What a bloq states is what its memory's circuits take, and Qualtran's own count of it.
        assert found == get_cost_value(bloq, QubitCount(), generalizer=charges)
        assert found == logical_qubits(bloq)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_by_both_routes(example) -> None:
    bloq = example.make()
    for memory, way in WAYS if walk(bloq).value(QRAMQueries()) else WAYS[:2]:
        if isinstance(bloq, QRAMQuery) and memory == "oracle":
            continue  # Qualtran's keys are not told of a root that is left out.
        assert_both_routes_agree(bloq, memory, way)


@pytest.mark.parametrize("name", ["digits-1", pytest.param("digits-2", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("memory", "way"), WAYS)
def test_networks_by_both_routes(name: str, memory: str, way: str) -> None:
    network = load_example(name).spec.cost_bloq(loading="qram")
    assert_both_routes_agree(network, memory, way)


def test_the_memory_model_sets_the_qubits_of_a_network() -> None:
    """Its tables are read from one memory, whose circuit is beside the phase gradient and the angle."""
    network = load_example("digits-1").spec.cost_bloq(loading="qram")
    found = {memory: estimate(network, qram=memory) for memory in MEMORY_MODELS}
    oracle = found["oracle"]
    for memory, report in found.items():
        assert report.qram_queries == oracle.qram_queries
        extra = report.logical_qubits - oracle.logical_qubits
        rooms = [
            MEMORY_MODELS[memory].circuit(query).workspace
            for query in walk(network)
            if isinstance(query, QRAMQuery) and memory != "oracle"
        ]
        # An adder's carries take the place of a small circuit, two qubits less than the angle has bits.
        assert extra <= max(rooms, default=0)
        assert (extra > 0) == (memory != "oracle")
    assert found["bucket-brigade"].logical_qubits > found["select-swap"].logical_qubits


def test_a_key_of_ones_own_searches_below_leaves() -> None:
    """A gate count stops at a stock gate; a count of calls does not."""
    bloq = Calls(Sandwich(), 3, Image().adjoint(), 2)
    for key in (BloqCalls.of_type(Ry), BloqCalls.of_type(CNOT)):
        assert walk(bloq).value(key) == get_cost_value(bloq, key)


def test_a_query_stays_in_the_graph() -> None:
    bloq = Calls(Memory(8), 3, Gates(num_t=1), 5)
    graph = walk(bloq, Charges("oracle"))
    assert graph.callees[Memory(8)] == ()
    assert Memory(8) not in graph.gates
    charged = walk(bloq, Charges(ScanMemory()))
    (circuit,) = charged.callees[Memory(8)]
    assert circuit == (ScanMemory().circuit(Memory(8)), 1)
    assert charged.value(QRAMQueries()) == {8: 3}
    assert walk(Memory(8), Charges("oracle")).native() == GateCounts()


def test_one_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each bloq is asked for its callees once, and once more for its adjoint, for all figures together."""
    network = load_example("digits-1").spec.cost_bloq()
    asked: list[Bloq] = []
    for cls in (QSVT, LoadedVector, ResidualBlock):
        plain = cls.build_call_graph

        def counting(self: Bloq, ssa: object, plain=plain) -> object:
            asked.append(self)
            return plain(self, ssa)

        monkeypatch.setattr(cls, "build_call_graph", counting)
    report = estimate(network)
    assert report.t_count > 0
    assert {type(bloq) for bloq in asked} == {QSVT, LoadedVector, ResidualBlock}
    assert max(Counter(asked).values()) == 2
