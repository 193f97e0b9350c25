"""The loader of plain tables: few qubits, an And gate an entry."""

from __future__ import annotations

import attrs
import sympy
from qualtran.symbolics import SymbolicInt, is_symbolic, smax

from bloqs.loading.by_segments import SegmentLoader
from bloqs.loading.plan import Segment, TreeCounts, TreeShape


@attrs.frozen
class Qrom(SegmentLoader):
    """One table a rotation, over all its address qubits: `2**s - 2` And, one word, no swaps.

    Example:
        >>> [s.address_bitsize for s in Qrom().segments(TreeShape(1, 3, False, 8, False))]
        [1, 2, 3]
    """

    name = "qrom"
    summary = "angles rounded to tables, a QROM a rotation, added to a phase gradient"

    def segments(self, shape: TreeShape) -> tuple[Segment, ...]:
        """One segment a rotation."""
        return tuple(Segment(i, i + 1, p) for i, p in enumerate(shape.prefixes))

    def closed_counts(self, shape: TreeShape) -> TreeCounts:
        """Geometric sums over the levels; a symbol is taken to be at least 1 (`angle_bits`: 3)."""
        c, n, b = shape.index_bitsize, shape.num_levels, shape.angle_bits
        flag = int(shape.has_flag)
        last = c if n == 0 else c + n - 1  # a flag alone, or the last level
        entries = 2**c * (2**n - 1) + flag * 2**c + 2**last
        loads = n + flag + 1
        # Tables of one entry take no And (the formula says -1) and no X: the first level of c = 0, and for
        # n = 1 the unloading too.
        single: SymbolicInt = 0
        if c == 0:
            single = int(n != 0) + flag + (sympy.Max(0, 2 - n) if is_symbolic(n) else int(n <= 1))
        if shape.is_controlled:
            ands, x_gates, depth = entries - loads, 0, last
        else:
            ands, x_gates, depth = entries - 2 * loads + single, 2 * (loads - single), last - 1
        return TreeCounts(
            ands=ands,
            swaps=0,
            x_gates=x_gates,
            data_gates=b * entries,
            workspace=2 * b + smax(depth, b - 2),
        )
