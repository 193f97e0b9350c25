"""A dense layer on an image: fitted to squared entries, or exactly, as a convolution that sees all of it."""

from __future__ import annotations

import numpy as np

from bloqs.interop.modules.graph import FloatArray
from bloqs.interop.modules.stream import Stream

_SHIFTS = 33
"""Values tried by `raised_by`."""

_STRENGTHS = tuple(10.0**power for power in range(-8, 3))
"""Of the ridge, by the mean square of the features."""


def _window(side: int) -> tuple[int, int]:
    """Window D of a convolution, and an even pixel r of its result, that meets every pixel with D least.

    Pixel r is the sum of `K[a] x[r + a - D//2]`, so that `D//2 >= r` and `D - 1 - D//2 >= side - 1 - r`.
    """
    sizes = []
    for r in range(0, side, 2):
        size = next(d for d in range(1, 2 * side) if d // 2 >= r and d - 1 - d // 2 >= side - 1 - r)
        sizes.append((size, r))
    return min(sizes)


def dense_kernels(
    weight: FloatArray, bias: FloatArray, stream: Stream
) -> list[tuple[FloatArray, int]]:
    """Kernels and strides of linear stems that compute a dense layer: `W x + b` in the one pixel left.

    The first has the dense weights in a window that covers the image. Those after it, each of stride 2, keep
    of its result the pixel that sees everything. A bias is spread over the constant of all pixels.

    Args:
        weight: float64 `(K, C, M, M)`.
        bias: float64 `(K,)`; without a constant in the stream it is left out.
        stream: what the layer is applied to.

    Returns:
        Pairs of a float64 `(K, C', D, D)` and a stride.

    Example:
        >>> stream = Stream(np.ones((1, 2, 4, 4)))
        >>> [(k.shape, stride) for k, stride in dense_kernels(np.ones((3, 2, 4, 4)), np.zeros(3), stream)]
        [((3, 2, 4, 4), 2), ((3, 3, 3, 3), 2)]
    """
    classes, _, side, _ = weight.shape
    if stream.constant is not None:
        spread = bias / (stream.constant_value * side * side)
        weight = np.insert(weight, stream.place, spread[:, None, None], axis=1)
    size, pixel = _window(side)
    kernel = np.zeros((*weight.shape[:2], size, size))
    taps = slice(size // 2 - pixel, size // 2 - pixel + side)
    kernel[:, :, taps, taps] = weight
    found = [(kernel, 1 if side == 1 else 2)]
    side, pixel = -(-side // 2), pixel // 2
    while side > 1:
        is_odd = pixel % 2 == 1
        # Stride 2 keeps even pixels: an odd one is moved to the even one before it.
        kept = np.zeros((classes, classes, 3, 3) if is_odd else (classes, classes, 1, 1))
        kept[range(classes), range(classes), -1, -1] = 1.0
        found.append((kept, 2))
        side, pixel = -(-side // 2), pixel // 2
    return found


def raised_by(scores: FloatArray) -> float:
    """What to add to every score so that the largest has the largest square; 0 where it has already.

    Of some values up to the one that makes all scores positive: those with the class of the most images kept,
    and of these the one whose first class is, for the typical image, farthest ahead in amplitude.

    Args:
        scores: float64 `(B, K)`.

    Returns:
        A number that is not negative.

    Example:
        >>> raised_by(np.array([[2.0, 1.0]])), raised_by(np.array([[2.0, -3.0]])) > 0.5
        (0.0, True)
    """
    classes = scores.argmax(axis=1)
    if np.array_equal((scores**2).argmax(axis=1), classes):
        return 0.0
    best, best_key = 0.0, (-1.0, -1.0)
    for shift in np.linspace(0.0, max(0.0, -float(scores.min())), _SHIFTS):
        sizes = np.abs(scores + shift)
        kept = float(np.mean(sizes.argmax(axis=1) == classes))
        sizes = np.sort(sizes / np.linalg.norm(sizes, axis=1, keepdims=True), axis=1)
        key = (kept, float(np.median(sizes[:, -1] - sizes[:, -2])))
        if key > best_key:
            best, best_key = float(shift), key
    return best


def fitted_rows(vectors: FloatArray, classes: np.ndarray, num_rows: int) -> FloatArray:
    """Rows of `W_out` whose squares tell classes from unit vectors: a ridge regression on `x o x`.

    Row c is fitted to 1 for the vectors of class c and to 0 for the others; the strength of the ridge is the
    one with the least error on each vector from a fit to the rest (in closed form, by the leverages).

    Args:
        vectors: unit vectors, float64 `(B, N)`.
        classes: int `(B,)`.
        num_rows: R; rows beyond the classes are zero.

    Returns:
        float64 `(R, N)` of spectral norm just below 1.

    Example:
        >>> rows = fitted_rows(np.eye(4)[[0, 1, 0, 1]], np.array([0, 1, 0, 1]), 2)
        >>> (abs(rows) > 0.1).tolist()
        [[True, False, False, False], [False, True, False, False]]
    """
    features = vectors**2
    targets = np.zeros((len(classes), num_rows))
    targets[np.arange(len(classes)), classes] = 1.0
    left, values, right = np.linalg.svd(features, full_matrices=False)
    turned = left.T @ targets
    best, best_error = None, np.inf
    for strength in _STRENGTHS:
        kept = values**2 / (values**2 + strength * np.mean(values**2))
        leverages = (left**2) @ kept
        residuals = (targets - left @ (kept[:, None] * turned)) / np.maximum(1 - leverages, 1e-6)[
            :, None
        ]
        error = float(np.mean(residuals**2))
        if error < best_error:
            safe = np.where(values > 0, values, 1.0)
            best, best_error = right.T @ ((kept / safe)[:, None] * turned), error
    assert best is not None
    rows: FloatArray = best.T
    return rows / (np.linalg.norm(rows, 2) * (1 + 1e-9))
