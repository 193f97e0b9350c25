import attrs
import numpy as np
import pytest
from rich.console import Console

from bloqs.networks import NetworkSpec, load_example

torch = pytest.importorskip("torch")

from bloqs.training.augmentation import random_affine  # noqa: E402
from bloqs.training.data import FOLDS, load_split, validation_split  # noqa: E402
from bloqs.training.train_digits import (  # noqa: E402
    CONFIGS,
    accuracy,
    augmentation_at,
    main,
    train,
)


@pytest.fixture(scope="module")
def split():
    return load_split()


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


def test_every_training_image_is_held_out_once(split):
    folds = [validation_split(split, fold) for fold in range(FOLDS)]
    held_out = np.concatenate([fold.test_images for fold in folds])
    np.testing.assert_array_equal(
        np.sort(held_out.reshape(-1, 64), axis=0),
        np.sort(split.train_images.reshape(-1, 64), axis=0),
    )
    for fold in folds:
        assert len(fold.train_images) + len(fold.test_images) == 1347
    for fold in (-1, FOLDS):
        with pytest.raises(ValueError, match=rf"fold must be 0 to 4, found {fold}"):
            validation_split(split, fold)


def test_augmentation_falls_in_the_second_half():
    config = attrs.evolve(CONFIGS["digits-1"], epochs=10, augmentation=0.8, last_augmentation=0.2)
    strengths = [augmentation_at(config, epoch) for epoch in range(10)]
    assert strengths[:6] == [0.8] * 6
    assert np.allclose(np.diff(strengths[5:]), -0.12)
    constant = attrs.evolve(config, last_augmentation=None)
    assert {augmentation_at(constant, epoch) for epoch in range(10)} == {0.8}


def test_the_strength_of_an_epoch_is_used(split):
    config = attrs.evolve(CONFIGS["digits-1"], epochs=2)
    late = attrs.evolve(config, last_augmentation=0.0)  # no other in the first two epochs
    stronger = attrs.evolve(config, augmentation=0.8)
    few = attrs.evolve(
        split, train_images=split.train_images[:128], train_labels=split.train_labels[:128]
    )
    quiet = Console(quiet=True)
    same, also, other = (train(one, few, quiet).digest for one in (config, late, stronger))
    assert same == also != other
    four = attrs.evolve(config, epochs=4)
    assert train(four, few, quiet) != train(attrs.evolve(four, last_augmentation=0.0), few, quiet)


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
