import numpy as np
import pytest
from qualtran import BloqBuilder
from qualtran.bloqs.basic_gates import CNOT, Hadamard, Ry
from qualtran.bloqs.mcmt import And

from bloqs.layers import ResidualBlock
from bloqs.loading import LoadedVector
from bloqs.report import diagram
from bloqs.report.diagram import bloq_label, bundles, circuit_diagram, qualtran_diagram, trace
from tests.report.toys import tiny_images, tiny_network


@pytest.fixture(scope="module")
def block() -> ResidualBlock:
    network = tiny_network().to_bloq(tiny_images()[0])
    (found, _) = diagram.drawn_layers(network)
    assert isinstance(found, ResidualBlock)
    return found


def test_trace_follows_qubits_through_splits_and_joins() -> None:
    bb = BloqBuilder()
    x = bb.add_register("x", 3)
    first, second, third = bb.split(x)
    second, third = bb.add(CNOT(), ctrl=second, target=third)
    x = bb.join(np.array([third, first, second]))
    first, second, third = bb.split(x)
    first = bb.add(Hadamard(), q=first)
    steps = trace(bb.finalize(x=bb.join(np.array([first, second, third]))))
    assert [step.bloq for step in steps] == [CNOT(), Hadamard()]
    assert steps[0].qubits == {"ctrl": (("x", 1),), "target": (("x", 2),)}
    assert steps[1].qubits == {"q": (("x", 2),)}  # joined in another order


def test_trace_names_qubits_that_are_made_inside() -> None:
    bb = BloqBuilder()
    a, b = bb.add_register("a", 1), bb.add_register("b", 1)
    (a, b), target = bb.add(And(), ctrl=[a, b])
    target = bb.add(Hadamard(), q=target)
    target = bb.add(Hadamard(), q=target)
    a, b = bb.add(And().adjoint(), ctrl=[a, b], target=target)
    steps = trace(bb.finalize(a=a, b=b))
    assert steps[0].qubits == {"ctrl": (("a", 0), ("b", 0))}
    assert steps[1].qubits == {"q": (("new", 0),)}
    assert steps[3].qubits["target"] == (("new", 0),)


def test_bundles_cover_every_qubit_once(block: ResidualBlock) -> None:
    composite = block.decompose_bloq()
    steps = trace(composite)
    lines = bundles(steps, composite.signature.lefts())
    qubits = [qubit for line in lines for qubit in line]
    assert len(qubits) == len(set(qubits)) == composite.signature.n_qubits()
    for line in lines:  # alike in every step
        for step in steps:
            for touched in step.qubits.values():
                assert len(set(line) & set(touched)) in (0, len(line))


def test_circuit_names_every_bloq(block: ResidualBlock) -> None:
    drawing = circuit_diagram(block, "Residual block")
    for name in ("LoadedVector", "Conv2DBlockEncoding", "QSVT", "Ry("):
        assert name in drawing.svg
    assert drawing.svg.startswith("<svg role=")


def test_qualtran_drawing_works_without_dot(
    block: ResidualBlock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagram.shutil, "which", lambda name: None)
    drawing = qualtran_diagram(block, "Residual block")
    assert "musical score" in drawing.caption
    assert "<path" in drawing.svg
    assert "http" not in drawing.svg


def test_label() -> None:
    assert bloq_label(Ry(0.5).adjoint()) == "Ry(-0.500)"
    assert bloq_label(LoadedVector([0.6, 0.8]).adjoint()) == "LoadedVector†"
    assert bloq_label(And().adjoint()) == "And†"


def test_network_without_blocks_has_no_diagram() -> None:
    assert diagram.network_diagrams(LoadedVector([0.6, 0.8])) == ()
