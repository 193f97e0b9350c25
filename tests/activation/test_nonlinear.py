"""The amplitude diagonal and the non-linear transform: what they encode, within the stated error."""

import numpy as np
import pytest
import sympy

from bloqs.activation import Activation, AmplitudeBlockEncoding, NonlinearTransform
from bloqs.activation.quotient import layer_quotient
from bloqs.loading import LoadedVector
from bloqs.simulation import encoded_matrix
from bloqs.testing import assert_control_and_adjoint, assert_encodes

NAMES = ["erf", "tanh", "sigmoid2"]


def unit(seed: int, size: int) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=size)
    return x / np.linalg.norm(x)


@pytest.mark.parametrize("size", [2, 4])
def test_the_diagonal_holds_the_amplitudes_with_their_signs(size: int) -> None:
    x = unit(size, size)
    encoding = AmplitudeBlockEncoding(LoadedVector(x))
    np.testing.assert_allclose(encoded_matrix(encoding), np.diag(x), atol=1e-12)
    assert_encodes(encoding, np.diag(x), level="semantic")
    assert_control_and_adjoint(encoding)


@pytest.mark.parametrize("bits", [4, 6])
def test_the_diagonal_is_off_by_no_more_than_the_vector(bits: int) -> None:
    x = unit(1, 4)
    encoding = AmplitudeBlockEncoding(LoadedVector(x, "qrom", bits))
    error = np.linalg.norm(encoded_matrix(encoding) - np.diag(x), 2)
    assert 0 < error <= encoding.epsilon


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("degree", [0, 2, 4])
def test_the_transform_is_within_its_error_and_not_loose(name: str, degree: int) -> None:
    ratios = []
    for seed in range(30):
        x = unit(seed, 2)
        transform = NonlinearTransform(LoadedVector(x), name, gain=0.9, degree=degree)
        expected = Activation(name, gain=0.9)(x)
        expected /= np.linalg.norm(expected)
        error = np.linalg.norm(float(transform.alpha) * transform.block() - expected)
        ratios.append(error / float(transform.epsilon))
        if seed < 2:
            assert_encodes(transform, expected)
    assert 0.1 <= max(ratios) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_an_inexact_vector_adds_its_error(name: str) -> None:
    ratios = []
    for seed in range(30):
        x = unit(seed, 4)
        transform = NonlinearTransform(LoadedVector(x, "qrom", 5), name, gain=0.9, degree=8)
        expected = Activation(name, gain=0.9)(x)
        expected /= np.linalg.norm(expected)
        error = np.linalg.norm(float(transform.alpha) * transform.block() - expected)
        ratios.append(error / float(transform.epsilon))
    assert 0.1 <= max(ratios) <= 1


def test_a_quotient_needs_numbers() -> None:
    with pytest.raises(ValueError, match="no polynomial for symbolic kappa=k or degree=2"):
        layer_quotient(Activation(), sympy.Symbol("k"), 2, None, 0.0)
