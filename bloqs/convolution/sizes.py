"""The sizes of a convolution's registers, as numbers or symbols."""

from __future__ import annotations

import attrs
import sympy
from qualtran.symbolics import SymbolicInt, ceil, is_symbolic, log2, smin

from bloqs.convolution.taps import effective_kernel_size, tap_bitsize


def bits_of(size: SymbolicInt) -> SymbolicInt:
    """Qubits of an index below `size`, `ceil(log2 size)`.

    Args:
        size: at least 1, or an expression with symbols; of `2**m` the exponent is taken.

    Returns:
        Their number.

    Example:
        >>> bits_of(1), bits_of(6), bits_of(8), bits_of(2 ** sympy.Symbol("m"))
        (0, 3, 3, m)
    """
    if not is_symbolic(size):
        return (int(size) - 1).bit_length()
    base, exponent = size.as_base_exp()
    return exponent if base == 2 else ceil(log2(size))


@attrs.frozen
class ConvolutionSizes:
    """Channels, taps and pixels of a convolution, and how many qubits each takes.

    Parameters:
        channels: the larger of `C_out` and `C_in`, before padding; may be symbolic.
        kernel_size: `D`, taps an axis, as given; may be symbolic.
        image_size: `M`; any integer, or `2**axis_bits` with a symbol.
        axis_bits: `m` of a symbolic `image_size`; ignored for a number.

    Example:
        >>> sizes = ConvolutionSizes(channels=3, kernel_size=3, image_size=6)
        >>> sizes.channel_bitsize, sizes.axis_bitsize, sizes.tap_bitsize, sizes.num_padding_flags
        (2, 3, 2, 2)
        >>> sizes.system_bitsize, sizes.ancilla_bitsize
        (8, 10)
    """

    channels: SymbolicInt
    kernel_size: SymbolicInt
    image_size: SymbolicInt
    axis_bits: SymbolicInt = 0

    @property
    def channel_bitsize(self) -> SymbolicInt:
        """`log2 C`, `C` the channels padded to a power of two."""
        return bits_of(self.channels)

    @property
    def axis_bitsize(self) -> SymbolicInt:
        """`m = ceil(log2 M)`."""
        size = self.image_size
        return self.axis_bits if is_symbolic(size) else (size - 1).bit_length()

    @property
    def taps(self) -> SymbolicInt:
        """Taps an axis, without those that never meet a pixel (none is dropped when a size is a symbol)."""
        if self.image_size == 1:
            return 1
        if is_symbolic(self.kernel_size, self.image_size):
            return self.kernel_size
        return effective_kernel_size(self.kernel_size, self.image_size)

    @property
    def tap_bitsize(self) -> SymbolicInt:
        """`b`, qubits of a tap index of one axis: the logarithm of `taps`, rounded up."""
        taps = self.taps
        return ceil(log2(taps)) if is_symbolic(taps) else tap_bitsize(taps)

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
        """`log2 C + 2 b + 2`, without the 2 for a single tap, and the padding flags."""
        b = self.tap_bitsize
        return self.channel_bitsize + 2 * b + 2 * smin(1, b) + self.num_padding_flags

    @property
    def is_symbolic(self) -> bool:
        """Whether any of the sizes is a symbol."""
        return is_symbolic(self.channel_bitsize, self.axis_bitsize, self.taps)

    def special_cases(self) -> list[tuple[sympy.Basic, ConvolutionSizes]]:
        """Values of symbols for which the circuit has another form, each with the sizes of that form.

        The first condition that holds is the one that counts; where none holds, the circuit has the
        general form.
        """
        cases: list[tuple[sympy.Basic, ConvolutionSizes]] = []
        if is_symbolic(self.channel_bitsize) and self.axis_bitsize != 0:
            cases.append((sympy.Eq(self.channels, 1), attrs.evolve(self, channels=1)))
        if is_symbolic(self.taps):
            for taps in (1, 3):
                cases.append((sympy.Eq(self.taps, taps), attrs.evolve(self, kernel_size=taps)))
        return cases


def axis_bits_of(image_size: sympy.Expr) -> SymbolicInt:
    """The exponent `m` of a symbolic image size `2**m`.

    Args:
        image_size: an expression with symbols.

    Returns:
        The exponent, which is symbolic.

    Raises:
        ValueError: not a power of two by its form.

    Example:
        >>> axis_bits_of(2 ** sympy.Symbol("m"))
        m
    """
    base, exponent = sympy.sympify(image_size).as_base_exp()
    if base != 2:
        raise ValueError(
            f"a symbolic image_size must have the form 2**m, got {image_size}; write it with the number m of "
            "its bits"
        )
    return exponent
