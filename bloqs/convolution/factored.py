"""Strategies that shift all taps by one adder; they differ in how the kernel is factorised."""

from __future__ import annotations

import attrs
import numpy.typing as npt
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.convolution.conv2d import Conv2DBlockEncoding
from bloqs.convolution.data import shape_alpha_bound
from bloqs.convolution.sizes import ConvolutionSizes, axis_bits_of
from bloqs.convolution.strategy import STRATEGIES, ConvolutionStrategy


@attrs.frozen(kw_only=True)
class FactoredStrategy(ConvolutionStrategy):
    """`Conv2DBlockEncoding` with a factorisation chosen beforehand, or by the kernel.

    Parameters:
        name: as in `ConvolutionStrategy`.
        summary: as in `ConvolutionStrategy`.
        has_symbols: sizes and bits may be symbols.
        transposed: whether the transposed kernel is factorised; None for the one of smaller `alpha`.
        balanced: whether the factorisation is the balanced one.

    Example:
        >>> import numpy as np
        >>> kernel = np.random.default_rng(0).normal(size=(2, 2, 3, 3))
        >>> [round(STRATEGIES[name].encode(kernel, 8).alpha, 2) for name in ("columns", "rows", "balanced")]
        [12.06, 12.47, 11.06]
    """

    has_symbols: bool = True
    transposed: bool | None = None
    balanced: bool = False

    def encode(
        self,
        kernel: npt.ArrayLike,
        image_size: int,
        *,
        loading: str = "rotations",
        angle_bits: int | None = None,
    ) -> Conv2DBlockEncoding:
        """By data; see `ConvolutionStrategy.encode`."""
        return Conv2DBlockEncoding(
            kernel,
            image_size,
            loading,
            angle_bits,
            transposed=self.transposed,
            balanced=self.balanced,
        )

    def encode_shape(
        self,
        channels: SymbolicInt,
        kernel_size: SymbolicInt,
        image_size: SymbolicInt,
        *,
        loading: str = "rotations",
        angle_bits: SymbolicInt | None = None,
        alpha: SymbolicFloat | None = None,
    ) -> Conv2DBlockEncoding:
        """By shape; see `ConvolutionStrategy.encode_shape`."""
        symbolic = is_symbolic(image_size)
        return Conv2DBlockEncoding.from_shape(
            channels,
            kernel_size,
            image_size=None if symbolic else image_size,
            axis_bits=axis_bits_of(image_size) if symbolic else None,
            loading=loading,
            angle_bits=angle_bits,
            alpha=alpha,
            transposed=self.transposed,
            balanced=self.balanced,
        )

    def alpha_bound(
        self, channels: SymbolicInt, kernel_size: SymbolicInt, image_size: SymbolicInt
    ) -> SymbolicFloat:
        """`shape_alpha_bound`, which holds for each of these factorisations."""
        taps = ConvolutionSizes(channels, kernel_size, image_size).taps
        return shape_alpha_bound(channels, taps, image_size)


COLUMNS = STRATEGIES.register(
    FactoredStrategy(
        name="columns",
        summary="one adder an axis; each input channel prepares its taps and outputs",
        transposed=False,
    )
)
"""The columns of the kernel: one state preparation for each input channel."""

ROWS = STRATEGIES.register(
    FactoredStrategy(
        name="rows",
        summary="the columns of the transposed kernel, run backwards",
        transposed=True,
    )
)
"""The rows of the kernel: one state preparation for each output channel."""

COLUMNS_OR_ROWS = STRATEGIES.register(
    FactoredStrategy(
        name="columns-or-rows",
        summary="columns or rows, whichever has the smaller alpha for the kernel",
    )
)
"""The default: of the cheap factorisations the one of smaller `alpha`."""

BALANCED = STRATEGIES.register(
    FactoredStrategy(
        name="balanced",
        summary="both sides prepare taps and channels: the smallest alpha, at a higher cost a call",
        balanced=True,
    )
)
"""The factorisation of the smallest `alpha` (`BalancedFactors`)."""

DEFAULT_STRATEGY = COLUMNS_OR_ROWS
"""What a convolution is encoded by where no strategy is named."""
