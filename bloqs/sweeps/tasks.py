"""What a sweep is made of: a task is a small record with a content key, and knows how to run itself."""

from __future__ import annotations

import abc
import hashlib
import json
import math
import os
import socket
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib.metadata import version
from typing import Any, ClassVar

import attrs
import numpy as np

from bloqs import __version__, checks
from bloqs.messages import shown

Record = dict[str, Any]
"""One row of the results: `COMMON`, then the task's parameters, then what it found."""

DONE, OUTSIDE, FAILED = "done", "outside", "failed"
"""Status: ran; the network's bounds refuse the input; raised an error."""

COMMON = {
    "key": "string",
    "status": "string",
    "passed": "bool",
    "error": "string",
    "seconds": "float64",
    "finished": "timestamp",
    "worker": "string",
}
"""Columns of every sweep, with their types (as in `bloqs.sweeps.folder.TYPES`)."""


def to_int(name: str, value: Any) -> int:
    """A whole number, Python's or NumPy's, as an `int`.

    Args:
        name: what it is, for the message.
        value: the number.

    Returns:
        The number.

    Raises:
        ValueError: it is not whole, or a column of 64 bits does not hold it.

    Example:
        >>> to_int("a seed", np.int32(7))
        7
        >>> to_int("a seed", 7.5)
        Traceback (most recent call last):
        ...
        ValueError: a seed is a whole number, found 7.5
    """
    try:
        whole = checks.whole_number(value, name)
    except ValueError:
        raise ValueError(f"{name} is a whole number, found {shown(value)}") from None
    if not -(2**63) <= whole < 2**63:
        raise ValueError(f"{name} is a whole number of at most 64 bits, found {shown(whole)}")
    return whole


def _to_int_tuple(name: str, values: Any) -> tuple[int, ...]:
    given = checks.sequence(values, name, "a sequence of whole numbers")
    return tuple(to_int(f"each number of {name}", value) for value in given)


def _to_float(name: str, value: Any) -> float:
    try:
        real = checks.number(value, name)
    except ValueError:
        raise ValueError(f"{name} is a number, found {shown(value)}") from None
    if not math.isfinite(real):
        raise ValueError(f"{name} is a finite number, found {real}")
    return real


def _to_bool(name: str, value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} is True or False, found {shown(value)}")
    return bool(value)


_TO_COLUMN: dict[str, Callable[[str, Any], Any]] = {
    "bool": _to_bool,
    "int64": to_int,
    "float64": _to_float,
    "list<int64>": _to_int_tuple,
}
"""Column type -> what makes a field fit for it. Others hold what they are given."""


class OutsideBounds(Exception):
    """An input that the network's bounds refuse: a finding, stored with its figures, not a failure.

    Parameters:
        message: why, in words.
        found: result columns that say by how much.
    """

    def __init__(self, message: str, found: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.found = dict(found)


@cache
def versions() -> dict[str, str]:
    """Versions that a result depends on; part of every key.

    Returns:
        Package -> version.

    Example:
        >>> sorted(versions())
        ['qualtran', 'resnet-bloqs']
    """
    return {"resnet-bloqs": __version__, "qualtran": version("qualtran")}


@attrs.frozen(kw_only=True)
class Task(abc.ABC):
    """One unit of a sweep: parameters that JSON can hold, and what to do with them.

    A subclass is an `attrs.frozen` class whose fields are its parameters; it sets `kind`, `parameters` and
    `results` (column name -> type) and defines `measure`. It must be importable on the workers. Where it has
    an `__attrs_post_init__` of its own, that calls this one first.

    Parameters:
        kind: of the sweep; a folder holds one kind.
        parameters: columns of the fields.
        results: columns of what `measure` returns.
        locations: fields that say where something lies, not what it is; they are not in the key.
        later: fields that came after results had been stored, with the value that those results have: at it
            they are not in the key, and stored results without their columns are read with it.

    Raises:
        ValueError: a field that its column cannot hold.

    Example:
        >>> from bloqs.costs import estimate
        >>> from bloqs.loading import LoadedVector
        >>> @attrs.frozen(kw_only=True)
        ... class VectorCost(Task):
        ...     kind = "vectors"
        ...     parameters = {"bitsize": "int64", "loading": "string"}
        ...     results = {"t_count": "int64"}
        ...     bitsize: int
        ...     loading: str
        ...     def measure(self):
        ...         vector = LoadedVector(None, self.loading, bitsize=self.bitsize)
        ...         return {"passed": True, "t_count": estimate(vector).t_count}
        >>> row = run_task(VectorCost(bitsize=4, loading="rotations"))
        >>> row["status"], row["bitsize"], row["t_count"]
        ('done', 4, 390)
    """

    kind: ClassVar[str]
    parameters: ClassVar[Mapping[str, str]]
    results: ClassVar[Mapping[str, str]]
    locations: ClassVar[frozenset[str]] = frozenset()
    later: ClassVar[Mapping[str, Any]] = {}

    def __attrs_post_init__(self) -> None:
        """Make each field what its column holds: NumPy's numbers become Python's."""
        for name, kind in self.parameters.items():
            value = getattr(self, name)
            if value is not None and kind in _TO_COLUMN:
                object.__setattr__(self, name, _TO_COLUMN[kind](name, value))

    @abc.abstractmethod
    def measure(self) -> Mapping[str, Any]:
        """Run the task.

        Returns:
            `passed`, and the columns of `results` (those that are left out are null).

        Raises:
            OutsideBounds: the network's bounds refuse the input.
            Exception: anything else is recorded as a failure.
        """

    @classmethod
    def warm_up(cls) -> None:
        """Import what `measure` needs, once a worker, before the clock runs. Nothing by default."""
        return None

    @property
    def fixed(self) -> Mapping[str, str]:
        """What all tasks of one folder share besides kind and versions: the digest of the model, say."""
        return {}

    @classmethod
    def columns(cls) -> dict[str, str]:
        """All columns with their types, in order."""
        return {**COMMON, **cls.parameters, **cls.results}

    def to_dict(self) -> dict[str, Any]:
        """The parameters, ready for JSON."""
        return attrs.asdict(self, recurse=True)

    @cached_property
    def key(self) -> str:
        """SHA-256 of what the result depends on: parameters (except locations), kind and versions."""
        what = {
            name: value
            for name, value in self.to_dict().items()
            if name not in self.locations and (name not in self.later or value != self.later[name])
        }
        content = {"kind": self.kind, "parameters": what, "versions": versions()}
        text = json.dumps(content, sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def record(self, status: str, seconds: float, **found: Any) -> Record:
        """The row of this task.

        Args:
            status: `DONE`, `OUTSIDE` or `FAILED`.
            seconds: that it took.
            found: result columns; those that are left out are null.

        Returns:
            A value for each column, JSON columns as text.

        Raises:
            ValueError: a name that is none of the columns.
        """
        row: Record = dict.fromkeys(self.columns())
        row |= self.to_dict()
        row |= {
            "key": self.key,
            "status": status,
            "seconds": seconds,
            "finished": datetime.now(UTC),
            "worker": f"{socket.gethostname()}:{os.getpid()}",
        }
        unknown = sorted(set(found) - set(row))
        if unknown:
            raise ValueError(f"{type(self).__name__} has no result columns {unknown}")
        row |= found
        for name, kind in self.columns().items():
            if kind == "json" and row[name] is not None and not isinstance(row[name], str):
                row[name] = json.dumps(row[name])
        return row


def run_task(task: Task) -> Record:
    """Run one task; whatever it raises becomes part of its row.

    Args:
        task: any.

    Returns:
        Its row, whose `status` says how it ended.

    Example:
        >>> from bloqs.sweeps import ShapeTask
        >>> row = run_task(ShapeTask(input_shape=(1, 2, 2), skip_weight=0.3))  # tau <= 1/2 has no bound
        >>> row["status"], row["error"][:46]
        ('failed', 'ValueError: no worst-case bound for the output')
    """
    begin = time.perf_counter()
    try:
        found = dict(task.measure())
        return task.record(DONE, time.perf_counter() - begin, **found)
    except OutsideBounds as outside:
        seconds = time.perf_counter() - begin
        return task.record(OUTSIDE, seconds, error=str(outside), **outside.found)
    except Exception as error:
        return failure(task, error, time.perf_counter() - begin)


def failure(task: Task, error: BaseException, seconds: float = 0.0) -> Record:
    """The row of a task that raised, or whose worker died.

    Args:
        task: the task.
        error: what was raised.
        seconds: until then.

    Returns:
        A row with status `FAILED`, not passed, and the message on one line.

    Example:
        >>> from bloqs.sweeps import seed_tasks
        >>> (task,) = seed_tasks((2, 1, 1), [4], kernel_size=1)
        >>> failure(task, MemoryError("8 GB are not enough"))["error"]
        'MemoryError: 8 GB are not enough'
    """
    message = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return task.record(FAILED, seconds, passed=False, error=message)
