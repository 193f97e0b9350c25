"""The strategy "tap-lcu": `TapConv2D`."""

from __future__ import annotations

from typing import Any

import attrs
import numpy.typing as npt
from qualtran.symbolics import SymbolicFloat, SymbolicInt

from bloqs.convolution.sizes import ConvolutionSizes
from bloqs.convolution.strategy import STRATEGIES, ConvolutionStrategy
from bloqs.convolution.tap_lcu import TapConv2D, tap_alpha_bound


@attrs.frozen(kw_only=True)
class TapStrategy(ConvolutionStrategy):
    """`TapConv2D`: an LCU over the taps, each a matrix over channels.

    Parameters:
        name: as in `ConvolutionStrategy`.
        summary: as in `ConvolutionStrategy`.
        has_symbols: sizes and bits may be symbols, as `TapConv2D.from_shape` says.

    Example:
        >>> import numpy as np
        >>> kernel = np.random.default_rng(0).normal(size=(2, 2, 3, 3))
        >>> round(STRATEGIES["tap-lcu"].encode(kernel, 8).alpha, 2)
        12.01
    """

    has_symbols: bool = True

    def encode(self, kernel: npt.ArrayLike, image_size: int, **options: Any) -> TapConv2D:
        """By data; see `ConvolutionStrategy.encode`."""
        return TapConv2D(kernel, image_size, **options)

    def encode_shape(
        self,
        channels: SymbolicInt,
        kernel_size: SymbolicInt,
        image_size: SymbolicInt,
        **options: Any,
    ) -> TapConv2D:
        """By shape; see `ConvolutionStrategy.encode_shape`."""
        return TapConv2D.from_shape(channels, kernel_size, image_size, **options)

    def alpha_bound(
        self, channels: SymbolicInt, kernel_size: SymbolicInt, image_size: SymbolicInt
    ) -> SymbolicFloat:
        """`tap_alpha_bound`."""
        taps = ConvolutionSizes(channels, kernel_size, image_size).taps
        return tap_alpha_bound(channels, taps, image_size)


TAP_LCU = STRATEGIES.register(
    TapStrategy(
        name="tap-lcu",
        summary="LCU over taps, each a matrix over channels made orthogonal: alpha = sum of the taps' norms",
    )
)
"""The smallest alpha for many channels; costs more table lookups a call."""
