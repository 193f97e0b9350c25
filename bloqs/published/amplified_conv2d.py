"""L5: the convolution over twice its norm, with alpha 1: the entrywise LCU, amplified."""

import functools
from functools import cached_property

import attrs
import numpy as np
import sympy
from qualtran import BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.convolution.kernels import NestedKernel, nested_kernel
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.checks import checked
from bloqs.core.control import DATA, WorkspaceOf
from bloqs.core.encoding import FloatArray
from bloqs.loading.fields import abridged
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.loader import loader_name
from bloqs.published.entrywise_conv2d import EntrywiseConv2D
from bloqs.published.lemma import Lemma
from bloqs.published.uniform_amplification import ROUNDING, UniformAmplification
from bloqs.reference.convolution import convolution_norm


@functools.lru_cache(maxsize=64)
def _norm(kernel: NestedKernel, image_size: int) -> float:
    """The norm of a convolution, which takes seconds for many channels, once a kernel."""
    return convolution_norm(np.array(kernel), image_size)


NORM_ACCURACY = 2e-6
"""The spectral norm is computed to 1e-6, relative."""


@attrs.frozen(field_transformer=checked, cache_hash=True)
class AmplifiedConv2D(RealBlockEncoding):
    r"""`Conv/(2 ||Conv||_2)` with `alpha = 1`: `EntrywiseConv2D` by `UniformAmplification`, as in Lemma 5.

    $$ \frac{\mathrm{Conv}}{2 \|\mathrm{Conv}\|_2}, \qquad \alpha = 1. $$

    The gain is `sum |K|/(2 ||Conv||_2)`, so that all singular values end in [0, 1/2].

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(log2 C + 2 m)`: channel, row, column.
        ancilla: the sign qubit, then those of the LCU.
    Parameters:
        kernel: float64 `(C_out, C_in, D, D)`; None by shape.
        image_size: `M`, a power of two; by shape `2**m` may be symbolic.
        epsilon: bound of the spectral-norm error, in (0, 1).
        loading: a registered loader or its name, for PREPARE.
        angle_bits: bits of a tabulated angle; None for the loader's default.
        shape_channels, shape_kernel_size: by shape only; may be symbolic.
        degree: of the polynomial; None for the smallest that meets `epsilon`. May be symbolic by shape, and
            must be given where a size is.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1, 1 + a, epsilon); L5 states (1, 3 + 8 D + 2 log(C D), 0), its error being left out there.
    Cost: the degree in calls of the LCU. By shape the norm of the convolution is taken to be 1.

    Raises:
        ValueError: as `EntrywiseConv2D` and `UniformAmplification`.

    References:
        Rattew et al. (ICLR 2026), Lemma 5.

    Example:
        >>> kernel = np.zeros((1, 1, 3, 3)); kernel[0, 0, 1] = [0.25, 0.5, 0.25]
        >>> conv = AmplifiedConv2D(kernel, 2, epsilon=1e-2)
        >>> round(float(np.linalg.norm(conv.target(), 2)), 6), conv.alpha
        (0.5, 1.0)
    """

    lemma = Lemma(
        label="L5",
        title="QRAM-free 2-D multi-filter convolution",
        encodes="(1, 3 + 8D + 2 log(CD), 0) of Conv/(2 ||Conv||)",
        complexity="depth O(m^2 C^3 D^4 log C log D)",
        ours="bloqs.convolution.Conv2DBlockEncoding",
        references=("rattew2026", "gilyen2019"),
    )
    component = "convolution"

    kernel: NestedKernel | None = attrs.field(
        default=None, converter=nested_kernel, repr=abridged, metadata=DATA
    )
    image_size: SymbolicInt = 0
    epsilon: float = 1e-2
    loading: str = attrs.field(default="rotations", converter=loader_name)
    angle_bits: SymbolicInt | None = None
    shape_channels: SymbolicInt = attrs.field(default=0, kw_only=True)
    shape_kernel_size: SymbolicInt = attrs.field(default=0, kw_only=True)
    degree: SymbolicInt | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        for name in ("shape_channels", "shape_kernel_size"):
            value = getattr(self, name)
            if self.kernel is None and not is_symbolic(value) and value < 1:
                raise ValueError(f"without a kernel {name} must be at least 1, found {value}")
        # Every check is made by the parts; so that a wrong argument is told where it was passed.
        assert self.amplified is not None

    @cached_property
    def entrywise(self) -> EntrywiseConv2D:
        """The LCU."""
        if self.kernel is None:
            return EntrywiseConv2D.from_shape(
                self.shape_channels,
                self.shape_kernel_size,
                self.image_size,
                loading=self.loading,
                angle_bits=self.angle_bits,
            )
        return EntrywiseConv2D(self.kernel, self.image_size, self.loading, self.angle_bits)

    @cached_property
    def norm(self) -> float:
        """`||Conv||_2` of the zero-padded matrix; 1 by shape."""
        if self.kernel is None:
            return 1.0
        return _norm(self.kernel, int(self.image_size))

    @cached_property
    def amplified(self) -> UniformAmplification:
        """The LCU with its singular values amplified."""
        encoding, bound = self.entrywise, None
        gain = encoding.alpha / (2 * self.norm)
        if not is_symbolic(gain):
            bound = min(1.0, self.norm * (1 + NORM_ACCURACY) / float(encoding.alpha) + ROUNDING)
        return UniformAmplification(
            encoding,
            gain,
            self.epsilon,
            singular_bound=bound,
            degree=self.degree,
            is_controlled=self.is_controlled,
        )

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`log2 C + 2 m`."""
        return self.entrywise.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Those of the amplification."""
        return self.amplified.ancilla_bitsize

    @property
    def alpha(self) -> float:
        """1."""
        return 1.0

    def target(self) -> FloatArray:
        """`Conv/(2 ||Conv||_2)`."""
        return self.entrywise.target() / (2 * self.norm)

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """The convolution over twice its norm, matrix-free."""
        return self.entrywise.apply_target(vectors) / (2 * self.norm)

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """The polynomial of the LCU's block."""
        return self.amplified.apply_block(vectors)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the amplification."""
        return workspace_of(self.amplified)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The amplification."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize, self.degree or 1):
            raise DecomposeTypeError(f"symbolic {self}")
        return dict(bb.add_d(self.amplified, **soqs))

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The amplification."""
        return {self.amplified: 1}


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _amplified_conv2d() -> AmplifiedConv2D:
    kernel = [[[[0.25, -0.5], [0.1, 0.3]]]]
    amplified_conv2d = AmplifiedConv2D(kernel, image_size=2, epsilon=2e-2)
    return amplified_conv2d


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _amplified_conv2d_pointwise() -> AmplifiedConv2D:
    kernel = np.array([[0.5, -0.4], [0.3, 0.2]]).reshape(2, 2, 1, 1)
    amplified_conv2d_pointwise = AmplifiedConv2D(kernel, image_size=2, epsilon=0.05)
    return amplified_conv2d_pointwise


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _amplified_conv2d_shape() -> AmplifiedConv2D:
    amplified_conv2d_shape = AmplifiedConv2D(
        None, 8, shape_channels=4, shape_kernel_size=3, loading="select-swap", degree=3
    )
    return amplified_conv2d_shape


@bloq_example
def _amplified_conv2d_symbolic() -> AmplifiedConv2D:
    channels, kernel_size, axis_bits, degree = sympy.symbols("C D m d")
    amplified_conv2d_symbolic = AmplifiedConv2D(
        None,
        2**axis_bits,
        shape_channels=channels,
        shape_kernel_size=kernel_size,
        degree=degree,
    )
    return amplified_conv2d_symbolic
