"""Resumption, errors and refusals of `run_sweep`, on tasks that tell of their executions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pandas as pd
import pyarrow.parquet as pq
import pytest

from bloqs.sweeps import SweepFolderError, run_sweep, sweep_passed, sweep_summary
from bloqs.sweeps.engines import Batcher
from bloqs.sweeps.journal import noted, run_batch
from tests.sweeps.toys import OtherToy, Toy, executions, processes, toys


def serial(tasks: Any, out: Path, **options: Any) -> pd.DataFrame:
    return run_sweep(tasks, out=out, workers=0, **options)


def test_rows_come_in_the_order_of_the_tasks(tmp_path: Path) -> None:
    tasks = toys(tmp_path, 7)[::-1]
    frame = serial(tasks, tmp_path / "out", chunk=3)
    assert list(frame["index"]) == [6, 5, 4, 3, 2, 1, 0]
    assert list(frame["square"]) == [36, 25, 16, 9, 4, 1, 0]
    assert set(frame["status"]) == {"done"}
    assert frame["finished"].dt.tz is not None
    stored = pd.read_parquet(tmp_path / "out" / "results.parquet")
    pd.testing.assert_frame_equal(stored, frame)
    assert list((tmp_path / "out" / "parts").iterdir()) == []


def test_second_call_runs_only_what_is_new(tmp_path: Path) -> None:
    first = serial(toys(tmp_path, 4), tmp_path / "out")
    both = serial(toys(tmp_path, 6), tmp_path / "out")
    assert both.attrs["sweep"]["resumed"] == 4
    assert both.attrs["sweep"]["computed"] == 2
    assert set(executions(tmp_path).values()) == {1}
    pd.testing.assert_frame_equal(both.head(4), first, check_dtype=False)
    again = serial(toys(tmp_path, 2), tmp_path / "out")
    assert len(again) == 2
    assert again.attrs["sweep"]["computed"] == 0
    # What was not asked for is kept.
    assert pq.read_table(tmp_path / "out" / "results.parquet").num_rows == 6


def test_task_that_occurs_twice_is_run_once(tmp_path: Path) -> None:
    frame = serial(toys(tmp_path, 2) + toys(tmp_path, 2), tmp_path / "out")
    assert len(frame) == 2
    assert set(executions(tmp_path).values()) == {1}


def test_error_is_stored_and_run_again_on_demand(tmp_path: Path) -> None:
    tasks = [*toys(tmp_path, 3), *toys(tmp_path, 1, mode="raise")]
    frame = serial(tasks, tmp_path / "out")
    assert list(frame["status"]) == ["done"] * 3 + ["failed"]
    assert frame["error"].iloc[3] == "ArithmeticError: seven is no square"
    assert not sweep_passed(frame)
    _, failures = sweep_summary(frame)
    assert "ArithmeticError" in failures.rows[0][1]

    (tmp_path / "executions.mended").touch()
    assert serial(tasks, tmp_path / "out")["status"].iloc[3] == "failed"
    assert max(executions(tmp_path).values()) == 1
    mended = serial(tasks, tmp_path / "out", retry_failed=True)
    assert set(mended["status"]) == {"done"}
    assert sorted(executions(tmp_path).values()) == [1, 1, 1, 2]
    assert sweep_passed(mended)
    assert pq.read_table(tmp_path / "out" / "results.parquet").num_rows == 4


def test_verdict(tmp_path: Path) -> None:
    outside = toys(tmp_path, 2, mode="outside")
    frame = serial(outside, tmp_path / "out")
    assert set(frame["status"]) == {"outside"}
    assert list(frame["square"]) == [-1, -1]
    assert not sweep_passed(frame)  # none is inside
    assert sweep_passed(serial([*outside, *toys(tmp_path, 1)], tmp_path / "out"))
    wrong = [*outside, *toys(tmp_path, 1), *toys(tmp_path, 1, mode="wrong")]
    assert not sweep_passed(serial(wrong, tmp_path / "out"))


def test_parallel_gives_the_same_results(tmp_path: Path, cluster: str) -> None:
    tasks = [*toys(tmp_path, 40), *toys(tmp_path, 2, mode="raise")]
    parallel = run_sweep(tasks, out=tmp_path / "parallel", scheduler=cluster)
    one = serial(tasks, tmp_path / "serial")
    same = [name for name in one if name not in ("seconds", "finished", "worker", "pid")]
    pd.testing.assert_frame_equal(parallel[same], one[same])
    assert parallel.attrs["sweep"]["workers"] == 2
    assert os.getpid() not in set(parallel["pid"].dropna())


def test_worker_that_dies_takes_no_other_task_along(tmp_path: Path, cluster: str) -> None:
    tasks = [*toys(tmp_path, 3), *toys(tmp_path, 1, mode="die"), *toys(tmp_path, 9)[3:]]
    frame = run_sweep(tasks, out=tmp_path / "out", scheduler=cluster, chunk=5)
    assert list(frame["status"]) == ["done"] * 3 + ["failed"] + ["done"] * 6
    assert "its worker process died, twice" in frame["error"].iloc[3]
    # What the batch had found before is kept.
    assert [executions(tmp_path)[task.key] for task in tasks[:3]] == [1] * 3
    assert not list((tmp_path / "out").glob("journal-*"))


def page_faults_of_arrays() -> int:
    """Page faults of 200 arrays of 1 MB, one after the other, the first ones apart."""
    import resource

    import numpy as np

    def faults(count: int) -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(count):
            np.ones(2**17)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    faults(10)
    return faults(200)


@pytest.mark.slow
def test_workers_keep_their_memory(cluster: str) -> None:
    """An allocator that gives every array back costs 256 page faults an array."""
    from distributed import Client

    with Client(cluster, set_as_default=False) as client:
        assert client.submit(page_faults_of_arrays).result() < 200 * 256 / 10


SCRIPT = """
import signal
from pathlib import Path
from bloqs.sweeps import run_sweep
from tests.sweeps.toys import toys
if __name__ == "__main__":
    # What a shell starts in the background ignores it, and so does what the tests start then.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path({folder!r})
    run_sweep(toys(folder, 60, pause=0.05), out=folder / "out", workers=2, chunk=4)
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    script = folder / "sweep.py"
    script.write_text(SCRIPT.format(folder=str(folder)))
    root = Path(__file__).parents[2]
    with (folder / "errors").open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, script],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(root)},
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )


def wait_until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    "signal_number",
    [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)],
    ids=["kill", "interrupt"],
)
def test_killed_halfway_and_resumed(signal_number: int, tmp_path: Path) -> None:
    parts = tmp_path / "out" / "parts"
    sweep = start(tmp_path)
    try:
        wait_until(lambda: len(list(parts.glob("*.parquet"))) >= 8 or sweep.poll() is not None)
        assert sweep.poll() is None
    finally:
        if signal_number == signal.SIGINT:
            os.killpg(sweep.pid, signal_number)  # workers too, as a terminal does
        else:
            sweep.send_signal(signal_number)
        sweep.wait(60)
    if signal_number == signal.SIGINT:
        # One traceback, of the script alone: none of Dask's.
        errors = (tmp_path / "errors").read_text()
        assert errors.count("Traceback") == 1, errors
        assert errors.rstrip().endswith("KeyboardInterrupt"), errors
        assert "distributed." not in errors, errors
    # The workers do not outlive the sweep.
    wait_until(lambda: not any(is_alive(pid) for pid in processes(tmp_path)))
    stored = {
        row["key"]: row["finished"]
        for part in parts.glob("*.parquet")
        for row in pq.ParquetFile(part).read().to_pylist()
    }
    assert 8 <= len(stored) < 60

    frame = serial(toys(tmp_path, 60), tmp_path / "out")
    assert list(frame["square"]) == [index**2 for index in range(60)]
    run = frame.attrs["sweep"]
    assert run["resumed"] - run["rescued"] == len(stored)
    finished = dict(zip(frame["key"], frame["finished"], strict=True))
    assert {key: finished[key] for key in stored} == stored
    ran = executions(tmp_path)
    assert {ran[key] for key in stored} == {1}
    # Run twice at most what a worker was in the middle of, though a batch has four tasks.
    assert set(ran.values()) <= {1, 2}
    assert sum(times - 1 for times in ran.values()) <= 2


def test_batch_that_is_cut_off_loses_nothing(tmp_path: Path) -> None:
    *first, last = toys(tmp_path, 4)
    failing = toys(tmp_path, 1, mode="raise")
    tasks = [*first, *failing, *toys(tmp_path, 1, mode="interrupt"), last]
    with pytest.raises(KeyboardInterrupt):
        serial(tasks, tmp_path / "out", chunk=6)
    assert not list((tmp_path / "out" / "parts").iterdir())
    (journal,) = (tmp_path / "out").glob("journal-*/*")
    with journal.open("a") as stream:
        stream.write(journal.read_text().splitlines()[0][:-9])  # killed while it wrote

    (tmp_path / "executions.mended").touch()
    frame = serial(tasks, tmp_path / "out", chunk=6)
    assert list(frame["status"]) == ["done"] * 3 + ["failed"] + ["done"] * 2
    assert list(frame["square"].dropna()) == [0, 1, 4, 0, 9]
    assert frame["finished"].is_monotonic_increasing
    run = frame.attrs["sweep"]
    assert (run["resumed"], run["rescued"], run["computed"]) == (4, 4, 2)
    ran = executions(tmp_path)
    assert [ran[task.key] for task in tasks] == [1, 1, 1, 1, 2, 1]
    figures = dict(sweep_summary(frame)[0].cells)
    assert figures["resumed from the folder"] == "0"
    assert figures["rescued from batches that were cut off"] == "4"
    assert not list((tmp_path / "out").glob("journal-*"))


def test_journal_of_a_worker_that_sees_no_folder(tmp_path: Path) -> None:
    records = run_batch(tuple(toys(tmp_path, 2)), str(tmp_path / "elsewhere"))
    assert [record["square"] for record in records] == [0, 1]
    assert not (tmp_path / "elsewhere").exists()


def test_journal_gives_back_what_it_was_given(tmp_path: Path) -> None:
    (task,) = toys(tmp_path, 1)
    (record,) = run_batch((task,), str(tmp_path))
    assert list(noted(tmp_path / task.key)) == [record]


def test_killed_between_compaction_and_cleaning(tmp_path: Path, monkeypatch: Any) -> None:
    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            serial(toys(tmp_path, 5), tmp_path / "out", chunk=2)
    assert pq.read_table(tmp_path / "out" / "results.parquet").num_rows == 5
    assert len(list((tmp_path / "out" / "parts").iterdir())) == 3
    frame = serial(toys(tmp_path, 5), tmp_path / "out")
    assert len(frame) == 5
    assert set(executions(tmp_path).values()) == {1}
    assert list((tmp_path / "out" / "parts").iterdir()) == []


def test_unwritable_result_stops_with_the_others_stored(tmp_path: Path, monkeypatch: Any) -> None:
    """A full disc in the middle of the compaction leaves the parts, and no half file."""
    serial(toys(tmp_path, 2), tmp_path / "out")
    replace = os.replace

    def full(source: Any, target: Any) -> None:
        if str(target).endswith("results.parquet"):
            raise OSError(28, "No space left on device")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            serial(toys(tmp_path, 4), tmp_path / "out")
    assert pq.read_table(tmp_path / "out" / "results.parquet").num_rows == 2
    assert not list((tmp_path / "out").glob("*.tmp"))
    assert serial(toys(tmp_path, 4), tmp_path / "out").attrs["sweep"]["resumed"] == 4


def test_damaged_part_is_named(tmp_path: Path) -> None:
    part = _one_part(tmp_path)
    whole = part.read_bytes()
    for content in (
        whole[: len(whole) // 2],
        b"",
        whole[:100] + bytes([whole[100] ^ 1]) + whole[101:],
    ):
        part.write_bytes(content)
        with pytest.raises(SweepFolderError, match=f"{part.name}' is damaged .*: remove it"):
            serial(toys(tmp_path, 3), tmp_path / "out")
    part.unlink()
    assert len(serial(toys(tmp_path, 3), tmp_path / "out")) == 3


def test_foreign_part_is_named(tmp_path: Path) -> None:
    part = _one_part(tmp_path)
    pd.DataFrame({"key": ["a"]}).to_parquet(part.with_name("mine.parquet"))
    with pytest.raises(SweepFolderError, match=r"mine.parquet' was not written by this sweep"):
        serial(toys(tmp_path, 3), tmp_path / "out")


def _one_part(folder: Path) -> Path:
    """A folder whose results are still in one part."""
    serial(toys(folder, 2), folder / "out")
    part = folder / "out" / "parts" / "one.parquet"
    (folder / "out" / "results.parquet").rename(part)
    return part


def test_half_written_part_is_swept_away(tmp_path: Path) -> None:
    part = _one_part(tmp_path)
    half = part.with_name("abc.parquet.tmp")
    half.write_bytes(b"PAR1")
    assert len(serial(toys(tmp_path, 3), tmp_path / "out")) == 3
    assert not half.exists()


def test_folder_of_another_kind_model_or_version(tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    serial(toys(tmp_path, 1), tmp_path / "toys")
    with pytest.raises(SweepFolderError, match="kind 'toys' there, 'other toys' now"):
        serial([OtherToy(index=1, log=log)], tmp_path / "toys")
    serial([OtherToy(index=1, log=log, model="a")], tmp_path / "other")
    with pytest.raises(SweepFolderError, match="model_digest"):
        serial([OtherToy(index=1, log=log, model="b")], tmp_path / "other")
    manifest = tmp_path / "toys" / "sweep.json"
    manifest.write_text(manifest.read_text().replace('"qualtran": "', '"qualtran": "9.'))
    with pytest.raises(SweepFolderError, match="versions"):
        serial(toys(tmp_path, 1), tmp_path / "toys")
    manifest.write_text("{")
    with pytest.raises(SweepFolderError, match="cannot read"):
        serial(toys(tmp_path, 1), tmp_path / "toys")
    manifest.unlink()
    with pytest.raises(SweepFolderError, match=r"no sweep\.json"):
        serial(toys(tmp_path, 1), tmp_path / "toys")


def test_one_writer(tmp_path: Path) -> None:
    from filelock import FileLock

    (tmp_path / "out").mkdir()
    with (
        FileLock(tmp_path / "out" / ".lock"),
        pytest.raises(SweepFolderError, match="another sweep is writing"),
    ):
        serial(toys(tmp_path, 1), tmp_path / "out")


def test_out_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(SweepFolderError, match="is a file"):
        serial(toys(tmp_path, 1), tmp_path / "file")
    with pytest.raises(SweepFolderError, match="cannot write"):
        serial(toys(tmp_path, 1), tmp_path / "file" / "below")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": -1}, "workers is the number of processes.*found -1"),
        ({"workers": 2, "scheduler": "tcp://localhost:1"}, "give one or the other"),
        ({"chunk": 0}, "chunk is the number of tasks.*found 0"),
        ({"timeout": 0.0}, "timeout is a positive number"),
        ({"scheduler": "nonsense://x", "timeout": 0.5}, "no Dask scheduler at 'nonsense://x'"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        run_sweep(toys(tmp_path, 1), out=tmp_path / "out", **options)
    assert not executions(tmp_path)


def test_bad_tasks(tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    with pytest.raises(ValueError, match="at least one task"):
        serial([], tmp_path / "out")
    with pytest.raises(ValueError, match="one class, found OtherToy, Toy"):
        serial([Toy(index=1, log=log), OtherToy(index=1, log=log)], tmp_path / "out")
    with pytest.raises(ValueError, match="one model, found 2"):
        serial([OtherToy(index=1, log=log, model=m) for m in "ab"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_batches_take_about_their_time() -> None:
    batcher = Batcher(None, seconds=0.25)
    assert batcher.size(1000, 2) == 1  # nothing is known yet
    batcher.observe([{"seconds": 0.02}])
    assert batcher.size(1000, 2) == 12
    assert batcher.size(10, 2) == 3  # the last ones are shared out
    batcher.observe([{"seconds": 10.0}])
    assert batcher.size(1000, 2) == 1
    assert Batcher(5).size(1000, 2) == 5


@attrs.frozen(kw_only=True)
class Shifted(Toy):
    """A toy that got another parameter later."""

    parameters: ClassVar[Mapping[str, str]] = {**Toy.parameters, "shift": "float64"}
    later: ClassVar[Mapping[str, Any]] = {"shift": 0.0}
    shift: float = 0.0


def test_results_from_before_a_parameter_came_are_read_with_its_value(tmp_path: Path) -> None:
    log, out = str(tmp_path / "log"), tmp_path / "out"
    run_sweep([Toy(index=3, log=log)], out=out, workers=0)
    same, other = (Shifted(index=3, log=log, shift=shift) for shift in (0.0, 2.0))
    assert same.key == Toy(index=3, log=log).key != other.key
    frame = run_sweep([same, other], out=out, workers=0)
    assert list(frame["shift"]) == [0.0, 2.0]
    assert list(frame["square"]) == [9, 9]
    assert len(Path(log).read_text().splitlines()) == 2  # the stored one was not run again
