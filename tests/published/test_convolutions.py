"""B17 and L5: the convolution by LCU over the entries of its kernel, and amplified."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from bloqs.convolution import Conv2DBlockEncoding
from bloqs.costs import estimate
from bloqs.published import AmplifiedConv2D, EntrywiseConv2D
from bloqs.reference import convolution_matrix
from bloqs.simulation import encoded_matrix
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
    assert_symbolic_is_numeric,
)


def kernels(seed: int, channels: int, size: int) -> list[np.ndarray]:
    """A Gaussian kernel, one whose only entry is a corner tap and negative, and one without negatives."""
    rng = np.random.default_rng(seed)
    one_hot = np.zeros((channels, channels, size, size))
    one_hot[-1, 0, 0, -1] = -0.7
    gaussian = rng.normal(size=one_hot.shape)
    return [gaussian, one_hot, np.abs(gaussian)]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("image_size", [2, 4])
@pytest.mark.parametrize("kernel_size", [1, 2, pytest.param(3, marks=pytest.mark.slow)])
def test_entrywise_is_exact(channels: int, image_size: int, kernel_size: int) -> None:
    for kernel in kernels(0, channels, kernel_size):
        conv = EntrywiseConv2D(kernel, image_size)
        expected = convolution_matrix(kernel, image_size)
        np.testing.assert_allclose(encoded_matrix(conv), expected, atol=1e-9)
        assert conv.alpha == pytest.approx(np.abs(kernel).sum())
        for one in (conv, conv.controlled()):
            assert_formula_is_decomposition(one)
            assert_qubits_are_decomposition(one)


def test_taps_that_never_meet_a_pixel_and_channels_that_differ() -> None:
    kernel = np.random.default_rng(1).normal(size=(2, 1, 5, 5))
    conv = EntrywiseConv2D(kernel, 2)
    expected = np.zeros((8, 8))
    expected[:, :4] = convolution_matrix(kernel, 2)
    np.testing.assert_allclose(encoded_matrix(conv), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("kernel", "image_size"),
    [
        (np.array([[0.3, -0.4], [0.5, 0.1]]).reshape(2, 2, 1, 1), 2),
        (np.array([[[[-0.25]]]]), 2),
        (np.array([[[[0.2, -0.5], [0.1, 0.4]]]]), 2),
    ],
)
def test_control_and_adjoint(kernel: np.ndarray, image_size: int) -> None:
    assert_control_and_adjoint(EntrywiseConv2D(kernel, image_size))


def test_rounded_tables_stay_within_epsilon() -> None:
    kernel = kernels(2, 2, 2)[0]
    for bits in (5, 8, 12):
        conv = EntrywiseConv2D(kernel, 2, "qrom", bits)
        error = np.linalg.norm(conv.alpha * conv.apply_block(np.eye(8)) - conv.target(), 2)
        assert 0 < error <= conv.epsilon


@settings(max_examples=24, deadline=None, derandomize=True)
@given(
    st.integers(0, 10**6),
    st.sampled_from([(1, 2, 2), (1, 2, 3), (1, 4, 3), (2, 2, 2), (2, 2, 3), (2, 4, 3), (4, 4, 3)]),
    st.integers(0, 2),
)
def test_amplified_is_within_epsilon(seed: int, size, kind: int) -> None:
    """Measured by the blocks, which `test_amplified_at_gate_level` holds to the gates."""
    channels, image_size, kernel_size = size
    kernel = kernels(seed, channels, kernel_size)[kind]
    conv = AmplifiedConv2D(kernel, image_size, epsilon=1e-2)
    expected = convolution_matrix(kernel, image_size)
    expected /= 2 * np.linalg.norm(expected, 2)
    measured = np.linalg.norm(conv.apply_block(np.eye(len(expected))) - expected, 2)
    assert measured <= conv.epsilon


def test_amplified_epsilon_is_tight_over_random_kernels() -> None:
    worst = 0.0
    for seed in range(20):
        conv = AmplifiedConv2D(kernels(seed, 2, 3)[seed % 2 * 2], 2, epsilon=1e-2)
        gap = conv.apply_block(np.eye(8)) - conv.target()
        worst = max(worst, float(np.linalg.norm(gap, 2)))
    assert worst <= 1e-2 <= 10 * worst


@pytest.mark.parametrize(("channels", "image_size"), [(1, 4), (2, 2)])
def test_amplified_at_gate_level(channels: int, image_size: int) -> None:
    kernel = kernels(3, channels, 3)[0]
    conv = AmplifiedConv2D(kernel, image_size, epsilon=1e-2)
    assert conv.ancilla_bitsize <= 3 + 8 * 3 + 2 * np.log2(4 * channels)  # what L5 states
    found = encoded_matrix(conv)
    np.testing.assert_allclose(found, conv.apply_block(np.eye(len(found))), atol=1e-9)
    assert np.linalg.norm(found - conv.target(), 2) <= conv.epsilon


@pytest.mark.parametrize(
    "loading",
    ["rotations", *(pytest.param(n, marks=pytest.mark.slow) for n in ("qrom", "select-swap"))],
)
def test_symbolic_is_numeric(loading: str) -> None:
    symbols = sympy.symbols("C D m b d")

    def entrywise(c, d, m, b, _):
        return EntrywiseConv2D.from_shape(c, d, 2**m, loading=loading, angle_bits=b)

    def amplified(c, d, m, b, degree):
        sizes = {"shape_channels": c, "shape_kernel_size": d, "degree": degree}
        return AmplifiedConv2D(None, 2**m, 1e-2, loading, b, **sizes)

    for make in (entrywise, amplified):
        for numbers in ((4, 3, 3, 8, 3), (8, 5, 4, 9, 15), (4, 4, 3, 7, 9)):
            substitution = dict(zip(symbols, numbers, strict=True))
            assert_symbolic_is_numeric(make(*symbols), make(*numbers), substitution)
            both = make(*symbols).controlled(), make(*numbers).controlled()
            assert_symbolic_is_numeric(*both, substitution)


def test_one_call_against_ours() -> None:
    """C = 16, D = 3, M = 64: T times alpha, what a call costs for the same amplitude."""
    kernel = np.random.default_rng(0).normal(size=(16, 16, 3, 3))
    ours, published = Conv2DBlockEncoding(kernel, 64), EntrywiseConv2D(kernel, 64)
    t_ours, t_published = estimate(ours).t_count, estimate(published).t_count
    ratio = t_published * published.alpha / (t_ours * ours.alpha)
    assert ratio >= 20


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: EntrywiseConv2D(np.ones((1, 1, 3, 3)), 3), "power of two, found 3"),
        (lambda: EntrywiseConv2D(np.ones((1, 3, 3)), 4), "shape"),
        (lambda: EntrywiseConv2D(np.zeros((1, 1, 3, 3)), 4), "nothing to encode"),
        (lambda: EntrywiseConv2D(np.ones((1, 1, 1, 1)), 1), "needs no qubit"),
        (lambda: EntrywiseConv2D(None, 4), "shape_channels must be at least 1"),
        (lambda: AmplifiedConv2D(np.ones((1, 1, 3, 3)), 4, epsilon=2.0), "epsilon must lie"),
        (
            lambda: AmplifiedConv2D(np.ones((1, 1, 3, 3)), 4, 1e-3, "qrom", 6),
            "load the encoding with more bits",
        ),
    ],
)
def test_bad_input(make, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()
