"""The folder of a study: data, summary, plots, each file whole or not at all."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure

from bloqs.files import write_bytes, write_text
from bloqs.report.charts import STYLE, inline_svg
from bloqs.report.page import render_page
from bloqs.scaling.plots import study_figures
from bloqs.scaling.study import Study
from bloqs.scaling.summary import study_tables, to_markdown, verdict

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Scaling study"


def write_study(study: Study, out: Path) -> list[Path]:
    """Data (CSV, Parquet), summary (JSON, Markdown, HTML) and plots (PNG, SVG) into a folder.

    Args:
        study: what was found.
        out: the folder; made where it is missing.

    Returns:
        The files.

    Raises:
        ValueError: the folder cannot be written to.

    Example:
        >>> import tempfile
        >>> from bloqs.scaling import StudySettings, run_study
        >>> small = {"at_log2_n": 6, "at_blocks": 1, "blocks": [1], "epsilons": [0.1], "regimes": [3]}
        >>> study = run_study(StudySettings(max_log2_n=10, **small))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = write_study(study, Path(folder))
        >>> [path.name for path in written][:3]
        ['scaling.csv', 'scaling.parquet', 'scaling.json']
    """
    out = Path(out)
    frame = study.frame
    written = [
        write_text(out / "scaling.csv", flat_frame(frame).to_csv(index=False)),
        write_bytes(out / "scaling.parquet", frame.to_parquet(index=False)),
        write_text(out / "scaling.json", json.dumps(study.to_dict(), indent=2) + "\n"),
    ]
    figures, pictures = study_figures(study), []
    with matplotlib.rc_context(STYLE):
        for name, (title, figure) in figures.items():
            svg = _svg(figure)
            pictures.append((title, Markup(inline_svg(svg, name, title))))
            written += [
                write_bytes(out / f"{name}.png", _png(figure)),
                write_text(out / f"{name}.svg", svg),
            ]
    tables, result = study_tables(study), verdict(study)
    markdown = to_markdown(tables, TITLE, result, [f"{name}.png" for name in figures])
    page = render_page(
        "bloqs.scaling",
        "scaling.html.j2",
        title=TITLE,
        verdict=result,
        tables=tables,
        pictures=pictures,
    )
    return [
        *written,
        write_text(out / "scaling.md", markdown),
        write_text(out / "scaling.html", page),
    ]


def _svg(figure: Figure) -> str:
    """A figure as the text of an SVG file, the same at every run."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def _png(figure: Figure) -> bytes:
    """A figure as the bytes of a PNG file."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=150)
    return stream.getvalue()


LISTS = ("activation_degrees", "amplification_degrees")
"""Columns whose cells are lists."""


def flat_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Lists as JSON, which a cell of a CSV file can hold.

    Args:
        frame: of a study.

    Returns:
        The same rows, with text, or None, in the columns of `LISTS`.

    Example:
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"activation_degrees": [[2, 4]], "amplification_degrees": [None]})
        >>> flat_frame(frame).iloc[0].tolist()
        ['[2, 4]', None]
    """
    return frame.assign(
        **{
            name: frame[name].map(lambda value: None if value is None else json.dumps(list(value)))
            for name in LISTS
        }
    )
