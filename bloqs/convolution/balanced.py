"""The factorisation of a kernel with the smallest alpha: both sides prepare taps and channels.

With `A[o, i] = sum_t |K[o, i, t]|` and positive vectors `A v = alpha u`, `A^T u = alpha v`, hence
`alpha = ||A||_2`,

    K[o, i, t] = alpha * right[i, t, o] * left[o, t, i],
    right[i, t, o] = sign(K) sqrt(|K[o, i, t]| u_o / (alpha v_i)),
    left[o, t, i] = sqrt(|K[o, i, t]| v_i / (alpha u_o)),

where `right[i]` and `left[o]` are unit vectors. No other pairs of unit vectors with such a product
have a smaller `alpha` (the dual of the minimum is `max ||A v||_2` over unit vectors `v >= 0`), so it is at
most the `alpha` of `KernelFactors` for the kernel and for its transpose.
"""

import attrs
import numpy as np

from bloqs.convolution.taps import BoolArray
from bloqs.core.encoding import FloatArray

MAX_STEPS = 10_000
"""Power iterations at most."""

SETTLED = 1e-13
"""Relative error of an eigenvector's entries that is taken to be rounding."""


@attrs.frozen(eq=False)
class BalancedFactors:
    """The two sides of the balanced factorisation of a kernel (its equations: head of this module).

    Parameters:
        alpha: `||A||_2`.
        right: unit vectors with signs, float64 `(C, D, D, C)`, index (input, taps, output).
        left: unit vectors, float64 `(C, D, D, C)`, index (output, taps, input).
        used_inputs: input channels that occur, bool `(C,)`; the other vectors of `right` are free.
        used_outputs: output channels that occur, bool `(C,)`; the other vectors of `left` are free.

    Example:
        >>> kernel = np.random.default_rng(0).normal(size=(2, 2, 3, 3))
        >>> sides = BalancedFactors.of(kernel)
        >>> bool(np.isclose(sides.alpha, np.linalg.norm(np.abs(kernel).sum(axis=(2, 3)), 2)))
        True
        >>> bool(np.allclose(balanced_kernel(sides.alpha, sides.right, sides.left), kernel))
        True
    """

    alpha: float
    right: FloatArray
    left: FloatArray
    used_inputs: BoolArray
    used_outputs: BoolArray

    @classmethod
    def of(cls, kernel: FloatArray) -> "BalancedFactors":
        """The factors of a kernel.

        Args:
            kernel: float64 `(C, C, D, D)`, output channel first, not all zero.

        Returns:
            Both sides, of the smallest alpha there is.

        Raises:
            ValueError: groups of channels so nearly separate that `u` and `v` cannot be found.
        """
        scale = float(np.max(np.abs(kernel)))
        moduli = np.abs(kernel / scale)
        sums = moduli.sum(axis=(2, 3))
        groups = connected_groups(sums)
        ratio = np.ones_like(sums)  # u_o / v_i
        norms = []
        for outputs, inputs in groups:
            block = np.ix_(outputs, inputs)
            norm, u, v = perron(sums[block])
            norms.append(norm)
            ratio[block] = u[:, None] / v[None, :]
        alpha = max(norms)
        right = np.moveaxis(moduli * ratio[..., None, None] / alpha, 0, -1)
        left = np.moveaxis(moduli / ratio[..., None, None] / alpha, 1, -1)
        # A group of smaller norm leaves room in its vectors. What fills it must meet zeros on the other
        # side: it goes to a channel of the group of largest norm.
        top_outputs, top_inputs = groups[int(np.argmax(norms))]
        for (outputs, inputs), norm in zip(groups, norms, strict=True):
            if norm < alpha:
                for i in inputs:
                    right[i, 0, 0, top_outputs[0]] = max(0.0, 1 - right[i].sum())
                for o in outputs:
                    left[o, 0, 0, top_inputs[0]] = max(0.0, 1 - left[o].sum())
        signs = np.moveaxis(np.where(kernel < 0, -1.0, 1.0), 0, -1)
        return cls(
            alpha=scale * alpha,
            right=signs * np.sqrt(right),
            left=np.sqrt(left),
            used_inputs=sums.any(axis=0),
            used_outputs=sums.any(axis=1),
        )


def balanced_kernel(alpha: float, right: FloatArray, left: FloatArray) -> FloatArray:
    """The kernel that two sides make up.

    Args:
        alpha: subnormalisation.
        right: as in `BalancedFactors`.
        left: as in `BalancedFactors`.

    Returns:
        float64 `(C, C, D, D)`, output channel first.

    Example:
        >>> side = np.array([0.6, 0.8]).reshape(1, 1, 2, 1) * np.ones((1, 2, 1, 1)) / 2**0.5
        >>> balanced_kernel(2.0, side, side)[0, 0].round(2).tolist()
        [[0.36, 0.64], [0.36, 0.64]]
    """
    product: FloatArray = alpha * np.einsum("iabo,oabi->oiab", right, left)
    return product


def perron(matrix: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """The largest singular value of a non-negative matrix with its vectors, both positive.

    `A v = alpha u` and `A^T u = alpha v`, by power iterations from the singular vectors that LAPACK finds:
    sums of products of numbers that are not negative keep the digits of every entry, of small ones too.

    Args:
        matrix: A, float64 `(rows, columns)`, of one connected pattern (see `connected_groups`).

    Returns:
        `alpha`, u `(rows,)` and v `(columns,)`, both of 2-norm 1.

    Raises:
        ValueError: the iterations do not settle.

    Example:
        >>> alpha, u, v = perron(np.array([[1.0, 2.0], [2.0, 1.0]]))
        >>> round(alpha, 6), u.round(6).tolist()
        (3.0, [0.707107, 0.707107])
    """
    start = np.linalg.svd(matrix)[2][0]
    v = np.maximum(np.abs(start), np.finfo(float).eps)
    for _ in range(MAX_STEPS):
        u = matrix @ v
        u /= np.linalg.norm(u)
        v = matrix.T @ u
        alpha = float(np.linalg.norm(v))
        v /= alpha
        if np.max(np.abs(matrix @ v / (alpha * u) - 1)) < SETTLED:
            return alpha, u, v
    raise ValueError(
        "the kernel has groups of channels that are all but separate, which the balanced "
        "factorisation cannot tell apart; set the small weights between them to zero, or take another "
        "strategy (balanced=False)"
    )


def connected_groups(matrix: FloatArray) -> list[tuple[list[int], list[int]]]:
    """Rows and columns of the connected parts of a matrix's pattern.

    Args:
        matrix: float64 `(rows, columns)`; two rows are connected when they share a column with no zero.

    Returns:
        For each part its rows and its columns, in rising order; those that are all zero are in none.

    Example:
        >>> connected_groups(np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 0.0], [0.0, 3.0, 0.0]]))
        [([0], [0, 2]), ([2], [1])]
    """
    pattern = matrix != 0
    groups = []
    remaining = set(np.flatnonzero(pattern.any(axis=1)).tolist())
    while remaining:
        rows = {min(remaining)}
        while True:
            columns = np.flatnonzero(pattern[sorted(rows)].any(axis=0))
            grown = set(np.flatnonzero(pattern[:, columns].any(axis=1)).tolist())
            if grown == rows:
                break
            rows = grown
        groups.append((sorted(rows), columns.tolist()))
        remaining -= rows
    return groups
