"""Tables of a cost as text and as HTML."""

from __future__ import annotations

import html
import io
from collections.abc import Iterable

import attrs
from rich.console import Console
from rich.table import Table as RichTable

from bloqs.costs.conventions import Count

WIDTH = 110


@attrs.frozen
class Table:
    """A titled table of text cells.

    Parameters:
        title: above it.
        columns: heads.
        rows: cells, as many as there are heads.
        numeric: indices of the columns that are aligned to the right in text.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    numeric: frozenset[int] = frozenset()


def number(value: Count) -> str:
    """An integer with thousands separators; a sympy expression as it prints."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def text_tables(tables: Iterable[Table]) -> str:
    """Tables below each other, `WIDTH` characters wide."""
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None, force_terminal=False)
    with console.capture() as capture:
        for table in tables:
            shown = RichTable(title=table.title, title_justify="left")
            for i, name in enumerate(table.columns):
                justify = "right" if i in table.numeric else "left"
                shown.add_column(name, justify=justify, no_wrap=name == "assumption")  # type: ignore[arg-type]
            for row in table.rows:
                shown.add_row(*row)
            console.print(shown, markup=False)
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


def html_tables(tables: Iterable[Table]) -> str:
    """Tables below each other for a notebook, each under its title."""
    return "".join(
        f"<h4>{html.escape(table.title)}</h4>" + html_table(table.columns, table.rows)
        for table in tables
    )
