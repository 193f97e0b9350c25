"""Which rotations of known angle are Clifford gates, or one T gate between Clifford gates."""

import math
from typing import Any

import cirq
import numpy as np
from qualtran import Adjoint, Bloq
from qualtran.bloqs.basic_gates import Rx, Ry, Rz, XPowGate, YPowGate, ZPowGate
from qualtran.cirq_interop import CirqGateAsBloq
from qualtran.resource_counting import GateCounts
from qualtran.symbolics import is_symbolic

ANGLE_ATOL = 1e-12
"""Angles (radians) this near to a multiple of pi/4 are taken to be it; the error is below any we state."""

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
"""X, Y, Z."""


def clifford_or_t(bloq: Bloq) -> GateCounts | None:
    """The gates of a one-qubit rotation that is a Clifford, or one T between Cliffords, whatever its axis.

    Qualtran's own leaf rules know multiples of pi/2 up to a full turn, and pi/4 either way. A turn by 3 pi/4
    or by 9 pi/4 is a T all the same, since it is one of pi/4 after a Clifford; the sign of a full turn costs
    nothing.

    Args:
        bloq: any.

    Returns:
        One Clifford or one T; None for any other bloq, other angles and symbols among them.

    Example:
        >>> clifford_or_t(Rz(3 * math.pi / 4)).t, clifford_or_t(Rz(5 * math.pi / 2)).clifford
        (1, 1)
        >>> clifford_or_t(Rz(0.3)) is None
        True
    """
    angle: Any = None
    if isinstance(bloq, Adjoint):
        bloq = bloq.subbloq
    if isinstance(bloq, Rx | Ry | Rz):
        angle = bloq.angle
    elif isinstance(bloq, XPowGate | YPowGate | ZPowGate):
        angle = bloq.exponent * math.pi
    elif isinstance(bloq, CirqGateAsBloq):
        angle = _angle_between_cliffords(bloq.gate)
    if angle is None or is_symbolic(angle):
        return None
    turns = round(float(angle) / (math.pi / 4))
    # A double holds a large angle less precisely.
    if abs(angle - turns * math.pi / 4) > max(ANGLE_ATOL, 4 * math.ulp(float(angle))):
        return None
    return GateCounts(t=1) if turns % 2 else GateCounts(clifford=1)


def _angle_between_cliffords(gate: cirq.Gate) -> float | None:
    """The angle of a one-qubit gate that is one rotation between two Cliffords; None for any other gate.

    On the Bloch sphere it then takes one axis to an axis, and turns the other two.
    """
    if cirq.num_qubits(gate) != 1:
        return None
    unitary = cirq.unitary(gate, None)
    if unitary is None:
        return None
    turned = np.einsum("aij,jk,bkl,il->ab", PAULI, unitary, PAULI, unitary.conj()).real / 2
    for row, column in np.ndindex(3, 3):
        others = np.delete(turned[row], column), np.delete(turned[:, column], row)
        if np.abs(others).max() < ANGLE_ATOL:
            left = np.delete(np.delete(turned, row, 0), column, 1)
            return math.atan2(left[1, 0], left[0, 0])
    return None
