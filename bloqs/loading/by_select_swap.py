"""The loader of the fewest T: tables of blocks of words, and swaps within a block."""

from __future__ import annotations

import attrs

from bloqs.loading.by_segments import SegmentLoader
from bloqs.loading.plan import (
    Segment,
    TreeCounts,
    TreeShape,
    select_swap_functions,
    select_swap_segments,
)


@attrs.frozen
class SelectSwap(SegmentLoader):
    """The segments with the fewest And and CSwap gates together, found by dynamic programming.

    Example:
        >>> from bloqs.loading.plan import segment_counts
        >>> shape = TreeShape(0, 12, False, 10, False)
        >>> counts = segment_counts(shape, SelectSwap().segments(shape))
        >>> counts.ands + counts.swaps
        844
    """

    name = "select-swap"
    summary = (
        "angles rounded to tables, select-swap QROM that rotations share, added to a phase gradient"
    )

    def segments(self, shape: TreeShape) -> tuple[Segment, ...]:
        """The best plan."""
        return select_swap_segments(shape)

    def closed_counts(self, shape: TreeShape) -> TreeCounts:
        """Functions of the sizes, each a number as soon as the sizes are."""
        return select_swap_functions(shape)
