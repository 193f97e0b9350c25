"""Which angles to load together, from how many address qubits: the plan of a tree of tabulated rotations.

Rotation `i` of a tree is selected by the first `p_i` qubits of the address, `p` not decreasing. A *segment*
loads the angles of consecutive rotations at once, from a QROM over the first `h` address qubits: of rotation
`i` the `2**(p_i - h)` words below the addressed node. A swap network on the remaining `p_i - h` qubits brings
the wanted word to the front, and puts it back after use. The next segment's table is XORed with the last
one's, so that loading it unloads the last one; after the last segment its own table unloads it:

    And = sum over segments of A(h) + A(h of the last),   CSwap = sum over rotations of 2 b (2**(p_i - h) - 1)

with `A(h) = 2**h - 2` (`2**h - 1` controlled). "qrom" gives each rotation its own segment with `h = p_i`, no
swaps and one word; "select-swap" the segments with the fewest And and CSwap together (4 T each), by dynamic
programming.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import attrs
import sympy
from qualtran.symbolics import SymbolicInt, is_symbolic


@attrs.frozen
class Segment:
    """Rotations `first ... stop - 1`, loaded from the first `address_bitsize` address qubits."""

    first: int
    stop: int
    address_bitsize: int


@attrs.frozen
class TreeShape:
    """Sizes of a tree of tabulated rotations.

    Parameters:
        index_bitsize: `c`, address qubits that every rotation is selected by.
        num_levels: `n`; level `l` is also selected by the `l` level qubits before it.
        has_flag: whether a flag, selected by the index alone, is rotated first.
        angle_bits: `b`.
        is_controlled: whether the tables are controlled.
    """

    index_bitsize: SymbolicInt
    num_levels: SymbolicInt
    has_flag: bool
    angle_bits: SymbolicInt
    is_controlled: bool

    @property
    def is_symbolic(self) -> bool:
        """Whether a size is a symbol."""
        return is_symbolic(self.index_bitsize, self.num_levels, self.angle_bits)

    @property
    def num_rotations(self) -> SymbolicInt:
        """Levels, and the flag."""
        return self.num_levels + int(self.has_flag)

    @property
    def prefixes(self) -> list[int]:
        """`p_i` of every rotation; concrete sizes."""
        flag = [self.index_bitsize] if self.has_flag else []
        return flag + [self.index_bitsize + level for level in range(self.num_levels)]

    def table_ands(self, address_bitsize: int) -> int:
        """`A(h)`, the And gates of a QROM over `h` qubits."""
        return 2**address_bitsize - 1 if self.is_controlled else max(2**address_bitsize - 2, 0)

    def table_depth(self, address_bitsize: int) -> int:
        """The And gates of a QROM over `h` qubits that are live at once."""
        return address_bitsize if self.is_controlled else max(address_bitsize - 1, 0)


@lru_cache(maxsize=1024)
def select_swap_segments(shape: TreeShape) -> tuple[Segment, ...]:
    """The segments with the fewest And and CSwap gates; of equals, those with the fewest words."""
    prefixes = shape.prefixes
    last = len(prefixes) - 1

    def swaps(i: int, h: int) -> int:
        return 2 * shape.angle_bits * (2 ** (prefixes[i] - h) - 1)

    # best[h]: cost of rotations i, i+1, ... when i is loaded from h qubits; start[i][h]: where it goes on.
    best = {h: swaps(last, h) + shape.table_ands(h) for h in range(prefixes[last] + 1)}
    steps: list[dict[int, int]] = []
    for i in range(last - 1, -1, -1):
        follow: dict[int, int] = {}
        costs: dict[int, int] = {}
        for h in range(prefixes[i] + 1):
            options = {
                later: best[later] + (0 if later == h else shape.table_ands(later))
                for later in range(h, prefixes[i + 1] + 1)
            }
            follow[h] = min(options, key=lambda later: (options[later], -later))
            costs[h] = swaps(i, h) + options[follow[h]]
        steps.append(follow)
        best = costs
    h = min(best, key=lambda h: (best[h] + shape.table_ands(h), -h))
    segments, first = [], 0
    for i, follow in enumerate(reversed(steps)):
        if follow[h] != h:
            segments.append(Segment(first, i + 1, h))
            first, h = i + 1, follow[h]
    return (*segments, Segment(first, last + 1, h))


def segment_words(shape: TreeShape, segment: Segment) -> int:
    """Words that a segment holds."""
    prefixes = shape.prefixes[segment.first : segment.stop]
    return sum(2 ** (p - segment.address_bitsize) for p in prefixes)


@attrs.frozen
class TreeCounts:
    """What a tree of tabulated rotations takes, besides its rotations, by shape.

    Parameters:
        ands: And gates of the tables; as many CNOT and And-adjoints.
        swaps: one-bit controlled swaps.
        x_gates: X gates at the roots of the unary iterations.
        data_gates: bits of the tables, each a Clifford gate.
        workspace: clean qubits: the catalyst, the words, and And gates on the way.
    """

    ands: SymbolicInt
    swaps: SymbolicInt
    x_gates: SymbolicInt
    data_gates: SymbolicInt
    workspace: SymbolicInt


def segment_counts(shape: TreeShape, segments: Sequence[Segment]) -> TreeCounts:
    """Counts of a plan by formula.

    Args:
        shape: sizes, all numbers.
        segments: every rotation once, in order, of heights that do not decrease.

    >>> segment_counts(TreeShape(0, 3, False, 8, False), [Segment(0, 3, 0)]).swaps
    64
    """
    b = shape.angle_bits
    words = [segment_words(shape, segment) for segment in segments]
    # Every load writes over the words of the segment before; the last one is unloaded by its own table.
    widths = [max(pair) for pair in zip(words, [0, *words[:-1]], strict=True)] + [words[-1]]
    heights = [segment.address_bitsize for segment in segments]
    heights.append(heights[-1])
    swaps = sum(
        2 * b * (2 ** (p - segment.address_bitsize) - 1)
        for segment in segments
        for p in shape.prefixes[segment.first : segment.stop]
    )
    loading_peak = max(
        b * width + shape.table_depth(h) for width, h in zip(widths, heights, strict=True)
    )
    return TreeCounts(
        ands=sum(shape.table_ands(h) for h in heights),
        swaps=swaps,
        x_gates=0 if shape.is_controlled else 2 * sum(h > 0 for h in heights),
        data_gates=sum(2**h * b * width for width, h in zip(widths, heights, strict=True)),
        workspace=b + max(loading_peak, b * max(words) + b - 2),
    )


class _SelectSwapFunction(sympy.Function):
    """A count of the optimal select-swap plan; a number as soon as all its arguments are.

    Arguments: `index_bitsize, num_levels, has_flag, angle_bits, is_controlled` (the flags 0 or 1).
    """

    nargs = 5
    count = ""

    @classmethod
    def eval(cls, *args: sympy.Expr) -> sympy.Expr | None:
        """The count of the plan, or None while an argument is a symbol."""
        if not all(arg.is_Integer for arg in args):
            return None
        c, n, flag, b, control = (int(arg) for arg in args)
        shape = TreeShape(c, n, bool(flag), b, bool(control))
        counts = segment_counts(shape, select_swap_segments(shape))
        return sympy.Integer(getattr(counts, cls.count))

    def _eval_is_integer(self) -> bool:
        return True

    def _eval_is_nonnegative(self) -> bool:
        return True


class SelectSwapAnds(_SelectSwapFunction):
    """And gates of the tables."""

    count = "ands"


class SelectSwapSwaps(_SelectSwapFunction):
    """One-bit controlled swaps."""

    count = "swaps"


class SelectSwapXGates(_SelectSwapFunction):
    """X gates."""

    count = "x_gates"


class SelectSwapDataGates(_SelectSwapFunction):
    """Bits of the tables."""

    count = "data_gates"


class SelectSwapWorkspace(_SelectSwapFunction):
    """Clean qubits."""

    count = "workspace"


def select_swap_functions(shape: TreeShape) -> TreeCounts:
    """The counts of the best plan as functions of sizes that may be symbols.

    >>> n = sympy.Symbol("n")
    >>> select_swap_functions(TreeShape(0, n, False, 8, False)).ands.subs(n, 6)
    36
    """
    args = (
        shape.index_bitsize,
        shape.num_levels,
        int(shape.has_flag),
        shape.angle_bits,
        int(shape.is_controlled),
    )
    return TreeCounts(
        ands=SelectSwapAnds(*args),
        swaps=SelectSwapSwaps(*args),
        x_gates=SelectSwapXGates(*args),
        data_gates=SelectSwapDataGates(*args),
        workspace=SelectSwapWorkspace(*args),
    )
