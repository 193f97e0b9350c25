"""How often a memory fails in a run: what its queries take of an error budget, refused where it is all."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from bloqs.core.budget import MEMORY, BudgetError
from bloqs.core.counts import Count
from bloqs.costs.unknown import Unknown


class MemoryFailures:
    """The part of a `CostReport` about hardware memories whose queries may fail.

    Example:
        >>> import attrs
        >>> from bloqs.costs import estimate
        >>> from bloqs.loading import QRAMQuery, memory_model
        >>> memory = attrs.evolve(memory_model("oracle"), query_error=1e-6)
        >>> report = estimate(QRAMQuery(None, 7, 8), qram=memory)
        >>> report.num_queries, report.memory_failure_probability
        (1, 1e-06)
    """

    query_error: float
    failure_probability: float | None

    @property
    def qram_queries(self) -> Mapping[Count, Count]:
        """Queries of hardware memories by table size; `Unknown` where they cannot be counted."""
        raise NotImplementedError

    @property
    def num_queries(self) -> Count | Unknown:
        """Queries of hardware memories of any size; a sympy expression where a size is a symbol.

        `Unknown`, with the reason, where they cannot be counted.
        """
        return all_queries(self.qram_queries)

    @property
    def memory_failure_probability(self) -> float:
        """That a query of a hardware memory fails in a run, at most: the errors of all queries added.

        Raises:
            ValueError: the number of queries is symbolic, or not known.
        """
        if not self.query_error:
            return 0.0
        queries = self.num_queries
        if isinstance(queries, Unknown):
            raise ValueError(f"how often a memory fails is not known: {queries}")
        if isinstance(queries, sympy.Basic):
            raise ValueError("the report is symbolic: substitute numbers first (CostReport.subs)")
        return self.query_error * queries

    @property
    def machine_failure_probability(self) -> float | None:
        """What the queries of a memory leave of `failure_probability` for the machine; None without a budget.

        Raises:
            ValueError: as `memory_failure_probability`.
        """
        if self.failure_probability is None:
            return None
        return self.failure_probability - self.memory_failure_probability

    def refuse_failing_memory(self) -> None:
        """Nothing, where queries leave something of the budget for the machine, or where nobody can say.

        A report does this when it is made, so that there is none of a network whose memory fails too often.

        Raises:
            BudgetError: the queries of a run fail with all that the error budget has for memory and machine.
        """
        given, queries = self.failure_probability, self.num_queries
        if not self.query_error or given is None or not isinstance(queries, int) or not queries:
            return
        taken = self.query_error * queries
        if taken < given:
            return
        raise BudgetError(
            f"{MEMORY} fail too often: {queries:,} in a run, each with query_error {self.query_error:g}, "
            f"make {taken:.3g}, where the error budget leaves {given:.3g} for memory and machine; lower "
            f"query_error below {_rounded_down(given / queries)}, or raise epsilon"
        )


def all_queries(queries: Mapping[Count, Count] | Unknown) -> Count | Unknown:
    """Queries of any size.

    Args:
        queries: by table size, or why there are none.

    Returns:
        Their sum.

    Example:
        >>> all_queries({128: 3, 64: 4})
        7
    """
    return queries if isinstance(queries, Unknown) else sum(queries.values())


def _rounded_down(value: float) -> str:
    """Three figures, never above the value."""
    text = f"{value:.3g}"
    return text if float(text) <= value else f"{value * (1 - 5e-3):.3g}"
