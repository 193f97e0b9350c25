from pathlib import Path

import numpy as np
import pytest

from bloqs.networks import NetworkSpec, load_example
from bloqs.report import load_model
from tests.report.toys import tiny_images, write_tiny


def test_bundled_image_is_the_examples() -> None:
    model = load_model("digits-1")
    example = load_example("digits-1")
    image = model.image("17")
    np.testing.assert_array_equal(image.pixels, example.images[17])
    assert image.label == example.labels[17]
    assert model.accuracy == example.accuracy()
    assert model.num_classes == 10


def test_own_image_in_a_bundled_model(tmp_path: Path) -> None:
    np.save(tmp_path / "mine.npy", np.eye(8))
    image = load_model("digits-1").image(str(tmp_path / "mine.npy"))
    assert (image.name, image.index, image.label) == ("mine", None, None)


def test_model_file(tmp_path: Path) -> None:
    path, image = write_tiny(tmp_path)
    model = load_model(path)
    assert (model.name, model.accuracy, model.num_classes) == ("tiny", None, 2)
    np.testing.assert_array_equal(model.image(image).pixels, tiny_images()[0])


def test_batches(tmp_path: Path) -> None:
    path, _ = write_tiny(tmp_path)
    np.save(tmp_path / "batch.npy", tiny_images())
    assert len(load_model(path).images(str(tmp_path / "batch.npy"))) == 3
    assert [image.name for image in load_model("digits-1").images("3")] == ["0", "1", "2"]
    assert len(load_model("digits-1").images("all")) == 450


@pytest.mark.parametrize(
    ("which", "message"),
    [
        ("450", "test images 0 to 449, found the index 450"),
        ("-1", "found the index -1"),
        ("nothing.npy", "there is no image file 'nothing.npy'"),
    ],
)
def test_bad_image(which: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_model("digits-1").image(which)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((8, 8)), "all zero"),
        (np.full((8, 8), np.nan), "finite"),
        (np.ones((7, 8)), r"must have shape \(4, 8, 8\), or \(8, 8\).*found \(7, 8\)"),
        (np.ones((8, 8), complex), "real numbers, found complex128"),
        (np.array([["a"] * 8] * 8), "real numbers"),
    ],
)
def test_bad_image_file(tmp_path: Path, array: np.ndarray, message: str) -> None:
    np.save(tmp_path / "image.npy", array)
    with pytest.raises(ValueError, match=message):
        load_model("digits-1").image(str(tmp_path / "image.npy"))


def test_image_file_is_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "image.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"no \.npy array of numbers"):
        load_model("digits-1").image(str(tmp_path / "image.npy"))


def test_truncated_image_file(tmp_path: Path) -> None:
    np.save(tmp_path / "image.npy", np.ones((8, 8)))
    whole = (tmp_path / "image.npy").read_bytes()
    (tmp_path / "image.npy").write_bytes(whole[:-8])
    with pytest.raises(ValueError, match="cannot read the image file"):
        load_model("digits-1").image(str(tmp_path / "image.npy"))


@pytest.mark.parametrize(
    ("which", "message"),
    [("0", "choose 1 to 450"), ("451", "choose 1 to 450"), ("none.npy", "no image file")],
)
def test_bad_batch(which: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_model("digits-1").images(which)


def test_index_into_a_model_file_is_refused(tmp_path: Path) -> None:
    path, _ = write_tiny(tmp_path)
    with pytest.raises(ValueError, match=r"has no images: name an \.npy file of shape"):
        load_model(path).image("0")
    with pytest.raises(ValueError, match=r"has no images: name an \.npy file of shape"):
        load_model(path).images("all")


def test_unknown_model() -> None:
    with pytest.raises(ValueError, match="unknown model 'digits-9': choose digits-1 or digits-2"):
        load_model("digits-9")


def test_shapes_only_model_is_refused(tmp_path: Path) -> None:
    NetworkSpec.from_shapes(input_shape=(2, 1, 1), num_blocks=1, num_groups=1).save(
        tmp_path / "shapes.npz"
    )
    with pytest.raises(ValueError, match="shapes but no weights"):
        load_model(str(tmp_path / "shapes.npz"))
