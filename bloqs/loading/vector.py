"""Loading a vector of classical data: the vector encoding at the bottom of every network.

Ours because the cost of Qualtran's `StatePreparationViaRotations` by shape is not its cost by data: for 16
entries of 8 bits 12 Toffoli and 60 And, against 30 and 42.
"""

from functools import cached_property
from typing import Any

import attrs
import numpy as np
from qualtran import BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.core.checks import checked
from bloqs.core.control import DATA, WorkspaceOf
from bloqs.core.encoding import FloatArray, ShapeOnlyError, VectorEncoding
from bloqs.core.wires import Wires
from bloqs.loading.angle_tree import AngleTree
from bloqs.loading.angles import (
    check_angle_bits,
    tree_angles,
    tree_vectors,
)
from bloqs.loading.fields import abridged, floats
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.loader import LOADERS, Loader, loader_name
from bloqs.loading.plan import TreeShape


@attrs.frozen(field_transformer=checked, cache_hash=True)
class LoadedVector(VectorEncoding):
    r"""`|0> -> sum_j data_j |j> / ||data||`: a `(1, 0, epsilon)`-encoding of a vector of real numbers.

    $$ |0\rangle \to \sum_j \frac{data_j}{\|data\|_2} |j\rangle. $$

    A binary tree of rotations: level `l` is a `MultiplexedRy` of system qubit `l` selected by the `l` qubits
    before it; the last level carries the signs. Below a node of norm zero all angles are 0. From tables, the
    levels share their loads (`TabulatedRotations`).

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        system: `QAny(padding_bitsize + n)`: the padding qubits, most significant, stay 0.

    Parameters:
        data: `2**n` real numbers, any array (flattened row-major), not normalised; None to cost by shape.
        loading: a registered loader or its name: "rotations", "qrom", "select-swap", "qram", or your own.
        angle_bits: bits of a tabulated angle, 3 to 50, by default 16; "rotations" ignores it.
            `for_epsilon` finds it from an error.
        bitsize: `n`, by shape only (inferred from data); may be symbolic, then taken to be at least 1.
        padding_bitsize: leading qubits that stay 0: an image in channel 0 of several.
        is_network_input: true of the image that a network is called on, and of nothing else; a cost key
            counts the calls by it.
        is_controlled: with a `ctrl` qubit; control 0 leaves 0.

    Raises:
        ValueError: length not a power of two, data not finite or all zero, unknown loader, angle bits
            out of range, neither data nor bitsize.

    Example:
        >>> LoadedVector([3.0, 0.0, 0.0, -4.0]).block().round(12)
        array([ 0.6,  0. ,  0. , -0.8])
    """

    component = "input loading"

    data: tuple[float, ...] | None = attrs.field(
        default=None, converter=floats, repr=abridged, metadata=DATA
    )
    loading: str = attrs.field(default="rotations", converter=loader_name)
    angle_bits: SymbolicInt | None = None
    bitsize: SymbolicInt | None = attrs.field(default=None, kw_only=True)
    padding_bitsize: SymbolicInt = attrs.field(default=0, kw_only=True)
    is_network_input: bool = attrs.field(default=False, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.angle_bits is not None:
            check_angle_bits(self.angle_bits)
        p, n = self.padding_bitsize, self.bitsize
        if not is_symbolic(p) and p < 0:
            raise ValueError(f"padding_bitsize must not be negative, got {p}")
        if n is not None and not is_symbolic(n) and n < 0:
            raise ValueError(f"bitsize must not be negative, got {n}")
        if self.data is None:
            if n is None:
                raise ValueError("a vector needs its data, or by shape its bitsize; got neither")
        else:
            self._check_data(self.data)
        if not is_symbolic(self.system_bitsize) and self.system_bitsize < 1:
            raise ValueError(
                "data of one entry need no qubit: pad them to two, or set padding_bitsize >= 1"
            )

    def _check_data(self, data: tuple[float, ...]) -> None:
        size = len(data)
        if size == 0 or size & (size - 1):
            padded = max(2, 1 << size.bit_length())
            raise ValueError(
                f"data must have a power of two entries, got {size}; pad it with zeros to "
                f"{padded}, e.g. numpy.pad(numpy.ravel(data), (0, {padded - size}))"
            )
        if not np.all(np.isfinite(data)):
            raise ValueError("data must be finite, found NaN or infinity")
        if not any(data):
            raise ValueError("data are all zero: a zero vector has no direction to encode")
        if self.bitsize is not None and 2**self.bitsize != size:
            raise ValueError(f"bitsize is {self.bitsize}, but data has {size} entries")

    @classmethod
    def for_epsilon(
        cls, data: object, epsilon: float, loading: str | Loader = "select-swap", **options: Any
    ) -> "LoadedVector":
        """The vector with the fewest angle bits whose stated error is at most `epsilon`.

        Args:
            data: as in the class; None by shape, when the bits are enough for any data.
            epsilon: bound of the 2-norm error, positive.
            loading: the loader; an exact one, such as "rotations", takes no bits.
            options: the other fields of the class.

        Returns:
            The vector with that many bits.

        Raises:
            ValueError: as the class, or `epsilon` out of reach.

        Example:
            >>> LoadedVector.for_epsilon(None, 1e-3, "qrom", bitsize=6).angle_bits
            13
        """
        entries = floats(data)
        return LOADERS.find(loading).for_epsilon(
            lambda bits: cls(entries, loading, bits, **options), epsilon
        )

    @property
    def data_bitsize(self) -> SymbolicInt:
        """`n`: the data have `2**n` entries."""
        return len(self.data).bit_length() - 1 if self.data is not None else self.bitsize

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`padding_bitsize + n`."""
        return self.padding_bitsize + self.data_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """None."""
        return 0

    @property
    def alpha(self) -> SymbolicFloat:
        """1."""
        return 1.0

    @property
    def epsilon(self) -> SymbolicFloat:
        """0 for "rotations" (floating point aside); `tree_error` of the roundings for tables.

        By data, of the largest rounding on each level; by shape, of the largest there can be.
        """
        return self.tree.error

    @cached_property
    def _angles(self) -> list[FloatArray]:
        if self.data is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no data")
        data = np.array(self.data)
        if len(data) == 1:
            # No entry to split: the sign alone, on the last padding qubit.
            return [np.where(data[:, None] < 0, 2 * np.pi, 0.0)]
        return tree_angles(data[None, :] / np.max(np.abs(data)))

    @property
    def _num_levels(self) -> SymbolicInt:
        """One a data qubit; the sign of a lone entry takes one too."""
        n = self.data_bitsize
        return n if is_symbolic(n) else max(n, 1)

    @cached_property
    def tree(self) -> AngleTree:
        """The levels, made by the loader."""
        bits = LOADERS.find(self.loading).bits(self.angle_bits)
        return AngleTree(
            self.loading,
            TreeShape(0, self._num_levels, False, bits, self.is_controlled),
            None if self.data is None else [angles[0] for angles in self._angles],
        )

    def _pad(self, vector: FloatArray) -> FloatArray:
        return np.concatenate([vector, np.zeros(2**self.system_bitsize - len(vector))])

    def target(self) -> FloatArray:
        """`data / ||data||`, padded."""
        if self.data is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no data")
        data = np.array(self.data)
        data = data / np.max(np.abs(data))
        return self._pad(data / np.linalg.norm(data))

    def block(self) -> FloatArray:
        """The vector of the angles that are applied."""
        if self.data is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no data")
        angles = [level[None, :] for level in self.tree.applied()]
        # For a lone entry the tree is the padding qubit, which stays 0.
        return self._pad(tree_vectors(angles)[0][: 2**self.data_bitsize])

    @property
    def assumptions(self) -> dict[str, str]:
        """For the assumptions block of a cost."""
        return self.tree.loader.assumptions

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """That of the loader's circuit; none for "rotations"."""
        return self.tree.workspace_given(workspace_of)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """One multiplexed rotation a level, or all from tables."""
        if is_symbolic(self.system_bitsize) or self.tree.is_symbolic:
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        self.tree.add(wires, [], wires.reg("system")[-self._num_levels :])
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The levels; in closed form when symbolic."""
        return self.tree.counts()


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _loaded_vector() -> LoadedVector:
    loaded_vector = LoadedVector([0.5, -1.0, 2.0, 0.25])
    return loaded_vector


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _loaded_vector_qrom() -> LoadedVector:
    loaded_vector_qrom = LoadedVector([0.5, -1.0, 2.0, 0.25], "qrom", 6, padding_bitsize=1)
    return loaded_vector_qrom


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _loaded_vector_qram() -> LoadedVector:
    loaded_vector_qram = LoadedVector([0.5, -1.0, 2.0, 0.25], "qram", 5)
    return loaded_vector_qram


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _loaded_vector_shape() -> LoadedVector:
    loaded_vector_shape = LoadedVector(None, "select-swap", 5, bitsize=5)
    return loaded_vector_shape


@bloq_example
def _loaded_vector_symbolic() -> LoadedVector:
    import sympy

    n, b = sympy.symbols("n b")
    loaded_vector_symbolic = LoadedVector(None, "qrom", b, bitsize=n)
    return loaded_vector_symbolic
