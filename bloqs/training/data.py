"""The handwritten digits and their split into training and test images."""

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.networks.examples import pool_images

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class DigitsSplit:
    """Training and test part of the 8x8 digits; raw pixels 0 to 16.

    Attributes:
        train_images: float64 `(1347, 8, 8)`.
        train_labels: int64 `(1347,)`.
        test_images: float64 `(450, 8, 8)`.
        test_labels: int64 `(450,)`.
    """

    train_images: FloatArray
    train_labels: IntArray
    test_images: FloatArray
    test_labels: IntArray

    def pooled(self, window: int) -> "DigitsSplit":
        """The same split of images pooled by sums; see `pool_images`."""
        return attrs.evolve(
            self,
            train_images=pool_images(self.train_images, window),
            test_images=pool_images(self.test_images, window),
        )


def load_split() -> DigitsSplit:
    """The split that every bundled network uses.

    Returns:
        `train_test_split(*load_digits(return_X_y=True), test_size=0.25, random_state=0,
        stratify=y)` of scikit-learn, with the images as `(8, 8)` arrays.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        x, y, test_size=0.25, random_state=0, stratify=y
    )
    return DigitsSplit(
        train_images=train_x.reshape(-1, 8, 8),
        train_labels=train_y,
        test_images=test_x.reshape(-1, 8, 8),
        test_labels=test_y,
    )


FOLDS = 5
"""Parts of the training images, each of which can be held out."""


def validation_split(split: DigitsSplit, fold: int = 0) -> DigitsSplit:
    """The training images split again, to compare configurations without the test images.

    Args:
        split: the full split.
        fold: 0 to `FOLDS - 1`; each training image is held out in one of them.

    Returns:
        Every fifth training image, from number `fold` on, as test part, the others as training part.

    Raises:
        ValueError: there is no such fold.

    Example:
        >>> images, labels = np.arange(7.0).reshape(7, 1, 1), np.arange(7)
        >>> split = DigitsSplit(images, labels, images[:1], labels[:1])
        >>> validation_split(split, 1).test_labels.tolist()
        [1, 6]
    """
    if not 0 <= fold < FOLDS:
        raise ValueError(f"fold must be 0 to {FOLDS - 1}, found {fold}")
    held_out = np.arange(len(split.train_images)) % FOLDS == fold
    return DigitsSplit(
        train_images=split.train_images[~held_out],
        train_labels=split.train_labels[~held_out],
        test_images=split.train_images[held_out],
        test_labels=split.train_labels[held_out],
    )
