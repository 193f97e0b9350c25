"""`docs/extending.md` shows the examples of this folder as they are, and the README lists the same points."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.M | re.S))
BLOCK = re.compile(r"^```python\n(.*?)^```$", flags=re.M | re.S)
LINK = re.compile(r"\[`tests/extension/(\w+\.py)`\]\(\.\./tests/extension/\1\)")


def rows(text: str) -> list[tuple[str, ...]]:
    """The rows of the first table of extension points, links taken off."""
    lines = text[text.index("| point |") :].split("\n\n")[0].splitlines()[2:]
    plain = (re.sub(r"\[([\w ]+)\]\([^)]*#[\w-]+\)", r"\1", line) for line in lines)
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in plain]


def test_every_example_has_a_section() -> None:
    linked = [LINK.findall(section) for section in SECTIONS.values()]
    assert all(len(files) == 1 for files in linked)
    examples = {path.name for path in FOLDER.glob("test_*.py")} - {Path(__file__).name}
    assert {name for (name,) in linked} == examples
    assert [row[0].lower() for row in rows(PAGE)] == [name.lower() for name in SECTIONS]


@pytest.mark.parametrize("name", SECTIONS)
def test_code_stands_in_the_file_it_names(name: str) -> None:
    (file,) = LINK.findall(SECTIONS[name])
    source = (FOLDER / file).read_text(encoding="utf-8")
    blocks = BLOCK.findall(SECTIONS[name])
    assert blocks
    for block in blocks:
        assert block in source, f"not in tests/extension/{file}:\n{block}"
    assert "regist" in "".join(blocks)
    assert SECTIONS[name].count("```") == 2 * len(blocks), "code that is not held"


def test_readme_lists_the_same_points() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert rows(readme) == rows(PAGE)


@pytest.mark.parametrize("row", rows(PAGE), ids=lambda row: row[0])
def test_names_of_the_table_exist(row: tuple[str, ...]) -> None:
    names = re.findall(r"`(bloqs\.[\w.]+)`", " ".join(row))
    assert names
    for name in names:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name
