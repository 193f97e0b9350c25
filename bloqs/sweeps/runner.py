"""`run_sweep`: what is missing is computed, what comes back is stored at once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bloqs.sweeps.engines import TIMEOUT, Batcher, Engine, engine_for, run_batches
from bloqs.sweeps.folder import SweepFolder
from bloqs.sweeps.tasks import FAILED, Task

if TYPE_CHECKING:
    import pandas as pd


def run_sweep(
    tasks: Sequence[Task],
    *,
    out: str | os.PathLike[str],
    scheduler: str | None = None,
    workers: int | None = None,
    progress: bool = True,
    chunk: int | None = None,
    retry_failed: bool = False,
    timeout: float = TIMEOUT,
) -> pd.DataFrame:
    """Run tasks in parallel and store each result as it comes; go on where an earlier sweep stopped.

    A task whose key is in the folder is not run again. A task that raises is stored with its message, and the
    others go on. Killed at any moment, the folder is consistent: stored results stay, and so do those of
    tasks that had ended in a batch under way, where the workers see the folder; the next call computes the
    others.
    At the end everything is in `out/results.parquet`, rows of earlier sweeps included.

    A script that calls this with processes guards its entry with `if __name__ == "__main__":`, because each
    process imports the script.

    Args:
        tasks: of one class, and of one model; a task that occurs twice is run once.
        out: the folder; made where it is missing. It holds one kind of task, of one model and one version of
            the library, with as many different parameters as you like.
        scheduler: address of a Dask scheduler (`tcp://host:8786`), whose workers have this library and see
            the same model and image files; None for processes of this machine.
        workers: processes of this machine, of one thread each; 0 runs in this process, None takes one a core.
        progress: a bar with the time left, on the error stream where that is a terminal.
        chunk: tasks sent at once; None for about half a second each.
        retry_failed: run tasks again whose stored result is an error.
        timeout: seconds to wait for the scheduler.

    Returns:
        One row a task, in their order, with the columns of `Task.columns()`. `attrs["sweep"]` tells of this
        run: `tasks`, `resumed`, `rescued` (of these, from batches that were cut off), `computed`, `failed`,
        `seconds` (first task sent to last result stored), `startup_seconds` (cluster and imports), `workers`,
        `busy` (share of the workers' time inside tasks), `path` (of `results.parquet`).

    Raises:
        SweepFolderError: the folder is a file, in use, damaged or of another sweep (a `ValueError`).
        ValueError: no tasks, tasks of several kinds or models, a bad number, or no scheduler or worker.
        ConnectionError: the scheduler was lost on the way; the results so far are stored.

    Example:
        >>> import tempfile
        >>> from bloqs.sweeps import seed_tasks
        >>> tasks = seed_tasks((2, 1, 1), range(3), kernel_size=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     frame = run_sweep(tasks, out=folder, workers=0)
        >>> bool((frame.vector_error <= frame.epsilon_stated).all()), frame.attrs["sweep"]["computed"]
        (True, 3)
    """
    _check(tasks, scheduler, workers, chunk, timeout)
    by_key = {task.key: task for task in tasks}
    task_type = type(tasks[0])
    folder = SweepFolder(out, task_type, tasks[0].fixed)
    with folder.open():
        stored = folder.load()
        known = set(_keys(stored, include_failed=not retry_failed))
        missing = [task for key, task in by_key.items() if key not in known]
        run: dict[str, Any] = {
            "tasks": len(by_key),
            "resumed": len(by_key) - len(missing),
            "rescued": len(folder.rescued & known & by_key.keys()),
            "computed": 0,
            "failed": 0,
            "seconds": 0.0,
            "startup_seconds": 0.0,
            "workers": 0,
            "busy": 0.0,
            "path": str(folder.results),
        }
        if missing:
            begin = time.perf_counter()
            with engine_for(
                task_type,
                journal=folder.journal,
                scheduler=scheduler,
                workers=workers,
                timeout=timeout,
            ) as engine:
                run["startup_seconds"] = time.perf_counter() - begin
                _drive(engine, missing, folder, chunk, run, progress=progress)
        table = folder.compact(by_key)
    return _frame(table, by_key, run)


def _check(
    tasks: Sequence[Task],
    scheduler: str | None,
    workers: int | None,
    chunk: int | None,
    timeout: float,
) -> None:
    if not tasks:
        raise ValueError("a sweep needs at least one task, found none")
    kinds = sorted({type(task).__name__ for task in tasks})
    if len(kinds) > 1:
        raise ValueError(
            f"a sweep has tasks of one class, found {', '.join(kinds)}: sweep each by itself"
        )
    fixed = {tuple(sorted(task.fixed.items())) for task in tasks}
    if len(fixed) > 1:
        raise ValueError(
            f"a sweep is of one model, found {len(fixed)}: sweep each into a folder of its own"
        )
    if workers is not None and workers < 0:
        raise ValueError(
            f"workers is the number of processes, at least 1 (0: in this process), found {workers}"
        )
    if workers is not None and scheduler is not None:
        raise ValueError(
            f"workers={workers} is for processes of this machine; the scheduler at {scheduler!r} has workers "
            "of its own: give one or the other"
        )
    if chunk is not None and chunk < 1:
        raise ValueError(f"chunk is the number of tasks sent at once, at least 1, found {chunk}")
    if not timeout > 0:
        raise ValueError(f"timeout is a positive number of seconds, found {timeout}")


def _keys(table: pa.Table, *, include_failed: bool) -> Iterator[str]:
    for key, status in zip(table["key"].to_pylist(), table["status"].to_pylist(), strict=True):
        if include_failed or status != FAILED:
            yield key


def _drive(
    engine: Engine,
    missing: Sequence[Task],
    folder: SweepFolder,
    chunk: int | None,
    run: dict[str, Any],
    *,
    progress: bool,
) -> None:
    """Keep the engine full, store what it gives back."""
    batcher, busy = Batcher(chunk), 0.0
    begin = time.perf_counter()
    with _bar(run, progress=progress) as update:
        for records in run_batches(engine, batcher.batches(missing, engine.slots)):
            folder.write_part(records)
            batcher.observe(records)
            busy += sum(record["seconds"] for record in records)
            run["computed"] += len(records)
            run["failed"] += sum(record["status"] == FAILED for record in records)
            update()
    run["seconds"] = time.perf_counter() - begin
    run["workers"] = engine.slots
    run["busy"] = busy / (run["seconds"] * engine.slots)


@contextmanager
def _bar(run: dict[str, Any], *, progress: bool) -> Iterator[Any]:
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not (progress and console.is_terminal),  # a log file would get empty lines
    ) as bar:

        def text() -> str:
            return f"sweep: {run['resumed']} resumed, {run['failed']} failed"

        line = bar.add_task(text(), total=run["tasks"], completed=run["resumed"])
        yield lambda: bar.update(
            line, description=text(), completed=run["resumed"] + run["computed"]
        )


def _frame(table: pa.Table, keys: Iterable[str], run: dict[str, Any]) -> Any:
    rows = {key: row for row, key in enumerate(table["key"].to_pylist())}
    frame = table.take(pa.array([rows[key] for key in keys], type=pa.int64())).to_pandas()
    frame.attrs["sweep"] = run
    return frame
