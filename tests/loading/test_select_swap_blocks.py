"""Select-swap with blocks of bounded size: between QROM and select-swap of the fewest T."""

from __future__ import annotations

import numpy as np
import pytest

from bloqs.costs import estimate
from bloqs.loading import LOADERS, LoadedVector
from bloqs.loading.by_select_swap import SelectSwapBlocks
from bloqs.loading.plan import TreeShape, segment_counts, select_swap_segments
from bloqs.simulation import encoded_vector
from bloqs.testing import assert_formula_is_decomposition

SHAPES = [TreeShape(0, 9, False, 6, False), TreeShape(3, 5, True, 8, True)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("k", [0, 1, 2, 4])
def test_no_block_is_larger(shape: TreeShape, k: int) -> None:
    segments = SelectSwapBlocks(k).segments(shape)
    covered = [i for one in segments for i in range(one.first, one.stop)]
    assert covered == list(range(shape.num_rotations))
    heights = [one.address_bitsize for one in segments]
    assert heights == sorted(heights)
    for one in segments:
        for i in range(one.first, one.stop):
            assert 0 <= shape.prefixes[i] - one.address_bitsize <= k


@pytest.mark.parametrize("shape", SHAPES)
def test_larger_blocks_never_take_more(shape: TreeShape) -> None:
    def toffolis(k: int | None) -> int:
        counts = segment_counts(shape, select_swap_segments(shape, k))
        return counts.ands + counts.swaps

    costs = [toffolis(k) for k in (0, 1, 2, 4, 20)]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == toffolis(None)
    qrom = segment_counts(shape, LOADERS["qrom"].segments(shape))
    assert costs[0] <= qrom.ands + qrom.swaps


@pytest.mark.parametrize("name", ["select-swap-2", "select-swap-4", "select-swap-16"])
def test_the_same_vector_as_by_qrom(name: str) -> None:
    data = np.array([3.0, -1.0, 2.0, 0.5])
    mine, plain = (LoadedVector(data, loading, 4) for loading in (name, "qrom"))
    np.testing.assert_allclose(
        encoded_vector(mine, level="gate"), encoded_vector(plain, level="gate"), atol=1e-12
    )
    assert_formula_is_decomposition(LoadedVector(np.arange(1.0, 17.0), name, 5))


def test_between_both_in_qubits_and_t() -> None:
    names = ("qrom", "select-swap-2", "select-swap-4", "select-swap-16")
    costs = [estimate(LoadedVector(None, name, 10, bitsize=12)) for name in names]
    qubits, t = [one.logical_qubits for one in costs], [one.t_count for one in costs]
    assert qubits == sorted(qubits)
    assert t == sorted(t, reverse=True)
    assert LOADERS["select-swap-4"] == SelectSwapBlocks(2)
