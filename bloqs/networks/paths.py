"""The input of several paths: tensored encodings, their qubits in the order of the network."""

from functools import cached_property

import attrs
from qualtran import BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.combine.matrix_product import check_vector_encoding
from bloqs.combine.tensor_product import VectorTensorProduct
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.control import WorkspaceOf
from bloqs.core.encoding import FloatArray, VectorEncoding, controlled_if
from bloqs.core.wires import Wires
from bloqs.layers import Geometry
from bloqs.loading import LoadedVector
from bloqs.loading.loader import Loader


@attrs.frozen(cache_hash=True)
class InputPaths(VectorEncoding):
    r"""The `d`-fold tensor power of an encoded image, a tensor `(C^d, M^d, M^d)`.

    $$ x^{\otimes d}[(c_1, \dots, c_d), (r_1, \dots, r_d), (q_1, \dots, q_d)] = \prod_p x[c_p, r_p, q_p]. $$

    `d` encodings side by side (`VectorTensorProduct`), whose qubits `(c_1, r_1, q_1), (c_2, r_2, q_2), ...`
    are relabelled: all channels, then all rows, then all columns. Only wires cross, which costs nothing.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(d (c + 2 m))`: `c_1..c_d, r_1..r_d, q_1..q_d`, big-endian.
        ancilla: `QAny(d a)`, those of the first path first.
    Parameters:
        vector: encoding of one path, index (channel, row, column), `c + 2 m` qubits.
        num_paths: `d`, at least 1.
        axis_bitsize: `m`, qubits of a row and of a column of one path.
        is_controlled: with a `ctrl` qubit.
    Encodes: `(alpha^d, d a, (1 + eps)^d - 1)` of an `(alpha, a, eps)`-encoding; exactly its block's power.
    Cost: `d` calls of the path's encoding, all controlled when controlled.

    Raises:
        ValueError: `vector` is no encoding or has a control of its own; fewer than one path; more row and
            column qubits than the vector has.

    References:
        Rattew et al. (ICLR 2026), the end-to-end network with tensored inputs.

    Example:
        >>> import numpy as np
        >>> from bloqs.loading import LoadedVector
        >>> paths = InputPaths(LoadedVector(np.arange(8.0)), num_paths=2, axis_bitsize=1)
        >>> x = np.arange(8.0).reshape(2, 2, 2) / np.sqrt(140)
        >>> power = np.einsum("crq,dst->cdrsqt", x, x)
        >>> bool(np.allclose(paths.target(), power.ravel()))
        True
    """

    vector: VectorEncoding
    num_paths: int = attrs.field(kw_only=True)
    axis_bitsize: SymbolicInt = attrs.field(kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_vector_encoding("InputPaths", "vector", self.vector)
        if self.num_paths < 1:
            raise ValueError(f"num_paths must be at least 1, got {self.num_paths}")
        n, m = self.vector.system_bitsize, self.axis_bitsize
        if not is_symbolic(n, m) and not 0 <= 2 * m <= n:
            raise ValueError(
                f"rows and columns of axis_bitsize {m} take {2 * m} qubits, the vector has {n}"
            )

    @cached_property
    def product(self) -> VectorEncoding:
        """The tensored encodings, path by path."""
        product = self.vector
        for _ in range(self.num_paths - 1):
            product = VectorTensorProduct(product, self.vector)
        return product

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`d (c + 2 m)`."""
        return self.num_paths * self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """`d a`."""
        return self.num_paths * self.vector.ancilla_bitsize

    @property
    def alpha(self) -> SymbolicFloat:
        """`alpha^d`."""
        return self.product.alpha

    @property
    def epsilon(self) -> SymbolicFloat:
        """`(1 + eps)^d - 1`, that of the tensor product."""
        return self.product.epsilon

    def _reorder(self, vector: FloatArray) -> FloatArray:
        """A vector in path order, `(path, axis)`, to axis order, `(axis, path)`."""
        d, m = self.num_paths, int(self.axis_bitsize)
        sizes = (2 ** (int(self.vector.system_bitsize) - 2 * m), 2**m, 2**m)
        axes = [3 * path + axis for axis in range(3) for path in range(d)]
        return vector.reshape(sizes * d).transpose(axes).ravel()

    def target(self) -> FloatArray:
        """The tensor power of the vector, float64 `(2**n,)`."""
        return self._reorder(self.product.target())

    def block(self) -> FloatArray:
        """The tensor power of the block."""
        return self._reorder(self.product.block())

    @cached_property
    def _call(self) -> VectorEncoding:
        return controlled_if(self.product, self.is_controlled)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the tensor product."""
        return workspace_of(self._call)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The tensor product, on the qubits of the system in path order."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize, self.axis_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        system, d, m = wires.reg("system"), self.num_paths, int(self.axis_bitsize)
        c = int(self.vector.system_bitsize) - 2 * m
        paths = [
            key
            for p in range(d)
            for start, size in ((0, c), (d * c, m), (d * (c + m), m))
            for key in system[start + p * size : start + (p + 1) * size]
        ]
        wires.call(self._call, ctrl=wires.reg("ctrl"), system=paths, ancilla=wires.reg("ancilla"))
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The tensor product."""
        return {self._call: 1}


def input_encoding(
    geometry: Geometry,
    loading: str | Loader,
    bits: int | None,
    tensor: FloatArray | None,
    *,
    one_channel: bool,
) -> VectorEncoding:
    """The input of a network: all paths, from the encoding of one.

    Args:
        geometry: of the input.
        loading: the image's loader.
        bits: of a tabulated angle; None for the loader's default.
        tensor: the image, float64 `(C, M, M)`; None by shape.
        one_channel: whether it fills its first channel alone, so that the others need no loading.

    Returns:
        The encoding.

    Example:
        >>> found = input_encoding(Geometry((2, 4, 4)), "rotations", None, None, one_channel=False)
        >>> found.system_bitsize
        5
    """
    image, channels = 2 * geometry.path_axis_bits, geometry.path_channel_bits
    padded = None if tensor is None else geometry.pad_image(tensor)
    size = image if one_channel else image + channels
    vector = LoadedVector(
        padded[0] if one_channel and padded is not None else padded,
        loading,
        bits,
        bitsize=size if tensor is None else None,
        padding_bitsize=channels if one_channel else 0,
        is_network_input=True,
    )
    if geometry.paths == 1:
        return vector
    return InputPaths(vector, num_paths=geometry.paths, axis_bitsize=geometry.path_axis_bits)


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _input_paths() -> InputPaths:
    from bloqs.loading import LoadedVector

    image = LoadedVector([0.5, -1.0, 2.0, 0.25, 0.0, 1.0, -0.5, 3.0])
    input_paths = InputPaths(image, num_paths=2, axis_bitsize=1)
    return input_paths


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _input_paths_shape() -> InputPaths:
    from bloqs.loading import LoadedVector

    image = LoadedVector(None, "select-swap", 5, bitsize=3, padding_bitsize=1)
    input_paths_shape = InputPaths(image, num_paths=3, axis_bitsize=1)
    return input_paths_shape


@bloq_example
def _input_paths_symbolic() -> InputPaths:
    import sympy

    from bloqs.loading import LoadedVector

    n, m = sympy.symbols("n m")
    image = LoadedVector(None, bitsize=n)
    input_paths_symbolic = InputPaths(image, num_paths=2, axis_bitsize=m)
    return input_paths_symbolic
