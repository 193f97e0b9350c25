"""Networks of two and four amplitudes, for reports within a second."""

from pathlib import Path

import numpy as np

from bloqs.activation import Activation
from bloqs.networks import NetworkSpec


def tiny_network(*, skip_weight: float = 0.8, margin: float = 0.1, seed: int = 7) -> NetworkSpec:
    """Two channels of one pixel, a 1x1 kernel, an output layer with two groups; calibrated."""
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(2, 2, 1, 1))
    kernel /= 1.3 * np.linalg.norm(kernel[:, :, 0, 0], 2)
    weights = rng.normal(size=(2, 2))
    weights /= 1.1 * np.linalg.norm(weights, 2)
    spec = NetworkSpec(
        input_shape=(2, 1, 1),
        kernels=(kernel,),
        activation=Activation("erf", gain=0.8),
        output_weights=weights,
        skip_weight=skip_weight,
        num_groups=2,
    )
    return spec.calibrate(tiny_images(), margin=margin)


def tiny_images() -> np.ndarray:
    """Three images near to one another, `(3, 2, 1, 1)`."""
    return np.array([[3.0, 1.0], [3.0, 1.2], [2.8, 1.1]]).reshape(3, 2, 1, 1)


def write_tiny(folder: Path, **options: float) -> tuple[str, str]:
    """A model file and an image file."""
    model, image = folder / "tiny.npz", folder / "image.npy"
    tiny_network(**options).save(model)  # type: ignore[arg-type]
    np.save(image, tiny_images()[0])
    return str(model), str(image)
