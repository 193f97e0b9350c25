"""Loaders whose tables are circuits: a plan of segments says which rotations share a load."""

from __future__ import annotations

import abc

import numpy as np

from bloqs.loading.angles import IntArray
from bloqs.loading.lookup import TableLookup
from bloqs.loading.plan import Segment, TreeShape, segment_words
from bloqs.loading.tabulated import Step, TableLoader


class SegmentLoader(TableLoader):
    """Tables in circuits (QROM); rotations of a segment share one, and each overwrites the one before it.

    `bloqs.loading.plan` says what a segment is. A subclass states its plan (`segments`), and may state closed
    forms for symbols (`closed_counts`).

    Example:
        >>> class WholeTree(SegmentLoader):
        ...     name = "whole-tree"
        ...     summary = "all angles of the tree in one load, brought to the front by swaps"
        ...     def segments(self, shape):
        ...         return (Segment(0, shape.num_rotations, 0),)
        >>> steps = WholeTree().steps(TreeShape(0, 3, False, 5, False), None)
        >>> [step.lookup.num_words for step in steps]
        [7, 7]
    """

    @abc.abstractmethod
    def segments(self, shape: TreeShape) -> tuple[Segment, ...]:
        """The plan: which rotations share a table, and from how many address qubits it is looked up.

        Args:
            shape: sizes of a tree, all numbers.

        Returns:
            Segments that hold every rotation once, in order, whose heights (`address_bitsize`) do not
            decrease and are at most the address qubits of their first rotation.
        """

    def steps(self, shape: TreeShape, codes: list[IntArray] | None) -> tuple[Step, ...]:
        """A table before each segment, XORed with the one it overwrites; the last one again, to unload."""
        segments = self.segments(shape)
        words = [segment_words(shape, segment) for segment in segments]
        steps = []
        before: IntArray = np.zeros((1, 0), dtype=np.int64)
        for i, segment in enumerate([*segments, None]):
            height = (segment or segments[-1]).address_bitsize
            width = max(words[i - 1] if i else 0, words[i] if segment else 0)
            data = None
            if codes is not None:
                data = np.zeros((2**height, width), dtype=np.int64)
                data[:, : before.shape[1]] ^= np.repeat(
                    before, 2**height // before.shape[0], axis=0
                )
                if segment is not None:
                    before = _rows(segment, codes)
                    data[:, : before.shape[1]] ^= before
            use = "unload" if segment is None else "advance" if i else "load"
            earlier = (segments[i - 1].address_bitsize, words[i - 1]) if use == "advance" else None
            lookup = TableLookup(
                data,
                height,
                shape.angle_bits,
                width,
                is_controlled=shape.is_controlled,
                use=use,
                earlier=earlier,
            )
            if segment is None:
                steps.append(Step(lookup, keep=0))
            else:
                steps.append(Step(lookup, words[i], tuple(range(segment.first, segment.stop))))
        return tuple(steps)


def _rows(segment: Segment, codes: list[IntArray]) -> IntArray:
    """Rows of a segment, int64 `(2**h, words)`."""
    rows = 2**segment.address_bitsize
    used = codes[segment.first : segment.stop]
    return np.concatenate([code.reshape(rows, -1) for code in used], axis=1)
