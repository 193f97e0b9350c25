"""Block encoding of a stride-1 two-dimensional convolution with zero padding, without QRAM."""

from functools import cached_property

import attrs
import numpy as np
import sympy
from qualtran import (
    Bloq,
    BloqBuilder,
    BloqDocSpec,
    DecomposeTypeError,
    Soquet,
    bloq_example,
)
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.convolution.circuit import ConvolutionCircuit
from bloqs.convolution.data import KernelData, shape_alpha_bound
from bloqs.convolution.kernels import NestedKernel, nested_kernel
from bloqs.convolution.parts import ConvolutionParts
from bloqs.convolution.sizes import ConvolutionSizes
from bloqs.convolution.workspace import ConvolutionWorkspace
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.checks import checked, count
from bloqs.core.control import DATA, WorkspaceOf
from bloqs.core.encoding import FloatArray, ShapeOnlyError
from bloqs.core.wires import Wires
from bloqs.loading.angles import check_angle_bits
from bloqs.loading.fields import abridged
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.loader import Loader, loader_name
from bloqs.messages import shown
from bloqs.reference.convolution import convolution_norm


def _integer(value: SymbolicInt) -> SymbolicInt:
    """Converter of a size: numpy's integers become Python's."""
    if type(value) is float:
        return value  # type: ignore[unreachable]  # refused below, with the sizes that are allowed
    return count(value, "image_size")


@attrs.frozen(field_transformer=checked, cache_hash=True)
class Conv2DBlockEncoding(RealBlockEncoding):
    r"""Block encoding of the zero-padded stride-1 convolution.

    $$ y[o,r,q] = \sum_{i,a,b} K[o,i,a,b]\, x[i, r + a - \lfloor D/2 \rfloor, q + b - \lfloor D/2 \rfloor]. $$

    An exact `(alpha, log2 C + 2 ceil(log2 D) + 2, 0)`-block encoding for loading "rotations", with

        n[i, t] = ||K[:, i, t]||_2,   s_i = sum_t n[i, t],   alpha = sqrt(sum_i s_i**2) <= D ||K||_F,

    `alpha = sum |K|` for one channel. The matrix index is (channel, row, column), big-endian; channels are
    padded to a power of two `C`, each axis is held in `m = ceil(log2 M)` bits; the matrix is zero on the
    padding.

    The circuit has six steps, on ancilla registers `o` (channels) and `t` (taps):

    1. controlled on the channel `i`, prepare `sum_t sqrt(n[i,t]/s_i) |t>`;
    2. controlled on `(i, t)`, prepare `sum_o K[o,i,t]/n[i,t] |o>` on `o`; for one channel, a sign;
    3. subtract the offset of `t` from the coordinates, with an overflow flag for each axis;
    4. undo step 1, still selected by `i`;
    5. swap `o` with the channel register;
    6. undo the preparation of `sum_i s_i/alpha |i>` on `o`.

    Where the transposed kernel has the smaller `alpha`, the circuit is that of the transposed kernel run
    backwards. A control acts on steps 2, 3, 5 and 6 alone: steps 1 and 4 run anyway and cancel.

    With `balanced` and at least two channels, `alpha = ||A||_2` of the matrix `A[o, i] = sum_t |K[o, i, t]|`,
    which is the smallest that two state preparations can give. The circuit prepares taps and outputs,
    controlled on `i`, shifts, swaps, and undoes a preparation of taps and inputs, controlled on `o`
    (`BalancedFactors`). It costs more, for both preparations have full size and both take the control.

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        system: `QAny(log2 C + 2 m)`: channel, row, column.
        ancilla: output channel, row tap, column tap, row overflow, column overflow; and, when `M` is not a
            power of two, flags that the pixel is in the padding before and after the shift (one flag for
            `D = 1`). Taps farther than `M - 1` never meet a pixel and are dropped: for `D//2 >= M`, `D`
            becomes `2M - 1`. An axis of length 1 and a single channel have no qubits; `D = 1` has no tap
            and no overflow qubits.

    Parameters:
        kernel: float64 `(C_out, C_in, D, D)`; None by shape (`from_shape`).
        image_size: `M >= 1`, any integer. By shape, `2**axis_bits` may be symbolic.
        loading: a registered loader or its name.
        angle_bits: bits of a tabulated angle; None for the loader's default; "rotations" ignores it.
        transposed: whether the circuit is that of the transposed kernel, run backwards; None for the
            smaller `alpha`.
        balanced: whether the factorisation is the balanced one; `transposed` is then ignored, unless there
            is a single channel.
        shape_channels, shape_kernel_size, shape_axis_bits, shape_alpha: by shape only, see `from_shape`.
        is_controlled: with a `ctrl` qubit; when it is off, all registers are left as they are.

    Raises:
        ValueError: kernel not of shape `(C_out, C_in, D, D)`, not finite, all zero, or zero on every tap that
            meets a pixel; image size below 1; a single channel of a single pixel; unknown loader.

    References:
        [Accelerating Inference for Multilayer Neural Networks with Quantum Computers](
        https://arxiv.org/abs/2510.07195), Rattew et al. (ICLR 2026), Lemma 5. Deviation: one adder an axis
        for all taps instead of a product of shifts for each, and a state preparation over output channels
        instead of an LCU over matrix entries.

    Example:
        >>> kernel = np.zeros((1, 1, 3, 3)); kernel[0, 0, 1] = [0.25, -0.5, 0.25]
        >>> conv = Conv2DBlockEncoding(kernel, 8)
        >>> conv.alpha, conv.system_bitsize, conv.ancilla_bitsize, conv.epsilon
        (1.0, 6, 6, 0.0)
    """

    component = "convolution"

    kernel: NestedKernel | None = attrs.field(
        default=None, converter=nested_kernel, repr=abridged, metadata=DATA
    )
    image_size: SymbolicInt = attrs.field(default=0, converter=_integer)
    loading: str = attrs.field(default="rotations", converter=loader_name)
    angle_bits: SymbolicInt | None = None
    transposed: bool | None = attrs.field(default=None, kw_only=True)
    balanced: bool = attrs.field(default=False, kw_only=True)
    shape_channels: SymbolicInt = attrs.field(default=0, kw_only=True)
    shape_kernel_size: SymbolicInt = attrs.field(default=0, kw_only=True)
    shape_axis_bits: SymbolicInt = attrs.field(default=0, kw_only=True)
    shape_alpha: SymbolicFloat | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.angle_bits is not None:
            check_angle_bits(self.angle_bits)
        size = self.image_size
        if not is_symbolic(size) and (type(size) is float or size < 1):
            raise ValueError(f"image_size must be an integer of at least 1, got {size}")
        if self.kernel is not None and is_symbolic(size):
            raise ValueError(f"image_size of a kernel with data must be a number, got {size}")
        if self.kernel is None:
            self._check_shape()
        elif not np.any(self.kernel):
            raise ValueError("the kernel is all zero: there is nothing to encode")
        elif not np.any(self.data.core):
            raise ValueError(
                f"every tap that meets a pixel of an image of size {size} is zero: the convolution is zero"
            )
        if self.system_bitsize == 0:
            raise ValueError(
                "one channel of one pixel is a number and needs no qubit; "
                "image_size must be at least 2, or the kernel must have two channels"
            )

    def _check_shape(self) -> None:
        """Sizes of a bloq by shape."""
        for name in ("shape_channels", "shape_kernel_size"):
            value = getattr(self, name)
            if not is_symbolic(value) and value < 1:
                raise ValueError(f"without a kernel {name} must be at least 1, got {value}")
        if is_symbolic(self.image_size) and self.shape_axis_bits == 0:
            raise ValueError(
                "for a symbolic image_size give its axis_bits, image_size = 2**axis_bits"
            )
        alpha = self.shape_alpha
        if alpha is not None and not is_symbolic(alpha) and not 0 < alpha < float("inf"):
            raise ValueError(f"alpha must be a positive number, got {alpha}")

    @classmethod
    def from_shape(
        cls,
        channels: SymbolicInt,
        kernel_size: SymbolicInt,
        *,
        image_size: int | None = None,
        axis_bits: SymbolicInt | None = None,
        loading: str | Loader = "rotations",
        angle_bits: SymbolicInt | None = None,
        alpha: SymbolicFloat | None = None,
        transposed: bool | None = None,
        balanced: bool = False,
    ) -> "Conv2DBlockEncoding":
        """The encoding of an unknown kernel, for costs: every angle a generic rotation, an upper bound.

        Args:
            channels: `C`, the larger of `C_out` and `C_in`; may be symbolic.
            kernel_size: `D`; may be symbolic, then taken to be less than `2 M` taps (none is dropped).
            image_size: `M`; this or `axis_bits`.
            axis_bits: `m`, for `M = 2**m`; may be symbolic, then taken to be at least 1.
            loading: as in the class.
            angle_bits: as in the class; may be symbolic.
            alpha: subnormalisation; None for the bound `shape_alpha_bound` (`D sqrt(C)` with symbols), which
                holds for every kernel with `||Conv||_2 <= 1`.
            transposed: as in the class; None and False are the same, and True has the same cost.
            balanced: as in the class.

        Returns:
            The bloq, without data.

        Raises:
            ValueError: both or none of `image_size` and `axis_bits`, or a size out of range.
        """
        if (image_size is None) == (axis_bits is None):
            raise ValueError(
                f"give image_size or axis_bits, not both; got {shown(image_size)} and "
                f"{shown(axis_bits)}"
            )
        size = image_size if axis_bits is None else 2 ** count(axis_bits, "axis_bits", low=0)
        return cls(
            None,
            size,
            loading,
            angle_bits,
            shape_channels=channels,
            shape_kernel_size=kernel_size,
            shape_axis_bits=axis_bits if is_symbolic(size) else 0,
            shape_alpha=alpha,
            transposed=transposed,
            balanced=balanced,
        )

    # ------------------------------------------------------------------------------------- sizes

    @cached_property
    def sizes(self) -> ConvolutionSizes:
        """Channels, taps and pixels, and the qubits that they take."""
        if self.kernel is None:
            return ConvolutionSizes(
                self.shape_channels,
                self.shape_kernel_size,
                self.image_size,
                self.shape_axis_bits,
            )
        channels = max(len(self.kernel), len(self.kernel[0]))
        return ConvolutionSizes(channels, len(self.kernel[0][0]), self.image_size)

    @property
    def channel_bitsize(self) -> SymbolicInt:
        """`log2 C`, `C` the channels padded to a power of two."""
        return self.sizes.channel_bitsize

    @property
    def axis_bitsize(self) -> SymbolicInt:
        """`m = ceil(log2 M)`."""
        return self.sizes.axis_bitsize

    @property
    def kernel_size(self) -> SymbolicInt:
        """`D`, taps an axis, without those that never meet a pixel."""
        return self.sizes.taps

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`log2 C + 2 m`."""
        return self.sizes.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """`log2 C + 2 b + 2`, without the 2 for `D = 1`, and padding flags."""
        return self.sizes.ancilla_bitsize

    # -------------------------------------------------------------------------------------- data

    @cached_property
    def data(self) -> KernelData:
        """The kernel and its factors; raises `ShapeOnlyError` by shape."""
        if self.kernel is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no kernel")
        return KernelData(np.array(self.kernel), self.image_size, self.transposed, self.balanced)

    @property
    def runs_backwards(self) -> bool:
        """Whether the circuit is that of the transposed kernel, reversed; never when balanced."""
        if self.parts.has_sides:
            return False
        return bool(self.transposed) if self.kernel is None else self.data.runs_backwards

    @property
    def alpha(self) -> SymbolicFloat:
        """By data as the class says; by shape the value given, or the bound."""
        if self.kernel is not None:
            return self.data.alpha
        if self.shape_alpha is not None:
            return self.shape_alpha
        return shape_alpha_bound(self.shape_channels, self.kernel_size, self.image_size)

    @cached_property
    def norm(self) -> float:
        """`||Conv||_2`, the spectral norm of the zero-padded convolution; needs the kernel."""
        return convolution_norm(self.data.kernel, self.image_size)

    @property
    def alpha_ratio(self) -> float:
        """`alpha / ||Conv||_2`: 1 would be the best there can be."""
        return float(self.alpha) / self.norm

    @cached_property
    def _effective_core(self) -> FloatArray:
        """The kernel `(C, C, D, D)` that the angles in use make up."""
        return (
            self.data.core if self.parts.loader.is_exact else self.data.effective_core(self.circuit)
        )

    def effective_kernel(self) -> FloatArray:
        """The kernel that is encoded, with rounded angles, padded and cropped.

        `alpha` times the block is its convolution. For "rotations" it is the kernel itself.

        Returns:
            float64 `(C, C, D, D)`.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        return self._effective_core.copy()

    @property
    def epsilon(self) -> SymbolicFloat:
        """0 for "rotations" (floating point aside).

        For tables `alpha` times the errors of the two preparations. Each is one tree of all its rotations,
        taps and outputs of an input, or channels and taps: an isometry, and a row that is projected on, both
        of norm 1, so that `||R L - R' L'|| <= ||R - R'|| + ||L - L'|| <= 2 tree_error(2 b + c)`. By data it
        is `sum_t ||K'_t - K_t||_2 >= ||Conv(K' - K)||_2`, `K'` the effective kernel, and never more than by
        shape: bits that do for any kernel do for this one.
        """
        loader = self.parts.loader
        if loader.is_exact:
            return 0.0
        num_rotations = 2 * self.sizes.tap_bitsize + self.sizes.channel_bitsize
        bound = self.alpha * 2 * loader.error(None, num_rotations, self.angle_bits)
        if self.kernel is None:
            return bound
        difference = np.moveaxis(self._effective_core - self.data.core, (2, 3), (0, 1))
        of_taps = float(np.linalg.norm(difference, 2, axis=(2, 3)).sum())
        return min(of_taps, float(bound))

    def target(self) -> FloatArray:
        """The matrix of the convolution, zero on the padding; raises `ShapeOnlyError` by shape."""
        return self.data.matrix()

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """The convolution of `vectors`, matrix-free; raises `ShapeOnlyError` by shape."""
        return self.data.convolve(self.data.core, np.asarray(vectors))

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """`<0|U|0> @ vectors`, matrix-free: the convolution by the effective kernel, over alpha."""
        core = self._effective_core / self.data.alpha
        return self.data.convolve(core, np.asarray(vectors))

    # ----------------------------------------------------------------------------------- circuit

    @cached_property
    def parts(self) -> ConvolutionParts:
        """What determines the circuit apart from the entries of the kernel."""
        return ConvolutionParts(
            self.sizes, self.loading, self.angle_bits, self.balanced, self.is_controlled
        )

    @cached_property
    def circuit(self) -> ConvolutionCircuit:
        """The parts of the circuit, by data or by shape."""
        data = None if self.kernel is None else self.data
        return self.parts.circuit(data, runs_backwards=self.runs_backwards)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The largest of the steps' temporaries; a function (`ConvolutionWorkspace`) of symbolic sizes."""
        if self.parts.is_symbolic:
            return ConvolutionWorkspace.of(self.parts)
        return self.circuit.workspace_given(workspace_of)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The steps; `ConvolutionCircuit`."""
        if self.parts.is_symbolic:
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        self.circuit.add(wires)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition; for symbolic sizes, special cases and the general form, by indicators."""
        cases, general = self.sizes.special_cases(), self.circuit.counts()
        if not cases:
            return dict(general)
        counts: dict[Bloq, SymbolicInt] = {}
        earlier: list[tuple[int, sympy.Basic]] = []
        for condition, sizes in cases:
            case = attrs.evolve(
                self, shape_channels=sizes.channels, shape_kernel_size=sizes.kernel_size
            )
            counts[case] = sympy.Piecewise(*earlier, (1, condition), (0, True))
            earlier.append((0, condition))
        otherwise = sympy.Piecewise(*earlier, (1, True))
        return {**counts, **{bloq: count * otherwise for bloq, count in general.items()}}


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _conv2d_small() -> Conv2DBlockEncoding:
    kernel = [[[[0.0, -0.1, 0.0], [0.2, 0.5, -0.3], [0.05, 0.1, 0.0]]]]
    conv2d_small = Conv2DBlockEncoding(kernel, image_size=4)
    return conv2d_small


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _conv2d_channels() -> Conv2DBlockEncoding:
    kernel = [[[[0.3, -0.1], [0.2, 0.4]], [[0.1, 0.5], [-0.2, 0.2]]]]
    conv2d_channels = Conv2DBlockEncoding(kernel, 3, "qrom", 6, is_controlled=True)
    return conv2d_channels


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _conv2d_balanced() -> Conv2DBlockEncoding:
    kernel = [[[[0.3, -0.1], [0.2, 0.4]], [[0.1, 0.5], [-0.2, 0.2]]]]
    conv2d_balanced = Conv2DBlockEncoding(kernel, 2, balanced=True)
    return conv2d_balanced


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _conv2d_shape() -> Conv2DBlockEncoding:
    conv2d_shape = Conv2DBlockEncoding.from_shape(4, 3, image_size=8, loading="select-swap")
    return conv2d_shape


@bloq_example
def _conv2d_symbolic() -> Conv2DBlockEncoding:
    channels, kernel_size, axis_bits = sympy.symbols("C D m")
    conv2d_symbolic = Conv2DBlockEncoding.from_shape(channels, kernel_size, axis_bits=axis_bits)
    return conv2d_symbolic


CONV2D_DOC = BloqDocSpec(
    bloq_cls=Conv2DBlockEncoding,
    examples=(
        _conv2d_small,
        _conv2d_channels,
        _conv2d_balanced,
        _conv2d_shape,
        _conv2d_symbolic,
    ),
)
