"""What a caller may pass for the fields of a network specification, as the fields hold it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bloqs.activation.activation import Activation
from bloqs.checks import real_array, whole_number
from bloqs.convolution import shape_alpha_bound
from bloqs.layers import Layer, Output, Residual
from bloqs.layers.shapes import Bounds, KernelShape, OutputShape

FloatArray = npt.NDArray[np.float64]

DEFAULT_ACTIVATION = Activation("erf", gain=0.8)
"""The activation of the paper cited in `NetworkSpec`."""


def to_layers(layers: Sequence[Any]) -> tuple[Layer, ...]:
    """Layers, each checked to be one."""
    for i, layer in enumerate(layers, 1):
        if not isinstance(layer, Layer):
            raise ValueError(
                f"layer {i} of layers must be a bloqs.layers.Layer, such as "
                f"bloqs.networks.layers.Residual(kernel), found {layer!r}"
            )
    return tuple(layers)


def to_kernels(kernels: Sequence[Any]) -> tuple[Residual, ...]:
    """Residual blocks of these kernels, arrays or `KernelShape`; a message names the kernel by its number."""
    return tuple(
        Residual(kernel if isinstance(kernel, KernelShape) else real_array(kernel, f"kernel {i}"))
        for i, kernel in enumerate(kernels, 1)
    )


def to_output(weights: Any) -> FloatArray | OutputShape | None:
    """Output weights as a read-only array, an `OutputShape`, or None."""
    return None if weights is None else Output(weights).weights


def to_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    """`(C, M, M)` as whole numbers."""
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"input_shape must be (C, M, M) with C, M >= 1, found {tuple(shape)}")
    c, rows, columns = (whole_number(size, "a size of input_shape") for size in shape)
    return c, rows, columns


def to_num_groups(value: Any) -> int:
    """A whole number."""
    return whole_number(value, "num_groups")


def to_paths(value: Any) -> int:
    """A whole number."""
    return whole_number(value, "paths")


def to_amplitude_bounds(bounds: Sequence[float] | None) -> tuple[float, ...] | None:
    """Numbers, or None."""
    return None if bounds is None else tuple(float(bound) for bound in bounds)


def to_norm_bounds(bounds: Sequence[Sequence[float]] | None) -> tuple[Bounds, ...] | None:
    """Pairs of numbers, or None."""
    if bounds is None:
        return None
    pairs = [tuple(float(end) for end in pair) for pair in bounds]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"norm_bounds must hold pairs (lo, hi), found {bounds!r}")
    return tuple((pair[0], pair[1]) for pair in pairs)


def conv_alphas(
    conv_alpha: str | float | Sequence[float],
    num_blocks: int,
    channels: int,
    kernel_size: int,
    side: int,
) -> list[float]:
    """The subnormalisation of each convolution of a network by shape.

    Args:
        conv_alpha: "bound", a number for all blocks, or one number a block.
        num_blocks: how many are wanted.
        channels: of the kernels.
        kernel_size: `D`.
        side: pixels of a row of the image.

    Raises:
        ValueError: another word, or another number of numbers.

    Example:
        >>> conv_alphas("bound", 2, channels=4, kernel_size=3, side=8)
        [6.0, 6.0]
    """
    if isinstance(conv_alpha, str):
        if conv_alpha != "bound":
            raise ValueError(
                f"conv_alpha must be 'bound', a number, or one number per block, found {conv_alpha!r}"
            )
        alphas = [shape_alpha_bound(channels, kernel_size, side)] * num_blocks
    elif np.ndim(conv_alpha):
        alphas = real_array(conv_alpha, "conv_alpha").ravel().tolist()
    else:
        alphas = [float(conv_alpha)] * num_blocks  # type: ignore[arg-type]
    if len(alphas) != num_blocks:
        raise ValueError(
            f"conv_alpha must hold one number for each of the {num_blocks} blocks, found {len(alphas)}"
        )
    return alphas
