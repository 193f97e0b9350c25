"""The strategy "auto": of several strategies the one of least cost, for each convolution by itself."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from qualtran.symbolics import SymbolicFloat, SymbolicInt

from bloqs.convolution.strategy import STRATEGIES, ConvolutionStrategy
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.counts import t_estimate

CANDIDATES = (
    "columns-or-rows",
    "balanced",
    "tap-lcu",
    "entrywise",
    "amplified",
    "amplified-tap-lcu",
)
"""What "auto" chooses from; the first is what it falls back on where nothing is known of a kernel."""


@attrs.frozen(kw_only=True)
class AutoStrategy(ConvolutionStrategy):
    """The cheapest of several strategies.

    In a network each convolution is encoded by the strategy with which the whole network costs least
    (`bloqs.networks.choosing`), for it is the network that says what a small `alpha` is worth. A convolution
    that stands alone is encoded by the one of least `T * alpha`, what the same amplitude costs. A strategy
    that refuses a kernel is passed over.

    It is not the default: that no other strategy is cheaper is shown by costing several networks where one
    was asked for, which takes a query several times as long wherever two strategies are near each other.

    Parameters:
        name: as in `ConvolutionStrategy`.
        summary: as in `ConvolutionStrategy`.
        candidates: names of other strategies.

    Example:
        >>> import numpy as np
        >>> kernel = np.random.default_rng(0).normal(size=(4, 4, 3, 3))
        >>> auto = STRATEGIES["auto"]
        >>> type(auto.encode(kernel, 4)).__name__, type(auto.encode(kernel[:1, :1], 4)).__name__
        ('TapConv2D', 'Conv2DBlockEncoding')
    """

    candidates: tuple[str, ...] = CANDIDATES

    def alternatives(self) -> tuple[ConvolutionStrategy, ...]:
        """Those of the candidates."""
        return tuple(STRATEGIES.find(name) for name in self.candidates)

    def encode(self, kernel: npt.ArrayLike, image_size: int, **options: Any) -> RealBlockEncoding:
        """By data; the encoding of least `T * alpha`."""
        found, refusal = [], None
        for way in self.alternatives():
            try:
                found.append(way.encode(kernel, image_size, **options))
            except ValueError as error:
                refusal = refusal or error
        if not found:
            assert refusal is not None
            raise refusal
        return min(found, key=lambda encoding: t_estimate(encoding) * float(encoding.alpha))

    def encode_shape(
        self,
        channels: SymbolicInt,
        kernel_size: SymbolicInt,
        image_size: SymbolicInt,
        **options: Any,
    ) -> RealBlockEncoding:
        """By shape, of the first candidate: of an unknown kernel no alpha is known."""
        first = STRATEGIES.find(self.candidates[0])
        return first.encode_shape(channels, kernel_size, image_size, **options)

    def quantized(
        self, kernel: npt.NDArray[np.float64], image_size: int, angle_bits: int
    ) -> npt.NDArray[np.float64]:
        """Refused: the kernel that tables hold exactly depends on the strategy, which is chosen afterwards.

        Args:
            kernel: as in `ConvolutionStrategy.quantized`.
            image_size: likewise.
            angle_bits: likewise.

        Returns:
            Nothing.

        Raises:
            ValueError: always; says what to take.
        """
        raise ValueError(
            f"convolution {self.name!r} chooses a strategy for each kernel by the cost of the network, and "
            "which kernel tables hold exactly depends on the strategy: take 'columns-or-rows', 'columns' or "
            "'rows', and the same in to_bloq and cost_bloq"
        )

    def alpha_bound(
        self, channels: SymbolicInt, kernel_size: SymbolicInt, image_size: SymbolicInt
    ) -> SymbolicFloat:
        """Of the first candidate."""
        return STRATEGIES.find(self.candidates[0]).alpha_bound(channels, kernel_size, image_size)


AUTO = STRATEGIES.register(
    AutoStrategy(
        name="auto", summary="for each convolution the strategy with which the network costs least"
    )
)
"""The choice by total cost."""
