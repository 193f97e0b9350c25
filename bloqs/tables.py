"""One table, shown as text, HTML, Markdown or LaTeX; and the one place where numbers are formatted."""

from __future__ import annotations

import abc
import io
import numbers
from collections.abc import Iterable
from functools import cache
from typing import Any

import attrs
import sympy
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

WIDTH = 110
"""Columns of a table as text."""

LONG = 40
"""A cell of this many characters reads as a sentence, and stands to the left whatever its column."""

Cell = Any
"""A cell of a table: text, a number, a sympy expression, or None where there is nothing to say."""


def number(value: Cell, spec: str = "") -> str:
    """A figure as text.

    Args:
        value: None becomes empty text; text and sympy expressions stay as they print.
        spec: Python's format specification, for numbers; where it is empty, integers get thousands separators
            and others four digits.

    Returns:
        The text.

    Example:
        >>> number(1234567), number(0.25), number(0.25, ".0%"), number(None), number(sympy.Symbol("n") + 1)
        ('1,234,567', '0.25', '25%', '', 'n + 1')
    """
    if value is None:
        return ""
    # Sympy's integers count as numbers, too, but know no separators.
    if isinstance(value, str | sympy.Basic):
        return str(value)
    if isinstance(value, numbers.Integral):
        return format(int(value), spec or ",")
    if isinstance(value, numbers.Real):
        return format(float(value), spec or ".4g")
    return str(value)


def _heads(columns: Iterable[str]) -> tuple[str, ...]:
    return tuple(columns)


def _places(numeric: Iterable[int]) -> frozenset[int]:
    return frozenset(numeric)


def _rows(rows: Iterable[Iterable[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(row) for row in rows)


@attrs.frozen
class Table:
    """A titled table.

    Parameters:
        title: above it.
        columns: heads.
        rows: cells, as many as there are heads; see `number` for how one is shown.
        numeric: indices of the columns that are aligned to the right.
        note: a sentence below it.
        total: whether the last row sums the others.

    Raises:
        ValueError: a row with more or fewer cells than there are heads.

    Example:
        >>> table = Table("Costs", ("part", "T"), [("input", 1200), ("output", None)], numeric={1})
        >>> print(table.to_text())
        Costs
        ┏━━━━━━━━┳━━━━━━━┓
        ┃ part   ┃     T ┃
        ┡━━━━━━━━╇━━━━━━━┩
        │ input  │ 1,200 │
        │ output │       │
        └────────┴───────┘
    """

    title: str
    columns: tuple[str, ...] = attrs.field(converter=_heads)
    rows: tuple[tuple[Cell, ...], ...] = attrs.field(converter=_rows)
    numeric: frozenset[int] = attrs.field(default=frozenset(), converter=_places)
    note: str = ""
    total: bool = False

    def __attrs_post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"a row of the table {self.title!r} must have {len(self.columns)} cells, one for each of "
                    f"{self.columns}, found {len(row)}: {row}"
                )

    @property
    def cells(self) -> tuple[tuple[str, ...], ...]:
        """The rows as text."""
        return tuple(tuple(number(cell) for cell in row) for row in self.rows)

    def to_rich(self) -> RichTable:
        """For a `rich` console."""
        table = RichTable(
            title=Text(self.title, style="bold") if self.title else None,
            title_justify="left",
            caption=Text(self.note) if self.note else None,
            caption_justify="left",
        )
        for i, name in enumerate(self.columns):
            justify: Any = "right" if i in self.numeric else "left"
            table.add_column(Text(name), justify=justify, no_wrap=i == 0)
        for i, row in enumerate(self.cells):
            if self.total and i == len(self.rows) - 1:
                table.add_section()
            # Text, not str: square brackets in a cell are not markup.
            table.add_row(*(Text(cell) for cell in row))
        return table

    def __rich__(self) -> RichTable:
        return self.to_rich()

    def to_text(self, width: int = WIDTH) -> str:
        """The table as text, with lines drawn.

        Args:
            width: in characters; cells are wrapped to fit into it.

        Returns:
            Lines without blanks at their ends.
        """
        console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False)
        with console.capture() as capture:
            console.print(self.to_rich())
        return "\n".join(line.rstrip() for line in capture.get().splitlines())

    def to_html(self, *, has_title: bool = True) -> str:
        """An HTML table, everything escaped, that needs no style sheet.

        Args:
            has_title: whether the title stands above it; a page may have it in a heading of its own.

        Returns:
            The element `<table>`, with the title before it and the note after it.

        Example:
            >>> print(Table("Costs", ("T",), [(1200,)]).to_html(has_title=False))
            <table>
            <thead><tr><th scope="col" style="text-align:left">T</th></tr></thead>
            <tbody>
            <tr><td style="text-align:left">1,200</td></tr>
            </tbody>
            </table>
        """
        return (
            _html_template()
            .render(table=self, has_title=has_title, long=LONG, spanned=_spanned)
            .rstrip()
        )

    def __html__(self) -> str:
        """What a Jinja page shows for the table: it stands below a heading of the page's."""
        return self.to_html(has_title=False)

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        return self.to_text()

    def to_markdown(self, level: int = 2) -> str:
        """A Markdown table, sympy expressions as mathematics.

        Args:
            level: of the heading; 0 for none.

        Returns:
            Lines of Markdown.

        Example:
            >>> n = sympy.Symbol("n")
            >>> print(Table("Costs", ("part", "T"), [("input", 2**n)], numeric={1}).to_markdown(level=0))
            | part | T |
            |---|---:|
            | input | $`2^{n}`$ |
        """
        marks = ("---:" if i in self.numeric else "---" for i in range(len(self.columns)))
        lines = [
            *([f"{'#' * level} {self.title}", ""] if level else []),
            _markdown_row(self.columns),
            f"|{'|'.join(marks)}|",
            *(_markdown_row(row) for row in self.rows),
            *(["", self.note] if self.note else []),
        ]
        return "\n".join(lines)

    def to_latex(self) -> str:
        r"""A LaTeX table with its caption, for the package booktabs; sympy expressions as mathematics.

        Returns:
            The environment `table`.

        Example:
            >>> n = sympy.Symbol("n")
            >>> print(Table("Costs in %", ("part", "T"), [("input", 2**n)], numeric={1}).to_latex())
            \begin{table}
            \caption{Costs in \%}
            \begin{tabular}{lr}
            \toprule
            part & T \\
            \midrule
            input & $2^{n}$ \\
            \bottomrule
            \end{tabular}
            \end{table}
        """
        import pandas as pd  # half a second, for those who ask for it

        frame = pd.DataFrame(list(self.rows), columns=list(self.columns), dtype=object)
        styler = frame.style.hide(axis="index").format_index(axis=1, escape="latex")
        align = "".join("r" if i in self.numeric else "l" for i in range(len(self.columns)))
        # Pandas escapes text before it formats a cell, and mathematics is no text yet; a caption it takes as
        # it is, so that the words of one go through a cell of their own.
        words = pd.DataFrame([" ".join(filter(None, (self.title, self.note)))]).style
        alone = words.hide(axis="index").hide(axis="columns").format(escape="latex").to_latex()
        text: str = styler.format(_latex, escape="latex").to_latex(
            hrules=True,
            column_format=align,
            caption=alone.splitlines()[1].removesuffix(r" \\"),
        )
        return text.rstrip()


def _latex(cell: Cell) -> str:
    return f"${sympy.latex(cell)}$" if isinstance(cell, sympy.Basic) else number(cell)


def _markdown_row(cells: Iterable[Cell]) -> str:
    texts = (
        f"$`{sympy.latex(cell)}`$"
        if isinstance(cell, sympy.Basic)
        else number(cell).replace("|", "\\|").replace("*", "\\*")
        for cell in cells
    )
    return f"| {' | '.join(texts)} |"


class Tabular(abc.ABC):
    """Base of a record that shows itself as one table, in a terminal and in a notebook.

    Example:
        >>> class Sizes(Tabular):
        ...     def table(self):
        ...         return Table("Sizes", ("register", "qubits"), [("system", 3)])
        >>> print(Sizes())
        Sizes
        ┏━━━━━━━━━━┳━━━━━━━━┓
        ┃ register ┃ qubits ┃
        ┡━━━━━━━━━━╇━━━━━━━━┩
        │ system   │ 3      │
        └──────────┴────────┘
    """

    @abc.abstractmethod
    def table(self) -> Table:
        """The record as a table."""

    def __str__(self) -> str:
        return self.table().to_text()

    def _repr_html_(self) -> str:
        return self.table().to_html()


def _spanned(row: tuple[str, ...]) -> list[tuple[str, int]]:
    """The cells of a row, each with the columns that it takes: a sentence, those of empty cells after it."""
    cells: list[tuple[str, int]] = []
    for i, cell in enumerate(row):
        if i and len(cell) > LONG and i + 1 < len(row) and not any(row[i + 1 :]):
            return [*cells, (cell, len(row) - i)]
        cells.append((cell, 1))
    return cells


@cache
def _html_template() -> Any:
    import jinja2  # only a page or a notebook needs it

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_HTML)


_HTML = """\
{% macro side(place, cell) %}
{{ "right" if place in table.numeric and cell | length <= long else "left" }}
{%- endmacro %}
{% if has_title and table.title %}
<h4>{{ table.title }}</h4>
{% endif %}
<table>
<thead><tr>
{%- for name in table.columns -%}
<th scope="col" style="text-align:{{ side(loop.index0, name) }}">{{ name }}</th>
{%- endfor -%}
</tr></thead>
<tbody>
{% for row in table.cells %}
<tr{% if table.total and loop.last %} class="total"{% endif %}>
{%- for cell, width in spanned(row) -%}
<td{% if width > 1 %} colspan="{{ width }}"{% endif %} style="text-align:{{ side(loop.index0, cell) }}">
{{- cell -}}
</td>
{%- endfor -%}
</tr>
{% endfor %}
</tbody>
</table>
{% if table.note %}
<p class="note">{{ table.note }}</p>
{% endif %}
"""
