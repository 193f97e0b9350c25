"""The convolution by LCU over its taps, each a matrix over channels that one more qubit makes orthogonal."""

from collections import Counter
from functools import cached_property

import attrs
import numpy as np
import sympy
from qualtran import Bloq, BloqBuilder, BloqDocSpec, DecomposeTypeError, Soquet, bloq_example
from qualtran.bloqs.mcmt import And
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic, smax, smin

from bloqs.checks import real_number
from bloqs.convolution.data import shape_alpha_bound
from bloqs.convolution.kernel_or_shape import KernelOrShape
from bloqs.convolution.kernels import NestedKernel, nested_kernel
from bloqs.convolution.shift import CoordinateShift, PaddingFlag, compute_and, uncompute_and
from bloqs.convolution.sizes import axis_bits_of
from bloqs.convolution.tap_matrices import TapMatrices
from bloqs.convolution.tree import RotationTree
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.checks import checked, count
from bloqs.core.control import DATA, WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray
from bloqs.core.wires import Key, Wires
from bloqs.loading.angles import check_angle_bits
from bloqs.loading.fields import abridged
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.loader import LOADERS, Loader, loader_name

AXES = ("row", "column")


def _integer(value: SymbolicInt) -> SymbolicInt:
    """Converter of a size: numpy's integers become Python's."""
    return count(value, "image_size")


def tap_alpha_bound(
    channels: SymbolicInt, kernel_size: SymbolicInt, image_size: SymbolicInt
) -> SymbolicFloat:
    """`sum_t ||K_t||_2` of any kernel whose convolution has norm at most 1: `min(D sqrt(C), D**2)`, D <= M.

    Each `K_t` is a part of the convolution's matrix, so that its norm is at most 1; and by Cauchy and Schwarz
    the sum is at most `D ||K||_F`, which `shape_alpha_bound` bounds for any D.

    Args:
        channels: C; may be symbolic.
        kernel_size: D, taps that meet a pixel; may be symbolic.
        image_size: M; may be symbolic.

    Returns:
        The bound, proved above.

    Example:
        >>> tap_alpha_bound(4, 3, 8), tap_alpha_bound(16, 3, 8)
        (6.0, 9)
    """
    return smin(shape_alpha_bound(channels, kernel_size, image_size), kernel_size**2)


@attrs.frozen(field_transformer=checked, cache_hash=True)
class TapConv2D(KernelOrShape, RealBlockEncoding):
    r"""The zero-padded stride-1 convolution by LCU over its taps, `Conv = sum_t K_t (x) S_t`.

    $$ \mathrm{Conv} = \sum_t K_t \otimes S_t, \qquad \alpha = \sum_t \|K_t\|_2. $$

    `K_t = K[:, :, t]` is a C x C matrix, `S_t` the one-sided shift of tap t. With the singular value
    decomposition `K_t/||K_t|| = U_t Sigma_t V_t^T` the rotation `Ry(2 arccos sigma)` of one more qubit,
    selected by tap and channel, encodes `Sigma_t`:

    1. prepare `sum_t sqrt(||K_t||/alpha) |t>`;
    2. selected by t, apply `V_t^T`, the rotations of `Sigma_t`, and `U_t` to the channel register;
    3. subtract the offset of t from the coordinates, all taps at once, with an overflow flag an axis;
    4. undo step 1.

    `alpha = sum_t ||K_t||_2`, for Gaussian kernels of many channels less than half that of
    `Conv2DBlockEncoding`. A call costs more: each orthogonal matrix is `C - 1` multiplexed rotations
    (`rotation_layers`), one lookup each. A control acts on step 2 and on the offsets; steps 1 and 4 cancel.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(log2 C + 2 m)`: channel, row, column; as in `Conv2DBlockEncoding`.
        ancilla: the qubit of `Sigma`, row tap, column tap, row overflow, column overflow, and, when M is no
            power of two, flags that the pixel is in the padding before and after the shift.
    Parameters:
        kernel: float64 `(C_out, C_in, D, D)`; None by shape (`from_shape`).
        image_size: M, any integer. By shape `2**m` may be symbolic.
        loading: a registered loader or its name.
        angle_bits: bits of a tabulated angle; None for the loader's default.
        shape_channels, shape_kernel_size, shape_alpha: by shape only, see `from_shape`.
        is_controlled: with a `ctrl` qubit.
    Encodes: `(sum_t ||K_t||_2, 3 + 2 ceil(log2 D), epsilon)`; epsilon is 0 for "rotations".
    Error: by data the norms of the taps' errors, summed; by shape alpha times the errors of all lookups.

    Raises:
        ValueError: kernel not of shape `(C_out, C_in, D, D)`, not finite, or zero wherever it meets a pixel;
            an image size below 1; one channel of one pixel.

    References:
        [Quantum singular value transformation and beyond](https://arxiv.org/abs/1806.01838), Gilyén et al.
        (2019), Lemma 52, for the LCU; [Synthesis of quantum logic
        circuits](https://arxiv.org/abs/quant-ph/0406176), Shende et al. (2006), for the decomposition.

    Example:
        >>> kernel = np.random.default_rng(0).normal(size=(4, 4, 3, 3))
        >>> conv = TapConv2D(kernel, 4)
        >>> bool(np.isclose(conv.alpha, np.linalg.norm(kernel, 2, axis=(0, 1)).sum())), conv.ancilla_bitsize
        (True, 7)
    """

    component = "convolution"

    kernel: NestedKernel | None = attrs.field(
        default=None, converter=nested_kernel, repr=abridged, metadata=DATA
    )
    image_size: SymbolicInt = attrs.field(default=0, converter=_integer)
    loading: str = attrs.field(default="rotations", converter=loader_name)
    angle_bits: SymbolicInt | None = None
    shape_channels: SymbolicInt = attrs.field(default=0, kw_only=True)
    shape_kernel_size: SymbolicInt = attrs.field(default=0, kw_only=True)
    shape_alpha: SymbolicFloat | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.angle_bits is not None:
            check_angle_bits(self.angle_bits)
        size = self.image_size
        if not is_symbolic(size) and size < 1:
            raise ValueError(f"image_size must be an integer of at least 1, found {size}")
        self.check_kernel_or_shape()

    @classmethod
    def from_shape(
        cls,
        channels: SymbolicInt,
        kernel_size: SymbolicInt,
        image_size: SymbolicInt,
        *,
        loading: str | Loader = "rotations",
        angle_bits: SymbolicInt | None = None,
        alpha: SymbolicFloat | None = None,
    ) -> "TapConv2D":
        """The encoding of an unknown kernel, for costs: every angle a generic rotation, an upper bound.

        Args:
            channels: C; may be symbolic, then taken to be at least 2.
            kernel_size: D; may be symbolic, then taken to be at least 2 and less than `2 M`.
            image_size: M; may be symbolic, of the form `2**m`, with m taken to be at least 1.
            loading: as in the class.
            angle_bits: as in the class; may be symbolic.
            alpha: subnormalisation; None for `tap_alpha_bound`.

        Returns:
            The bloq, without data.

        Raises:
            ValueError: a size or alpha out of range.
        """
        if is_symbolic(image_size):
            axis_bits_of(image_size)  # which refuses another form
        if alpha is not None and not isinstance(alpha, sympy.Expr):
            alpha = real_number(alpha, "alpha", low=0, is_open=True)
        return cls(
            None,
            image_size,
            loading,
            angle_bits,
            shape_channels=channels,
            shape_kernel_size=kernel_size,
            shape_alpha=alpha,
        )

    # --- sizes -----------------------------------------------------------------------------------

    @cached_property
    def _matrices(self) -> TapMatrices:
        return TapMatrices.of(self.data.core)

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`log2 C + 2 m`."""
        return self.sizes.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """The qubit of the singular values, the taps, overflow and padding flags."""
        return 1 + self.sizes.ancilla_bitsize - self.sizes.channel_bitsize

    @property
    def alpha(self) -> SymbolicFloat:
        """`sum_t ||K_t||_2`; by shape the value given, or the bound."""
        if self.kernel is not None:
            return self._matrices.alpha
        if self.shape_alpha is not None:
            return self.shape_alpha
        return tap_alpha_bound(self.shape_channels, self.sizes.taps, self.image_size)

    # --- the parts -------------------------------------------------------------------------------

    def _tree(
        self, angles: FloatArray | None, index: SymbolicInt, levels: SymbolicInt = 1
    ) -> RotationTree:
        return RotationTree(
            None if angles is None else angles.ravel(), index, levels, self.loading, self.angle_bits
        )

    @cached_property
    def prepare(self) -> RotationTree:
        """Step 1."""
        tables = None if self.kernel is None else self._matrices.tap_angles()
        return self._tree(tables, 0, smax(1, 2 * self.sizes.tap_bitsize))

    @cached_property
    def singular_values(self) -> RotationTree:
        """The rotations of `Sigma_t`, selected by tap and channel."""
        table = None if self.kernel is None else self._matrices.singular_angles()
        return self._tree(table, 2 * self.sizes.tap_bitsize + self.sizes.channel_bitsize)

    @property
    def _generic_layer(self) -> RotationTree:
        """A layer by shape."""
        return self._tree(None, 2 * self.sizes.tap_bitsize + self.sizes.channel_bitsize - 1)

    @property
    def _num_layers(self) -> SymbolicInt:
        """Of each side."""
        return 2**self.sizes.channel_bitsize - 1

    @cached_property
    def layers(self) -> tuple[list[tuple[int, Bloq]], list[tuple[int, Bloq]]]:
        """Target and tree of each layer of `V_t^T` and of `U_t`, in the order of the circuit."""
        index = 2 * self.sizes.tap_bitsize + self.sizes.channel_bitsize - 1
        if self.kernel is None:
            one = [(0, self._generic_layer)] * int(self._num_layers)
            return one, one
        sides = (self._matrices.right_layers(), self._matrices.left_layers())
        right, left = (
            [(layer.target, self._tree(layer.angles, index)) for layer in side] for side in sides
        )
        # V = L diag(signs), so that V^T ends, in the circuit begins, with the inverse of its first factor.
        return [(q, tree.adjoint()) for q, tree in right], left[::-1]

    @property
    def _shift(self) -> CoordinateShift:
        return CoordinateShift(self.sizes.axis_bitsize, self.sizes.tap_bitsize)

    @property
    def _padding(self) -> PaddingFlag:
        return PaddingFlag(int(self.image_size), self.is_controlled)

    # --- what is encoded -------------------------------------------------------------------------

    @cached_property
    def _effective_core(self) -> FloatArray:
        """The kernel that the angles in use make up."""
        if LOADERS.find(self.loading).is_exact:
            return self.data.core
        right, left = self._matrices.right_layers(), self._matrices.left_layers()
        tables = [
            [self._tree(layer.angles, self._generic_layer.index_bitsize).effective_tables()[0]
             for layer in side]
            for side in (right, left)
        ]  # fmt: skip
        taps = self.prepare.effective_tables() if self.sizes.tap_bitsize else []
        return self._matrices.effective_core(
            taps, self.singular_values.effective_tables()[0], *tables
        )

    @property
    def epsilon(self) -> SymbolicFloat:
        """0 for exact angles; see Error of the class."""
        if LOADERS.find(self.loading).is_exact:
            return 0.0
        if self.kernel is not None:
            gap = np.moveaxis(self._effective_core - self.data.core, (2, 3), (0, 1))
            return float(np.linalg.norm(gap, 2, axis=(2, 3)).sum())
        single = LOADERS.find(self.loading).error(None, 1, self.angle_bits)
        taps = LOADERS.find(self.loading).error(None, 2 * self.sizes.tap_bitsize, self.angle_bits)
        return self.alpha * (2 * taps + (2 * self._num_layers + 1) * single)

    def target(self) -> FloatArray:
        """The matrix of the convolution, zero on the padding."""
        return self.data.matrix()

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """The convolution, matrix-free."""
        return self.data.convolve(self.data.core, np.asarray(vectors))

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """The convolution by the kernel that is loaded, over alpha, matrix-free."""
        return self.data.convolve(self._effective_core / self.alpha, np.asarray(vectors))

    # --- the circuit -----------------------------------------------------------------------------

    def _call(self, tree: Bloq) -> Bloq:
        """A tree of step 2, with the control if there is one."""
        return tree.controlled() if self.is_controlled else tree

    @property
    def _num_code_ands(self) -> SymbolicInt:
        return 2 * self.sizes.tap_bitsize if self.is_controlled else 0

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The largest of the steps'; a controlled shift holds its blanked offsets."""
        sizes = self.sizes
        parts = [workspace_of(self._call(self.singular_values))]
        if sizes.channel_bitsize != 0:
            layers = (
                [self._generic_layer]
                if self.kernel is None
                else [tree for side in self.layers for _, tree in side]
            )
            parts += [workspace_of(self._call(tree)) for tree in layers]
        if sizes.tap_bitsize != 0:
            blanked = sizes.tap_bitsize if self.is_controlled else 0  # one axis after the other
            parts += [workspace_of(self.prepare), blanked + workspace_of(self._shift)]
        if sizes.num_padding_flags != 0:
            parts.append(workspace_of(self._padding))
        return max_workspace(*parts)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Steps 1 to 4."""
        if self.sizes.is_symbolic or is_symbolic(self.image_size, self.angle_bits or 0):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        c, m, b = self.sizes.channel_bitsize, self.sizes.axis_bitsize, self.sizes.tap_bitsize
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        value, taps = ancilla[:1], ancilla[1 : 1 + 2 * b]
        overflow = ancilla[1 + 2 * b :][: 2 * min(b, 1)]
        flags = ancilla[1 + 2 * b + len(overflow) :]
        channel = system[:c]
        axes = {"row": system[c : c + m], "column": system[c + m :]}

        def layer(target: int, tree: Bloq) -> None:
            others = [key for q, key in enumerate(channel) if q != target]
            wires.call(self._call(tree), ctrl=ctrl, index=taps + others, system=[channel[target]])

        def flag(which: int) -> None:
            if which < len(flags):
                axes_of = {"row": axes["row"], "column": axes["column"]}
                wires.call(self._padding, ctrl=ctrl, target=[flags[which]], **axes_of)

        flag(0)
        if b:
            wires.call(self.prepare, system=taps)
        for target, tree in self.layers[0]:
            layer(target, tree)
        wires.call(self._call(self.singular_values), ctrl=ctrl, index=taps + channel, system=value)
        for target, tree in self.layers[1]:
            layer(target, tree)
        if b:
            self._shift_axes(wires, ctrl, taps, axes, overflow)
            wires.call(self.prepare.adjoint(), system=taps)
        flag(1)
        return wires.join_signature(self.signature)

    def _shift_axes(
        self,
        wires: Wires,
        ctrl: list[Key],
        taps: list[Key],
        axes: dict[str, list[Key]],
        overflow: list[Key],
    ) -> None:
        """Step 3, by offsets that are 0 where a control is off. For three taps a code is (lo, hi)."""
        b = len(taps) // 2
        for axis, code, flag in zip(AXES, (taps[:b], taps[b:]), overflow, strict=True):
            if ctrl:
                offset = [
                    compute_and(wires, ctrl[0], key, f"{axis}_{j}") for j, key in enumerate(code)
                ]
            else:
                offset = code
            wires.call(
                self._shift.adjoint(),
                offset=offset[::-1] if self.sizes.taps == 3 else offset,
                coordinate=axes[axis],
                overflow=[flag],
            )
            if ctrl:
                for j, key in enumerate(code):
                    uncompute_and(wires, ctrl[0], key, f"{axis}_{j}")

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition; by shape the layers are alike."""
        sizes, counts = self.sizes, Counter[Bloq]()
        counts[self._call(self.singular_values)] += 1
        if sizes.tap_bitsize != 0:
            counts[self.prepare] += 1
            counts[self.prepare.adjoint()] += 1
            counts[self._shift.adjoint()] += 2
        if sizes.channel_bitsize != 0:
            if self.kernel is None:
                counts[self._call(self._generic_layer)] += 2 * self._num_layers
            else:
                for _, tree in (*self.layers[0], *self.layers[1]):
                    counts[self._call(tree)] += 1
        if sizes.num_padding_flags != 0:
            counts[self._padding] += sizes.num_padding_flags
        if self.is_controlled and sizes.tap_bitsize != 0:
            counts[And()] += self._num_code_ands
            counts[And().adjoint()] += self._num_code_ands
        return dict(counts)


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _tap_conv2d() -> TapConv2D:
    kernel = [[[[0.3, -0.1], [0.2, 0.4]], [[0.1, 0.5], [-0.2, 0.2]]]]
    tap_conv2d = TapConv2D(kernel, image_size=2)
    return tap_conv2d


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _tap_conv2d_tables() -> TapConv2D:
    kernel = [[[[0.3, -0.1], [0.2, 0.4]], [[0.1, 0.5], [-0.2, 0.2]]]]
    tap_conv2d_tables = TapConv2D(kernel, 3, "qrom", 6, is_controlled=True)
    return tap_conv2d_tables


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _tap_conv2d_shape() -> TapConv2D:
    tap_conv2d_shape = TapConv2D.from_shape(2, 3, 4, loading="select-swap")
    return tap_conv2d_shape


@bloq_example
def _tap_conv2d_symbolic() -> TapConv2D:
    channels, kernel_size, axis_bits = sympy.symbols("C D m")
    tap_conv2d_symbolic = TapConv2D.from_shape(channels, kernel_size, 2**axis_bits)
    return tap_conv2d_symbolic


TAP_CONV2D_DOC = BloqDocSpec(
    bloq_cls=TapConv2D,
    examples=(_tap_conv2d, _tap_conv2d_tables, _tap_conv2d_shape, _tap_conv2d_symbolic),
)
