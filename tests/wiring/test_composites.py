"""Parts of a bloq where Qualtran has none: a controlled And, and what is controlled by way of it."""

from __future__ import annotations

import numpy as np
import pytest
from qualtran import Adjoint, Bloq, Controlled, CtrlSpec, QUInt
from qualtran.bloqs.arithmetic import Add
from qualtran.bloqs.mcmt import And
from qualtran.bloqs.qft import QFTTextBook

from bloqs.costs import estimate
from bloqs.verify import unitary


def and_of_three(*values: int) -> np.ndarray:
    """The matrix that appends whether three bits are the values given."""
    matrix = np.zeros((16, 8))
    for i in range(8):
        bits = (i >> 2 & 1, i >> 1 & 1, i & 1)
        matrix[2 * i + (bits == values), i] = 1
    return matrix


@pytest.mark.parametrize("control", [0, 1, (1,)])
@pytest.mark.parametrize(("cv1", "cv2"), [(1, 1), (0, 1), (1, 0)])
def test_controlled_and_is_that_of_three_bits(control: int, cv1: int, cv2: int) -> None:
    spec, pair = CtrlSpec(cvs=control), And(cv1, cv2)
    expected = and_of_three(int(np.ravel(control)[0]), cv1, cv2)
    np.testing.assert_array_equal(unitary(Controlled(pair, spec)), expected)
    np.testing.assert_array_equal(unitary(Controlled(pair.adjoint(), spec)), expected.T)
    np.testing.assert_array_equal(unitary(Adjoint(Controlled(pair, spec))), expected.T)


def test_costs_of_a_controlled_and() -> None:
    made, undone = (estimate(Controlled(bloq, CtrlSpec())) for bloq in (And(), And().adjoint()))
    assert (made.native.and_bloq, made.native.measurement, made.t_depth) == (2, 1, 2)
    assert (undone.native.and_bloq, undone.native.measurement, undone.t_depth) == (1, 2, 1)
    # Three bits, the target, and one bit in between.
    assert made.logical_qubits == undone.logical_qubits == 5


@pytest.mark.parametrize("bloq", [Add(QUInt(3)), QFTTextBook(2)], ids=str)
def test_what_holds_ands_can_be_controlled(bloq: Bloq) -> None:
    """Its matrix where the control is on, the identity where it is off; counted and scheduled."""
    plain, controlled = unitary(bloq), Controlled(bloq, CtrlSpec())
    n = len(plain)
    expected = np.eye(2 * n, dtype=complex)
    expected[n:, n:] = plain
    np.testing.assert_allclose(unitary(controlled), expected, atol=1e-10)
    np.testing.assert_allclose(unitary(controlled.adjoint()), expected.conj().T, atol=1e-10)
    report = estimate(controlled)
    assert estimate(controlled.adjoint()).t_count == report.t_count > estimate(bloq).t_count
    assert report.schedule.qubits == report.logical_qubits > estimate(bloq).logical_qubits
