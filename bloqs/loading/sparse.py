"""Loading a vector with few non-zero entries: cost by their number, not by the length."""

from collections import Counter
from functools import cached_property
from typing import Any

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
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.core.control import CTRL, ControllableBloq, WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, ShapeOnlyError, VectorEncoding
from bloqs.core.wires import Wires
from bloqs.loading.angles import with_fewest_angle_bits
from bloqs.loading.fields import abridged, floats, ints
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.lookup import Key, TableLookup, UnknownDataGate, bit_count
from bloqs.loading.vector import LoadedVector

MAX_POSITION_BITS = 62
"""Most address bits of a position by data: a 64-bit integer holds it."""

Row = tuple[int, int]


def check_positions(positions: tuple[int, ...], address_bitsize: int) -> None:
    """Refuse positions that are out of range or given twice.

    Raises:
        ValueError: says which.
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


@attrs.frozen(cache_hash=True)
class PositionIndex(ControllableBloq):
    r"""The inverse lookup: `|x>|k> -> |x>|k xor i>` for `x` the `i`-th of `s` positions; its own inverse.

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

    data: tuple[int, ...] | None = attrs.field(default=None, converter=ints, repr=abridged)
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


@attrs.frozen(cache_hash=True)
class SparseVector(VectorEncoding):
    r"""`|0> -> sum_i data_i |position_i> / ||data||`: a `(1, m, epsilon)`-encoding with `s` non-zero entries.

    A dense vector of the `s` values is loaded on `m = max(1, ceil(log2 s))` qubits (`LoadedVector`), the
    position of each is looked up into the system (`TableLookup`, `s - 2` And), and the index is taken back
    by the inverse lookup (`PositionIndex`, `s - 2` And). All in all O(s) gates that are not Clifford for a
    vector of any length, against O(2**n) of a dense load; by "rotations" `s - 1` rotations for `s` a power
    of two and `2 s - 4` And.
    Exact but for the angles of the dense load, whose error is the only one.

    The index qubits are flagged: a system that does not come in as zero leaves an index behind.

    Registers:
        ctrl: one qubit, only when `is_controlled`; control 0 changes nothing.
        system: `QAny(n)`, zero in.
        ancilla: `QAny(m)`, the index, zero in; zero on the good branch.

    Parameters:
        data: `s` real numbers, not normalised; None to cost by shape.
        positions: `s` distinct integers below `2**n`, in any order; None by shape.
        bitsize: `n`, 1 to 62 by data.
        loading: "rotations", "qrom", "select-swap" or "qram", of the dense vector.
        angle_bits: as in `LoadedVector`.
        num_nonzero: `s`, by shape only.
        is_network_input: true of the image that a network is called on, and of nothing else.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: values and positions of different numbers, positions out of range or given twice, data not
            finite or all zero, neither data nor number, symbols.

    References:
        [Qubitization of arbitrary basis quantum chemistry leveraging sparsity and low rank factorization](
        https://arxiv.org/abs/1902.02134), Berry et al. (2019), for state preparation over the non-zero
        entries. Deviation: the index is uncomputed, so that the state carries no garbage.

    Example:
        >>> SparseVector([3.0, -4.0], [6, 1], 3).block().round(12)
        array([ 0. , -0.8,  0. ,  0. ,  0. ,  0. ,  0.6,  0. ])
    """

    component = "input loading"

    data: tuple[float, ...] | None = attrs.field(default=None, converter=floats, repr=abridged)
    positions: tuple[int, ...] | None = attrs.field(default=None, converter=ints, repr=abridged)
    bitsize: int = 1
    loading: str = "rotations"
    angle_bits: int | None = None
    num_nonzero: int | None = attrs.field(default=None, kw_only=True)
    is_network_input: bool = attrs.field(default=False, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if (self.data is None) != (self.positions is None):
            raise ValueError("data and positions are given together, or by shape neither")
        if self.data is not None and self.positions is not None:
            if len(self.data) != len(self.positions):
                raise ValueError(
                    f"got {len(self.data)} values and {len(self.positions)} positions; each value "
                    "needs one"
                )
            if self.num_nonzero not in (None, len(self.data)):
                raise ValueError(
                    f"num_nonzero is {self.num_nonzero}, but there are {len(self.data)} values"
                )
            check_positions(self.positions, self.bitsize)
        _ = self._parts  # Each part checks its own fields.

    @classmethod
    def from_vector(
        cls, vector: object, loading: str = "rotations", **options: Any
    ) -> "SparseVector":
        """The non-zero entries of a dense vector of `2**n` numbers.

        Raises:
            ValueError: length not a power of two, or all zero.

        >>> SparseVector.from_vector([0, 0, 5.0, 0]).positions
        (2,)
        """
        # The dense loader's checks and words.
        entries = np.array(LoadedVector(vector).data)
        positions = np.flatnonzero(entries)
        n = len(entries).bit_length() - 1
        return cls(entries[positions], positions, n, loading, **options)

    @classmethod
    def for_epsilon(
        cls,
        data: object,
        positions: object,
        bitsize: int,
        epsilon: float,
        loading: str = "select-swap",
        **options: Any,
    ) -> "SparseVector":
        """The vector with the fewest angle bits whose stated error is at most `epsilon`.

        Raises:
            ValueError: as the class, or `epsilon` out of reach.
        """
        if loading == "rotations":
            return cls(data, positions, bitsize, loading, **options)
        return with_fewest_angle_bits(
            lambda bits: cls(data, positions, bitsize, loading, bits, **options), epsilon
        )

    @cached_property
    def _parts(self) -> tuple[LoadedVector, TableLookup, PositionIndex]:
        """The dense vector, the lookup of positions, and the inverse lookup."""
        s = len(self.data) if self.data is not None else self.num_nonzero
        control = self.is_controlled
        index = PositionIndex(self._sorted_positions, self.bitsize, s, control)
        m = index.index_bitsize
        dense = LoadedVector(
            self._sorted_values(2**m),
            self.loading,
            self.angle_bits,
            bitsize=m,
            is_controlled=control,
        )
        table = TableLookup(
            self._sorted_positions, m, self.bitsize, num_entries=s, is_controlled=control
        )
        return dense, table, index

    @property
    def _sorted_positions(self) -> tuple[int, ...] | None:
        return None if self.positions is None else tuple(sorted(self.positions))

    def _sorted_values(self, size: int) -> FloatArray | None:
        if self.data is None or self.positions is None:
            return None
        values = np.zeros(size)
        values[: len(self.data)] = np.array(self.data)[np.argsort(self.positions)]
        return values

    @property
    def system_bitsize(self) -> int:
        """`n`."""
        return self.bitsize

    @property
    def ancilla_bitsize(self) -> int:
        """`m`, the index."""
        return self._parts[2].index_bitsize

    @property
    def alpha(self) -> float:
        """1."""
        return 1.0

    @property
    def epsilon(self) -> SymbolicFloat:
        """That of the dense vector."""
        return self._parts[0].epsilon

    def _scattered(self, values: FloatArray) -> FloatArray:
        if self._sorted_positions is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no data")
        vector = np.zeros(2**self.bitsize)
        vector[list(self._sorted_positions)] = values[: len(self._sorted_positions)]
        return vector

    def target(self) -> FloatArray:
        """`sum_i data_i |position_i> / ||data||`."""
        return self._scattered(self._parts[0].target())

    def block(self) -> FloatArray:
        """The vector of the angles that are applied."""
        return self._scattered(self._parts[0].block())

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The most that a part takes; the index qubits are registers."""
        return max_workspace(*(workspace_of(part) for part in self._parts))

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Load the values, look up the positions, take the index back."""
        wires = Wires(bb, soqs)
        ctrl, system, index = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        dense, table, inverse = self._parts
        wires.call(dense, ctrl=ctrl, system=index)
        wires.call(table, ctrl=ctrl, address=index, value=system)
        wires.call(inverse, ctrl=ctrl, position=system, index=index)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        return dict.fromkeys(self._parts, 1)


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _position_index() -> PositionIndex:
    position_index = PositionIndex([1, 2, 7], 3)
    return position_index


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _position_index_shape() -> PositionIndex:
    position_index_shape = PositionIndex(None, 5, 6, is_controlled=True)
    return position_index_shape


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _sparse_vector() -> SparseVector:
    sparse_vector = SparseVector([1.0, -2.0, 0.5], [6, 1, 3], 3)
    return sparse_vector


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _sparse_vector_shape() -> SparseVector:
    sparse_vector_shape = SparseVector(None, None, 8, "select-swap", 6, num_nonzero=5)
    return sparse_vector_shape
