"""Rotation trees whose angles come from tables (QROM, select-swap or QRAM), and a phase gradient."""

import abc
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

from bloqs.core.checks import checked
from bloqs.core.control import (
    CTRL,
    DATA,
    ControllableBloq,
    WorkspaceOf,
    max_workspace,
)
from bloqs.core.encoding import ShapeOnlyError
from bloqs.core.wires import Wires
from bloqs.loading.angles import (
    DEFAULT_ANGLE_BITS,
    FloatArray,
    IntArray,
    angle_codes,
    check_angle_bits,
    rounded_angles,
)
from bloqs.loading.fields import abridged, floats
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.loader import LOADERS, Loader, loader_name
from bloqs.loading.lookup import Key, SwapToFront, UnknownDataGate
from bloqs.loading.phase_gradient import (
    BorrowPhaseGradient,
    PhaseGradientRy,
    ReturnPhaseGradient,
)
from bloqs.loading.plan import TreeCounts, TreeShape


def tree_registers(
    index_bitsize: SymbolicInt, num_levels: SymbolicInt, has_flag: bool, is_controlled: bool
) -> Signature:
    """What a tree of rotations acts on, however it is loaded: `[ctrl], [index], system, [flag]`.

    Args:
        index_bitsize: `c`; 0 for no index register; may be a symbol.
        num_levels: `n`, qubits of `system`; 0 for no such register; may be a symbol.
        has_flag: whether there is a `flag` qubit.
        is_controlled: whether there is a `ctrl` qubit.

    Returns:
        The signature.

    Example:
        >>> [reg.name for reg in tree_registers(0, 3, has_flag=True, is_controlled=False)]
        ['system', 'flag']
    """
    registers = [CTRL] if is_controlled else []
    if index_bitsize != 0:
        registers.append(Register("index", QAny(index_bitsize)))
    if num_levels != 0:
        registers.append(Register("system", QAny(num_levels)))
    if has_flag:
        registers.append(Register("flag", QBit()))
    return Signature(registers)


@attrs.frozen
class Step:
    """One call of a lookup in a sequence of tabulated rotations, and what follows it.

    Parameters:
        lookup: a bloq on `[ctrl], [address], value`, XORing words of `b` bits into `value`; its address is
            the leading qubits of the tree's (index, then level qubits), as many as it takes.
        keep: words that are kept after it, the first ones of `value`; the others must be zero by then.
        rotations: numbers of the rotations that the kept words make, in order. A rotation selected by `p`
            qubits takes `2**(p - h)` words, those below the `h` qubits addressed; swaps bring the one it
            needs to the front.

    Example:
        >>> tree = TabulatedRotations([0.3, 1.1, -0.7], 0, 2, "qrom", 4)
        >>> [(step.address_bitsize, step.keep, step.rotations) for step in tree.steps]
        [(0, 1, (0,)), (1, 1, (1,)), (1, 0, ())]
    """

    lookup: Bloq
    keep: int
    rotations: tuple[int, ...] = ()

    @cached_property
    def address_bitsize(self) -> int:
        """`h`, address qubits."""
        return self._bits("address")

    def num_words(self, word_bitsize: int) -> int:
        """Words of `value`."""
        return self._bits("value") // word_bitsize

    def _bits(self, name: str) -> int:
        return sum(int(reg.total_bits()) for reg in self.lookup.signature if reg.name == name)


class TableLoader(Loader):
    """A loader whose angles are read from tables of `b`-bit integers and added into a phase gradient.

    A class of this kind states the lookups (`steps`); the tree is a `TabulatedRotations` by its name.

    Example:
        >>> from bloqs.loading.lookup import TableLookup
        >>> class Alone(TableLoader):
        ...     name = "alone"
        ...     summary = "a QROM a rotation, loaded and unloaded for it alone"
        ...     def steps(self, shape, codes):
        ...         tables = codes or [None] * shape.num_rotations
        ...         loads = [
        ...             TableLookup(table, p, shape.angle_bits, is_controlled=shape.is_controlled, use="load")
        ...             for table, p in zip(tables, shape.prefixes)
        ...         ]
        ...         pairs = [(Step(t, 1, (i,)), Step(t.adjoint(), 0)) for i, t in enumerate(loads)]
        ...         return tuple(chain.from_iterable(pairs))
        >>> [step.keep for step in Alone().steps(TreeShape(0, 2, False, 8, False), None)]
        [1, 0, 1, 0]
    """

    is_exact = False

    @abc.abstractmethod
    def steps(self, shape: TreeShape, codes: list[IntArray] | None) -> tuple[Step, ...]:
        """The lookups, in order, and the rotations after each.

        Args:
            shape: sizes, all numbers.
            codes: of every rotation the table of its angles, int64 `(2**p,)`, in units of `4 pi / 2**b`; None
                by shape.

        Returns:
            Steps that make every rotation once, in order, and leave every word zero.
        """

    def closed_counts(self, shape: TreeShape) -> TreeCounts:
        """Counts for sizes that are symbols. A loader that has closed forms states them here.

        Args:
            shape: sizes of a tree, some of them symbols.

        Returns:
            The counts; this class has none.

        Raises:
            ValueError: it has none.
        """
        raise ValueError(
            f"loading={self.name!r} needs numbers for its sizes, got {shape.index_bitsize}, "
            f"{shape.num_levels}, {shape.angle_bits}; put numbers in, or take 'select-swap'"
        )

    def tree(self, shape: TreeShape, angles: FloatArray | None) -> "TabulatedRotations":
        """The tree, its tables loaded by this loader."""
        return TabulatedRotations(
            angles,
            shape.index_bitsize,
            shape.num_levels,
            self.name,
            shape.angle_bits,
            has_flag=shape.has_flag,
            is_controlled=shape.is_controlled,
        )


@attrs.frozen(field_transformer=checked, cache_hash=True)
class TabulatedRotations(ControllableBloq):
    """A sequence of multiplexed rotations about Y, with angles of `b` bits loaded from tables.

    For `l = 0 ... n-1` the level qubit `l` is rotated by `Ry(4 pi a / 2**b)`, where the integer `a` is looked
    up by the index register and the level qubits before `l`; first, with `has_flag`, a flag qubit by an angle
    looked up by the index alone. The rotation is an addition into a borrowed phase gradient
    (`PhaseGradientRy`). The loader says which lookups load and unload the angles (`TableLoader.steps`): in
    circuits, rotations share a load, and the next load overwrites it (`SegmentLoader`); from a hardware
    memory, each rotation has two queries of `2**(c+l)` entries (the tree of Kerenidis and Prakash). Exact for
    the rounded angles, phases included; with control off every angle is 0.

    Registers:
        ctrl: one qubit, only when `is_controlled`; it controls the tables and nothing else.
        index: `QAny(c)`, unchanged; absent when `c = 0`.
        system: `QAny(n)`, the level qubits; absent when `n = 0`.
        flag: one qubit, only with `has_flag`.

    Parameters:
        angles: in radians, concatenated in the order of the rotations, each block of `2**c` (flag) or
            `2**(c+l)` (level `l`) angles, indexed big-endian by the index, then the level qubits; None by
            shape.
        index_bitsize: `c`; may be symbolic by shape, then taken to be at least 1.
        num_levels: `n >= 1`, with a flag 0 too; may be symbolic by shape.
        loading: a `TableLoader` or its name: "qrom" (few qubits), "select-swap" (few T), "qram" (`QRAMQuery`;
            numbers for the sizes), or one of your own.
        angle_bits: `b`, 3 to 50; may be symbolic by shape.
        has_flag: whether a flag is rotated first.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: wrong number of angles, angles not finite, a loader that has no tables, angle bits out of
            range, symbols for the sizes with a loader that needs numbers ("qram").

    References:
        [Trading T gates for dirty qubits in state preparation and unitary synthesis](
        https://arxiv.org/abs/1812.00954), Low, Kliuchnikov and Schaeffer (2018), for select-swap. Deviation:
        all levels below a node are loaded at once, and a load overwrites the one before.
        [Quantum recommendation systems](https://arxiv.org/abs/1603.08675), Kerenidis and Prakash (2017), for
        the tree of angles in a memory.

    Example:
        >>> tree = TabulatedRotations([0.3, 1.1, -0.7], 0, 2, "qrom", angle_bits=4)
        >>> (tree.effective_angles() / np.pi).tolist()
        [0.0, 0.25, 3.7499999999999996]
    """

    angles: tuple[float, ...] | None = attrs.field(
        default=None, converter=floats, repr=abridged, metadata=DATA
    )
    index_bitsize: SymbolicInt = 0
    num_levels: SymbolicInt = 1
    loading: str = attrs.field(default="qrom", converter=loader_name)
    angle_bits: SymbolicInt = DEFAULT_ANGLE_BITS
    has_flag: bool = False
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        loader = self._loader
        if self.shape.is_symbolic:
            loader.closed_counts(self.shape)  # Refuses symbols where there are none.
        check_angle_bits(self.angle_bits)
        least = 0 if self.has_flag else 1
        if not is_symbolic(self.num_levels) and self.num_levels < least:
            raise ValueError(f"num_levels must be at least {least}, got {self.num_levels}")
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

    @property
    def _loader(self) -> TableLoader:
        loader = LOADERS.find(self.loading)
        if not isinstance(loader, TableLoader):
            tables = [name for name, other in LOADERS.items() if isinstance(other, TableLoader)]
            raise ValueError(
                f"tabulated rotations are loaded by {' or '.join(map(repr, tables))}, got {self.loading!r}"
            )
        return loader

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
        if self.shape.is_symbolic:
            return self._loader.closed_counts(self.shape).workspace
        b = self.angle_bits
        most, kept = 0, 0
        for step in self._steps_by_shape:
            during = b * max(kept, step.num_words(b)) + workspace_of(step.lookup)
            kept = step.keep
            most = max_workspace(most, during, b * kept + b - 2 if step.rotations else 0)
        return b + most

    @cached_property
    def _codes(self) -> list[IntArray] | None:
        """Table of every rotation, by data."""
        if self.angles is None:
            return None
        codes = angle_codes(np.array(self.angles), self.angle_bits)
        return np.split(codes, np.cumsum([2**p for p in self.shape.prefixes])[:-1])

    def effective_angles(self) -> FloatArray:
        """The angles that are applied, in the order of `angles`.

        Returns:
            float64 `(number of angles,)`, in radians, in `[0, 4 pi)`.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        if self.angles is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no angles")
        return rounded_angles(np.array(self.angles), self.angle_bits)

    @cached_property
    def _steps_by_shape(self) -> tuple[Step, ...]:
        """Lookups of the same sizes without data, quick to make."""
        return self._loader.steps(self.shape, None)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The lookups, and the rotations after each."""
        codes = self._codes
        return self._steps_by_shape if codes is None else self._loader.steps(self.shape, codes)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Look up, swap, rotate and swap back, with a borrowed phase gradient."""
        if self.shape.is_symbolic:
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        b = self.angle_bits
        gradient = bb.split(bb.add(BorrowPhaseGradient(b)))
        catalyst = [wires.put(f"gradient{i}", qubit) for i, qubit in enumerate(gradient)]
        words: list[list[Key]] = []
        for step in self.steps:
            self._look_up(wires, step, words)
            self._rotate(wires, step, words, catalyst)
        returned = bb.join(np.array([wires.pop(key) for key in catalyst]), QAny(b))
        bb.add(ReturnPhaseGradient(b), gradient=returned)
        return wires.join_signature(self.signature)

    def _look_up(self, wires: Wires, step: Step, words: list[list[Key]]) -> None:
        """Call the lookup of a step on as many words as it takes; free those that it leaves zero."""
        address = wires.reg("index") + wires.reg("system")
        num_words = step.num_words(self.angle_bits)
        while len(words) < num_words:
            words.append(wires.allocate(f"word{len(words)}", self.angle_bits))
        wires.call(
            step.lookup,
            ctrl=wires.reg("ctrl"),
            address=address[: step.address_bitsize],
            value=list(chain.from_iterable(words[:num_words])),
        )
        while len(words) > step.keep:
            wires.free(words.pop()[0][0])

    def _rotate(
        self, wires: Wires, step: Step, words: list[list[Key]], catalyst: list[Key]
    ) -> None:
        """The rotations of a step, each by its own words."""
        b, prefixes = self.angle_bits, self.shape.prefixes
        address = wires.reg("index") + wires.reg("system")
        targets = wires.reg("flag") + wires.reg("system")
        start = 0
        for i in step.rotations:
            low = address[step.address_bitsize : prefixes[i]]
            block = words[start : start + 2 ** len(low)]
            start += len(block)
            swap = SwapToFront(len(low), b) if low else None
            front = list(chain.from_iterable(block))
            if swap is not None:
                wires.call(swap, address=low, words=front)
            wires.call(PhaseGradientRy(b), angle=block[0], gradient=catalyst, target=[targets[i]])
            if swap is not None:
                wires.call(swap.adjoint(), address=low, words=front)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition; gates from closed forms when symbolic."""
        b = self.angle_bits
        counts: Counter[Bloq] = Counter()
        counts[BorrowPhaseGradient(b)] = 1
        counts[ReturnPhaseGradient(b)] = 1
        counts[PhaseGradientRy(b)] = self.shape.num_rotations
        if self.shape.is_symbolic:
            formula = self._loader.closed_counts(self.shape)
            counts[And()] = formula.ands
            counts[And().adjoint()] = formula.ands
            counts[CNOT()] = formula.ands
            counts[XGate()] = formula.x_gates
            counts[UnknownDataGate()] = formula.data_gates
            if formula.swaps != 0:
                counts[CSwap(formula.swaps)] = 1
            return {bloq: count for bloq, count in counts.items() if count != 0}
        for step in self.steps:
            counts[step.lookup] += 1
            for i in step.rotations:
                low = self.shape.prefixes[i] - step.address_bitsize
                if low > 0:
                    counts[SwapToFront(low, b)] += 1
                    counts[SwapToFront(low, b).adjoint()] += 1
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
