"""Rotations of unknown angle, which stand for data in a cost *by shape*."""

from functools import cached_property
from typing import Any

import attrs
from qualtran import (
    Bloq,
    CompositeBloq,
    DecomposeTypeError,
    QBit,
    Register,
    Signature,
    bloq_example,
)
from qualtran.bloqs.basic_gates import Ry, Rz
from qualtran.drawing import Text, TextBox, WireSymbol
from qualtran.resource_counting import CostKey, GateCounts, QECGatesCost

from bloqs.core.shown import ShownBloq


@attrs.frozen
class GenericRotation(ShownBloq, Bloq):
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
