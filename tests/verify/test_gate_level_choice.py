"""Which of the two engines contracts a circuit."""

from __future__ import annotations

import numpy as np
import pytest
from qualtran import BloqBuilder
from qualtran.bloqs.basic_gates import (
    CZ,
    Ry,
)

from bloqs.networks import load_example
from bloqs.statevector.map_nodes import MapNodes
from bloqs.tensornetwork.network import NetworkContraction
from bloqs.verify.gate_level import (
    SimulationTooLargeError,
    Simulator,
    contract,
    plan_contraction,
)
from tests.statevector.circuits import RandomUnitary, ToyQSVT, composite
from tests.tensornetwork.brickwork import brickwork, brickwork_amplitude, on_all


def test_narrow_and_deep_is_a_state_vector() -> None:
    plan = plan_contraction(ToyQSVT(RandomUnitary(4, 30, 5), 40))
    assert plan.method == "state"
    assert plan.network is None
    assert plan.leaf_gates > 1000
    assert "at most 20" in plan.reason


def test_where_both_fit_the_faster_by_estimate_is_chosen() -> None:
    n = 24
    wide, simulator = brickwork(n, 8), Simulator(is_merging=False)
    plan = plan_contraction(wide, project=on_all(n), simulator=simulator)
    assert plan.state is not None
    assert plan.state.peak_qubits == n
    assert plan.network is not None
    assert plan.method == "network"
    assert plan.seconds == plan.network.seconds < plan.state.seconds
    np.testing.assert_allclose(
        contract(wide, project=on_all(n), simulator=simulator),
        [brickwork_amplitude(n, 8)],
        rtol=1e-9,
    )


def test_where_neither_fits_both_are_told_before_anything_is_contracted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bloqs.tensornetwork.contraction.MAX_SECONDS", 1e-3)
    monkeypatch.setattr(NetworkContraction, "run", None)
    n = 30
    # Long-range CZ between random pairs, in many rows: no narrow cut.
    rng = np.random.default_rng(0)

    def add(bb: BloqBuilder, q: np.ndarray) -> None:
        for _ in range(6):
            for i in range(n):
                q[i] = bb.add(Ry(float(rng.normal())), q=q[i])
            pairs = rng.permutation(n).reshape(-1, 2)
            for i, j in pairs:
                q[i], q[j] = bb.add(CZ(), q1=q[i], q2=q[j])

    with pytest.raises(SimulationTooLargeError) as caught:
        contract(composite(n, add), project=on_all(n), simulator=Simulator(max_amplitudes=2**8))
    message = str(caught.value)
    assert "neither as a state vector nor as a network" in message
    assert "has 30 qubits alive at once" in message
    assert "contraction width" in message
    assert "verify at the semantic level" in message


def test_an_open_result_that_is_too_wide_is_refused_by_both() -> None:
    with pytest.raises(SimulationTooLargeError, match="Project more registers"):
        contract(brickwork(40, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "mps"}, "method is one of"),
        ({"inputs": {"p": 0}}, "no left register 'p'"),
        ({"project": {"q": 8}}, "must be in"),
        ({"inputs": {"q": np.ones(3)}}, "vector of length 8"),
        ({"inputs": {"q": 0}, "open_inputs": ["q"]}, "both open and given"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        contract(RandomUnitary(3, 5, 0), **arguments)


def test_far_too_many_gates_are_told_without_taking_them_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A network of 39 qubits and a million gates: the call graph counts them in a moment."""
    example = load_example("digits-1")
    network = example.spec.to_bloq(example.images[0])

    def fail(*_: object) -> None:
        raise AssertionError("it is taken apart")

    monkeypatch.setattr(MapNodes, "node", fail)
    with pytest.raises(SimulationTooLargeError, match=r"39 qubits.*about [\d,]+ leaf gates"):
        plan_contraction(network, project={"ancilla": 0})
