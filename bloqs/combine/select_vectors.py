"""The SELECT tree that multiplexes vector encodings: one level of L4."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

import attrs
from qualtran import (
    Bloq,
    BloqBuilder,
    BloqDocSpec,
    DecomposeTypeError,
    QAny,
    Register,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CNOT, XGate
from qualtran.bloqs.mcmt import And
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic, smax

from bloqs.checks import sequence
from bloqs.combine.matrix_product import check_same_length, check_vector_encoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import CTRL, ControllableBloq, WorkspaceOf, max_workspace
from bloqs.core.encoding import VectorEncoding, encoding_registers
from bloqs.core.flags import Key, compute_ladder, uncompute_ladder
from bloqs.core.wires import Wires


@attrs.frozen(field_transformer=checked, cache_hash=True)
class SelectVectors(ControllableBloq):
    r"""SELECT of vector encodings, `sum_j |j><j| (x) U_j`, as a binary tree.

    One node is

    $$ |0\rangle\langle 0| \otimes U_{first} + |1\rangle\langle 1| \otimes U_{second}. $$

    A part is a `VectorEncoding` or again a `SelectVectors`, which takes the last of the remaining select
    qubits; so K encodings need `ceil(log2 K)` select qubits. Each encoding is called once, controlled.
    The tree costs what unary iteration costs, `K - 2` And (`K - 1` with control): the root is controlled by
    its select qubit directly, every other node by one And whose target serves both its parts.
    All encodings share the ancillas: on each branch only one of them acts.

    When K is not a power of two, an index `j >= K` applies the encoding that its leading bits lead to.

    Registers:
        ctrl: only when `is_controlled`.
        select: `QAny(s)`, unchanged, most significant first.
        system: `QAny(n)` of all encodings.
        ancilla: `QAny(max a_j)`; an encoding with fewer takes the first ones.

    Parameters:
        first: what acts where the first select qubit is 0.
        second: what acts where it is 1.
        is_controlled: with a `ctrl` qubit.

    Raises:
        ValueError: a part of the wrong kind or with a control of its own, systems of different sizes.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> SelectVectors(LoadedVector([0.6, 0.8]), LoadedVector([0.8, -0.6])).signature.n_qubits()
        2
    """

    first: Bloq
    second: Bloq
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        for name, part in (("first", self.first), ("second", self.second)):
            if not (isinstance(part, SelectVectors) and not part.is_controlled):
                check_vector_encoding("SelectVectors", name, part)
        check_same_length("SelectVectors", *(part.system_bitsize for part in self._parts))

    @classmethod
    def from_encodings(cls, encodings: Sequence[VectorEncoding]) -> "SelectVectors":
        """The tree of encodings in which index j (big-endian) applies the j-th.

        Args:
            encodings: two or more, all of one number of system qubits.

        Returns:
            The SELECT, of `ceil(log2 len(encodings))` index qubits.

        Raises:
            ValueError: fewer than two, or as for the class.
        """
        encodings = sequence(encodings, "encodings", "a sequence of encodings")
        if len(encodings) < 2:
            raise ValueError(f"SELECT needs two encodings or more, got {len(encodings)}")
        half = 1 << ((len(encodings) - 1).bit_length() - 1)
        first, second = (
            part[0] if len(part) == 1 else cls.from_encodings(part)
            for part in (encodings[:half], encodings[half:])
        )
        return cls(first, second)

    @property
    def _parts(self) -> "tuple[VectorEncoding | SelectVectors, VectorEncoding | SelectVectors]":
        return self.first, self.second  # type: ignore[return-value]

    @cached_property
    def encodings(self) -> tuple[VectorEncoding, ...]:
        """The leaves of the tree, in the order of the index."""
        leaves: list[VectorEncoding] = []
        for part in self._parts:
            leaves.extend(part.encodings if isinstance(part, SelectVectors) else [part])
        return tuple(leaves)

    @cached_property
    def indices(self) -> tuple[int, ...]:
        """The select value of each leaf: with `from_encodings`, its place."""
        found: list[int] = []
        for bit, part in enumerate(self._parts):
            inner = part.indices if isinstance(part, SelectVectors) else (0,)
            found.extend((bit << (self.select_bitsize - 1)) + index for index in inner)
        return tuple(found)

    @cached_property
    def select_bitsize(self) -> int:
        """Depth of the tree."""
        return 1 + max(_depth(part) for part in self._parts)

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the encodings."""
        return self._parts[0].system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """`max a_j`."""
        return smax(*(part.ancilla_bitsize for part in self._parts))

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], select, system, [ancilla]`."""
        registers = encoding_registers(self.system_bitsize, self.ancilla_bitsize, False)
        select = Register("select", QAny(self.select_bitsize))
        return Signature([*([CTRL] if self.is_controlled else []), select, *registers])

    @cached_property
    def _calls(self) -> tuple[Bloq, Bloq]:
        return self.first.controlled(), self.second.controlled()

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The And's target, if any, beside the larger of the parts'."""
        return int(self.is_controlled) + max_workspace(
            *(workspace_of(call) for call in self._calls)
        )

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The first part controlled on 0, the second on 1."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, top = wires.reg("ctrl"), wires.reg("select")[0]
        if not ctrl:
            wires.call(XGate(), q=[top])
            self._call(wires, 0, top)
            wires.call(XGate(), q=[top])
            self._call(wires, 1, top)
            return wires.join_signature(self.signature)
        both = compute_ladder(wires, ctrl, [top])
        self._call(wires, 0, both)
        # ctrl AND NOT top, xor ctrl, is ctrl AND top: no second And.
        wires.call(CNOT(), ctrl=ctrl, target=[both])
        self._call(wires, 1, both)
        uncompute_ladder(wires, [*ctrl, top], [])
        return wires.join_signature(self.signature)

    def _call(self, wires: Wires, index: int, control: Key) -> None:
        """Part 0 or 1, controlled, on as many of the last select and first ancilla qubits as it has."""
        part, call = self._parts[index], self._calls[index]
        select, ancilla = wires.reg("select"), wires.reg("ancilla")
        wires.call(
            call,
            ctrl=[control],
            select=select[len(select) - _depth(part) :],
            system=wires.reg("system"),
            ancilla=ancilla[: int(part.ancilla_bitsize)],
        )

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """One controlled call of each part, and what makes the controls."""
        counts: Counter[Bloq] = Counter(self._calls)
        if self.is_controlled:
            counts.update([And(1, 0), CNOT(), And(1, 1).adjoint()])
        else:
            counts[XGate()] += 2
        return counts


def _depth(part: Bloq) -> int:
    return part.select_bitsize if isinstance(part, SelectVectors) else 0


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _select_vectors() -> SelectVectors:
    from bloqs.loading import LoadedVector

    select_vectors = SelectVectors(
        SelectVectors(LoadedVector([0.6, 0.8]), LoadedVector([-0.8, 0.6])),
        LoadedVector([1.0, -3.0]),
    )
    return select_vectors


SELECT_VECTORS_DOC = BloqDocSpec(bloq_cls=SelectVectors, examples=[_select_vectors])
