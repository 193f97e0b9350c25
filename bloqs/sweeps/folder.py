"""A sweep's folder: results as Parquet, written so that a kill at any moment loses none of them.

    sweep.json        what all results in the folder share: kind, versions, digest of the model
    parts/*.parquet   results as they come in, one file a batch
    journal-*/        results of batches under way, see `bloqs.sweeps.journal`
    results.parquet   all results, once a sweep has ended

A part appears by a rename, whole or not at all. Compaction writes `results.parquet` by a rename too, and only
then removes the parts, so that a result is at every moment in one of them or in both.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from bloqs.files import SUFFIX, replacing, write_text
from bloqs.sweeps.journal import noted
from bloqs.sweeps.tasks import FAILED, Record, Task, versions

FORMAT = "resnet-bloqs sweep"
FORMAT_VERSION = 1
MANIFEST, RESULTS, PARTS, LOCK = "sweep.json", "results.parquet", "parts", ".lock"
JOURNAL = "journal-"

TYPES: dict[str, Any] = {
    "string": pa.string(),
    "json": pa.string(),
    "bool": pa.bool_(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "list<int64>": pa.list_(pa.field("element", pa.int64())),
    "list<float64>": pa.list_(pa.field("element", pa.float64())),
}
"""Column types by name. Items of a list have Parquet's name, so that a file reads back equal."""


class SweepFolderError(ValueError):
    """A folder that holds something else, or something damaged; says what, and how to mend it."""


class SweepFolder:
    """The results of one kind of task, of one model and one version of the library.

    Parameters:
        path: the folder; made by `open`.
        task_type: class of the tasks.
        fixed: what all tasks share, see `Task.fixed`.

    While it is open, `journal` is the absolute path of the journals' folder, and `rescued` holds the keys
    whose results come from the journals of a killed sweep.

    Example:
        >>> from bloqs.sweeps import SeedTask, seed_tasks
        >>> from bloqs.sweeps.tasks import run_task
        >>> (task,) = seed_tasks((2, 1, 1), [4], kernel_size=1)
        >>> with tempfile.TemporaryDirectory() as path:
        ...     folder = SweepFolder(path, SeedTask, task.fixed)
        ...     with folder.open():
        ...         folder.write_part([run_task(task)])
        ...         found = folder.compact([task.key])
        >>> found["seed"].to_pylist(), found["status"].to_pylist()
        ([4], ['done'])
    """

    journal: str
    rescued: frozenset[str] = frozenset()

    def __init__(
        self, path: str | os.PathLike[str], task_type: type[Task], fixed: Mapping[str, str]
    ) -> None:
        self.path = Path(path)
        self.kind = task_type.kind
        self.fixed = dict(fixed)
        self.later = dict(task_type.later)
        identity = json.dumps({"format": FORMAT, "version": FORMAT_VERSION, "kind": self.kind})
        self.schema = pa.schema(
            [(name, TYPES[kind]) for name, kind in task_type.columns().items()],
            metadata={FORMAT: identity},
        )

    @property
    def results(self) -> Path:
        """The one file that holds everything once a sweep has ended."""
        return self.path / RESULTS

    @contextmanager
    def open(self) -> Iterator[None]:
        """Make the folder where it is missing, check that it is this sweep's, and keep others out.

        Yields:
            None; the folder is locked within the `with` block.

        Raises:
            SweepFolderError: no folder can be there, another sweep is writing to it, or it belongs to
                another kind, model or version.
        """
        if self.path.exists() and not self.path.is_dir():
            raise SweepFolderError(
                f"{str(self.path)!r} is a file: name a folder for the results, or one to be made"
            )
        try:
            (self.path / PARTS).mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / LOCK)
            lock.acquire(timeout=0)
        except Timeout:
            raise SweepFolderError(
                f"another sweep is writing to {str(self.path)!r}: wait for it, or name another folder"
            ) from None
        except OSError as error:
            raise SweepFolderError(
                f"cannot write to {str(self.path)!r}: {error.strerror}; name another folder"
            ) from error
        # A killed process leaves its lock open: the system releases it, the file means nothing.
        try:
            self._check_manifest()
            for leftover in self._leftovers():
                leftover.unlink()
            self._rescue()
            # A name that no other machine has: a worker that does not see this folder sees none.
            self.journal = tempfile.mkdtemp(prefix=JOURNAL, dir=self.path.absolute())
            try:
                yield
            finally:
                with suppress(OSError):  # what is in it is for the next sweep
                    os.rmdir(self.journal)
        finally:
            lock.release()

    def _rescue(self) -> None:
        """Store what a killed sweep had found in batches that it never got back."""
        journals = list(self.path.glob(f"{JOURNAL}*"))
        files = [file for journal in journals for file in sorted(journal.iterdir())]
        names = set(self.schema.names)
        if records := [row for file in files for row in noted(file) if row.keys() == names]:
            stored = self.load()["key"].to_pylist()
            self.rescued = frozenset(row["key"] for row in records).difference(stored)
            self._add_part(records)
        for journal in journals:
            shutil.rmtree(journal, ignore_errors=True)

    def _check_manifest(self) -> None:
        asked: dict[str, Any] = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "kind": self.kind,
            "versions": versions(),
            "fixed": self.fixed,
        }
        path = self.path / MANIFEST
        if not path.exists():
            if self.results.exists() or any(self._part_files()):
                raise SweepFolderError(
                    f"{str(self.path)!r} holds Parquet files but no {MANIFEST}: it is no sweep's folder, "
                    "name another one"
                )
            write_text(path, json.dumps(asked, indent=2) + "\n")
            return
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SweepFolderError(
                f"cannot read {str(path)!r} ({error}): restore it, or name another folder"
            ) from error
        if not isinstance(found, dict):
            raise SweepFolderError(f"{str(path)!r} holds no sweep: name another folder")
        different = [
            f"{name} {found.get(name)!r} there, {value!r} now"
            for name, value in asked.items()
            if found.get(name) != value
        ]
        if different:
            raise SweepFolderError(
                f"{str(self.path)!r} holds the results of another sweep: {'; '.join(different)}. Name "
                "another folder; results of different models or versions are not mixed"
            )

    def _part_files(self) -> list[Path]:
        return sorted((self.path / PARTS).glob("*.parquet"))

    def _leftovers(self) -> list[Path]:
        """Files that a killed process did not rename."""
        pattern = f"*.parquet*{SUFFIX}"
        return [*self.path.glob(pattern), *(self.path / PARTS).glob(pattern)]

    def write_part(self, records: Sequence[Record]) -> None:
        """Store the results of a batch, at once and whole, and remove its journal.

        Args:
            records: at least one, as `Task.record` makes them.
        """
        self._add_part(records)
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(self.journal, records[0]["key"]))

    def _add_part(self, records: Sequence[Record]) -> None:
        name = f"{time.time_ns():020d}-{records[0]['key'][:12]}.parquet"
        table = pa.Table.from_pylist(list(records), schema=self.schema)
        _write(table, self.path / PARTS / name)

    def load(self) -> pa.Table:
        """All results, one row a key: the latest, and one that did not fail before one that did.

        Returns:
            A table with the columns of the tasks.

        Raises:
            SweepFolderError: a file is damaged, or is not one of this sweep's.
        """
        files = [*([self.results] if self.results.exists() else []), *self._part_files()]
        tables = [self._read(path) for path in files]
        table = pa.concat_tables([self.schema.empty_table(), *tables])
        best: dict[str, tuple[bool, Any, int]] = {}
        columns = (table[name].to_pylist() for name in ("key", "status", "finished"))
        for row, (key, status, finished) in enumerate(zip(*columns, strict=True)):
            rank = (status != FAILED, finished, row)
            if key not in best or rank > best[key]:
                best[key] = rank
        return table.take(pa.array(sorted(row for _, _, row in best.values()), type=pa.int64()))

    def _read(self, path: Path) -> pa.Table:
        try:
            # A plain file: the data set reader would take folder names for columns.
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                table = file.read()
        except (pa.ArrowException, OSError) as error:
            raise SweepFolderError(
                f"{str(path)!r} is damaged ({' '.join(str(error).split())}): remove it, and the same command "
                "computes its results again"
            ) from error
        for place, column in enumerate(self.schema):
            if column.name in self.later and column.name not in table.schema.names:
                values = pa.array([self.later[column.name]] * len(table), type=column.type)
                table = table.add_column(place, column, values)
        if not table.schema.equals(self.schema, check_metadata=True):
            raise SweepFolderError(
                f"{str(path)!r} was not written by this sweep (its columns or its mark differ): move it away"
            )
        return table

    def compact(self, order: Iterable[str]) -> pa.Table:
        """Everything into one file, then remove the parts.

        Args:
            order: keys that come first, in this order.

        Returns:
            The whole table.
        """
        parts = self._part_files()
        table = self.load()
        if parts or not self.results.exists():
            rows = {key: row for row, key in enumerate(table["key"].to_pylist())}
            first = [rows.pop(key) for key in order if key in rows]
            table = table.take(pa.array([*first, *rows.values()], type=pa.int64()))
            _write(table, self.results)
        for part in parts:
            part.unlink()
        return table


def _write(table: pa.Table, path: Path) -> None:
    with replacing(path) as stream:
        pq.write_table(table, stream, write_page_checksum=True)
