"""Rotations of unknown angle, which stand for data in a cost *by shape*, and what known angles cost."""

import math
from functools import cached_property
from typing import Any

import attrs
import cirq
import numpy as np
from qualtran import (
    Adjoint,
    Bloq,
    CompositeBloq,
    DecomposeTypeError,
    QBit,
    Register,
    Signature,
    bloq_example,
)
from qualtran.bloqs.basic_gates import Rx, Ry, Rz, XPowGate, YPowGate, ZPowGate
from qualtran.cirq_interop import CirqGateAsBloq
from qualtran.drawing import Text, TextBox, WireSymbol
from qualtran.resource_counting import CostKey, GateCounts, QECGatesCost
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


@attrs.frozen
class GenericRotation(Bloq):
    """A one-qubit rotation about a stated axis by an angle that depends on data: one rotation, always.

    It has no tensors: a bloq given by shape is costed, never simulated.

    Registers:
        q: the qubit.
    Parameters:
        axis: "Ry" or "Rz".

    Example:
        >>> from qualtran.resource_counting import get_cost_value
        >>> get_cost_value(GenericRotation("Rz"), QECGatesCost()).rotation
        1
    """

    axis: str = "Ry"

    @cached_property
    def signature(self) -> Signature:
        """One qubit `q`."""
        return Signature([Register("q", QBit())])

    def decompose_bloq(self) -> CompositeBloq:
        """A leaf."""
        raise DecomposeTypeError(f"{self} is a leaf: its angle is unknown")

    def my_static_costs(self, cost_key: CostKey[Any]) -> Any:
        """One rotation."""
        if isinstance(cost_key, QECGatesCost):
            return GateCounts(rotation=1)
        return NotImplemented

    def adjoint(self) -> Bloq:
        """Again a rotation by an unknown angle."""
        return self

    def wire_symbol(self, reg: Register | None, idx: tuple[int, ...] = ()) -> WireSymbol:
        """`Ry(?)`."""
        return Text("") if reg is None else TextBox(f"{self.axis}(?)")


def ry(angle: float | None) -> Bloq:
    """The rotation `Ry(angle) = exp(-i angle Y/2)`.

    Args:
        angle: radians; None for an angle that is not known (by shape).

    Returns:
        Qualtran's gate, or a `GenericRotation` about Y.

    Example:
        >>> ry(0.5).angle, ry(None)
        (0.5, GenericRotation(axis='Ry'))
    """
    return GenericRotation("Ry") if angle is None else Ry(angle)


def rz(angle: float | None) -> Bloq:
    """The rotation `Rz(angle) = exp(-i angle Z/2)`.

    Args:
        angle: radians; None for an angle that is not known (by shape).

    Returns:
        Qualtran's gate, or a `GenericRotation` about Z.

    Example:
        >>> rz(0.5).angle, rz(None)
        (0.5, GenericRotation(axis='Rz'))
    """
    return GenericRotation("Rz") if angle is None else Rz(angle)


@bloq_example
def _generic_rotation() -> GenericRotation:
    generic_rotation = GenericRotation("Rz")
    return generic_rotation
