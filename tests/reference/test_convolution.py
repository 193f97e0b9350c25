import itertools

import numpy as np
import pytest

from bloqs.reference import (
    convolution_matrix,
    convolution_norm,
    convolution_norm_bound,
    convolve,
    convolve_adjoint,
    largest_singular_value,
    matrix_norm,
)


def slow_convolution(kernel, x):
    """The defining sum, one output entry at a time."""
    c_out, c_in, d, _ = kernel.shape
    m = x.shape[-1]
    y = np.zeros((c_out, m, m))
    for o, r, q in itertools.product(range(c_out), range(m), range(m)):
        for i, a, b in itertools.product(range(c_in), range(d), range(d)):
            row, column = r + a - d // 2, q + b - d // 2
            if 0 <= row < m and 0 <= column < m:
                y[o, r, q] += kernel[o, i, a, b] * x[i, row, column]
    return y


SHAPES = [
    (c_out, c_in, d, m)
    for c_out, c_in in [(1, 1), (2, 3)]
    for d in range(1, 6)
    for m in (1, 2, 3, 6)
]


@pytest.mark.parametrize(("c_out", "c_in", "d", "m"), SHAPES)
def test_convolution_equals_its_defining_sum(c_out, c_in, d, m):
    rng = np.random.default_rng(d * 100 + m)
    kernel = rng.standard_normal((c_out, c_in, d, d))
    x = rng.standard_normal((c_in, m, m))
    expected = slow_convolution(kernel, x)
    np.testing.assert_allclose(convolve(kernel, x), expected, atol=1e-13)
    matrix = convolution_matrix(kernel, m)
    assert matrix.shape == (c_out * m * m, c_in * m * m)
    np.testing.assert_allclose(matrix @ x.ravel(), expected.ravel(), atol=1e-13)


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_adjoint_is_the_transpose(d):
    rng = np.random.default_rng(d)
    kernel = rng.standard_normal((3, 2, d, d))
    y = rng.standard_normal((3, 5, 5))
    expected = convolution_matrix(kernel, 5).T @ y.ravel()
    np.testing.assert_allclose(convolve_adjoint(kernel, y).ravel(), expected, atol=1e-13)


def test_one_tap_moves_the_image_the_right_way():
    x = np.arange(1.0, 10.0).reshape(1, 3, 3)
    kernel = np.zeros((1, 1, 3, 3))
    kernel[0, 0, 0, 1] = 1.0  # a = 0: y[r, q] = x[r - 1, q]
    assert convolve(kernel, x)[0].tolist() == [[0, 0, 0], [1, 2, 3], [4, 5, 6]]
    kernel = np.zeros((1, 1, 2, 2))
    kernel[0, 0, 1, 0] = 1.0  # even D: b = 0 is offset -1, a = 1 offset 0
    assert convolve(kernel, x)[0].tolist() == [[0, 1, 2], [0, 4, 5], [0, 7, 8]]


def test_batch_is_one_image_at_a_time():
    rng = np.random.default_rng(0)
    kernel, x = rng.standard_normal((2, 3, 3, 3)), rng.standard_normal((4, 5, 3, 4, 4))
    y = convolve(kernel, x)
    assert y.shape == (4, 5, 2, 4, 4)
    np.testing.assert_allclose(y[2, 1], convolve(kernel, x[2, 1]), atol=1e-13)


@pytest.mark.parametrize(("c", "d", "m"), [(1, 3, 8), (4, 3, 8), (2, 2, 5), (3, 5, 6), (2, 4, 12)])
def test_lanczos_norm_equals_svd(c, d, m):
    kernel = np.random.default_rng(c * d * m).standard_normal((c, c, d, d))
    exact = np.linalg.svd(convolution_matrix(kernel, m), compute_uv=False)[0]
    assert convolution_norm(kernel, m) == pytest.approx(exact, rel=1e-12)
    assert convolution_norm(kernel, m, dense_up_to=0) == pytest.approx(exact, rel=1e-6)


def test_norm_of_a_large_averaging_kernel():
    # Separable and tridiagonal, with known eigenvalues (1 + 2 cos(pi/(M + 1)))/3 per axis.
    m = 64
    exact = ((1 + 2 * np.cos(np.pi / (m + 1))) / 3) ** 2
    assert convolution_norm(np.full((1, 1, 3, 3), 1 / 9), m) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_symbol_bounds_the_norm_from_above(d):
    rng = np.random.default_rng(d)
    for m in (2, 3, 8):
        kernel = rng.standard_normal((2, 2, d, d))
        norm, bound = convolution_norm(kernel, m), convolution_norm_bound(kernel, m)
        assert norm <= bound * (1 + 1e-12)
        assert bound <= np.abs(kernel).sum()  # and is no trivial bound


def test_zero_kernel_has_norm_zero():
    assert convolution_norm(np.zeros((1, 1, 3, 3)), 4) == 0.0
    assert convolution_norm(np.zeros((1, 1, 3, 3)), 4, dense_up_to=0) == 0.0


def test_lanczos_stops_on_low_rank_maps():
    a = np.outer([1.0, 2.0, 2.0], [3.0, 4.0])
    assert largest_singular_value(lambda v: a @ v, lambda u: a.T @ u, (2,)) == pytest.approx(15.0)


def test_matrix_norm_lanczos_equals_svd():
    a = np.random.default_rng(5).standard_normal((60, 40))
    assert matrix_norm(a, dense_up_to=0) == pytest.approx(np.linalg.norm(a, 2), rel=1e-7)
    with pytest.raises(ValueError, match="expected a matrix, found an array of shape"):
        matrix_norm(np.zeros(3))


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (np.zeros((3, 3)), r"\(C_out, C_in, D, D\).*found shape \(3, 3\)"),
        (np.zeros((1, 1, 3, 2)), r"found shape \(1, 1, 3, 2\)"),
        (np.zeros((1, 0, 3, 3)), r"every axis at least 1"),
        (np.full((1, 1, 1, 1), np.nan), r"must be finite, found 1 NaN or infinite"),
    ],
)
def test_malformed_kernel_is_refused(kernel, message):
    for call in (convolution_matrix, convolution_norm, convolution_norm_bound):
        with pytest.raises(ValueError, match=message):
            call(kernel, 4)


def test_malformed_image_is_refused():
    kernel = np.zeros((2, 3, 3, 3))
    with pytest.raises(ValueError, match=r"\(\.\.\., 3, M, M\), found \(2, 4, 4\)"):
        convolve(kernel, np.zeros((2, 4, 4)))
    with pytest.raises(ValueError, match=r"\(\.\.\., 2, M, M\), found \(3, 4, 4\)"):
        convolve_adjoint(kernel, np.zeros((3, 4, 4)))
    for call in (convolution_matrix, convolution_norm, convolution_norm_bound):
        with pytest.raises(
            ValueError, match=r"image size M must be an integer from 1 to \d+, found 0"
        ):
            call(kernel, 0)
