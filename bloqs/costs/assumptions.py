"""The assumptions block: everything a total depends on, in words, in one mapping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

import attrs
import sympy
from qualtran import Bloq
from qualtran.bloqs.rotations import AddIntoPhaseGrad, PhaseGradientState

from bloqs.core.budget import CATALYST_SHARE, SLACK
from bloqs.core.counts import Count
from bloqs.core.rotation import GenericRotation
from bloqs.costs.conventions import Conventions, t_count
from bloqs.costs.keys import unwrap
from bloqs.costs.unknown import Unknown
from bloqs.loading.memory import MemoryModel
from bloqs.loading.phase_gradient import BorrowPhaseGradient, phase_gradient_preparation
from bloqs.tables import Table


def collect_assumptions(
    bloqs: Iterable[Bloq],
    conventions: Conventions,
    *,
    memory: MemoryModel | None,
    num_rotations: Count | None = None,
    budgeted: float | None = None,
    num_queries: Count | Unknown | None = None,
) -> dict[str, str]:
    """The assumptions of a cost, outermost bloq first.

    A bloq tells its own by an attribute `assumptions`, a mapping of short names to words or numbers (loader,
    norm bounds, alpha of a convolution, split of the error). Where two bloqs tell of the same name, what the
    outer one says is kept.

    Args:
        bloqs: the bloqs of a call graph, callers before callees.
        conventions: how T is counted.
        memory: the memory model; None when no hardware memory is queried.
        num_rotations: when given, the error and the T of each rotation are told in numbers.
        budgeted: synthesis error that the bloq's own budget leaves; told where the conventions allow more.
        num_queries: of the memory; told with their error, where they have one.

    Returns:
        name -> words, ready for a table or for JSON.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> vector = LoadedVector([3.0, -4.0], "qrom", 8)
        >>> told = collect_assumptions([vector], Conventions(), memory=None)
        >>> told["gate counts"], told["loader qrom"]
        ('by data: every angle counted as it is', 'angles rounded to tables, a QROM a rotation, added to a
        phase gradient')
    """
    told: dict[str, str] = {}
    generic = False
    has_data: list[bool] = []
    resource_used = resource_prepared = False
    catalyst_bits: list[Any] = []
    for bloq in bloqs:
        bare = unwrap(bloq)
        for name, value in _told_by(bare).items():
            told.setdefault(name, value)
        generic = generic or isinstance(bare, GenericRotation)
        if hasattr(bare, "has_data"):
            has_data.append(bool(bare.has_data))
        resource_used = resource_used or isinstance(bare, AddIntoPhaseGrad)
        resource_prepared = resource_prepared or isinstance(bare, PhaseGradientState)
        if isinstance(bare, BorrowPhaseGradient):
            catalyst_bits.append(bare.bitsize)
    # A table by data may count its rotations by kind: a bloq that knows whether it has data says so itself.
    by_shape = not all(has_data) if has_data else generic
    if catalyst_bits:
        gradient = _catalyst(catalyst_bits, conventions)
    elif resource_prepared:
        gradient = "its preparation is in the counts"
    elif resource_used:
        gradient = "used as a resource; its preparation is not in the counts"
    else:
        gradient = "none used"
    block = {
        "gate counts": (
            "by shape: every data angle counted as a rotation (upper bound)"
            if by_shape
            else "by data: every angle counted as it is"
        ),
        "Qualtran": version("qualtran"),
        **conventions.describe(num_rotations),
        "phase-gradient state": gradient,
        "QRAM model": (
            "no hardware memory is queried" if memory is None else _memory(memory, num_queries)
        ),
        "qubits": "peak over parts run one after another (Qualtran QubitCount)",
        "T-depth": "critical path of the circuit decomposed completely, every gate as soon as its wires "
        "are ready, with the qubits of that schedule; beside it parts one after another",
        "a layer of T-depth": f"one T, or {_toffolis(conventions.t_depth_per_toffoli)}",
    }
    if budgeted is not None and conventions.total_error > budgeted * (1 + SLACK):
        block["rotation synthesis error"] += (
            f"; set by hand, above the {budgeted:.3g} that the error budget leaves: epsilon may be missed"
        )
    return {**block, **told}


def _memory(memory: MemoryModel, num_queries: Count | Unknown | None) -> str:
    """How queries are charged, and how often they fail."""
    told = f"{memory.name}: {memory.words}"
    if memory.query_error:
        told += f"; a query fails with probability {memory.query_error:g}"
        if isinstance(num_queries, int):
            told += (
                f", {num_queries:,} in a run with {memory.query_error * num_queries:.3g} at most"
            )
    return told


def _toffolis(layers: int) -> str:
    """What a Toffoli takes in the schedules, so that their depth and their qubits go together."""
    share = "one" if layers == 1 else f"1/{layers}"
    return (
        f"{share} Toffoli, And or CSwap on its own wires, by a |CCZ> state that a factory has ready; with "
        "its four T side by side in place of that state an And would hold one qubit more, the others two"
    )


def assumptions_table(assumptions: Mapping[str, str]) -> Table:
    """Everything that figures rest on.

    Args:
        assumptions: name -> words.

    Returns:
        Two columns, one row an assumption.

    Example:
        >>> assumptions_table({"memory": "none"}).cells
        (('memory', 'none'),)
    """
    return Table("Assumptions", ("assumption", "value"), assumptions.items())


def least_stated(bloqs: Iterable[Bloq], name: str) -> float | None:
    """The least value that a bloq, wrapped or not, states by an attribute.

    Args:
        bloqs: the bloqs of a call graph.
        name: of the attribute, such as "synthesis_epsilon", a network's share of its error for rotations.

    Returns:
        The least value; None where no bloq states one.

    Example:
        >>> from bloqs.loading import QRAMQuery
        >>> queries = [QRAMQuery(None, 5, 8), QRAMQuery(None, 3, 8).adjoint()]
        >>> least_stated(queries, "qram_table_size"), least_stated(queries, "synthesis_epsilon")
        (8, None)
    """
    values = [getattr(unwrap(bloq), name, None) for bloq in bloqs]
    return min((value for value in values if value is not None), default=None)


def synthesis_budget(bloqs: Iterable[Bloq], conventions: Conventions) -> float | None:
    """What a bloq's own error budget leaves to the synthesis of its rotations, in the norm of their model.

    Args:
        bloqs: the bloqs of a call graph.
        conventions: whose rotation model is a unitary or a channel.

    Returns:
        The least that a bloq states as `channel_epsilon` or, for unitaries and where none does, as
        `synthesis_epsilon`; None where no bloq states one.

    Example:
        >>> from bloqs.networks.shares import ErrorShares
        >>> shares = [ErrorShares(1e-4, 1e-3, network_alpha=1.0)]
        >>> [synthesis_budget(shares, Conventions(rotation_model=m)) for m in ("diagonal", "fallback")]
        [0.0001, 0.0002]
    """
    found = list(bloqs)
    if conventions.rotation_model.is_channel:
        stated = least_stated(found, "channel_epsilon")
        if stated is not None:
            return stated
    return least_stated(found, "synthesis_epsilon")


def _catalyst(bitsizes: list[Any], conventions: Conventions) -> str:
    """The first qubits of a phase gradient state are a smaller one, so that the largest serves all."""
    if any(isinstance(size, sympy.Basic) for size in bitsizes):
        return "a catalyst of symbolic size, prepared once; its preparation is not in the counts"
    size = max(bitsizes)
    error = conventions.total_error * CATALYST_SHARE / (1 - CATALYST_SHARE)
    once = attrs.evolve(conventions, synthesis_epsilon=error)
    extra = t_count(phase_gradient_preparation(size), once)
    return (
        f"a catalyst of {size} qubits, prepared once to an error of {error:.3g} by {extra:,} T that are not "
        "in the counts"
    )


def _told_by(bloq: Bloq) -> dict[str, str]:
    told = getattr(bloq, "assumptions", None)
    if told is None:
        return {}
    if not isinstance(told, Mapping):
        raise ValueError(
            f"{type(bloq).__name__}.assumptions must be a mapping of names to words, got {told!r}"
        )
    return {str(name): words(value) for name, value in told.items()}


def words(value: Any) -> str:
    """A value of an assumptions block in words: floats by six digits, mappings and sequences in line.

    Args:
        value: anything that a bloq states in its `assumptions`.

    Returns:
        The text of one cell of the table.

    Example:
        >>> words({"origin": "calibrated", "output": [0.04, 0.0752481]})
        'origin: calibrated; output: 0.04, 0.0752481'
    """
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {words(item)}" for name, item in value.items())
    if isinstance(value, (tuple, list)):
        nested = any(isinstance(item, Mapping) for item in value)
        return (" | " if nested else ", ").join(words(item) for item in value)
    return str(value)
