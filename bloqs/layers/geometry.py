"""The tensor that a network acts on: its shape, its qubits, and how an image and a kernel are padded."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.convolution.sizes import bits_of
from bloqs.core.checks import checked

__all__ = ["Geometry", "bits_of"]

FloatArray = npt.NDArray[np.float64]


@attrs.frozen(field_transformer=checked)
class Geometry:
    """The index registers of a tensor `(C, M, M)`, or of its tensor power over several input paths.

    The vector index is `(c_1 .. c_d, r_1 .. r_d, q_1 .. q_d)`, big-endian, each axis of each path padded at
    its end to a power of two.

    Of a network in symbols sizes are expressions: channels of any form, `M` of the form `2**m`, m at least 1.

    Parameters:
        input_shape: `(C, M, M)` of one path.
        paths: `d`, a number.

    Example:
        >>> Geometry((3, 6, 6)).length, Geometry((1, 4, 4), paths=2).length
        (256, 256)
        >>> import sympy
        >>> side = 2 ** sympy.Symbol("m")
        >>> Geometry((4, side, side)).reshaped(8, stride=2).bitsize
        2*m + 1
    """

    input_shape: tuple[SymbolicInt, SymbolicInt, SymbolicInt]
    paths: int = 1

    @property
    def channels(self) -> int:
        """`C**d`, not padded."""
        return self.input_shape[0] ** self.paths

    @property
    def side(self) -> int:
        """`M**d`, not padded."""
        return self.input_shape[1] ** self.paths

    @property
    def channel_bits(self) -> int:
        """Qubits of the channel index, over all paths."""
        return self.paths * bits_of(self.input_shape[0])

    @property
    def axis_bits(self) -> int:
        """Qubits of the row index, and of the column index, over all paths."""
        return self.paths * bits_of(self.input_shape[1])

    @property
    def bitsize(self) -> int:
        """`n`, qubits of the whole index."""
        return self.channel_bits + 2 * self.axis_bits

    @property
    def length(self) -> int:
        """`N = 2**n`."""
        return 2**self.bitsize

    @property
    def entries(self) -> int:
        """Entries that are not padding, `(C M^2)**d`."""
        return self.channels * self.side**2

    def entries_at(self, spacing: int) -> int:
        """Entries that are not padding among those at multiples of a power of two, `0, spacing, ...`."""
        count, left = 1, bits_of(spacing)
        for size in reversed([size for size in self.input_shape for _ in range(self.paths)]):
            step = min(left, bits_of(size))
            count *= (size - 1 >> step) + 1
            left -= step
        return count

    @property
    def has_even_side(self) -> bool:
        """Whether windows of 2 x 2 pixels fill the image, as those of a side `2**m` do."""
        return is_symbolic(self.side) or self.side % 2 == 0

    @property
    def is_contiguous(self) -> bool:
        """Whether the padded rows of all paths number the rows of the combined image without gaps."""
        m = self.input_shape[1]
        return self.paths == 1 or is_symbolic(m) or m & (m - 1) == 0

    @property
    def combined_side(self) -> int:
        """Pixels of a row of the image that a convolution acts on: `M**d`, or the padded number.

        It is padded where the combined rows are not contiguous: there a shift by one combined row would not
        be a shift of the register.
        """
        return self.side if self.is_contiguous else 2**self.axis_bits

    @property
    def path_axis_bits(self) -> int:
        """Qubits of a row, and of a column, of one path."""
        return bits_of(self.input_shape[1])

    @property
    def path_channel_bits(self) -> int:
        """Qubits of the channels of one path."""
        return bits_of(self.input_shape[0])

    def reshaped(self, channels: int | None = None, stride: int = 1) -> Geometry:
        """The tensor that a map makes of this one, with other channels or fewer rows and columns.

        Several paths become one combined image, whose rows and columns must fill their registers.

        Args:
            channels: of the image; None for those there are, which then must fill theirs too.
            stride: 1 or 2; of stride 2 the rows and columns 0, 2, 4, ... are kept.

        Returns:
            Its geometry, of one path.

        Raises:
            ValueError: several paths of a size that is no power of two.

        Example:
            >>> Geometry((3, 6, 6)).reshaped(5, stride=2).input_shape
            (5, 3, 3)
            >>> Geometry((2, 4, 4), paths=2).reshaped(3).input_shape
            (3, 16, 16)
        """
        c = self.input_shape[0]
        fills_channels = self.paths == 1 or channels is not None or c == 2 ** bits_of(c)
        if not self.is_contiguous or not fills_channels:
            what = "image size" if not self.is_contiguous else "number of channels"
            raise ValueError(
                f"with {self.paths} paths the {what} must be a power of two for the tensor to change its "
                f"shape, found {self.input_shape}; pad the images with zeros (a letter is written 2**c)"
            )
        side = self.side
        if stride > 1:
            side = 2 ** (bits_of(side) - 1) if is_symbolic(side) else -(-side // stride)
        return Geometry((self.channels if channels is None else channels, side, side))

    def pad_image(self, tensor: FloatArray) -> FloatArray:
        """One path's image, float64 `(C, M, M)`, with every axis padded to a power of two."""
        side = 1 << self.path_axis_bits
        padded = np.zeros((1 << self.path_channel_bits, side, side))
        channels, rows, columns = tensor.shape
        padded[:channels, :rows, :columns] = tensor
        return padded

    def pad_kernel(self, kernel: FloatArray, *, is_reshaping: bool = False) -> FloatArray:
        """A kernel with every path's channels padded to a power of two: the channel index of the registers.

        One path needs no padding here: its channels are the leading ones. Nor do the outputs of a map that
        makes one combined image of the paths (`is_reshaping`).
        """
        if self.paths == 1:
            return kernel
        size = 1 << self.channel_bits
        outputs = np.arange(len(kernel)) if is_reshaping else self._places
        wide = np.zeros((len(kernel) if is_reshaping else size, size, *kernel.shape[2:]))
        wide[np.ix_(outputs, self._places)] = kernel
        return wide

    def crop_kernel(self, kernel: FloatArray, *, is_reshaping: bool = False) -> FloatArray:
        """The inverse of `pad_kernel`."""
        if self.paths == 1:
            return kernel
        outputs = np.arange(len(kernel)) if is_reshaping else self._places
        return kernel[np.ix_(outputs, self._places)]

    @property
    def _places(self) -> npt.NDArray[np.int64]:
        """Of the channels of all paths, in the padded channel index."""
        channels, padded = self.input_shape[0], 1 << self.path_channel_bits
        grid = np.zeros(self.paths * (padded,), dtype=bool)
        grid[self.paths * (slice(channels),)] = True
        return np.flatnonzero(grid)

    def to_tensors(self, vectors: FloatArray) -> FloatArray:
        """Padded vectors `(B, N)` as tensors `(B, C^d, M^d, M^d)`, the padding left out."""
        d, sizes = self.paths, [size for size in self.input_shape for _ in range(self.paths)]
        x = vectors.reshape(len(vectors), *(1 << bits_of(size) for size in sizes))
        x = x[(slice(None), *(slice(size) for size in sizes))]
        return x.reshape(len(vectors), self.channels, self.input_shape[1] ** d, -1)

    def to_vectors(self, tensors: FloatArray) -> FloatArray:
        """The inverse of `to_tensors`, zero on the padding."""
        sizes = [size for size in self.input_shape for _ in range(self.paths)]
        x = tensors.reshape(len(tensors), *sizes)
        x = np.pad(x, [(0, 0), *((0, (1 << bits_of(size)) - size) for size in sizes)])
        return x.reshape(len(tensors), -1)
