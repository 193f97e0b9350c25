import math

import numpy as np
import pytest
import sympy
from qualtran import BloqBuilder
from qualtran.resource_counting import GateCounts, get_cost_value

from bloqs.loading import (
    BorrowPhaseGradient,
    PhaseGradientRy,
    ReturnPhaseGradient,
    phase_gradient_preparation,
)
from tests.loading.reference import (
    GATES,
    QUBITS,
    assert_costs,
    assert_symbolic,
    controlled,
    ry_matrix,
)


def with_catalyst(bloq):
    """The bloq with its gradient borrowed and returned: registers [ctrl], angle, target are left."""
    bb = BloqBuilder()
    given = {
        reg.name: bb.add_register(reg.name, reg.bitsize)
        for reg in bloq.signature
        if reg.name != "gradient"
    }
    gradient = bb.add(BorrowPhaseGradient(bloq.signature.get_left("gradient").bitsize))
    out = bb.add_d(bloq, gradient=gradient, **given)
    bb.add(ReturnPhaseGradient(gradient.reg.bitsize), gradient=out.pop("gradient"))
    return bb.finalize(**out)


@pytest.mark.parametrize("bits", [1, 3, 4])
def test_borrowed_state_and_returned_bra(bits):
    expected = np.exp(-2j * math.pi * np.arange(2**bits) / 2**bits) / 2 ** (bits / 2)
    np.testing.assert_allclose(BorrowPhaseGradient(bits).tensor_contract(), expected, atol=1e-15)
    bra = ReturnPhaseGradient(bits).tensor_contract()
    np.testing.assert_allclose(bra, expected.conj(), atol=1e-15)
    assert BorrowPhaseGradient(bits).adjoint() == ReturnPhaseGradient(bits)
    assert ReturnPhaseGradient(bits).adjoint() == BorrowPhaseGradient(bits)


def test_borrowing_costs_qubits_and_no_gates():
    for port in (BorrowPhaseGradient(7), ReturnPhaseGradient(7)):
        assert get_cost_value(port, GATES) == GateCounts()
        assert get_cost_value(port, QUBITS) == 7


@pytest.mark.parametrize("bits", [3, 4, 5])
@pytest.mark.parametrize("is_controlled", [False, True])
def test_rotation_is_exact_for_every_angle(bits, is_controlled):
    bloq = PhaseGradientRy(bits, is_controlled)
    expected = np.zeros((2 ** (bits + 1),) * 2)
    for a in range(2**bits):
        expected[2 * a : 2 * a + 2, 2 * a : 2 * a + 2] = ry_matrix(4 * math.pi * a / 2**bits)
    if is_controlled:
        expected = controlled(expected)
    np.testing.assert_allclose(with_catalyst(bloq).tensor_contract(), expected, atol=1e-14)


def test_adjoint_and_control_match_the_matrix():
    matrix = with_catalyst(PhaseGradientRy(3)).tensor_contract()
    adjoint = PhaseGradientRy(3).adjoint()
    np.testing.assert_allclose(
        with_catalyst(adjoint).tensor_contract(), matrix.conj().T, atol=1e-14
    )
    assert adjoint.controlled() == PhaseGradientRy(3).controlled().adjoint()


@pytest.mark.parametrize("bits", [3, 4, 5, 9])
@pytest.mark.parametrize("is_controlled", [False, True])
def test_costs(bits, is_controlled):
    gates, _ = assert_costs(PhaseGradientRy(bits, is_controlled))
    assert gates.and_bloq == bits - 2 + (bits if is_controlled else 0)
    assert gates.rotation == gates.t == 0


@pytest.mark.parametrize("is_controlled", [False, True])
def test_symbolic_equals_concrete(is_controlled):
    b = sympy.Symbol("b")
    for bits in (3, 4, 7, 13, 24):
        assert_symbolic(
            PhaseGradientRy(b, is_controlled), PhaseGradientRy(bits, is_controlled), {b: bits}
        )


def test_too_few_bits_are_refused():
    with pytest.raises(ValueError, match="at least 3, got 2"):
        PhaseGradientRy(2)
    with pytest.raises(ValueError, match="at least 3, got 2"):
        phase_gradient_preparation(2)


def test_preparation_prepares_the_state():
    # Hadamards, then the phases that the counts stand for, on five qubits.
    state = np.array([1.0 + 0j])
    for i in range(5):
        state = np.kron(state, np.array([1, np.exp(-1j * math.pi / 2**i)]) / math.sqrt(2))
    np.testing.assert_allclose(state, BorrowPhaseGradient(5).tensor_contract(), atol=1e-15)
    assert phase_gradient_preparation(5) == GateCounts(t=1, clifford=7, rotation=2)
