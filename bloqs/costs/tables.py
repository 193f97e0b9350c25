"""The tables of a cost report: its figures, where they go, what they rest on.

They read a report by what it says of itself, so that a report can show them. What a table looks like is said
in `bloqs.tables`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from qualtran.resource_counting import GateCounts

from bloqs.costs.breakdown import ComponentCost
from bloqs.costs.conventions import Count
from bloqs.tables import Cell, Table, number

__all__ = [
    "assumptions_table",
    "breakdown_table",
    "cost_tables",
    "html_report",
    "html_table",
    "number",
    "text_report",
    "totals_table",
]


class ScheduleFigures(Protocol):
    """What the tables read of a schedule; see `bloqs.costs.Schedule`."""

    @property
    def t_depth(self) -> Count: ...
    @property
    def qubits(self) -> Count: ...
    @property
    def exact(self) -> bool: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


class ReportFigures(Protocol):
    """What the tables read of a report; see `bloqs.costs.CostReport`."""

    @property
    def bloq(self) -> str: ...
    @property
    def basis(self) -> str: ...
    @property
    def native(self) -> GateCounts: ...
    @property
    def t_count(self) -> Count: ...
    @property
    def toffoli_count(self) -> Count: ...
    @property
    def rotation_count(self) -> Count: ...
    @property
    def logical_qubits(self) -> Count: ...
    @property
    def sequential_t_depth(self) -> Count: ...
    @property
    def schedule(self) -> ScheduleFigures: ...
    @property
    def input_calls(self) -> Count: ...
    @property
    def qram_queries(self) -> Mapping[Count, Count]: ...
    @property
    def assumptions(self) -> Mapping[str, str]: ...
    @property
    def success_probability(self) -> float | None: ...
    @property
    def t_per_sample(self) -> float | None: ...
    def breakdown(self) -> tuple[ComponentCost, ...]: ...


def totals_table(
    report: ReportFigures, *, has_critical_path: bool = True, title: str = "Cost of one run"
) -> Table:
    """The figures above the breakdown.

    Args:
        report: a `CostReport`.
        has_critical_path: whether to find the critical path too, which takes seconds.
        title: of the table.

    Returns:
        Two columns, figure and value.
    """
    rows: list[tuple[str, Cell]] = [("total T", report.t_count)]
    if report.success_probability is not None and report.t_per_sample is not None:
        rows += [
            ("success probability", number(report.success_probability, ".4f")),
            ("T a sample, expected", number(report.t_per_sample, ",.0f")),
        ]
    rows += [
        ("Toffoli + And + CSwap", report.toffoli_count),
        ("rotations", report.rotation_count),
        ("native T", report.native.t),
        ("Clifford", report.native.clifford),
        ("measurements", report.native.measurement),
        ("logical qubits, parts one after another", report.logical_qubits),
        ("T-depth of that schedule", report.sequential_t_depth),
        *(_critical_path(report.schedule) if has_critical_path else ()),
        ("calls of the input encoding", report.input_calls),
    ]
    rows += [
        (f"QRAM queries, {number(size)} entries", queries)
        for size, queries in report.qram_queries.items()
    ]
    note = f"Conventions and memory: {report.basis}."
    return Table(title, ("figure", "value"), rows, numeric={1}, note=note)


def _critical_path(schedule: ScheduleFigures) -> Iterator[tuple[str, Cell]]:
    """The pair of the schedule in which every gate starts as soon as it can."""
    bound = "" if schedule.exact else ", at most"
    yield f"T-depth, gates as soon as possible{bound}", schedule.t_depth
    yield "logical qubits of that schedule", schedule.qubits


def breakdown_table(report: ReportFigures) -> Table:
    """One row a component, largest T first, and their sum.

    Args:
        report: a `CostReport`.
    """
    parts = report.breakdown()
    rows: list[tuple[Cell, ...]] = [
        (
            part.component,
            part.calls,
            part.t_count,
            part.toffoli_count,
            part.rotation_count,
            part.native.t,
            part.qubits,
            number(part.share, ".1%"),
        )
        for part in parts
    ]
    has_shares = all(part.share is not None for part in parts)
    rows.append(
        (
            "total",
            None,
            report.t_count,
            report.toffoli_count,
            report.rotation_count,
            report.native.t,
            report.logical_qubits,
            "100.0%" if has_shares else None,
        )
    )
    return Table(
        "Where it goes, by component",
        ("component", "calls", "T", "Toffoli", "rotations", "native T", "qubits", "share of T"),
        rows,
        numeric=range(1, 8),
        note="Toffoli counts And and CSwap too. T, Toffoli, rotations add up; qubits are a peak.",
        total=True,
    )


def assumptions_table(assumptions: Mapping[str, str] | Iterable[tuple[str, str]]) -> Table:
    """Everything that figures rest on.

    Args:
        assumptions: name -> words.
    """
    rows = assumptions.items() if isinstance(assumptions, Mapping) else assumptions
    return Table("Assumptions", ("assumption", "value"), rows)


def cost_tables(report: ReportFigures) -> list[Table]:
    """The three tables that a report shows of itself; the critical path takes seconds to be found.

    Args:
        report: a `CostReport`.
    """
    notes = report.schedule.notes
    told = [("T-depth is a bound", "; ".join(notes))] if notes else []
    return [
        totals_table(report, title=f"Cost of {report.bloq}"),
        breakdown_table(report),
        assumptions_table([*report.assumptions.items(), *told]),
    ]


def text_report(report: ReportFigures) -> str:
    """The tables as plain text.

    Args:
        report: a `CostReport`.
    """
    return "\n".join(table.to_text() for table in cost_tables(report))


def html_report(report: ReportFigures) -> str:
    """The tables for a notebook.

    Args:
        report: a `CostReport`.
    """
    return "\n".join(table.to_html() for table in cost_tables(report))


def html_table(head: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> str:
    """Rows for a notebook, without a title; numbers to the right where there are more than two columns.

    Args:
        head: the heads of the columns.
        rows: the cells.
    """
    numeric = range(1, len(head)) if len(head) > 2 else ()
    return Table("", head, rows, numeric=numeric).to_html()
