"""Runs, and qubits that are freed while they are not |0>."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np
import pytest
import quimb.tensor as qtn
from qualtran import (
    Bloq,
    BloqBuilder,
    QBit,
    Register,
    Side,
    Signature,
)
from qualtran.bloqs.basic_gates import (
    Hadamard,
    PlusEffect,
    Ry,
    XGate,
    ZeroState,
)
from qualtran.bloqs.bookkeeping import Allocate, Free
from qualtran.bloqs.mcmt import And

from bloqs.statevector.compile import Compiler
from bloqs.statevector.kernel import deposit_bits
from bloqs.statevector.map_nodes import MapNodes
from bloqs.statevector.merge import merge
from bloqs.statevector.program import expanded
from bloqs.statevector.run import Run
from bloqs.verify.gate_level import (
    DirtyFreeError,
    Simulator,
    contract,
)
from tests.statevector.circuits import (
    InsideBlock,
    InsideLayer,
    InsideNetwork,
    Spoilt,
    composite,
    mixed_circuit,
    simulated_by_cirq,
)


@pytest.mark.slow
@pytest.mark.parametrize("log2_amplitudes", [12, 26])
def test_deep_circuit_of_12_qubits_agrees_with_cirq(log2_amplitudes: int) -> None:
    # Compiled as for a short state, where maps stay as they are, and as for a long one, where they merge.
    circuit = mixed_circuit(12, 500, 3)
    structures = MapNodes()
    program = Compiler().program(structures.node(circuit), log2_amplitudes)
    assert (program.n_maps < 300) == (log2_amplitudes == 26)
    state = np.eye(2**12, 1, dtype=np.complex128)
    run = Run(state, 12, free_tolerance=1e-9, progress=None)
    positions = [run.position[handle] for handle in run.execute(program)]
    found = run.state[deposit_bits(np.arange(2**12), positions), 0]
    np.testing.assert_allclose(found, simulated_by_cirq(circuit), atol=1e-10)


def dirty(bb: BloqBuilder, bits: np.ndarray) -> None:
    """Allocate a qubit, turn it a little, free it."""
    qubit = bb.add(Ry(0.2), q=bb.add(Allocate(QBit())))
    bb.add(Free(QBit()), reg=qubit)
    bits[0] = bb.add(XGate(), q=bits[0])


@pytest.mark.parametrize("is_merging", [True, False])
def test_dirty_free_is_reported_with_its_path(is_merging: bool) -> None:
    inner = composite(1, dirty)

    def add(bb: BloqBuilder, bits: np.ndarray) -> None:
        for _ in range(400):  # often enough to be merged
            bits[0] = bb.add(inner, q0=bits[0])

    simulator = Simulator(is_merging=is_merging)
    with pytest.raises(DirtyFreeError, match=r"not \|0>.*CompositeBloq > .*Free") as caught:
        simulator.contract(composite(1, add))
    assert caught.value.path == ("CompositeBloq", "CompositeBloq", "Free")
    assert caught.value.lost_norm == pytest.approx(np.sin(0.1), abs=1e-12)
    unchecked = Simulator(is_merging=is_merging, check_free=False)
    out = unchecked.contract(composite(1, add))
    np.testing.assert_allclose(out, [np.cos(0.1) ** 400, 0], atol=1e-12)


@pytest.mark.parametrize("is_merging", [True, False])
@pytest.mark.parametrize("num_gates", [1, 4, 40], ids=["spliced", "partly", "called"])
def test_dirty_free_is_reported_with_every_name(num_gates: int, is_merging: bool) -> None:
    network = InsideNetwork(InsideBlock(InsideLayer(Spoilt(), num_gates)), num_gates)
    names = ("InsideNetwork", "InsideBlock", "InsideLayer", "Spoilt", "Free")
    # Of a long state, of which the compiler thinks that merging pays; and a run that is not repeated.
    program = Compiler(is_merging=is_merging).program(MapNodes().node(network), 20)
    state = np.eye(2, 1, dtype=np.complex128)
    run = Run(state, 1, free_tolerance=1e-9, progress=None)
    with pytest.raises(DirtyFreeError) as compiled:
        run.execute(program)
    found = compiled.value.path
    assert found == names if not is_merging else found[: len(names)] == names[: len(found)]
    for method in ("state", "network"):
        with pytest.raises(DirtyFreeError) as caught:
            contract(network, method=method, simulator=Simulator(is_merging=is_merging))
        assert caught.value.path == names


def test_dirty_free_of_a_leaf_names_it_once() -> None:
    for method in ("state", "network"):
        with pytest.raises(DirtyFreeError) as caught:
            contract(Free(QBit()), inputs={"reg": 1}, method=method)
        assert caught.value.path == ("Free",)


def test_free_is_judged_on_the_state_that_comes() -> None:
    # AND undone on controls that may have changed: clean for control 0, dirty for control 1.
    def add(bb: BloqBuilder, bits: np.ndarray) -> None:
        (bits[0], bits[1]), top = bb.add(And(), ctrl=[bits[0], bits[1]])
        bits[1] = bb.add(XGate(), q=bits[1])
        bits[0], bits[1] = bb.add(And().adjoint(), ctrl=[bits[0], bits[1]], target=top)

    circuit = composite(2, add)
    assert contract(circuit, inputs={"q1": 1}).tolist() == [1, 0, 0, 0]
    with pytest.raises(DirtyFreeError, match="And"):
        contract(circuit, inputs={"q0": 1})


def test_effects_project_without_complaint() -> None:
    def add(bb: BloqBuilder, bits: np.ndarray) -> None:
        bb.add(PlusEffect(), q=bb.add(Ry(0.2), q=bb.add(ZeroState())))
        bits[0] = bb.add(Hadamard(), q=bits[0])

    overlap = (np.cos(0.1) + np.sin(0.1)) / np.sqrt(2)
    np.testing.assert_allclose(contract(composite(1, add)), [overlap / np.sqrt(2)] * 2, atol=1e-15)


@attrs.frozen
class Halving(Bloq):
    """Takes a qubit in, which must be |0>, and keeps half of the amplitude of the other."""

    @cached_property
    def signature(self) -> Signature:
        return Signature([Register("q", QBit()), Register("a", QBit(), side=Side.LEFT)])

    def my_tensors(self, incoming: dict, outgoing: dict) -> list[qtn.Tensor]:
        indices = [(outgoing["q"], 0), (incoming["q"], 0), (incoming["a"], 0)]
        return [qtn.Tensor(np.stack([np.eye(2) / 2, np.zeros((2, 2))], axis=-1), indices)]


@pytest.mark.parametrize("num_gates", [0, 30])
def test_amplitude_lost_by_a_factor_is_a_dirty_free(num_gates: int) -> None:
    def add(bb: BloqBuilder, bits: np.ndarray) -> None:
        for _ in range(num_gates):
            bits[0] = bb.add(XGate(), q=bits[0])
        bits[0] = bb.add(Halving(), q=bits[0], a=bb.add(Allocate(QBit())))

    circuit = composite(1, add)
    for method in ("state", "network"):
        with pytest.raises(DirtyFreeError, match="Halving") as caught:
            contract(circuit, method=method)
        assert caught.value.lost_norm == pytest.approx(np.sqrt(0.75), abs=1e-12)
    unchecked = contract(circuit, method="network", simulator=Simulator(check_free=False))
    assert unchecked.tolist() == [0.5, 0]
    # Merged, it loses what it lost.
    node = MapNodes().node(circuit)
    steps, _ = expanded(Compiler(is_merging=False).program(node, 1))
    leak = merge(steps).kernel.leak
    assert leak is not None
    np.testing.assert_allclose(leak.reshape(-1), [0.75, 0.75], atol=1e-12)
