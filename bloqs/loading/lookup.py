"""Fixed tables in a circuit: QROM by unary iteration, and the swap network of a select-swap QROM.

Ours beside Qualtran's `QROM` because that one's `.controlled()` has no cost (it controls every `And`), its
data are cut to integers without a word, and it does not say what it unloads, as a measured unload must know.
"""

from collections import Counter
from functools import cached_property
from typing import Any

import attrs
import numpy as np
from qualtran import (
    Bloq,
    BloqBuilder,
    CompositeBloq,
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
from qualtran.drawing import Circle, Text, TextBox, WireSymbol
from qualtran.resource_counting import (
    BloqCountDictT,
    CostKey,
    GateCounts,
    QECGatesCost,
    SympySymbolAllocator,
)
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.core.checks import checked
from bloqs.core.control import CTRL, DATA, ControllableBloq
from bloqs.core.encoding import ShapeOnlyError
from bloqs.core.shown import ShownBloq
from bloqs.core.wires import Wires
from bloqs.loading.fields import abridged, bit_count, derived, ints
from bloqs.loading.generalizers import LOADING_GENERALIZERS

Key = tuple[str, int]

ADJOINT_USE = {
    "xor": "xor",
    "load": "unload",
    "unload": "load",
    "advance": "retreat",
    "retreat": "advance",
}
"""What a lookup is used for, and what its adjoint is."""


@attrs.frozen(field_transformer=checked)
class UnknownDataGate(ShownBloq, Bloq):
    """A Clifford gate that is there if a bit of unknown data is 1: an upper bound, without tensors.

    Registers:
        q: `num_qubits` qubits, the target last.
    Parameters:
        num_qubits: 1 (an X or a Z) or 2 (a CNOT or a CZ).

    >>> TableLookup(None, 2, word_bitsize=3).call_graph()[1][UnknownDataGate(2)]
    12
    """

    num_qubits: int = 2

    has_data = False

    @cached_property
    def signature(self) -> Signature:
        """`num_qubits` single qubits."""
        return Signature([Register("q", QBit(), shape=(self.num_qubits,))])

    def decompose_bloq(self) -> CompositeBloq:
        """A leaf."""
        raise DecomposeTypeError(f"{self} is a leaf: its data bit is unknown")

    def my_static_costs(self, cost_key: CostKey[Any]) -> Any:
        """One Clifford gate."""
        if isinstance(cost_key, QECGatesCost):
            return GateCounts(clifford=1)
        return NotImplemented

    def adjoint(self) -> Bloq:
        """Its own inverse."""
        return self


@attrs.frozen(field_transformer=checked, cache_hash=True)
class TableLookup(ControllableBloq):
    r"""QROM: `|j>|v> -> |j>|v xor table_j>`, exact, by unary iteration; its own inverse.

    $$ |j\rangle|v\rangle \to |j\rangle|v \oplus table_j\rangle. $$

    `L - 2` And for `L` entries (none for one or two), `L - 1` with control, and one CNOT for each 1-bit of
    the table (by shape, for each bit of it: an upper bound). A row of the table is `num_words` words of
    `word_bitsize` bits, the first word in the most significant bits.

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        address: `QAny(address_bitsize)`, unchanged, holds `j < L`; absent when `address_bitsize = 0`.
        value: `QAny(num_words * word_bitsize)`.
    Parameters:
        data: the table, `(L, num_words)` or flat, non-negative integers; None to cost by shape.
        address_bitsize: `s`; may be symbolic by shape, then taken to be at least 1.
        word_bitsize: bits of a word, at most 62; may be symbolic by shape.
        num_words: words in a row; may be symbolic by shape.
        num_entries: `L <= 2**s`, by shape only, default `2**s`; rows beyond are never addressed.
        is_controlled: with a `ctrl` qubit.
        use: "xor"; "load" where `value` comes in as zero, "unload" where it leaves as zero; "advance" from an
            earlier table to a later one (data are the XOR of the two), "retreat" back. The circuit is one and
            the same; an unload or a retreat may be charged as a measurement (`measured_uncomputation`).
        earlier: address qubits and words of the earlier table, of an advance or a retreat only.

    Raises:
        ValueError: entries that do not fit, too many rows, an unknown use, or an earlier table without a use.

    References:
        [Encoding Electronic Spectra in Quantum Circuits with Linear T Complexity](
        https://arxiv.org/abs/1805.03662), Babbush et al. (2018), section III.

    >>> TableLookup([5, 0, 7], address_bitsize=2, word_bitsize=3).call_classically(address=2, value=1)
    (2, 6)
    """

    data: tuple[int, ...] | None = attrs.field(
        default=None, converter=ints, repr=abridged, metadata=DATA
    )
    address_bitsize: SymbolicInt = 0
    word_bitsize: SymbolicInt = 1
    num_words: SymbolicInt = 1
    num_entries: SymbolicInt | None = None
    is_controlled: bool = False
    use: str = "xor"
    earlier: tuple[int, ...] | None = attrs.field(default=None, converter=ints, repr=abridged)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.use, str) or self.use not in ADJOINT_USE:
            raise ValueError(
                f"unknown use {self.use!r}; allowed are {', '.join(map(repr, ADJOINT_USE))}"
            )
        if (self.earlier is None) == (self.use in ("advance", "retreat")):
            raise ValueError(
                f"an earlier table belongs to 'advance' and 'retreat' alone, got {self.earlier} "
                f"with use {self.use!r}"
            )
        if self.data is not None:
            if is_symbolic(self.address_bitsize, self.word_bitsize, self.num_words):
                raise ValueError(
                    "a table with data needs numbers for address_bitsize, word_bitsize and "
                    "num_words, got symbols"
                )
            if self.num_words < 1:
                raise ValueError(f"num_words must be at least 1, got {self.num_words}")
            rows, rest = divmod(len(self.data), self.num_words)
            if rest or rows == 0:
                raise ValueError(
                    f"{len(self.data)} words do not fill rows of num_words = {self.num_words}; pad "
                    "the last row"
                )
            if self.num_entries not in (None, rows):
                raise ValueError(f"num_entries is {self.num_entries}, but data has {rows} rows")
            if not 1 <= self.word_bitsize <= 62:
                raise ValueError(f"word_bitsize must be 1 to 62, got {self.word_bitsize}")
            table = np.asarray(self.data)
            low, high = int(table.min()), int(table.max())
            if low < 0 or high >= 2**self.word_bitsize:
                bad = low if low < 0 else high
                raise ValueError(
                    f"entry {bad} does not fit a word of {self.word_bitsize} bits: allowed are 0 to "
                    f"{2**self.word_bitsize - 1} (write negative numbers in two's complement)"
                )
        entries = self.entries
        if not is_symbolic(entries, self.address_bitsize) and entries > 2**self.address_bitsize:
            raise ValueError(
                f"{entries} entries need more than {self.address_bitsize} address qubits"
            )

    @property
    def entries(self) -> SymbolicInt:
        """`L`, the number of rows."""
        if self.data is not None:
            return len(self.data) // self.num_words
        return 2**self.address_bitsize if self.num_entries is None else self.num_entries

    @property
    def num_ands(self) -> SymbolicInt:
        """And gates: the branchings of the iteration, but for a root without control."""
        nodes = self.entries - 1 if self.is_controlled else self.entries - 2
        return nodes if is_symbolic(nodes) else max(nodes, 0)

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], [address], value`."""
        registers = [CTRL] if self.is_controlled else []
        if self.address_bitsize != 0:
            registers.append(Register("address", QAny(self.address_bitsize)))
        return Signature([*registers, Register("value", QAny(self.num_words * self.word_bitsize))])

    @property
    def workspace(self) -> SymbolicInt:
        """The And gates that are live at the deepest node."""
        if is_symbolic(self.entries):
            return self.address_bitsize if self.is_controlled else self.address_bitsize - 1
        # Address bits that are 0 throughout are skipped.
        depth = (self.entries - 1).bit_length()
        return depth if self.is_controlled else max(depth - 1, 0)

    def adjoint(self) -> Bloq:
        """The same circuit; to undo a load is an unload."""
        return self if self.use == "xor" else attrs.evolve(self, use=ADJOINT_USE[self.use])

    def _write(self, wires: Wires, control: Key | None, row: int) -> None:
        """XOR a row into `value` under a control."""
        value = wires.reg("value")
        if self.data is None:
            for bit in value:
                qubits = [bit] if control is None else [control, bit]
                wires.call(UnknownDataGate(len(qubits)), q=qubits)
            return
        b = self.word_bitsize
        for w, word in enumerate(self.data[row * self.num_words : (row + 1) * self.num_words]):
            for position in range(b):
                if word >> (b - 1 - position) & 1:
                    bit = value[w * b + position]
                    if control is None:
                        wires.call(XGate(), q=[bit])
                    else:
                        wires.call(CNOT(), ctrl=[control], target=[bit])

    def _iterate(
        self, wires: Wires, control: Key | None, bits: list[Key], first: int, rows: int
    ) -> None:
        """Rows `first ... first + rows - 1`, addressed by `bits`, under a control."""
        if rows == 1:
            self._write(wires, control, first)
            return
        half = 1 << (rows - 1).bit_length() - 1
        bits = bits[-half.bit_length() :]
        bit, rest = bits[0], bits[1:]
        if control is None:
            wires.call(XGate(), q=[bit])
            self._iterate(wires, bit, rest, first, half)
            wires.call(XGate(), q=[bit])
            self._iterate(wires, bit, rest, first + half, rows - half)
            return
        name = f"node{len(bits)}"
        (c, a), node = wires.bb.add(And(1, 0), ctrl=[wires.get(control), wires.get(bit)])
        wires.set(control, c)
        wires.set(bit, a)
        key = wires.put(name, node)
        self._iterate(wires, key, rest, first, half)
        wires.call(CNOT(), ctrl=[control], target=[key])
        self._iterate(wires, key, rest, first + half, rows - half)
        c, a = wires.bb.add(
            And(1, 1).adjoint(), ctrl=[wires.get(control), wires.get(bit)], target=wires.pop(key)
        )
        wires.set(control, c)
        wires.set(bit, a)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Unary iteration."""
        if is_symbolic(self.entries, self.address_bitsize, self.word_bitsize, self.num_words):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        control = wires.reg("ctrl")[0] if self.is_controlled else None
        self._iterate(wires, control, wires.reg("address"), 0, self.entries)
        return wires.join_signature(self.signature)

    @cached_property
    def _data_bits(self) -> SymbolicInt:
        if self.data is None:
            return self.entries * self.num_words * self.word_bitsize
        data = self.data
        return derived(data, "bits", lambda: bit_count(np.array(data, dtype=np.int64)))

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        counts: Counter[Bloq] = Counter()
        entries = self.entries
        nodes = self.num_ands
        single = not is_symbolic(entries) and entries == 1
        counts[And(1, 0)] += nodes
        counts[CNOT()] += nodes
        counts[And(1, 1).adjoint()] += nodes
        if not self.is_controlled and not single:
            counts[XGate()] += 2
        has_control = self.is_controlled or not single
        if self.data is None:
            counts[UnknownDataGate(2 if has_control else 1)] += self._data_bits
        else:
            counts[CNOT() if has_control else XGate()] += self._data_bits
        return {bloq: count for bloq, count in counts.items() if count != 0}

    def on_classical_vals(self, **vals: int) -> dict[str, int]:
        """XOR the addressed row into `value`."""
        if self.data is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no table")
        if vals.get("ctrl", 1) == 1:
            row = vals.get("address", 0)
            if row >= self.entries:
                raise ValueError(f"address {row} is beyond the {self.entries} rows of the table")
            for w in range(self.num_words):
                shift = (self.num_words - 1 - w) * self.word_bitsize
                vals["value"] = int(vals["value"]) ^ self.data[row * self.num_words + w] << shift
        return vals

    def wire_symbol(self, reg: Register | None, idx: tuple[int, ...] = ()) -> WireSymbol:
        """Controls and a box."""
        if reg is None:
            return Text("")
        if reg.name == "ctrl":
            return Circle()
        return TextBox("In" if reg.name == "address" else "⊕table")


@attrs.frozen(field_transformer=checked)
class SwapToFront(ControllableBloq):
    """Permutes `2**k` words so that the word number `address` comes first: `(2**k - 1) b` controlled swaps.

    The other words are permuted too; the adjoint puts all back. Exact.

    Registers:
        ctrl: only when `is_controlled` (`k` And more).
        address: `QAny(k)`, unchanged.
        words: `QAny(2**k * b)`, word 0 in the most significant bits.
    Parameters:
        address_bitsize: `k >= 1`; may be symbolic.
        word_bitsize: `b`; may be symbolic.
        is_controlled: with a `ctrl` qubit.

    >>> oct(SwapToFront(2, 3).call_classically(address=1, words=0o1234)[1])
    '0o2134'
    """

    address_bitsize: SymbolicInt
    word_bitsize: SymbolicInt
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        if not is_symbolic(self.address_bitsize) and self.address_bitsize < 1:
            raise ValueError(f"address_bitsize must be at least 1, got {self.address_bitsize}")

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], address, words`."""
        registers = [
            Register("address", QAny(self.address_bitsize)),
            Register("words", QAny(2**self.address_bitsize * self.word_bitsize)),
        ]
        return Signature([CTRL, *registers] if self.is_controlled else registers)

    @property
    def workspace(self) -> SymbolicInt:
        """One masked address bit, when controlled."""
        return 1 if self.is_controlled else 0

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Halves are swapped, most significant address bit first."""
        if is_symbolic(self.address_bitsize, self.word_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        words = wires.reg("words")
        half = len(words)
        for bit in wires.reg("address"):
            half //= 2
            control = bit
            if self.is_controlled:
                ctrl = wires.reg("ctrl")[0]
                (c, a), top = bb.add(And(), ctrl=[wires.get(ctrl), wires.get(bit)])
                wires.set(ctrl, c)
                wires.set(bit, a)
                control = wires.put("masked", top)
            wires.call(CSwap(half), ctrl=[control], x=words[:half], y=words[half : 2 * half])
            if self.is_controlled:
                c, a = bb.add(
                    And().adjoint(),
                    ctrl=[wires.get(ctrl), wires.get(bit)],
                    target=wires.pop(control),
                )
                wires.set(ctrl, c)
                wires.set(bit, a)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition; one wide swap of all when symbolic."""
        k, b = self.address_bitsize, self.word_bitsize
        counts: dict[Bloq, SymbolicInt] = {}
        if is_symbolic(k, b):
            counts[CSwap((2**k - 1) * b)] = 1
        else:
            counts = {CSwap(2**level * b): 1 for level in range(k)}
        if self.is_controlled:
            counts |= {And(): k, And().adjoint(): k}
        return counts

    def on_classical_vals(self, **vals: int) -> dict[str, int]:
        """Swap halves."""
        if vals.get("ctrl", 1) == 1:
            total = 2**self.address_bitsize * self.word_bitsize
            bits = QAny(total).to_bits(int(vals["words"]))
            half = total
            for bit in QAny(self.address_bitsize).to_bits(int(vals["address"])):
                half //= 2
                if bit:
                    bits[: 2 * half] = bits[half : 2 * half] + bits[:half]
            vals["words"] = QAny(total).from_bits(bits)
        return vals


@bloq_example
def _unknown_data_gate() -> UnknownDataGate:
    unknown_data_gate = UnknownDataGate(2)
    return unknown_data_gate


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _table_lookup() -> TableLookup:
    table_lookup = TableLookup([[5, 1], [0, 2], [7, 4]], 2, word_bitsize=3, num_words=2)
    return table_lookup


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _table_lookup_shape() -> TableLookup:
    table_lookup_shape = TableLookup(None, 3, word_bitsize=4, is_controlled=True)
    return table_lookup_shape


@bloq_example
def _table_lookup_symbolic() -> TableLookup:
    import sympy

    s, b = sympy.symbols("s b")
    table_lookup_symbolic = TableLookup(None, s, word_bitsize=b)
    return table_lookup_symbolic


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _swap_to_front() -> SwapToFront:
    swap_to_front = SwapToFront(2, 3)
    return swap_to_front
