"""Bundled networks, trained on handwritten digits and on clothes, with test images."""

import importlib.resources
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.messages import shown
from bloqs.networks.spec import NetworkSpec
from bloqs.reference.network import forward

DIGITS = ("digits-1", "digits-2", "digits-3", "digits-bilinear")
"""Bundled networks of the 8x8 digits: one to three residual blocks, and one block on two input paths."""

FASHION = ("fashion-2",)
"""Bundled networks of 28x28 images of clothes: two residual blocks."""

EXAMPLES = (*DIGITS, *FASHION)
"""Names of the bundled networks."""

POOLING = {"digits-bilinear": 2}
"""Windows over which a network's 8x8 images are summed: two paths of 8x8 would be 4,096 entries."""

NUM_CLASSES = 10
TEST_DATA = "digits-test.npz"
FASHION_DATA = "fashion-test.npz"


def pool_images(images: npt.NDArray[Any], window: int) -> npt.NDArray[Any]:
    """Images summed over windows: `(..., M, M)` to `(..., M/window, M/window)`, same dtype.

    The sum is the mean up to a factor, which the unit norm of a loaded image drops, and stays an integer. The
    8x8 digits are such sums themselves, of 4x4 windows of bitmaps.

    Args:
        images: `(..., M, M)`, values whose sums fit the dtype.
        window: a divisor of `M`.

    Returns:
        `(..., M/window, M/window)`, the same dtype.

    Raises:
        ValueError: `window` does not divide `M`.

    Example:
        >>> pool_images(np.arange(16).reshape(4, 4), 2).tolist()
        [[10, 18], [42, 50]]
    """
    *batch, rows, columns = images.shape
    if window < 1 or rows % window or columns % window:
        raise ValueError(f"a window of {window} does not divide images of {rows}x{columns} pixels")
    tiles = images.reshape(*batch, rows // window, window, columns // window, window)
    return np.asarray(tiles.sum(axis=(-3, -1), dtype=images.dtype))


def _read_only(array: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    array = np.array(array, dtype=np.uint8)
    array.flags.writeable = False
    return array


@attrs.frozen(eq=False)
class Example:
    """A trained network and the images it was not trained on.

    The digits are the test part of `train_test_split(*load_digits(return_X_y=True),
    test_size=0.25, random_state=0, stratify=y)` of scikit-learn, in its order. The clothes are the first
    200 of the 10,000 images of Fashion-MNIST that were held out, a random choice (`bloqs.training.fashion`).

    Parameters:
        name: one of `EXAMPLES`.
        spec: the network, with calibrated bounds measured on training images.
        images: uint8 `(450, 8, 8)`, raw pixel values 0 to 16; for `"digits-bilinear"` uint8
            `(450, 4, 4)`, the same images summed over windows of 2x2 pixels, 0 to 64; for `"fashion-2"` uint8
            `(200, 28, 28)`, 0 to 255.
        labels: uint8, one an image, 0 to 9; of clothes: T-shirt, trouser, pullover, dress, coat, sandal,
            shirt, sneaker, bag, ankle boot.

    References:
        E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (1998), UCI Machine
        Learning Repository, CC BY 4.0, as distributed with scikit-learn.
        H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST (2017), [arXiv:1708.07747](
        https://arxiv.org/abs/1708.07747), MIT licence.

    Example:
        >>> example = load_example("digits-1")
        >>> probabilities = forward(example.spec, example.images[0])
        >>> int(example.predict(probabilities)), int(example.labels[0])
        (2, 2)
    """

    name: str
    spec: NetworkSpec
    images: npt.NDArray[np.uint8] = attrs.field(converter=_read_only, repr=False)
    labels: npt.NDArray[np.uint8] = attrs.field(converter=_read_only, repr=False)

    def _repr_html_(self) -> str:
        from bloqs.show.cards import example_card

        return example_card(self)

    def predict(self, probabilities: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Class with the largest group probability.

        Group `c` of the 16 is class `c` for `c < 10`; the other six groups stand for no class
        and are left out.

        Args:
            probabilities: `(..., 16)` group probabilities, measured or exact.

        Returns:
            Classes `(...)`.

        Raises:
            ValueError: the last axis has fewer than ten groups.
        """
        p = np.asarray(probabilities)
        if p.ndim == 0 or p.shape[-1] < NUM_CLASSES:
            raise ValueError(f"expected at least {NUM_CLASSES} groups, found shape {p.shape}")
        return np.asarray(np.argmax(p[..., :NUM_CLASSES], axis=-1))

    def accuracy(self) -> float:
        """Share of the test images that the exact forward pass classifies correctly."""
        return float(np.mean(self.predict(forward(self.spec, self.images)) == self.labels))


def _data_of(name: str) -> str:
    return FASHION_DATA if name in FASHION else TEST_DATA


def load_example(name: str) -> Example:
    """A bundled trained network with its test images.

    Args:
        name: `"digits-1"` (one residual block), `"digits-2"` (two), `"digits-3"` (three, and a head of 64
            rows), `"digits-bilinear"` (one, on the tensor square of 4x4 images: two input paths,
            regime 2), or `"fashion-2"` (two, on 28x28 images of clothes).

    Returns:
        The example.

    Raises:
        ValueError: no bundled network has this name.

    Example:
        >>> example = load_example("digits-1")
        >>> example.images.shape, example.spec.num_blocks, example.spec.length
        ((450, 8, 8), 1, 256)
    """
    if not isinstance(name, str) or name not in EXAMPLES:
        raise ValueError(
            f"unknown example, {shown(name)}; the known ones are {', '.join(EXAMPLES)}"
        )
    folder = importlib.resources.files("bloqs.networks") / "trained"
    with importlib.resources.as_file(folder / f"{name}.npz") as path:
        spec = NetworkSpec.load(path)
    with (
        importlib.resources.as_file(folder / _data_of(name)) as path,
        np.load(path, allow_pickle=False) as data,
    ):
        images = pool_images(data["images"], POOLING.get(name, 1))
        return Example(name=name, spec=spec, images=images, labels=data["labels"])
