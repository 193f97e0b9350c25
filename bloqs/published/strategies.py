"""Published forms of the convolution as strategies: "entrywise", and amplified encodings."""

from __future__ import annotations

import functools
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.convolution import STRATEGIES, ConvolutionStrategy
from bloqs.convolution.data import shape_alpha_bound
from bloqs.convolution.kernels import NestedKernel, nested_kernel
from bloqs.convolution.sizes import ConvolutionSizes
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.published.amplified_conv2d import NORM_ACCURACY
from bloqs.published.entrywise_conv2d import EntrywiseConv2D
from bloqs.published.rescaled import RescaledEncoding
from bloqs.published.uniform_amplification import ROUNDING, UniformAmplification
from bloqs.reference.convolution import convolution_norm

STRETCH = 2.0
"""An amplified convolution has the alpha `2 ||Conv||_2`, as in Lemma 5."""

AMPLIFIED_EPSILON = 1e-6
"""Error of an amplified convolution over its alpha: small beside what a network's rounded angles leave."""


@attrs.frozen(kw_only=True)
class EntrywiseStrategy(ConvolutionStrategy):
    """`EntrywiseConv2D`, the LCU over all entries of the kernel, as the paper writes it.

    Parameters:
        name: as in `ConvolutionStrategy`.
        summary: as in `ConvolutionStrategy`.
        has_symbols: sizes and bits may be symbols, as `EntrywiseConv2D.from_shape` says.

    Example:
        >>> STRATEGIES["entrywise"].encode(np.full((1, 1, 3, 3), 0.1), 4).alpha
        0.9
    """

    has_symbols: bool = True

    def encode(self, kernel: npt.ArrayLike, image_size: int, **options: Any) -> EntrywiseConv2D:
        """By data; see `ConvolutionStrategy.encode`. The image size must be a power of two."""
        return EntrywiseConv2D(kernel, image_size, **options)

    def encode_shape(
        self,
        channels: SymbolicInt,
        kernel_size: SymbolicInt,
        image_size: SymbolicInt,
        **options: Any,
    ) -> EntrywiseConv2D:
        """By shape; see `ConvolutionStrategy.encode_shape`."""
        return EntrywiseConv2D.from_shape(channels, kernel_size, image_size, **options)

    def alpha_bound(
        self, channels: SymbolicInt, kernel_size: SymbolicInt, image_size: SymbolicInt
    ) -> SymbolicFloat:
        """`C` times `shape_alpha_bound`."""
        taps = ConvolutionSizes(channels, kernel_size, image_size).taps
        return channels * shape_alpha_bound(channels, taps, image_size)


@functools.lru_cache(maxsize=64)
def _norm(kernel: NestedKernel, image_size: int) -> float:
    return convolution_norm(np.array(kernel), image_size)


@attrs.frozen(kw_only=True)
class AmplifiedStrategy(ConvolutionStrategy):
    """Another strategy's encoding, its singular values amplified until `alpha = 2 ||Conv||_2`.

    Where its alpha is that small already, the encoding stays as it is. A call then costs as many calls of it
    as the polynomial's degree says, about `alpha/||Conv||` times the logarithm of the error; the rest of a
    network is called less often.

    Parameters:
        name: as in `ConvolutionStrategy`.
        summary: as in `ConvolutionStrategy`.
        base: name of the strategy that is amplified.
        epsilon: spectral-norm error over alpha, in (0, 1).

    Raises:
        ValueError: epsilon out of (0, 1).

    Example:
        >>> kernel = np.random.default_rng(0).normal(size=(8, 8, 3, 3))
        >>> rows, strong = (STRATEGIES[name].encode(kernel, 4) for name in ("columns-or-rows", "amplified"))
        >>> bool(strong.alpha < rows.alpha), bool(np.isclose(strong.alpha, 2 * rows.norm))
        (True, True)
    """

    base: str
    epsilon: float = AMPLIFIED_EPSILON

    def __attrs_post_init__(self) -> None:
        if not 0 < self.epsilon < 1:
            raise ValueError(f"epsilon must lie strictly between 0 and 1, found {self.epsilon}")

    @property
    def _base(self) -> ConvolutionStrategy:
        return STRATEGIES.find(self.base)

    def encode(self, kernel: npt.ArrayLike, image_size: int, **options: Any) -> RealBlockEncoding:
        """By data; see `ConvolutionStrategy.encode`."""
        plain = self._base.encode(kernel, image_size, **options)
        nested = nested_kernel(kernel)
        assert nested is not None
        norm, alpha = _norm(nested, int(image_size)), float(plain.alpha)
        gain = alpha / (STRETCH * norm)
        if gain <= 1:
            return plain
        bound = min(1.0, norm * (1 + NORM_ACCURACY) / alpha + ROUNDING)
        return self._amplified(plain, gain, bound)

    def encode_shape(
        self,
        channels: SymbolicInt,
        kernel_size: SymbolicInt,
        image_size: SymbolicInt,
        *,
        alpha: SymbolicFloat | None = None,
        **options: Any,
    ) -> RealBlockEncoding:
        """By shape: the gain is that of the base's largest alpha for a norm of `alpha/2`.

        Args:
            channels: as in `ConvolutionStrategy`; a number, as the other sizes.
            kernel_size: likewise.
            image_size: likewise.
            alpha: `2 ||Conv||_2`; None for `alpha_bound`. From the base's bound on, nothing is amplified.
            options: the others.

        Returns:
            The encoding, no cheaper than that of any kernel of this norm.

        Raises:
            ValueError: a symbol: the degree of the amplification is a number.
        """
        if is_symbolic(channels, kernel_size, image_size, STRETCH if alpha is None else alpha):
            raise ValueError(
                f"convolution {self.name!r} takes no symbols: its degree is found for numbers; take "
                f"{self.base!r}"
            )
        bound = float(self._base.alpha_bound(channels, kernel_size, image_size))
        wanted = min(STRETCH, bound) if alpha is None else float(alpha)
        if wanted >= bound:
            return self._base.encode_shape(
                channels, kernel_size, image_size, alpha=wanted, **options
            )
        largest = max(wanted, bound * wanted / STRETCH)
        plain = self._base.encode_shape(channels, kernel_size, image_size, alpha=largest, **options)
        gain = largest / wanted
        bound = (1 + 2 * NORM_ACCURACY) / (STRETCH * gain) + ROUNDING
        return self._amplified(plain, gain, bound)

    def _amplified(self, plain: RealBlockEncoding, gain: float, bound: float) -> RealBlockEncoding:
        # Rounded angles are an error of the base's, which the amplification passes on multiplied.
        epsilon = min(0.5, self.epsilon + gain * float(plain.epsilon) / float(plain.alpha))
        strong = UniformAmplification(plain, gain, epsilon, singular_bound=bound)
        return RescaledEncoding(strong, float(plain.alpha) / gain)

    def alpha_bound(
        self, channels: SymbolicInt, kernel_size: SymbolicInt, image_size: SymbolicInt
    ) -> SymbolicFloat:
        """2, or what the base has where that is less."""
        return min(STRETCH, self._base.alpha_bound(channels, kernel_size, image_size))


ENTRYWISE = STRATEGIES.register(
    EntrywiseStrategy(
        name="entrywise", summary="LCU over all entries of the kernel, as published (B17)"
    )
)
"""The paper's."""

AMPLIFIED = tuple(
    STRATEGIES.register(
        AmplifiedStrategy(
            name="amplified" if base == "columns-or-rows" else f"amplified-{base}",
            summary=f"{base}, singular values amplified to alpha = 2 ||Conv|| (entrywise: Lemma 5)",
            base=base,
        )
    )
    for base in ("columns-or-rows", "balanced", "tap-lcu", "entrywise")
)
"""Amplified strategies, one for each base."""
