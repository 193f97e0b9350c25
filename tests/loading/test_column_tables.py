"""Angles of columns make the columns again, and what they lack in the flag."""

from __future__ import annotations

import numpy as np
import pytest

from bloqs.loading.angles import tree_vectors
from bloqs.loading.column_tables import column_norms, column_tables


@pytest.mark.parametrize("rows", [1, 2, 8])
@pytest.mark.parametrize("factor", [1.0, 1.7])
def test_angles_make_the_columns(rows: int, factor: float) -> None:
    matrix = np.random.default_rng(rows).normal(size=(rows, 8))
    matrix[:, 3] = 0.0
    norms = column_norms(matrix)
    scale = factor * float(np.max(norms))
    flag, *levels = column_tables(matrix, norms, scale)
    trees = tree_vectors([level.reshape(8, -1) for level in levels]) if levels else np.ones((8, 1))
    found = scale * (np.cos(flag / 2) * trees.T)
    np.testing.assert_allclose(found, matrix, atol=1e-12)
    is_largest = norms == np.max(norms)
    assert np.all((np.abs(np.sin(flag / 2)) == 0) == (is_largest if factor == 1 else False))


def test_norms_neither_overflow_nor_vanish() -> None:
    matrix = np.array([[3e200, 0.0, 3e-200], [4e200, 0.0, 4e-200]])
    np.testing.assert_allclose(column_norms(matrix), [5e200, 0.0, 0.0])
    np.testing.assert_allclose(column_norms(matrix[:, 1:]), [0.0, 5e-200])
    assert not column_norms(np.zeros((2, 4))).any()
