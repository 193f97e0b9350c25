"""Ancillas shared under flags: exact with symmetric phases at any amplification error, wrong without."""

from __future__ import annotations

import numpy as np
import pytest

from bloqs.convolution import Conv2DBlockEncoding
from bloqs.layers import NormalizedVector, ResidualBlock
from bloqs.loading import LoadedVector
from bloqs.qsvt.phases import unconverted_phases
from bloqs.verify import encoded_vector
from bloqs.verify.gate_level import Simulator, encoded_vector_gate


def two_blocks(seed: int) -> NormalizedVector:
    """Two blocks on two channels of 1x1; the amplifications capped at 0.7 and of low degree."""
    rng = np.random.default_rng(seed)
    vector: LoadedVector | NormalizedVector = LoadedVector(rng.normal(size=2))
    for _ in range(2):
        weights = rng.normal(size=(2, 2))
        kernel = (weights / np.linalg.norm(weights, 2)).reshape(2, 2, 1, 1)
        block = ResidualBlock(vector, Conv2DBlockEncoding(kernel, 1), degree=2)
        s = 1 / float(block.alpha)
        vector = NormalizedVector(block, s_lo=0.8 * s, s_hi=min(1.0, 1.3 * s), degree=3, height=0.7)
    assert isinstance(vector, NormalizedVector)
    return vector


@pytest.mark.parametrize("seed", range(5))
def test_capped_network_is_composition_of_blocks(seed: int) -> None:
    network = two_blocks(seed)
    gates = encoded_vector(network, level="gate") / network.alpha
    assert np.linalg.norm(network.block()) < 0.75
    assert np.max(np.abs(gates - network.block())) <= 1e-9


def test_unsymmetric_phases_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same polynomials from phases that leak: garbage comes back, the composition is missed by far."""
    monkeypatch.setattr("bloqs.qsvt.qsvt.solve_phases", unconverted_phases)
    errors = []
    for seed in range(5):
        network = two_blocks(seed)
        gates = encoded_vector_gate(network, simulator=Simulator()) / network.alpha
        errors.append(np.max(np.abs(gates - network.block())))
    assert max(errors) > 1e-3
