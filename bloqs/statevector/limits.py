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
    """The state would not fit: says how many qubits and bytes, and the limit.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> from bloqs.statevector.simulator import Simulator
        >>> try:
        ...     Simulator(max_amplitudes=2).contract(CNOT())
        ... except SimulationTooLargeError:
        ...     print("two qubits have four amplitudes")
        two qubits have four amplitudes
    """


def whole_limit(name: str, value: object, least: int) -> int:
    """A limit as an `int`.

    Args:
        name: of the limit, for the message.
        value: a whole number of any type (`1e3` is one).
        least: the smallest that is allowed.

    Returns:
        The number.

    Raises:
        ValueError: something else, or a number that is too small.

    Example:
        >>> whole_limit("max_amplitudes", 1e3, least=1)
        1000
    """
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if isinstance(value, float):
        is_whole = value.is_integer()
    if not is_whole or int(value) < least:  # type: ignore[call-overload]
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)  # type: ignore[call-overload]


LARGEST_TOLERANCE = 1e300
"""Of a freed qubit, at most: a float holds it."""


def check_tolerance(free_tolerance: float) -> float:
    """The tolerance of the check of freed qubits.

    Args:
        free_tolerance: 2-norm, at least 0.

    Returns:
        The same as a `float`.

    Raises:
        ValueError: a negative number, or NaN, with which no qubit would ever be dirty.

    Example:
        >>> check_tolerance(1e-9)
        1e-09
    """
    # Not `free_tolerance < 0`: a NaN is no tolerance.
    if not (isinstance(free_tolerance, numbers.Real) and 0 <= free_tolerance <= LARGEST_TOLERANCE):
        raise ValueError(
            f"free_tolerance must be a number of at least 0, got {free_tolerance!r}; pass "
            "check_free=False to project freed qubits on |0>"
        )
    return float(free_tolerance)


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Room for bloqs nested several hundred levels deep.

    The limit is one for all threads: the first to need room raises it, and the last one out puts it back.

    Yields:
        Nothing; inside, Python's limit of recursion is at least `RECURSION_LIMIT`.

    Example:
        >>> before = sys.getrecursionlimit()
        >>> with deep_recursion():
        ...     sys.getrecursionlimit() >= RECURSION_LIMIT
        True
        >>> sys.getrecursionlimit() == before
        True
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
