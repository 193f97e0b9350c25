"""The cost of a bloq as a QREF routine, which bartiq compiles."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import attrs
import sympy
from qref import SchemaV1
from qref.schema_v1 import ResourceV1, RoutineV1
from qualtran import Bloq
from qualtran.resource_counting import GateCounts

from bloqs.checks import whole_number
from bloqs.core.checks import a_bloq
from bloqs.core.counts import Count
from bloqs.costs.call_graph import CallGraph, walk
from bloqs.costs.keys import unwrap
from bloqs.loading.charges import Charges
from bloqs.loading.memory import MemoryModel

KINDS = tuple(field.name for field in attrs.fields(GateCounts))
"""The resources of every routine: the native gates of Qualtran's `GateCounts`, nothing converted."""


def to_qref(
    bloq: Bloq,
    *,
    depth: int = 2,
    qram: str | MemoryModel = "select-swap",
    uncompute: str = "unitary",
) -> SchemaV1:
    """The call graph of a bloq as QREF: costs, and what makes them up.

    A routine stands for a bloq, its children for the distinct bloqs that it calls. At `depth` a routine has
    the gates of everything below it as numbers; above, a resource is the sum over children of the number of
    calls times their resource, so that whoever compiles the document adds up the total anew. It is the same
    at every depth. There are no ports: how the parts are wired is for `to_cirq`.

    Args:
        bloq: any that can be costed, in numbers or symbols; symbols become input parameters. A function that
            only this library knows, as the cost of the cheapest select-swap, stays in an expression by name.
        depth: levels of children below the root; 0 for the root alone.
        qram: as `bloqs.costs.estimate`.
        uncompute: as `bloqs.costs.estimate`.

    Returns:
        The document, version 1. Resources are `t`, `toffoli`, `cswap`, `and_bloq`, `clifford`, `rotation`,
        `measurement`, as Qualtran counts them.

    Raises:
        UnknownCostError: a part has no known cost (a `ValueError`).
        ValueError: not a bloq, depth below 0, an unknown memory model or uncomputation.

    Example:
        >>> from bartiq import compile_routine
        >>> from bloqs.loading import LoadedVector
        >>> document = to_qref(LoadedVector(None, "select-swap", 8, bitsize=6))
        >>> compile_routine(document).routine.resources["and_bloq"].value
        72
    """
    a_bloq(bloq)
    whole_number(depth, "depth", low=0, high=50)
    graph = walk(bloq, Charges(qram, uncompute))
    return SchemaV1(version="v1", program=_Routines(graph).routine(graph.root, "root", depth))


class _Routines:
    """Routines of one call graph."""

    def __init__(self, graph: CallGraph):
        self._graph = graph
        self._gates: dict[Bloq, GateCounts] = {}
        self._symbols: dict[Bloq, set[str]] = {}
        for bloq in reversed(list(graph)):
            total = graph.gates.get(bloq, GateCounts())
            for callee, n in graph.callees[bloq]:
                total += n * self._gates[callee]
            self._gates[bloq] = total

    def routine(self, bloq: Bloq, name: str, depth: int) -> RoutineV1:
        """The routine of a bloq, with `depth` levels of children."""
        calls = self._graph.callees[bloq] if depth else ()
        names = _distinct([_identifier(callee) for callee, _ in calls])
        children = [
            self.routine(callee, child, depth - 1)
            for (callee, _), child in zip(calls, names, strict=True)
        ]
        symbols: set[str] = set()
        resources = []
        for kind in KINDS:
            if not calls:
                total = getattr(self._gates[bloq], kind)
                symbols |= _symbols(total)
                resources.append(_resource(kind, _text(total)))
                continue
            terms = []
            for (_, n), child in zip(calls, names, strict=True):
                symbols |= _symbols(n)
                terms.append(f"({_text(n)})*{child}.{kind}")
            resources.append(_resource(kind, " + ".join(terms)))
        links: dict[str, list[str]] = {}
        for made in children:
            for symbol in made.input_params:
                links.setdefault(symbol, []).append(f"{made.name}.{symbol}")
        symbols |= {*links}
        content: dict[str, Any] = {
            "name": name,
            "type": type(unwrap(bloq)).__name__,
            "children": children,
            "resources": resources,
            "input_params": sorted(symbols),
            "linked_params": [{"source": s, "targets": links[s]} for s in sorted(links)],
        }
        return RoutineV1(**content)


def _resource(kind: str, value: int | str) -> ResourceV1:
    return ResourceV1(name=kind, type="additive", value=value)


def _identifier(bloq: Bloq) -> str:
    return re.sub(r"\W", "_", type(unwrap(bloq)).__name__, flags=re.ASCII)


def _distinct(names: list[str]) -> list[str]:
    """The names, numbered where one comes several times."""
    several = {name for name, n in Counter(names).items() if n > 1}
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        seen[name] += 1
        distinct.append(f"{name}_{seen[name]}" if name in several else name)
    return distinct


def _symbols(value: Count) -> set[str]:
    return {s.name for s in value.free_symbols} if isinstance(value, sympy.Basic) else set()


def _text(value: Count) -> int | str:
    """A count in the words that QREF's readers know, which have no cases."""
    if not isinstance(value, sympy.Basic):
        return int(value)
    return str(value.replace(lambda e: isinstance(e, sympy.Piecewise), _without_cases))


def _without_cases(cases: sympy.Piecewise) -> Any:
    """Cases as a sum in which a factor of 0 or 1 stands for each condition, which are about whole numbers."""
    total, left = sympy.Integer(0), sympy.Integer(1)
    for value, condition in cases.args:
        holds = _indicator(condition)
        total += left * holds * value
        left *= 1 - holds
    return total


def _indicator(condition: Any) -> Any:
    if isinstance(condition, sympy.logic.boolalg.BooleanAtom):
        return sympy.Integer(bool(condition))
    if isinstance(condition, sympy.Or):
        return 1 - sympy.prod(1 - _indicator(one) for one in condition.args)
    if isinstance(condition, sympy.And):
        return sympy.prod(_indicator(one) for one in condition.args)
    if isinstance(condition, sympy.Not):
        return 1 - _indicator(condition.args[0])
    left, right = condition.args
    if isinstance(condition, sympy.Eq):
        return 1 - sympy.Min(1, sympy.Abs(left - right))
    if isinstance(condition, sympy.Ne):
        return sympy.Min(1, sympy.Abs(left - right))
    low, high = (left, right) if isinstance(condition, sympy.Lt | sympy.Le) else (right, left)
    slack = high - low + (1 if isinstance(condition, sympy.Le | sympy.Ge) else 0)
    return sympy.Min(1, sympy.Max(0, slack))
