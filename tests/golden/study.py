"""The rows of the scaling study on file: written by `bash ci/golden --scaling`, which takes ten minutes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import Progress

from bloqs.scaling import Study, StudySettings, run_study
from bloqs.scaling.points import Row
from tests.golden.regenerate import FOLDER, Difference, same

FILE = FOLDER / "scaling.csv"

SETTINGS = StudySettings()
"""Those of `resnet-bloqs scaling` without options."""

KEYS = ["axis", "curve", "log2_n", "num_blocks", "epsilon"]
"""Columns that name a row."""

LISTS = ["activation_degrees", "amplification_degrees"]

NOT_KEPT = ["seconds", "counts", "conventions", "label"]
"""Different at every run, or said by other columns."""


def as_csv(study: Study) -> str:
    """What is kept, as text: lists as JSON."""
    frame = study.frame.drop(columns=NOT_KEPT)
    as_json = {name: frame[name].map(_dumped) for name in LISTS}
    text: str = frame.assign(**as_json).to_csv(index=False)
    return text


def _dumped(degrees: Any) -> str | None:
    return None if degrees is None else json.dumps(list(degrees))


def stored_study() -> Study:
    """The study of the file."""
    frame = pd.read_csv(FILE, float_precision="round_trip", dtype={"reason": "string"})
    as_lists = {name: [_loaded(text) for text in frame[name]] for name in LISTS}
    return Study(settings=SETTINGS, frame=frame.assign(**as_lists))


def _loaded(text: Any) -> list[int] | None:
    return None if pd.isna(text) else json.loads(text)


def row_differences(name: str, old: Row, new: Row) -> Iterator[Difference]:
    """Every column of a row on file that differs; what is missing is None or not a number."""
    for column, before in old.items():
        before, after = _present(before), _present(new[column])
        if isinstance(before, int | float) and isinstance(after, int | float):
            before, after = float(before), float(after)
        is_same = before == after if isinstance(before, str) else same(before, after)
        if not is_same:
            yield Difference(name, column, before, after)


def _present(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return list(value)
    return None if pd.isna(value) else getattr(value, "item", lambda: value)()


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
        yield from row_differences(name, _kept(before[key]), after[key])


def _kept(row: Row) -> Row:
    return {column: value for column, value in row.items() if column not in NOT_KEPT}


def main() -> int:
    """The command; status 1 when `--check` finds a difference."""
    parser = argparse.ArgumentParser(prog="ci/golden --scaling", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; status 1 if any differ"
    )
    is_check = parser.parse_args().check
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
