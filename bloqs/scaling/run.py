"""Run a study: every point is a task of the sweeps' engines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from bloqs.scaling.points import MEASURED, OUTPUT_NORMS, Point, Row
from bloqs.scaling.settings import StudySettings
from bloqs.scaling.study import Study
from bloqs.sweeps.engines import engine_for, run_batches
from bloqs.sweeps.tasks import FAILED, Record


def run_study(
    settings: StudySettings | None = None,
    *,
    workers: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Study:
    """Build and cost every network of a study.

    Args:
        settings: what to measure.
        workers: processes; 0 for none besides this one.
        progress: told how many points are done, and of how many.

    Returns:
        The study. A point that cannot be built is a row with its reason.

    Raises:
        ValueError: a negative number of workers.
        RuntimeError: a point failed with an error, such as a part of a network without a known cost.

    Example:
        >>> small = {"at_log2_n": 6, "at_blocks": 1, "blocks": [1], "epsilons": [0.1], "regimes": [3]}
        >>> study = run_study(StudySettings(max_log2_n=8, **small))
        >>> len(study.frame), bool((study.frame["status"] == "done").all())
        (8, True)
    """
    import pandas as pd

    settings = settings or StudySettings()
    if workers < 0:
        raise ValueError(f"workers is a number of processes, 0 for this one alone, found {workers}")
    asked = settings.points()
    distinct = list(dict.fromkeys(point for _, point in asked))
    # Processes are handed batches; here, each point is told of as it ends.
    batches = _batches(distinct) if workers else [(point,) for point in distinct]
    rows: dict[str, Row] = {}
    with engine_for(Point, workers=workers) as engine:
        for records in run_batches(engine, batches):
            rows |= {record["key"]: _row(record) for record in records}
            if progress is not None:
                progress(len(rows), len(distinct))
    frame = pd.DataFrame([{"axis": axis, **rows[point.key]} for axis, point in asked])
    # A column without a value, such as the output norms of regime 3 alone, would be one of objects.
    frame = frame.astype(
        dict.fromkeys((*MEASURED, *OUTPUT_NORMS), "float64") | {"reason": "string"}
    )
    return Study(settings=settings, frame=frame)


def _batches(points: Iterable[Point]) -> list[tuple[Point, ...]]:
    """Points that share N, k and epsilon, whose curves share bloqs and polynomials; the dearest first."""
    groups: dict[tuple[int, int, float], list[Point]] = {}
    for point in points:
        groups.setdefault((point.num_blocks, point.log2_n, point.epsilon), []).append(point)
    return [tuple(groups[key]) for key in sorted(groups, reverse=True)]


def _row(record: Record) -> Row:
    """What a point found."""
    if record["status"] == FAILED:
        raise RuntimeError(f"a point of the study failed: {record['error']}")
    row: Row = json.loads(record["row"])
    return row
