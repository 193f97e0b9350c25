import math

import attrs
import numpy as np
import pytest
from rich.console import Console

from bloqs.networks import NetworkSpec, load_example
from bloqs.reference import convolution_matrix, forward_vectors

torch = pytest.importorskip("torch")

from bloqs.training.data import load_split, validation_split  # noqa: E402
from bloqs.training.model import (  # noqa: E402
    ConvolutionMatrix,
    DigitsNetwork,
    convolution_alpha,
    random_affine,
    unit_input,
)
from bloqs.training.train_digits import CONFIGS, accuracy, main, train  # noqa: E402


@pytest.fixture(scope="module")
def split():
    return load_split()


@pytest.fixture
def network():
    return DigitsNetwork(
        num_blocks=2,
        channels=4,
        window=3,
        size=8,
        num_groups=16,
        gain=0.8,
        skip_weight=0.02,
        generator=torch.Generator().manual_seed(3),
    )


def test_split_is_the_bundled_one(split):
    example = load_example("digits-1")
    np.testing.assert_array_equal(split.test_images, example.images)
    np.testing.assert_array_equal(split.test_labels, example.labels)
    assert split.train_images.shape == (1347, 8, 8)


def test_validation_split_never_touches_test_images(split):
    inner = validation_split(split)
    assert len(inner.train_images) + len(inner.test_images) == 1347
    rejoined = np.concatenate([inner.train_images, inner.test_images])
    np.testing.assert_array_equal(
        np.sort(rejoined.sum((1, 2))), np.sort(split.train_images.sum((1, 2)))
    )


def test_matrix_is_that_of_the_reference():
    kernel = torch.randn(
        4, 4, 3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    matrix = ConvolutionMatrix(4, 3, 8)
    expected = convolution_matrix(kernel.numpy(), 8)
    np.testing.assert_array_equal(matrix(kernel).numpy(), expected)
    assert matrix.norm(kernel) == pytest.approx(np.linalg.norm(expected, 2))


def test_forward_pass_is_that_of_the_reference(network, split):
    network.project()
    images = torch.tensor(split.train_images[:6], dtype=torch.float32)[:, None]
    probabilities, singular_values = network(unit_input(images, 4))
    kernels = [k.detach().double().numpy() / (1 + 1e-6) for k in network.kernels]
    weights = network.output_weights.detach().double().numpy()
    spec = NetworkSpec(
        input_shape=(4, 8, 8),
        kernels=kernels,
        output_weights=weights / np.linalg.norm(weights, 2),
        skip_weight=0.02,
    )
    v = forward_vectors(spec, split.train_images[:6])
    np.testing.assert_allclose(probabilities.detach().numpy(), v.probabilities, atol=2e-5)
    slope = 1.6 / math.sqrt(math.pi)
    for i in range(2):
        alpha = np.sqrt(np.sum(np.sqrt(np.sum(kernels[i] ** 2, axis=0)).sum(axis=(1, 2)) ** 2))
        assert float(convolution_alpha(network.kernels[i].detach())) == pytest.approx(
            alpha, rel=1e-4
        )
        expected = v.block_norms[:, i] / (1 + slope * alpha)
        np.testing.assert_allclose(singular_values[i].detach().numpy(), expected, rtol=1e-4)
    expected = v.output_norm / (0.02 + 0.98 * spec.column_norm_bound)
    np.testing.assert_allclose(singular_values[2].detach().numpy(), expected, rtol=1e-4)


def test_projection_brings_every_norm_to_one(network):
    with torch.no_grad():
        for kernel in network.kernels:
            kernel.mul_(5.0)
        network.output_weights.mul_(3.0)
    network.project()
    for kernel in network.kernels:
        matrix = convolution_matrix(kernel.detach().double().numpy(), 8)
        assert np.linalg.norm(matrix, 2) == pytest.approx(1.0, abs=1e-5)
    norm = torch.linalg.matrix_norm(network.output_weights.detach(), ord=2)
    assert float(norm) == pytest.approx(1.0, abs=1e-5)


def test_augmentation_at_strength_zero_changes_nothing():
    images = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    torch.testing.assert_close(random_affine(images, 0.0, generator), images, atol=1e-5, rtol=0)
    assert (random_affine(images, 1.0, generator) - images).abs().max() > 0.05


def test_same_seed_same_network(split):
    config = attrs.evolve(CONFIGS["digits-2"], epochs=1)
    quiet = Console(quiet=True)
    first, second = (train(config, split, quiet) for _ in range(2))
    assert first == second
    assert first != train(attrs.evolve(config, seed=1), split, quiet)
    # The image is in channel 0; weights of the other inputs of the first block never act.
    assert not first.kernels[0][:, 1:].any()
    assert first.kernels[1].all()


def test_command_writes_network_and_test_images(tmp_path, capsys):
    arguments = ["--model", "digits-1", "--epochs", "1", "--out", str(tmp_path)]
    assert main(arguments) == 0
    spec = NetworkSpec.load(tmp_path / "digits-1.npz")
    assert len(spec.norm_bounds) == 2
    with np.load(tmp_path / "digits-test.npz", allow_pickle=False) as data:
        np.testing.assert_array_equal(data["images"], load_example("digits-1").images)
    assert "test accuracy" in capsys.readouterr().out


def test_two_paths_are_the_tensor_power_of_the_reference(split):
    """Forward pass of the bilinear network in torch, against numpy, with two channels a path."""
    channels, size = 2, 2
    network = DigitsNetwork(
        num_blocks=2,
        channels=channels**2,
        window=3,
        size=size**2,
        num_groups=4,
        gain=0.8,
        skip_weight=0.02,
        generator=torch.Generator().manual_seed(1),
    )
    network.project()
    pooled = split.pooled(4).train_images[:5]
    images = torch.tensor(pooled, dtype=torch.float32)[:, None]
    probabilities, singular_values = network(unit_input(images, channels, paths=2))
    weights = network.output_weights.detach().double().numpy()
    spec = NetworkSpec(
        input_shape=(channels, size, size),
        kernels=[k.detach().double().numpy() / (1 + 1e-6) for k in network.kernels],
        output_weights=weights / np.linalg.norm(weights, 2),
        skip_weight=0.02,
        num_groups=4,
        paths=2,
    )
    v = forward_vectors(spec, pooled)
    np.testing.assert_allclose(probabilities.detach().numpy(), v.probabilities, atol=2e-5)
    scale = 0.02 + 0.98 * spec.column_norm_bound
    np.testing.assert_allclose(
        singular_values[-1].detach().numpy() * scale, v.output_norm, rtol=1e-4
    )


def test_bilinear_training_is_reproducible_and_makes_the_example(split):
    config = attrs.evolve(CONFIGS["digits-bilinear"], epochs=1)
    quiet = Console(quiet=True)
    first, second = (train(config, split, quiet) for _ in range(2))
    assert first.digest == second.digest
    bundled = load_example("digits-bilinear").spec
    assert (
        (first.input_shape, first.paths) == (bundled.input_shape, bundled.paths) == ((1, 4, 4), 2)
    )
    pooled = split.pooled(2)
    assert pooled.train_images.shape == (1347, 4, 4)
    np.testing.assert_array_equal(pooled.test_images, load_example("digits-bilinear").images)
    # The bounds are those of the training images, whatever was drawn in the training.
    assert bundled.calibrate(pooled.train_images) == bundled


@pytest.mark.slow
def test_retraining_gives_a_network_as_good_as_the_bundled_one(split):
    """Not the same digest on every processor: sums are rounded in another order."""
    spec = train(CONFIGS["digits-bilinear"], split, Console(quiet=True))
    bundled = load_example("digits-bilinear")
    pooled = split.pooled(2)
    assert accuracy(spec, pooled.test_images, pooled.test_labels) >= bundled.accuracy() - 0.01
    for found, expected in zip(spec.norm_bounds, bundled.spec.norm_bounds, strict=True):
        assert found == pytest.approx(expected, rel=0.1)
