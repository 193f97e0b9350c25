"""Orthogonal matrices as layers of multiplexed rotations about Y, by the cosine-sine decomposition.

An orthogonal matrix of `S = 2**c` rows is a product of `S - 1` multiplexed rotations, `S/2` angles each,
which are as many as its free numbers, and of signs at its right end. LAPACK's cosine-sine decomposition gives

    O = (u_1 + u_2) [[cos, -sin], [sin, cos]] (v_1 + v_2),

with + the direct sum: a rotation of the first qubit, selected by the others, between orthogonal matrices of
half the size, selected by the first qubit. Signs travel to the right: `diag(a, b)` passes a rotation by
turning its angle over where a and b differ.
"""

from __future__ import annotations

import attrs
import numpy as np
from scipy.linalg import cossin

from bloqs.core.encoding import FloatArray


@attrs.frozen(eq=False)
class RotationLayer:
    """One multiplexed rotation in a product for many matrices at once.

    Parameters:
        target: the qubit that is rotated, 0 the most significant of `c`.
        angles: radians, float64 `(K, 2**(c-1))`: of each matrix, by the other qubits, big-endian.

    Example:
        >>> RotationLayer(0, np.array([[0.5]])).angles.shape
        (1, 1)
    """

    target: int
    angles: FloatArray


def rotation_layers(matrices: FloatArray) -> tuple[list[RotationLayer], FloatArray]:
    """Orthogonal matrices as products of the same sequence of multiplexed rotations.

    Args:
        matrices: float64 `(K, S, S)`, each orthogonal, S a power of two.

    Returns:
        `S - 1` layers, the leftmost factor first, and the signs at the right end, float64 `(K, S)`.

    Example:
        >>> layers, signs = rotation_layers(np.array([[[0.6, 0.8], [0.8, -0.6]]]))
        >>> [layer.target for layer in layers], signs.tolist()
        ([0], [[1.0, -1.0]])
        >>> bool(np.allclose(layers_product(layers, 1) * signs[:, None, :], [[0.6, 0.8], [0.8, -0.6]]))
        True
    """
    count, size = matrices.shape[:2]
    if size == 1:
        return [], np.where(matrices[:, :, 0] < 0, -1.0, 1.0)
    half = size // 2
    left, right = np.empty((count, 2, half, half)), np.empty((count, 2, half, half))
    theta = np.empty((count, half))
    for k, matrix in enumerate(matrices):
        (u1, u2), theta[k], (v1, v2) = cossin(matrix, p=half, q=half, separate=True)
        left[k], right[k] = (u1, u2), (v1, v2)
    before, signs = rotation_layers(left.reshape(2 * count, half, half))
    signs = signs.reshape(count, 2, half)
    theta *= signs[:, 0] * signs[:, 1]
    right *= signs[..., None]
    after, rest = rotation_layers(right.reshape(2 * count, half, half))
    layers = [
        *(_below(layer, count) for layer in before),
        RotationLayer(0, 2 * theta),
        *(_below(layer, count) for layer in after),
    ]
    return layers, rest.reshape(count, size)


def _below(layer: RotationLayer, count: int) -> RotationLayer:
    """A layer of both halves, which the first qubit selects."""
    return RotationLayer(layer.target + 1, layer.angles.reshape(count, -1))


def layers_product(layers: list[RotationLayer], bitsize: int) -> FloatArray:
    """The product of layers, the inverse of `rotation_layers` up to signs.

    Args:
        layers: the leftmost factor first; at least one.
        bitsize: `c`.

    Returns:
        float64 `(K, 2**c, 2**c)`.

    Example:
        >>> layers_product([RotationLayer(0, np.array([[np.pi]]))], 1).round(6).tolist()
        [[[0.0, -1.0], [1.0, 0.0]]]
    """
    size, count = 2**bitsize, len(layers[0].angles)
    product = np.broadcast_to(np.eye(size), (count, size, size)).copy()
    for layer in reversed(layers):
        # Axes: matrix, qubits before the target, the target, qubits behind it, column.
        parts = product.reshape(count, 2**layer.target, 2, -1, size)
        angles = layer.angles.reshape(count, 2**layer.target, -1, 1) / 2
        zero, one = parts[:, :, 0].copy(), parts[:, :, 1].copy()
        parts[:, :, 0] = np.cos(angles) * zero - np.sin(angles) * one
        parts[:, :, 1] = np.sin(angles) * zero + np.cos(angles) * one
    return product
