"""The entry points of the gate level: inputs, outputs, encodings, refusals, and which engine is taken."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import sympy
from qualtran import (
    Bloq,
    QAny,
    QUInt,
)
from qualtran.bloqs.arithmetic import (
    Add,
    XorK,
)
from qualtran.bloqs.basic_gates import (
    MeasureZ,
    XGate,
    ZGate,
)
from qualtran.bloqs.block_encoding import (
    LinearCombination,
    Unitary,
)
from qualtran.bloqs.bookkeeping import Allocate
from qualtran.bloqs.mcmt import And

from bloqs.verify.gate_level import (
    SimulationTooLargeError,
    Simulator,
    contract,
    encoded_matrix_gate,
    encoded_vector_gate,
    plan_contraction,
    unitary,
)
from tests.statevector.circuits import (
    Opaque,
    RandomUnitary,
    ToyQSVT,
)


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


def test_only_encodings_are_encodings() -> None:
    with pytest.raises(ValueError, match="registers a, b; an encoding has 'system'"):
        encoded_vector_gate(Add(QUInt(2)))
    with pytest.raises(ValueError, match="complex64 or complex128, got float64"):
        Simulator(dtype=np.float64)
