"""Every room of the library has a page of the API; the pictures are of what the code draws."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from bloqs import load_example
from bloqs.show import treemap

ROOT = Path(__file__).parents[1]
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
INSIDE = {"applications", "checks", "cli", "commands", "files", "messages", "registry", "training"}
"""Rooms that are not called from outside: the command line, what only this library uses, training."""


def listed(entry: object) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    values = entry.values() if isinstance(entry, dict) else entry
    return [page for value in values for page in listed(value)]  # type: ignore[attr-defined]


def test_every_room_has_a_page() -> None:
    rooms = {
        path.stem for path in (ROOT / "bloqs").iterdir() if path.suffix == ".py" or path.is_dir()
    }
    rooms = {room for room in rooms if not room.startswith("_")} - INSIDE
    pages = listed(SITE["nav"])
    assert {Path(page).stem for page in pages if page.startswith("api/")} == rooms
    for page in pages:
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        if page.startswith("api/"):
            assert f"::: bloqs.{Path(page).stem}\n" in text


@pytest.mark.slow
def test_pictures_show_what_the_code_draws() -> None:
    example = load_example("digits-2")
    network = example.spec.to_bloq(example.images[0])
    for name, picture in (("network", network.show()), ("treemap", treemap(network))):
        stored = ET.parse(ROOT / "docs" / "pictures" / f"{name}.svg").getroot()
        # Shares move with the costs; the layers are those of the model.
        words = {text.split()[0] for text in stored.itertext() if text.strip()}
        assert {"block", "output"} <= words
        assert picture.svg
