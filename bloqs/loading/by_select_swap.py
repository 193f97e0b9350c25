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


@attrs.frozen
class SelectSwapBlocks(SegmentLoader):
    """As `SelectSwap`, with blocks of no more words than are given: fewer qubits, more T.

    Parameters:
        block_bitsize: `k`; a table holds at most `2**k` words of a rotation.

    Example:
        >>> from bloqs.loading.plan import segment_counts
        >>> shape = TreeShape(0, 12, False, 10, False)
        >>> counts = segment_counts(shape, SelectSwapBlocks(2).segments(shape))
        >>> SelectSwapBlocks(2).name, counts.ands + counts.swaps > 844
        ('select-swap-4', True)
    """

    block_bitsize: int

    @property
    def name(self) -> str:
        """By which it is found: the words of a block."""
        return f"select-swap-{2**self.block_bitsize}"

    @property
    def summary(self) -> str:
        """For the assumptions."""
        return (
            f"angles rounded to tables, select-swap QROM with blocks of at most {2**self.block_bitsize} "
            "words, added to a phase gradient"
        )

    def segments(self, shape: TreeShape) -> tuple[Segment, ...]:
        """The best plan of such blocks."""
        return select_swap_segments(shape, self.block_bitsize)


BLOCK_BITSIZES = (1, 2, 4)
"""Of the loaders of this kind that have a name."""
