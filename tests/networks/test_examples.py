from pathlib import Path

import numpy as np
import pytest

import bloqs.networks
from bloqs.costs import estimate
from bloqs.networks import load_example, natural_regime
from bloqs.networks.examples import pool_images
from bloqs.reference import convolution_matrix, convolution_norm, forward, forward_vectors
from bloqs.simulation import encoded_vector
from tests.golden.regenerate import stored

NAMES = ["digits-1", "digits-2", "digits-3", "digits-bilinear"]
ACCURACY = {"digits-1": 0.94, "digits-2": 0.97, "digits-3": 0.97, "digits-bilinear": 0.94}
BLOCKS = {"digits-1": 1, "digits-2": 2, "digits-3": 3, "digits-bilinear": 1}
ROWS = {"digits-1": 256, "digits-2": 256, "digits-3": 64, "digits-bilinear": 256}
# Shape of one path, number of paths, channels of the kernels, shape and largest pixel of an image.
SHAPES = {
    "digits-1": ((4, 8, 8), 1, 4, (8, 8), 16),
    "digits-2": ((4, 8, 8), 1, 4, (8, 8), 16),
    "digits-3": ((4, 8, 8), 1, 4, (8, 8), 16),
    "digits-bilinear": ((1, 4, 4), 2, 1, (4, 4), 64),
}


@pytest.fixture(scope="module", params=NAMES)
def example(request):
    return load_example(request.param)


def test_shapes_and_types(example):
    spec = example.spec
    shape, paths, channels, pixels, largest = SHAPES[example.name]
    assert spec.num_blocks == BLOCKS[example.name]
    assert (spec.input_shape, spec.paths) == (shape, paths)
    assert spec.length == 256
    assert spec.num_groups == 16
    assert all(k.shape == (channels, channels, 3, 3) for k in spec.kernels)
    assert spec.output_weights.shape == (ROWS[example.name], 256)
    assert (spec.activation.name, spec.activation.gain) == ("erf", 0.8)
    assert example.images.shape == (450, *pixels)
    assert example.images.min() == 0
    assert 0.9 * largest <= example.images.max() <= largest
    assert example.images.dtype == np.uint8
    assert example.labels.shape == (450,)
    assert not example.images.flags.writeable


def test_images_are_the_test_part_of_the_split(example):
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    _, x, _, y = train_test_split(
        *load_digits(return_X_y=True),
        test_size=0.25,
        random_state=0,
        stratify=load_digits(return_X_y=True)[1],
    )
    if example.name == "digits-bilinear":
        # Four pixels of the digits are one of the pooled images.
        x = x.reshape(450, 8, 8)
        x = x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]
    np.testing.assert_array_equal(example.images, x.reshape(example.images.shape))
    np.testing.assert_array_equal(example.labels, y)


def test_accuracy_of_the_exact_forward_pass(example):
    probabilities = np.stack([forward(example.spec, image) for image in example.images])
    correct = np.argmax(probabilities[:, :10], axis=1) == example.labels
    assert correct.mean() >= ACCURACY[example.name]
    assert example.accuracy() == correct.mean()


def test_every_spectral_norm_is_at_most_one(example):
    size = example.spec.input_shape[1] ** example.spec.paths
    for kernel in example.spec.kernels:
        norm = np.linalg.svd(convolution_matrix(kernel, size), compute_uv=False)[0]
        assert 0.1 < norm <= 1 + 1e-9
    assert np.linalg.svd(example.spec.output_weights, compute_uv=False)[0] <= 1 + 1e-9


def test_output_weights_are_dense_and_of_full_rank(example):
    """Singular values of a square matrix are raised to 1/100; a head of few rows is as it was trained."""
    weights = example.spec.output_weights
    is_square = len(weights) == example.spec.length
    s = np.linalg.svd(weights, compute_uv=False)
    assert s[-1] >= (0.009 if is_square else 1e-6) * s[0]
    assert np.mean(weights == 0.0) < 1e-3


def test_calibrated_bounds_hold_for_unseen_images(example):
    norms = example.spec.layer_norms(example.images)
    lo, hi = np.array(example.spec.norm_bounds).T
    amplitudes = forward_vectors(example.spec, example.images).amplitudes
    inside = np.all((lo <= norms) & (norms <= hi), axis=1)
    inside &= np.all(amplitudes <= example.spec.amplitude_bounds, axis=1)
    assert inside.mean() >= 0.99
    # They are no wider than they need be: the unseen norms fill most of each interval.
    spread = np.log(norms.max(axis=0) / norms.min(axis=0))
    assert np.all(spread >= 0.4 * np.log(hi / lo))
    assert np.all(amplitudes.max(axis=0) >= 0.7 * np.array(example.spec.amplitude_bounds))


def test_blocks_change_the_image(example):
    # A block with W near a multiple of the identity would cost little and do nothing: its output
    # overlaps with its input by 0.999 and more.
    v = forward_vectors(example.spec, example.images[:50])
    assert np.all(np.abs(np.sum(v.input * v.blocks[0], axis=1)) < 0.98)


def test_prediction_leaves_the_idle_groups_out(example):
    p = np.zeros((2, 16))
    p[0, 3], p[0, 12] = 0.4, 0.6
    p[1, 9] = 1.0
    assert example.predict(p).tolist() == [3, 9]
    assert example.predict(p[0]) == 3
    with pytest.raises(ValueError, match="at least 10 groups, found shape"):
        example.predict(np.ones(8))


def test_unknown_example_is_refused():
    with pytest.raises(
        ValueError,
        match=r"unknown example, 'mnist'.*digits-2, digits-3, digits-bilinear, fashion-2",
    ):
        load_example("mnist")


def test_pooling_is_the_mean_up_to_a_factor():
    images = np.arange(2 * 6 * 6, dtype=np.uint8).reshape(2, 6, 6)
    pooled = pool_images(images, 3)
    assert pooled.dtype == np.uint8
    for i in range(2):
        for r in range(2):
            for q in range(2):
                block = images[i, 3 * r : 3 * r + 3, 3 * q : 3 * q + 3].astype(int)
                assert pooled[i, r, q] == block.sum() % 256
    with pytest.raises(ValueError, match="a window of 4 does not divide images of 6x6"):
        pool_images(images, 4)
    with pytest.raises(ValueError, match="a window of 0"):
        pool_images(images, 0)


def test_bilinear_example_in_every_regime():
    example = load_example("digits-bilinear")
    assert natural_regime(example.spec) == 2
    with pytest.raises(ValueError, match="one input path, this network has 2; use regime=2"):
        example.spec.to_bloq(example.images[0])
    bare = example.spec.without_output_layer()
    assert bare.cost_bloq(regime=3).system_bitsize == 8


@pytest.mark.parametrize("step", [90, pytest.param(1, marks=pytest.mark.slow)])
def test_bilinear_digits_at_semantic_level(step):
    """Test digits inside the bounds, each within epsilon and of the same class unless nearly tied."""
    example = load_example("digits-bilinear")
    for image in example.images[::step]:
        network = example.spec.to_bloq(image, regime=2)
        exact = forward_vectors(example.spec, image)
        found = encoded_vector(network, level="semantic")
        assert np.linalg.norm(found - exact.output) <= float(network.epsilon) <= 1e-2
        groups = np.sum(np.abs(found.reshape(16, -1)) ** 2, axis=1)
        # Each probability is off by at most 2 epsilon.
        top = np.sort(exact.probabilities[:10])[-2:]
        if top[1] - top[0] > 4e-2:
            assert example.predict(groups) == example.predict(exact.probabilities)


def test_bilinear_example_by_data_costs_no_more_than_by_shape():
    example = load_example("digits-bilinear")
    by_data = estimate(example.spec.to_bloq(example.images[0], regime=2, loading="select-swap"))
    by_shape = estimate(example.spec.cost_bloq(regime=2, loading="select-swap"))
    golden = stored("digits-bilinear")
    assert by_data.t_count == golden["regime 2, select-swap, coherent, by data"]["t_count"]
    assert by_shape.t_count == golden["regime 2, select-swap, coherent, by shape"]["t_count"]
    assert by_data.t_count <= by_shape.t_count
    assert by_data.input_calls == by_shape.input_calls
    assert by_data.input_calls % 2 == 0


@pytest.fixture(scope="module")
def fashion():
    return load_example("fashion-2")


def test_fashion_has_two_blocks_and_a_head_of_few_rows(fashion):
    spec = fashion.spec
    assert (spec.input_shape, spec.num_blocks, spec.length) == ((2, 28, 28), 2, 2048)
    assert spec.output_weights.shape == (256, 2048)
    assert (spec.skip_weight, spec.num_groups, spec.activation.gain) == (0.0, 16, 0.8)
    assert fashion.images.shape == (200, 28, 28)
    assert fashion.images.dtype == np.uint8
    assert fashion.images.max() == 255
    assert np.bincount(fashion.labels, minlength=10).min() >= 10
    # The head's groups without a class are empty, and the padding of 28 pixels to 32 has no weights.
    weights = spec.output_weights.reshape(16, 16, 2, 32, 32)
    assert not weights[10:].any()
    assert not weights[..., 28:].any()
    assert not weights[..., 28:, :].any()


def test_fashion_is_stored_in_four_megabytes(fashion):
    folder = Path(bloqs.networks.__file__).parent / "trained"
    assert sum((folder / f"fashion-{part}.npz").stat().st_size for part in ("2", "test")) <= 4e6


def test_fashion_has_norms_of_at_most_one(fashion):
    assert all(0.5 < convolution_norm(kernel, 28) <= 1 + 1e-6 for kernel in fashion.spec.kernels)
    assert np.linalg.norm(fashion.spec.output_weights, 2) <= 1


def test_fashion_is_right_on_most_images_all_inside_the_bounds(fashion):
    assert fashion.accuracy() >= 0.87
    norms = fashion.spec.layer_norms(fashion.images)
    lo, hi = np.array(fashion.spec.norm_bounds).T
    assert np.all((lo <= norms) & (norms <= hi))
    found = forward_vectors(fashion.spec, fashion.images)
    assert np.all(found.amplitudes <= fashion.spec.amplitude_bounds)
    assert np.all(np.abs(np.sum(found.input * found.blocks[0], axis=1)) < 0.99)


@pytest.mark.slow
def test_fashion_at_semantic_level(fashion):
    for image in fashion.images:
        network = fashion.spec.to_bloq(image)
        exact = forward_vectors(fashion.spec, image)
        found = encoded_vector(network, level="semantic")
        assert np.linalg.norm(found - exact.output) <= float(network.epsilon) <= 1e-2
        groups = np.sum(np.abs(found.reshape(16, -1)) ** 2, axis=1)
        top = np.sort(exact.probabilities[:10])[-2:]
        if top[1] - top[0] > 4e-2:
            assert fashion.predict(groups) == fashion.predict(exact.probabilities)
