"""What a bloq calls, and the gates that it is itself: Qualtran's rules, each call checked."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from qualtran import (
    Adjoint,
    Bloq,
    Controlled,
    DecomposeNotImplementedError,
    DecomposeTypeError,
)
from qualtran.resource_counting import GateCounts, QECGatesCost, get_bloq_callee_counts

from bloqs.core.cliffords import clifford_or_t
from bloqs.core.counts import Count, as_count
from bloqs.costs.unknown import UnknownCostError, cause
from bloqs.wiring import composite_of

Callees = Sequence[tuple[Bloq, Count]]
"""The bloqs that a bloq calls, with the number of calls."""

_GATES = QECGatesCost()


def calls_of(bloq: Bloq) -> Callees:
    """What a bloq calls; nothing where its inside cannot be looked at.

    Args:
        bloq: any.

    Returns:
        Pairs (callee, number of calls).

    Example:
        >>> from qualtran.bloqs.basic_gates import CSwap
        >>> calls_of(CSwap(3))
        [(TwoBitCSwap(), 3)]
    """
    try:
        callees = get_bloq_callee_counts(bloq)
    except Exception:
        return []
    return callees if impossible_call(callees) is None else _decomposed_calls(bloq, callees)


@attrs.frozen
class _Recorded(GateCounts):
    """Stands for the cost of a callee; multiplying it by the number of calls writes the call down."""

    callee: Bloq = attrs.field(kw_only=True)
    log: list[tuple[Bloq, Count]] = attrs.field(kw_only=True)

    def __mul__(self, other: Count) -> GateCounts:
        self.log.append((self.callee, other))
        return GateCounts()


def own_gates_and_callees(
    bloq: Bloq, notes: dict[str, None] | None = None
) -> tuple[GateCounts, list[tuple[Bloq, Count]]]:
    """What Qualtran's gate count takes from `bloq` itself, and the calls it goes into (one or the other).

    The rules for leaves (an And-adjoint is a measurement, ...) are thereby those of `QECGatesCost`, its
    static costs included. Rotations by multiples of pi/4 are told before them (`clifford_or_t`).

    A formula that states a number of calls that cannot be, as `Add` of one bit does (-3 CNOT), gives way to
    the decomposition.

    Args:
        bloq: any bloq.
        notes: where it is written down which formula gave way.

    Returns:
        Its own gates, and pairs (callee, number of calls); one of the two is empty.

    Raises:
        DecomposeNotImplementedError, DecomposeTypeError: it is a leaf without a known cost.
        UnknownCostError: its formula or its decomposition fails, or states calls that cannot be.

    Example:
        >>> from qualtran.bloqs.basic_gates import CSwap, TGate
        >>> own_gates_and_callees(TGate())
        (GateCounts(t=1, toffoli=0, cswap=0, and_bloq=0, clifford=0, rotation=0, measurement=0), [])
        >>> own_gates_and_callees(CSwap(3))[1]
        [(TwoBitCSwap(), 3)]
    """
    turned = clifford_or_t(bloq)
    if turned is not None:
        return turned, []
    static = bloq.my_static_costs(_GATES)
    if static is not NotImplemented:
        return static, []
    log: list[tuple[Bloq, Count]] = []
    try:
        own = _GATES.compute(bloq, lambda callee: _Recorded(callee=callee, log=log))
    except (DecomposeNotImplementedError, DecomposeTypeError):
        if not isinstance(bloq, Adjoint | Controlled):
            raise
        return GateCounts(), list(composite_of(bloq).bloq_counts().items())
    except Exception as error:
        raise UnknownCostError(
            f"the gates of {bloq} cannot be counted ({cause(error)})."
        ) from error
    if impossible_call(log) is None:
        return own, log
    return own, _decomposed_calls(bloq, log, notes)


def impossible_call(callees: Callees) -> tuple[Bloq, Count] | None:
    """The first call whose number is negative or broken.

    Args:
        callees: pairs (callee, number of calls).

    Returns:
        That pair; None where each can be.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT, TGate
        >>> impossible_call([(TGate(), 2), (CNOT(), -3)])
        (CNOT(), -3)
    """
    for callee, n in callees:
        try:
            as_count(n)
        except (TypeError, ValueError, OverflowError):
            return callee, n
    return None


def _decomposed_calls(
    bloq: Bloq, stated: Callees, notes: dict[str, None] | None = None
) -> list[tuple[Bloq, Count]]:
    """The parts of the decomposition, where those that are stated cannot be."""
    callee, n = impossible_call(stated) or (None, None)
    wrong = f"{bloq} states {n} calls of {callee}"
    try:
        calls = list(composite_of(bloq).bloq_counts().items())
    except Exception as error:
        raise UnknownCostError(f"{wrong}, and cannot be decomposed ({cause(error)}).") from error
    if notes is not None:
        notes[wrong] = None
    return calls
