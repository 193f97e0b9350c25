"""What a command names: a model (bundled, or a file) and one of its images (an index, or a file)."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.files import is_file, read_npy
from bloqs.messages import printable, shown
from bloqs.networks import NetworkSpec, load_example
from bloqs.networks.examples import EXAMPLES, NUM_CLASSES, Example

FloatArray = npt.NDArray[np.float64]


MAX_DIGITS = 18
"""Digits of the index of an image, at most; a longer word is taken for the name of a file."""


@attrs.frozen(eq=False)
class NamedImage:
    """One input image.

    Parameters:
        name: its index, or the name of its file.
        pixels: float64 `(C, M, M)` or `(M, M)`, as given: not scaled to unit norm.
        index: its place among the test images; None for a file.
        label: its true class; None where it is not known.

    Example:
        >>> image = load_model("digits-1").image("0")
        >>> image.name, image.pixels.shape, image.label
        ('0', (8, 8), 2)
    """

    name: str
    pixels: FloatArray = attrs.field(repr=False)
    index: int | None = None
    label: int | None = None


@attrs.frozen(eq=False)
class Model:
    """A network with a name, and the test images that came with it.

    Parameters:
        name: of the bundled example, or the stem of the file.
        spec: the network.
        example: the bundled example; None for a file.

    Example:
        >>> model = load_model("digits-1")
        >>> model.num_classes, len(model.images("all")), f"{model.accuracy:.1%}"
        (10, 450, '98.0%')
    """

    name: str
    spec: NetworkSpec = attrs.field(repr=False)
    example: Example | None = attrs.field(default=None, repr=False)

    @property
    def num_classes(self) -> int:
        """Classes that an output can have: ten for the bundled models, else one for each group."""
        return self.spec.num_groups if self.example is None else NUM_CLASSES

    @property
    def accuracy(self) -> float | None:
        """Share of the test images that the exact forward pass classifies correctly; computed, not stored."""
        return None if self.example is None else self.example.accuracy()

    def image(self, which: str) -> NamedImage:
        """An image by its index among the test images, or by the path of an `.npy` file.

        Args:
            which: "0", "1", ... where the model has test images, or a path.

        Returns:
            The image, with its label where that is known.

        Raises:
            ValueError: no such index, no test images, or a file that is no image of this network.

        Example:
            >>> load_model("digits-1").image("3").label
            9
        """
        text = which.strip()
        if not _is_index(text):
            return self.image_from_file(text)
        if self.example is None:
            raise ValueError(
                f"the model {self.name!r} comes from a file, which has no images: name an .npy file of shape "
                f"{self.spec.input_shape} or {self.spec.input_shape[1:]} instead of the index "
                f"{int(text)}"
            )
        return self.test_image(int(text))

    def test_image(self, index: int) -> NamedImage:
        """A bundled test image.

        Args:
            index: from 0.

        Returns:
            The image with its label.

        Raises:
            ValueError: no test images, or no such index.
        """
        if self.example is None:
            raise ValueError(f"the model {self.name!r} comes from a file, which holds no images")
        count = len(self.example.images)
        if not 0 <= index < count:
            raise ValueError(
                f"{self.name} has test images 0 to {count - 1}, found the index {index}"
            )
        return NamedImage(
            name=str(index),
            pixels=np.asarray(self.example.images[index], dtype=np.float64),
            index=index,
            label=int(self.example.labels[index]),
        )

    def image_from_file(self, path: str | os.PathLike[str]) -> NamedImage:
        """One image from an `.npy` file.

        Args:
            path: of the file, an array of real numbers `(C, M, M)` or `(M, M)`.

        Returns:
            The image, without index and label.

        Raises:
            ValueError: the file is missing, not an array of numbers, or no image of this network.
        """
        pixels = read_array(path)
        shapes = (self.spec.input_shape, self.spec.input_shape[1:])
        if pixels.shape not in shapes:
            raise ValueError(
                f"the image {shown(str(path))} must have shape {shapes[0]}, or {shapes[1]} (channel 0, the "
                f"others zero), found {pixels.shape}"
            )
        self.spec.check_image(pixels)
        return NamedImage(name=printable(Path(path).stem), pixels=pixels)

    def images(
        self, which: str, labels: str | os.PathLike[str] | None = None
    ) -> tuple[NamedImage, ...]:
        """The images of a sweep.

        Args:
            which: "all", or a number N (the first N), of the test images; or the path of an `.npy` file that
                holds a batch, `(B, C, M, M)` or `(B, M, M)`.
            labels: path of an `.npy` file of their true classes, `(B,)`; None for those that came with the
                images, where any did.

        Returns:
            The images, in order.

        Raises:
            ValueError: no test images, fewer than N of them, N < 1, a file that is no such batch, or labels
                that are no classes of theirs.
        """
        found = self._images(which)
        return found if labels is None else self._labelled(found, labels)

    def _labelled(
        self, images: tuple[NamedImage, ...], path: str | os.PathLike[str]
    ) -> tuple[NamedImage, ...]:
        labels = read_array(path, "label")
        name, classes = shown(str(path)), self.num_classes
        if labels.shape != (len(images),):
            raise ValueError(
                f"the label file {name} must hold {len(images)} classes, one an image, found shape "
                f"{labels.shape}"
            )
        wrong = np.flatnonzero((labels != np.round(labels)) | (labels < 0) | (labels >= classes))
        if len(wrong):
            raise ValueError(
                f"the label file {name} must hold whole numbers from 0 to {classes - 1}, found "
                f"{labels[wrong[0]]:g} at place {wrong[0]}"
            )
        return tuple(
            attrs.evolve(image, label=int(label))
            for image, label in zip(images, labels, strict=True)
        )

    def _images(self, which: str) -> tuple[NamedImage, ...]:
        text = which.strip()
        is_number = _is_index(text)
        if text != "all" and not is_number:
            return self._batch_from_file(text)
        if self.example is None:
            raise ValueError(
                f"the model {self.name!r} comes from a file, which has no images: name an .npy file of shape "
                f"{('B', *self.spec.input_shape)} instead of {text!r}"
            )
        available = len(self.example.images)
        count = available if text == "all" else int(text)
        if not 1 <= count <= available:
            raise ValueError(
                f"{self.name} has {available} test images: choose 1 to {available}, or 'all', found {count}"
            )
        return tuple(self.test_image(index) for index in range(count))

    def _batch_from_file(self, path: str) -> tuple[NamedImage, ...]:
        batch = read_array(path)
        shapes = (self.spec.input_shape, self.spec.input_shape[1:])
        if batch.shape[1:] not in shapes or not len(batch):
            raise ValueError(
                f"the images {shown(path)} must have shape {('B', *shapes[0])} or {('B', *shapes[1])}, "
                f"B >= 1, found {batch.shape}"
            )
        for pixels in batch:
            self.spec.check_image(pixels)
        return tuple(NamedImage(name=str(i), pixels=pixels) for i, pixels in enumerate(batch))


def _is_index(text: str) -> bool:
    """Whether a word is a number: of digits that one would type, and not too long to be one."""
    return text.isascii() and text.lstrip("+-").isdigit() and len(text) <= MAX_DIGITS


def read_array(path: str | os.PathLike[str], what: str = "image") -> FloatArray:
    """The real array in an `.npy` file; nothing is unpickled.

    Args:
        path: of the file.
        what: its content, for messages.

    Returns:
        float64 array.

    Raises:
        ValueError: no such file, or none of real numbers.

    Example:
        >>> read_array("nowhere.npy", "label")
        Traceback (most recent call last):
        ...
        ValueError: there is no label file 'nowhere.npy': give the path of an .npy file
    """
    name = shown(str(path))
    if not is_file(path):
        index = "an index, or " if what == "image" else ""
        raise ValueError(f"there is no {what} file {name}: give {index}the path of an .npy file")
    try:
        with Path(path).open("rb") as stream:
            array = read_npy(stream, Path(path).stat().st_size)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(
            f"cannot read the {what} file {name}: it is no .npy array of numbers (numpy.save writes one): "
            f"{error}"
        ) from error
    if array.dtype.kind not in "biuf":
        raise ValueError(f"the {what} file {name} must hold real numbers, found {array.dtype}")
    return np.asarray(array, dtype=np.float64)


def load_model(name: str) -> Model:
    """A model by the name of a bundled one, or by the path of a file that `NetworkSpec.save` wrote.

    Args:
        name: of a bundled one, `bloqs.networks.examples.EXAMPLES`, or a path.

    Returns:
        The model; the bundled ones have test images.

    Raises:
        ValueError: neither; or the file is damaged (the message says how), or holds no weights.

    Example:
        >>> load_model("digits-2").spec.num_blocks
        2
    """
    if not isinstance(name, str | os.PathLike):
        raise ValueError(
            f"the name of a model must be text: {' or '.join(EXAMPLES)}, or a path; found {shown(name)}"
        )
    if name in EXAMPLES:
        example = load_example(name)
        return Model(name, example.spec, example)
    if not is_file(name):
        raise ValueError(
            f"unknown model {shown(name)}: choose {' or '.join(EXAMPLES)}, or the path of a file written by "
            "NetworkSpec.save"
        )
    spec = NetworkSpec.load(name)
    if not spec.has_weights:
        raise ValueError(
            f"the model {shown(name)} has shapes but no weights: it can be estimated, not run"
        )
    return Model(printable(Path(name).stem), spec)
