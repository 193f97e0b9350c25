"""Cost keys of our own: calls of a bloq, calls of the image's encoding, memory queries, T-depth.

A bloq is recognised by plain attributes, so that this module knows no bloq family:

- `component: str`: the part of a cost report that it opens (`component_of`);
- `is_network_input = True`: the encoding of the input image (`InputCalls`);
- `qram_table_size`: one query of a hardware memory with that many entries (`QRAMQueries`), which gives its
  gates under a memory model by `qram_circuit(model) -> Bloq` (`charge_qram`).

Adjoints and controlled versions are wrappers in Qualtran; everything here looks through them (`unwrap`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from qualtran import (
    Adjoint,
    Bloq,
    Controlled,
    DecomposeNotImplementedError,
    DecomposeTypeError,
)
from qualtran.bloqs.mcmt import ControlledViaAnd
from qualtran.resource_counting import CostKey, GateCounts, QECGatesCost, get_bloq_callee_counts

from bloqs.costs.conventions import Count, toffoli_like

QRAM_MODELS = ("select-swap", "oracle", "bucket-brigade")
"""How a query of a hardware memory is charged: by the gates of a circuit, or counted only (`oracle`)."""

_GATES = QECGatesCost()


class UnknownCostError(ValueError):
    """A leaf of the call graph has no known cost, so that every total would be too low."""


def unwrap(bloq: Bloq) -> Bloq:
    """The bloq under any nesting of adjoint and controlled wrappers.

    >>> from qualtran.bloqs.basic_gates import Ry
    >>> unwrap(Ry(0.1).controlled())
    Ry(angle=0.1, eps=1e-11)
    """
    while isinstance(bloq, (Adjoint, Controlled, ControlledViaAnd)):
        bloq = bloq.subbloq
    return bloq


def component_of(bloq: Bloq) -> str | None:
    """The part of a cost report that a bloq opens: its attribute `component`, or None."""
    name = getattr(unwrap(bloq), "component", None)
    return name if isinstance(name, str) else None


def is_network_input(bloq: Bloq) -> bool:
    """Whether a bloq says that it encodes the input image."""
    return getattr(bloq, "is_network_input", False) is True


@attrs.frozen
class _InstanceOf:
    """A hashable `isinstance`, so that equal keys share a cost cache."""

    bloq_type: type[Bloq]

    def __call__(self, bloq: Bloq) -> bool:
        return isinstance(bloq, self.bloq_type)


@attrs.frozen
class BloqCalls(CostKey[Any]):
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
        return sum(n * get_callee_cost(callee) for callee, n in get_bloq_callee_counts(bloq))

    def zero(self) -> Count:
        """No calls."""
        return 0

    def __str__(self) -> str:
        return self.name


def InputCalls() -> BloqCalls:
    """Calls of the image's encoding: every bloq with `is_network_input = True`."""
    return BloqCalls(is_network_input, "input calls")


@attrs.frozen
class QRAMQueries(CostKey[dict[Any, Any]]):
    """Queries of a hardware memory by table size: `{number of entries: number of queries}`.

    A query is a bloq with the attribute `qram_table_size`; undoing one is a query. Empty without QRAM.
    """

    def compute(
        self, bloq: Bloq, get_callee_cost: Callable[[Bloq], dict[Count, Count]]
    ) -> dict[Count, Count]:
        """One query of its table for a memory bloq, else the sums over the callees."""
        size = getattr(unwrap(bloq), "qram_table_size", None)
        if size is not None:
            return {size: 1}
        totals: dict[Count, Count] = {}
        for callee, n in get_bloq_callee_counts(bloq):
            for table, queries in get_callee_cost(callee).items():
                totals[table] = totals.get(table, 0) + n * queries
        return totals

    def zero(self) -> dict[Count, Count]:
        """No queries."""
        return {}

    def __str__(self) -> str:
        return "QRAM queries"


@attrs.frozen
class _Recorded(GateCounts):
    """Stands for the cost of a callee; multiplying it by the number of calls writes the call down."""

    callee: Bloq = attrs.field(kw_only=True)
    log: list[tuple[Bloq, Count]] = attrs.field(kw_only=True)

    def __mul__(self, other: Count) -> GateCounts:
        self.log.append((self.callee, other))
        return GateCounts()


def own_gates_and_callees(bloq: Bloq) -> tuple[GateCounts, list[tuple[Bloq, Count]]]:
    """What Qualtran's gate count takes from `bloq` itself, and the calls it goes into (one or the other).

    The rules for leaves (an angle of pi/2 is a Clifford, an And-adjoint a measurement, ...) are thereby
    those of `QECGatesCost`, its static costs included.

    Raises:
        DecomposeNotImplementedError, DecomposeTypeError: it is a leaf without a known cost.

    >>> from qualtran.bloqs.basic_gates import CSwap, TGate
    >>> own_gates_and_callees(TGate())
    (GateCounts(t=1, toffoli=0, cswap=0, and_bloq=0, clifford=0, rotation=0, measurement=0), [])
    >>> own_gates_and_callees(CSwap(3))[1]
    [(TwoBitCSwap(), 3)]
    """
    static = bloq.my_static_costs(_GATES)
    if static is not NotImplemented:
        return static, []
    log: list[tuple[Bloq, Count]] = []
    own = _GATES.compute(bloq, lambda callee: _Recorded(callee=callee, log=log))
    return own, log


@attrs.frozen
class TDepthUpperBound(CostKey[Any]):
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
        depth = own.t + self.toffoli_depth * toffoli_like(own) + self.rotation_depth * own.rotation
        return depth + sum(n * get_callee_cost(callee) for callee, n in callees)

    def zero(self) -> Count:
        """No layers."""
        return 0

    def __str__(self) -> str:
        return "T-depth (upper bound)"


def charge_qram(model: str) -> Callable[[Bloq], Bloq | None]:
    """A generalizer that replaces each memory query by its circuit under `model`.

    `oracle` drops it: a query is then counted (`QRAMQueries`) and costs no gates. The others ask the bloq
    for `qram_circuit(model)`.

    Raises:
        ValueError: unknown model; or, when applied, a memory bloq without a circuit for it.
    """
    if model not in QRAM_MODELS:
        raise ValueError(f"unknown QRAM model {model!r}: choose one of {', '.join(QRAM_MODELS)}")

    def charge(bloq: Bloq) -> Bloq | None:
        if getattr(unwrap(bloq), "qram_table_size", None) is None:
            return bloq
        if model == "oracle":
            return None
        if isinstance(bloq, Adjoint):
            inner = charge(bloq.subbloq)
            return None if inner is None else inner.adjoint()
        if isinstance(bloq, (Controlled, ControlledViaAnd)):
            inner = charge(bloq.subbloq)
            return None if inner is None else inner.controlled(bloq.ctrl_spec)
        if not hasattr(bloq, "qram_circuit"):
            raise ValueError(
                f"{bloq} queries a hardware memory and has no circuit for qram={model!r}: "
                "cost it with qram='oracle', or give its class a method qram_circuit(model)"
            )
        return bloq.qram_circuit(model)

    return charge
