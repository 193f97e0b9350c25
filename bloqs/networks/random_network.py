"""Networks with Gaussian weights, by a seed: what tests and sweeps run that nobody chose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.activation import Activation
from bloqs.networks.spec import NetworkSpec
from bloqs.reference import convolution_norm, forward_vectors, matrix_norm

FloatArray = npt.NDArray[np.float64]
Pair = tuple[float, float]


@attrs.frozen(eq=False)
class RandomNetwork:
    """A random network and images for it.

    Parameters:
        spec: the network, not calibrated.
        images: float64, shape `(B, C, M, M)`, Gaussian pixels.

    Example:
        >>> made = random_network(3, (2, 2, 2), num_images=5)
        >>> made.images.shape
        (5, 2, 2, 2)
    """

    spec: NetworkSpec
    images: FloatArray

    @property
    def image(self) -> FloatArray:
        """The first image, float64 `(C, M, M)`."""
        first: FloatArray = self.images[0]
        return first

    def norm_bounds(self, margin: float) -> tuple[Pair, ...]:
        """One pair a layer around the norms of the first image, as `NetworkSpec.to_bloq` takes them.

        Args:
            margin: relative, in (0, 1): a norm r gives `((1 - margin) r, (1 + margin) r)`.

        Returns:
            Pairs `(lo, hi)`, in the order of the layers.
        """
        vectors = forward_vectors(self.spec, self.image)
        last = [vectors.output_norm] if self.spec.output_weights is not None else []
        norms = (float(norm) for norm in (*np.ravel(vectors.block_norms), *last))
        return tuple((norm * (1 - margin), norm * (1 + margin)) for norm in norms)


def random_network(
    seed: int,
    input_shape: tuple[int, ...],
    *,
    num_blocks: int = 1,
    kernel_size: int = 3,
    output_layer: bool = True,
    paths: int = 1,
    activation: str = "erf",
    num_groups: int | None = None,
    output_rows: int | None = None,
    kernel_norms: Pair = (0.5, 1.0),
    output_norms: Pair = (1.0, 1.0),
    skip_weights: Pair = (0.51, 0.51),
    num_images: int = 1,
    kernel_norm: Callable[[Any, int], float] = convolution_norm,
) -> RandomNetwork:
    """A network with Gaussian weights, scaled to norms drawn evenly from ranges, and Gaussian images.

    The same arguments give the same network on every machine up to rounding. From a range of one number
    nothing is drawn.

    Args:
        seed: of `numpy.random.default_rng`.
        input_shape: `(C, M, M)` of one path.
        num_blocks: residual blocks.
        kernel_size: `D`.
        output_layer: whether a dense output layer follows.
        paths: input encodings that are tensored.
        activation: its name; the gain is 0.8.
        num_groups: of the output; 2, or 1 for a vector of one entry, when None.
        output_rows: rows of the output weights; as many as columns when None.
        kernel_norms: (lo, hi) of the spectral norm of each convolution.
        output_norms: (lo, hi) of the spectral norm of the output weights.
        skip_weights: (lo, hi) of tau.
        num_images: images that come with it.
        kernel_norm: norm of a kernel at an image side by which it is scaled.

    Returns:
        The network and its images.

    Raises:
        ValueError: a shape that no network has.

    Example:
        >>> made = random_network(3, (2, 1, 1), kernel_size=1)
        >>> made.spec.length, made.image.shape, len(made.norm_bounds(0.1))
        (2, (2, 1, 1), 2)
    """
    # By shape first: it refuses what is wrong before anything is drawn.
    shape = NetworkSpec.from_shapes(
        input_shape=input_shape,
        num_blocks=num_blocks,
        kernel_size=kernel_size,
        output_layer=output_layer,
        output_rows=output_rows,
        paths=paths,
        num_groups=1,
    )
    rng = np.random.default_rng(seed)

    def drawn(low: float, high: float) -> float:
        return low if low == high else float(rng.uniform(low, high))

    channels, side = (size**paths for size in shape.input_shape[:2])
    kernels = []
    for _ in range(num_blocks):
        kernel = rng.normal(size=(channels, channels, kernel_size, kernel_size))
        kernels.append(kernel * (drawn(*kernel_norms) / kernel_norm(kernel, side)))
    weights = None
    if output_layer:
        weights = rng.normal(size=(shape.output_rows or shape.length, shape.length))
        weights *= drawn(*output_norms) / matrix_norm(weights)
    spec = NetworkSpec(
        input_shape=shape.input_shape,
        kernels=kernels,
        activation=Activation(activation, gain=0.8),
        output_weights=weights,
        skip_weight=drawn(*skip_weights),
        num_groups=min(2, shape.length) if num_groups is None else num_groups,
        paths=paths,
    )
    return RandomNetwork(spec, rng.normal(size=(num_images, *shape.input_shape)))
