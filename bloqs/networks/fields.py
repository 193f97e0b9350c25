"""What a caller may pass for the fields of a network specification, as the fields hold it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bloqs.activation.activation import Activation
from bloqs.convolution import shape_alpha_bound
from bloqs.layers import Layer, Output, Residual
from bloqs.layers.shapes import Bounds, KernelShape, OutputShape
from bloqs.reference.checks import real_array, whole_number

FloatArray = npt.NDArray[np.float64]

DEFAULT_ACTIVATION = Activation("erf", gain=0.8)
"""The activation of the paper cited in `NetworkSpec`."""


def to_layers(layers: Sequence[Any]) -> tuple[Layer, ...]:
    """Layers as a tuple, each checked to be one.

    Args:
        layers: of `bloqs.networks.layers`, or of your own.

    Returns:
        The same.

    Raises:
        ValueError: one that is no layer; the message gives its number.

    Example:
        >>> len(to_layers([Residual(KernelShape(4, 3, 6.0))]))
        1
    """
    for i, layer in enumerate(layers, 1):
        if not isinstance(layer, Layer):
            raise ValueError(
                f"layer {i} of layers must be a bloqs.layers.Layer, such as "
                f"bloqs.networks.layers.Residual(kernel), found {layer!r}"
            )
    return tuple(layers)


def to_kernels(kernels: Sequence[Any]) -> tuple[Residual, ...]:
    """Residual blocks of kernels; a message names a kernel by its number.

    Args:
        kernels: float64 arrays `(C, C, D, D)`, or `KernelShape`.

    Returns:
        One block a kernel.

    Example:
        >>> [layer.kernel.shape for layer in to_kernels([np.zeros((2, 2, 3, 3))])]
        [(2, 2, 3, 3)]
    """
    return tuple(
        Residual(kernel if isinstance(kernel, KernelShape) else real_array(kernel, f"kernel {i}"))
        for i, kernel in enumerate(kernels, 1)
    )


def to_output(weights: Any) -> FloatArray | OutputShape | None:
    """Output weights as the field holds them.

    Args:
        weights: array-like `(N, N)`, an `OutputShape`, or None.

    Returns:
        A read-only float64 array, the `OutputShape`, or None.

    Example:
        >>> to_output([[0.5, 0.0], [0.0, 0.5]]).flags.writeable
        False
    """
    return None if weights is None else Output(weights).weights


def to_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    """The shape of an input path as whole numbers.

    Args:
        shape: `(C, M, M)`.

    Returns:
        Python integers.

    Raises:
        ValueError: not three positive whole numbers.

    Example:
        >>> to_shape(np.zeros((4, 8, 8)).shape)
        (4, 8, 8)
    """
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"input_shape must be (C, M, M) with C, M >= 1, found {tuple(shape)}")
    c, rows, columns = (whole_number(size, "a size of input_shape") for size in shape)
    return c, rows, columns


def to_num_groups(value: Any) -> int:
    """A number of groups as a whole number; anything else is refused.

    Args:
        value: an integer of any type, or a float that is one.

    Returns:
        A Python integer.

    Example:
        >>> to_num_groups(np.int64(16))
        16
    """
    return whole_number(value, "num_groups")


def to_paths(value: Any) -> int:
    """A number of paths as a whole number; anything else is refused.

    Args:
        value: an integer of any type, or a float that is one.

    Returns:
        A Python integer.

    Example:
        >>> to_paths(np.int64(2))
        2
    """
    return whole_number(value, "paths")


def to_amplitude_bounds(bounds: Sequence[float] | None) -> tuple[float, ...] | None:
    """Amplitude bounds as a tuple of floats.

    Args:
        bounds: one a block, or None.

    Returns:
        The tuple; None for None.

    Example:
        >>> to_amplitude_bounds(np.array([0.5, 0.25]))
        (0.5, 0.25)
    """
    return None if bounds is None else tuple(float(bound) for bound in bounds)


def to_norm_bounds(bounds: Sequence[Sequence[float]] | None) -> tuple[Bounds, ...] | None:
    """Norm bounds as a tuple of pairs of floats.

    Args:
        bounds: one pair `(lo, hi)` a layer, or None.

    Returns:
        The tuple; None for None.

    Raises:
        ValueError: an entry that is no pair.

    Example:
        >>> to_norm_bounds(np.array([[0.5, 1.5]]))
        ((0.5, 1.5),)
    """
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

    Returns:
        One number a block.

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
