"""The schedule against one made gate by gate, on every example and on random circuits."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran import Bloq, BloqBuilder, QUInt
from qualtran.bloqs.arithmetic import Add
from qualtran.bloqs.basic_gates import CNOT, CSwap, Rz, TGate, Toffoli
from qualtran.bloqs.mcmt import MultiAnd

from bloqs.catalogue import CATALOGUE
from bloqs.costs import estimate
from bloqs.costs.schedule import Schedule, schedule
from tests.costs.schedule.circuits import CONVENTIONS, Circuit, assert_is_brute_force, circuits
from tests.costs.toys import Sandwich

LONG = {
    "activated_map_shape",
    "amplified_conv2d_shape",
    "conv2d_shape",
    "entrywise_conv2d_shape",
    "skip_norm_block",
    "skip_norm_block_shape",
    "skip_norm_block_swap",
    "skip_norm_network",
    "skip_norm_network_swap",
    "tap_conv2d_shape",
}
"""Ten thousands of gates, one by one: seconds each."""

EXAMPLES = [
    pytest.param(example, id=example.name, marks=[pytest.mark.slow] if example.name in LONG else [])
    for entry in CATALOGUE
    for example in entry.concrete
]


@pytest.mark.parametrize(
    "is_adjoint", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["", "adjoint"]
)
@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_scheduled_exactly(example: Any, is_adjoint: bool) -> None:
    bloq = example.make()
    assert_is_brute_force(bloq.adjoint() if is_adjoint else bloq)


@settings(deadline=None, max_examples=60)
@given(circuits(2), st.booleans())
def test_random_nested_circuits_are_scheduled_exactly(circuit: Circuit, is_adjoint: bool) -> None:
    assert_is_brute_force(circuit.adjoint() if is_adjoint else circuit)


@pytest.mark.parametrize(
    "bloq",
    [Add(QUInt(6)), MultiAnd((1, 0, 1, 1)), CSwap(4), CSwap(3).adjoint(), Sandwich()],
    ids=str,
)
def test_stock_bloqs(bloq: Bloq) -> None:
    assert_is_brute_force(bloq)


def test_figures_by_hand() -> None:
    # T on each of three qubits side by side; then a Toffoli; then a T on one of them.
    side_by_side = Circuit(3, tuple((TGate(), (i,)) for i in range(3)))
    whole = Circuit(
        3, ((side_by_side, (0, 1, 2)), (Toffoli(), (0, 1, 2)), (TGate(), (2,)), (Rz(0.3), (0,)))
    )
    found = schedule(whole, CONVENTIONS, rotation_depth=7)
    assert (found.t_depth, found.sequential_t_depth) == (1 + 2 + 7, 3 + 2 + 1 + 7)
    assert (found.qubits, found.sequential_qubits, found.notes) == (3, 3, ())
    # The two And lie on a chain; the T of the fresh qubit waits for them, and runs beside the second.
    chain = Circuit(3, (("and", (0, 1, 2)), ("and", (1, 2, 0)), ("fresh", (0, 1, 2))))
    assert schedule(chain).t_depth == 3
    assert (schedule(chain).qubits, schedule(chain).sequential_qubits) == (5, 4)


def test_arrivals_are_followed_through_a_bloq() -> None:
    """Two halves that do not touch each other are not aligned by the bloq that holds both."""
    halves = Circuit(4, ((CNOT(), (0, 1)), (CNOT(), (2, 3))))
    late = tuple((TGate(), (0,)) for _ in range(5))
    early = tuple((TGate(), (3,)) for _ in range(5))
    assert schedule(Circuit(4, (*late, (halves, (0, 1, 2, 3)), *early))).t_depth == 5


def test_symbols_leave_the_sequential_schedule() -> None:
    n = sympy.Symbol("n")
    found = schedule(Add(QUInt(n)))
    assert found.t_depth == found.sequential_t_depth == n - 1
    assert not found.exact
    assert "symbols" in found.notes[0]
    assert found.map(lambda value: value.subs({n: 4})).t_depth == 3
    assert found.to_dict()["t_depth"] == "n - 1"


@pytest.mark.parametrize("is_adjoint", [False, True])
def test_a_composite_is_scheduled_as_the_bloq_that_it_decomposes(is_adjoint: bool) -> None:
    bloq = Add(QUInt(4)).adjoint() if is_adjoint else Add(QUInt(4))
    circuit = bloq.decompose_bloq()
    assert schedule(circuit) == schedule(bloq)
    assert estimate(circuit).t_depth == 3
    assert twice(circuit) == twice(bloq)


def twice(adder: Bloq) -> Schedule:
    """The schedule of a circuit with `adder` as two of its parts."""
    bb = BloqBuilder()
    a, b = bb.add_register("a", 4), bb.add_register("b", 4)
    for _ in range(2):
        a, b = bb.add(adder, a=a, b=b)
    return schedule(bb.finalize(a=a, b=b))
