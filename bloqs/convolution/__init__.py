"""Two-dimensional convolutions as block encodings, without QRAM, by strategies that a registry names."""

from bloqs.convolution.auto import AutoStrategy
from bloqs.convolution.conv2d import Conv2DBlockEncoding
from bloqs.convolution.data import shape_alpha_bound
from bloqs.convolution.factored import DEFAULT_STRATEGY, FactoredStrategy
from bloqs.convolution.shift import CoordinateShift, PaddingFlag
from bloqs.convolution.signs import TapSign
from bloqs.convolution.strategy import STRATEGIES, ConvolutionStrategy
from bloqs.convolution.tap_lcu import TapConv2D, tap_alpha_bound
from bloqs.convolution.tap_strategy import TapStrategy
from bloqs.convolution.tree import RotationTree
from bloqs.convolution.window_mean import WindowMean

__all__ = [
    "DEFAULT_STRATEGY",
    "STRATEGIES",
    "AutoStrategy",
    "Conv2DBlockEncoding",
    "ConvolutionStrategy",
    "CoordinateShift",
    "FactoredStrategy",
    "PaddingFlag",
    "RotationTree",
    "TapConv2D",
    "TapSign",
    "TapStrategy",
    "WindowMean",
    "shape_alpha_bound",
    "tap_alpha_bound",
]
