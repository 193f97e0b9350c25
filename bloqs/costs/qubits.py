"""Logical qubits under a memory model: registers and the workspace that a bloq states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from qualtran import (
    Adjoint,
    Bloq,
    CompositeBloq,
    Connection,
    DecomposeNotImplementedError,
    DecomposeTypeError,
    GateWithRegisters,
    LeftDangle,
)
from qualtran.bloqs.arithmetic import Add
from qualtran.bloqs.basic_gates import Power
from qualtran.resource_counting import (
    CostKey,
    QubitCount,
    get_bloq_callee_counts,
    get_cost_value,
)
from qualtran.symbolics import smax, ssum

from bloqs.core.checks import a_bloq, a_generalizer
from bloqs.core.control import ControllableBloq, ReversedBloq
from bloqs.core.counts import Count, largest
from bloqs.costs.keys import Generalizer, unwrap
from bloqs.costs.unknown import UnknownCostError, cause
from bloqs.wiring import composite_of

STOCK_WORKSPACE: dict[type[Bloq], Callable[[Any], Count]] = {
    Add: lambda add: smax(0, add.b_dtype.bitsize - 1),
}
"""Clean qubits of bloqs of Qualtran, known without their decomposition: the carries of a sum.

A symbol has no decomposition; that of two thousand bits takes half a minute, or exceeds the recursion limit.
"""


LONGEST_IN_CIRQ = 1000
"""Qubits of a bloq up to which its decomposition by cirq's operations is looked at.

Qualtran 0.7.0 looks through all registers at each operation, so that one of 2,048 bits takes minutes.
"""


def _is_long_in_cirq(bloq: Bloq) -> bool:
    bare = unwrap(bloq)
    is_in_cirq = isinstance(bare, GateWithRegisters) and (
        type(bare).build_composite_bloq is GateWithRegisters.build_composite_bloq
    )
    qubits = bare.signature.n_qubits()
    return is_in_cirq and isinstance(qubits, int) and qubits > LONGEST_IN_CIRQ


@attrs.frozen
class Workspace(CostKey[Any]):
    """Clean qubits that a bloq allocates beyond its registers, at the peak.

    Our bloqs state theirs as a function of that of their callees (`workspace_given`). Of any other bloq it is
    what it states as its `QubitCount`, or else the width of its decomposition with the parts one after
    another, less its registers. One that has callees and no decomposition (or one by cirq's operations that
    takes minutes) needs at least as many qubits as the widest of them: only a lower bound. With `Charges` as
    generalizer the queries of a hardware memory take what the memory model says, and so does everything above
    them; without, this is the property `workspace`.

    Parameters:
        bounds: where bloqs are written down of which only a lower bound is known.

    Example:
        >>> from bloqs.loading.charges import Charges
        >>> from bloqs.loading import QRAMQuery
        >>> query = QRAMQuery(None, 8, 16)
        >>> [get_cost_value(query, Workspace(), generalizer=Charges(memory))
        ...  for memory in ("oracle", "select-swap", "bucket-brigade")]
        [0, 69, 382]
    """

    bounds: dict[str, None] = attrs.field(factory=dict, eq=False, repr=False)

    def compute(self, bloq: Bloq, get_callee_cost: Callable[[Bloq], Count]) -> Count:
        """What the bloq states, else that of its decomposition, else a lower bound by its callees.

        Args:
            bloq: any.
            get_callee_cost: the workspace of a bloq that it calls.

        Returns:
            Qubits beside its registers.

        Raises:
            UnknownCostError: a decomposition fails.
        """
        try:
            return self._of(bloq, get_callee_cost)
        except UnknownCostError as error:
            error.path = (type(unwrap(bloq)).__name__, *error.path)
            raise

    def _of(self, bloq: Bloq, get_callee_cost: Callable[[Bloq], Count]) -> Count:
        if isinstance(bloq, ReversedBloq):
            return get_callee_cost(bloq.subbloq)
        if isinstance(bloq, ControllableBloq):
            stated = bloq.workspace_given(
                lambda part: get_callee_cost(part.subbloq if isinstance(part, Adjoint) else part)
            )
            if stated is not None:
                return stated

        stock = STOCK_WORKSPACE.get(type(bloq))
        if stock is not None:
            return stock(bloq)
        if isinstance(bloq, Power):
            # As wide as once. Its decomposition has a part for each time, and powers of 2**16 occur.
            return get_callee_cost(bloq.bloq)

        def width_of(part: Bloq) -> Count:
            return part.signature.n_qubits() + get_callee_cost(part)

        registers = bloq.signature.n_qubits()
        width = bloq.my_static_costs(QubitCount())
        if width is not NotImplemented:
            return width - registers
        if _is_long_in_cirq(bloq):
            return self._by_callees(bloq, width_of) - registers
        try:
            composite = composite_of(bloq)
        except (DecomposeNotImplementedError, DecomposeTypeError):
            return self._by_callees(bloq, width_of) - registers
        except Exception as error:
            if type(unwrap(bloq)) in STOCK_WORKSPACE:
                return self._by_callees(bloq, width_of) - registers
            raise UnknownCostError(
                f"the qubits of {bloq} cannot be counted: its decomposition fails ({cause(error)})."
            ) from error
        return composite_width(composite, width_of) - registers

    def _by_callees(self, bloq: Bloq, width_of: Callable[[Bloq], Count]) -> Count:
        """The widest callee, or the registers: no more can be proved without a decomposition."""
        registers = bloq.signature.n_qubits()
        bare = unwrap(bloq)
        if type(bare) in STOCK_WORKSPACE:
            return registers + STOCK_WORKSPACE[type(bare)](bare)
        callees = get_bloq_callee_counts(bloq)
        if callees:
            self.bounds[type(bare).__name__] = None
        return largest([registers, *(width_of(part) for part, _ in callees)])

    def zero(self) -> Count:
        """None."""
        return 0

    def __str__(self) -> str:
        return "workspace"


def composite_width(composite: CompositeBloq, width_of: Callable[[Bloq], Count]) -> Count:
    """The most qubits at once of a composite, its parts one after another.

    Unlike Qualtran's `QubitCount` it counts no classical bit, and sees the wires that pass by a part which
    they never touch.

    Args:
        composite: of any sizes.
        width_of: the qubits of a part, its registers included.

    Returns:
        Their number.

    Example:
        >>> from qualtran.bloqs.mcmt import MultiAnd
        >>> circuit = MultiAnd(cvs=(1,) * 5).decompose_bloq()
        >>> composite_width(circuit, lambda part: part.signature.n_qubits())
        9
    """
    alive = ssum(_qubits(one) for one in composite.connections if one.left.binst is LeftDangle)
    widths = {alive: None}
    for instance, entering, leaving in composite.iter_bloqnections():
        alive -= ssum(map(_qubits, entering))
        widths[width_of(instance.bloq) + alive] = None
        alive += ssum(map(_qubits, leaving))
        widths[alive] = None
    return largest(widths)


def _qubits(connection: Connection) -> Count:
    return connection.left.reg.dtype.num_qubits


class Workspaces:
    """The workspaces of all bloqs met so far under one memory model.

    Args:
        generalizer: `Charges`, for a memory model other than select-swap.

    Example:
        >>> from qualtran.bloqs.mcmt import MultiAnd
        >>> Workspaces().of(MultiAnd(cvs=(1,) * 5))
        0
    """

    def __init__(self, generalizer: Generalizer | None = None) -> None:
        self.generalizer = generalizer
        self.bounds: dict[str, None] = {}
        """Names of the bloqs of which only a lower bound is known."""
        self._known: dict[Bloq, Count] = {}

    def of(self, bloq: Bloq) -> Count:
        """The workspace of a bloq.

        Args:
            bloq: any, concrete or symbolic.

        Returns:
            Clean qubits beyond its registers.

        Raises:
            UnknownCostError: the decomposition of some part fails.
        """
        return get_cost_value(bloq, Workspace(self.bounds), self._known, self.generalizer)

    def qubits(self, bloq: Bloq) -> Count:
        """The registers of a bloq and its workspace.

        Args:
            bloq: any, concrete or symbolic.

        Returns:
            Logical qubits at the peak.

        Raises:
            UnknownCostError: the decomposition of some part fails.
        """
        return bloq.signature.n_qubits() + self.of(bloq)


def logical_qubits(bloq: Bloq, generalizer: Generalizer | None = None) -> Count:
    """Peak number of qubits, parts one after another: Qualtran's `QubitCount` under a memory model.

    Args:
        bloq: any bloq, concrete or symbolic.
        generalizer: `Charges`, for a memory model other than select-swap.

    Returns:
        Registers and workspace, a sympy expression for symbolic sizes; only a lower bound where a bloq below
        has callees and no decomposition, as `estimate` says.

    Raises:
        UnknownCostError: the decomposition of some part fails.

    Example:
        >>> from qualtran.bloqs.mcmt import MultiAnd
        >>> logical_qubits(MultiAnd(cvs=(1,) * 5))
        9
    """
    a_bloq(bloq)
    a_generalizer(generalizer)
    return Workspaces(generalizer).qubits(bloq)
