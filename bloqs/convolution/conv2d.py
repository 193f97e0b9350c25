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
from qualtran.symbolics import SymbolicFloat, SymbolicInt, ceil, is_symbolic, log2, smax, smin
from sympy.core.symbol import Str

from bloqs.convolution.circuit import ConvolutionCircuit
from bloqs.convolution.data import KernelData, shape_alpha_bound
from bloqs.convolution.factors import channel_tables, output_tables, tap_tables, vector_tables
from bloqs.convolution.shift import CoordinateShift, PaddingFlag
from bloqs.convolution.signs import TapSign
from bloqs.convolution.taps import TapCode, effective_kernel_size
from bloqs.convolution.tree import RotationTree
from bloqs.convolution.workspace import ConvolutionWorkspace
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.control import DATA
from bloqs.core.encoding import FloatArray, ShapeOnlyError
from bloqs.core.wires import Wires
from bloqs.loading.angles import check_angle_bits
from bloqs.loading.fields import abridged
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.loader import LOADERS, Loader, loader_name
from bloqs.reference.convolution import check_kernel, convolution_norm

NestedKernel = tuple[tuple[tuple[tuple[float, ...], ...], ...], ...]


def _nested(kernel: object) -> NestedKernel | None:
    """Converter of the kernel: checked, as nested tuples, which hash, compare and serialise."""
    if kernel is None:
        return None
    array = check_kernel(kernel)  # type: ignore[arg-type]
    return tuple(
        tuple(tuple(tuple(map(float, row)) for row in window) for window in filter_)
        for filter_ in array
    )


def _integer(value: SymbolicInt) -> SymbolicInt:
    """Converter of a size: numpy's integers become Python's."""
    return int(value) if isinstance(value, np.integer) else value


@attrs.frozen(cache_hash=True)
class Conv2DBlockEncoding(RealBlockEncoding):
    r"""Block encoding of the zero-padded stride-1 convolution.

    $$ y[o,r,q] = \sum_{i,a,b} K[o,i,a,b]\, x[i, r + a - \lfloor D/2 \rfloor, q + b - \lfloor D/2 \rfloor]. $$

    An exact `(alpha, log2 C + 2 ceil(log2 D) + 2, 0)`-block encoding for loading "rotations", with

        n[i, t] = ||K[:, i, t]||_2,   s_i = sum_t n[i, t],   alpha = sqrt(sum_i s_i**2) <= D ||K||_F,

    `alpha = sum |K|` for one channel. The matrix index is (channel, row, column), big-endian; channels are
    padded to a power of two `C`, each axis is held in `m = ceil(log2 M)` bits; the matrix is zero on the
    padding.

    Steps, on ancilla registers `o` (channels) and `t` (taps): (1) controlled on the channel `i` prepare
    `sum_t sqrt(n[i,t]/s_i) |t>`; (2) controlled on `(i, t)` prepare `sum_o K[o,i,t]/n[i,t] |o>` on `o`, for
    one channel a sign; (3) subtract the offset of `t` from the coordinates, with an overflow flag each; (4)
    undo (1), still selected by `i`; (5) swap `o` with the channel register; (6) un-prepare `sum_i s_i/alpha
    |i>` on `o`. Where the transposed kernel has the smaller `alpha` its circuit is run backwards. With
    control, (1) and (4) run anyway and cancel.

    With `balanced` and two channels or more, `alpha = ||A||_2` of the matrix `A[o, i] = sum_t |K[o, i, t]|`,
    the smallest that two state preparations can give: controlled on `i` prepare taps and outputs, shift,
        swap,
    undo a preparation of taps and inputs controlled on `o` (`BalancedFactors`). It costs more: both
    preparations are of full size, and both are controlled.

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        system: `QAny(log2 C + 2 m)`, (channel, row, column).
        ancilla: output channel, row tap, column tap, row overflow, column overflow, and, when `M` is not a
            power of two, flags that the pixel is in the padding, before and after the shift (one if `D =
            1`). Taps farther than `M - 1` never meet a pixel and are dropped: for `D//2 >= M`, `D` becomes
            `2M - 1`. An axis of length 1 and a single channel have no qubits, `D = 1` has no tap and
            overflow qubits.

    Parameters:
        kernel: float64 `(C_out, C_in, D, D)`; None by shape (`from_shape`).
        image_size: `M >= 1`, any integer. By shape, `2**axis_bits` may be symbolic.
        loading: a registered loader or its name.
        angle_bits: bits of a tabulated angle; None for the loader's default; "rotations" ignores it.
        transposed: whether the circuit of the transposed kernel is run backwards; None for the smaller
            `alpha`.
        balanced: the balanced factorisation, of the smallest `alpha`; `transposed` is then of no account.
        shape_channels, shape_kernel_size, shape_axis_bits, shape_alpha: by shape only, see `from_shape`.
        is_controlled: with a `ctrl` qubit; off is the identity on all registers.

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
        default=None, converter=_nested, repr=abridged, metadata=DATA
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
        if not is_symbolic(size) and (size < 1 or size != int(size)):
            raise ValueError(f"image_size must be an integer of at least 1, got {size}")
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
            balanced: as in the class.

        Raises:
            ValueError: both or none of `image_size` and `axis_bits`, or a size out of range.
        """
        if (image_size is None) == (axis_bits is None):
            raise ValueError(
                f"give image_size or axis_bits, not both; got {image_size} and {axis_bits}"
            )
        size = image_size if axis_bits is None else 2**axis_bits
        return cls(
            None,
            size,
            loading,
            angle_bits,
            shape_channels=channels,
            shape_kernel_size=kernel_size,
            shape_axis_bits=axis_bits if is_symbolic(size) else 0,
            shape_alpha=alpha,
            balanced=balanced,
        )

    # ------------------------------------------------------------------------------------- sizes

    @property
    def channel_bitsize(self) -> SymbolicInt:
        """`log2 C`, `C` the channels padded to a power of two."""
        if self.kernel is not None:
            return self.data.channel_bitsize
        channels = self.shape_channels
        return ceil(log2(channels)) if is_symbolic(channels) else (channels - 1).bit_length()

    @property
    def axis_bitsize(self) -> SymbolicInt:
        """`m = ceil(log2 M)`."""
        return (
            self.shape_axis_bits
            if is_symbolic(self.image_size)
            else (self.image_size - 1).bit_length()
        )

    @property
    def kernel_size(self) -> SymbolicInt:
        """`D`, taps an axis, without those that never meet a pixel."""
        size = self.shape_kernel_size if self.kernel is None else len(self.kernel[0][0])
        if self.image_size == 1:
            return 1
        if is_symbolic(size, self.image_size):
            return size
        return effective_kernel_size(size, self.image_size)

    @property
    def tap_bitsize(self) -> SymbolicInt:
        """`b = ceil(log2 D)`, qubits of a tap index of one axis."""
        d = self.kernel_size
        return ceil(log2(d)) if is_symbolic(d) else TapCode(d).bitsize

    @property
    def num_padding_flags(self) -> SymbolicInt:
        """Flags of pixels in the padding, before and after a shift; none when `M` is a power of two."""
        size = self.image_size
        if is_symbolic(size) or size & (size - 1) == 0:
            return 0
        return 1 + smin(1, self.tap_bitsize)

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`log2 C + 2 m`."""
        return self.channel_bitsize + 2 * self.axis_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """`log2 C + 2 b + 2`, without the 2 for `D = 1`, and padding flags."""
        b = self.tap_bitsize
        return self.channel_bitsize + 2 * b + 2 * smin(1, b) + self.num_padding_flags

    @property
    def _loader(self) -> Loader:
        return LOADERS.find(self.loading)

    @property
    def is_shape_symbolic(self) -> bool:
        """Whether a size is a symbol."""
        bits = self._loader.bits(self.angle_bits)
        return is_symbolic(self.channel_bitsize, self.axis_bitsize, self.kernel_size, bits)

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
        if self.balanced and self.channel_bitsize != 0:
            return False
        return bool(self.transposed) if self.kernel is None else self.data.runs_backwards

    @property
    def alpha(self) -> SymbolicFloat:
        """By data as the class says; by shape the value given, or the bound."""
        if self.kernel is not None:
            return self.data.alpha
        if self.shape_alpha is not None:
            return self.shape_alpha
        if is_symbolic(self.shape_channels, self.kernel_size, self.image_size):
            return self.kernel_size * sympy.sqrt(self.shape_channels)
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
        if self._loader.is_exact:
            return self.data.core
        return self.data.effective_core(self.circuit)

    def effective_kernel(self) -> FloatArray:
        """The kernel that is encoded, with rounded angles, float64 `(C, C, D, D)`, padded and cropped.

        `alpha` times the block is its convolution. For "rotations" it is the kernel itself.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        return self._effective_core.copy()

    @property
    def epsilon(self) -> SymbolicFloat:
        """0 for "rotations" (floating point aside).

        For tables, by data `sum_t ||K'_t - K_t||_2 >= ||Conv(K' - K)||_2` with `K'` the effective kernel;
        by shape `alpha` times the errors of the state preparations.
        """
        if self._loader.is_exact:
            return 0.0
        if self.kernel is not None:
            difference = np.moveaxis(self._effective_core - self.data.core, (2, 3), (0, 1))
            return float(np.linalg.norm(difference, 2, axis=(2, 3)).sum())
        c, b = self.channel_bitsize, self.tap_bitsize

        def error(num_rotations: SymbolicInt) -> SymbolicFloat:
            return self._loader.error(None, num_rotations, self.angle_bits)

        if self.balanced:
            return self.alpha * 2 * error(2 * b + c)
        return self.alpha * (2 * error(2 * b) + 2 * error(c))

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

    # ------------------------------------------------------------------------------------- parts

    def _tree(
        self,
        tables: list[FloatArray] | None,
        index_bitsize: SymbolicInt,
        num_levels: SymbolicInt,
        *,
        has_flag: bool = False,
        is_controlled: bool = False,
    ) -> RotationTree:
        """A tree through this bloq's loader; `tables` None by shape."""
        angles = None if tables is None else np.concatenate(tables)
        return RotationTree(
            angles,
            index_bitsize,
            num_levels,
            self.loading,
            self.angle_bits,
            has_flag=has_flag,
            is_controlled=is_controlled,
        )

    def _tap_trees(self) -> tuple[RotationTree, ...]:
        """Step (1)."""
        c, d = self.channel_bitsize, self.kernel_size
        tables = None if self.kernel is None else tap_tables(self.data.factors, TapCode(d))
        if d == 1:
            return ()
        if d != 3:
            return (self._tree(tables, c, smax(1, 2 * self.tap_bitsize)),)
        rows, columns = (None, None) if tables is None else (tables[:2], tables[2:])
        return (
            self._tree(rows, c, 1, has_flag=True),
            self._tree(columns, c + 2, 1, has_flag=True),
        )

    def _channel_trees(self) -> tuple[RotationTree, RotationTree]:
        """Step (2), and what step (6) undoes."""
        c, controlled = self.channel_bitsize, self.is_controlled
        outputs, channel = None, None
        if self.kernel is not None:
            outputs = output_tables(self.data.factors, TapCode(self.kernel_size))
            channel = channel_tables(self.data.factors)
        index, levels = c + 2 * self.tap_bitsize, smax(1, c)
        return (
            self._tree(outputs, index, levels, is_controlled=controlled),
            self._tree(channel, 0, levels, is_controlled=controlled),
        )

    def _sides(self) -> tuple[RotationTree, ...]:
        """The trees of the balanced factorisation."""
        c, controlled = self.channel_bitsize, self.is_controlled
        tables: list[list[FloatArray] | None] = [None, None]
        if self.kernel is not None:
            code, sides = TapCode(self.kernel_size), self.data.sides
            assert sides is not None
            tables = [
                vector_tables(sides.right, code, sides.used_inputs),
                vector_tables(sides.left, code, sides.used_outputs),
            ]
        levels = smax(1, 2 * self.tap_bitsize + c)
        return tuple(self._tree(table, c, levels, is_controlled=controlled) for table in tables)

    @cached_property
    def circuit(self) -> ConvolutionCircuit:
        """The parts, by data or by shape."""
        c, d, b = self.channel_bitsize, self.kernel_size, self.tap_bitsize
        tap_trees: tuple[RotationTree, ...] = ()
        sides: tuple[RotationTree, ...] = ()
        output_tree, channel_tree = None, None
        if self.balanced and c != 0:
            sides = self._sides()
        else:
            tap_trees = self._tap_trees()
            if c != 0:
                output_tree, channel_tree = self._channel_trees()
        is_flipped, signs = self._signs
        flags = self.num_padding_flags
        return ConvolutionCircuit(
            channel_bitsize=c,
            axis_bitsize=self.axis_bitsize,
            kernel_size=d,
            tap_bitsize=b,
            tap_trees=tap_trees,
            output_tree=output_tree,
            channel_tree=channel_tree,
            sides=sides,
            shift=None if d == 1 else CoordinateShift(self.axis_bitsize, b),
            signs=signs,
            is_flipped=is_flipped,
            padding=None if flags == 0 else PaddingFlag(self.image_size, self.is_controlled),
            num_padding_flags=flags,
            runs_backwards=self.runs_backwards,
            is_controlled=self.is_controlled,
        )

    @property
    def _signs(self) -> tuple[bool, TapSign | None]:
        """For one channel: is the centre tap negative, and the signs of the others relative to it."""
        if self.channel_bitsize != 0:
            return False, None
        if self.kernel is None:
            return True, None if self.kernel_size == 1 else TapSign(self.kernel_size)
        return self.data.signs

    @property
    def _special_cases(self) -> list[tuple[sympy.Basic, "Conv2DBlockEncoding"]]:
        """For symbolic sizes: the values for which the circuit has another form, each with its bloq.

        The first that holds counts; where none does, the general form.
        """
        cases: list[tuple[sympy.Basic, Conv2DBlockEncoding]] = []
        if is_symbolic(self.channel_bitsize) and self.axis_bitsize != 0:
            single = attrs.evolve(self, shape_channels=1)
            cases.append((sympy.Eq(self.shape_channels, 1), single))
        if is_symbolic(self.kernel_size):
            for size in (1, 3):
                special = attrs.evolve(self, shape_kernel_size=size)
                cases.append((sympy.Eq(self.kernel_size, size), special))
        return cases

    @property
    def workspace(self) -> SymbolicInt:
        """The largest of the steps' temporaries; a function (`ConvolutionWorkspace`) of symbolic sizes."""
        if not self.is_shape_symbolic:
            return self.circuit.workspace
        bits = self._loader.bits(self.angle_bits)
        sizes = (self.shape_channels, self.shape_kernel_size, self.image_size, bits)
        flags = (int(self.balanced), int(self.is_controlled))
        return ConvolutionWorkspace(*sizes, Str(self.loading), *flags)

    @property
    def closed_workspace(self) -> SymbolicInt:
        """The same in closed form, with a `Piecewise` of the special cases."""
        cases = [(case.closed_workspace, condition) for condition, case in self._special_cases]
        general = self.circuit.workspace
        return sympy.Piecewise(*cases, (general, True)) if cases else general

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The steps; `ConvolutionCircuit`."""
        if self.is_shape_symbolic:
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        self.circuit.add(wires)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition; for symbolic sizes, special cases and the general form, by indicators."""
        cases, general = self._special_cases, self.circuit.counts()
        if not cases:
            return dict(general)
        counts: dict[Bloq, SymbolicInt] = {}
        earlier: list[tuple[int, sympy.Basic]] = []
        for condition, case in cases:
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
