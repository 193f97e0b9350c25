"""The call graph of a bloq, walked once; all figures of a cost are gathered from it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs
from qualtran import Bloq, DecomposeNotImplementedError, DecomposeTypeError
from qualtran.resource_counting import CostKey, GateCounts, get_cost_value

from bloqs.core.control import ControllableBloq
from bloqs.core.counts import Count
from bloqs.costs.callees import own_gates_and_callees
from bloqs.costs.keys import Callees, GatheredKey, Generalizer, is_query, unwrap
from bloqs.costs.qubits import Workspaces
from bloqs.costs.unknown import UnknownCostError


@attrs.frozen(eq=False)
class CallGraph:
    """The call graph of a bloq, each distinct bloq once.

    A query of a hardware memory is in it whatever the memory model, with its circuit, if any, as callee.

    Parameters:
        root: where it starts.
        callees: for each bloq the `(callee, number of calls)` it makes, callers before callees.
        gates: the native gates of each leaf.
        generalizer: by which it was walked.
        notes: which formulas state calls that cannot be, so that the decomposition was counted.

    Example:
        >>> from qualtran.bloqs.mcmt import And, MultiAnd
        >>> graph = walk(MultiAnd(cvs=(1, 1, 1)))
        >>> graph.calls()[And()], graph.native().and_bloq
        (2, 2)
    """

    root: Bloq
    callees: dict[Bloq, Callees]
    gates: Mapping[Bloq, GateCounts]
    generalizer: Generalizer | None = None
    notes: tuple[str, ...] = ()

    def calls(self) -> dict[Bloq, Count]:
        """How often each bloq is called in one call of the root."""
        totals: dict[Bloq, Count] = dict.fromkeys(self.callees, 0)
        totals[self.root] = 1
        for bloq, calls in self.callees.items():
            for callee, n in calls:
                totals[callee] = totals[callee] + totals[bloq] * n
        return totals

    def __iter__(self) -> Iterator[Bloq]:
        return iter(self.callees)

    def native(self) -> GateCounts:
        """The gates of one call of the root, as by `QECGatesCost`."""
        totals: dict[Bloq, GateCounts] = {}
        for bloq in reversed(self.callees):
            total = self.gates.get(bloq, GateCounts())
            for callee, n in self.callees[bloq]:
                total += n * totals[callee]
            totals[bloq] = total
        return totals[self.root]

    def value(self, key: CostKey[Any]) -> Any:
        """The cost of the root by any cost key.

        Args:
            key: a `GatheredKey` is gathered from this graph. For any other, Qualtran walks the call graph
                again, with the same generalizer.

        Returns:
            What the key counts.
        """
        if not isinstance(key, GatheredKey):
            return get_cost_value(self.root, key, generalizer=self.generalizer)
        values: dict[Bloq, Any] = {}
        for bloq in reversed(self.callees):
            value: Any = bloq.my_static_costs(key)
            if value is NotImplemented:
                gates, callees = self.gates.get(bloq), self.callees[bloq]
                value = key.gather(bloq, gates, callees, values.__getitem__)
            values[bloq] = value
        return values[self.root]

    def workspaces(self) -> Workspaces:
        """The workspaces of our bloqs, callees before callers, so that no recursion runs deep.

        One that cannot be known is met again where it is asked for.
        """
        found = Workspaces(self.generalizer)
        for bloq in reversed(self.callees):
            if isinstance(bloq, ControllableBloq):
                with contextlib.suppress(UnknownCostError):
                    found.of(bloq)
        return found


def _names(path: Iterable[Bloq]) -> tuple[str, ...]:
    return tuple(type(unwrap(bloq)).__name__ for bloq in path)


def walk(bloq: Bloq, generalizer: Generalizer | None = None) -> CallGraph:
    """Walk the call graph of `bloq`, by the rules of Qualtran's `QECGatesCost`.

    It does not recurse, so that the nesting may be deeper than Python's stack.

    Args:
        bloq: the root.
        generalizer: applied to every bloq; None drops the bloq.

    Returns:
        The graph, callers before callees.

    Raises:
        UnknownCostError: a leaf has no known cost; the message gives the path to it.
        ValueError: the generalizer drops the root.

    Example:
        >>> from qualtran.bloqs.mcmt import MultiAnd
        >>> [type(bloq).__name__ for bloq in walk(MultiAnd(cvs=(1, 1, 1)))]
        ['MultiAnd', 'And']
    """
    generalize = generalizer or (lambda b: b)
    root = bloq if is_query(bloq) else generalize(bloq)
    if root is None:
        raise ValueError(f"{bloq} itself is left out by the generalizer: there is nothing to cost")
    callees: dict[Bloq, Callees] = {}
    gates: dict[Bloq, GateCounts] = {}
    notes: dict[str, None] = {}
    finished: list[Bloq] = []
    path: list[Bloq] = []
    stack: list[tuple[Bloq, bool]] = [(root, False)]
    while stack:
        current, is_done = stack.pop()
        if is_done:
            path.pop()
            finished.append(current)
            continue
        if current in callees:
            continue
        path.append(current)
        charged = generalize(current) if is_query(current) else current
        try:
            if charged is current:
                own, raw = own_gates_and_callees(current, notes)
            else:
                own, raw = None, [] if charged is None else [(charged, 1)]
        except (DecomposeNotImplementedError, DecomposeTypeError) as error:
            raise UnknownCostError(
                f"{current} has no known cost and cannot be decomposed, so no total is given. "
                "Give it a decomposition, a call graph, or gate counts by my_static_costs(QECGatesCost()).",
                _names(path),
            ) from error
        except UnknownCostError as error:
            error.path = _names(path)
            raise
        merged: dict[Bloq, Count] = {}
        for child, n in raw:
            general = generalize(child)
            if general is not child and is_query(child):
                general = child
            if general is not None:
                merged[general] = merged.get(general, 0) + n
        callees[current] = tuple(merged.items())
        if not raw and own is not None:
            gates[current] = own
        stack.append((current, True))
        stack.extend((child, False) for child in merged if child not in callees)
    return CallGraph(
        root, {b: callees[b] for b in reversed(finished)}, gates, generalizer, tuple(notes)
    )
