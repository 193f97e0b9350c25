"""Logical qubits under a memory model: registers and the workspace that a bloq states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from qualtran import Adjoint, Bloq
from qualtran.resource_counting import CostKey, QubitCount, get_cost_value

from bloqs.checks import instance
from bloqs.core.checks import a_bloq, a_generalizer
from bloqs.core.control import ControllableBloq, ReversedBloq
from bloqs.core.counts import Count
from bloqs.costs.keys import Generalizer


@attrs.frozen
class Workspace(CostKey[Any]):
    """Clean qubits that a bloq allocates beyond its registers, at the peak.

    Our bloqs state theirs as a function of that of their callees (`workspace_given`); of any other bloq it is
    its `QubitCount` less its registers. With `Charges` as generalizer the queries of a hardware memory take
    what the memory model says, and so does everything above them; without, this is the property `workspace`.

    Example:
        >>> from bloqs.costs.charges import Charges
        >>> from bloqs.loading import QRAMQuery
        >>> query = QRAMQuery(None, 8, 16)
        >>> [get_cost_value(query, Workspace(), generalizer=Charges(memory))
        ...  for memory in ("oracle", "select-swap", "bucket-brigade")]
        [0, 69, 382]
    """

    def compute(self, bloq: Bloq, get_callee_cost: Callable[[Bloq], Count]) -> Count:
        """What the bloq states, else by Qualtran's rules for its callees."""
        if isinstance(bloq, ReversedBloq):
            return get_callee_cost(bloq.subbloq)
        if isinstance(bloq, ControllableBloq):
            stated = bloq.workspace_given(
                lambda part: get_callee_cost(part.subbloq if isinstance(part, Adjoint) else part)
            )
            if stated is not None:
                return stated
        width = bloq.my_static_costs(QubitCount())
        if width is NotImplemented:
            width = QubitCount().compute(
                bloq, lambda part: part.signature.n_qubits() + get_callee_cost(part)
            )
        return width - bloq.signature.n_qubits()

    def zero(self) -> Count:
        """None."""
        return 0

    def __str__(self) -> str:
        return "workspace"


def logical_qubits(
    bloq: Bloq, generalizer: Generalizer | None = None, cache: dict[Bloq, Count] | None = None
) -> Count:
    """Peak number of qubits, parts one after another: Qualtran's `QubitCount` under a memory model.

    Args:
        bloq: any bloq, concrete or symbolic.
        generalizer: `Charges`, for a memory model other than select-swap.
        cache: of `Workspace`, filled by the call.

    >>> from qualtran.bloqs.mcmt import MultiAnd
    >>> logical_qubits(MultiAnd(cvs=(1,) * 5))
    9
    """
    a_bloq(bloq)
    a_generalizer(generalizer)
    instance(cache, "cache", (dict, type(None)), "a dictionary, or None")
    workspace = get_cost_value(bloq, Workspace(), cache, generalizer)
    return bloq.signature.n_qubits() + workspace
