"""Two-dimensional convolutions as block encodings: shifts by adders, taps in binary, no QRAM."""

from bloqs.convolution.conv2d import Conv2DBlockEncoding
from bloqs.convolution.data import shape_alpha_bound
from bloqs.convolution.shift import CoordinateShift, PaddingFlag
from bloqs.convolution.signs import TapSign
from bloqs.convolution.tree import RotationTree

__all__ = [
    "Conv2DBlockEncoding",
    "CoordinateShift",
    "PaddingFlag",
    "RotationTree",
    "TapSign",
    "shape_alpha_bound",
]
