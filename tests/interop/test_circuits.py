"""Circuits for other tools do what the bloq does, by their own simulators."""

from __future__ import annotations

import cirq
import numpy as np
import pytest
from qdk import openqasm, qsharp
from qualtran import Bloq, BloqBuilder, BloqExample, QBit, QUInt, Register, Side
from qualtran.bloqs.arithmetic import Add
from qualtran.bloqs.basic_gates import CNOT, GlobalPhase, Hadamard, Ry, Swap, TGate, ZeroEffect
from qualtran.bloqs.mcmt import And

from bloqs import load_example
from bloqs.catalogue import CATALOGUE
from bloqs.interop import to_cirq, to_openqasm
from bloqs.loading import LoadedVector
from bloqs.statevector.simulator import Simulator
from bloqs.wiring import wire_count

MAX_QUBITS = 10
SIMULATOR = Simulator()


def matrix_by_us(bloq: Bloq) -> np.ndarray:
    lefts = list(bloq.signature.lefts())
    found = SIMULATOR.contract(bloq, open_inputs=[register.name for register in lefts])
    return np.reshape(found, (-1, 2 ** sum(map(wire_count, lefts))))


LONG = {"network_small", "published_pooling", "skip_norm_network", "skip_norm_network_swap"}
"""Thousands of gates each."""

EXAMPLES = [
    pytest.param(example, id=example.name, marks=[pytest.mark.slow] if example.name in LONG else [])
    for entry in CATALOGUE
    for example in entry.concrete
    if not example.name.endswith("_shape")
    # Rotations and data of unknown angle; measurements, which no unitary circuit has.
    and example.name
    not in {
        "generic_rotation",
        "unknown_data_gate",
        "measure_row",
        "measured_unload",
        "measured_retreat",
    }
]


def register_qubits(bloq: Bloq) -> list[cirq.Qid]:
    return [
        cirq.NamedQubit(f"{register.name}_{i}")
        for register in bloq.signature
        for i in range(wire_count(register))
    ]


def inputs_of(bloq: Bloq) -> list[str]:
    return [f"{reg.name}_{i}" for reg in bloq.signature.lefts() for i in range(wire_count(reg))]


def matrix_by_cirq(bloq: Bloq) -> np.ndarray:
    """The bloq's matrix from the circuit: borrowed qubits |0> before and, it is asserted, after."""
    circuit = to_cirq(bloq)
    kept = register_qubits(bloq)
    order = [*kept, *sorted(circuit.all_qubits() - {*kept})]
    unitary = circuit.unitary(order, dtype=np.complex128)
    n, left = len(order), inputs_of(bloq)
    right = [f"{r.name}_{i}" for r in bloq.signature.rights() for i in range(wire_count(r))]
    tensor = unitary.reshape((2,) * (2 * n))
    # What is not an input starts as |0>, what is not an output ends as it.
    index = [slice(None) if q.name in right else 0 for q in order]
    index += [slice(None) if q.name in left else 0 for q in order]
    return tensor[tuple(index)].reshape(2 ** len(right), 2 ** len(left))


@pytest.mark.parametrize("example", EXAMPLES)
def test_cirq_does_what_the_bloq_does(example: BloqExample) -> None:
    bloq = example.make()
    circuit = to_cirq(bloq)
    assert {*register_qubits(bloq)} <= {*circuit.all_qubits()}
    if len(circuit.all_qubits()) <= MAX_QUBITS:
        np.testing.assert_allclose(matrix_by_cirq(bloq), matrix_by_us(bloq), atol=1e-7)


def wrapped() -> dict[str, Bloq]:
    vector = LoadedVector([0.6, 0.0, 0.0, 0.8])
    bb = BloqBuilder()
    x, y = bb.add_register("x", 1), bb.add_register("y", 1)
    x, y = bb.add(CNOT(), ctrl=x, target=y)
    crossed = bb.finalize(x=y, y=x)
    bb = BloqBuilder()
    ctrl, flag = bb.add(And(1, 0), ctrl=bb.split(bb.add_register("both", 2)))
    flag = bb.add(TGate(), q=flag)
    ctrl = bb.add(And(1, 0).adjoint(), ctrl=ctrl, target=flag)
    undone = bb.finalize(both=bb.join(ctrl))
    bb = BloqBuilder()
    q = bb.add(Hadamard(), q=bb.add_register("q", 1))
    bb.add(GlobalPhase(exponent=0.25))
    phased = bb.finalize(q=q)
    bb = BloqBuilder()
    q = bb.add(Ry(0.7), q=bb.add_register(Register("q", QBit(), side=Side.LEFT)))
    bb.add(ZeroEffect(), q=q)
    projected = bb.finalize()
    return {
        "adjoint": vector.adjoint(),
        "controlled": vector.controlled(),
        "And": And(0, 1),
        "And, undone": undone,
        "Add": Add(QUInt(3)),
        "Swap": Swap(2),
        "controlled T": TGate().controlled(),
        "wires that cross": crossed,
        "global phase": phased,
        "projection": projected,
    }


@pytest.mark.parametrize("name", wrapped())
def test_cirq_of_other_bloqs(name: str) -> None:
    bloq = wrapped()[name]
    np.testing.assert_allclose(matrix_by_cirq(bloq), matrix_by_us(bloq), atol=1e-7)


@pytest.mark.parametrize("version", ["2.0", "3.0"])
@pytest.mark.parametrize(
    "name", ["loaded_vector", "select_swap_lookup", "normalised", "residual_block"]
)
def test_openqasm_runs_in_the_qdk(name: str, version: str) -> None:
    bloq = next(one for one in EXAMPLES if one.id == name).values[0].make()
    program = to_openqasm(bloq, version=version)
    assert program.count(f"OPENQASM {version};") == 1
    circuit = to_cirq(bloq)
    n = len(circuit.all_qubits())
    qsharp.init()
    openqasm.import_openqasm(program, name="Exported", program_type=openqasm.ProgramType.Operation)
    qsharp.eval(f"use qubits = Qubit[{n}]; Exported(qubits);")
    state = np.array(qsharp.dump_machine().as_dense_state())
    kept = register_qubits(bloq)
    order = [*kept, *sorted(circuit.all_qubits() - {*kept})]
    expected = circuit.final_state_vector(qubit_order=order, dtype=np.complex128)
    overlap = np.vdot(expected, state)
    assert abs(overlap) == pytest.approx(1, abs=1e-6)


def test_registers_are_named_in_openqasm() -> None:
    header = to_openqasm(And()).splitlines()[:2]
    assert header[0] == "// And, by resnet-bloqs"
    assert header[1] == "// Qubits, most significant first: ctrl_0, ctrl_1, target_0"


def test_a_large_bloq_is_refused_before_it_is_made() -> None:
    example = load_example("digits-1")
    network = example.spec.to_bloq(example.images[0], loading="rotations")
    with pytest.raises(
        ValueError, match=r"ResidualNetwork.* is a circuit of .* gates, and at most .* 1,000"
    ):
        to_cirq(network, max_gates=1000)
    with pytest.raises(ValueError, match="max_gates must be"):
        to_cirq(network, max_gates=0)
    with pytest.raises(ValueError, match=r"version must be one of '2.0', '3.0'"):
        to_openqasm(network, version="1.0")
    with pytest.raises(ValueError, match=r"bloq must be a qualtran.Bloq"):
        to_cirq("digits-1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="its angle is unknown"):
        to_cirq(LoadedVector(None, "rotations", bitsize=4))
