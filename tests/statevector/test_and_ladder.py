"""Wide maps that look at most of their qubits through one AND."""

from __future__ import annotations

import numpy as np
import pytest
from qualtran import (
    BloqBuilder,
)
from qualtran.bloqs.basic_gates import (
    Hadamard,
    Ry,
)
from qualtran.bloqs.mcmt import And

from bloqs.verify.gate_level import (
    Simulator,
    contract,
)
from tests.statevector.circuits import (
    ZeroPhase,
    composite,
)


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
            # All other controls are |0>: the conjunction needs them to be `controls[1]`.
            is_on = (a, b) == controls and (n == 2 or controls[1] == 0)
            amplitude = [0.6, 0.8][a] * [0.8, -0.6][b]
            turned = hadamard @ (ry[:, 0] if is_on else np.array([1, 0]))
            expected[(a, b, *(0,) * (n - 2), slice(None))] = amplitude * turned
    np.testing.assert_allclose(found, expected, atol=1e-13)
