"""Angles of the columns of a matrix: of the flag that holds what a column lacks, and of its tree."""

import numpy as np

from bloqs.loading.angles import FloatArray, tree_angles

NORM_RTOL = 1e-15
"""A column norm that differs from the scale by less is taken for it."""


def column_norms(rows: FloatArray) -> FloatArray:
    """2-norms of the columns, of any size that double precision holds.

    Args:
        rows: of the matrix, float64 `(R, N)`.

    Returns:
        float64 `(N,)`.

    Example:
        >>> column_norms(np.array([[3e-200, 0.0], [4e-200, 1e-200]])).tolist()
        [5e-200, 1e-200]
    """
    top = np.max(np.abs(rows))
    norms: FloatArray = rows[0] * 0 if top == 0 else top * np.linalg.norm(rows / top, axis=0)
    return norms


def column_tables(rows: FloatArray, norms: FloatArray, scale: float) -> list[FloatArray]:
    """The flag's angle, then the tree's level by level, of every column.

    Args:
        rows: those that the tree loads, float64 `(2**levels, N)`.
        norms: of the columns, float64 `(N,)`.
        scale: at least the largest norm; the flag's cosine is a norm over it.

    Returns:
        The flag's angles, float64 `(N,)`, then of each level `(N 2**l,)`, the column first; radians.

    Example:
        >>> tables = column_tables(np.array([[3.0, 0.0], [-4.0, 2.5]]), np.array([5.0, 2.5]), 5.0)
        >>> [table.round(3).tolist() for table in tables]
        [[0.0, 2.094], [-1.855, 3.142]]
    """
    cosines = np.minimum(norms / scale, 1.0)
    # A norm is as long as the scale up to its own rounding, which an arc cosine would make 1e-8 of.
    cosines[cosines > 1 - NORM_RTOL] = 1.0
    # The sine by (1-c)(1+c): the column of the largest norm keeps exactly the angle 0.
    sines = np.sqrt((1 - cosines) * (1 + cosines))
    if len(rows) == 1:  # the flag carries the signs, as the last level does otherwise
        return [2 * np.arctan2(sines, np.copysign(cosines, rows[0] + 0.0))]
    return [2 * np.arctan2(sines, cosines), *(level.ravel() for level in tree_angles(rows.T))]
