"""What the encoding encodes: against the reference matrix, gate by gate."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bloqs.convolution import Conv2DBlockEncoding, shape_alpha_bound
from bloqs.core.encoding import ShapeOnlyError
from bloqs.reference import convolution_matrix
from bloqs.testing import assert_control_and_adjoint, assert_encodes
from bloqs.verify import encoded_matrix
from bloqs.verify.gate_level import contract


def random_kernel(seed, c_out, c_in, size):
    return np.random.default_rng(seed).normal(size=(c_out, c_in, size, size))


def padded_matrix(kernel, image_size):
    """The reference matrix on registers padded to powers of two, built entry by entry."""
    c_out, c_in, m = *kernel.shape[:2], image_size
    channels, axis = (1 << (size - 1).bit_length() for size in (max(c_out, c_in), m))
    dense = convolution_matrix(kernel, m).reshape(c_out, m, m, c_in, m, m)
    matrix = np.zeros((channels, axis, axis, channels, axis, axis))
    matrix[:c_out, :m, :m, :c_in, :m, :m] = dense
    return matrix.reshape(channels * axis * axis, -1)


CASES = [
    (c_out, c_in, image_size, size)
    for (c_out, c_in), image_size, size in itertools.product(
        [(1, 1), (2, 2), (1, 2), (2, 1)], [1, 2, 3, 4], [1, 2, 3]
    )
    if (c_out, c_in, image_size) != (1, 1, 1)
]


@pytest.mark.parametrize(("c_out", "c_in", "image_size", "size"), CASES)
@pytest.mark.parametrize("transposed", [None, False, True])
def test_gate_level_matrix_is_the_convolution(c_out, c_in, image_size, size, transposed):
    kernel = random_kernel(size, c_out, c_in, size)
    encoding = Conv2DBlockEncoding(kernel, image_size, transposed=transposed)
    expected = padded_matrix(kernel, image_size)
    np.testing.assert_array_equal(encoding.target(), expected)
    np.testing.assert_allclose(encoded_matrix(encoding), expected, atol=1e-12)
    assert encoding.epsilon == 0.0


@pytest.mark.parametrize(
    ("c_out", "c_in", "image_size", "size"), [case for case in CASES if case[:2] != (1, 1)]
)
def test_balanced_matrix_is_the_convolution_too(c_out, c_in, image_size, size):
    kernel = random_kernel(size, c_out, c_in, size)
    encoding = Conv2DBlockEncoding(kernel, image_size, balanced=True)
    expected = padded_matrix(kernel, image_size)
    np.testing.assert_allclose(encoded_matrix(encoding), expected, atol=1e-12)


@pytest.mark.parametrize("pattern", [[[1, 0], [0, 1]], [[1, 1], [0, 1]], [[0, 1], [0, 0]]])
@pytest.mark.parametrize("size", [1, 2])
def test_balanced_encodes_channels_that_do_not_all_meet(pattern, size):
    kernel = random_kernel(0, 2, 2, size) * np.array(pattern)[:, :, None, None]
    encoding = Conv2DBlockEncoding(kernel, 2, balanced=True)
    np.testing.assert_allclose(encoded_matrix(encoding), padded_matrix(kernel, 2), atol=1e-12)
    assert_control_and_adjoint(encoding)


@pytest.mark.parametrize("size", [4, 5, 6, 7])
@pytest.mark.parametrize("image_size", [2, 3, 4])
def test_larger_kernels_than_the_image_too(size, image_size):
    kernel = random_kernel(size, 1, 1, size)
    encoding = Conv2DBlockEncoding(kernel, image_size)
    np.testing.assert_allclose(
        encoded_matrix(encoding), padded_matrix(kernel, image_size), atol=1e-11
    )


def test_three_channels_are_padded_to_four():
    kernel = random_kernel(0, 3, 2, 2)
    encoding = Conv2DBlockEncoding(kernel, 2)
    assert encoding.channel_bitsize == 2
    np.testing.assert_allclose(encoded_matrix(encoding), padded_matrix(kernel, 2), atol=1e-12)


def test_one_hot_kernels_are_one_sided_shifts():
    for a, b in itertools.product(range(3), repeat=2):
        kernel = np.zeros((1, 1, 3, 3))
        kernel[0, 0, a, b] = -2.0
        encoding = Conv2DBlockEncoding(kernel, 3)
        assert encoding.alpha == 2.0
        np.testing.assert_allclose(encoded_matrix(encoding), padded_matrix(kernel, 3), atol=1e-12)


def test_a_single_tap_of_a_single_channel_needs_no_ancilla():
    encoding = Conv2DBlockEncoding(np.full((1, 1, 1, 1), -3.0), 4)
    assert (encoding.ancilla_bitsize, encoding.system_bitsize, encoding.alpha) == (0, 4, 3.0)
    np.testing.assert_allclose(encoded_matrix(encoding), -3 * np.eye(16), atol=1e-12)
    assert_control_and_adjoint(encoding)


@settings(max_examples=25)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([(1, 1), (2, 2), (2, 1)]),
    st.sampled_from([2, 3]),
    st.sampled_from([1, 2, 3]),
    st.floats(0, 0.9),
    st.sampled_from([1e-200, 1.0, 1e100]),
    st.booleans(),
)
def test_any_kernel_sparse_or_of_any_scale(
    seed, channels, image_size, size, sparsity, scale, balanced
):
    rng = np.random.default_rng(seed)
    kernel = random_kernel(seed, *channels, size)
    kernel[rng.random(kernel.shape) < sparsity] = 0
    kernel[0, 0, size // 2, size // 2] = -1.0
    encoding = Conv2DBlockEncoding(kernel * scale, image_size, balanced=balanced)
    expected = padded_matrix(kernel, image_size)
    np.testing.assert_allclose(encoded_matrix(encoding) / scale, expected, atol=1e-11)


# ------------------------------------------------------------------------------------------ control

SMALL = [(1, 1, 2, 3), (2, 2, 2, 1), (2, 2, 1, 1), (1, 1, 3, 1), (2, 1, 2, 2), (1, 2, 2, 2)]


@pytest.mark.parametrize(("c_out", "c_in", "image_size", "size"), SMALL)
@pytest.mark.parametrize("transposed", [False, True])
def test_control_and_adjoint_agree_with_the_matrix(c_out, c_in, image_size, size, transposed):
    kernel = random_kernel(5, c_out, c_in, size)
    assert_control_and_adjoint(Conv2DBlockEncoding(kernel, image_size, transposed=transposed))


@pytest.mark.parametrize(
    ("c", "image_size", "size", "loading"),
    [(1, 3, 3, "rotations"), (2, 3, 2, "rotations"), (1, 4, 5, "rotations"), (2, 2, 2, "qrom")],
)
@pytest.mark.parametrize("transposed", [False, True])
def test_control_off_is_the_identity_on_all_registers(c, image_size, size, loading, transposed):
    kernel = random_kernel(6, c, c, size)
    encoding = Conv2DBlockEncoding(kernel, image_size, loading, 4, transposed=transposed)
    controlled = encoding.controlled()
    for ancilla in (0, 1, 2**encoding.ancilla_bitsize - 1, 5):
        inputs = {"ctrl": 0, "ancilla": ancilla}
        block = contract(controlled, inputs=inputs, project=inputs, open_inputs=["system"])
        np.testing.assert_allclose(block, np.eye(len(block)), atol=1e-12)
    on = contract(
        controlled,
        inputs={"ctrl": 1},
        project={"ctrl": 1, "ancilla": 0},
        open_inputs=["system"],
    )
    np.testing.assert_allclose(on * encoding.alpha, encoded_matrix(encoding), atol=1e-12)


# ----------------------------------------------------------------------------------------- loaders

TABLES = [
    (loading, bits, c, size)
    for loading, bits in (("qrom", 4), ("qrom", 5), ("select-swap", 3), ("select-swap", 4))
    for c, size in ((1, 2), (1, 3), (2, 1), (2, 2))
]


@pytest.mark.parametrize(("loading", "bits", "c", "size"), TABLES)
def test_tables_encode_the_effective_kernel_within_epsilon(loading, bits, c, size):
    kernel = random_kernel(bits, c, c, size)
    encoding = Conv2DBlockEncoding(kernel, 2, loading, bits)
    found = encoded_matrix(encoding)
    np.testing.assert_allclose(found, padded_matrix(encoding.effective_kernel(), 2), atol=1e-11)
    assert_encodes(encoding, padded_matrix(kernel, 2))
    assert_encodes(encoding, padded_matrix(kernel, 2), level="semantic")


@pytest.mark.parametrize(
    ("loading", "bits", "size"), [("qrom", 5, 1), ("select-swap", 5, 1), ("qrom", 4, 2)]
)
def test_tables_of_the_balanced_factorisation(loading, bits, size):
    kernel = random_kernel(size, 2, 2, size)
    encoding = Conv2DBlockEncoding(kernel, 2, loading, bits, balanced=True)
    effective = padded_matrix(encoding.effective_kernel(), 2)
    np.testing.assert_allclose(encoded_matrix(encoding), effective, atol=1e-11)
    assert_encodes(encoding, padded_matrix(kernel, 2))


@pytest.mark.parametrize("balanced", [False, True])
def test_tables_of_a_single_input_channel(balanced):
    kernel = random_kernel(0, 2, 1, 2)
    encoding = Conv2DBlockEncoding(kernel, 2, "qrom", 4, transposed=False, balanced=balanced)
    effective = padded_matrix(encoding.effective_kernel(), 2)
    np.testing.assert_allclose(encoded_matrix(encoding), effective, atol=1e-11)
    assert_encodes(encoding, padded_matrix(kernel, 2))


def rounding_error(encoding):
    vectors = np.eye(2**encoding.system_bitsize)
    block = encoding.alpha * encoding.apply_block(vectors)
    return np.linalg.norm(block - encoding.target(), 2)


@pytest.mark.parametrize(("c", "size"), [(1, 3), (2, 3), (4, 3), (2, 5)])
@pytest.mark.parametrize("balanced", [False, True])
def test_epsilon_bounds_the_rounding_and_halves_with_each_bit(c, size, balanced):
    ratios, errors = [], {bits: [] for bits in range(6, 15)}
    for seed in range(5):
        kernel = random_kernel(seed, c, c, size)
        for bits in errors:
            encoding = Conv2DBlockEncoding(kernel, 4, "qrom", bits, balanced=balanced)
            error = rounding_error(encoding)
            assert error <= encoding.epsilon <= _shape(encoding).epsilon
            errors[bits].append(error)
            ratios.append(encoding.epsilon / error)
    # Never looser than ten in the worst case, and one bit is a factor of two.
    assert min(ratios) < 10
    slope = np.polyfit(list(errors), np.log2([np.mean(e) for e in errors.values()]), 1)[0]
    assert -1.2 < slope < -0.8


@pytest.mark.parametrize("balanced", [False, True])
def test_the_bound_by_shape_is_nearly_reached(balanced):
    """One rotation a preparation: some kernel is rounded by almost as much as any can be."""
    ratios = []
    for seed in range(100):
        kernel = random_kernel(seed, 2, 2, 1)
        encoding = Conv2DBlockEncoding(kernel, 4, "qrom", 8, balanced=balanced)
        ratios.append(rounding_error(encoding) / _shape(encoding).epsilon)
    assert 0.5 < max(ratios) <= 1


def _shape(encoding):
    return Conv2DBlockEncoding.from_shape(
        2**encoding.channel_bitsize,
        encoding.kernel_size,
        image_size=encoding.image_size,
        loading=encoding.loading,
        angle_bits=encoding.angle_bits,
        alpha=encoding.alpha,
        balanced=encoding.balanced,
    )


# ------------------------------------------------------------------------------------------- alpha


@pytest.mark.parametrize("seed", range(5))
def test_alpha_of_one_channel_is_the_sum_of_moduli(seed):
    kernel = random_kernel(seed, 1, 1, 3)
    assert Conv2DBlockEncoding(kernel, 8).alpha == pytest.approx(np.abs(kernel).sum(), rel=1e-14)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("c_out", "c_in"), [(1, 1), (4, 4), (2, 3)])
def test_alpha_lies_between_the_norm_and_its_bounds(seed, c_out, c_in):
    kernel = random_kernel(seed, c_out, c_in, 3)
    encoding = Conv2DBlockEncoding(kernel, 6)
    norm = np.linalg.norm(convolution_matrix(kernel, 6), 2)
    assert encoding.norm == pytest.approx(norm, rel=1e-6)
    assert encoding.alpha_ratio == pytest.approx(encoding.alpha / norm, rel=1e-6)
    assert norm <= encoding.alpha <= 3 * np.linalg.norm(kernel) * (1 + 1e-14)
    assert encoding.alpha / norm <= shape_alpha_bound(max(c_out, c_in), 3, 6)
    rows = np.sqrt((np.linalg.norm(kernel, axis=1).sum(axis=(1, 2)) ** 2).sum())
    columns = np.sqrt((np.linalg.norm(kernel, axis=0).sum(axis=(1, 2)) ** 2).sum())
    assert encoding.alpha == pytest.approx(min(rows, columns), rel=1e-14)
    assert encoding.runs_backwards == (rows < columns)
    balanced = Conv2DBlockEncoding(kernel, 6, balanced=True)
    assert balanced.alpha == pytest.approx(np.linalg.norm(np.abs(kernel).sum(axis=(2, 3)), 2))
    assert norm <= balanced.alpha <= encoding.alpha * (1 + 1e-14)
    assert balanced.alpha < 0.95 * encoding.alpha or 1 in (c_out, c_in)


@pytest.mark.parametrize(("size", "image_size"), [(3, 2), (5, 3), (5, 4), (7, 2), (2, 1), (4, 3)])
def test_bound_by_shape_holds_where_no_pixel_sees_every_tap(size, image_size):
    channels = 2 if image_size == 1 else 1  # one channel of one pixel has no register
    bound = shape_alpha_bound(channels, size, image_size)
    for seed in range(200):
        kernel = random_kernel(seed, channels, channels, size)
        norm = np.linalg.norm(convolution_matrix(kernel, image_size), 2)
        assert Conv2DBlockEncoding(kernel, image_size).alpha / norm <= bound
    # Exchange of two pixels on both axes, norm 1: the corner taps alone, alpha 4 > D = 3.
    if (size, image_size) == (3, 2):
        corners = np.array([[1.0, 0, 1], [0, 0, 0], [1, 0, 1]])[None, None]
        assert np.linalg.norm(convolution_matrix(corners, 2), 2) == pytest.approx(1)
        assert 3 < Conv2DBlockEncoding(corners, 2).alpha == 4 <= bound


# ------------------------------------------------------------------------------------ semantic level


@pytest.mark.parametrize(("c", "image_size"), [(4, 8), (1, 128), (4, 12)])
def test_apply_block_is_matrix_free_and_exact(c, image_size):
    kernel = random_kernel(1, c, c, 3)
    encoding = Conv2DBlockEncoding(kernel, image_size)
    axis = 2**encoding.axis_bitsize
    vectors = np.random.default_rng(2).normal(size=(2**encoding.system_bitsize, 2))
    found = encoding.alpha * encoding.apply_block(vectors)
    np.testing.assert_allclose(found[:, 1], encoding.alpha * encoding.apply_block(vectors[:, 1]))
    x = vectors[:, 0].reshape(c, axis, axis)[:, :image_size, :image_size]
    y = np.zeros((c, axis, axis))
    window = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    for a, b in itertools.product(range(3), repeat=2):
        part = window[:, a : a + image_size, b : b + image_size]
        y[:, :image_size, :image_size] += np.einsum("oi,irq->orq", kernel[:, :, a, b], part)
    np.testing.assert_allclose(found[:, 0], y.ravel(), atol=1e-12)


def test_vectors_of_another_length_are_refused():
    encoding = Conv2DBlockEncoding(random_kernel(0, 1, 1, 3), 4)
    with pytest.raises(ValueError, match=r"shape \(16,\).*got \(15,\)"):
        encoding.apply_block(np.ones(15))


# --------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("kernel", "image_size", "message"),
    [
        (np.ones((3, 3)), 8, r"shape \(C_out, C_in, D, D\).*found shape \(3, 3\)"),
        (np.ones((1, 1, 3, 2)), 8, r"found shape \(1, 1, 3, 2\)"),
        (np.full((1, 1, 3, 3), np.nan), 8, "must be finite, found 9 NaN or infinite"),
        (np.full((1, 1, 1, 1), np.inf), 8, "must be finite, found 1 NaN or infinite"),
        (np.zeros((2, 2, 3, 3)), 8, "all zero"),
        (np.ones((1, 1, 3, 3)), 0, "image_size must be an integer of at least 1, got 0"),
        (np.ones((1, 1, 3, 3)), 2.5, "image_size must be an integer of at least 1, got 2.5"),
        (np.ones((1, 1, 3, 3)), 1, "one channel of one pixel"),
        (np.array([[[[1.0, 0, 0], [0, 0, 0], [0, 0, 0]]]] * 2), 1, "every tap that meets a pixel"),
    ],
)
def test_bad_input_is_refused(kernel, image_size, message):
    with pytest.raises(ValueError, match=message):
        Conv2DBlockEncoding(kernel, image_size)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        (
            {"channels": 0, "kernel_size": 3, "image_size": 8},
            "shape_channels must be at least 1, got 0",
        ),
        (
            {"channels": 4, "kernel_size": 0, "image_size": 8},
            "shape_kernel_size must be at least 1",
        ),
        ({"channels": 4, "kernel_size": 3}, "give image_size or axis_bits"),
        ({"channels": 4, "kernel_size": 3, "image_size": 8, "axis_bits": 3}, "not both"),
        (
            {"channels": 4, "kernel_size": 3, "image_size": 8, "alpha": 0.0},
            "alpha must be a positive",
        ),
        ({"channels": 4, "kernel_size": 3, "image_size": 8, "loading": "magic"}, "unknown loading"),
        ({"channels": 4, "kernel_size": 3, "image_size": 8, "angle_bits": 2}, "angle_bits must be"),
    ],
)
def test_bad_shapes_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        Conv2DBlockEncoding.from_shape(**kwargs)


def test_by_shape_there_is_nothing_to_simulate():
    encoding = Conv2DBlockEncoding.from_shape(2, 3, image_size=4)
    for ask in (encoding.target, encoding.effective_kernel, lambda: encoding.norm):
        with pytest.raises(ShapeOnlyError, match="has no kernel"):
            ask()
