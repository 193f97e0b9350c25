"""Operations counted, against loops that count one by one."""

from __future__ import annotations

import pytest

from bloqs.layers.operations import OperationCounts, in_range_taps, normalisation_operations


@pytest.mark.parametrize("size", range(1, 7))
@pytest.mark.parametrize("window", range(1, 7))
def test_taps_inside(size: int, window: int) -> None:
    counted = sum(
        0 <= position + tap - window // 2 < size
        for position in range(size)
        for tap in range(window)
    )
    assert in_range_taps(size, window) == counted


def test_normalisation() -> None:
    assert normalisation_operations(5) == OperationCounts(
        multiplications=5, additions=4, divisions=5, roots=1
    )


def test_sum_and_weights() -> None:
    one = OperationCounts(multiplications=1, additions=10, divisions=100, roots=1000)
    both = one + OperationCounts(multiplications=2, activations=10_000)
    assert both == OperationCounts(
        multiplications=3, additions=10, divisions=100, roots=1000, activations=10_000
    )
    assert both.flops() == 11_113
    assert both.flops(per_division=2, per_root=3, per_activation=4) == 3 + 10 + 200 + 3000 + 40_000
