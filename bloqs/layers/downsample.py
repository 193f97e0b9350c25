"""The down-sampling block: pooled channels plus an activated convolution of stride 2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.activation import Activation
from bloqs.convolution import ConvolutionStrategy
from bloqs.core.encoding import VectorEncoding
from bloqs.layers.activated_map import SKIP_NORM, ActivatedMap
from bloqs.layers.convolutional import ConvolutionalLayer, largest, pooled_operations
from bloqs.layers.geometry import Geometry
from bloqs.layers.layer import FloatArray, Stage
from bloqs.layers.operations import OperationCounts, normalisation_operations
from bloqs.layers.sequence import register_layer
from bloqs.layers.shapes import Bounds
from bloqs.reference.maps import average_pool


@register_layer
@attrs.frozen(eq=False)
class Downsample(ConvolutionalLayer):
    r"""`x <- (S x + f(W x))/||.||_2`, W of stride 2, S the mean over 2 x 2 windows, then zero channels.

    Parameters:
        kernel: float64 `(C_out, C_in, D, D)`, `C_out >= C_in`, `||W||_2 <= 1` with its stride. By shape a
            `MapShape`.

    References:
        [Deep Residual Learning](https://arxiv.org/abs/1512.03385), He et al. (2015), shortcut of option A
        (zero channels), with the mean in place of every second pixel; `ActivatedMap` is its encoding.

    Example:
        >>> block = Downsample(np.full((1, 1, 1, 1), 0.5))
        >>> image = np.array([[0.0, 0.8, 0.0, 0.6, 0.0, 0.0, 0.0, 0.0] + [0.0] * 8])
        >>> block.apply(image, Geometry((1, 4, 4)), Activation("tanh", gain=1.0)).round(3).tolist()
        [[0.2, 0.15, 0.0, 0.0]]
    """

    kind = "downsample"
    noun = "down-sampling block"

    @property
    def step(self) -> int:
        """2."""
        return 2

    @property
    def slope(self) -> float:
        """`||S|| = 1/2`."""
        return SKIP_NORM

    @property
    def has_polynomial(self) -> bool:
        """That of the activation."""
        return True

    def geometry_after(self, geometry: Geometry) -> Geometry:
        """C_out channels, half the rows and columns; an odd size or fewer channels are refused."""
        if not geometry.has_even_side:
            raise ValueError(
                f"windows of 2 x 2 pixels need an even image size M, found {geometry.side}; pad the images, "
                "or use Stem(kernel, stride=2)"
            )
        channels = self._channels[0]
        if not is_symbolic(channels, geometry.channels) and channels < geometry.channels:
            raise ValueError(
                f"the skip carries all {geometry.channels} channels, so that C_out must be at least that, "
                f"found {channels}; pad the kernel with zero channels"
            )
        # The skip keeps the places of the channels, also those of several paths.
        geometry.reshaped()
        return ConvolutionalLayer.geometry_after(self, geometry)

    def apply(self, vectors: FloatArray, geometry: Geometry, activation: Activation) -> FloatArray:
        """`S x + f(W x)`."""
        y = activation(self.convolved(vectors, geometry))
        y[:, : geometry.channels] += average_pool(geometry.to_tensors(vectors))
        return self.geometry_after(geometry).to_vectors(y)

    def amplitudes(
        self, vectors: FloatArray, geometry: Geometry, activation: Activation
    ) -> FloatArray:
        """`max |W x|`."""
        return np.asarray(largest(self.convolved(vectors, geometry)))

    def operations(self, geometry: Geometry) -> OperationCounts:
        """Convolution, activations, means and their sums, normalisation."""
        entries = self.geometry_after(geometry).entries
        pooled = geometry.entries // 4
        return (
            self.convolution_operations(geometry)
            + OperationCounts(activations=entries, additions=pooled)
            + pooled_operations(pooled)
            + normalisation_operations(entries)
        )

    def worst_case_norms(self, activation: Activation) -> Bounds:
        """None: the means may vanish, and `W x` too."""
        raise ValueError(
            "no worst-case bound for a down-sampling block: the means over windows may vanish; use "
            "calibrated bounds"
        )

    def by_shape(
        self, geometry: Geometry, number: int, convolution: ConvolutionStrategy
    ) -> Downsample:
        """A `MapShape` with the alpha of the kernel's own encoding."""
        return Downsample(self.shape_of(geometry, number, convolution))

    def stored(self) -> Mapping[str, Any]:
        """The kernel."""
        return {"kernel": self.kernel}

    def encode(
        self, vector: VectorEncoding, stage: Stage, degree: SymbolicInt | None
    ) -> ActivatedMap:
        """`ActivatedMap` with skip, not amplified."""
        return self.activated(vector, stage, degree, has_skip=True)
