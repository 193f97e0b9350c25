"""Converters of the fields that hold data: flat tuples, which hash, compare and serialise."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from bloqs.checks import real_array, whole_array
from bloqs.core.checks import names_field

T = TypeVar("T")

SHOWN = 8
"""A table of more numbers than this is not printed."""


LONG = 2**18
"""A table of more numbers than this is held as `LongTable`: as a tuple of Python objects it takes five times
the memory."""

CHUNK = 2**20
"""Entries that are looked at together, where a copy of all would be large."""


class LongTable(np.ndarray[Any, Any]):
    """A long flat table of a bloq: an array that is read-only, and equal and hashed as a tuple is.

    Example:
        >>> table = floats(np.zeros(LONG + 1))
        >>> table == floats([0] * (LONG + 1)), len({table, floats(np.zeros(LONG + 1))})
        (True, 1)
    """

    def __eq__(self, other: object) -> bool:  # type: ignore[override]  # of a field, not entry by entry
        return self is other or (
            isinstance(other, LongTable)
            and self.dtype == other.dtype
            and np.array_equal(self.view(np.ndarray), other.view(np.ndarray))
        )

    def __ne__(self, other: object) -> bool:  # type: ignore[override]
        return not self == other

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return found.item() if isinstance(found, np.generic) else found

    def __iter__(self) -> Iterator[Any]:
        return iter(self.view(np.ndarray).tolist())

    def __bool__(self) -> bool:
        return self.size > 0

    def __hash__(self) -> int:  # type: ignore[override]
        found = self.__dict__.get("_hash")
        if found is None:
            digest, entries = hashlib.blake2b(digest_size=8), self.view(np.ndarray)
            for start in range(0, entries.size, CHUNK):
                digest.update((entries[start : start + CHUNK] + 0).tobytes())  # 0 for -0.0
            found = self.__dict__["_hash"] = int.from_bytes(digest.digest(), "big") >> 2
        return int(found)

    def __reduce__(self) -> tuple[Any, ...]:
        return _long, (np.array(self),)


def _long(array: npt.NDArray[Any]) -> LongTable:
    table = np.array(array).ravel().view(LongTable)
    table.setflags(write=False)
    return table


def derived(values: Any, key: Hashable, make: Callable[[], T]) -> T:
    """What is made of a field that holds data; of a long table made once, for all bloqs that hold that table.

    Args:
        values: the field, a tuple or a `LongTable`, which keeps what is made as long as it is itself kept.
        key: of what is made, with all else that it depends on.
        make: makes it.

    Returns:
        What `make` gives.

    Example:
        >>> table = floats(np.zeros(LONG + 1))
        >>> one, other = (derived(table, "signs", lambda: np.sign(table)) for _ in range(2))
        >>> one is other
        True
    """
    if not isinstance(values, LongTable):
        return make()
    kept = values.__dict__.setdefault("_derived", {})
    if key not in kept:
        kept[key] = make()
    found: T = kept[key]
    return found


def abridged(values: Any) -> str:
    """What `repr` shows of a field that holds data: a long table by its size.

    Args:
        values: a tuple of numbers, or None.

    Returns:
        The text; from nine numbers on, how many there are.

    Example:
        >>> abridged((0.6, -0.8)), abridged(tuple(range(300))), abridged(None)
        ('(0.6, -0.8)', '<300 numbers>', 'None')
    """
    size = 0 if values is None else np.size(values)
    return f"<{size:,} numbers>" if size > SHOWN else repr(values)


def floats(values: object, what: str = "data") -> tuple[float, ...] | None:
    """Any array of real numbers as a flat tuple, so that the bloq which holds it can be hashed and compared.

    Args:
        values: array-like of real numbers, any shape, flattened row-major; or None.
        what: the name of the argument, for the message.

    Returns:
        Python floats, more than `LONG` of them as a `LongTable`; None for None.

    Raises:
        ValueError: complex or masked numbers, or anything else that is not a real number.

    Example:
        >>> floats(np.array([[1, 2], [3, 4]]))
        (1.0, 2.0, 3.0, 4.0)
    """
    if values is None:
        return None
    if isinstance(values, LongTable) and values.dtype == np.float64:
        return values  # type: ignore[return-value]
    if (
        isinstance(values, tuple)
        and len(values) <= LONG
        and all(type(value) is float for value in values)
    ):
        return values
    flat = real_array(values, what, has_bools=False).ravel()  # type: ignore[arg-type]
    return _long(flat) if flat.size > LONG else tuple(flat.tolist())  # type: ignore[return-value]


def ints(values: object, what: str = "data") -> tuple[int, ...] | None:
    """Any array of integers as a flat tuple, so that the bloq which holds it can be hashed and compared.

    Args:
        values: array-like of integers, any shape, flattened row-major; or None.
        what: the name of the argument, for the message.

    Returns:
        Python integers, more than `LONG` of them as a `LongTable`; None for None.

    Raises:
        ValueError: numbers that are not integers.

    Example:
        >>> ints([[5, 1], [0, 2]])
        (5, 1, 0, 2)
    """
    if values is None or (isinstance(values, LongTable) and values.dtype == np.int64):
        return values  # type: ignore[return-value]
    flat = whole_array(values, what).ravel()  # type: ignore[arg-type]
    if flat.size > LONG and flat.max() < 2**63:
        return _long(flat.astype(np.int64))  # type: ignore[return-value]
    return tuple(flat.tolist())


for _converter in (floats, ints):
    names_field(_converter)  # by a call: mypy reads no converter that is decorated


def bit_count(values: npt.NDArray[np.int64]) -> int:
    """Number of 1-bits in all entries of an array together.

    Args:
        values: int64, any shape, not negative.

    Returns:
        Their number.

    Example:
        >>> bit_count(np.array([5, 0, 7]))
        5
    """
    flat = np.ascontiguousarray(values, dtype=np.int64).ravel()
    chunks = (flat[start : start + CHUNK] for start in range(0, flat.size, CHUNK))
    return sum(int(np.unpackbits(chunk.view(np.uint8)).sum()) for chunk in chunks)
