"""Contraction as a tensor network, against the state vector and against amplitudes known otherwise."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran import Bloq, BloqBuilder, QAny, Signature, Soquet
from qualtran.bloqs.basic_gates import (
    CNOT,
    Hadamard,
    Ry,
    Rz,
    TGate,
    XGate,
    ZeroEffect,
    ZeroState,
)
from qualtran.bloqs.bookkeeping import Allocate, Free
from qualtran.bloqs.data_loading.qrom import QROM
from qualtran.bloqs.mcmt import And, MultiControlX

from bloqs.tensornetwork.network import NetworkContraction
from bloqs.verify.gate_level import (
    DirtyFreeError,
    SimulationTooLargeError,
    Simulator,
    contract,
    encoded_vector_gate,
    plan_contraction,
    unitary,
)
from tests.statevector.circuits import RandomUnitary, ToyQSVT, ZeroPhase, composite
from tests.statevector.stock import STOCK
from tests.tensornetwork.brickwork import brickwork, brickwork_amplitude, on_all

UNCHECKED = Simulator(check_free=False)


@attrs.frozen
class Dirty(Bloq):
    """Frees a qubit that is rotated by `angle` and `-back`, after `n` qubits were entangled with it."""

    n: int
    angle: float
    back: float = 0.0

    @cached_property
    def signature(self) -> Signature:
        return Signature.build(q=self.n)

    def build_composite_bloq(self, bb: BloqBuilder, q: Soquet) -> dict[str, Soquet]:
        bits = bb.split(q)
        work = bb.allocate(1)
        for i in range(self.n):
            bits[i] = bb.add(Hadamard(), q=bits[i])
            bits[i], work = bb.add(CNOT(), ctrl=bits[i], target=work)
        for i in range(self.n):
            bits[i], work = bb.add(CNOT(), ctrl=bits[i], target=work)
        work = bb.add(Ry(-self.back), q=bb.add(Ry(self.angle), q=work))
        bb.free(work)
        return {"q": bb.join(bits)}


@pytest.mark.parametrize("bloq", STOCK, ids=str)
def test_stock_bloqs_have_the_matrix_of_the_state_vector(bloq: Bloq) -> None:
    names = [register.name for register in bloq.signature.lefts()]
    matrix = contract(bloq, open_inputs=names, method="network", simulator=UNCHECKED)
    expected = unitary(bloq)
    np.testing.assert_allclose(matrix.reshape(expected.shape), expected, atol=1e-10)


@settings(max_examples=15, deadline=None)
@given(
    n=st.integers(1, 6),
    num_gates=st.integers(0, 25),
    seed=st.integers(0, 10**6),
    is_adjoint=st.booleans(),
    kind=st.sampled_from(["vector", "projected", "open", "wide"]),
)
def test_random_circuits_agree_with_the_state_vector(
    n: int, num_gates: int, seed: int, is_adjoint: bool, kind: str
) -> None:
    bloq: Bloq = RandomUnitary(n, num_gates, seed)
    if is_adjoint:
        bloq = bloq.adjoint()
    rng = np.random.default_rng(seed)
    vector = rng.normal(size=2**n) + 1j * rng.normal(size=2**n)
    vector /= np.linalg.norm(vector)
    value = int(rng.integers(2**n))
    arguments: dict[str, dict] = {
        "vector": {"inputs": {"q": vector}},
        "projected": {"inputs": {"q": vector}, "project": {"q": value}},
        "open": {"open_inputs": ["q"]},
        "wide": {"open_inputs": ["q"], "project": {"q": value}},
    }
    state = contract(bloq, method="state", **arguments[kind])
    network = contract(bloq, method="network", **arguments[kind])
    assert network.shape == state.shape
    assert network.dtype == np.complex128
    np.testing.assert_allclose(network, state, atol=1e-10)


def test_complex64_is_kept_and_not_more_exact_than_it_can_be() -> None:
    bloq = RandomUnitary(5, 40, 3)
    exact = contract(bloq, method="network")
    single = contract(bloq, method="network", simulator=Simulator(dtype=np.complex64))
    assert single.dtype == np.complex64
    assert 1e-9 < np.abs(single - exact).max() < 1e-5


def test_a_network_with_ancillas_that_come_and_go() -> None:
    bloq = ToyQSVT(RandomUnitary(3, 8, 5), 3)
    network = encoded_vector_gate(bloq, method="network")
    np.testing.assert_allclose(network, encoded_vector_gate(bloq, method="state"), atol=1e-10)


@pytest.mark.parametrize("depth", [2, 4])
def test_wide_brickwork_is_contracted_where_no_state_vector_fits(depth: int) -> None:
    n = 60
    bloq = brickwork(n, depth)
    with pytest.raises(SimulationTooLargeError, match="60 qubits"):
        contract(bloq, project=on_all(n), method="state")
    plan = plan_contraction(bloq, project=on_all(n))
    assert plan.method == "network"
    assert plan.state is None
    assert plan.width <= 8
    amplitude = contract(bloq, project=on_all(n))
    np.testing.assert_allclose(amplitude, [brickwork_amplitude(n, depth)], rtol=1e-9)


def test_the_column_transfer_matrices_are_right_on_a_small_brickwork() -> None:
    state = contract(brickwork(7, 3), method="state")
    np.testing.assert_allclose(state[0], brickwork_amplitude(7, 3), atol=1e-12)


def test_ghz_of_a_hundred_qubits_with_three_of_them_kept() -> None:
    n = 100

    def add(bb: BloqBuilder, q: np.ndarray) -> None:
        q[0] = bb.add(TGate(), q=bb.add(Hadamard(), q=q[0]))
        for i in range(n - 1):
            q[i], q[i + 1] = bb.add(CNOT(), ctrl=q[i], target=q[i + 1])
        q[n - 1] = bb.add(XGate(), q=q[n - 1])

    project = {f"q{i}": 1 for i in range(n) if i not in (0, 50, n - 1)}
    out = contract(composite(n, add), project=project)
    expected = np.zeros(8, dtype=complex)
    expected[0b110] = np.sqrt(0.5) * np.exp(0.25j * np.pi)
    np.testing.assert_allclose(out, expected, atol=1e-12)


def test_a_wide_and_ladder_turns_the_one_branch_that_it_should() -> None:
    n = 40
    bloq = ZeroPhase(n, 0.3)
    plus = {"q": 0, "sign": np.array([0.6, 0.8])}
    with pytest.raises(SimulationTooLargeError):
        contract(bloq, inputs=plus, project={"q": 0}, method="state")
    turn = np.exp(0.3j * np.array([1, -1]))
    for value, factor in ((0, turn), (1 << 17, turn.conj())):
        out = contract(bloq, inputs=plus | {"q": value}, project={"q": value})
        np.testing.assert_allclose(out, factor * [0.6, 0.8], atol=1e-12)
    # The ladder on a superposition: every rung is proved to be freed in |0>.
    wide = composite(n + 1, lambda bb, q: _phase_in_plus(bb, q, n))
    plan = plan_contraction(wide, project=on_all(n + 1))
    assert plan.network is not None
    assert (plan.network.frees_proved, plan.network.frees_contracted) == (n - 1, 0)
    # <+..+| (e^{-ia Z} + (e^{iaZ} - e^{-iaZ}) |0><0|) |+..+>, sign qubit in |0>.
    expected = np.exp(-0.3j) + 2j * np.sin(0.3) / 2**n
    np.testing.assert_allclose(contract(wide, project=on_all(n + 1)), [expected], atol=1e-14)


def _phase_in_plus(bb: BloqBuilder, q: np.ndarray, n: int) -> None:
    for i in range(n):
        q[i] = bb.add(Hadamard(), q=q[i])
    joined, q[n] = bb.add(ZeroPhase(n, 0.3), q=bb.join(q[:n]), sign=q[n])
    q[:n] = bb.split(joined)
    for i in range(n):
        q[i] = bb.add(Hadamard(), q=q[i])


def test_a_multi_controlled_x_on_sixty_qubits() -> None:
    bloq = MultiControlX((1, 0) * 30)
    active = int("10" * 30, 2)
    for controls, target in ((active, 1), (active ^ 4, 0)):
        out = contract(bloq, inputs={"controls": controls}, project={"controls": controls})
        np.testing.assert_allclose(out, np.eye(2)[target], atol=1e-12)


def test_a_table_with_a_fixed_address_needs_no_tensor_for_the_other_entries() -> None:
    data = 2 ** (np.arange(1024) * 7 % 20)
    bloq = QROM.build_from_data(data, target_bitsizes=(20,))
    arguments = {"inputs": {"selection": 777}, "project": {"selection": 777}}
    with pytest.raises(SimulationTooLargeError):
        contract(bloq, method="state", **arguments)
    network = NetworkContraction(bloq, **arguments)
    assert network.plan.leaf_gates > 3000
    assert network.plan.tensors == 0
    assert np.flatnonzero(network.run()).tolist() == [data[777]]
    small = QROM.build_from_data(data[:8], target_bitsizes=(20,))
    arguments = {"inputs": {"selection": 5}, "project": {"selection": 5}}
    simulator = Simulator(max_amplitudes=2**20)
    assert plan_contraction(small, simulator=simulator, **arguments).method == "network"
    assert np.flatnonzero(contract(small, simulator=simulator, **arguments)).tolist() == [data[5]]


def test_too_many_gates_are_not_made_into_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bloqs.tensornetwork.network.MAX_GATES", 100)
    with pytest.raises(SimulationTooLargeError, match="leaf gates; as a network at most 100"):
        contract(brickwork(30, 4), project=on_all(30))


def test_a_dirty_free_is_reported_with_its_path_and_norm() -> None:
    bloq = Dirty(3, 0.4)
    errors = []
    for simulator, method in ((Simulator(is_merging=False), "state"), (None, "network")):
        with pytest.raises(DirtyFreeError, match="Dirty") as caught:
            contract(bloq, method=method, simulator=simulator)
        errors.append(caught.value)
    assert errors[0].path == errors[1].path == ("Dirty", "Free")
    np.testing.assert_allclose([error.lost_norm for error in errors], np.sin(0.2), atol=1e-9)
    projected = [contract(bloq, method=m, simulator=UNCHECKED) for m in ("state", "network")]
    np.testing.assert_allclose(projected[1], projected[0], atol=1e-10)
    assert not np.isclose(np.linalg.norm(projected[0]), 1)


def test_a_dirty_free_is_reported_though_it_is_projected_out_of_the_result() -> None:
    n = 30
    with pytest.raises(DirtyFreeError) as caught:
        contract(Dirty(n, 1e-5), project={"q": 0})
    np.testing.assert_allclose(caught.value.lost_norm, np.sin(0.5e-5), rtol=1e-3)


def test_a_free_that_interference_makes_clean_is_checked_by_contraction() -> None:
    n = 30
    arguments = {"project": {"q": 0}}
    plan = plan_contraction(Dirty(n, 0.4, 0.4), **arguments)
    assert plan.network is not None
    assert (plan.network.frees_proved, plan.network.frees_contracted) == (0, 1)
    np.testing.assert_allclose(
        contract(Dirty(n, 0.4, 0.4), **arguments), [2 ** (-n / 2)], rtol=1e-9
    )


@pytest.mark.parametrize("value", [0, 1])
def test_a_free_is_checked_for_each_open_input_and_on_what_effects_leave(value: int) -> None:
    def add(bb: BloqBuilder, q: np.ndarray) -> None:
        # The work qubit is a copy of q0, rotated; q1 is entangled with it, then found in |0>.
        work = bb.add(Allocate(QAny(1)))
        q[0], work = bb.add(CNOT(), ctrl=q[0], target=work)
        q[1] = bb.add(Hadamard(), q=q[1])
        q[1], work = bb.add(CNOT(), ctrl=q[1], target=work)
        bb.add(ZeroEffect(), q=q[1])
        q[1] = bb.add(ZeroState())
        work = bb.add(Rz(0.4), q=bb.add(Hadamard(), q=work))
        bb.add(Free(QAny(1)), reg=bb.add(Hadamard(), q=work))

    bloq = composite(2, add)
    lost = []
    for arguments in ({"open_inputs": ["q0"]}, {"inputs": {"q0": value}}):
        for method in ("state", "network"):
            with pytest.raises(DirtyFreeError) as caught:
                contract(bloq, method=method, **arguments)
            lost.append(caught.value.lost_norm)
    np.testing.assert_allclose(lost[0::2], lost[1::2], atol=1e-9)


def test_an_and_that_is_undone_with_wrong_controls_is_dirty() -> None:
    def add(bb: BloqBuilder, q: np.ndarray) -> None:
        for i in range(2):
            q[i] = bb.add(Hadamard(), q=q[i])
        (q[0], q[1]), top = bb.add(And(), ctrl=[q[0], q[1]])
        q[0] = bb.add(XGate(), q=q[0])
        q[0], q[1] = bb.add(And().adjoint(), ctrl=[q[0], q[1]], target=top)

    with pytest.raises(DirtyFreeError) as caught:
        contract(composite(2, add), method="network")
    np.testing.assert_allclose(caught.value.lost_norm, np.sqrt(0.5), atol=1e-12)
