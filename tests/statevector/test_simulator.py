"""The simulator against `tensor_contract`, cirq and dense matrices."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran import (
    Bloq,
    CompositeBloq,
)
from qualtran.bloqs.basic_gates import (
    TwoBitSwap,
)
from qualtran.bloqs.bookkeeping import Join, Split
from qualtran.bloqs.mcmt import And

from bloqs.verify.gate_level import (
    Simulator,
    contract,
    encoded_vector_gate,
    unitary,
)
from tests.statevector.circuits import (
    RandomUnitary,
    ToyQSVT,
    flat_circuit,
    mixed_circuit,
    simulated_by_cirq,
)
from tests.statevector.stock import STOCK


@pytest.mark.parametrize("is_merging", [True, False])
@pytest.mark.parametrize("bloq", STOCK, ids=lambda bloq: f"{type(bloq).__name__} {bloq}")
def test_agrees_with_tensor_contract(bloq: Bloq, is_merging: bool) -> None:
    simulator = Simulator(is_merging=is_merging, check_free=False)
    found = unitary(bloq, simulator=simulator)
    expected = bloq.tensor_contract()
    np.testing.assert_allclose(found.reshape(np.shape(expected)), expected, atol=1e-12)


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "n", "num_gates"),
    [
        (flat_circuit, 16, 10_000),
        (flat_circuit, 22, 40),
        (mixed_circuit, 16, 1000),
        (mixed_circuit, 22, 40),
    ],
)
def test_memory_of_two_states(
    make: Callable[[int, int, int], CompositeBloq], n: int, num_gates: int
) -> None:
    # a state and the one it becomes; from 16 qubits on, the interpreter's own objects are few beside them
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
    assert peak < 2.5 * state_bytes


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
