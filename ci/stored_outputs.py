"""Execute notebooks and store their outputs, without what differs at every run: times and progress."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(path: Path) -> None:
    """Execute a notebook in its folder, and write it.

    Args:
        path: of the file.

    Raises:
        CellExecutionError: a cell failed; the file is as it was.
    """
    book = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(book, timeout=600, record_timing=False, resources=where).execute()
    book.metadata.pop("widgets", None)
    book.metadata["language_info"] = {"name": "python"}
    for cell in book.cells:
        # What goes to the error stream is progress.
        cell["outputs"] = [
            output
            for output in cell.get("outputs", [])
            if WIDGET not in output.get("data", {}) and output.get("name") != "stderr"
        ]
        if cell.cell_type == "markdown":
            del cell["outputs"]
    nbformat.write(book, path)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        execute(Path(name))
        sys.stdout.write(f"executed {name}\n")
