"""The rows of the scaling study on file are those measured: a sample; all by `bash ci/golden --scaling`."""

from __future__ import annotations

import pytest

from bloqs.scaling import measure
from bloqs.scaling.points import Point
from tests.golden.study import SETTINGS, row_differences, stored_study

DISTINCT = dict(point[::-1] for point in SETTINGS.points())

SAMPLE = list(DISTINCT)[::13]
"""Of every curve some; 13 is coprime to the number of curves."""


def named(point: Point) -> str:
    return f"{point.curve.name} 2^{point.log2_n} k={point.num_blocks} {point.epsilon:g}"


def test_the_sample_has_every_curve_and_axis() -> None:
    assert {point.curve.name for point in SAMPLE} == {point.curve.name for point in DISTINCT}
    assert {DISTINCT[point] for point in SAMPLE} == {"N", "k", "epsilon"}


@pytest.mark.slow
@pytest.mark.parametrize("point", SAMPLE, ids=named)
def test_rows_are_on_file(point: Point) -> None:
    frame = stored_study().frame
    is_asked = (
        (frame["curve"] == point.curve.name)
        & (frame["log2_n"] == point.log2_n)
        & (frame["num_blocks"] == point.num_blocks)
        & (frame["epsilon"] == point.epsilon)
    )
    (row, *_) = frame[is_asked].drop(columns="axis").to_dict("records")
    changed = [str(one) for one in row_differences(named(point), row, measure(point))]
    assert not changed, "\n".join([*changed, "`bash ci/golden --scaling` writes the file anew"])


def test_file_holds_the_points_of_the_study_and_no_others() -> None:
    frame = stored_study().frame
    asked = [
        (axis, p.curve.name, p.log2_n, p.num_blocks, p.epsilon) for axis, p in SETTINGS.points()
    ]
    columns = ["axis", "curve", "log2_n", "num_blocks", "epsilon"]
    assert [tuple(row) for row in frame[columns].to_numpy()] == asked
