"""One query of a hardware memory."""

from functools import cached_property

import attrs
from qualtran import (
    Bloq,
    BloqBuilder,
    DecomposeTypeError,
    Register,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.drawing import WireSymbol
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.core.checks import checked
from bloqs.core.control import DATA, ControllableBloq, WorkspaceOf
from bloqs.core.wires import Wires
from bloqs.loading.fields import abridged, ints
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.memory import SELECT_SWAP
from bloqs.loading.select_swap import (
    SelectSwapLookup,
    check_full_table,
    full_table,
    lookup_signature,
)


@attrs.frozen(field_transformer=checked, cache_hash=True)
class QRAMQuery(ControllableBloq):
    r"""One query of a hardware memory (QRAM): `|j>|v> -> |j>|v xor data_j>`, exact, its own inverse.

    $$ |j\rangle|v\rangle \to |j\rangle|v \oplus data_j\rangle. $$

    What a query costs depends on a memory model (`MEMORY_MODELS`), chosen where costs are asked for
    (`estimate(qram=...)`). The decomposition is the select-swap circuit; it is what a contraction runs and
    what is charged when no model is named.

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        address: `QAny(n)`, unchanged; absent when `n = 0`.
        value: `QAny(b)`.

    Parameters:
        data: `N = 2**n` non-negative integers; None to cost by shape.
        address_bitsize: `n`; symbolic by shape for "oracle" and "bucket-brigade".
        word_bitsize: `b`, at most 62 by data.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: a number of entries that is not `2**n`, or entries out of range.

    Example:
        >>> QRAMQuery([5, 0, 7, 2], 2, 3).call_classically(address=2, value=1)
        (2, 6)
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
    def qram_table_size(self) -> SymbolicInt:
        """`N`, the entries of the table: by it queries are counted."""
        return 2**self.address_bitsize

    @property
    def _circuit(self) -> SelectSwapLookup:
        return SELECT_SWAP.circuit(self)

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], [address], value`."""
        return lookup_signature(self.address_bitsize, self.word_bitsize, self.is_controlled)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """That of the circuit; a cost under another memory model has the circuit in place of the query."""
        return workspace_of(self._circuit)

    def adjoint(self) -> Bloq:
        """Its own inverse."""
        return self

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The select-swap circuit."""
        if is_symbolic(self.address_bitsize, self.word_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        registers = {reg.name: wires.reg(reg.name) for reg in self.signature}
        wires.call(self._circuit, **registers)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        return {self._circuit: 1}

    def on_classical_vals(self, **vals: int) -> dict[str, int]:
        """XOR the addressed entry into `value`."""
        return full_table(self).on_classical_vals(**vals)

    def wire_symbol(self, reg: Register | None, idx: tuple[int, ...] = ()) -> WireSymbol:
        """Controls and a box."""
        return full_table(self).wire_symbol(reg, idx)


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _qram_query() -> QRAMQuery:
    qram_query = QRAMQuery([1, 0, 3, 2], 2, 2)
    return qram_query


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _qram_query_shape() -> QRAMQuery:
    qram_query_shape = QRAMQuery(None, 5, 16, is_controlled=True)
    return qram_query_shape
