"""Limits of a simulation: what fits, what a limit may be, and how deep bloqs may be nested."""

from __future__ import annotations

import numbers
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

BUFFERS = 1
"""States held beside the longest: what a map makes that changes the number of qubits, or the result."""

RECURSION_LIMIT = 20_000
"""Python frames while bloqs are taken apart and run: three or so for each level of nesting."""


class SimulationTooLargeError(ValueError):
    """The state would not fit: says how many qubits and bytes, and the limit."""


def whole_limit(name: str, value: object, least: int) -> int:
    """The integer that `value` is, whatever its type (`1e3` is one); a ValueError for any other."""
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if isinstance(value, float):
        is_whole = value.is_integer()
    if not is_whole or int(value) < least:  # type: ignore[call-overload]
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)  # type: ignore[call-overload]


def check_tolerance(free_tolerance: float) -> float:
    """The tolerance of the check of freed qubits; a ValueError for NaN, with which none would be dirty."""
    # Not `free_tolerance < 0`: a NaN is no tolerance.
    if not (isinstance(free_tolerance, numbers.Real) and float(free_tolerance) >= 0):
        raise ValueError(
            f"free_tolerance must be a number of at least 0, got {free_tolerance!r}; pass "
            "check_free=False to project freed qubits on |0>"
        )
    return float(free_tolerance)


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Room for bloqs nested several hundred levels deep.

    The limit is one for all threads: the first to need room raises it, and the last one out puts it back.
    """
    with _recursion.lock:
        if not _recursion.users:
            _recursion.before = sys.getrecursionlimit()
            sys.setrecursionlimit(max(_recursion.before, RECURSION_LIMIT))
        _recursion.users += 1
    try:
        yield
    finally:
        with _recursion.lock:
            _recursion.users -= 1
            if not _recursion.users:
                sys.setrecursionlimit(_recursion.before)


@attrs.define
class _Recursion:
    """Who has raised Python's limit of recursion, and what it was."""

    lock: threading.Lock = attrs.field(factory=threading.Lock)
    users: int = 0
    before: int = 0


_recursion = _Recursion()
