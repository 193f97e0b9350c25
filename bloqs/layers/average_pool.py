"""Average pooling over windows of 2 x 2 pixels."""

from __future__ import annotations

from typing import Any

import attrs
from qualtran.symbolics import SymbolicInt

from bloqs.activation import Activation
from bloqs.convolution import WindowMean
from bloqs.core.encoding import VectorEncoding
from bloqs.layers.activated_map import SKIP_NORM
from bloqs.layers.convolutional import pooled_operations
from bloqs.layers.geometry import Geometry
from bloqs.layers.layer import FloatArray, Layer, Stage
from bloqs.layers.operations import OperationCounts, normalisation_operations
from bloqs.layers.reshaped_product import ReshapedProduct
from bloqs.layers.sequence import register_layer
from bloqs.layers.shapes import Bounds
from bloqs.reference.maps import average_pool


@register_layer
@attrs.frozen
class AveragePool(Layer):
    r"""`x <- P x/||P x||_2`, P the mean over windows of 2 x 2 pixels: two Hadamard gates.

    References:
        `WindowMean` and `ReshapedProduct` are its encoding.

    Example:
        >>> import numpy as np
        >>> image = np.array([[0.6, 0.8, 0.0, 0.0, 0.0, 0.0, 0.0, 0.4]])
        >>> AveragePool().apply(image, Geometry((2, 2, 2)), Activation()).round(3).tolist()
        [[0.35, 0.1]]
    """

    kind = "average-pool"
    noun = "pooling"

    def geometry_after(self, geometry: Geometry) -> Geometry:
        """Half the rows and columns; an odd size is refused."""
        if not geometry.has_even_side:
            raise ValueError(
                f"average pooling over 2 x 2 windows needs an even image size M, found {geometry.side}; pad "
                "the images with zeros"
            )
        after = geometry.reshaped(stride=2)
        if after.length == 1:
            raise ValueError(
                "an image of one channel and one pixel needs no qubit; leave out the layer"
            )
        return after

    def apply(self, vectors: FloatArray, geometry: Geometry, activation: Activation) -> FloatArray:
        """`P x`."""
        pooled = average_pool(geometry.to_tensors(vectors))
        return self.geometry_after(geometry).to_vectors(pooled)

    def operations(self, geometry: Geometry) -> OperationCounts:
        """Three sums and a product each; normalisation."""
        entries = geometry.entries // 4
        return pooled_operations(entries) + normalisation_operations(entries)

    def worst_case_norms(self, activation: Activation) -> Bounds:
        """None: the mean of a checkerboard vanishes."""
        raise ValueError(
            "no worst-case bound for average pooling: the means of an image may all vanish; use calibrated "
            "bounds"
        )

    def map_norm(self, geometry: Geometry) -> float:
        """1/2."""
        return SKIP_NORM

    def load(self, stage: Stage) -> WindowMean:
        """The means; nothing is loaded."""
        geometry = stage.geometry
        return WindowMean(geometry.bitsize, axis_bits=geometry.axis_bits)

    def encode(
        self, vector: VectorEncoding, stage: Stage, degree: SymbolicInt | None
    ) -> ReshapedProduct:
        """`ReshapedProduct`, not amplified."""
        geometry = stage.geometry
        sizes: dict[str, Any] = {
            "axis_bits": geometry.axis_bits,
            "channel_bits": geometry.channel_bits,
            "is_halved": True,
        }
        return ReshapedProduct(stage.piece, vector, **sizes, norm_bounds=stage.norms)

    def sensitivity(self, stage: Stage) -> float:
        """`1/(2 lo)`."""
        return SKIP_NORM / stage.lower_bound

    def calls(self, before: float, degree: int | None) -> float:
        """Those of the input."""
        return before

    def height(self, amplitude: float, stage: Stage, degree: int | None) -> float:
        """`2 lo s`."""
        return min(1.0, stage.lower_bound * amplitude / SKIP_NORM)
