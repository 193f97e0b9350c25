import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloqs.convolution.balanced import BalancedFactors, balanced_kernel, connected_groups, perron


@given(
    st.sampled_from([2, 4, 8]),
    st.sampled_from([1, 2, 3]),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.5, 0.8, 0.95]),
)
def test_unit_vectors_whose_product_is_the_kernel(channels, size, seed, sparsity):
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(channels, channels, size, size))
    kernel[rng.random(kernel.shape) < sparsity] = 0
    kernel[-1, 0, 0, 0] = -1.0
    factors = BalancedFactors.of(kernel)
    found = balanced_kernel(factors.alpha, factors.right, factors.left)
    np.testing.assert_allclose(found, kernel, atol=1e-12)
    sums = np.abs(kernel).sum(axis=(2, 3))
    assert factors.alpha == pytest.approx(np.linalg.norm(sums, 2), rel=1e-12)
    for vectors, used in (
        (factors.right, factors.used_inputs),
        (factors.left, factors.used_outputs),
    ):
        norms = np.linalg.norm(vectors.reshape(channels, -1), axis=1)
        np.testing.assert_allclose(norms, used, atol=1e-12)


def test_no_pair_of_unit_vectors_has_a_smaller_alpha():
    # Weak duality: for unit v >= 0, any such pair has alpha >= ||A v||; random pairs stay above.
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(2, 2, 1, 1))
    best = BalancedFactors.of(kernel).alpha
    moduli = np.abs(kernel[:, :, 0, 0])
    for _ in range(2000):
        # left[o, i] of unit rows; right[i, o] = K / (alpha left): alpha makes the larger column a unit.
        left = np.abs(rng.normal(size=(2, 2)))
        left /= np.linalg.norm(left, axis=1, keepdims=True)
        assert np.linalg.norm(moduli / left, axis=0).max() >= best * (1 - 1e-12)


def test_groups_are_the_connected_parts_of_the_pattern():
    matrix = np.array([[1.0, 0, 0, 0], [0, 0, 2, 0], [0, 0, 3, 0], [0, 0, 0, 0]])
    assert connected_groups(matrix) == [([0], [0]), ([1, 2], [2])]


def test_groups_that_are_all_but_separate_are_refused():
    matrix = np.array([[1.0, 1e-17], [1e-17, 1.0]])
    with pytest.raises(ValueError, match=r"all but separate.*balanced=False"):
        perron(matrix)
