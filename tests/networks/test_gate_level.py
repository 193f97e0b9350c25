"""Whole networks of random weights, every gate contracted, against the numpy forward pass."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bloqs.activation import Activation
from bloqs.networks import NetworkSpec
from bloqs.reference import convolution_matrix, forward_vectors
from bloqs.simulation import encoded_vector

SEEDS = range(10)
SHAPES = {
    "two blocks, N = 2": {"shape": (2, 1, 1), "size": 1, "blocks": 2, "output": False},
    "block and output layer, N = 2": {"shape": (2, 1, 1), "size": 1, "blocks": 1, "output": True},
    "one block, N = 4": {"shape": (1, 2, 2), "size": 3, "blocks": 1, "output": False},
}


def random_network(
    seed: int, *, shape: tuple[int, int, int], size: int, blocks: int, output: bool
) -> tuple[NetworkSpec, NDArray[np.float64], list[tuple[float, float]]]:
    """A network of random weights, a random image, and norm bounds 10 % around the image's norms."""
    rng = np.random.default_rng(seed)
    channels, side, _ = shape

    def kernel() -> NDArray[np.float64]:
        values = rng.normal(size=(channels, channels, size, size))
        return values / np.linalg.norm(convolution_matrix(values, side), 2) * rng.uniform(0.5, 1)

    length = channels * side * side
    weights = rng.normal(size=(length, length))
    spec = NetworkSpec(
        input_shape=shape,
        kernels=tuple(kernel() for _ in range(blocks)),
        activation=Activation("erf", gain=0.8),
        output_weights=weights / np.linalg.norm(weights, 2) if output else None,
        skip_weight=0.51,
        num_groups=2,
    )
    image = rng.normal(size=shape)
    vectors = forward_vectors(spec, image)
    norms = [float(r) for r in np.ravel(vectors.block_norms)]
    if output:
        norms.append(float(vectors.output_norm))
    return spec, image, [(0.9 * r, 1.1 * r) for r in norms]


@pytest.mark.parametrize("epsilon", [1e-2, 1e-4])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", SHAPES)
def test_network_within_stated_epsilon(kind: str, seed: int, epsilon: float) -> None:
    spec, image, bounds = random_network(seed, **SHAPES[kind])  # type: ignore[arg-type]
    network = spec.to_bloq(image, epsilon=epsilon, norm_bounds=bounds)
    exact = forward_vectors(spec, image).output
    error = float(np.linalg.norm(encoded_vector(network) - exact))
    assert error <= float(network.epsilon) <= epsilon


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("kind", SHAPES)
def test_semantic_level_is_gate_level(kind: str, seed: int) -> None:
    spec, image, bounds = random_network(seed, **SHAPES[kind])  # type: ignore[arg-type]
    network = spec.to_bloq(image, epsilon=1e-2, norm_bounds=bounds)
    gates = encoded_vector(network, level="gate")
    np.testing.assert_allclose(gates, encoded_vector(network, level="semantic"), atol=1e-9)
