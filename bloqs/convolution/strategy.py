"""Convolution strategies: the ways in which a kernel becomes a block encoding, each with a name."""

from __future__ import annotations

import abc

import attrs
import numpy as np
import numpy.typing as npt
from qualtran.symbolics import SymbolicFloat, SymbolicInt

from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.registry import Registry


@attrs.frozen(kw_only=True)
class ConvolutionStrategy(abc.ABC):
    r"""A way to block-encode the zero-padded stride-1 convolution.

    Whatever the way, the matrix is that of `bloqs.reference.convolution_matrix`, on registers (channel, row,
    column) with channels and axes padded to powers of two, and zero on the padding. What differs is the
    subnormalisation `alpha`, and what one call costs.

    Parameters:
        name: by which it is looked up in `STRATEGIES`.
        summary: what it does, in one line.
        has_symbols: whether `encode_shape` takes symbols for sizes and bits.

    Example:
        A strategy of your own is one class and one registration:

        >>> import numpy as np
        >>> from bloqs.convolution import STRATEGIES, Conv2DBlockEncoding, ConvolutionStrategy
        >>> class SmallestAlpha(ConvolutionStrategy):
        ...     def encode(self, kernel, image_size, *, loading="rotations", angle_bits=None):
        ...         ways = (STRATEGIES[name] for name in ("columns", "rows", "balanced"))
        ...         options = {"loading": loading, "angle_bits": angle_bits}
        ...         found = [way.encode(kernel, image_size, **options) for way in ways]
        ...         return min(found, key=lambda encoding: encoding.alpha)
        ...     def encode_shape(self, channels, kernel_size, image_size, **options):
        ...         balanced = STRATEGIES["balanced"]
        ...         return balanced.encode_shape(channels, kernel_size, image_size, **options)
        ...     def alpha_bound(self, channels, kernel_size, image_size):
        ...         return STRATEGIES["balanced"].alpha_bound(channels, kernel_size, image_size)
        >>> mine = SmallestAlpha(name="smallest-alpha", summary="the smallest alpha of three ways")
        >>> kernel = np.random.default_rng(0).normal(size=(2, 2, 3, 3))
        >>> mine.encode(kernel, 4).balanced
        True

        after which `STRATEGIES.register(mine)` makes it known by its name.
    """

    name: str
    summary: str
    has_symbols: bool = False

    @abc.abstractmethod
    def encode(
        self,
        kernel: npt.ArrayLike,
        image_size: int,
        *,
        loading: str = "rotations",
        angle_bits: int | None = None,
    ) -> RealBlockEncoding:
        """The encoding of a kernel, by data.

        Args:
            kernel: float64 `(C_out, C_in, D, D)`, dimensionless.
            image_size: `M`, rows and columns of the image; any integer of at least 1.
            loading: how angles are loaded.
            angle_bits: bits of a tabulated angle; None for the loader's default.

        Returns:
            An encoding of the matrix of the convolution, of `log2 C + 2 ceil(log2 M)` system qubits.

        Raises:
            ValueError: the kernel or the size is malformed, or not one that the strategy can encode.
        """

    @abc.abstractmethod
    def encode_shape(
        self,
        channels: SymbolicInt,
        kernel_size: SymbolicInt,
        image_size: SymbolicInt,
        *,
        loading: str = "rotations",
        angle_bits: SymbolicInt | None = None,
        alpha: SymbolicFloat | None = None,
    ) -> RealBlockEncoding:
        """The encoding of an unknown kernel, for costs: no cheaper than that of any kernel of the shape.

        Args:
            channels: the larger of `C_out` and `C_in`; may be symbolic where `has_symbols`, as all sizes
                and bits.
            kernel_size: `D`, taps an axis.
            image_size: `M`; with symbols, of the form `2**m`.
            loading: as in `encode`.
            angle_bits: as in `encode`.
            alpha: subnormalisation; None for `alpha_bound`.

        Returns:
            An encoding without data, by shape.

        Raises:
            ValueError: a size out of range, or a symbol where the strategy takes none.
        """

    def alternatives(self) -> tuple[ConvolutionStrategy, ...]:
        """The strategies that a network chooses from, for each of its convolutions; this one alone."""
        return (self,)

    def quantized(
        self, kernel: npt.NDArray[np.float64], image_size: int, angle_bits: int
    ) -> npt.NDArray[np.float64]:
        """The kernel with every angle rounded, which tables of that many bits hold exactly.

        Args:
            kernel: float64 `(C_out, C_in, D, D)`, not all zero.
            image_size: `M`.
            angle_bits: `b`: half-angles become multiples of `2 pi / 2**b`.

        Returns:
            float64, of the same shape: one whose encoding by this strategy has the epsilon 0, up to rounding
            of floating point.

        Raises:
            ValueError: the strategy has no such kernels, as this class.
        """
        raise ValueError(
            f"convolution {self.name!r} finds its angles anew in every kernel, so that none is exact in its "
            "tables; take 'columns-or-rows', 'columns' or 'rows', here and in to_bloq"
        )

    @abc.abstractmethod
    def alpha_bound(
        self, channels: SymbolicInt, kernel_size: SymbolicInt, image_size: SymbolicInt
    ) -> SymbolicFloat:
        """The largest `alpha` there can be of a kernel of the shape with `||Conv||_2 <= 1`, or more.

        Args:
            channels: as in `encode_shape`.
            kernel_size: as in `encode_shape`.
            image_size: as in `encode_shape`.

        Returns:
            The bound; symbolic when an argument is.
        """


STRATEGIES: Registry[ConvolutionStrategy] = Registry(
    "convolution strategy",
    ConvolutionStrategy,  # type: ignore[type-abstract]  # its subclasses are registered
    more="bloqs.published.strategies",
)
"""The strategies by name."""
