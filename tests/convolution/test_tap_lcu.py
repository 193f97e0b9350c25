"""The LCU over taps: its matrices as rotations, its gates, its bounds."""

from __future__ import annotations

import numpy as np
import pytest

from bloqs.convolution import TapConv2D
from bloqs.convolution.orthogonal import layers_product, rotation_layers
from bloqs.reference import convolution_matrix
from bloqs.simulation import encoded_matrix
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
)


def orthogonal(seed: int, count: int, size: int) -> np.ndarray:
    """Random ones of either determinant, then a permutation and minus the identity."""
    found = np.linalg.qr(np.random.default_rng(seed).normal(size=(count, size, size)))[0]
    return np.concatenate([found, np.eye(size)[None, ::-1], -np.eye(size)[None]])


@pytest.mark.parametrize("bitsize", [1, 2, 3])
def test_layers_make_up_the_matrix(bitsize: int) -> None:
    matrices = orthogonal(bitsize, 6, 2**bitsize)
    layers, signs = rotation_layers(matrices)
    assert len(layers) == 2**bitsize - 1
    np.testing.assert_allclose(
        layers_product(layers, bitsize) * signs[:, None, :], matrices, atol=1e-12
    )
    assert set(np.unique(signs)) <= {-1.0, 1.0}


def one_hot(channels: int, size: int) -> np.ndarray:
    kernel = np.zeros((channels, channels, size, size))
    kernel[-1, 0, 0, -1] = -0.7
    return kernel


@pytest.mark.parametrize(
    ("channels", "image_size", "size"), [(1, 4, 3), (2, 2, 3), (2, 3, 2), (4, 2, 1)]
)
def test_gates_encode_the_convolution(channels: int, image_size: int, size: int) -> None:
    random = np.random.default_rng(size).normal(size=(channels, channels, size, size))
    for kernel in (random, one_hot(channels, size), np.abs(random)):
        conv = TapConv2D(kernel, image_size)
        np.testing.assert_allclose(encoded_matrix(conv), conv.target(), atol=1e-10)
        assert conv.alpha == pytest.approx(np.linalg.norm(kernel, 2, axis=(0, 1)).sum())
    if image_size != 3:
        np.testing.assert_allclose(
            conv.target(), convolution_matrix(kernel, image_size), atol=1e-12
        )
    for one in (conv, conv.controlled()):
        assert_formula_is_decomposition(one)
        assert_qubits_are_decomposition(one)


def test_control_and_adjoint() -> None:
    kernel = np.random.default_rng(5).normal(size=(2, 2, 2, 2))
    assert_control_and_adjoint(TapConv2D(kernel, 2))
    assert_control_and_adjoint(TapConv2D(kernel[:1], 1))


@pytest.mark.parametrize("bits", [5, 8])
def test_rounded_tables_keep_their_bound(bits: int) -> None:
    """By data the bound is of the loaded kernel, by shape of any; taps that see no pixel are dropped."""
    for seed, size in ((0, 3), (1, 5)):
        kernel = np.random.default_rng(seed).normal(size=(2, 3, size, size))
        conv = TapConv2D(kernel, 2, "qrom", bits)
        gap = conv.alpha * conv.apply_block(np.eye(16)) - conv.target()
        error = np.linalg.norm(gap, 2)
        shape = TapConv2D.from_shape(3, size, 2, loading="qrom", angle_bits=bits, alpha=conv.alpha)
        assert error <= conv.epsilon <= shape.epsilon
        assert conv.epsilon <= 10 * error
    if bits == 8:
        return
    small = TapConv2D(np.random.default_rng(2).normal(size=(2, 2, 1, 1)), 2, "qrom", bits)
    np.testing.assert_allclose(
        encoded_matrix(small), small.alpha * small.apply_block(np.eye(8)), atol=1e-10
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: TapConv2D(np.zeros((1, 1, 3, 3)), 4), "zero on every tap that meets a pixel"),
        (lambda: TapConv2D(np.ones((2, 2, 1)), 4), "kernel"),
        (lambda: TapConv2D(np.ones((1, 1, 1, 1)), 1), "one channel of one pixel"),
        (lambda: TapConv2D(np.ones((1, 1, 1, 1)), 0), "image_size"),
        (
            lambda: TapConv2D.from_shape(2, 3, 4, alpha=-1.0),
            "alpha must be a finite positive number",
        ),
        (lambda: TapConv2D.from_shape(0, 3, 4), "shape_channels must be at least 1"),
    ],
)
def test_wrong_arguments(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
