"""The gate level against `tensor_contract`, cirq and dense matrices."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import cached_property

import attrs
import cirq
import numpy as np
import pytest
import quimb.tensor as qtn
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran import (
    Adjoint,
    Bloq,
    BloqBuilder,
    CompositeBloq,
    Controlled,
    CtrlSpec,
    QAny,
    QBit,
    QInt,
    QUInt,
    Register,
    Side,
    Signature,
    Soquet,
)
from qualtran.bloqs.arithmetic import (
    Add,
    AddK,
    EqualsAConstant,
    LessThanConstant,
    Negate,
    OutOfPlaceAdder,
    XorK,
)
from qualtran.bloqs.basic_gates import (
    CSwap,
    GlobalPhase,
    Hadamard,
    IntEffect,
    IntState,
    MeasureZ,
    MinusState,
    OneEffect,
    OneState,
    PlusEffect,
    PlusState,
    Ry,
    Rz,
    SU2RotationGate,
    Swap,
    TGate,
    TwoBitSwap,
    XGate,
    YGate,
    ZeroEffect,
    ZeroState,
    ZGate,
    ZPowGate,
)
from qualtran.bloqs.block_encoding import (
    ChebyshevPolynomial,
    LinearCombination,
    Product,
    Unitary,
)
from qualtran.bloqs.bookkeeping import Allocate, Cast, Free, Join, Partition, Split
from qualtran.bloqs.data_loading.qrom import QROM
from qualtran.bloqs.for_testing.matrix_gate import MatrixGate
from qualtran.bloqs.mcmt import And, MultiAnd, MultiControlX

from bloqs.statevector.compile import Compiler
from bloqs.statevector.kernel import deposit_bits
from bloqs.statevector.merge import merge
from bloqs.statevector.program import expanded
from bloqs.statevector.run import Run
from bloqs.statevector.structure import Structures
from bloqs.verify.gate_level import (
    DirtyFreeError,
    NoTensorsError,
    SimulationTooLargeError,
    Simulator,
    contract,
    encoded_matrix_gate,
    encoded_vector_gate,
    plan_contraction,
    unitary,
)
from tests.statevector.circuits import (
    InsideBlock,
    InsideLayer,
    InsideNetwork,
    Nested,
    RandomUnitary,
    Spoilt,
    ToyQSVT,
    WrongAdjoint,
    ZeroPhase,
    cirq_circuit,
    composite,
    final_state,
    flat_circuit,
    mixed_circuit,
)

X_AND_Z = LinearCombination((Unitary(XGate()), Unitary(ZGate())), (0.6, -0.8), lambd_bits=1)
SPLIT_IN_THREE = (Register("a", QBit()), Register("b", QUInt(2)), Register("c", QBit(), shape=(2,)))

STOCK: list[Bloq] = [
    And(),
    And(0, 1),
    And().adjoint(),
    MultiAnd((1, 0, 1)),
    MultiAnd((1, 1, 0)).adjoint(),
    MultiControlX((1, 0, 1, 1)),
    Add(QUInt(3)),
    AddK(QUInt(3), 3),
    AddK(QUInt(3), 3).controlled(),
    Add(QUInt(2)).controlled(),
    Adjoint(Add(QUInt(2))),
    OutOfPlaceAdder(2),
    Negate(QInt(2)),
    XorK(QUInt(3), 5).controlled(),
    LessThanConstant(3, 5),
    EqualsAConstant(3, 5),
    QROM.build_from_data([1, 2, 3, 1], target_bitsizes=(2,)),
    QROM.build_from_data([1, 2, 3], target_bitsizes=(2,), num_controls=1),
    CSwap(2),
    Swap(2),
    TwoBitSwap().controlled(),
    Ry(0.3),
    Rz(0.3).adjoint(),
    ZPowGate(0.3),
    YGate(),
    GlobalPhase(exponent=0.3),
    SU2RotationGate(0.1, 0.2, 0.3),
    Ry(0.3).controlled(),
    Rz(0.2).controlled(),
    ZPowGate(0.2).controlled(CtrlSpec(cvs=(0,))),
    Hadamard().controlled(CtrlSpec(cvs=[1, 0])),
    Controlled(Ry(0.4), CtrlSpec(qdtypes=QUInt(2), cvs=2)),
    MatrixGate.random(2, random_state=1),
    MatrixGate.random(2, random_state=1).adjoint(),
    MatrixGate.random(2, random_state=1).controlled(),
    Allocate(QAny(2)),
    Free(QAny(2)),
    Split(QUInt(3)),
    Join(QUInt(3)),
    Cast(QUInt(3), QAny(3)),
    Partition(5, SPLIT_IN_THREE),
    IntState(3, 4),
    IntEffect(2, 3),
    ZeroState(),
    OneState(),
    PlusState(),
    MinusState(),
    ZeroEffect(),
    OneEffect(),
    PlusEffect(),
    Product((Unitary(XGate()), Unitary(Hadamard()))),
    X_AND_Z,
    ChebyshevPolynomial(X_AND_Z, 3),
    RandomUnitary(4, 40, 0),
    RandomUnitary(4, 40, 0).adjoint(),
    ZeroPhase(4, 0.3),
    ToyQSVT(RandomUnitary(3, 10, 0), 4),
]


@pytest.mark.parametrize("is_merging", [True, False])
@pytest.mark.parametrize("bloq", STOCK, ids=lambda bloq: f"{type(bloq).__name__} {bloq}")
def test_agrees_with_tensor_contract(bloq: Bloq, is_merging: bool) -> None:
    simulator = Simulator(is_merging=is_merging, check_free=False)
    found = unitary(bloq, simulator=simulator)
    expected = bloq.tensor_contract()
    np.testing.assert_allclose(found.reshape(np.shape(expected)), expected, atol=1e-12)


@settings(max_examples=100)
@given(st.integers(2, 5), st.integers(1, 25), st.integers(0, 2**32 - 1))
def test_random_circuits_agree_with_tensor_contract_and_cirq(
    n: int, num_gates: int, seed: int
) -> None:
    circuit = mixed_circuit(n, num_gates, seed)
    matrix = unitary(circuit, simulator=Simulator())
    expected = circuit.tensor_contract().reshape(2**n, 2**n)
    np.testing.assert_allclose(matrix, expected, atol=1e-10)
    column = contract(circuit, simulator=Simulator())
    np.testing.assert_allclose(column, simulated_by_cirq(circuit), atol=1e-10)


def simulated_by_cirq(circuit: CompositeBloq) -> np.ndarray:
    """The state that cirq finds, from zeros."""
    translated, qubits = cirq_circuit(circuit)
    return final_state(cirq.Simulator(dtype=np.complex128).simulate(translated), qubits)


@settings(max_examples=25)
@given(
    st.integers(6, 10), st.integers(0, 2**32 - 1), st.sampled_from([np.complex64, np.complex128])
)
def test_wider_random_circuits_agree_with_cirq(n: int, seed: int, dtype: type) -> None:
    circuit = mixed_circuit(n, 40, seed)
    found = contract(circuit, simulator=Simulator(dtype=dtype))
    assert found.dtype == dtype
    tolerance = 1e-10 if dtype == np.complex128 else 1e-5
    np.testing.assert_allclose(found, simulated_by_cirq(circuit), atol=tolerance)


@pytest.mark.parametrize("log2_amplitudes", [12, 26])
def test_deep_circuit_of_12_qubits_agrees_with_cirq(log2_amplitudes: int) -> None:
    # Compiled as for a short state, where maps stay as they are, and as for a long one, where they merge.
    circuit = mixed_circuit(12, 500, 3)
    structures = Structures()
    program = Compiler().program(structures.node(circuit), log2_amplitudes)
    assert (program.n_maps < 300) == (log2_amplitudes == 26)
    state = np.eye(2**12, 1, dtype=np.complex128)
    run = Run(state, 12, free_tolerance=1e-9, progress=None)
    positions = [run.position[handle] for handle in run.execute(program)]
    found = run.state[deposit_bits(np.arange(2**12), positions), 0]
    np.testing.assert_allclose(found, simulated_by_cirq(circuit), atol=1e-10)


@pytest.mark.parametrize(
    ("make", "n", "num_gates"),
    [
        (flat_circuit, 11, 10_000),
        (flat_circuit, 22, 40),
        (mixed_circuit, 13, 1000),
        (mixed_circuit, 22, 40),
    ],
)
def test_memory_within_four_states(
    make: Callable[[int, int, int], CompositeBloq], n: int, num_gates: int
) -> None:
    circuit = make(n, num_gates, 1)
    simulator = Simulator(dtype=np.complex64)
    simulator.contract(make(16, 100, 0))  # what is compiled at first use is no part of it
    state_bytes = 2 ** simulator.plan(circuit).peak_qubits * 8
    tracemalloc.start()
    try:
        simulator.contract(circuit)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * state_bytes


def test_even_qsvt_of_a_dense_unitary() -> None:
    toy = ToyQSVT(RandomUnitary(10, 100, 7), 40)
    simulator = Simulator()
    plan = simulator.plan(toy)
    assert plan.leaf_gates > 5_000
    assert plan.maps < plan.leaf_gates / 5
    assert plan.peak_qubits == 11
    u = unitary(toy.unitary, simulator=Simulator(is_merging=False))
    found = encoded_vector_gate(toy, simulator=simulator)
    np.testing.assert_allclose(found, toy.dense_vector(u), atol=1e-11)


def test_wide_ladder_needs_no_more_qubits_than_it_has() -> None:
    # 19 qubits and 17 rungs: rung by rung, the state would have 2**36 amplitudes on the way.
    phase = ZeroPhase(18, 0.3)
    simulator = Simulator()
    assert simulator.plan(phase).peak_qubits == 19
    rng = np.random.default_rng(0)
    vector = rng.normal(size=2**18)
    out = simulator.contract(phase, inputs={"q": vector, "sign": 1}).reshape(2**18, 2)
    assert np.all(out[:, 0] == 0)
    expected = vector * np.exp(0.3j)
    expected[0] = vector[0] * np.exp(-0.3j)
    np.testing.assert_allclose(out[:, 1], expected, atol=1e-14)


@pytest.mark.parametrize("n", [3, 9, 14])
@pytest.mark.parametrize("controls", [(1, 1), (0, 1)])
def test_ladder_around_a_gate_that_is_not_diagonal(n: int, controls: tuple[int, int]) -> None:
    def add(bb: BloqBuilder, bits: np.ndarray) -> None:
        tops, top, conjunctions = [], bits[0], []
        for i in range(1, n):
            conjunctions.append(And(controls[0] if i == 1 else 1, controls[1]))
            (below, bits[i]), top = bb.add(conjunctions[-1], ctrl=[top, bits[i]])
            tops.append(below)
        top, bits[n] = bb.add(Ry(0.9).controlled(), ctrl=top, q=bits[n])
        bits[n] = bb.add(Hadamard(), q=bits[n])
        for i in reversed(range(1, n)):
            undo = conjunctions.pop().adjoint()
            top, bits[i] = bb.add(undo, ctrl=[tops.pop(), bits[i]], target=top)
        bits[0] = top

    ladder = composite(n + 1, add)
    vector = np.random.default_rng(n).normal(size=2 ** (n + 1))
    parts = vector.reshape((2,) * (n + 1))
    found = contract(
        ladder, inputs={"q0": np.array([0.6, 0.8]), "q1": np.array([0.8, -0.6])}
    ).reshape((2,) * (n + 1))
    assert parts.shape == found.shape
    ry = np.array([[np.cos(0.45), -np.sin(0.45)], [np.sin(0.45), np.cos(0.45)]])
    hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    expected = np.zeros_like(found)
    for a in (0, 1):
        for b in (0, 1):
            # All other controls are |0>: the cube needs them to be `controls[1]`.
            is_on = (a, b) == controls and (n == 2 or controls[1] == 0)
            amplitude = [0.6, 0.8][a] * [0.8, -0.6][b]
            turned = hadamard @ (ry[:, 0] if is_on else np.array([1, 0]))
            expected[(a, b, *(0,) * (n - 2), slice(None))] = amplitude * turned
    np.testing.assert_allclose(found, expected, atol=1e-13)


def test_encoded_matrix_in_chunks() -> None:
    toy = ToyQSVT(RandomUnitary(4, 20, 5), 6)
    whole = toy.tensor_contract().reshape(16, 2, 16, 2)[:, 0, :, 0] * toy.alpha
    np.testing.assert_allclose(encoded_matrix_gate(toy), whole, atol=1e-12)
    # Five columns at a time, which 16 is no multiple of.
    chunked = Simulator(max_amplitudes=5 * 2 ** Simulator().plan(toy).peak_qubits, is_merging=False)
    assert chunked.plan(toy, n_columns=16).batch == 5
    np.testing.assert_allclose(encoded_matrix_gate(toy, simulator=chunked), whole, atol=1e-12)


def test_encoded_matrix_of_stock_block_encodings() -> None:
    x, z = XGate().tensor_contract(), ZGate().tensor_contract()
    np.testing.assert_allclose(encoded_matrix_gate(Unitary(XGate())), x, atol=1e-15)
    exact = (0.5 * x - 0.5 * z).round(12)
    equal = LinearCombination((Unitary(XGate()), Unitary(ZGate())), (0.5, -0.5), lambd_bits=1)
    np.testing.assert_allclose(encoded_matrix_gate(equal), exact, atol=1e-12)


def test_inputs_projections_and_open_registers() -> None:
    adder = Add(QUInt(3))
    out = contract(adder, inputs={"a": 5, "b": 6})
    assert out.nonzero()[0].tolist() == [5 * 8 + 3]
    assert contract(adder, inputs={"a": 5, "b": 6}, project={"a": 5})[3] == 1
    columns = contract(adder, inputs={"a": 5}, project={"a": 5}, open_inputs=["b"])
    np.testing.assert_array_equal(columns, np.roll(np.eye(8), 5, axis=0))
    both = contract(adder, open_inputs=["b", "a"])
    reordered = both.reshape(64, 8, 8).transpose(0, 2, 1).reshape(64, 64)
    np.testing.assert_array_equal(reordered, unitary(adder))
    vector = np.arange(8) / np.linalg.norm(np.arange(8))
    out = contract(adder, inputs={"a": 1, "b": vector}, project={"a": 1})
    np.testing.assert_allclose(out, np.roll(vector, 1), atol=1e-15)


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
    program = Compiler(is_merging=is_merging).program(Structures().node(network), 20)
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


def test_nested_several_hundred_levels() -> None:
    matrix = unitary(Nested(500))
    expected = Ry(0.3).tensor_contract() @ np.diag([1, np.exp(0.25j * np.pi * 501)])
    np.testing.assert_allclose(matrix, expected, atol=1e-12)


def test_wrong_adjoint_is_not_mended() -> None:
    def add(bb: BloqBuilder, bits: np.ndarray) -> None:
        bits[0] = bb.add(WrongAdjoint(), q=bits[0])

    t = TGate().tensor_contract()
    adjoint = Adjoint(composite(1, add))
    np.testing.assert_allclose(unitary(adjoint), t, atol=1e-15)


def test_plan_counts_every_leaf() -> None:
    toy = ToyQSVT(RandomUnitary(3, 10, 0), 4)
    assert Simulator().plan(toy).leaf_gates == sum(
        1
        for binst in toy.as_composite_bloq().flatten().bloq_instances
        if not isinstance(binst.bloq, Split | Join | TwoBitSwap)
    )


def test_progress_rises() -> None:
    seen: list[float] = []
    bloq = RandomUnitary(3, 2000, 0)
    contract(bloq, simulator=Simulator(is_merging=False), progress=seen.append)
    assert seen == sorted(seen)
    assert 0 < seen[0] < 0.2
    assert 0.8 < seen[-1] <= 1


def test_caches_can_be_forgotten() -> None:
    simulator = Simulator(cache_bytes=1)
    bloq = ToyQSVT(RandomUnitary(4, 20, 5), 6)
    first = encoded_vector_gate(bloq, simulator=simulator)
    np.testing.assert_array_equal(encoded_vector_gate(bloq, simulator=simulator), first)


def test_refuses_before_running() -> None:
    with pytest.raises(SimulationTooLargeError, match=r"40 qubits alive at once.*bytes.*limit"):
        contract(XorK(QUInt(40), 3))
    with pytest.raises(SimulationTooLargeError, match=r"12 qubits.*limit is 1024"):
        contract(RandomUnitary(12, 5, 0), simulator=Simulator(max_amplitudes=2**10))
    with pytest.raises(SimulationTooLargeError, match="16384 columns"):
        unitary(RandomUnitary(14, 5, 0))
    # The limit is on amplitudes, of either type.
    with pytest.raises(
        SimulationTooLargeError, match=r"max_amplitudes if .* \(complex64 takes half"
    ):
        contract(XorK(QUInt(40), 3), method="state")


@pytest.mark.parametrize("size", [1100, 20_000])
@pytest.mark.parametrize("make", [lambda n: Add(QUInt(n)), lambda n: Allocate(QAny(n))])
def test_refuses_widths_beyond_every_float(make: Callable[[int], Bloq], size: int) -> None:
    bloq = make(size)
    width = bloq.signature.n_qubits()
    for method in ("state", "network", "auto"):
        with pytest.raises(SimulationTooLargeError, match=rf"2\*\*{width}") as caught:
            plan_contraction(bloq, method=method)
        assert len(str(caught.value)) < 1000
        with pytest.raises(SimulationTooLargeError):
            contract(bloq, method=method)


def test_a_width_beyond_every_float_as_a_network() -> None:
    bloq, value = XorK(QUInt(1100), 2**1050 + 1), 2**1099
    out = contract(bloq, inputs={"x": value}, project={"x": value + 2**1050 + 1})
    assert out.tolist() == [1]


class Opaque(Bloq):
    """Neither a decomposition nor tensors."""

    @property
    def signature(self):  # type: ignore[no-untyped-def]
        return Signature.build(q=1)

    def __str__(self) -> str:
        return "Opaque"


@pytest.mark.parametrize(
    ("bloq", "options", "message"),
    [
        (Add(QUInt(2)), {"inputs": {"a": 4}}, r"'a' of Add has 2 qubits.*\[0, 4\), got 4"),
        (Add(QUInt(2)), {"inputs": {"c": 0}}, "no left register 'c'; it has a, b"),
        (Add(QUInt(2)), {"project": {"c": 0}}, "no right register 'c'"),
        (Add(QUInt(2)), {"inputs": {"a": np.ones(3)}}, r"vector of length 4, got shape \(3,\)"),
        (Add(QUInt(2)), {"inputs": {"a": 1}, "open_inputs": ["a"]}, "both open and given"),
        (Add(QUInt(2)), {"open_inputs": ["a", "b", "a"]}, "names register 'a' twice"),
        (And(), {"inputs": {"ctrl": 1.5}}, r"'ctrl' of And takes .* \[0, 4\).*length 4; got 1.5"),
        (And(), {"inputs": {"ctrl": "1"}}, "takes a basis state, an integer .* got '1'"),
        (And(), {"inputs": {"ctrl": [1, 0, 0, 0]}}, r"or a numpy vector .* got \[1, 0, 0, 0\]"),
        (And(), {"inputs": {"ctrl": None}}, "got None"),
        (And(), {"project": {"target": 0.7}}, r"'target' of And takes .* \[0, 2\); got 0.7"),
        (And(), {"project": {"target": np.ones(2)}}, r"got array\(\[1., 1.\]\)"),
        (And(), {"inputs": {"ctrl": np.ones(4, object)}}, "numbers, got dtype object; convert"),
        (And(), {"inputs": {"ctrl": 2**20_000}}, r"\[0, 4\), got one of 20001 bits"),
        (XorK(QUInt(900), 1), {"inputs": {"x": -1}}, r"in \[0, 2\*\*900\), got -1"),
        (XorK(QUInt(900), 1), {"inputs": {"x": np.ones(2)}}, r"of length 2\*\*900, got shape"),
        (Add(QUInt(sympy.Symbol("n"))), {}, "symbolic size"),
        (Opaque(), {}, "Opaque has neither a decomposition"),
        (MeasureZ(), {}, "measures a qubit"),
    ],
)
def test_bad_input(bloq: Bloq, options: dict[str, object], message: str) -> None:
    for method in ("state", "network"):
        with pytest.raises(ValueError, match=message):
            contract(bloq, method=method, **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        Simulator().contract(bloq, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [np.int8, np.uint64, sympy.Integer, int])
def test_values_of_every_integer_type(number: Callable[[int], int]) -> None:
    out = contract(Add(QUInt(2)), inputs={"a": number(1), "b": number(2)}, project={"a": number(1)})
    assert out.tolist() == [0, 0, 0, 1]


@attrs.frozen
class Leaf(Bloq):
    """A leaf on one qubit (and a left one) of tensors with the indices that it is told.

    Parameters:
        entries: numpy arrays as nested tuples, each with its indices: `in`, `out`, `left`, or a bond.
        has_left: whether there is a left register.
    """

    entries: tuple[tuple[tuple, str], ...]
    has_left: bool = False

    @cached_property
    def signature(self) -> Signature:
        left = [Register("a", QBit(), side=Side.LEFT)] if self.has_left else []
        return Signature([Register("q", QBit()), *left])

    def my_tensors(self, incoming: dict, outgoing: dict) -> list[qtn.Tensor]:
        known = {"in": (incoming["q"], 0), "out": (outgoing["q"], 0), "off": (incoming["q"], 7)}
        if self.has_left:
            known["left"] = (incoming["a"], 0)
        return [
            qtn.Tensor(np.array(array), [known.get(name, name) for name in indices.split()])
            for array, indices in self.entries
        ]


@attrs.frozen
class Conjunctions(Bloq):
    """An AND of two qubits that is kept for a while."""

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(q=2)

    def build_composite_bloq(self, bb: BloqBuilder, q: Soquet) -> dict[str, Soquet]:
        bits, top = bb.add(And(), ctrl=bb.split(q))
        return {"q": bb.join(bb.add(And().adjoint(), ctrl=bits, target=top))}


EYE = ((1, 0), (0, 1))
Y_FACTORS = (((0, -1), (1, 0)), "out bond"), (((1j, 0), (0, 1j)), "bond in")


def test_leaf_of_two_tensors_with_a_bond() -> None:
    np.testing.assert_allclose(unitary(Leaf(Y_FACTORS)), YGate().tensor_contract(), atol=1e-15)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ((), "qubit 0 of its left register 'q' 0 times"),
        ((((1, 0), "in"),), "right register 'q' 0 times"),
        ((((1, 0), "out"),), "left register 'q' 0 times"),
        (((EYE, "out in"), ((1, 0), "in")), "left register 'q' 2 times"),
        (((EYE, "out in"), ((1, 0), "bond")), "have the index 'bond' 1 times"),
        (((EYE, "out off"),), "left register 'q' 0 times"),
        ((Y_FACTORS[0], Y_FACTORS[1], ((1, 0), "bond")), "'bond' 3 times"),
    ],
)
def test_leaf_whose_tensors_do_not_cover_it(entries: tuple, message: str) -> None:
    for method in ("state", "network"):
        with pytest.raises(NoTensorsError, match=message):
            contract(Leaf(entries), inputs={"q": 1}, method=method)
    with pytest.raises(NoTensorsError, match="left register 'a' 0 times"):
        contract(Leaf(((EYE, "out in"),), has_left=True))


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
    node = Structures().node(circuit)
    steps, _ = expanded(Compiler(is_merging=False).program(node, 1))
    leak = merge(steps).kernel.leak
    assert leak is not None
    np.testing.assert_allclose(leak.reshape(-1), [0.75, 0.75], atol=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"free_tolerance": np.nan},
            "free_tolerance must be a number of at least 0, got nan; pass",
        ),
        ({"free_tolerance": -1e-9}, "free_tolerance must be a number of at least 0, got -1e-09"),
        (
            {"max_amplitudes": 1e3 + 0.5},
            "max_amplitudes must be a whole number of at least 1, got 1000.5",
        ),
        ({"max_amplitudes": np.inf}, "whole number of at least 1, got inf"),
        ({"max_amplitudes": 0}, "whole number of at least 1, got 0"),
        ({"max_amplitudes": "many"}, "whole number of at least 1, got 'many'"),
        ({"cache_bytes": -1}, "cache_bytes must be a whole number of at least 0, got -1"),
    ],
)
def test_bad_options_of_a_simulator(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Simulator(**options)


def test_limits_are_whole_numbers() -> None:
    assert Simulator(max_amplitudes=1e3).contract(And()).tolist() == [1, *[0] * 7]  # type: ignore[arg-type]
    for n_columns in (0, -1, 1.5):
        with pytest.raises(ValueError, match="n_columns must be a whole number of at least 1, got"):
            Simulator().plan(And(), n_columns=n_columns)  # type: ignore[arg-type]


def test_no_tensors_is_a_kind_of_its_own() -> None:
    with pytest.raises(NoTensorsError) as caught:
        contract(Opaque())
    assert caught.value.path == ("Opaque",)
    assert "found in" not in str(caught.value)


def test_no_tensors_is_reported_with_its_path() -> None:
    network = InsideNetwork(InsideBlock(InsideLayer(Opaque())))
    names = "InsideNetwork > InsideBlock > InsideLayer > Opaque"
    for _ in range(2):
        with pytest.raises(
            NoTensorsError, match=f"neither a decomposition.*; found in {names}$"
        ) as e:
            contract(network)
        assert e.value.path == tuple(names.split(" > "))
    # Of a control: what is controlled, and where.
    with pytest.raises(NoTensorsError, match=r"found in .*C\[And\]") as e:
        contract(Controlled(Conjunctions(), CtrlSpec()))
    assert e.value.path[-1] == "C[And]"
    assert len(e.value.path) > 1


@pytest.mark.parametrize(
    ("bloq", "name"),
    [
        (Ry(sympy.Symbol("t")), "angle = t"),
        (Ry(sympy.Symbol("t")).controlled(), "angle = t"),
        (GlobalPhase(exponent=sympy.Symbol("t")), "exponent = t"),
        (Ry(sympy.pi / 3), "angle = pi/3"),
        (InsideLayer(ZPowGate(sympy.Symbol("t"))), "exponent = t"),
    ],
    ids=str,
)
def test_a_symbolic_angle_is_called_symbolic(bloq: Bloq, name: str) -> None:
    with pytest.raises(NoTensorsError, match=f"while it is symbolic: {name}; give all") as caught:
        contract(bloq)
    assert "build_composite_bloq" not in str(caught.value)


def test_only_encodings_are_encodings() -> None:
    with pytest.raises(ValueError, match="registers a, b; an encoding has 'system'"):
        encoded_vector_gate(Add(QUInt(2)))
    with pytest.raises(ValueError, match="complex64 or complex128, got float64"):
        Simulator(dtype=np.float64)


def test_soquets_are_not_confused_by_shaped_registers() -> None:
    bb = BloqBuilder()
    x = bb.add_register(Register("x", QUInt(2), shape=(2, 2)))
    assert isinstance(x, np.ndarray)
    x[0, 1], x[1, 0] = bb.add(Swap(2), x=x[0, 1], y=x[1, 0])
    last: Soquet = bb.add(XorK(QUInt(2), 1), x=x[1, 1])
    x[1, 1] = last
    shaped = bb.finalize(x=x)
    out = contract(shaped, inputs={"x": 0b00_01_10_11})
    assert out.nonzero()[0].tolist() == [0b00_10_01_10]
