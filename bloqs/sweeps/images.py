"""Verification of one image of a network: a task of an image sweep."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np

from bloqs.sweeps.tasks import Task
from bloqs.sweeps.verified import VERIFICATION, check_settings, verified

if TYPE_CHECKING:
    from bloqs.report import Model, NamedImage

TEST_IMAGES = "test"
"""The source of a bundled model's own test images."""


@attrs.frozen(kw_only=True)
class ImageTask(Task):
    """One image through a network: the circuit's output against the numpy forward pass.

    `image_tasks` makes these for a model and its images.

    Parameters:
        model: name of a bundled model, or the absolute path of a file that every worker can read.
        model_digest: SHA-256 of the specification; a worker refuses a file that has changed.
        source: "test" for the bundled test images, or the absolute path of an `.npy` batch.
        index: of the image in its source.
        image_digest: SHA-256 of the pixels.
        epsilon: 2-norm error asked for.
        level: "semantic" (blocks composed) or "gate" (every gate contracted).
        loading: the loader that is verified.
        norm_bounds: "calibrated" or "worst-case".
        min_degree: least degree of an activation's polynomial, as `NetworkSpec.to_bloq`.

    Raises:
        ValueError: an index that is no whole number, an unknown level or loader, an epsilon outside (0, 1),
            or a degree that no polynomial has.

    Example:
        >>> from bloqs.sweeps import image_tasks
        >>> (task,) = image_tasks("digits-1", [3])
        >>> found = task.measure()
        >>> found["passed"], found["predicted_class"], found["label"]
        (True, 9, 9)
    """

    kind: ClassVar[str] = "images"
    parameters: ClassVar[Mapping[str, str]] = {
        "model": "string",
        "model_digest": "string",
        "source": "string",
        "index": "int64",
        "image_digest": "string",
        "epsilon": "float64",
        "level": "string",
        "loading": "string",
        "norm_bounds": "string",
        "min_degree": "int64",
    }
    results: ClassVar[Mapping[str, str]] = VERIFICATION
    locations: ClassVar[frozenset[str]] = frozenset({"model", "source"})
    later: ClassVar[Mapping[str, Any]] = {"min_degree": 0}

    model: str
    model_digest: str
    source: str
    index: int
    image_digest: str
    epsilon: float
    level: str
    loading: str
    norm_bounds: str
    min_degree: int = 0

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        check_settings(self.level, self.epsilon, self.loading, self.min_degree)

    @property
    def fixed(self) -> Mapping[str, str]:
        """The network."""
        return {"model_digest": self.model_digest}

    @classmethod
    def warm_up(cls) -> None:
        """Qualtran and the simulation."""
        import bloqs.report.verification  # noqa: F401

    def measure(self) -> Mapping[str, Any]:
        """As `bloqs.report.verify_image`."""
        model = _model(self.model, self.model_digest)
        image = _images(self.model, self.model_digest, self.source)[self.index]
        if pixels_digest(image) != self.image_digest:
            raise ValueError(
                f"image {self.index} of {self.source!r} is not the one that the sweep was made for"
            )
        return verified(
            model,
            image,
            epsilon=self.epsilon,
            level=self.level,
            loading=self.loading,
            norm_bounds=self.norm_bounds,
            min_degree=self.min_degree,
        )


def pixels_digest(image: NamedImage) -> str:
    """SHA-256 of an image's shape and pixels, the same on every machine.

    Args:
        image: the image; its name and label do not count.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> from bloqs.report import NamedImage
        >>> one, other = (NamedImage(name, np.array([[0, 255]])) for name in ("one", "other"))
        >>> pixels_digest(one) == pixels_digest(other)
        True
        >>> pixels_digest(one)[:8]
        'fe7d16f3'
    """
    pixels = np.ascontiguousarray(image.pixels, dtype="<f8")
    return hashlib.sha256(str(pixels.shape).encode() + pixels.tobytes()).hexdigest()


# A worker reads a model and its images once; a sweep has one model, and rarely more than one source.
@lru_cache(maxsize=2)
def _model(name: str, digest: str) -> Model:
    from bloqs.report import load_model

    model = load_model(name)
    if model.spec.digest != digest:
        raise ValueError(
            f"the model {name!r} is not the one that the sweep was made for: its digest is "
            f"{model.spec.digest[:12]}, not {digest[:12]}"
        )
    return model


@lru_cache(maxsize=2)
def _images(name: str, digest: str, source: str) -> tuple[NamedImage, ...]:
    return _model(name, digest).images("all" if source == TEST_IMAGES else source)
