"""Journals: what a batch has found so far, on disc as each of its tasks ends, for a kill may cut it off.

One file a batch, one line a result: a checksum, then JSON. It is written where the task runs, and removed
when the batch is stored. Nothing is forced to the disc: a journal outlives its process, and where it did not
outlive its machine the checksum tells.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from bloqs.sweeps.tasks import Record, Task, run_task


def run_batch(tasks: tuple[Task, ...], journal: str | None) -> list[Record]:
    """Run tasks one after the other: what a worker is handed.

    Args:
        tasks: at least one; the key of the first is the name of the file.
        journal: folder of the journals; a worker that does not see it goes without. None for none.

    Returns:
        The row of each task.

    Example:
        >>> from bloqs.sweeps import seed_tasks
        >>> tasks = seed_tasks((2, 1, 1), range(2), kernel_size=1)
        >>> [(row["seed"], row["passed"]) for row in run_batch(tuple(tasks), journal=None)]
        [(0, True), (1, True)]
    """
    records = []
    for task in tasks:
        records.append(run_task(task))
        if journal is None:
            continue
        # A second copy, and nothing that a batch should fail for.
        with suppress(OSError, TypeError):
            _note(os.path.join(journal, tasks[0].key), records[-1])
    return records


def _note(path: str, record: Record) -> None:
    text = json.dumps(record, default=_to_json)
    with open(path, "a", encoding="utf-8") as stream:
        stream.write(f"{_checksum(text)} {text}\n")


def found_so_far(tasks: Sequence[Task], journal: str | None) -> list[Record]:
    """What a batch had found when its worker died; nothing where there is no journal.

    Args:
        tasks: of the batch.
        journal: folder of the journals, which the worker may not have seen, or None.

    Returns:
        The rows of the tasks that had ended.

    Example:
        >>> import tempfile
        >>> from bloqs.sweeps import seed_tasks
        >>> tasks = seed_tasks((2, 1, 1), range(2), kernel_size=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     rows = run_batch(tuple(tasks), folder)
        ...     [row["passed"] for row in found_so_far(tasks, folder)]
        [True, True]
    """
    if journal is None:
        return []
    path = Path(journal, tasks[0].key)
    return [*noted(path)] if path.exists() else []


def noted(path: Path) -> Iterator[Record]:
    """The results in a journal, except for a line that was cut off.

    Args:
        path: of the journal of one batch.

    Yields:
        The rows, in the order in which they were found.

    Example:
        >>> import tempfile
        >>> from bloqs.sweeps import seed_tasks
        >>> tasks = tuple(seed_tasks((2, 1, 1), range(2), kernel_size=1))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     rows = run_batch(tasks, folder)
        ...     path = Path(folder, tasks[0].key)
        ...     cut = path.write_bytes(path.read_bytes()[:-40])  # as by a kill
        ...     [row["seed"] for row in noted(path)]
        [0]
    """
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        checksum, _, text = line.partition(" ")
        if checksum == _checksum(text):
            record: Record = json.loads(text, object_hook=_from_json)
            yield record


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _to_json(value: Any) -> Any:
    """For times and NumPy's values; the values of a record are no objects themselves."""
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"no JSON for {value!r}")


def _from_json(value: dict[str, Any]) -> Any:
    return datetime.fromisoformat(value["time"]) if value.keys() == {"time"} else value
