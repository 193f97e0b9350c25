"""Rotations by multiples of pi/4 are Cliffords or T, about any axis, however far they turn."""

from __future__ import annotations

import cirq
import numpy as np
import pytest
import sympy
from qualtran import Adjoint, Bloq
from qualtran.bloqs.basic_gates import Rx, Ry, Rz, XPowGate, YPowGate, ZPowGate
from qualtran.cirq_interop import CirqGateAsBloq

from bloqs.core.cliffords import clifford_or_t
from bloqs.core.rotation import GenericRotation
from bloqs.costs import estimate
from bloqs.loading import LoadedVector, MultiplexedRy

QUARTERS = [-17, -12, -7, -6, -5, -3, -1, 0, 1, 2, 3, 5, 7, 9, 10, 12, 1001]


@pytest.mark.parametrize("quarters", QUARTERS)
@pytest.mark.parametrize("axis", [Rx, Ry, Rz])
def test_multiples_of_a_quarter_of_pi(axis: type[Bloq], quarters: int) -> None:
    bloq = axis(quarters * np.pi / 4)
    for form in (bloq, bloq.adjoint(), Adjoint(bloq)):
        native = estimate(form).native
        assert (native.t, native.clifford) == (quarters % 2, 1 - quarters % 2)
        assert native.rotation == 0


@pytest.mark.parametrize("quarters", QUARTERS)
def test_powers_of_a_pauli(quarters: int) -> None:
    gates: list[Bloq] = [gate(quarters / 4) for gate in (XPowGate, YPowGate, ZPowGate)]
    gates += [
        CirqGateAsBloq(cirq.PhasedXPowGate(phase_exponent=half / 2, exponent=quarters / 4))
        for half in range(4)
    ]
    for gate in gates:
        native = estimate(gate).native
        assert (native.t, native.rotation) == (quarters % 2, 0)


@pytest.mark.parametrize("off", [1e-10, -1e-10, 1e-6, 0.1])
def test_angles_beside_them_are_rotations(off: float) -> None:
    for quarters in QUARTERS:
        assert clifford_or_t(Rz(quarters * np.pi / 4 + off)) is None
        assert estimate(Ry(quarters * np.pi / 4 + off)).rotation_count == 1


def test_unknown_angles_and_other_axes_are_rotations() -> None:
    tilted = CirqGateAsBloq(cirq.PhasedXPowGate(phase_exponent=0.25, exponent=0.25))
    for bloq in (Rz(sympy.Symbol("t")), GenericRotation("Rz"), tilted):
        assert clifford_or_t(bloq) is None
        assert estimate(bloq).rotation_count == 1


def test_vectors_and_tables_by_data() -> None:
    c, s = np.cos(np.pi / 8), np.sin(np.pi / 8)
    for vector in ([c, s], [-c, s], [s, c], [-s, -c], [c, -s]):
        cost = estimate(LoadedVector(vector))
        assert (cost.t_count, cost.rotation_count, cost.t_depth) == (1, 0, 1)
    # Walsh coefficients 3 pi/4 and -pi/4.
    table = MultiplexedRy((np.pi / 2, np.pi), 1)
    assert estimate(table).native == estimate(table.decompose_bloq()).native
    assert (estimate(table).t_count, estimate(table).t_depth) == (2, 2)
