"""Write notebooks/families/: a notebook for each family of bloqs; `ci/notebooks` executes them."""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

from bloqs.catalogue import Entry
from bloqs.report.families import PACKAGES, families

FOLDER = Path(__file__).parent.parent / "notebooks" / "families"


def _cell(kind: str, source: str, name: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": name,
        "metadata": {},
        "source": source.splitlines(keepends=True),
    }
    return cell if kind == "markdown" else {**cell, "execution_count": None, "outputs": []}


def notebook(package: str, entries: tuple[Entry, ...]) -> dict[str, Any]:
    """A notebook of a family, not executed.

    Args:
        package: of `bloqs`.
        entries: its classes.

    Returns:
        What the file holds as JSON.
    """
    names = ", ".join(f"`{entry.bloq_cls.__name__}`" for entry in entries)
    about = (
        f"# {PACKAGES[package]}: `bloqs.{package}`\n\nWritten by `bash ci/notebooks` from the catalogue. "
        "Each class by its first example: what it is, its equation, registers and cost, one level of "
        f"its circuit, and the bloqs it calls with their share of its T.\n\n{names}."
    )
    first = "from IPython.display import HTML\n\nfrom bloqs.report.families import class_page"
    cells = [_cell("markdown", about, "about"), _cell("code", first, "imports")]
    for entry in entries:
        name = entry.bloq_cls.__name__
        line = inspect.getdoc(entry.bloq_cls).split("\n\n")[0].replace("\n", " ")
        cells.append(_cell("markdown", f"## `{name}`\n\n{line}", f"about-{name}"))
        cells.append(_cell("code", f'HTML(class_page("{name}"))', name))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def main() -> int:
    """Write the notebooks.

    Returns:
        0.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    for package, entries in families().items():
        path = FOLDER / f"{package}.ipynb"
        path.write_text(
            json.dumps(notebook(package, entries), indent=1, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
