"""Verification of a random network: a task of a seed sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np

from bloqs.sweeps.tasks import Task
from bloqs.sweeps.verified import VERIFICATION, check_settings, verified

if TYPE_CHECKING:
    from bloqs.networks import NetworkSpec

CALIBRATION_IMAGES = 8
"""Random images, the one that is run among them, that a random network is calibrated on."""


def random_network(
    input_shape: tuple[int, ...],
    *,
    num_blocks: int,
    kernel_size: int,
    output_layer: bool,
    seed: int,
) -> tuple[NetworkSpec, np.ndarray]:
    """A network with Gaussian weights, calibrated, and an image inside its bounds.

    Kernels and output weights are scaled to a spectral norm drawn from [0.3, 1], tau is drawn from
    [0.55, 0.95], pixels are Gaussian. The same seed gives the same network on every machine up to rounding.

    Args:
        input_shape: `(C, M, M)`.
        num_blocks: residual blocks.
        kernel_size: `D`.
        output_layer: whether a dense output layer follows.
        seed: of `numpy.random.default_rng`.

    Returns:
        The spec, and the image, float64 `(C, M, M)`.

    Raises:
        ValueError: a shape that no network has.

    >>> spec, image = random_network((2, 1, 1), num_blocks=1, kernel_size=1, output_layer=True, seed=3)
    >>> spec.length, image.shape
    (2, (2, 1, 1))
    """
    from bloqs.networks import NetworkSpec
    from bloqs.reference import convolution_norm, matrix_norm

    # By shape first: it refuses what is wrong before anything is drawn.
    shape = _by_shape(input_shape, num_blocks, kernel_size, output_layer)
    rng = np.random.default_rng(seed)
    channels, side = shape.input_shape[:2]
    kernels = []
    for _ in range(num_blocks):
        kernel = rng.normal(size=(channels, channels, kernel_size, kernel_size))
        kernels.append(kernel * (rng.uniform(0.3, 1.0) / convolution_norm(kernel, side)))
    weights = None
    if output_layer:
        weights = rng.normal(size=(shape.length, shape.length))
        weights *= rng.uniform(0.3, 1.0) / matrix_norm(weights)
    spec = NetworkSpec(
        input_shape=shape.input_shape,
        kernels=kernels,
        output_weights=weights,
        skip_weight=rng.uniform(0.55, 0.95),
        num_groups=min(2, shape.length),
    )
    images = rng.normal(size=(CALIBRATION_IMAGES, *shape.input_shape))
    return spec.calibrate(images), images[0]


def _by_shape(
    input_shape: tuple[int, ...], num_blocks: int, kernel_size: int, output_layer: bool
) -> NetworkSpec:
    """The network without weights, which refuses what none has."""
    from bloqs.networks import NetworkSpec

    return NetworkSpec.from_shapes(
        input_shape=input_shape,
        num_blocks=num_blocks,
        kernel_size=kernel_size,
        output_layer=output_layer,
        num_groups=1,
    )


@attrs.frozen(kw_only=True)
class SeedTask(Task):
    """A random network by its seed: the circuit's output against the numpy forward pass.

    Parameters:
        input_shape: `(C, M, M)`.
        num_blocks: residual blocks.
        kernel_size: `D`.
        output_layer: whether a dense output layer follows.
        seed: see `random_network`.
        epsilon: 2-norm error asked for.
        level: "semantic" or "gate".
        loading: the loader that is verified.

    Raises:
        ValueError: a shape that no network has, a seed that is no whole number from 0 to 2^63 - 1, an unknown
            level or loader, or an epsilon outside (0, 1).
    """

    kind: ClassVar[str] = "seeds"
    parameters: ClassVar[Mapping[str, str]] = {
        "input_shape": "list<int64>",
        "num_blocks": "int64",
        "kernel_size": "int64",
        "output_layer": "bool",
        "seed": "int64",
        "epsilon": "float64",
        "level": "string",
        "loading": "string",
    }
    results: ClassVar[Mapping[str, str]] = {"model_digest": "string", **VERIFICATION}

    input_shape: tuple[int, ...]
    num_blocks: int
    kernel_size: int
    output_layer: bool
    seed: int
    epsilon: float
    level: str
    loading: str

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        check_settings(self.level, self.epsilon, self.loading)
        if self.seed < 0:
            raise ValueError(f"a seed is at least 0, found {self.seed}")
        _by_shape(self.input_shape, self.num_blocks, self.kernel_size, self.output_layer)

    @classmethod
    def warm_up(cls) -> None:
        """Qualtran and the simulation."""
        import bloqs.report.verification  # noqa: F401

    def measure(self) -> Mapping[str, Any]:
        """As `bloqs.report.verify_image`, on a network that nobody chose."""
        from bloqs.report import Model, NamedImage

        spec, pixels = random_network(
            self.input_shape,
            num_blocks=self.num_blocks,
            kernel_size=self.kernel_size,
            output_layer=self.output_layer,
            seed=self.seed,
        )
        name = f"seed {self.seed}"
        found = verified(
            Model(name, spec),
            NamedImage(name=name, pixels=pixels),
            epsilon=self.epsilon,
            level=self.level,
            loading=self.loading,
            norm_bounds="calibrated",
        )
        return {"model_digest": spec.digest, **found}
