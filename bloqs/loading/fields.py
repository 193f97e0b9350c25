"""Converters of the fields that hold data: flat tuples, which hash, compare and serialise."""

from __future__ import annotations

from typing import Any

import numpy as np

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


def floats(values: object) -> tuple[float, ...] | None:
    """Any array of real numbers as a flat tuple, so that the bloq which holds it can be hashed and compared.

    Args:
        values: array-like of real numbers, any shape, flattened row-major; or None.

    Returns:
        Python floats; None for None.

    Raises:
        ValueError: complex numbers or anything else that is not a real number.

    Example:
        >>> floats(np.array([[1, 2], [3, 4]]))
        (1.0, 2.0, 3.0, 4.0)
    """
    if values is None:
        return None
    if isinstance(values, tuple) and all(type(value) is float for value in values):
        return values
    array = np.asarray(values)
    if not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        raise ValueError(f"data must be real numbers, got dtype {array.dtype}")
    return tuple(array.astype(np.float64).ravel().tolist())


def ints(values: object) -> tuple[int, ...] | None:
    """Any array of integers as a flat tuple, so that the bloq which holds it can be hashed and compared.

    Args:
        values: array-like of integers, any shape, flattened row-major; or None.

    Returns:
        Python integers; None for None.

    Raises:
        ValueError: numbers that are not integers.

    Example:
        >>> ints([[5, 1], [0, 2]])
        (5, 1, 0, 2)
    """
    if values is None:
        return None
    array = np.asarray(values)
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"table entries must be integers, got dtype {array.dtype}")
    return tuple(array.ravel().tolist())
