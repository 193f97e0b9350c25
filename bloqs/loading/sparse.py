"""Loading a vector with few non-zero entries: cost by their number, not by the length."""

from functools import cached_property
from typing import Any

import attrs
import numpy as np
from qualtran import (
    BloqBuilder,
    Soquet,
    bloq_example,
)
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt

from bloqs.core.checks import checked
from bloqs.core.control import DATA, WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, ShapeOnlyError, VectorEncoding
from bloqs.core.wires import Wires
from bloqs.loading.fields import abridged, floats, ints
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.loader import LOADERS, Loader, loader_name
from bloqs.loading.lookup import TableLookup
from bloqs.loading.positions import PositionIndex, check_positions
from bloqs.loading.vector import LoadedVector


@attrs.frozen(field_transformer=checked, cache_hash=True)
class SparseVector(VectorEncoding):
    r"""`|0> -> sum_i data_i |position_i> / ||data||`: a `(1, m, epsilon)`-encoding with `s` non-zero entries.

    $$ |0\rangle \to \sum_i \frac{data_i}{\|data\|_2} |x_i\rangle. $$

    A dense vector of the `s` values is loaded on `m = max(1, ceil(log2 s))` qubits (`LoadedVector`), the
    position of each is looked up into the system (`TableLookup`, `s - 2` And), and the index is taken back by
    the inverse lookup (`PositionIndex`, `s - 2` And). So the gates that are not Clifford are O(s) in number
    whatever the length of the vector, where a dense load takes O(2**n): by "rotations", `2 s - 4` And and,
    for `s` a power of two, `s - 1` rotations. The only error is that of the dense load's angles.

    The index qubits are ancillas because a system that does not come in as zero leaves an index behind.

    Registers:
        ctrl: one qubit, only when `is_controlled`; control 0 changes nothing.
        system: `QAny(n)`, zero in.
        ancilla: `QAny(m)`, the index, zero in; zero on the good branch.

    Parameters:
        data: `s` real numbers, not normalised; None to cost by shape.
        positions: `s` distinct integers below `2**n`, in any order; None by shape.
        bitsize: `n`, 1 to 62 by data.
        loading: the loader of the dense vector, as in `LoadedVector`.
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

    data: tuple[float, ...] | None = attrs.field(
        default=None, converter=floats, repr=abridged, metadata=DATA
    )
    positions: tuple[int, ...] | None = attrs.field(
        default=None, converter=ints, repr=abridged, metadata=DATA
    )
    bitsize: int = 1
    loading: str = attrs.field(default="rotations", converter=loader_name)
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
        cls, vector: object, loading: str | Loader = "rotations", **options: Any
    ) -> "SparseVector":
        """The non-zero entries of a dense vector.

        Args:
            vector: `2**n` real numbers, any shape, flattened row-major.
            loading: the loader of the values, or its name.
            options: the other fields of the class.

        Returns:
            The bloq with those entries alone.

        Raises:
            ValueError: length not a power of two, or all zero.

        Example:
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
        loading: str | Loader = "select-swap",
        **options: Any,
    ) -> "SparseVector":
        """The vector with the fewest angle bits whose stated error is at most `epsilon`.

        Args:
            data: as in the class; None by shape.
            positions: as in the class; None by shape.
            bitsize: `n`, qubits of the system.
            epsilon: bound of the 2-norm error, positive.
            loading: the loader of the values; an exact one, such as "rotations", takes no bits.
            options: the other fields of the class.

        Returns:
            The vector with that many bits.

        Raises:
            ValueError: as the class, or `epsilon` out of reach.
        """
        return LOADERS.find(loading).for_epsilon(
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
def _sparse_vector() -> SparseVector:
    sparse_vector = SparseVector([1.0, -2.0, 0.5], [6, 1, 3], 3)
    return sparse_vector


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _sparse_vector_shape() -> SparseVector:
    sparse_vector_shape = SparseVector(None, None, 8, "select-swap", 6, num_nonzero=5)
    return sparse_vector_shape
