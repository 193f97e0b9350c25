"""A cost report as text and as HTML."""

from __future__ import annotations

import html
import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bloqs.costs.conventions import Count

if TYPE_CHECKING:
    from bloqs.costs.estimate import CostReport

COLUMNS = ("component", "calls", "T", "share", "Toffoli", "rotations", "native T", "qubits")
WIDTH = 110


def number(value: Count) -> str:
    """An integer with thousands separators; a sympy expression as it prints."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def totals(report: CostReport, *, has_critical_path: bool = True) -> list[tuple[str, ...]]:
    """The figures above the breakdown, name and value; the critical path takes seconds to be found."""
    rows: list[tuple[str, ...]] = [
        ("total T", number(report.t_count)),
        ("Toffoli + And + CSwap", number(report.toffoli_count)),
        ("rotations", number(report.rotation_count)),
        ("native T", number(report.native.t)),
        ("Clifford", number(report.native.clifford)),
        ("measurements", number(report.native.measurement)),
        ("logical qubits, parts one after another", number(report.logical_qubits)),
        ("T-depth of that schedule", number(report.sequential_t_depth)),
        *(critical_path(report) if has_critical_path else ()),
        ("calls of the input encoding", number(report.input_calls)),
    ]
    if report.success_probability is not None and report.t_per_sample is not None:
        rows.insert(1, ("success probability", f"{report.success_probability:.4f}"))
        rows.insert(2, ("T a sample, expected", f"{report.t_per_sample:,.0f}"))
    rows += [
        (f"QRAM queries, {number(size)} entries", number(queries))
        for size, queries in report.qram_queries.items()
    ]
    return rows


def critical_path(report: CostReport) -> list[tuple[str, ...]]:
    """The pair of the schedule in which every gate starts as soon as it can."""
    found = report.schedule
    bound = "" if found.exact else ", at most"
    return [
        (f"T-depth, gates as soon as possible{bound}", number(found.t_depth)),
        ("logical qubits of that schedule", number(found.qubits)),
    ]


def assumption_rows(report: CostReport) -> list[tuple[str, ...]]:
    """The assumptions, and why the T-depth is a bound where it is one."""
    notes = report.schedule.notes
    told = [("T-depth is a bound", "; ".join(notes))] if notes else []
    return [*report.assumptions.items(), *told]


def breakdown_rows(report: CostReport) -> list[tuple[str, ...]]:
    """The cells of the breakdown, in the order of `COLUMNS`."""
    return [
        (
            row.component,
            number(row.calls),
            number(row.t_count),
            "" if row.share is None else f"{row.share:.1%}",
            number(row.toffoli_count),
            number(row.rotation_count),
            number(row.native.t),
            number(row.qubits),
        )
        for row in report.breakdown()
    ]


def text_report(report: CostReport) -> str:
    """Three plain tables: totals, breakdown, assumptions."""
    figures = Table(title=f"Cost of {report.bloq} ({report.basis})", title_justify="left")
    figures.add_column("figure")
    figures.add_column("value", justify="right")
    for row in totals(report):
        figures.add_row(*row)
    parts = Table(title="By component", title_justify="left")
    for name in COLUMNS:
        parts.add_column(name, justify="left" if name == "component" else "right")
    for cells in breakdown_rows(report):
        parts.add_row(*cells)
    block = Table(title="Assumptions", title_justify="left")
    block.add_column("assumption", no_wrap=True)
    block.add_column("value")
    for name, words in assumption_rows(report):
        block.add_row(name, words)
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None, force_terminal=False)
    with console.capture() as capture:
        for table in (figures, parts, block):
            console.print(table, markup=False)
    return capture.get().rstrip()


def html_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Rows for a notebook; numbers to the right where there are more than two columns."""
    cells = ["<tr>" + "".join(f"<th>{html.escape(name)}</th>" for name in head) + "</tr>"]
    for row in rows:
        first, *rest = (html.escape(cell) for cell in row)
        style = ' style="text-align:right"' if len(head) > 2 else ' style="text-align:left"'
        cells.append(
            f'<tr><td style="text-align:left">{first}</td>'
            + "".join(f"<td{style}>{cell}</td>" for cell in rest)
            + "</tr>"
        )
    return f"<table>{''.join(cells)}</table>"


def html_report(report: CostReport) -> str:
    """The same three tables for a notebook."""
    return (
        f"<h4>Cost of {html.escape(report.bloq)} ({html.escape(report.basis)})</h4>"
        + html_table(("figure", "value"), totals(report))
        + "<h4>By component</h4>"
        + html_table(COLUMNS, breakdown_rows(report))
        + "<h4>Assumptions</h4>"
        + html_table(("assumption", "value"), assumption_rows(report))
    )
