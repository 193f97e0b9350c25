"""What is made of a long table is made once for all bloqs that hold it, and depends on nothing else."""

import attrs
import numpy as np
import pytest

from bloqs.loading import column_tables
from bloqs.loading.columns import ColumnOracle
from bloqs.loading.fields import LONG, LongTable, derived, floats


def test_equal_oracles_share_their_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(
        column_tables, "tree_angles", lambda vectors: made.append(1) or [np.zeros(len(vectors))]
    )
    matrix = np.random.default_rng(0).normal(size=(512, 1024))
    first = ColumnOracle(matrix, "qrom", 8)
    assert isinstance(first.matrix, LongTable)
    others = [attrs.evolve(first, is_controlled=True), attrs.evolve(first, angle_bits=9)]
    trees = [oracle.tree for oracle in (first, *others)]
    assert made == [1]
    assert trees[0].tables is trees[1].tables is trees[2].tables
    assert len({tree.shape for tree in trees}) == 3
    assert attrs.evolve(first, is_controlled=False).tree is trees[0]
    # Another scale is another tree.
    wider = attrs.evolve(first, scale=2 * first.beta)
    assert wider.tree.tables is not trees[0].tables
    assert made == [1, 1]
    assert np.max(wider.tree.tables[0]) > np.max(trees[0].tables[0])


def test_a_long_table_gives_what_short_ones_give() -> None:
    """The columns of a long table by themselves, and with others."""
    matrix = np.random.default_rng(1).normal(size=(512, 1024))
    scale = float(np.max(np.linalg.norm(matrix, axis=0)))
    oracle = ColumnOracle(matrix, "qrom", 12, scale=scale)
    few = ColumnOracle(matrix[:, :512], "qrom", 12, scale=scale)
    assert not isinstance(few.matrix, LongTable)
    np.testing.assert_array_equal(oracle.tree.tables[0][:512], few.tree.tables[0])
    np.testing.assert_array_equal(oracle.tree.tables[-1][: 512 * 256], few.tree.tables[-1])


def test_nothing_is_kept_of_a_tuple() -> None:
    short = floats(np.arange(3.0))
    assert derived(short, "sum", lambda: 1) == 1
    assert derived(short, "sum", lambda: 2) == 2
    long = floats(np.arange(LONG + 1.0))
    assert derived(long, "sum", lambda: 1) == derived(long, "sum", lambda: 2) == 1
    assert derived(floats(np.arange(LONG + 1.0)), "sum", lambda: 3) == 3
