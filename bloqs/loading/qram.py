"""One query of a hardware memory, and by which model it is charged."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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

from bloqs.core.control import DATA, ControllableBloq
from bloqs.core.wires import Wires
from bloqs.loading.bucket_brigade import BucketBrigadeQRAM
from bloqs.loading.fields import abridged, ints
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.select_swap import (
    SelectSwapLookup,
    check_full_table,
    full_table,
    lookup_signature,
)

MEMORY_CIRCUITS = {"select-swap": SelectSwapLookup, "bucket-brigade": BucketBrigadeQRAM}
"""The circuit of a query under each memory model that has one; "oracle" has none."""

_CHARGED_MODEL: ContextVar[str] = ContextVar("charged_memory_model", default="select-swap")


@contextmanager
def charged_memory(model: str) -> Iterator[None]:
    """Inside, `workspace` (hence `QubitCount`) of every query is that of the memory model.

    Gate counts choose the model by the generalizer `charge_qram(model)`; the qubits of a bloq are stated and
    not summed over its callees, so that they need to be told.

    Args:
        model: "select-swap", "bucket-brigade", or "oracle" (a query takes no qubits).

    Raises:
        ValueError: another model.

    >>> query = QRAMQuery(None, 8, 16)
    >>> with charged_memory("bucket-brigade"):
    ...     query.workspace
    382
    >>> query.workspace
    69
    """
    if model != "oracle":
        _check_model(model)
    token = _CHARGED_MODEL.set(model)
    try:
        yield
    finally:
        _CHARGED_MODEL.reset(token)


def _check_model(model: str) -> None:
    if model not in MEMORY_CIRCUITS:
        raise ValueError(
            f"QRAM model {model!r} has no circuit; those with one are "
            f"{', '.join(map(repr, MEMORY_CIRCUITS))} ('oracle' only counts queries)"
        )


@attrs.frozen(cache_hash=True)
class QRAMQuery(ControllableBloq):
    r"""One query of a hardware memory (QRAM): `|j>|v> -> |j>|v xor data_j>`, exact, its own inverse.

    What a query costs depends on a memory model, chosen where costs are asked for (`estimate(qram=...)`):

    * "oracle": nothing; the queries are counted by table size (`QRAMQueries`).
    * "bucket-brigade": `BucketBrigadeQRAM`, `4 (N - 2)` T in `n - 1` layers, O(N) qubits.
    * "select-swap": `SelectSwapLookup`, the fewest T, about `16 sqrt(N b)`, with O(sqrt(N b)) qubits.

    The decomposition is the select-swap circuit; it is what a contraction runs and what is charged when no
    model is named.

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

    def qram_circuit(self, model: str) -> Bloq:
        """The circuit that answers the query under a memory model, on the same registers.

        Args:
            model: "select-swap" or "bucket-brigade".

        Raises:
            ValueError: a model without circuits, or symbols for the sizes of a select-swap circuit.
        """
        _check_model(model)
        return MEMORY_CIRCUITS[model](
            self.data,
            self.address_bitsize,
            self.word_bitsize,
            is_controlled=self.is_controlled,
        )

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], [address], value`."""
        return lookup_signature(self.address_bitsize, self.word_bitsize, self.is_controlled)

    @property
    def workspace(self) -> SymbolicInt:
        """That of the circuit charged (`charged_memory`); none for an oracle."""
        model = _CHARGED_MODEL.get()
        if model == "oracle":
            return 0
        circuit = self.qram_circuit(model)
        assert isinstance(circuit, ControllableBloq)
        return circuit.workspace

    def adjoint(self) -> Bloq:
        """Its own inverse."""
        return self

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The select-swap circuit."""
        if is_symbolic(self.address_bitsize, self.word_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        registers = {reg.name: wires.reg(reg.name) for reg in self.signature}
        wires.call(self.qram_circuit("select-swap"), **registers)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        return {self.qram_circuit("select-swap"): 1}

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
