"""What a matrix of columns and its scale may be."""

from __future__ import annotations

from typing import Any

import numpy as np
from qualtran.symbolics import SymbolicFloat, is_symbolic

from bloqs.loading.fields import LongTable

SCALE_RTOL = 1e-12
"""A column norm may exceed the stated scale by this much, relatively: rounding of the norm itself."""


def rows_of(matrix: Any) -> int | None:
    """Rows of a two-dimensional array.

    Args:
        matrix: what was passed.

    Returns:
        Their number; None for an array that is flat, and for what is no array.

    Example:
        >>> rows_of([[1, 0], [0, 1]]), rows_of((1.0, 0.0)), rows_of([[1], [2, 3]])
        (2, None, None)
    """
    if isinstance(matrix, LongTable) or (
        isinstance(matrix, tuple) and matrix and type(matrix[0]) is float
    ):
        return None  # flat, as the field holds it
    try:
        shape: tuple[int, ...] = np.shape(matrix)
    except ValueError:
        return None  # ragged: the converter says so
    return shape[0] if len(shape) == 2 else None


def check_scale(scale: SymbolicFloat | None, largest: float) -> None:
    """Refuse a scale that is smaller than the columns.

    Args:
        scale: as given; None for the largest norm.
        largest: norm of a column.

    Raises:
        ValueError: a scale below it, a symbol, or none for a matrix that is all zero.

    Example:
        >>> check_scale(0.5, 0.7)
        Traceback (most recent call last):
        ...
        ValueError: scale 0.5 is below the largest column norm 0.7: raise it, or leave it out
    """
    if scale is None:
        if largest == 0:
            raise ValueError("matrix is all zero: give a scale to load it all the same")
        return
    if is_symbolic(scale):
        raise ValueError(f"scale of a matrix with data must be a number, got {scale}")
    if scale < largest * (1 - SCALE_RTOL):
        raise ValueError(
            f"scale {scale} is below the largest column norm {largest}: raise it, or leave it out"
        )
