"""Layers, written out from their definitions on tensors `(B, C, M, M)`; none is normalised here.

    residual        x + f(W x), W of stride 1
    stem            f(W x), or W x without f; W a convolution from C_in to C_out channels of stride s
    average pool    P x, the mean over windows of 2 x 2 pixels
    downsample      S x + f(W x), W of stride 2, S = P followed by zero channels
    bias            one more channel, constant at a multiple of the root mean square of the others

A convolution of stride s is the zero-padded one of stride 1 with rows and columns 0, s, 2s, ... kept.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from bloqs.checks import finite_array, real_number, whole_number
from bloqs.reference.activations import ActivationLike, activate
from bloqs.reference.convolution import convolve

FloatArray = npt.NDArray[np.float64]


def add_bias(x: FloatArray, bias_scale: float | None) -> FloatArray:
    """Unit tensors with a constant channel more, unit again.

    Args:
        x: float64 `(B, C, M, M)`, each of unit 2-norm.
        bias_scale: the constant, in units of the root mean square of the entries of x; None for no channel.

    Returns:
        float64 `(B, C + 1, M, M)`, the constant channel last; x itself without a scale.

    Raises:
        ValueError: no such tensors, or a scale that is not positive.

    Example:
        >>> add_bias(np.array([[[[0.6, 0.0], [0.0, 0.8]]]]), 2.0)[0, :, 0].round(4).tolist()
        [[0.2683, 0.0], [0.4472, 0.4472]]
    """
    checked = finite_array(x, "x", ndim=4)
    if bias_scale is None:
        return x
    x = checked
    bias_scale = real_number(bias_scale, "bias_scale", low=0, is_open=True)
    level = bias_scale * np.sqrt(np.mean(x * x, axis=(1, 2, 3), keepdims=True))
    constant = np.broadcast_to(level, (len(x), 1, *x.shape[2:]))
    full = np.concatenate([x, constant], axis=1)
    return np.asarray(full / np.sqrt(np.sum(full * full, axis=(1, 2, 3), keepdims=True)))


def strided_convolve(kernel: npt.ArrayLike, x: npt.ArrayLike, stride: int = 1) -> FloatArray:
    """The zero-padded convolution with every `stride`-th row and column kept, the first included.

    Args:
        kernel: float64 `(C_out, C_in, D, D)`.
        x: float64 `(..., C_in, M, M)`.
        stride: at least 1.

    Returns:
        float64 `(..., C_out, ceil(M/stride), ceil(M/stride))`.

    Raises:
        ValueError: a malformed kernel or x, or a stride below 1.

    Example:
        >>> strided_convolve(np.ones((1, 1, 1, 1)), np.arange(9.0).reshape(1, 3, 3), 2).tolist()
        [[[0.0, 2.0], [6.0, 8.0]]]
    """
    stride = whole_number(stride, "stride", low=1)
    return convolve(kernel, x)[..., ::stride, ::stride]


def average_pool(x: FloatArray) -> FloatArray:
    """The mean over windows of 2 x 2 pixels.

    Args:
        x: float64 `(..., M, M)`, M even.

    Returns:
        float64 `(..., M/2, M/2)`.

    Raises:
        ValueError: another shape, or NaN.

    Example:
        >>> average_pool(np.array([[1.0, 2.0], [3.0, 6.0]])).tolist()
        [[3.0]]
    """
    x = finite_array(x, "x")
    if x.ndim < 2 or x.shape[-1] != x.shape[-2] or x.shape[-1] % 2:
        raise ValueError(f"x must have shape (..., M, M) with M even, found {x.shape}")
    half = x.shape[-1] // 2
    return np.asarray(x.reshape(*x.shape[:-2], half, 2, half, 2).mean(axis=(-3, -1)))


def _residual(layer: Any, x: FloatArray, f: ActivationLike) -> tuple[FloatArray, FloatArray]:
    y = convolve(layer.kernel, x)
    return x + activate(f, y), y


def _stem(layer: Any, x: FloatArray, f: ActivationLike) -> tuple[FloatArray, FloatArray | None]:
    y = strided_convolve(layer.kernel, x, layer.stride)
    return (activate(f, y), y) if layer.activation else (y, None)


def _average_pool(layer: Any, x: FloatArray, f: ActivationLike) -> tuple[FloatArray, None]:
    return average_pool(x), None


def _downsample(layer: Any, x: FloatArray, f: ActivationLike) -> tuple[FloatArray, FloatArray]:
    y = strided_convolve(layer.kernel, x, 2)
    z = activate(f, y)
    z[:, : x.shape[1]] += average_pool(x)
    return z, y


Map = Callable[[Any, FloatArray, ActivationLike], tuple[FloatArray, FloatArray | None]]

MAPS: Mapping[str, Map] = MappingProxyType(
    {
        "residual": _residual,
        "stem": _stem,
        "average-pool": _average_pool,
        "downsample": _downsample,
    }
)
"""Kind of a layer -> its map, of layer, tensors and f: the images, not normalised, and f's arguments."""
