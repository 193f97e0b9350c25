"""Converters of the fields that hold data: flat tuples, which hash, compare and serialise."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bloqs.checks import real_array, whole_array
from bloqs.core.checks import names_field

SHOWN = 8
"""A table of more numbers than this is not printed."""


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
        Python floats; None for None.

    Raises:
        ValueError: complex or masked numbers, or anything else that is not a real number.

    Example:
        >>> floats(np.array([[1, 2], [3, 4]]))
        (1.0, 2.0, 3.0, 4.0)
    """
    if values is None:
        return None
    if isinstance(values, tuple) and all(type(value) is float for value in values):
        return values
    return tuple(real_array(values, what, has_bools=False).ravel().tolist())  # type: ignore[arg-type]


def ints(values: object, what: str = "data") -> tuple[int, ...] | None:
    """Any array of integers as a flat tuple, so that the bloq which holds it can be hashed and compared.

    Args:
        values: array-like of integers, any shape, flattened row-major; or None.
        what: the name of the argument, for the message.

    Returns:
        Python integers; None for None.

    Raises:
        ValueError: numbers that are not integers.

    Example:
        >>> ints([[5, 1], [0, 2]])
        (5, 1, 0, 2)
    """
    return None if values is None else tuple(whole_array(values, what).ravel().tolist())  # type: ignore[arg-type]


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
    return int(np.unpackbits(np.ascontiguousarray(values, dtype=np.int64).view(np.uint8)).sum())
