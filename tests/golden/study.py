"""The rows of the scaling study on file: written by `bash ci/golden --scaling`, which takes ten minutes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import Progress

from bloqs.scaling import Study, StudySettings, run_study
from bloqs.scaling.files import LISTS, flat_frame
from bloqs.scaling.points import Row
from tests.golden.configurations import Figures
from tests.golden.regenerate import FOLDER, Difference, differences, only_compares

FILE = FOLDER / "scaling.csv"

SETTINGS = StudySettings()
"""Those of `resnet-bloqs scaling` without options."""

KEYS = ["axis", "curve", "log2_n", "num_blocks", "epsilon"]
"""Columns that name a row."""

NOT_KEPT = ["seconds", "counts", "conventions", "label"]
"""Different at every run, or said by other columns."""


def as_csv(study: Study) -> str:
    """What is kept, as text."""
    text: str = flat_frame(study.frame.drop(columns=NOT_KEPT)).to_csv(index=False)
    return text


def stored_study() -> Study:
    """The study of the file."""
    frame = pd.read_csv(FILE, float_precision="round_trip", dtype={"reason": "string"})
    as_lists = {name: [_loaded(text) for text in frame[name]] for name in LISTS}
    return Study(settings=SETTINGS, frame=frame.assign(**as_lists))


def _loaded(text: Any) -> list[int] | None:
    return None if pd.isna(text) else json.loads(text)


def row_differences(name: str, old: Row, new: Row) -> Iterator[Difference]:
    """Every figure of a row that differs from the one on file."""
    return differences(name, _figures(old), _figures(new))


def _figures(row: Row) -> Figures:
    """What is kept of a row beside its axis: numbers as floats, what is missing as None."""
    return {name: _plain(value) for name, value in row.items() if name not in ("axis", *NOT_KEPT)}


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return list(value)
    if pd.isna(value):
        return None
    # A text by itself would be read as a formula.
    return [value] if isinstance(value, str) else float(value)


def study_differences(old: Study, new: Study) -> Iterator[Difference]:
    """Row by row."""
    before, after = (
        {tuple(row[key] for key in KEYS): row for row in study.frame.to_dict("records")}
        for study in (old, new)
    )
    for key in {**before, **after}:
        name = " ".join(map(str, key))
        if key not in before or key not in after:
            yield Difference(name, "all", key in before, key in after)
            continue
        yield from row_differences(name, before[key], after[key])


def main() -> int:
    """The command; status 1 when `--check` finds a difference."""
    is_check = only_compares("ci/golden --scaling", __doc__)
    console = Console(stderr=True)
    with Progress(console=console) as bar:
        line = bar.add_task("scaling", total=None)
        study = run_study(
            SETTINGS,
            workers=2,
            progress=lambda done, of: bar.update(line, completed=done, total=of),
        )
    found = list(study_differences(stored_study(), study)) if FILE.exists() else []
    for one in found:
        console.print(str(one), soft_wrap=True)
    if is_check:
        return 1 if found else 0
    FILE.write_text(as_csv(study), encoding="utf-8")
    console.print(f"Written, {len(found)} figures changed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
