"""B14-B16: shifts by QFT, by LCU and amplification, and their powers, against their matrices."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from bloqs.published import CyclicShift, OneSidedShift, ShiftPower
from bloqs.published.shift_difference import ShiftDifference
from bloqs.simulation import encoded_matrix
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
    assert_symbolic_is_numeric,
)

EXACT = 1e-9


@pytest.mark.parametrize("bitsize", [1, 2, 4])
@pytest.mark.parametrize("amount", [0, 1, -1, 2, 3, -5, 8, 40])
def test_cyclic_shift(bitsize: int, amount: int) -> None:
    shift = CyclicShift(bitsize, amount)
    expected = np.zeros((2**bitsize, 2**bitsize))
    for j in range(2**bitsize):
        expected[(j + amount) % 2**bitsize, j] = 1
    np.testing.assert_allclose(encoded_matrix(shift), expected, atol=EXACT)
    for one in (shift, shift.controlled(), shift.adjoint()):
        assert_formula_is_decomposition(one)
    assert_qubits_are_decomposition(shift)
    if bitsize < 3:
        assert_control_and_adjoint(shift)


@pytest.mark.parametrize("bitsize", [1, 2, 3])
def test_one_sided_shift(bitsize: int) -> None:
    expected = np.eye(2**bitsize, k=-1)
    shift = OneSidedShift(bitsize)
    assert shift.alpha == 1
    np.testing.assert_allclose(encoded_matrix(shift), expected, atol=EXACT)
    np.testing.assert_allclose(encoded_matrix(ShiftDifference(bitsize)), expected, atol=EXACT)
    if bitsize < 3:
        assert_control_and_adjoint(shift)


@pytest.mark.parametrize("power", [1, 2, -1, -3, 5])
def test_powers_drop_what_leaves(power: int) -> None:
    shift = ShiftPower(2, power)
    np.testing.assert_allclose(encoded_matrix(shift), np.eye(4, k=-power), atol=EXACT)
    assert shift.ancilla_bitsize <= 4 * abs(power)  # what B16 states
    assert_formula_is_decomposition(shift.controlled())
    assert_qubits_are_decomposition(shift.controlled())


@pytest.mark.parametrize("is_controlled", [False, True])
def test_symbolic_is_numeric(is_controlled: bool) -> None:
    n = sympy.Symbol("n")
    for amount in (1, -3, 12):
        shifts = [CyclicShift(size, amount, is_controlled=is_controlled) for size in (n, 7)]
        assert_symbolic_is_numeric(*shifts, {n: 7})
    for size in (3, 6):
        powers = [ShiftPower(bits, 3, is_controlled=is_controlled) for bits in (n, size)]
        assert_symbolic_is_numeric(*powers, {n: size})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: CyclicShift(0), "bitsize must be at least 1, found 0"),
        (lambda: OneSidedShift(-2), "bitsize must be at least 1, found -2"),
        (lambda: CyclicShift(2, 0.5), "amount must be an integer"),  # type: ignore[arg-type]
        (lambda: ShiftPower(2, 0), "power 0 is the identity"),
    ],
)
def test_bad_input(make, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()
