"""Signs from a table of bits: what is left to mend after a table was unloaded by measuring it."""

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
from qualtran.bloqs.basic_gates import CNOT, Hadamard, XGate
from qualtran.bloqs.mcmt import And
from qualtran.drawing import Circle, Text, TextBox, WireSymbol
from qualtran.resource_counting import (
    BloqCountDictT,
    SympySymbolAllocator,
)

from bloqs.core.checks import checked
from bloqs.core.control import CTRL, DATA, ControllableBloq
from bloqs.core.wires import Wires
from bloqs.loading.fields import abridged, ints
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.lookup import Key, TableLookup


@attrs.frozen(field_transformer=checked, cache_hash=True)
class PhaseFixUp(ControllableBloq):
    r"""`|j> -> (-1)**f_j |j>` for a table of bits: exact, its own inverse.

    $$ |j\rangle \to (-1)^{f_j} |j\rangle. $$

    The low `k` address bits are written in unary (one of `2**k` qubits is 1: `2**k - 2` And), and a table of
    `ceil(L / 2**k)` rows over the high bits applies CZ to those where `f` is 1; the unary qubits are then
    undone without T:

        And = ceil(L / 2**k) - 2 + 2**k - 2       (one more with control)

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        address: `QAny(n)`, holds `j < L`.

    Parameters:
        data: the bits `f`, `L` integers 0 or 1; None to cost by shape, when each is a gate.
        address_bitsize: `n`.
        block_bitsize: `k`, 1 to `n`.
        num_entries: `L`, by shape only, default `2**n`.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: a bit that is not 0 or 1, more bits than addresses, `k` out of range.

    References:
        [Qubitization of arbitrary basis quantum chemistry leveraging sparsity and low rank factorization](
        https://arxiv.org/abs/1902.02134), Berry et al. (2019), appendix C.

    Example:
        >>> np.diag(PhaseFixUp([0, 1, 1, 0], 2, 1).tensor_contract()).real.round(12).tolist()
        [1.0, -1.0, -1.0, 1.0]
    """

    data: tuple[int, ...] | None = attrs.field(
        default=None, converter=ints, repr=abridged, metadata=DATA
    )
    address_bitsize: int = 1
    block_bitsize: int = 1
    num_entries: int | None = None
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        n, k = self.address_bitsize, self.block_bitsize
        if not 1 <= k <= n:
            raise ValueError(f"block_bitsize must be 1 to the {n} address bits, got {k}")
        if self.data is not None:
            if not set(self.data) <= {0, 1}:
                raise ValueError(f"phases are bits, 0 or 1, got {max(self.data)}")
            if self.num_entries not in (None, len(self.data)):
                raise ValueError(
                    f"num_entries is {self.num_entries}, but there are {len(self.data)} bits"
                )
        if not 1 <= self.entries <= 2**n:
            raise ValueError(f"{n} address qubits hold 1 to {2**n} entries, got {self.entries}")

    @property
    def entries(self) -> int:
        """`L`."""
        if self.data is not None:
            return len(self.data)
        return 2**self.address_bitsize if self.num_entries is None else self.num_entries

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], address`."""
        registers = [Register("address", QAny(self.address_bitsize))]
        return Signature([CTRL, *registers] if self.is_controlled else registers)

    @cached_property
    def _table(self) -> TableLookup:
        """The bits of each block, one a unary qubit."""
        size = 2**self.block_bitsize
        rows = -(-self.entries // size)
        table = None
        if self.data is not None:
            table = np.zeros((rows, size), dtype=np.int64)
            table.ravel()[: self.entries] = self.data
        return TableLookup(
            table,
            self.address_bitsize - self.block_bitsize,
            1,
            size,
            num_entries=rows,
            is_controlled=self.is_controlled,
        )

    @property
    def num_ands(self) -> int:
        """And gates."""
        return int(self._table.num_ands + 2**self.block_bitsize - 2)

    @property
    def workspace(self) -> int:
        """The unary qubits, of which an address bit is one, and the And gates of the table."""
        return int(2**self.block_bitsize - 1 + self._table.workspace)

    def adjoint(self) -> Bloq:
        """Its own inverse."""
        return self

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Unary, table of CZ, undo."""
        wires = Wires(bb, soqs)
        address = wires.reg("address")
        high, low = address[: -self.block_bitsize], address[-self.block_bitsize :]
        left = wires.allocate("left")
        wires.call(CNOT(), ctrl=[low[0]], target=left)
        wires.call(XGate(), q=left)
        nodes = [*left, low[0]]
        levels: list[tuple[Key, list[Key], list[Key]]] = []
        for bit in low[1:]:
            rights: list[Key] = []
            for node in nodes:
                right = wires.both(node, bit, f"right{len(levels)}.{len(rights)}")
                wires.call(CNOT(), ctrl=[right], target=[node])
                rights.append(right)
            levels.append((bit, nodes, rights))
            nodes = [key for pair in zip(nodes, rights, strict=True) for key in pair]
        for node in nodes:
            wires.call(Hadamard(), q=[node])
        wires.call(self._table, ctrl=wires.reg("ctrl"), address=high, value=nodes)
        for node in nodes:
            wires.call(Hadamard(), q=[node])
        for bit, parents, rights in reversed(levels):
            for parent, right in zip(parents, rights, strict=True):
                wires.call(CNOT(), ctrl=[right], target=[parent])
                wires.undo_both(parent, bit, right[0])
        wires.call(XGate(), q=left)
        wires.call(CNOT(), ctrl=[low[0]], target=left)
        wires.free("left")
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        size = 2**self.block_bitsize
        counts: dict[Bloq, int] = {
            self._table: 1,
            Hadamard(): 2 * size,
            XGate(): 2,
            CNOT(): 2 * (size - 2) + 2,
        }
        if size > 2:
            counts |= {And(): size - 2, And().adjoint(): size - 2}
        return dict(counts)

    def wire_symbol(self, reg: Register | None, idx: tuple[int, ...] = ()) -> WireSymbol:
        """Controls and a box."""
        if reg is None:
            return Text("")
        return Circle() if reg.name == "ctrl" else TextBox("(-1)^f")


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _phase_fix_up() -> PhaseFixUp:
    phase_fix_up = PhaseFixUp([0, 1, 1, 0, 1], 3, 1)
    return phase_fix_up


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _phase_fix_up_shape() -> PhaseFixUp:
    phase_fix_up_shape = PhaseFixUp(None, 4, 2, is_controlled=True)
    return phase_fix_up_shape
