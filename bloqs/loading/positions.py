"""The inverse of a table of positions: which of the non-zero entries lies at an address."""

from collections import Counter
from functools import cached_property

import attrs
import numpy as np
from qualtran import (
    Bloq,
    BloqBuilder,
    QAny,
    Register,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CNOT, XGate
from qualtran.bloqs.mcmt import And
from qualtran.drawing import Circle, Text, TextBox, WireSymbol
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import is_symbolic

from bloqs.core.checks import checked
from bloqs.core.control import CTRL, DATA, ControllableBloq
from bloqs.core.encoding import ShapeOnlyError
from bloqs.core.wires import Wires
from bloqs.loading.fields import abridged, bit_count, ints
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.lookup import Key, UnknownDataGate

MAX_POSITION_BITS = 62
"""Most address bits of a position by data: a 64-bit integer holds it."""

Row = tuple[int, int]


def check_positions(positions: tuple[int, ...], address_bitsize: int) -> None:
    """Refuse positions that are out of range or given twice.

    Args:
        positions: in any order.
        address_bitsize: `n`, qubits of the system: a position is 0 to `2**n - 1`.

    Raises:
        ValueError: more than 62 bits, no position, one out of range, or one given twice; it says which.

    Example:
        >>> check_positions((3, 9, 3), 4)
        Traceback (most recent call last):
            ...
        ValueError: position 3 is given twice; add its values up
    """
    if not 1 <= address_bitsize <= MAX_POSITION_BITS:
        raise ValueError(
            f"positions by data have 1 to {MAX_POSITION_BITS} bits, got {address_bitsize}"
        )
    if not positions:
        raise ValueError("a sparse vector needs a position at least, got none")
    for position in (min(positions), max(positions)):
        if not 0 <= position < 2**address_bitsize:
            raise ValueError(
                f"position {position} is out of range: {address_bitsize} qubits hold 0 to "
                f"{2**address_bitsize - 1}"
            )
    if len(set(positions)) < len(positions):
        twice = next(p for p, count in Counter(positions).items() if count > 1)
        raise ValueError(f"position {twice} is given twice; add its values up")


@attrs.frozen(field_transformer=checked, cache_hash=True)
class PositionIndex(ControllableBloq):
    r"""The inverse lookup: `|x>|k> -> |x>|k xor i>` for `x` the `i`-th of `s` positions; its own inverse.

    $$ |x_i\rangle|k\rangle \to |x_i\rangle|k \oplus i\rangle. $$

    A walk of the binary tree of the positions, which asks only for the bits that tell them apart: `s - 2` And
    (`s - 1` with control), whatever the length of an address. For an `x` that is no position, `i` is that of
    a position that agrees with it on the bits asked.

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        position: `QAny(n)`, unchanged.
        index: `QAny(m)`, `m = max(1, ceil(log2 s))`.

    Parameters:
        data: the positions, `s` increasing integers below `2**n`; None to cost by shape.
        address_bitsize: `n`.
        num_positions: `s`, by shape only.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: positions that do not increase or are out of range, `s` missing or above `2**n`.

    Example:
        >>> PositionIndex([3, 9, 12], 4).call_classically(position=12, index=0)
        (12, 2)
    """

    data: tuple[int, ...] | None = attrs.field(
        default=None, converter=ints, repr=abridged, metadata=DATA
    )
    address_bitsize: int = 1
    num_positions: int | None = None
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        n, s = self.address_bitsize, self.num_positions
        if is_symbolic(n) or (s is not None and is_symbolic(s)):
            raise ValueError(f"positions are costed by numbers, got {s} of {n} bits")
        if self.data is None:
            if s is None or not 1 <= s <= 2**n:
                raise ValueError(f"num_positions must be 1 to {2**n}, got {s}")
            return
        check_positions(self.data, n)
        if any(a > b for a, b in zip(self.data, self.data[1:], strict=False)):
            raise ValueError("positions must increase; sort them")
        if s not in (None, len(self.data)):
            raise ValueError(f"num_positions is {s}, but there are {len(self.data)} positions")

    @property
    def positions(self) -> int:
        """`s`."""
        return len(self.data) if self.data is not None else int(self.num_positions or 0)

    @property
    def index_bitsize(self) -> int:
        """`m`."""
        return max(1, (self.positions - 1).bit_length())

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], position, index`."""
        registers = [
            Register("position", QAny(self.address_bitsize)),
            Register("index", QAny(self.index_bitsize)),
        ]
        return Signature([CTRL, *registers] if self.is_controlled else registers)

    @cached_property
    def _rows(self) -> list[Row]:
        """Pairs (position, index); by shape, positions whose tree is as deep as any."""
        if self.data is not None:
            return [(position, i) for i, position in enumerate(self.data)]
        deep = [0, *(2**i for i in range(self._depth))]
        taken = set(deep)
        others = (p for p in range(2**self.address_bitsize) if p not in taken)
        spread = sorted([*deep, *(next(others) for _ in range(self.positions - len(deep)))])
        return [(position, i) for i, position in enumerate(spread)]

    @cached_property
    def _depth(self) -> int:
        """Most branchings on a path from the root to a position."""
        if self.data is None:
            return min(self.address_bitsize, self.positions - 1)

        def depth(rows: list[int]) -> int:
            if len(rows) == 1:
                return 0
            split = _split([(row, 0) for row in rows])
            left, right = ([row for row, _ in half] for half in split[1:])
            return 1 + max(depth(left), depth(right))

        return depth(list(self.data))

    @property
    def workspace(self) -> int:
        """The And gates on the deepest path."""
        return self._depth if self.is_controlled else max(self._depth - 1, 0)

    def adjoint(self) -> Bloq:
        """Its own inverse."""
        return self

    def _write(self, wires: Wires, control: Key | None, row: Row) -> None:
        index = wires.reg("index")
        for j, bit in enumerate(index):
            if self.data is None:
                if control is not None:
                    wires.call(UnknownDataGate(2), q=[control, bit])
            elif row[1] >> (len(index) - 1 - j) & 1:
                assert control is not None  # A lone position has the index 0.
                wires.call(CNOT(), ctrl=[control], target=[bit])

    def _walk(self, wires: Wires, control: Key | None, rows: list[Row]) -> None:
        """Write the index of the rows' position that is held, under a control."""
        if len(rows) == 1:
            self._write(wires, control, rows[0])
            return
        place, left, right = _split(rows)
        bit = wires.reg("position")[self.address_bitsize - 1 - place]
        if control is None:
            wires.call(XGate(), q=[bit])
            self._walk(wires, bit, left)
            wires.call(XGate(), q=[bit])
            self._walk(wires, bit, right)
            return
        (c, a), node = wires.bb.add(And(1, 0), ctrl=[wires.get(control), wires.get(bit)])
        wires.set(control, c)
        wires.set(bit, a)
        key = wires.put(f"node{place}", node)
        self._walk(wires, key, left)
        wires.call(CNOT(), ctrl=[control], target=[key])
        self._walk(wires, key, right)
        wires.undo_both(control, bit, key[0])

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Walk the tree."""
        wires = Wires(bb, soqs)
        control = wires.reg("ctrl")[0] if self.is_controlled else None
        self._walk(wires, control, self._rows)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition: a tree with `s` leaves has `s - 1` branchings."""
        s = self.positions
        counts: Counter[Bloq] = Counter()
        nodes = s - 1 if self.is_controlled else max(s - 2, 0)
        for bloq in (And(1, 0), And(1, 1).adjoint(), CNOT()):
            counts[bloq] = nodes
        if not self.is_controlled and s > 1:
            counts[XGate()] = 2
        if self.data is not None:
            counts[CNOT()] += bit_count(np.arange(s))
        elif s > 1 or self.is_controlled:
            counts[UnknownDataGate(2)] = s * self.index_bitsize
        return {bloq: count for bloq, count in counts.items() if count != 0}

    def on_classical_vals(self, **vals: int) -> dict[str, int]:
        """Walk down by the bits that branch."""
        if self.data is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no positions")
        rows = self._rows
        while len(rows) > 1:
            place, left, right = _split(rows)
            rows = right if int(vals["position"]) >> place & 1 else left
        if vals.get("ctrl", 1) == 1:
            vals["index"] = int(vals["index"]) ^ rows[0][1]
        return vals

    def wire_symbol(self, reg: Register | None, idx: tuple[int, ...] = ()) -> WireSymbol:
        """Controls and a box."""
        if reg is None:
            return Text("")
        if reg.name == "ctrl":
            return Circle()
        return TextBox("In" if reg.name == "position" else "⊕index")


def _split(rows: list[Row]) -> tuple[int, list[Row], list[Row]]:
    """The highest bit by which increasing positions differ, and the rows with 0 and with 1 there."""
    place = (rows[0][0] ^ rows[-1][0]).bit_length() - 1
    left = [row for row in rows if not row[0] >> place & 1]
    return place, left, rows[len(left) :]


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _position_index() -> PositionIndex:
    position_index = PositionIndex([1, 2, 7], 3)
    return position_index


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _position_index_shape() -> PositionIndex:
    position_index_shape = PositionIndex(None, 5, 6, is_controlled=True)
    return position_index_shape
