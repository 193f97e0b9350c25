"""Verification of a random network: a task of a seed sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.sweeps.tasks import Task
from bloqs.sweeps.verified import VERIFICATION, check_settings, verified

if TYPE_CHECKING:
    from bloqs.networks import NetworkSpec

CALIBRATION_IMAGES = 8
"""Random images, the one that is run among them, that a random network is calibrated on."""


def calibrated_network(
    input_shape: tuple[int, ...],
    *,
    num_blocks: int,
    kernel_size: int,
    output_layer: bool,
    seed: int,
) -> tuple[NetworkSpec, npt.NDArray[np.float64]]:
    """A network with Gaussian weights, calibrated, and an image inside its bounds.

    Kernels and output weights are scaled to a spectral norm drawn from [0.3, 1], tau is drawn from
    [0.55, 0.95]; see `bloqs.networks.random_network`.

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

    Example:
        >>> spec, image = calibrated_network(
        ...     (2, 1, 1), num_blocks=1, kernel_size=1, output_layer=True, seed=3
        ... )
        >>> spec.length, image.shape
        (2, (2, 1, 1))
    """
    from bloqs.networks.random_network import random_network

    made = random_network(
        seed,
        input_shape,
        num_blocks=num_blocks,
        kernel_size=kernel_size,
        output_layer=output_layer,
        kernel_norms=(0.3, 1.0),
        output_norms=(0.3, 1.0),
        skip_weights=(0.55, 0.95),
        num_images=CALIBRATION_IMAGES,
    )
    return made.spec.calibrate(made.images), made.image


@attrs.frozen(kw_only=True)
class SeedTask(Task):
    """A random network by its seed: the circuit's output against the numpy forward pass.

    Parameters:
        input_shape: `(C, M, M)`.
        num_blocks: residual blocks.
        kernel_size: `D`.
        output_layer: whether a dense output layer follows.
        seed: see `calibrated_network`.
        epsilon: 2-norm error asked for.
        level: "semantic" or "gate".
        loading: the loader that is verified.
        min_degree: least degree of an activation's polynomial, as `NetworkSpec.to_bloq`.

    Raises:
        ValueError: a shape that no network has, a seed that is no whole number from 0 to 2^63 - 1, an unknown
            level or loader, an epsilon outside (0, 1), or a degree that no polynomial has.

    Example:
        >>> from bloqs.sweeps import seed_tasks
        >>> (task,) = seed_tasks((2, 1, 1), [4], kernel_size=1, level="gate")
        >>> found = task.measure()
        >>> found["vector_error"] <= found["epsilon_stated"] <= task.epsilon
        True
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
        "min_degree": "int64",
    }
    results: ClassVar[Mapping[str, str]] = {"model_digest": "string", **VERIFICATION}
    later: ClassVar[Mapping[str, Any]] = {"min_degree": 0}

    input_shape: tuple[int, ...]
    num_blocks: int
    kernel_size: int
    output_layer: bool
    seed: int
    epsilon: float
    level: str
    loading: str
    min_degree: int = 0

    def __attrs_post_init__(self) -> None:
        from bloqs.networks import NetworkSpec

        super().__attrs_post_init__()
        check_settings(self.level, self.epsilon, self.loading, self.min_degree)
        if self.seed is None or self.seed < 0:
            raise ValueError(f"a seed is at least 0, found {self.seed}")
        # Without weights: it refuses what no network has.
        NetworkSpec.from_shapes(
            input_shape=self.input_shape,
            num_blocks=self.num_blocks,
            kernel_size=self.kernel_size,
            output_layer=self.output_layer,
            num_groups=1,
        )

    @classmethod
    def warm_up(cls) -> None:
        """Qualtran and the simulation."""
        import bloqs.report.verification  # noqa: F401

    def measure(self) -> Mapping[str, Any]:
        """As `bloqs.report.verify_image`, on a network that nobody chose."""
        from bloqs.report import Model, NamedImage

        spec, pixels = calibrated_network(
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
            min_degree=self.min_degree,
        )
        return {"model_digest": spec.digest, **found}
