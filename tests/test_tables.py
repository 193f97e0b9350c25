"""One table in four dialects: the same cells, each escaped as its dialect asks for."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest
import sympy
from jinja2 import Environment

from bloqs.tables import Table, Tabular, number

N = sympy.Symbol("N")


def awkward() -> Table:
    """Cells that some dialect has a meaning for."""
    return Table(
        "Costs of a_b & <c>",
        ("part", "T"),
        [("<script>", 1234567), ("a|b*c", 3 * sympy.sqrt(N)), ("[red]50 %", None)],
        numeric={1},
        note="Up to a & b.",
    )


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.text.append(data.strip())


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (1234567, "", "1,234,567"),
        (np.int64(-1000), "", "-1,000"),
        (np.float64(0.123456), "", "0.1235"),
        (0.5, ".1%", "50.0%"),
        (None, ".1%", ""),
        ("1234567", ",", "1234567"),
        (sympy.Integer(1234567), "", "1234567"),
        (2 * N, "", "2*N"),
        (2**70, "", f"{2**70:,}"),
    ],
)
def test_numbers(value: object, spec: str, text: str) -> None:
    assert number(value, spec) == text


def test_text_keeps_brackets_and_aligns() -> None:
    lines = awkward().to_text().splitlines()
    assert lines[0] == "Costs of a_b & <c>"
    assert "│ <script>  │ 1,234,567 │" in lines
    assert "│ a|b*c     │ 3*sqrt(N) │" in lines
    assert "│ [red]50 % │           │" in lines
    assert lines[-1] == "Up to a & b."
    assert str(awkward()) == awkward().to_text()


def test_text_is_wrapped() -> None:
    table = Table("Words", ("name", "what"), [("one", "word " * 60)])
    lines = table.to_text(width=50).splitlines()
    assert max(map(len, lines)) <= 50
    assert " ".join(lines).count("word") == 60


def test_html_holds_every_cell_and_no_tag_of_theirs() -> None:
    page = Cells()
    page.feed(awkward().to_html())
    assert page.text == [
        "Costs of a_b & <c>",
        *("part", "T", "<script>", "1,234,567", "a|b*c", "3*sqrt(N)", "[red]50 %", "Up to a & b."),
    ]
    assert set(page.tags) == {"h4", "table", "thead", "tr", "th", "tbody", "td", "p"}
    assert '<td style="text-align:right">1,234,567</td>' in awkward().to_html()


def test_a_page_shows_a_table_below_its_own_heading() -> None:
    page = Environment(autoescape=True).from_string("<h2>{{ table.title }}</h2>{{ table }}")
    text = page.render(table=awkward())
    assert text.startswith("<h2>Costs of a_b &amp; &lt;c&gt;</h2><table>")
    assert text.count("Costs of") == 1


def test_long_words_stand_to_the_left_in_a_column_of_numbers() -> None:
    table = Table("", ("what", "T"), [("refused", "x" * 41), ("done", 7)], numeric={1})
    assert f'<td style="text-align:left">{"x" * 41}</td>' in table.to_html()
    assert '<td style="text-align:right">7</td>' in table.to_html()


def test_markdown_escapes_and_writes_mathematics() -> None:
    assert awkward().to_markdown(level=3).splitlines() == [
        "### Costs of a_b & <c>",
        "",
        "| part | T |",
        "|---|---:|",
        "| <script> | 1,234,567 |",
        r"| a\|b\*c | $`3 \sqrt{N}`$ |",
        "| [red]50 % |  |",
        "",
        "Up to a & b.",
    ]


def test_latex_escapes_and_writes_mathematics() -> None:
    lines = awkward().to_latex().splitlines()
    assert lines[1] == r"\caption{Costs of a\_b \& <c> Up to a \& b.}"
    assert lines[2] == r"\begin{tabular}{lr}"
    assert r"a|b*c & $3 \sqrt{N}$ \\" in lines
    assert r"[red]50 \% &  \\" in lines
    assert r"<script> & 1,234,567 \\" in lines


def test_the_last_row_may_be_a_sum() -> None:
    table = Table("", ("part", "T"), [("a", 1), ("total", 1)], total=True)
    assert table.to_html().count('<tr class="total">') == 1
    assert len([line for line in table.to_text().splitlines() if line.startswith("├")]) == 1


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'Costs' must have 2 cells, .* found 1: \('a',\)"):
        Table("Costs", ("part", "T"), [("a",)])


def test_a_record_shows_itself_as_its_table() -> None:
    class Record(Tabular):
        def table(self) -> Table:
            return awkward()

    assert str(Record()) == awkward().to_text()
    assert Record()._repr_html_() == awkward().to_html()


def test_a_sentence_takes_the_cells_after_it() -> None:
    sentence = "there is no bound for this layer, because tau is at most one half"
    html = Table(
        "", ("a", "b", "c"), [("x", sentence, None), ("y", 1, 2)], numeric={1, 2}
    ).to_html()
    assert f'<td colspan="2" style="text-align:left">{sentence}</td></tr>' in html
    assert html.count("<td") == 5
