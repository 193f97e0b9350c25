"""Records that show themselves as a table, in a terminal and in a notebook."""

from __future__ import annotations

import abc
import html
import io
from typing import ClassVar

from rich.console import Console
from rich.table import Table

WIDTH = 110


class TableRecord(abc.ABC):
    """Base of a record with `rows()`, a `_title` and a `_caption`; `COLUMNS` names the cells of a row."""

    COLUMNS: ClassVar[tuple[str, ...]]

    @abc.abstractmethod
    def rows(self) -> list[tuple[str, ...]]:
        """The cells."""

    @property
    @abc.abstractmethod
    def _title(self) -> str: ...

    @property
    @abc.abstractmethod
    def _caption(self) -> str: ...

    def __str__(self) -> str:
        table = Table(title=self._title, title_justify="left", caption=self._caption)
        for name in self.COLUMNS:
            table.add_column(name, justify="left" if name == "layer" else "right", no_wrap=True)
        for cells in self.rows():
            table.add_row(*cells)
        console = Console(file=io.StringIO(), width=WIDTH, color_system=None, force_terminal=False)
        with console.capture() as capture:
            console.print(table, markup=False)
        return capture.get().rstrip()

    def _repr_html_(self) -> str:
        """The same table for a notebook."""
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.COLUMNS)
        rows = "".join(
            "<tr>"
            + "".join(f'<td style="text-align:right">{html.escape(cell)}</td>' for cell in cells)
            + "</tr>"
            for cells in self.rows()
        )
        return (
            f"<h4>{html.escape(self._title)}</h4><table><tr>{head}</tr>{rows}</table>"
            f"<p>{html.escape(self._caption)}</p>"
        )
