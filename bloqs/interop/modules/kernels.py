"""Kernels in groups, dilated, or with a window that is no square, as ours with zeros between."""

from __future__ import annotations

import numpy as np

from bloqs.interop.modules.graph import FloatArray, dilated


def ungrouped(weight: FloatArray, groups: int) -> FloatArray:
    """The kernel of all channels that a kernel in groups is: zero from one group to another.

    Args:
        weight: float64 `(C_out, C_in/g, ...)`, the outputs of the first group first.
        groups: `g`.

    Returns:
        float64 `(C_out, C_in, ...)`.

    Example:
        >>> ungrouped(np.array([[[[2.0]]], [[[3.0]]]]), 2)[:, :, 0, 0].tolist()
        [[2.0, 0.0], [0.0, 3.0]]
    """
    c_out, c_in = weight.shape[:2]
    wide = np.zeros((c_out, c_in * groups, *weight.shape[2:]))
    for group in range(groups):
        outputs = slice(group * c_out // groups, (group + 1) * c_out // groups)
        wide[outputs, group * c_in : (group + 1) * c_in] = weight[outputs]
    return wide


def centred(weight: FloatArray, low: tuple[int, int]) -> FloatArray:
    """A kernel of which tap `low` meets the pixel itself, as one of ours: square, where tap `D//2` does.

    Args:
        weight: float64 `(C_out, C_in, H, W)`.
        low: of rows and of columns, the padding on the side of small indices.

    Returns:
        float64 `(C_out, C_in, D, D)`; the kernel itself where it is one of ours.

    Example:
        >>> centred(np.array([[[[1.0, 2.0, 3.0]]]]), (0, 1))[0, 0].tolist()
        [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]
    """
    sizes = weight.shape[2:]
    if sizes[0] == sizes[1] and low == (sizes[0] // 2, sizes[0] // 2):
        return weight
    half = max(max(one, size - 1 - one) for one, size in zip(low, sizes, strict=True))
    wide = np.zeros((*weight.shape[:2], 2 * half + 1, 2 * half + 1))
    rows, columns = (
        slice(half - one, half - one + size) for one, size in zip(low, sizes, strict=True)
    )
    wide[:, :, rows, columns] = weight
    return wide


def square_kernel(
    weight: FloatArray, low: tuple[int, int], dilation: tuple[int, int], groups: int
) -> tuple[FloatArray, tuple[str, ...]]:
    """The kernel of ours that computes a convolution exactly, and what was done for it.

    Args:
        weight: float64 `(C_out, C_in/g, H, W)`.
        low: of rows and of columns, the padding on the side of small indices.
        dilation: of rows and of columns.
        groups: `g`.

    Returns:
        float64 `(C_out, C_in, D, D)`, and words for the table.

    Example:
        >>> kernel, words = square_kernel(np.ones((2, 1, 3, 3)), (2, 2), (2, 2), 2)
        >>> kernel.shape, words[0]
        ((2, 2, 5, 5), '2 groups as one with zeros between them')
    """
    words: list[str] = []
    if groups != 1:
        words.append(f"{groups} groups as one with zeros between them")
        weight = ungrouped(weight, groups)
    window = f"a window of {weight.shape[2]} x {weight.shape[3]}"
    is_square = weight.shape[2] == weight.shape[3]
    wide = centred(dilated(weight, dilation), low)
    if dilation != (1, 1):
        words.append(f"a dilation of {dilation} as a window of {wide.shape[2]} x {wide.shape[3]}")
    elif not is_square:
        words.append(f"{window} as one of {wide.shape[2]} x {wide.shape[3]}")
    return wide, tuple(words)
