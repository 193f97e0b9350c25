"""What encodings of a convolution by a kernel, or by its shape, have in common."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.convolution.data import KernelData
from bloqs.convolution.kernels import NestedKernel
from bloqs.convolution.sizes import ConvolutionSizes, axis_bits_of
from bloqs.core.encoding import ShapeOnlyError


class KernelOrShape:
    """The sizes and the data of an encoding with the fields named here, and the check of these.

    Example:
        >>> from bloqs.convolution import TapConv2D
        >>> TapConv2D.from_shape(4, 3, 8).sizes.system_bitsize
        8
    """

    kernel: NestedKernel | None
    image_size: SymbolicInt
    shape_channels: SymbolicInt
    shape_kernel_size: SymbolicInt

    def check_kernel_or_shape(self) -> None:
        """Refuse sizes below 1 without a kernel, and a kernel of which nothing is left on the image.

        Raises:
            ValueError: one of them.
        """
        size = self.image_size
        if self.kernel is None:
            for name in ("shape_channels", "shape_kernel_size"):
                value = getattr(self, name)
                if not is_symbolic(value) and value < 1:
                    raise ValueError(f"without a kernel {name} must be at least 1, found {value}")
        elif is_symbolic(size):
            raise ValueError(f"image_size of a kernel with data must be a number, found {size}")
        elif not np.any(self.data.core):
            raise ValueError(
                f"the kernel is zero on every tap that meets a pixel of an image of size {size}: there is "
                "nothing to encode"
            )
        if self.sizes.system_bitsize == 0:
            raise ValueError(
                "image_size 1: one channel of one pixel is a number and needs no qubit"
            )

    @cached_property
    def sizes(self) -> ConvolutionSizes:
        """Channels, taps and pixels, and the qubits that they take."""
        size = self.image_size
        axis_bits = axis_bits_of(size) if is_symbolic(size) else 0
        if self.kernel is None:
            return ConvolutionSizes(self.shape_channels, self.shape_kernel_size, size, axis_bits)
        channels = max(len(self.kernel), len(self.kernel[0]))
        return ConvolutionSizes(channels, len(self.kernel[0][0]), size)

    @cached_property
    def data(self) -> KernelData:
        """The kernel, padded and cropped to the taps that meet a pixel; raises `ShapeOnlyError` by shape."""
        if self.kernel is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no kernel")
        return KernelData(np.array(self.kernel), int(self.image_size), transposed=False)
