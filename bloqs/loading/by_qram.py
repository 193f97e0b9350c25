"""The loader from a hardware memory: two queries a rotation."""

from __future__ import annotations

import attrs

from bloqs.loading.angles import IntArray
from bloqs.loading.plan import TreeCounts, TreeShape
from bloqs.loading.qram import QRAMQuery
from bloqs.loading.tabulated import Step, TableLoader


@attrs.frozen
class Qram(TableLoader):
    """Each rotation queries the table of its own angles, and queries it again to unload (`QRAMQuery`).

    Example:
        >>> steps = Qram().steps(TreeShape(0, 2, False, 5, False), None)
        >>> [step.lookup.qram_table_size for step in steps]
        [1, 1, 2, 2]
    """

    name = "qram"
    summary = (
        "angles rounded to tables of a memory, two queries a rotation, added to a phase gradient"
    )
    uses_memory = True

    def steps(self, shape: TreeShape, codes: list[IntArray] | None) -> tuple[Step, ...]:
        """Query, rotate, query again; one word is used for all rotations and kept to the end."""
        steps = []
        for i, p in enumerate(shape.prefixes):
            table = None if codes is None else codes[i]
            query = QRAMQuery(table, p, shape.angle_bits, shape.is_controlled)
            is_last = i == len(shape.prefixes) - 1
            steps += [Step(query, 1, (i,)), Step(query.adjoint(), 0 if is_last else 1)]
        return tuple(steps)

    def closed_counts(self, shape: TreeShape) -> TreeCounts:
        """There are none: queries are counted by the size of the table.

        Args:
            shape: sizes of a tree, some of them symbols.

        Returns:
            Nothing; it always raises.

        Raises:
            ValueError: always.
        """
        raise ValueError(
            "queries of a memory are counted by table size, so that loading='qram' needs numbers for "
            f"its sizes, got {shape.index_bitsize}, {shape.num_levels}, {shape.angle_bits}; put numbers in, "
            "or take 'select-swap'"
        )
