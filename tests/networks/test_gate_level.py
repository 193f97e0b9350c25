"""Whole networks of random weights, every gate contracted, against the numpy forward pass."""

from __future__ import annotations

import numpy as np
import pytest

from bloqs.applications.flagship import random_network
from bloqs.verify import Simulator, encoded_vector

SEEDS = [*range(2), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 10))]
SHAPES = {
    # name: (C, M, M), kernel size, residual blocks, output layer
    "two blocks, N = 2": ((2, 1, 1), 1, 2, False),
    "block and output layer, N = 2": ((2, 1, 1), 1, 1, True),
    "one block, N = 4": ((1, 2, 2), 3, 1, False),
}
LARGER = {
    "two blocks and output layer, N = 2": ((2, 1, 1), 1, 2, True),
    "three blocks, N = 2": ((2, 1, 1), 1, 3, False),
    "two blocks of four channels, N = 4": ((4, 1, 1), 1, 2, False),
    "one block of one 2x2 channel, N = 4": ((1, 2, 2), 3, 1, False),
}


def error_of(kind: str, seed: int, epsilon: float) -> tuple[float, float]:
    """Measured error and stated epsilon of a random network."""
    shape, size, blocks, has_output = {**SHAPES, **LARGER}[kind]
    network = random_network(seed, shape, blocks, kernel_size=size, has_output=has_output)
    bloq = network.to_bloq(epsilon)
    return float(np.linalg.norm(encoded_vector(bloq) - network.exact)), float(bloq.epsilon)


@pytest.mark.parametrize("epsilon", [1e-2, 1e-4])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", SHAPES)
def test_network_within_stated_epsilon(kind: str, seed: int, epsilon: float) -> None:
    error, stated = error_of(kind, seed, epsilon)
    assert error <= stated <= epsilon


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0])
@pytest.mark.parametrize("kind", LARGER)
def test_larger_network_within_stated_epsilon(kind: str, seed: int) -> None:
    error, stated = error_of(kind, seed, 1e-2)
    assert error <= stated <= 1e-2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 10))
@pytest.mark.parametrize("kind", LARGER)
def test_larger_network_of_many_seeds(kind: str, seed: int) -> None:
    error, stated = error_of(kind, seed, 1e-2)
    assert error <= stated <= 1e-2


@pytest.mark.parametrize(
    "kind", [*SHAPES, *(pytest.param(kind, marks=pytest.mark.slow) for kind in LARGER)]
)
def test_semantic_level_is_gate_level(kind: str) -> None:
    shape, size, blocks, has_output = {**SHAPES, **LARGER}[kind]
    bloq = random_network(0, shape, blocks, kernel_size=size, has_output=has_output).to_bloq()
    gates = encoded_vector(bloq, level="gate")
    np.testing.assert_allclose(gates, encoded_vector(bloq, level="semantic"), atol=1e-9)


@pytest.mark.slow
def test_every_gate_is_there() -> None:
    """Counted, not merged away: a block that is replaced by what it encodes would have few leaves."""
    network = random_network(0, (2, 1, 1), 3, kernel_size=1)
    bloq = network.to_bloq()
    plan = Simulator().plan(bloq)
    # By the recurrence a block calls the one before it q (d + 1) times.
    calls = 1
    for q, d in zip(
        bloq.assumptions["amplification degrees"],  # type: ignore[attr-defined]
        bloq.assumptions["activation degrees"],  # type: ignore[attr-defined]
        strict=True,
    ):
        calls *= q * (d + 1)
    assert plan.leaf_gates > 10 * calls > 10_000
