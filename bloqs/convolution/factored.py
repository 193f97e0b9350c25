"""Strategies that shift all taps by one adder; they differ in how the kernel is factorised."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.convolution.conv2d import Conv2DBlockEncoding
from bloqs.convolution.data import shape_alpha_bound
from bloqs.convolution.sizes import ConvolutionSizes, axis_bits_of
from bloqs.convolution.strategy import STRATEGIES, ConvolutionStrategy

EXACT = 1e-12
"""An epsilon of less than this part of alpha is the rounding of floating point."""

MAX_ATTEMPTS = 200
"""Kernels around one that are rounded, at most."""


def _within(
    core: npt.NDArray[np.float64], kernel: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """A padded and cropped kernel `(C, C, D', D')` put back into zeros `(C_out, C_in, D, D)`."""
    c_out, c_in, size = kernel.shape[:3]
    taps = core.shape[-1]
    start = size // 2 - taps // 2
    kernel[:, :, start : start + taps, start : start + taps] = core[:c_out, :c_in]
    return kernel


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

    def quantized(
        self, kernel: npt.NDArray[np.float64], image_size: int, angle_bits: int
    ) -> npt.NDArray[np.float64]:
        """Channel weights, tap probabilities and output vectors have angles of their own, each rounded.

        They are found again in the kernel that they make up. Only the smaller `alpha`, of columns or of rows,
        may have changed sides; then kernels around, some steps of the grid away, are rounded until one keeps
        its side.

        Args:
            kernel: as in `ConvolutionStrategy.quantized`.
            image_size: likewise.
            angle_bits: likewise.

        Returns:
            Likewise.

        Raises:
            ValueError: balanced factors, whose angles depend on each other, or neither way remains.
        """
        if self.balanced and max(kernel.shape[:2]) > 1:
            return super().quantized(kernel, image_size, angle_bits)
        options: dict[str, Any] = {"loading": "qrom", "angle_bits": angle_bits}
        first = self.encode(kernel, image_size, **options).data.runs_backwards
        ways = (first, not first) if self.transposed is None else (self.transposed,)
        rng, step = np.random.default_rng(0), float(np.max(np.abs(kernel))) / 2**angle_bits
        near = kernel
        for attempt in range(MAX_ATTEMPTS):
            for transposed in ways:
                rounded = Conv2DBlockEncoding(near, image_size, **options, transposed=transposed)
                found = _within(rounded.effective_kernel(), np.zeros_like(kernel))
                again = self.encode(found, image_size, **options)
                if float(again.epsilon) <= EXACT * float(again.alpha):
                    return found
            noise = rng.normal(size=kernel.shape) * (1 + attempt / 10) * step
            near = np.where(kernel == 0, 0.0, kernel + noise)
        raise ValueError(
            f"a kernel of {angle_bits} bits would be factorised the other way whichever way it is rounded; "
            "take convolution 'columns' or 'rows', or another number of bits"
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
