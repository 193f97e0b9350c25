"""A rectangular map of an encoded tensor: a convolution to other channels or of stride 2, average pooling."""

from collections import Counter
from functools import cached_property

import attrs
import numpy as np
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.checks import instance
from bloqs.convolution import Conv2DBlockEncoding, WindowMean
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked, positive
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, MappedVector, VectorEncoding
from bloqs.core.scale import Bounds, ScaledError, to_bounds
from bloqs.core.wires import Wires
from bloqs.layers.reshaped import Reshaping
from bloqs.loading import LoadedVector


def check_reshaping(
    vector: object, matrix: object, axis_bits: SymbolicInt, channel_bits: SymbolicInt
) -> None:
    """Refuse parts whose registers do not fit a rectangular map.

    Args:
        vector: of the input; must be a `VectorEncoding`.
        matrix: on the wide register; must be a `RealBlockEncoding`.
        axis_bits: `m`.
        channel_bits: of the image.

    Raises:
        ValueError: another kind, or sizes that do not fit.

    Example:
        >>> check_reshaping(LoadedVector([0.6, 0.8]), WindowMean(3, axis_bits=1), 1, 1)
        Traceback (most recent call last):
        ...
        ValueError: a map on 3 qubits takes a vector of 1 qubits to 1 channel bits and 1 axis bits each ...
    """
    instance(vector, "vector", VectorEncoding, "a VectorEncoding")
    instance(matrix, "matrix", RealBlockEncoding, "a RealBlockEncoding")
    assert isinstance(vector, VectorEncoding)
    assert isinstance(matrix, RealBlockEncoding)
    n, wide = vector.system_bitsize, matrix.system_bitsize
    if not is_symbolic(n, wide, axis_bits, channel_bits) and (
        n > wide or channel_bits + 2 * axis_bits > wide or n < 2 * axis_bits
    ):
        raise ValueError(
            f"a map on {wide} qubits takes a vector of {n} qubits to {channel_bits} channel bits and "
            f"{axis_bits} axis bits each of rows and of columns: neither may be larger than the map"
        )


@attrs.frozen(field_transformer=checked, cache_hash=True)
class ReshapedProduct(MappedVector):
    r"""`A psi/||A psi||` for a rectangular A: a square block encoding, some of whose qubits are not used.

    $$ \frac{A\psi}{\|A\psi\|_2}, \qquad A \text{ rectangular}. $$

    The matrix acts on (channel, row, column) with the larger number of channels. Before it, channels that the
    vector lacks are 0; after it, qubits that the image lacks are projected on 0: the most significant of the
    channels, and for a map of stride 2 the least significant of row and column, which keeps the rows and
    columns 0, 2, 4, ... Neither takes a gate: such qubits are ancillas of the encoding.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n')`: channel, row, column of the image.
        ancilla: the freed qubits (channels, last of the row, last of the column), the matrix's ancillas, the
            vector's.
    Parameters:
        matrix: block encoding on the wide register.
        vector: encoding of psi.
        axis_bits: `m`, of rows and of columns of psi; may be symbolic.
        channel_bits: of the image's channels; may be symbolic.
        is_halved: whether only even rows and columns are kept.
        norm: lower bound of `||A psi||`; needed by shape, else computed from the data.
        is_controlled: with a `ctrl` qubit.
        norm_bounds: as a layer of a network, `(lo, hi)` of that norm over its images.
    Encodes: `(alpha_A alpha_psi/N, ., (epsilon_A + (||A|| + epsilon_A) e)/N)`, `N = ||A psi||`, e the
        vector's error and `||A|| <= min(1, alpha_A)`; or one over the length of the block with `norm_bounds`.
        A linear map keeps the scale r of its vector. Bound.

    Raises:
        ValueError: registers that do not fit.

    References:
        Rattew et al. (ICLR 2026), matrix-vector product of vector encodings. Deviation: rectangular.

    Example:
        >>> image = LoadedVector([1.0, 2.0, 3.0, 6.0])
        >>> sizes = {"axis_bits": 1, "channel_bits": 1, "is_halved": True}
        >>> mean = ReshapedProduct(WindowMean(3, axis_bits=1), image, **sizes)
        >>> mean.system_bitsize, mean.target().tolist(), round(mean.image_norm * 50**0.5, 6)
        (1, [1.0, 0.0], 3.0)
    """

    matrix: Bloq
    vector: VectorEncoding
    axis_bits: SymbolicInt = attrs.field(kw_only=True)
    channel_bits: SymbolicInt = attrs.field(kw_only=True)
    is_halved: bool = attrs.field(kw_only=True)
    norm: float | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)
    norm_bounds: Bounds | None = attrs.field(default=None, converter=to_bounds, kw_only=True)

    title = "Rectangular map"

    def __attrs_post_init__(self) -> None:
        positive(self.norm, "norm")
        check_reshaping(self.vector, self.matrix, self.axis_bits, self.channel_bits)

    @property
    def _matrix(self) -> RealBlockEncoding:
        assert isinstance(self.matrix, RealBlockEncoding)
        return self.matrix

    @property
    def reshaping(self) -> Reshaping:
        """The sizes of the rectangular map."""
        return Reshaping(self.wide_bitsize, self.axis_bits, self.channel_bits, self.is_halved)

    @property
    def wide_bitsize(self) -> SymbolicInt:
        """Qubits that the matrix acts on."""
        return self._matrix.system_bitsize

    @property
    def system_bitsize(self) -> SymbolicInt:
        """Of the image."""
        return self.reshaping.image_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Freed qubits, the matrix's, the vector's."""
        return (
            self.reshaping.freed_bitsize
            + self._matrix.ancilla_bitsize
            + self.vector.ancilla_bitsize
        )

    # --- what is encoded -------------------------------------------------------------------------

    def apply_target(self, vector: FloatArray) -> FloatArray:
        """`A x` for any x, not normalised."""
        return self.reshaping.narrowed(self._matrix.apply_target(self.reshaping.widened(vector)))

    @property
    def matrix_norm_bound(self) -> float:
        """Bound of `||A||_2`."""
        return min(1.0, float(self._matrix.alpha))

    @property
    def sensitivity(self) -> float:
        """`||A||/N`."""
        return self.matrix_norm_bound / self.image_norm

    @property
    def scale(self) -> SymbolicFloat:
        """`alpha_A/sigma`, sigma the vector's reference amplitude; `alpha_A alpha_psi` where it is known."""
        return self._matrix.alpha / self.vector.reference_amplitude

    @cached_property
    def image_error(self) -> ScaledError:
        """`epsilon_A + (||A|| + epsilon_A) e`, at the vector's own r."""
        known, e_a = self.vector.scaled_error, float(self._matrix.epsilon)
        error = e_a + (self.matrix_norm_bound + e_a) * known.error
        return ScaledError(error, known.low, known.high)

    def block(self) -> FloatArray:
        """The block of A on that of psi, narrowed."""
        return self.reshaping.narrowed(
            self._matrix.apply_block(self.reshaping.widened(self.vector.block()))
        )

    @property
    def loaded_part(self) -> tuple[str, str, Bloq]:
        """The matrix."""
        return "W", "rectangular map", self.matrix

    # --- the circuit -----------------------------------------------------------------------------

    @property
    def _calls(self) -> tuple[Bloq, Bloq]:
        if self.is_controlled:
            return self.vector.controlled(), self.matrix.controlled()
        return self.vector, self.matrix

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The larger of the parts'."""
        return max_workspace(*(workspace_of(call) for call in self._calls))

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The vector, then the matrix."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, ancilla = wires.reg("ctrl"), wires.reg("ancilla")
        freed, a = int(self.reshaping.freed_bitsize), int(self._matrix.ancilla_bitsize)
        wide = self.reshaping.wide_wires(wires.reg("system"), ancilla[:freed])
        vector, matrix = self._calls
        inputs = wide[len(wide) - int(self.vector.system_bitsize) :]
        wires.call(vector, ctrl=ctrl, system=inputs, ancilla=ancilla[freed + a :])
        wires.call(matrix, ctrl=ctrl, system=wide, ancilla=ancilla[freed : freed + a])
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """One call of each."""
        return Counter(self._calls)


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _reshaped_product() -> ReshapedProduct:
    kernel = np.array([[[[0.3]]], [[[-0.2]]]])
    convolution = Conv2DBlockEncoding(kernel, 2)
    image = LoadedVector([0.5, -0.1, 0.7, 0.5])
    reshaped_product = ReshapedProduct(
        convolution, image, axis_bits=1, channel_bits=1, is_halved=True
    )
    return reshaped_product


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _reshaped_product_fewer() -> ReshapedProduct:
    kernel = np.array([[[[0.3]], [[-0.2]]]])
    convolution = Conv2DBlockEncoding(kernel, 2)
    image = LoadedVector([0.5, -0.1, 0.7, 0.5, 0.1, 0.2, -0.3, 0.4])
    reshaped_product_fewer = ReshapedProduct(
        convolution, image, axis_bits=1, channel_bits=0, is_halved=False
    )
    return reshaped_product_fewer


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _reshaped_product_shape() -> ReshapedProduct:
    convolution = Conv2DBlockEncoding.from_shape(channels=4, kernel_size=3, axis_bits=2, alpha=2.0)
    vector = LoadedVector(None, bitsize=5)
    reshaped_product_shape = ReshapedProduct(
        convolution, vector, axis_bits=2, channel_bits=2, is_halved=True, norm=0.3
    )
    return reshaped_product_shape


@bloq_example
def _reshaped_product_symbolic() -> ReshapedProduct:
    import sympy

    n, m, c = sympy.symbols("n m c")
    mean = WindowMean(n, axis_bits=m)
    reshaped_product_symbolic = ReshapedProduct(
        mean,
        LoadedVector(None, bitsize=n),
        axis_bits=m,
        channel_bits=c,
        is_halved=True,
        norm=0.3,
    )
    return reshaped_product_symbolic
