"""The order of contraction."""

from __future__ import annotations

import numpy as np

from bloqs.tensornetwork.network import NetworkContraction
from tests.tensornetwork.brickwork import brickwork, on_all


def test_slices_save_memory_and_change_nothing() -> None:
    n = 12
    bloq = brickwork(n, 14)
    whole = NetworkContraction(bloq, project=on_all(n))
    limit = 2**6
    sliced = NetworkContraction(bloq, project=on_all(n), max_amplitudes=limit)
    assert whole.plan.slices == 1
    assert 2**whole.plan.width > limit
    assert sliced.plan.slices > 1
    assert 2**sliced.plan.width <= limit
    fractions: list[float] = []
    np.testing.assert_allclose(sliced.run(fractions.append), whole.run(), rtol=1e-9)
    assert fractions[-1] == 1
    assert len(fractions) == sliced.plan.slices


def test_one_circuit_has_one_plan() -> None:
    bloq = brickwork(30, 10)
    plans = [NetworkContraction(bloq, project=on_all(30)).plan for _ in range(2)]
    assert plans[0] == plans[1]
    assert plans[0].tensors > 0
