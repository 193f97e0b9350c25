"""What a kernel means for the circuit: padded, cropped, factorised, and back from rounded angles."""

from functools import cached_property

import attrs
import numpy as np
import sympy
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.convolution.balanced import BalancedFactors, balanced_kernel
from bloqs.convolution.circuit import ConvolutionCircuit
from bloqs.convolution.factors import (
    KernelFactors,
    channel_vector,
    output_vectors,
    table_vectors,
    tap_probabilities,
)
from bloqs.convolution.signs import TapSign
from bloqs.convolution.taps import TapCode, crop_taps, effective_kernel_size
from bloqs.core.checks import count
from bloqs.core.encoding import FloatArray
from bloqs.reference.convolution import convolution_matrix, convolve


def shape_alpha_bound(
    channels: SymbolicInt, kernel_size: SymbolicInt, image_size: SymbolicInt
) -> SymbolicFloat:
    """`alpha` of any kernel whose convolution has spectral norm at most 1: `D sqrt(C)` when `D <= M`.

    A pixel that sees every tap gives `||K[:, i]||_F <= 1`, hence `s_i <= D`. For `D > M` there is none; of
    the `M**2` pixels tap `t` is seen by a fraction `w_t = (1 - |t_r|/M)(1 - |t_c|/M)`, so `sum_t w_t
    n_it**2 <= 1` and `s_i <= sqrt(sum_t 1/w_t)` by Cauchy and Schwarz.

    Args:
        channels: `C`, the larger of `C_out` and `C_in`; may be symbolic.
        kernel_size: `D`, taps an axis; may be symbolic.
        image_size: `M`; may be symbolic. With any symbol `D <= M` is taken for granted.

    Returns:
        The bound, proved above; symbolic when an argument is.

    Example:
        >>> shape_alpha_bound(4, 3, 8), shape_alpha_bound(1, 3, 2)
        (6.0, 5.0)
    """
    channels = count(channels, "channels", low=1)
    kernel_size = count(kernel_size, "kernel_size", low=1)
    image_size = count(image_size, "image_size", low=1)
    if is_symbolic(channels, kernel_size, image_size):
        return kernel_size * sympy.sqrt(channels)
    size = effective_kernel_size(kernel_size, image_size)
    if size <= image_size:
        return size * channels**0.5
    offsets = np.abs(np.arange(size) - size // 2)
    return float(np.sum(image_size / (image_size - offsets)) * channels**0.5)


@attrs.frozen(eq=False, slots=False)
class KernelData:
    """A kernel on images of a size.

    Parameters:
        kernel: float64 `(C_out, C_in, D, D)`.
        image_size: `M`.
        transposed: whether the transposed kernel is factorised; None for the smaller `alpha`.
        balanced: whether, for two channels or more, the balanced factorisation is taken instead.

    Example:
        >>> kernel = np.random.default_rng(0).normal(size=(3, 1, 5, 5))
        >>> data = KernelData(kernel, image_size=2, transposed=None)
        >>> data.core.shape  # three channels padded to four; 3 of 5 taps an axis can meet a pixel of two
        (4, 4, 3, 3)
        >>> bool(data.alpha < KernelData(kernel, 2, transposed=not data.runs_backwards).alpha)
        True
    """

    kernel: FloatArray
    image_size: int
    transposed: bool | None
    balanced: bool = False

    @property
    def channel_bitsize(self) -> int:
        """`log2 C`."""
        return (max(self.kernel.shape[:2]) - 1).bit_length()

    @cached_property
    def core(self) -> FloatArray:
        """The kernel `(C, C, D, D)`, padded to `C` channels, without the taps that never meet a pixel."""
        kernel = crop_taps(self.kernel, self.image_size)
        size = 2**self.channel_bitsize
        pads = [(0, size - kernel.shape[0]), (0, size - kernel.shape[1]), (0, 0), (0, 0)]
        return np.pad(kernel, pads)

    @cached_property
    def _choice(self) -> tuple[bool, KernelFactors]:
        straight = KernelFactors.of(self.core)
        swapped = KernelFactors.of(np.swapaxes(self.core, 0, 1))
        backwards = self.transposed
        if backwards is None:
            # By more than rounding, so that a symmetric kernel is not decided by chance.
            backwards = swapped.alpha < straight.alpha * (1 - 1e-12)
        return bool(backwards), swapped if backwards else straight

    @property
    def runs_backwards(self) -> bool:
        """Whether the transposed kernel is factorised, whose circuit is run backwards."""
        return self._choice[0]

    @property
    def factors(self) -> KernelFactors:
        """The factors of the kernel, or of its transpose."""
        return self._choice[1]

    @cached_property
    def sides(self) -> BalancedFactors | None:
        """The balanced factors, where they are taken."""
        if self.balanced and self.channel_bitsize > 0:
            return BalancedFactors.of(self.core)
        return None

    @property
    def alpha(self) -> float:
        """The subnormalisation of the factorisation in use."""
        return self.factors.alpha if self.sides is None else self.sides.alpha

    @property
    def signs(self) -> tuple[bool, TapSign | None]:
        """For one channel: whether the centre tap is negative, and the signs of the others relative to it."""
        d = self.core.shape[-1]
        taps = self.core[0, 0]
        is_flipped = bool(taps[d // 2, d // 2] < 0)
        # A tap that is zero may have either sign: that of the centre.
        negative = (taps > 0) if is_flipped else (taps < 0)
        return is_flipped, TapSign(d, negative) if negative.any() else None

    def effective_core(self, circuit: ConvolutionCircuit) -> FloatArray:
        """The kernel that the angles of a circuit make up, rounding included.

        Args:
            circuit: that of this kernel.

        Returns:
            float64 `(C, C, D, D)`, padded and cropped as `core`.
        """
        channels, d = self.core.shape[1:3]
        code = TapCode(d)
        if circuit.sides:
            right, left = (
                table_vectors(tree.effective_tables(), code, channels) for tree in circuit.sides
            )
            return balanced_kernel(self.alpha, right, left)
        factors = self.factors
        tables = [table for tree in circuit.tap_trees for table in tree.effective_tables()]
        outputs, weights = factors.outputs, factors.channel
        if circuit.output_tree is not None and circuit.channel_tree is not None:
            outputs = output_vectors(circuit.output_tree.effective_tables(), code, channels)
            weights = channel_vector(circuit.channel_tree.effective_tables())
        taps = tap_probabilities(tables, code, channels)
        kernel = KernelFactors(factors.alpha, weights, taps, outputs).kernel()
        return np.swapaxes(kernel, 0, 1) if self.runs_backwards else kernel

    def matrix(self) -> FloatArray:
        """The matrix of the convolution on padded registers, float64 `(2**n, 2**n)`, zero on the padding."""
        c_out, c_in = self.kernel.shape[:2]
        m, size, axis = self.image_size, len(self.core), _padded(self.image_size)
        matrix = np.zeros((size, axis, axis, size, axis, axis))
        dense = convolution_matrix(self.kernel, m).reshape(c_out, m, m, c_in, m, m)
        matrix[:c_out, :m, :m, :c_in, :m, :m] = dense
        return matrix.reshape(size * axis * axis, size * axis * axis)

    def convolve(self, core: FloatArray, vectors: FloatArray) -> FloatArray:
        """The convolution by a padded kernel, on vectors of the padded registers.

        Args:
            core: float64 `(C, C, D, D)`, such as `core` or `effective_core`.
            vectors: float64 `(2**n,)`, or `(2**n, batch)` with one vector a column.

        Returns:
            float64 of the same shape, zero on the padding.

        Raises:
            ValueError: vectors of another length.
        """
        m, size, axis = self.image_size, len(core), _padded(self.image_size)
        if vectors.ndim not in (1, 2) or vectors.shape[0] != size * axis * axis:
            raise ValueError(
                f"vectors must have shape ({size * axis * axis},), or a batch axis behind it, "
                f"got {vectors.shape}"
            )
        tensors = np.moveaxis(vectors.reshape(size, axis, axis, -1), -1, 0)
        result = np.zeros_like(tensors)
        result[..., :m, :m] = convolve(core, tensors[..., :m, :m])
        return np.moveaxis(result, 0, -1).reshape(vectors.shape)


def _padded(image_size: int) -> int:
    return 1 << (image_size - 1).bit_length()
