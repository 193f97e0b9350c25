"""A dense layer on a tensor as an output block of ours, which sees the squares of the entries."""

from __future__ import annotations

import numpy as np

from bloqs.interop.modules.graph import FloatArray

_STRENGTHS = tuple(10.0**power for power in range(-8, 3))
"""Of the ridge, by the mean square of the features."""


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
