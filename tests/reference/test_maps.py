"""The maps beside the residual block, against sums written out index by index."""

import numpy as np
import pytest

from bloqs.reference.convolution import convolution_matrix
from bloqs.reference.maps import add_bias, average_pool, strided_convolve


@pytest.mark.parametrize(("size", "stride"), [(4, 1), (4, 2), (5, 2), (1, 2), (6, 2)])
def test_a_strided_convolution_keeps_every_other_row_and_column(size: int, stride: int) -> None:
    rng = np.random.default_rng(0)
    kernel, x = rng.normal(size=(3, 2, 3, 3)), rng.normal(size=(2, size, size))
    full = (convolution_matrix(kernel, size) @ x.ravel()).reshape(3, size, size)
    kept = range(0, size, stride)
    wanted = np.array([[[channel[r, q] for q in kept] for r in kept] for channel in full])
    np.testing.assert_allclose(strided_convolve(kernel, x, stride), wanted, atol=1e-12)


def test_average_pooling_is_the_mean_of_four_pixels() -> None:
    x = np.random.default_rng(1).normal(size=(2, 6, 6))
    wanted = [
        [[np.mean(c[2 * r : 2 * r + 2, 2 * q : 2 * q + 2]) for q in range(3)] for r in range(3)]
        for c in x
    ]
    np.testing.assert_allclose(average_pool(x), wanted, atol=1e-12)


def test_the_bias_channel_is_a_multiple_of_the_root_mean_square() -> None:
    x = np.random.default_rng(2).normal(size=(2, 3, 4, 4))
    x /= np.sqrt(np.sum(x * x, axis=(1, 2, 3), keepdims=True))
    y = add_bias(x, 0.7)
    assert y.shape == (2, 4, 4, 4)
    np.testing.assert_allclose(np.sum(y * y, axis=(1, 2, 3)), 1)
    for image in y:
        rms = np.sqrt(np.mean(image[:3] ** 2))
        np.testing.assert_allclose(image[3], 0.7 * rms)
    assert add_bias(x, None) is x
