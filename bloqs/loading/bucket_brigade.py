"""Bucket-brigade QRAM as a circuit: a tree of routers, many T and a T-depth that is logarithmic."""

from collections import Counter
from functools import cached_property
from typing import Any

import attrs
import numpy as np
from qualtran import (
    Bloq,
    BloqBuilder,
    DecomposeTypeError,
    QAny,
    QBit,
    Register,
    Side,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CNOT, XGate
from qualtran.bloqs.mcmt import And
from qualtran.drawing import WireSymbol
from qualtran.resource_counting import BloqCountDictT, CostKey, QubitCount, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.core.checks import checked
from bloqs.core.control import DATA, ControllableBloq
from bloqs.core.shown import ShownBloq
from bloqs.core.wires import Wires
from bloqs.loading.fields import abridged, bit_count, ints
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.lookup import Key, UnknownDataGate
from bloqs.loading.select_swap import check_full_table, full_table, lookup_signature


@attrs.frozen(field_transformer=checked)
class FanOut(ShownBloq, Bloq):
    """Copies a bit into clean qubits: `|x> -> |x>|x ... x>`, by `m` CNOT in `log2(m + 1)` layers.

    Registers:
        bit: the qubit that is copied, unchanged.
        copies: RIGHT, `QAny(m)`, made here.

    Parameters:
        num_copies: `m >= 1`.

    Raises:
        ValueError: no copies.

    Example:
        >>> FanOut(3).call_classically(bit=1)
        (1, 7)
    """

    num_copies: int

    def __attrs_post_init__(self) -> None:
        if self.num_copies < 1:
            raise ValueError(f"num_copies must be at least 1, got {self.num_copies}")

    @cached_property
    def signature(self) -> Signature:
        """`bit`, and `copies` out."""
        copies = Register("copies", QAny(self.num_copies), side=Side.RIGHT)
        return Signature([Register("bit", QBit()), copies])

    def build_composite_bloq(self, bb: BloqBuilder, bit: Soquet) -> dict[str, Soquet]:
        """Every copy is copied again."""
        qubits = [bit]
        while len(qubits) <= self.num_copies:
            for source in range(min(len(qubits), self.num_copies + 1 - len(qubits))):
                qubits[source], copy = bb.add(CNOT(), ctrl=qubits[source], target=bb.allocate(1))
                qubits.append(copy)
        copies = bb.join(np.array(qubits[1:]), QAny(self.num_copies))
        return {"bit": qubits[0], "copies": copies}

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        return {CNOT(): self.num_copies}

    def my_static_costs(self, cost_key: CostKey[Any]) -> Any:
        """The bit and its copies."""
        if isinstance(cost_key, QubitCount):
            return self.num_copies + 1
        return NotImplemented

    def on_classical_vals(self, bit: int) -> dict[str, int]:
        """All ones or all zeros."""
        return {"bit": bit, "copies": bit * (2**self.num_copies - 1)}


@attrs.frozen(field_transformer=checked, cache_hash=True)
class BucketBrigadeQRAM(ControllableBloq):
    r"""`|j>|v> -> |j>|v xor table_j>` by a binary tree of routers: exact, its own inverse.

    $$ |j\rangle|v\rangle \to |j\rangle|v \oplus table_j\rangle. $$

    The router at node `p` of level `l` (`p` the first `l` address bits) is a pair of qubits: `00` waits,
    `10` points left, `01` points right. A query (1) opens the root's router, and level by level lets each
    active router pass on its activity to the child that the next address bit names (one And a router; the
    left child is the parent minus the right one, a CNOT); (2) copies the cell at the one active leaf into
    `value` by CNOT, the cells being classical; (3) closes the routers, by And-adjoints, which are measured
    and take no T. All routers of a level work at once, each on its own copy of the address bit (`FanOut`).
    With `N = 2**n` cells of `b` bits, `n >= 1`:

        And = N - 2,        T = 4 (N - 2),        And layers = n - 1,
        qubits = n + b + 3 N/2 - 2

    and with control `N - 1` And, `n` layers, one qubit more. T do not depend on `b`. The whole tree is
    *active*: its gates are paid for at every query. Exact, and equal to the decomposition at every size.

    Registers:
        ctrl: one qubit, only when `is_controlled`; it opens the root.
        address: `QAny(n)`, unchanged; absent when `n = 0`.
        value: `QAny(b)`.

    Parameters:
        data: the cells, `2**n` non-negative integers; None to cost by shape.
        address_bitsize: `n`; may be symbolic by shape, then taken to be at least 1.
        word_bitsize: `b`, at most 62 by data; may be symbolic by shape.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: a number of entries that is not `2**n`, or entries out of range.

    References:
        [Quantum random access memory](https://arxiv.org/abs/0708.1879), Giovannetti, Lloyd and Maccone
        (2008), for the routers, one active path in each branch of a superposition.
        [Fault tolerant resource estimation of quantum random-access memories](
        https://arxiv.org/abs/1902.01329), Di Matteo, Gheorghiu and Mosca (2020), for the tree of Toffoli with
        address bits fanned out by CNOT. Deviation: a Toffoli whose target is clean is an And (4 T), closing
        takes none, and classical cells are read by CNOT.
        [Resilience of quantum random access memory to generic noise](https://arxiv.org/abs/2012.05340), Hann
        et al. (2021), routes each address bit through the tree instead, at about twice the T; that confines
        the noise of bare hardware to one path, which encoded qubits do not need.

    Example:
        >>> query = BucketBrigadeQRAM([5, 0, 7, 2], 2, 3)
        >>> query.decompose_bloq().call_classically(address=2, value=1)
        (2, 6)
        >>> query.toffoli_depth
        1
    """

    data: tuple[int, ...] | None = attrs.field(
        default=None, converter=ints, repr=abridged, metadata=DATA
    )
    address_bitsize: SymbolicInt = 0
    word_bitsize: SymbolicInt = 1
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        check_full_table(self.data, self.address_bitsize, self.word_bitsize)

    @property
    def assumptions(self) -> dict[str, str]:
        """For the assumptions block of a cost."""
        return {
            "bucket-brigade circuit": "a tree of And routers in one layer of T a level, 4 (N - 2) T a query "
            "of N classical cells, closed by measurement; address bits fanned out by CNOT"
        }

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], [address], value`."""
        return lookup_signature(self.address_bitsize, self.word_bitsize, self.is_controlled)

    @property
    def num_routers(self) -> SymbolicInt:
        """And gates: the routers whose activity is conditional."""
        cells = 2**self.address_bitsize
        if cells == 1:
            return 0
        return cells - 1 if self.is_controlled else cells - 2

    @property
    def toffoli_depth(self) -> SymbolicInt:
        """Layers of And, one a level of the tree; without control the root's is a CNOT."""
        n = self.address_bitsize
        if n == 0:
            return 0
        return n if self.is_controlled else n - 1

    @property
    def workspace(self) -> SymbolicInt:
        """The leaves, and at the last level a copy of the address bit for each router."""
        n = self.address_bitsize
        return 0 if n == 0 else 3 * 2 ** (n - 1) - 2

    def my_static_costs(self, cost_key: CostKey[Any]) -> Any:
        """The depth by its formula, at the width stated; other keys follow the call graph."""
        # A depth key is known by its unit of depth, so that this family imports no cost key.
        layer = getattr(cost_key, "toffoli_depth", None)
        if layer is not None:
            return self.toffoli_depth * layer
        return super().my_static_costs(cost_key)

    def adjoint(self) -> Bloq:
        """Its own inverse."""
        return self

    def _open_level(
        self, wires: Wires, level: int, bit: Key, nodes: list[Key]
    ) -> tuple[list[Key], list[Key]]:
        """Pass each node's activity on to its children; all nodes of the next level, and its right ones."""
        copies, fan_out = [bit], FanOut(max(len(nodes) - 1, 1))
        if len(nodes) > 1:
            source, made = wires.bb.add(fan_out, bit=wires.get(bit))
            wires.set(bit, source)
            made = [made] if fan_out.num_copies == 1 else wires.bb.split(made)
            copies += [wires.put(f"copy{i}", copy) for i, copy in enumerate(made)]
        rights = []
        for p, (node, copy) in enumerate(zip(nodes, copies, strict=True)):
            right = wires.both(node, copy, f"right{level}.{p}")
            wires.call(CNOT(), ctrl=[right], target=[node])
            rights.append(right)
        if len(nodes) > 1:
            made = [wires.pop(copy) for copy in copies[1:]]
            joined = made[0] if len(made) == 1 else wires.bb.join(np.array(made), QAny(len(made)))
            back = wires.bb.add(fan_out.adjoint(), bit=wires.get(bit), copies=joined)
            wires.set(bit, back)
        return [key for pair in zip(nodes, rights, strict=True) for key in pair], rights

    def _read(self, wires: Wires, leaves: list[Key]) -> None:
        """Copy the cell of the active leaf into `value`."""
        b, value = self.word_bitsize, wires.reg("value")
        for j, leaf in enumerate(leaves):
            for position, bit in enumerate(value):
                if self.data is None:
                    wires.call(UnknownDataGate(2), q=[leaf, bit])
                elif self.data[j] >> (b - 1 - position) & 1:
                    wires.call(CNOT(), ctrl=[leaf], target=[bit])

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Open the tree, read, close it."""
        if is_symbolic(self.address_bitsize, self.word_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        bits = wires.reg("address")
        if not bits:
            wires.call(full_table(self), ctrl=wires.reg("ctrl"), value=wires.reg("value"))
            return wires.join_signature(self.signature)
        nodes, first = wires.reg("ctrl"), 0
        if not self.is_controlled:
            # The root is active for sure: its right child is the address bit, its left one the opposite.
            left = wires.allocate("left")
            wires.call(CNOT(), ctrl=[bits[0]], target=left)
            wires.call(XGate(), q=left)
            nodes, first = [*left, bits[0]], 1
        levels = []
        for level in range(first, len(bits)):
            parents = nodes
            nodes, rights = self._open_level(wires, level, bits[level], parents)
            levels.append((bits[level], parents, rights))
        self._read(wires, nodes)
        for bit, parents, rights in reversed(levels):
            for parent, right in zip(parents, rights, strict=True):
                wires.call(CNOT(), ctrl=[right], target=[parent])
                wires.undo_both(parent, bit, right[0])
        if not self.is_controlled:
            wires.call(XGate(), q=left)
            wires.call(CNOT(), ctrl=[bits[0]], target=left)
            wires.free("left")
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        n, cells = self.address_bitsize, 2**self.address_bitsize
        if n == 0:
            return {full_table(self): 1}
        routers = self.num_routers
        counts: Counter[Bloq] = Counter()
        counts[And()] = counts[And().adjoint()] = routers
        # Two for each router, and the left child of the root.
        counts[CNOT()] = 2 * routers
        first = 0 if self.is_controlled else 1
        if is_symbolic(n):
            counts[CNOT()] += 2 * (routers - n + first)
        else:
            for level in range(max(first, 1), n):
                fan_out = FanOut(2**level - 1)
                counts[fan_out] = counts[fan_out.adjoint()] = 1
        if not self.is_controlled:
            counts[CNOT()] += 2
            counts[XGate()] = 2
        if self.data is None:
            counts[UnknownDataGate(2)] = cells * self.word_bitsize
        else:
            counts[CNOT()] += bit_count(np.array(self.data, dtype=np.int64))
        return {bloq: count for bloq, count in counts.items() if count != 0}

    def on_classical_vals(self, **vals: int) -> dict[str, int]:
        """XOR the addressed cell into `value`."""
        return full_table(self).on_classical_vals(**vals)

    def wire_symbol(self, reg: Register | None, idx: tuple[int, ...] = ()) -> WireSymbol:
        """Controls and a box."""
        return full_table(self).wire_symbol(reg, idx)


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _fan_out() -> FanOut:
    fan_out = FanOut(7)
    return fan_out


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _bucket_brigade_qram() -> BucketBrigadeQRAM:
    bucket_brigade_qram = BucketBrigadeQRAM([1, 0, 3, 2], 2, 2)
    return bucket_brigade_qram


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _bucket_brigade_qram_shape() -> BucketBrigadeQRAM:
    bucket_brigade_qram_shape = BucketBrigadeQRAM(None, 4, 3, is_controlled=True)
    return bucket_brigade_qram_shape


@bloq_example
def _bucket_brigade_qram_symbolic() -> BucketBrigadeQRAM:
    import sympy

    n, b = sympy.symbols("n b")
    bucket_brigade_qram_symbolic = BucketBrigadeQRAM(None, n, b)
    return bucket_brigade_qram_symbolic
