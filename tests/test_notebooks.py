"""Notebooks of the checkout: executed without errors; those of the families as the catalogue has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bloqs.catalogue import CATALOGUE
from bloqs.report.families import class_page, families
from ci.family_notebooks import FOLDER, notebook

NOTEBOOKS = sorted(FOLDER.parent.rglob("*.ipynb"))


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def sources(made: dict[str, Any]) -> list[str]:
    return ["".join(cell["source"]) for cell in made["cells"]]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stored(path: Path) -> None:
    cells = [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in cells)
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert outputs != []
    assert [one for one in outputs if one["output_type"] == "error"] == []
    assert path.stat().st_size < 1_000_000
    assert "site-packages" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("package", list(families()))
def test_a_family_is_as_the_catalogue_has_it(package: str) -> None:
    """When this fails: bash ci/notebooks."""
    made = notebook(package, families()[package])
    assert sources(read(FOLDER / f"{package}.ipynb")) == sources(made)


def test_every_class_with_an_example_has_a_place() -> None:
    found = [entry for entries in families().values() for entry in entries]
    assert {entry.bloq_cls for entry in found} == {
        entry.bloq_cls for entry in CATALOGUE if entry.examples
    }


def test_pages_say_what_does_not_exist() -> None:
    assert "A leaf of every call graph" in class_page("GenericRotation")
    assert "no T gates" in class_page("FanOut")
    with pytest.raises(ValueError, match="Nothing is no class"):
        class_page("Nothing")
