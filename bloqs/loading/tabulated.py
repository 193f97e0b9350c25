"""Rotation trees whose angles come from tables (QROM, select-swap or QRAM), and a phase gradient."""

from collections import Counter
from functools import cached_property
from itertools import chain

import attrs
import numpy as np
from qualtran import (
    Bloq,
    BloqBuilder,
    DecomposeTypeError,
    QAny,
    QBit,
    Register,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CNOT, CSwap, XGate
from qualtran.bloqs.mcmt import And
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.core.control import CTRL, ControllableBloq, WorkspaceOf, max_workspace
from bloqs.core.encoding import ShapeOnlyError
from bloqs.core.wires import Wires
from bloqs.loading.angles import (
    DEFAULT_ANGLE_BITS,
    FloatArray,
    IntArray,
    angle_codes,
    check_angle_bits,
    code_angles,
)
from bloqs.loading.fields import abridged, floats
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.lookup import Key, SwapToFront, TableLookup, UnknownDataGate
from bloqs.loading.phase_gradient import (
    BorrowPhaseGradient,
    PhaseGradientRy,
    ReturnPhaseGradient,
)
from bloqs.loading.plan import (
    Segment,
    TreeShape,
    plan_segments,
    segment_words,
    tree_counts,
)
from bloqs.loading.qram import QRAMQuery


def tree_registers(
    index_bitsize: SymbolicInt, num_levels: SymbolicInt, has_flag: bool, is_controlled: bool
) -> Signature:
    """`[ctrl], [index], system, [flag]`: what a tree of rotations acts on, however it is loaded."""
    registers = [CTRL] if is_controlled else []
    if index_bitsize != 0:
        registers.append(Register("index", QAny(index_bitsize)))
    registers.append(Register("system", QAny(num_levels)))
    if has_flag:
        registers.append(Register("flag", QBit()))
    return Signature(registers)


@attrs.frozen(cache_hash=True)
class TabulatedRotations(ControllableBloq):
    r"""A sequence of multiplexed rotations about Y, with angles of `b` bits loaded from tables.

    For `l = 0 ... n-1` the level qubit `l` is rotated by `Ry(4 pi a / 2**b)`, where the integer `a` is looked
    up by the index register and the level qubits before `l`; first, with `has_flag`, a flag qubit by an angle
    looked up by the index alone. The rotation is an addition into a borrowed phase gradient
    (`PhaseGradientRy`). From circuits, loads are shared between rotations and overwritten instead of undone
    (`plan`); from a hardware memory, each rotation queries the table of its own angles, and queries it again
    to unload: two queries of `2**(c+l)` entries a level (the tree of Kerenidis and Prakash). Exact for the
    rounded angles, phases included; with control off every angle is 0.

    Registers:
        ctrl: one qubit, only when `is_controlled`; it controls the tables and nothing else.
        index: `QAny(c)`, unchanged; absent when `c = 0`.
        system: `QAny(n)`, the level qubits.
        flag: one qubit, only with `has_flag`.

    Parameters:
        angles: in radians, concatenated in the order of the rotations, each block of `2**c` (flag) or
            `2**(c+l)` (level `l`) angles, indexed big-endian by the index, then the level qubits; None by
            shape.
        index_bitsize: `c`; may be symbolic by shape, then taken to be at least 1.
        num_levels: `n >= 1`; may be symbolic by shape.
        loading: "qrom" (few qubits), "select-swap" (few T) or "qram" (`QRAMQuery`; numbers for the sizes).
        angle_bits: `b`, 3 to 50; may be symbolic by shape.
        has_flag: whether a flag is rotated first.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: wrong number of angles, angles not finite, other loaders, angle bits out of range, symbols
            for the sizes with "qram".

    References:
        [Trading T gates for dirty qubits in state preparation and unitary synthesis](
        https://arxiv.org/abs/1812.00954), Low, Kliuchnikov and Schaeffer (2018), for select-swap. Deviation:
        all levels below a node are loaded at once, and a load overwrites the one before.
        [Quantum recommendation systems](https://arxiv.org/abs/1603.08675), Kerenidis and Prakash (2017), for
        the tree of angles in a memory.
    """

    angles: tuple[float, ...] | None = attrs.field(default=None, converter=floats, repr=abridged)
    index_bitsize: SymbolicInt = 0
    num_levels: SymbolicInt = 1
    loading: str = "qrom"
    angle_bits: SymbolicInt = DEFAULT_ANGLE_BITS
    has_flag: bool = False
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        if self.loading not in ("qrom", "select-swap", "qram"):
            raise ValueError(
                "tabulated rotations are loaded by 'qrom' or 'select-swap' or 'qram', got "
                f"{self.loading!r}"
            )
        if self.loading == "qram" and self.shape.is_symbolic:
            raise ValueError(
                "queries of a memory are counted by table size, so that loading='qram' needs numbers for "
                f"its sizes, got {self.index_bitsize}, {self.num_levels}, {self.angle_bits}; put numbers "
                "in, or take 'select-swap'"
            )
        check_angle_bits(self.angle_bits)
        if not is_symbolic(self.num_levels) and self.num_levels < 1:
            raise ValueError(f"num_levels must be at least 1, got {self.num_levels}")
        if not is_symbolic(self.index_bitsize) and self.index_bitsize < 0:
            raise ValueError(f"index_bitsize must not be negative, got {self.index_bitsize}")
        if self.angles is None:
            return
        if self.shape.is_symbolic:
            raise ValueError("angles are given, so all sizes must be numbers, got symbols")
        expected = sum(2**p for p in self.shape.prefixes)
        if len(self.angles) != expected:
            raise ValueError(f"this tree has {expected} angles, got {len(self.angles)}")
        if not np.all(np.isfinite(self.angles)):
            raise ValueError("angles must be finite, found NaN or infinity")

    @cached_property
    def shape(self) -> TreeShape:
        """The sizes, for the plan."""
        return TreeShape(
            self.index_bitsize,
            self.num_levels,
            self.has_flag,
            self.angle_bits,
            self.is_controlled,
        )

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], [index], system, [flag]`."""
        return tree_registers(
            self.index_bitsize, self.num_levels, self.has_flag, self.is_controlled
        )

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The phase gradient, the words, and the And gates of a table or carries of an addition."""
        if self.loading == "qram":
            b = self.angle_bits
            return 2 * b + max_workspace(b - 2, *(workspace_of(query) for query in self._queries))
        return tree_counts(self.shape, self.loading).workspace

    @cached_property
    def _codes(self) -> list[IntArray] | None:
        """Table of every rotation, by data."""
        if self.angles is None:
            return None
        codes = angle_codes(np.array(self.angles), self.angle_bits)
        return np.split(codes, np.cumsum([2**p for p in self.shape.prefixes])[:-1])

    def effective_angles(self) -> FloatArray:
        """The angles that are applied, in `[0, 4 pi)`, in the order of `angles`.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        if self.angles is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no angles")
        return code_angles(angle_codes(np.array(self.angles), self.angle_bits), self.angle_bits)

    @cached_property
    def _queries(self) -> list[QRAMQuery]:
        """The memory that each rotation queries."""
        prefixes = self.shape.prefixes
        tables = [None] * len(prefixes) if self._codes is None else self._codes
        return [
            QRAMQuery(table, p, self.angle_bits, self.is_controlled)
            for table, p in zip(tables, prefixes, strict=True)
        ]

    def _table(self, segment: Segment) -> IntArray:
        """Rows of a segment, int64 `(2**h, words)`."""
        assert self._codes is not None
        rows = 2**segment.address_bitsize
        codes = self._codes[segment.first : segment.stop]
        return np.concatenate([code.reshape(rows, -1) for code in codes], axis=1)

    @cached_property
    def _loads(self) -> list[TableLookup]:
        """The table before each segment, XORed with the one that it overwrites, and the last unloading."""
        segments = plan_segments(self.shape, self.loading)
        words = [segment_words(self.shape, segment) for segment in segments]
        loads = []
        before: IntArray = np.zeros((1, 0), dtype=np.int64)
        for i, segment in enumerate([*segments, None]):
            height = (segment or segments[-1]).address_bitsize
            width = max(words[i - 1] if i else 0, words[i] if segment else 0)
            data = None
            if self.angles is not None:
                table = np.zeros((2**height, width), dtype=np.int64)
                table[:, : before.shape[1]] ^= np.repeat(
                    before, 2**height // before.shape[0], axis=0
                )
                if segment is not None:
                    before = self._table(segment)
                    table[:, : before.shape[1]] ^= before
                data = table
            use = "unload" if segment is None else "advance" if i else "load"
            loads.append(
                TableLookup(
                    data,
                    height,
                    self.angle_bits,
                    width,
                    is_controlled=self.is_controlled,
                    use=use,
                    earlier=(segments[i - 1].address_bitsize, words[i - 1])
                    if use == "advance"
                    else None,
                )
            )
        return loads

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Segment by segment, or query by query, with a borrowed phase gradient."""
        if self.shape.is_symbolic:
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        b = self.angle_bits
        gradient = bb.split(bb.add(BorrowPhaseGradient(b)))
        catalyst = [wires.put(f"gradient{i}", qubit) for i, qubit in enumerate(gradient)]
        if self.loading == "qram":
            self._rotate_by_queries(wires, catalyst)
        else:
            self._rotate_by_segments(wires, catalyst)
        returned = bb.join(np.array([wires.pop(key) for key in catalyst]), QAny(b))
        bb.add(ReturnPhaseGradient(b), gradient=returned)
        return wires.join_signature(self.signature)

    def _rotate_by_queries(self, wires: Wires, catalyst: list[Key]) -> None:
        """Query, rotate, query again."""
        address = wires.reg("index") + wires.reg("system")
        targets = wires.reg("flag") + wires.reg("system")
        word = wires.allocate("word", self.angle_bits)
        rotate = PhaseGradientRy(self.angle_bits)
        for query, p, target in zip(self._queries, self.shape.prefixes, targets, strict=True):
            registers = {"ctrl": wires.reg("ctrl"), "address": address[:p], "value": word}
            wires.call(query, **registers)
            wires.call(rotate, angle=word, gradient=catalyst, target=[target])
            wires.call(query.adjoint(), **registers)
        wires.free("word")

    def _rotate_by_segments(self, wires: Wires, catalyst: list[Key]) -> None:
        """Load over the last segment, then swap, rotate and swap back."""
        b, prefixes = self.angle_bits, self.shape.prefixes
        address = wires.reg("index") + wires.reg("system")
        targets = wires.reg("flag") + wires.reg("system")
        words: list[list[Key]] = []

        def load(table: TableLookup, keep: int) -> None:
            while len(words) < table.num_words:
                words.append(wires.allocate(f"word{len(words)}", b))
            wires.call(
                table,
                ctrl=wires.reg("ctrl"),
                address=address[: table.address_bitsize],
                value=list(chain.from_iterable(words[: table.num_words])),
            )
            while len(words) > keep:
                wires.free(words.pop()[0][0])

        for table, segment in zip(
            self._loads, plan_segments(self.shape, self.loading), strict=False
        ):
            h = segment.address_bitsize
            load(table, keep=segment_words(self.shape, segment))
            start = 0
            for i in range(segment.first, segment.stop):
                low = address[h : prefixes[i]]
                block = words[start : start + 2 ** len(low)]
                start += 2 ** len(low)
                swap = SwapToFront(len(low), b) if low else None
                front = list(chain.from_iterable(block))
                if swap is not None:
                    wires.call(swap, address=low, words=front)
                wires.call(
                    PhaseGradientRy(b), angle=block[0], gradient=catalyst, target=[targets[i]]
                )
                if swap is not None:
                    wires.call(swap.adjoint(), address=low, words=front)
        load(self._loads[-1], keep=0)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition; gates from closed forms when symbolic."""
        b = self.angle_bits
        counts: Counter[Bloq] = Counter()
        counts[BorrowPhaseGradient(b)] = 1
        counts[ReturnPhaseGradient(b)] = 1
        counts[PhaseGradientRy(b)] = self.shape.num_rotations
        if self.shape.is_symbolic:
            formula = tree_counts(self.shape, self.loading)
            counts[And()] = formula.ands
            counts[And().adjoint()] = formula.ands
            counts[CNOT()] = formula.ands
            counts[XGate()] = formula.x_gates
            counts[UnknownDataGate()] = formula.data_gates
            if formula.swaps != 0:
                counts[CSwap(formula.swaps)] = 1
            return {bloq: count for bloq, count in counts.items() if count != 0}
        if self.loading == "qram":
            for query in self._queries:
                counts[query] += 2
            return dict(counts)
        for table in self._loads:
            counts[table] += 1
        for segment in plan_segments(self.shape, self.loading):
            for p in self.shape.prefixes[segment.first : segment.stop]:
                if p > segment.address_bitsize:
                    swap = SwapToFront(p - segment.address_bitsize, b)
                    counts[swap] += 1
                    counts[swap.adjoint()] += 1
        return dict(counts)


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _tabulated_rotations() -> TabulatedRotations:
    tabulated_rotations = TabulatedRotations([0.3, 1.1, -0.7], 0, 2, "qrom", 4)
    return tabulated_rotations


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _tabulated_rotations_shape() -> TabulatedRotations:
    tabulated_rotations_shape = TabulatedRotations(None, 2, 4, "select-swap", 5, has_flag=True)
    return tabulated_rotations_shape


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _tabulated_rotations_qram() -> TabulatedRotations:
    tabulated_rotations_qram = TabulatedRotations([0.3, 1.1, -0.7], 0, 2, "qram", 4)
    return tabulated_rotations_qram


@bloq_example
def _tabulated_rotations_symbolic() -> TabulatedRotations:
    import sympy

    n, b = sympy.symbols("n b")
    tabulated_rotations_symbolic = TabulatedRotations(None, n, n, "select-swap", b, has_flag=True)
    return tabulated_rotations_symbolic
