"""Converters of the fields that hold data: flat tuples, which hash, compare and serialise."""

from __future__ import annotations

import numpy as np


def floats(values: object) -> tuple[float, ...] | None:
    """Any array of real numbers, flattened row-major; or None.

    Raises:
        ValueError: complex numbers or anything else that is not a real number.
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
    """Any array of integers, flattened row-major; or None.

    Raises:
        ValueError: numbers that are not integers.
    """
    if values is None:
        return None
    array = np.asarray(values)
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"table entries must be integers, got dtype {array.dtype}")
    return tuple(array.ravel().tolist())
