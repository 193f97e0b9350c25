"""What every bloq of the library shares: control, adjoint and an exact qubit count.

A bloq here carries its own control: the field `is_controlled` adds a `ctrl` qubit to the signature and
the decomposition decides which few gates it touches. Qualtran's default would control every gate, the
ones that cancel included, and fails on any bloq that holds an `And`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs
from qualtran import AddControlledT, Adjoint, Bloq, CtrlSpec, QBit, Register
from qualtran.bloqs.mcmt.specialized_ctrl import get_ctrl_system_1bit_cv_from_bloqs
from qualtran.resource_counting import CostKey, QubitCount
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.core.counts import largest
from bloqs.core.shown import ShownBloq

CTRL = Register("ctrl", QBit())

DATA: Mapping[str, bool] = MappingProxyType({"holds_data": True})
"""Metadata of a field that holds data and is None by shape: `attrs.field(default=None, metadata=DATA)`."""

WorkspaceOf: TypeAlias = Callable[[Bloq], SymbolicInt]
"""The workspace of a callee; see `ControllableBloq.workspace_given`."""


class ControllableBloq(ShownBloq, Bloq):
    """Base of our bloqs. A concrete class is frozen and has the field `is_controlled: bool = False`.

    It also states `workspace`, the peak number of clean qubits it allocates beyond its registers (zero in,
    zero out, on every branch). A parent keeps all its registers alive while it calls a child, hence
    `workspace = max over children of (qubits allocated around the call + child's workspace)`, which is exact
    for symbols too; Qualtran's own symbolic `QubitCount` forgets allocated qubits. A class whose callees may
    query a hardware memory states it by `workspace_given`, any other may override `workspace` itself.

    A field that holds data, and is None where the bloq is given by shape, is declared with `metadata=DATA`.

    Example:
        >>> from qualtran import Signature
        >>> @attrs.frozen
        ... class Diagonal(ControllableBloq):
        ...     table: tuple[float, ...] | None = attrs.field(default=None, metadata=DATA)
        ...     is_controlled: bool = False
        ...     @property
        ...     def signature(self) -> Signature:
        ...         return Signature.build(system=2)
        >>> Diagonal((0.5, 1.0, -1.0, 0.25)).has_data, Diagonal().has_data
        (True, False)
    """

    is_controlled: bool

    @property
    def has_data(self) -> bool:
        """Whether the bloq knows its data.

        By shape it does not: a field for data (`DATA`) is None, here or in a bloq that a field holds.
        """
        for field in attrs.fields(type(self)):
            value = getattr(self, field.name)
            if value is None and field.metadata.get("holds_data", False):
                return False
            if isinstance(value, Bloq) and not has_data(value):
                return False
        return True

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt | None:
        """The workspace, computed from those of the callees.

        A query of a hardware memory takes what its memory model says, so that the workspace of all bloqs
        above it depends on the model. A cost key passes the function that knows the model.

        Args:
            workspace_of: the workspace of a bloq that this one calls.

        Returns:
            Clean qubits; None where they depend on no callee and `workspace` itself states them.
        """
        return None

    @property
    def workspace(self) -> SymbolicInt:
        """Peak number of clean qubits allocated inside, beyond the registers. Exact; may be symbolic.

        Queries of a hardware memory are taken as select-swap circuits, as they decompose.
        """
        stated = self.workspace_given(workspace_of)
        return 0 if stated is None else stated

    def my_static_costs(self, cost_key: CostKey[Any]) -> Any:
        """The qubit count is `signature + workspace`; every other key follows the call graph."""
        if isinstance(cost_key, QubitCount):
            return self.signature.n_qubits() + self.workspace
        return NotImplemented

    def adjoint(self) -> Bloq:
        """The inverse, as a bloq that keeps our cheap control."""
        return ReversedBloq(self)  # type: ignore[call-arg]  # Qualtran's Adjoint is untyped

    def with_control(self) -> ControllableBloq:
        """This bloq with a `ctrl` qubit as first register.

        Returns:
            The same bloq with `is_controlled` set.

        Raises:
            ValueError: it has a control already; `.controlled()` adds another.
        """
        if self.is_controlled:
            raise ValueError(f"{self} has a control already; use .controlled() to add another")
        return attrs.evolve(self, is_controlled=True)  # type: ignore[misc]

    def get_ctrl_system(self, ctrl_spec: CtrlSpec) -> tuple[Bloq, AddControlledT]:
        """One positive control sets `is_controlled`; more controls are first merged by an And."""
        return get_ctrl_system_1bit_cv_from_bloqs(
            self,
            ctrl_spec,
            current_ctrl_bit=1 if self.is_controlled else None,
            bloq_with_ctrl=self if self.is_controlled else self.with_control(),
            ctrl_reg_name="ctrl",
        )


@attrs.frozen(cache_hash=True)
class ReversedBloq(ShownBloq, Adjoint):
    """Adjoint of a `ControllableBloq`: `x.adjoint().controlled() == x.controlled().adjoint()`.

    Parameters:
        subbloq: the bloq to reverse.

    Example:
        >>> from bloqs.core.flags import AllZeroFlag
        >>> flag = AllZeroFlag(3)
        >>> type(flag.adjoint()).__name__
        'ReversedBloq'
        >>> flag.adjoint().controlled() == flag.controlled().adjoint()
        True
    """

    def my_static_costs(self, cost_key: CostKey[Any]) -> Any:
        """The same qubits as the bloq that it reverses."""
        if isinstance(cost_key, QubitCount):
            return self.subbloq.my_static_costs(cost_key)
        return NotImplemented

    def get_ctrl_system(self, ctrl_spec: CtrlSpec) -> tuple[Bloq, AddControlledT]:
        """The adjoint of the controlled bloq."""
        sub = self.subbloq
        assert isinstance(sub, ControllableBloq)
        return get_ctrl_system_1bit_cv_from_bloqs(
            self,
            ctrl_spec,
            current_ctrl_bit=1 if sub.is_controlled else None,
            bloq_with_ctrl=self if sub.is_controlled else sub.with_control().adjoint(),
            ctrl_reg_name="ctrl",
        )


def has_data(bloq: Bloq) -> bool:
    """Whether a bloq knows its data, as its own class says; for an adjoint, as the bloq that it reverses.

    Args:
        bloq: any; one whose class says nothing has no data that could be missing.

    Returns:
        False for a bloq given by shape.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> has_data(LoadedVector([3.0, -4.0]).adjoint()), has_data(LoadedVector(None, bitsize=1))
        (True, False)
    """
    bare = bloq.subbloq if isinstance(bloq, Adjoint) else bloq
    return bool(getattr(bare, "has_data", True))


def workspace_of(bloq: Bloq) -> SymbolicInt:
    """Clean qubits that a bloq allocates beyond its registers.

    Args:
        bloq: one of ours, or any that Qualtran's `QubitCount` can cost.

    Returns:
        The number of qubits; symbolic when a size is.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> from bloqs.core.flags import AllZeroFlag
        >>> workspace_of(AllZeroFlag(4)), workspace_of(CNOT())
        (3, 0)
    """
    if isinstance(bloq, ControllableBloq):
        return bloq.workspace
    if isinstance(bloq, Adjoint):
        return workspace_of(bloq.subbloq)
    from qualtran.resource_counting import get_cost_value

    return get_cost_value(bloq, QubitCount()) - bloq.signature.n_qubits()


def max_workspace(*sizes: SymbolicInt) -> SymbolicInt:
    """The largest of some workspaces.

    Args:
        sizes: numbers of clean qubits, which may be symbolic.

    Returns:
        Their maximum, 0 of none; sympy's `Max` as soon as a symbol has to be compared.

    Example:
        >>> import sympy
        >>> max_workspace(3, 5), max_workspace(2, sympy.Symbol("n"))
        (5, Max(2, n))
    """
    best: SymbolicInt = 0
    for size in sizes:
        if best == 0:
            best = size
        elif is_symbolic(size) or is_symbolic(best):
            best = _symbolic_max(best, size)
        elif size > best:
            best = size
    return best


# Every caller of a part asks for its workspace again, and the terms would be compared anew each time.
@lru_cache(maxsize=1024)
def _symbolic_max(one: SymbolicInt, other: SymbolicInt) -> SymbolicInt:
    return largest([one, other])
