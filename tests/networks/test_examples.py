import numpy as np
import pytest

from bloqs.networks import load_example
from bloqs.reference import convolution_matrix, forward, forward_vectors

NAMES = ["digits-1", "digits-2"]
ACCURACY = {"digits-1": 0.94, "digits-2": 0.97}


@pytest.fixture(scope="module", params=NAMES)
def example(request):
    return load_example(request.param)


def test_shapes_and_types(example):
    spec = example.spec
    assert spec.num_blocks == int(example.name[-1])
    assert spec.input_shape == (4, 8, 8)
    assert spec.length == 256
    assert spec.num_groups == 16
    assert all(k.shape == (4, 4, 3, 3) for k in spec.kernels)
    assert spec.output_weights.shape == (256, 256)
    assert (spec.activation.name, spec.activation.gain) == ("erf", 0.8)
    assert example.images.shape == (450, 8, 8)
    assert example.images.min() == 0
    assert example.images.max() == 16
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
    np.testing.assert_array_equal(example.images.reshape(450, 64), x)
    np.testing.assert_array_equal(example.labels, y)


def test_accuracy_of_the_exact_forward_pass(example):
    probabilities = np.stack([forward(example.spec, image) for image in example.images])
    correct = np.argmax(probabilities[:, :10], axis=1) == example.labels
    assert correct.mean() >= ACCURACY[example.name]
    assert example.accuracy() == correct.mean()


def test_every_spectral_norm_is_at_most_one(example):
    for kernel in example.spec.kernels:
        norm = np.linalg.svd(convolution_matrix(kernel, 8), compute_uv=False)[0]
        assert 0.1 < norm <= 1 + 1e-9
    assert np.linalg.svd(example.spec.output_weights, compute_uv=False)[0] <= 1 + 1e-9


def test_output_weights_are_dense_and_of_full_rank(example):
    s = np.linalg.svd(example.spec.output_weights, compute_uv=False)
    assert s[-1] >= 0.009 * s[0]
    assert np.mean(example.spec.output_weights == 0.0) < 1e-3


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
    with pytest.raises(ValueError, match=r"unknown example 'mnist'.*\['digits-1', 'digits-2'\]"):
        load_example("mnist")
