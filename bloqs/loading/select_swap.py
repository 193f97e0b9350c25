"""A table looked up by select and swap: fewer T than unary iteration, for more qubits.

Ours because Qualtran's `SelectSwapQROM` takes blocks that are not the cheapest (64 words of 8 bits: 60 And
and 128 T, against 62 And here), and its `QROAMClean` leaves junk, with an adjoint that has no tensors.
"""

from functools import cached_property

import attrs
import numpy as np
from qualtran import (
    Bloq,
    BloqBuilder,
    Register,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CNOT
from qualtran.drawing import WireSymbol
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.checks import truth, whole_number
from bloqs.core.checks import MAX_BITSIZE, MAX_WORD, checked
from bloqs.core.control import DATA, ControllableBloq
from bloqs.core.wires import Wires
from bloqs.loading.fields import abridged, ints
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.lookup import SwapToFront, TableLookup
from bloqs.messages import shown


def select_swap_toffolis(
    address_bitsize: int, word_bitsize: int, block_bitsize: int, is_controlled: bool = False
) -> int:
    """And and CSwap gates of a select-swap lookup with blocks of `2**block_bitsize` words, exact.

    Args:
        address_bitsize: `n`: the table has `2**n` entries.
        word_bitsize: `b`, bits of an entry.
        block_bitsize: `k`, 0 to `n`; 0 is the plain lookup.
        is_controlled: whether the lookup is controlled.

    Returns:
        Their number, that is `2 (2**(n-k) - 2) + 2 b (2**k - 1)` for `0 < k < n` without control.

    Raises:
        ValueError: no integers, or `k` larger than `n`.

    Example:
        >>> [select_swap_toffolis(8, 16, k) for k in range(4)]
        [254, 284, 220, 284]
    """
    address_bitsize = whole_number(address_bitsize, "address_bitsize", low=0, high=MAX_BITSIZE)
    word_bitsize = whole_number(word_bitsize, "word_bitsize", low=0, high=MAX_WORD)
    block_bitsize = whole_number(block_bitsize, "block_bitsize", low=0)
    if block_bitsize > address_bitsize:
        raise ValueError(
            f"block_bitsize must be at most address_bitsize, found {shown(block_bitsize)} and "
            f"{address_bitsize}"
        )
    is_controlled = truth(is_controlled, "is_controlled")
    high = 2 ** (address_bitsize - block_bitsize)
    table = high - 1 if is_controlled else max(high - 2, 0)
    if block_bitsize == 0:
        return table
    return 2 * table + 2 * word_bitsize * (2**block_bitsize - 1)


@attrs.frozen(field_transformer=checked, cache_hash=True)
class SelectSwapLookup(ControllableBloq):
    r"""`|j>|v> -> |j>|v xor table_j>` by select and swap: exact, its own inverse, all helpers returned clean.

    $$ |j\rangle|v\rangle \to |j\rangle|v \oplus table_j\rangle. $$

    The high `n - k` address qubits select a block of `2**k` words from a table (`TableLookup`), a swap
    network on the low `k` brings the wanted word to the front (`SwapToFront`), CNOT copy it, and the same is
    undone:

        And = 2 (2**(n-k) - 2),   CSwap = 2 b (2**k - 1)

    (one And more a table with control); `k = 0` is the plain lookup with `2**n - 2` And. By default `k`
    minimises And + CSwap, about `4 sqrt(2**n b)`; ties go to the fewer qubits.

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        address: `QAny(n)`, unchanged; absent when `n = 0`.
        value: `QAny(b)`.

    Parameters:
        data: `2**n` non-negative integers; None to cost by shape.
        address_bitsize: `n`.
        word_bitsize: `b`, at most 62.
        block_bitsize: `k`, 0 to `n`; None for the best.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: a number of entries that is not `2**n`, entries out of range, `k` out of range, a size
            that is a symbol.

    References:
        [Trading T gates for dirty qubits in state preparation and unitary synthesis](
        https://arxiv.org/abs/1812.00954), Low, Kliuchnikov and Schaeffer (2018), figure 1d, with clean words.

    Example:
        >>> SelectSwapLookup([5, 0, 7, 2], 2, 3, block_bitsize=1).call_classically(address=2, value=1)
        (2, 6)
    """

    data: tuple[int, ...] | None = attrs.field(
        default=None, converter=ints, repr=abridged, metadata=DATA
    )
    address_bitsize: int = 0
    word_bitsize: int = 1
    block_bitsize: int | None = None
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        n, b = self.address_bitsize, self.word_bitsize
        if is_symbolic(n) or is_symbolic(b):
            raise ValueError(
                f"a select-swap lookup needs numbers for its sizes, got {n} address and {b} word bits"
            )
        check_full_table(self.data, n, b)
        if self.block_bitsize is not None and not 0 <= self.block_bitsize <= n:
            raise ValueError(f"block_bitsize must be 0 to {n}, got {self.block_bitsize}")

    @cached_property
    def _block(self) -> int:
        """`k`."""
        if self.block_bitsize is not None:
            return self.block_bitsize
        n, b = self.address_bitsize, self.word_bitsize
        return min(
            range(n + 1), key=lambda k: (select_swap_toffolis(n, b, k, self.is_controlled), k)
        )

    @cached_property
    def _table(self) -> TableLookup:
        """The words of each block."""
        k, high = self._block, self.address_bitsize - self._block
        table = None if self.data is None else np.array(self.data).reshape(2**high, 2**k)
        return TableLookup(table, high, self.word_bitsize, 2**k, is_controlled=self.is_controlled)

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], [address], value`."""
        return lookup_signature(self.address_bitsize, self.word_bitsize, self.is_controlled)

    @property
    def workspace(self) -> SymbolicInt:
        """The words of a block, and the And gates of the table."""
        words = 0 if self._block == 0 else 2**self._block * self.word_bitsize
        return words + self._table.workspace

    def adjoint(self) -> Bloq:
        """Its own inverse."""
        return self

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Load a block, bring the word to the front, copy it, undo."""
        wires = Wires(bb, soqs)
        ctrl, address, value = wires.reg("ctrl"), wires.reg("address"), wires.reg("value")
        k = self._block
        if k == 0:
            wires.call(self._table, ctrl=ctrl, address=address, value=value)
            return wires.join_signature(self.signature)
        high, low = address[:-k], address[-k:]
        load, unload = self._loads
        words = wires.allocate("word", 2**k * self.word_bitsize)
        swap = SwapToFront(k, self.word_bitsize)
        wires.call(load, ctrl=ctrl, address=high, value=words)
        wires.call(swap, address=low, words=words)
        for word_bit, bit in zip(words, value, strict=False):
            wires.call(CNOT(), ctrl=[word_bit], target=[bit])
        wires.call(swap.adjoint(), address=low, words=words)
        wires.call(unload, ctrl=ctrl, address=high, value=words)
        wires.free("word")
        return wires.join_signature(self.signature)

    @property
    def _loads(self) -> tuple[TableLookup, Bloq]:
        load = attrs.evolve(self._table, use="load")
        return load, load.adjoint()

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        if self._block == 0:
            return {self._table: 1}
        swap = SwapToFront(self._block, self.word_bitsize)
        load, unload = self._loads
        return {load: 1, unload: 1, swap: 1, swap.adjoint(): 1, CNOT(): self.word_bitsize}

    def on_classical_vals(self, **vals: int) -> dict[str, int]:
        """XOR the addressed word into `value`."""
        return full_table(self).on_classical_vals(**vals)

    def wire_symbol(self, reg: Register | None, idx: tuple[int, ...] = ()) -> WireSymbol:
        """Controls and a box."""
        return full_table(self).wire_symbol(reg, idx)


def check_full_table(
    data: tuple[int, ...] | None, address_bitsize: SymbolicInt, word_bitsize: SymbolicInt
) -> None:
    """Refuse a table that does not fill its addresses or its words; what is a symbol passes.

    Args:
        data: the entries; None by shape.
        address_bitsize: `n`, at least 0.
        word_bitsize: `b`, at least 1; with data at most 62.

    Raises:
        ValueError: sizes out of range, not `2**n` entries, or one that does not fit `b` bits.

    Example:
        >>> check_full_table((5, 0, 7), 2, 3)
        Traceback (most recent call last):
            ...
        ValueError: 2 address qubits need 4 entries, got 3; pad with zeros
    """
    if not is_symbolic(address_bitsize) and address_bitsize < 0:
        raise ValueError(f"address_bitsize must not be negative, got {address_bitsize}")
    if not is_symbolic(word_bitsize) and word_bitsize < 1:
        raise ValueError(f"word_bitsize must be at least 1, got {word_bitsize}")
    if data is None:
        return
    table = TableLookup(data, address_bitsize, word_bitsize)
    if table.entries != 2**address_bitsize:
        raise ValueError(
            f"{address_bitsize} address qubits need {2**address_bitsize} entries, got {len(data)}; "
            "pad with zeros"
        )


def lookup_signature(
    address_bitsize: SymbolicInt, word_bitsize: SymbolicInt, is_controlled: bool
) -> Signature:
    """The registers of a lookup of one word: `[ctrl], [address], value`.

    Args:
        address_bitsize: `n`; 0 for no address register; may be a symbol.
        word_bitsize: `b`; may be a symbol.
        is_controlled: whether there is a `ctrl` qubit.

    Returns:
        The signature.

    Example:
        >>> [(reg.name, reg.bitsize) for reg in lookup_signature(5, 16, is_controlled=True)]
        [('ctrl', 1), ('address', 5), ('value', 16)]
    """
    return TableLookup(None, address_bitsize, word_bitsize, is_controlled=is_controlled).signature


def full_table(bloq: Bloq) -> TableLookup:
    """The plain lookup that does the same as another lookup of one word.

    Args:
        bloq: one with the fields `data`, `address_bitsize`, `word_bitsize` and `is_controlled`.

    Returns:
        `TableLookup` with these fields.

    Example:
        >>> full_table(SelectSwapLookup(None, 6, 4)).num_ands
        62
    """
    names = ("data", "address_bitsize", "word_bitsize", "is_controlled")
    return TableLookup(**{name: getattr(bloq, name) for name in names})


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _select_swap_lookup() -> SelectSwapLookup:
    select_swap_lookup = SelectSwapLookup([1, 0, 3, 2], 2, 2, block_bitsize=1)
    return select_swap_lookup


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _select_swap_lookup_shape() -> SelectSwapLookup:
    select_swap_lookup_shape = SelectSwapLookup(None, 6, 4, is_controlled=True)
    return select_swap_lookup_shape
