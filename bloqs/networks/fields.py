"""What a caller may pass for the fields of a network specification, as the fields hold it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.activation.activation import Activation
from bloqs.checks import number, real_array, sequence, whole_number
from bloqs.convolution import shape_alpha_bound
from bloqs.core.checks import MAX_BITSIZE
from bloqs.layers import Layer, Output, Residual
from bloqs.layers.shapes import Bounds, KernelShape, OutputShape
from bloqs.messages import shown
from bloqs.reference import embed_images

FloatArray = npt.NDArray[np.float64]

DEFAULT_ACTIVATION = Activation("erf", gain=0.8)
"""The activation of the paper cited in `NetworkSpec`."""


MAX_LAYERS = 1000
"""Layers of a network, at most: each is planned and built by itself."""

MAX_SIZE = 2**128
"""Channels, or pixels of a row of an image, at most, by shape."""


def bound_pairs(bounds: Any, rule: str) -> tuple[Bounds, ...]:
    """Pairs `(lo, hi)` of numbers.

    Args:
        bounds: what was passed.
        rule: what is allowed, the beginning of the message.

    Returns:
        Tuples of floats.

    Raises:
        ValueError: anything else; NaN and infinity are for the caller to judge.

    Example:
        >>> bound_pairs([[1, 2]], "norm_bounds must hold pairs")
        ((1.0, 2.0),)
    """
    try:
        pairs = tuple((number(lo, "lo"), number(hi, "hi")) for lo, hi in sequence(bounds, "bounds"))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{rule}, found {shown(bounds)}") from error
    return pairs


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
    layers = sequence(layers, "layers", "a sequence of layers", most=MAX_LAYERS)
    for i, layer in enumerate(layers, 1):
        if not isinstance(layer, Layer):
            raise ValueError(
                f"layer {i} of layers must be a bloqs.layers.Layer, such as "
                f"bloqs.networks.layers.Residual(kernel), found {shown(layer)}"
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
        for i, kernel in enumerate(
            sequence(kernels, "kernels", "a sequence of kernels", most=MAX_LAYERS), 1
        )
    )


def to_output(weights: Any) -> FloatArray | OutputShape | None:
    """Output weights as the field holds them.

    Args:
        weights: array-like `(R, N)`, an `OutputShape`, or None.

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
    words = "(C, M, M) with C, M >= 1"
    sizes = sequence(shape, "input_shape", words)
    if len(sizes) != 3:
        raise ValueError(f"input_shape must be {words}, found {shown(tuple(sizes))}")
    c, rows, columns = (whole_number(size, "a size of input_shape") for size in sizes)
    if min(c, rows, columns) < 1:
        raise ValueError(f"input_shape must be {words}, found {shown(tuple(sizes))}")
    if max(c, rows, columns) > MAX_SIZE:
        raise ValueError(
            f"a size of input_shape must be at most 2**{MAX_SIZE.bit_length() - 1}, "
            f"found {shown(tuple(sizes))}"
        )
    return c, rows, columns


def to_skip_weight(value: Any) -> float:
    """Tau as a float.

    Args:
        value: a number of any type.

    Returns:
        A Python float.

    Example:
        >>> to_skip_weight(np.float32(0.5))
        0.5
    """
    return number(value, "skip_weight")


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
    return whole_number(value, "paths", high=MAX_BITSIZE)


def to_argument_bounds(bounds: Sequence[float] | None) -> tuple[float, ...] | None:
    """Bounds of the norms of the arguments of f, as a tuple of floats.

    Args:
        bounds: one a block, or None.

    Returns:
        The tuple; None for None.

    Example:
        >>> to_argument_bounds(np.array([0.5, 0.25]))
        (0.5, 0.25)
    """
    if bounds is None:
        return None
    given = sequence(bounds, "argument_bounds", "one number for each block")
    return tuple(number(bound, "each of argument_bounds") for bound in given)


def to_peak_bound(bound: float | None) -> float | None:
    """The bound of the largest entry before the output layer, as a float.

    Args:
        bound: a number, or None.

    Returns:
        The float; None for None.

    Example:
        >>> to_peak_bound(np.float64(0.25))
        0.25
    """
    return None if bound is None else number(bound, "peak_bound")


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
    if bounds is None:
        return None
    given = sequence(bounds, "amplitude_bounds", "one number for each block")
    return tuple(number(bound, "each of amplitude_bounds") for bound in given)


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
    return None if bounds is None else bound_pairs(bounds, "norm_bounds must hold pairs (lo, hi)")


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
                f"conv_alpha must be 'bound', a number, or one number per block, found {shown(conv_alpha)}"
            )
        alphas = [shape_alpha_bound(channels, kernel_size, side)] * num_blocks
    else:
        given = real_array(conv_alpha, "conv_alpha", has_bools=False)
        alphas = given.ravel().tolist() if given.ndim else [float(given)] * num_blocks
    if len(alphas) != num_blocks:
        raise ValueError(
            f"conv_alpha must hold one number for each of the {num_blocks} blocks, found {len(alphas)}"
        )
    return alphas


def to_bias_scale(value: Any) -> float | None:
    """The size of a constant channel.

    Args:
        value: positive and finite, or None for no such channel.

    Returns:
        The same.

    Raises:
        ValueError: another value.

    Example:
        >>> to_bias_scale(1), to_bias_scale(None)
        (1.0, None)
    """
    if value is None:
        return None
    found = number(value, "bias_scale")
    if not 0 < found < math.inf:
        raise ValueError(
            f"bias_scale must be positive and finite, found {found}; None leaves out the constant channel"
        )
    return found


def to_image(image: Any, input_shape: tuple[int, int, int]) -> FloatArray:
    """One image, scaled to unit 2-norm.

    Args:
        image: `(C, M, M)`, or `(M, M)` or `(1, M, M)` for channel 0 with the other channels zero.
        input_shape: `(C, M, M)` of the network.

    Returns:
        float64 `(C, M, M)`.

    Raises:
        ValueError: wrong shape, NaN or infinity, or all zero.

    Example:
        >>> to_image([[3.0, 0.0], [0.0, 4.0]], (1, 2, 2)).tolist()
        [[[0.6, 0.0], [0.0, 0.8]]]
    """
    shape = real_array(image, "an image").shape
    if shape not in (input_shape, input_shape[1:], (1, *input_shape[1:])):
        raise ValueError(
            f"an image must have shape {input_shape}, or {input_shape[1:]} (channel 0, the others zero), "
            f"found {shape}"
        )
    return embed_images(image, input_shape)[0]


def to_images(images: Any) -> FloatArray:
    """Images as one array; each is still to be checked by `to_image`.

    Args:
        images: a sequence of at least one.

    Returns:
        The array, the images along its first axis.

    Raises:
        ValueError: no array of numbers, or no image.

    Example:
        >>> to_images([[[1.0]], [[2.0]]]).shape
        (2, 1, 1)
    """
    found = real_array(images, "the images")
    if not found.ndim:
        raise ValueError(f"images must be a sequence of images, found {found}")
    if not len(found):
        raise ValueError("at least one image is needed, found none")
    return found


def without_weights(value: Any) -> str:
    """How a specification prints what holds weights: their shapes.

    Args:
        value: an array, something with arrays in it, or anything else.

    Returns:
        Text of one line.

    Example:
        >>> without_weights(np.zeros((2, 2)))
        'float64 (2, 2)'
    """
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}"
    if isinstance(value, tuple):
        return f"({', '.join(map(without_weights, value))})"
    if attrs.has(type(value)):
        parts = (
            f"{one.name}={without_weights(getattr(value, one.name))}"
            for one in attrs.fields(type(value))
            if one.repr
        )
        return f"{type(value).__name__}({', '.join(parts)})"
    return repr(value)
