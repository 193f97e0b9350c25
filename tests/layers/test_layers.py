"""Each layer alone: what it encodes, and that its stated epsilon holds and is not loose."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bloqs.activation import NonlinearTransform
from bloqs.convolution import Conv2DBlockEncoding
from bloqs.core.encoding import VectorEncoding
from bloqs.core.scale import direction_error
from bloqs.layers import (
    NormalizedVector,
    ResidualBlock,
    ResidualLinearPooling,
    SquaredMatrixVectorProduct,
)
from bloqs.layers.amplification import amplitude_interval
from bloqs.loading import ColumnOracle, LoadedVector
from bloqs.testing import assert_encodes

RNG_SEEDS = range(6)


def subnormalised(amplitude: float) -> VectorEncoding:
    """One qubit whose good branch has the given amplitude: `W(psi o psi)` with one small column."""
    columns = ColumnOracle([[amplitude, 0.0], [0.0, amplitude]], scale=1.0)
    return SquaredMatrixVectorProduct(LoadedVector([1.0, 0.0]), columns)


@pytest.mark.parametrize(("s_lo", "s_hi", "degree"), [(0.3, 1.0, 9), (0.5, 1.0, 7), (0.6, 0.8, 5)])
def test_normalisation_holds_over_its_interval_and_is_tight(
    s_lo: float, s_hi: float, degree: int
) -> None:
    """Over a sweep of amplitudes the worst error is within the stated epsilon, and at least a tenth of it."""
    errors, stated = [], 0.0
    for s in np.linspace(s_lo, s_hi, 41):
        vector = NormalizedVector(subnormalised(float(s)), s_lo=s_lo, s_hi=s_hi, degree=degree)
        error = np.linalg.norm(float(vector.alpha) * vector.block() - vector.target())
        stated = float(vector.epsilon)
        assert error <= stated
        errors.append(error)
    assert max(errors) >= stated / 10


def test_normalisation_at_gate_level() -> None:
    vector = NormalizedVector(subnormalised(0.7), s_lo=0.6, s_hi=0.8, degree=5)
    assert_encodes(vector, vector.target())
    np.testing.assert_allclose(vector.target(), [1, 0])


def test_normalisation_refuses_amplitudes_outside() -> None:
    with pytest.raises(ValueError, match=r"amplitude 0\.5, outside \[0\.6, 0\.8\]"):
        NormalizedVector(subnormalised(0.5), s_lo=0.6, s_hi=0.8, degree=5)
    with pytest.raises(ValueError, match=r"got \[0\.9, 0\.8\]"):
        NormalizedVector(subnormalised(0.85), s_lo=0.9, s_hi=0.8, degree=5)


def test_direction_error_is_the_worst_chord() -> None:
    for epsilon in (1e-3, 0.1, 0.7):
        angle = np.linspace(0, 2 * math.pi, 20_001)
        x = np.stack([1 + epsilon * np.cos(angle), epsilon * np.sin(angle)])
        worst = np.max(np.linalg.norm(x / np.linalg.norm(x, axis=0) - [[1], [0]], axis=0))
        assert worst <= direction_error(epsilon) <= worst * (1 + 1e-6)


def random_block(seed: int, degree: int, *, input_degree: int | None = None) -> ResidualBlock:
    """A block on four amplitudes; with `input_degree` its input is itself inexact."""
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(1, 1, 3, 3))
    convolution = Conv2DBlockEncoding(kernel, 2)
    convolution = Conv2DBlockEncoding(kernel / convolution.norm, 2)
    vector: VectorEncoding = LoadedVector(rng.normal(size=4))
    if input_degree is not None:
        vector = NonlinearTransform(vector, degree=input_degree)
    return ResidualBlock(vector, convolution, degree=degree)


@pytest.mark.parametrize("degree", [2, 4])
@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_residual_block(seed: int, degree: int) -> None:
    block = random_block(seed, degree)
    assert_encodes(block, block.target())
    assert_encodes(block, block.target(), level="semantic")


def test_residual_block_error_is_within_and_not_loose() -> None:
    """Worst ratio of measured to stated error over images: at most 1, at least a tenth."""
    for input_degree in (None, 0):
        ratios = []
        for seed in range(40):
            block = random_block(seed, 0, input_degree=input_degree)
            error = np.linalg.norm(float(block.alpha) * block.block() - block.target())
            ratios.append(error / float(block.epsilon))
        assert 0.1 <= max(ratios) <= 1


@pytest.mark.parametrize("seed", RNG_SEEDS)
@pytest.mark.parametrize("weight", [0.0, 0.1, 0.51, 1.0])
def test_output_layers(seed: int, weight: float) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(4, 4))
    columns = ColumnOracle(matrix / np.linalg.norm(matrix, 2))
    psi = rng.normal(size=4)
    psi /= np.linalg.norm(psi)
    for layer in (
        ResidualLinearPooling(LoadedVector(psi), columns, skip_weight=weight),
        ResidualLinearPooling(
            NonlinearTransform(LoadedVector(psi), degree=2), columns, skip_weight=weight
        ),
    ):
        exact = layer.vector.target()
        g = weight * exact + (1 - weight) * columns.target_matrix() @ (exact * exact)
        assert_encodes(layer, g / np.linalg.norm(g))
    product = SquaredMatrixVectorProduct(LoadedVector(psi), columns)
    image = columns.target_matrix() @ (psi * psi)
    assert_encodes(product, image / np.linalg.norm(image))


def test_output_layer_error_is_not_loose() -> None:
    """One-hot vectors reach the peak that the bound assumes."""
    ratios = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        psi = np.array([1.0, 0.3 * rng.normal()])
        vector = NonlinearTransform(LoadedVector(psi), degree=0)
        layer = ResidualLinearPooling(vector, ColumnOracle(np.eye(2)), skip_weight=0.1)
        error = np.linalg.norm(float(layer.alpha) * layer.block() - layer.target())
        ratios.append(error / float(layer.epsilon))
    assert 0.1 <= max(ratios) <= 1


def test_amplitude_interval_contains_what_is_encoded() -> None:
    for seed in range(20):
        block = random_block(seed, 2)
        norm = 1 / float(block.alpha) * block.scale
        s_lo, s_hi = amplitude_interval(block, (0.999 * norm, 1.001 * norm))
        assert s_lo <= np.linalg.norm(block.block()) <= s_hi
