"""Sizes of a tree's tables by hand, and segments that are the best of all."""

from __future__ import annotations

import itertools

import pytest

from bloqs.loading.plan import TreeShape, select_swap_segments


def shape(index: int, levels: int, *, flag: bool = False, controlled: bool = False) -> TreeShape:
    return TreeShape(index, levels, flag, 5, controlled)


def test_rotations_and_their_prefixes() -> None:
    assert shape(2, 3).prefixes == [2, 3, 4]
    assert shape(2, 3, flag=True).prefixes == [2, 2, 3, 4]
    assert (shape(2, 3).num_rotations, shape(2, 3, flag=True).num_rotations) == (3, 4)


def test_tables_by_hand() -> None:
    """A QROM over h qubits takes 2**h - 2 And, h - 1 of them at once; one more of each with a control."""
    plain, controlled = shape(0, 3), shape(0, 3, controlled=True)
    assert [plain.table_ands(h) for h in range(4)] == [0, 0, 2, 6]
    assert [controlled.table_ands(h) for h in range(4)] == [0, 1, 3, 7]
    assert [plain.table_depth(h) for h in range(4)] == [0, 0, 1, 2]
    assert [controlled.table_depth(h) for h in range(4)] == [0, 1, 2, 3]


def cost(of: TreeShape, heights: tuple[int, ...]) -> int:
    """And and CSwap gates when rotation i is loaded from `heights[i]` qubits; the last table is unloaded."""
    swaps = sum(
        2 * of.angle_bits * (2 ** (p - h) - 1) for p, h in zip(of.prefixes, heights, strict=True)
    )
    tables = [h for i, h in enumerate(heights) if i == 0 or h != heights[i - 1]]
    return swaps + sum(map(of.table_ands, [*tables, heights[-1]]))


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize(("index", "levels", "flag"), [(0, 6, False), (3, 3, True), (2, 4, False)])
def test_segments_are_the_cheapest(index: int, levels: int, flag: bool, controlled: bool) -> None:
    of = shape(index, levels, flag=flag, controlled=controlled)
    found = select_swap_segments(of)
    assert [segment.first for segment in found] == [0, *(segment.stop for segment in found[:-1])]
    assert found[-1].stop == of.num_rotations
    heights = tuple(
        segment.address_bitsize for segment in found for _ in range(segment.first, segment.stop)
    )
    every = (
        choice
        for choice in itertools.product(*(range(p + 1) for p in of.prefixes))
        if list(choice) == sorted(choice)
    )
    assert cost(of, heights) == min(cost(of, choice) for choice in every)
