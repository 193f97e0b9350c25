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
    """Rotations of a tree whose angles one table holds.

    Parameters:
        first: number of the first rotation, from 0.
        stop: number after that of the last rotation.
        address_bitsize: `h`, the leading address qubits from which the table is looked up.

    Example:
        >>> segment_words(TreeShape(0, 3, False, 8, False), Segment(first=1, stop=3, address_bitsize=1))
        3
    """

    first: int
    stop: int
    address_bitsize: int


@attrs.frozen
class TreeShape:
    """Sizes of a tree of rotations about Y, whatever the loader.

    Parameters:
        index_bitsize: `c >= 0`, address qubits by which every rotation is selected; may be a symbol.
        num_levels: `n >= 1`, or 0 with a flag alone; level `l` is also selected by the `l` level qubits
            before it; may be a symbol.
        has_flag: whether a flag, selected by the index alone, is rotated first.
        angle_bits: `b`, bits of a tabulated angle; 0 for an exact loader; may be a symbol.
        is_controlled: whether the tree has a `ctrl` qubit.

    Example:
        >>> shape = TreeShape(index_bitsize=2, num_levels=3, has_flag=True, angle_bits=8, is_controlled=False)
        >>> shape.prefixes, shape.num_rotations
        ([2, 2, 3, 4], 4)
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
        """Levels, and one more for the flag."""
        return self.num_levels + int(self.has_flag)

    @property
    def prefixes(self) -> list[int]:
        """`p_i` of every rotation: the leading address qubits that select it; sizes must be numbers."""
        flag = [self.index_bitsize] if self.has_flag else []
        return flag + [self.index_bitsize + level for level in range(self.num_levels)]

    def table_ands(self, address_bitsize: int) -> int:
        """`A(h)`, the And gates of a QROM over `h` qubits: `2**h - 2`, with control `2**h - 1`."""
        return 2**address_bitsize - 1 if self.is_controlled else max(2**address_bitsize - 2, 0)

    def table_depth(self, address_bitsize: int) -> int:
        """The And gates of a QROM over `h` qubits that are live at once."""
        return address_bitsize if self.is_controlled else max(address_bitsize - 1, 0)


@lru_cache(maxsize=1024)
def select_swap_segments(shape: TreeShape, block_bitsize: int | None = None) -> tuple[Segment, ...]:
    """The plan with the fewest And and CSwap gates together, found by dynamic programming.

    Among plans of equal cost it takes the one with the fewest words, hence the fewest qubits.

    Args:
        shape: sizes of the tree, all numbers.
        block_bitsize: a table holds at most `2**block_bitsize` words of a rotation; None for any number.

    Returns:
        Segments that hold every rotation once, in order, of heights that do not decrease.

    Example:
        >>> segments = select_swap_segments(TreeShape(0, 8, False, 4, False))
        >>> [(segment.first, segment.stop, segment.address_bitsize) for segment in segments]
        [(0, 1, 0), (1, 2, 1), (2, 3, 2), (3, 5, 3), (5, 8, 5)]
    """
    prefixes = shape.prefixes
    last = len(prefixes) - 1
    lowest = [0 if block_bitsize is None else max(p - block_bitsize, 0) for p in prefixes]

    def swaps(i: int, h: int) -> int:
        return 2 * shape.angle_bits * (2 ** (prefixes[i] - h) - 1)

    # best[h]: cost of rotations i, i+1, ... when i is loaded from h qubits; start[i][h]: where it goes on.
    best = {
        h: swaps(last, h) + shape.table_ands(h) for h in range(lowest[last], prefixes[last] + 1)
    }
    steps: list[dict[int, int]] = []
    for i in range(last - 1, -1, -1):
        follow: dict[int, int] = {}
        costs: dict[int, int] = {}
        for h in range(lowest[i], prefixes[i] + 1):
            options = {
                later: best[later] + (0 if later == h else shape.table_ands(later))
                for later in range(max(h, lowest[i + 1]), prefixes[i + 1] + 1)
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
    """Words that a segment holds: `2**(p_i - h)` for each of its rotations.

    Args:
        shape: sizes of the tree, all numbers.
        segment: rotations of that tree.

    Returns:
        The number of words, each of `angle_bits` bits.

    Example:
        >>> segment_words(TreeShape(0, 3, False, 8, False), Segment(0, 3, 0))
        7
    """
    prefixes = shape.prefixes[segment.first : segment.stop]
    return sum(2 ** (p - segment.address_bitsize) for p in prefixes)


@attrs.frozen
class TreeCounts:
    """Gates and qubits of a tree of tabulated rotations by shape, its rotations (`PhaseGradientRy`) aside.

    Parameters:
        ands: And gates of the tables; there are as many And-adjoints, and as many CNOT.
        swaps: one-bit controlled swaps.
        x_gates: X gates at the roots of the unary iterations.
        data_gates: bits of the tables, each a Clifford gate if it is 1: an upper bound.
        workspace: clean qubits beside the tree's registers: phase gradient, words, And gates or carries.

    Example:
        >>> counts = segment_counts(TreeShape(0, 3, False, 8, False), [Segment(0, 3, 0)])
        >>> counts.ands, counts.swaps, counts.data_gates, counts.workspace
        (0, 64, 112, 70)
    """

    ands: SymbolicInt
    swaps: SymbolicInt
    x_gates: SymbolicInt
    data_gates: SymbolicInt
    workspace: SymbolicInt


def segment_counts(shape: TreeShape, segments: Sequence[Segment]) -> TreeCounts:
    """Counts of a plan by formula; equal to those of the circuit.

    Args:
        shape: sizes of the tree, all numbers.
        segments: every rotation once, in order, of heights that do not decrease.

    Returns:
        The counts, all numbers.

    Example:
        >>> shape = TreeShape(0, 3, False, 8, False)
        >>> one_load = segment_counts(shape, [Segment(0, 3, 0)])
        >>> load_each = segment_counts(shape, [Segment(i, i + 1, i) for i in range(3)])
        >>> (one_load.ands, one_load.swaps), (load_each.ands, load_each.swaps)
        ((0, 64), (4, 0))
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
    """And gates of the tables of the best select-swap plan (`select_swap_segments`), a sympy function.

    Its five arguments are `index_bitsize, num_levels, has_flag, angle_bits, is_controlled`, the flags 0 or 1;
    it becomes a number as soon as all of them are.

    Example:
        >>> SelectSwapAnds(0, sympy.Symbol("n"), 0, 10, 0).subs("n", 12)
        304
    """

    count = "ands"


class SelectSwapSwaps(_SelectSwapFunction):
    """One-bit controlled swaps of that plan; arguments as of `SelectSwapAnds`.

    Example:
        >>> SelectSwapSwaps(0, 12, 0, 10, 0)
        540
    """

    count = "swaps"


class SelectSwapXGates(_SelectSwapFunction):
    """X gates at the roots of that plan's tables; arguments as of `SelectSwapAnds`.

    Example:
        >>> SelectSwapXGates(0, 12, 0, 10, 0)
        14
    """

    count = "x_gates"


class SelectSwapDataGates(_SelectSwapFunction):
    """Bits of that plan's tables, each a Clifford gate if it is 1; arguments as of `SelectSwapAnds`.

    Example:
        >>> SelectSwapDataGates(0, 12, 0, 10, 0)
        80630
    """

    count = "data_gates"


class SelectSwapWorkspace(_SelectSwapFunction):
    """Clean qubits of that plan, phase gradient and words included; arguments as of `SelectSwapAnds`.

    Example:
        >>> SelectSwapWorkspace(0, 12, 0, 10, 0)
        328
    """

    count = "workspace"


def select_swap_functions(shape: TreeShape) -> TreeCounts:
    """The counts of the best select-swap plan for sizes that may be symbols.

    Args:
        shape: sizes of the tree.

    Returns:
        Counts in which each size that is a symbol stays one; each becomes a number as soon as the sizes do.

    Example:
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
