"""Cost keys of our own: calls of a bloq, calls of the image's encoding, memory queries, T-depth.

A bloq is recognised by plain attributes, so that this module knows no bloq family:

- `component: str`: the part of a cost report that it opens (`component_of`);
- `is_network_input = True`: the encoding of the input image (`InputCalls`);
- `qram_table_size`: one query of a hardware memory with that many entries (`QRAMQueries`), which a memory
  model charges (`bloqs.loading.charges`).

Adjoints and controlled versions are wrappers in Qualtran; everything here looks through them (`unwrap`).
Each key counts in two ways that agree: by Qualtran's `get_cost_value`, which walks the call graph anew, and
by `gather` from a call graph that has been walked (`CallGraph.value`).
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any

import attrs
from qualtran import (
    Bloq,
    DecomposeNotImplementedError,
    DecomposeTypeError,
)
from qualtran.resource_counting import (
    CostKey,
    GateCounts,
    get_cost_value,
)

from bloqs.core.counts import Count, toffoli_like
from bloqs.core.wrappers import is_query, unwrap
from bloqs.costs.callees import Callees, calls_of, own_gates_and_callees
from bloqs.costs.unknown import UnknownCostError

Generalizer = Callable[[Bloq], Bloq | None]
"""What replaces the bloqs of a call graph on the way down; None leaves one out."""


def component_of(bloq: Bloq) -> str | None:
    """The part of a cost report that a bloq opens: its attribute `component`.

    Args:
        bloq: any bloq, wrapped or not.

    Returns:
        The name; None where the bloq has none, and its gates belong to the bloq above.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> component_of(LoadedVector([3.0, -4.0]).adjoint())
        'input loading'
    """
    name = getattr(unwrap(bloq), "component", None)
    return name if isinstance(name, str) else None


def is_network_input(bloq: Bloq) -> bool:
    """Whether a bloq says that it encodes the input image.

    Args:
        bloq: any bloq, not wrapped.

    Returns:
        Its attribute `is_network_input`, else False.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> [is_network_input(LoadedVector([3.0, -4.0], is_network_input=flag)) for flag in (True, False)]
        [True, False]
    """
    return getattr(bloq, "is_network_input", False) is True


class GatheredKey(CostKey[Any], abc.ABC):
    """A cost key that can be gathered from a call graph that has been walked, callees before callers.

    One of your own states `gather` beside Qualtran's `compute`, and the two must agree. It then costs no walk
    of its own when a report is made.

    Example:
        >>> from bloqs.costs.call_graph import walk
        >>> from bloqs.loading import QRAMQuery
        >>> walk(QRAMQuery(None, 5, 8)).value(QRAMQueries())
        {32: 1}
    """

    @abc.abstractmethod
    def gather(
        self,
        bloq: Bloq,
        gates: GateCounts | None,
        callees: Callees,
        cost_of: Callable[[Bloq], Any],
    ) -> Any:
        """The cost of one bloq of a call graph, the same as by `compute`.

        Args:
            bloq: any bloq of the graph that states no cost of its own for this key.
            gates: its native gates where it is a leaf of the gate count; None elsewhere.
            callees: what it calls; none for a leaf.
            cost_of: the cost of a callee.

        Returns:
            The cost of `bloq`.
        """


@attrs.frozen
class _InstanceOf:
    """A hashable `isinstance`, so that equal keys share a cost cache."""

    bloq_type: type[Bloq]

    def __call__(self, bloq: Bloq) -> bool:
        return isinstance(bloq, self.bloq_type)


@attrs.frozen
class BloqCalls(GatheredKey):
    """How often a bloq is called that satisfies `matches`, adjoint and controlled calls included.

    The inside of a match is not searched again. Exact; symbolic counts give a sympy expression.

    Parameters:
        matches: predicate on the unwrapped bloq.
        name: what is counted, for messages.

    >>> from qualtran.bloqs.basic_gates import CSwap, TwoBitCSwap
    >>> from qualtran.resource_counting import get_cost_value
    >>> get_cost_value(CSwap(3).adjoint(), BloqCalls.of_type(TwoBitCSwap))
    3
    """

    matches: Callable[[Bloq], bool]
    name: str = "bloq calls"

    @classmethod
    def of_type(cls, bloq_type: type[Bloq]) -> BloqCalls:
        """Calls of the instances of a class."""
        return cls(_InstanceOf(bloq_type), f"calls of {bloq_type.__name__}")

    def compute(self, bloq: Bloq, get_callee_cost: Callable[[Bloq], Count]) -> Count:
        """One for a match, else the sum over the callees."""
        if self.matches(unwrap(bloq)):
            return 1
        return sum(n * get_callee_cost(callee) for callee, n in calls_of(bloq))

    def gather(
        self,
        bloq: Bloq,
        gates: GateCounts | None,
        callees: Callees,
        cost_of: Callable[[Bloq], Count],
    ) -> Count:
        """As `compute`; below a leaf of the gate count there may still be a match."""
        if gates is not None:
            return get_cost_value(bloq, self)
        if self.matches(unwrap(bloq)):
            return 1
        return sum(n * cost_of(callee) for callee, n in callees)

    def zero(self) -> Count:
        """No calls."""
        return 0

    def __str__(self) -> str:
        return self.name


def InputCalls() -> BloqCalls:
    """The cost key of calls of the image's encoding: every bloq with `is_network_input = True`.

    Returns:
        The key.

    Example:
        >>> from bloqs.combine import VectorTensorProduct
        >>> from bloqs.loading import LoadedVector
        >>> image = LoadedVector([3.0, -4.0], is_network_input=True)
        >>> get_cost_value(VectorTensorProduct(image, image), InputCalls())
        2
    """
    return BloqCalls(is_network_input, "input calls")


@attrs.frozen
class QRAMQueries(GatheredKey):
    """Queries of a hardware memory by table size: `{number of entries: number of queries}`.

    A query is a bloq with the attribute `qram_table_size`; undoing one is a query. Empty without QRAM.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> get_cost_value(LoadedVector(None, "qram", 8, bitsize=3), QRAMQueries())
        {1: 2, 2: 2, 4: 2}
    """

    def compute(
        self, bloq: Bloq, get_callee_cost: Callable[[Bloq], dict[Count, Count]]
    ) -> dict[Count, Count]:
        """One query of its table for a memory bloq, else the sums over the callees."""
        if is_query(bloq):
            return {unwrap(bloq).qram_table_size: 1}
        return _summed(calls_of(bloq), get_callee_cost)

    def gather(
        self,
        bloq: Bloq,
        gates: GateCounts | None,
        callees: Callees,
        cost_of: Callable[[Bloq], dict[Count, Count]],
    ) -> dict[Count, Count]:
        """As `compute`; below a leaf of the gate count there may still be a query."""
        if gates is not None:
            return get_cost_value(bloq, self)
        if is_query(bloq):
            return {unwrap(bloq).qram_table_size: 1}
        return _summed(callees, cost_of)

    def zero(self) -> dict[Count, Count]:
        """No queries."""
        return {}

    def __str__(self) -> str:
        return "QRAM queries"


def _summed(callees: Callees, cost_of: Callable[[Bloq], dict[Count, Count]]) -> dict[Count, Count]:
    """The queries of all callees, by table size."""
    totals: dict[Count, Count] = {}
    for callee, n in callees:
        for table, queries in cost_of(callee).items():
            totals[table] = totals.get(table, 0) + n * queries
    return totals


@attrs.frozen
class TDepthUpperBound(GatheredKey):
    """Layers of T gates when the parts run one after another: an upper bound of the T-depth.

    This is the schedule that `QubitCount` assumes, so that this depth and that width hold together. A bloq
    that knows a shallower schedule *of the same width* states it by `my_static_costs(TDepthUpperBound)`.

    Parameters:
        rotation_depth: layers of one rotation; under conventions, the T gates that it becomes.
        toffoli_depth: layers of one Toffoli, And or CSwap.

    >>> from qualtran import QUInt
    >>> from qualtran.bloqs.arithmetic import Add
    >>> from qualtran.resource_counting import get_cost_value
    >>> get_cost_value(Add(QUInt(8)), TDepthUpperBound())
    7
    """

    rotation_depth: Count = 1
    toffoli_depth: int = 1

    def compute(self, bloq: Bloq, get_callee_cost: Callable[[Bloq], Count]) -> Count:
        """The depth of a leaf, or the sum over the callees."""
        try:
            own, callees = own_gates_and_callees(bloq)
        except (DecomposeNotImplementedError, DecomposeTypeError) as error:
            raise UnknownCostError(f"{bloq} has no known T-depth: {error}") from error
        return self._layers(own) + sum(n * get_callee_cost(callee) for callee, n in callees)

    def gather(
        self,
        bloq: Bloq,
        gates: GateCounts | None,
        callees: Callees,
        cost_of: Callable[[Bloq], Count],
    ) -> Count:
        """As `compute`."""
        own = self._layers(gates or GateCounts())
        return own + sum(n * cost_of(callee) for callee, n in callees)

    def _layers(self, own: GateCounts) -> Count:
        """Of the gates of a leaf."""
        return own.t + self.toffoli_depth * toffoli_like(own) + self.rotation_depth * own.rotation

    def zero(self) -> Count:
        """No layers."""
        return 0

    def __str__(self) -> str:
        return "T-depth (upper bound)"
