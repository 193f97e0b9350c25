"""The stem: a convolution to other channels, of stride 1 or 2, with or without an activation; no skip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from qualtran.symbolics import SymbolicInt

from bloqs.activation import Activation
from bloqs.checks import truth, whole_number
from bloqs.convolution import ConvolutionStrategy
from bloqs.core.encoding import VectorEncoding
from bloqs.layers.convolutional import ConvolutionalLayer, largest
from bloqs.layers.geometry import Geometry
from bloqs.layers.layer import FloatArray, Stage
from bloqs.layers.operations import OperationCounts, normalisation_operations
from bloqs.layers.reshaped_product import ReshapedProduct
from bloqs.layers.sequence import register_layer
from bloqs.layers.shapes import Bounds


def _to_stride(value: Any) -> int:
    return whole_number(value, "stride", low=1, high=2)


def _to_activation(value: Any) -> bool:
    return truth(value, "activation")


@register_layer
@attrs.frozen(eq=False)
class Stem(ConvolutionalLayer):
    r"""`x <- f(W x)/||f(W x)||_2`, or `W x/||W x||_2` without f; W from C_in to C_out channels.

    W is the zero-padded convolution of which, with stride 2, the rows and columns 0, 2, 4, ... are kept. A
    vector of several paths becomes one of a single combined image.

    Parameters:
        kernel: float64 `(C_out, C_in, D, D)`, `||W||_2 <= 1` at the size of the image and the stride. By
            shape a `MapShape`.
        stride: 1 or 2.
        activation: whether f follows.

    References:
        [Deep Residual Learning](https://arxiv.org/abs/1512.03385), He et al. (2015), whose networks begin
        with one; `ActivatedMap` and `ReshapedProduct` are its encodings.

    Example:
        >>> stem = Stem(np.full((2, 1, 1, 1), 0.5), stride=2, activation=False)
        >>> image = np.array([[0.6, 0.8, 0.0, 0.0]])
        >>> stem.apply(image, Geometry((1, 2, 2)), Activation()).tolist()
        [[0.3, 0.3]]
    """

    kind = "stem"
    noun = "stem"

    stride: int = attrs.field(default=1, converter=_to_stride)
    activation: bool = attrs.field(default=True, converter=_to_activation)

    @property
    def step(self) -> int:
        """The stride."""
        return self.stride

    @property
    def has_polynomial(self) -> bool:
        """That of the activation, where there is one."""
        return self.activation

    def apply(self, vectors: FloatArray, geometry: Geometry, activation: Activation) -> FloatArray:
        """`f(W x)` or `W x`."""
        y = self.convolved(vectors, geometry)
        return self.geometry_after(geometry).to_vectors(activation(y) if self.activation else y)

    def amplitudes(
        self, vectors: FloatArray, geometry: Geometry, activation: Activation
    ) -> FloatArray:
        """`max |W x|`; 0 without f."""
        if not self.activation:
            return np.zeros(len(vectors))
        return largest(self.convolved(vectors, geometry))

    def operations(self, geometry: Geometry) -> OperationCounts:
        """Convolution, activations, normalisation."""
        entries = self.geometry_after(geometry).entries
        activations = OperationCounts(activations=entries if self.activation else 0)
        return (
            self.convolution_operations(geometry) + activations + normalisation_operations(entries)
        )

    def worst_case_norms(self, activation: Activation) -> Bounds:
        """None: `W x` may vanish."""
        raise ValueError(
            "no worst-case bound for a stem: without a skip W x may vanish; use calibrated bounds"
        )

    def by_shape(self, geometry: Geometry, number: int, convolution: ConvolutionStrategy) -> Stem:
        """A `MapShape` with the alpha of the kernel's own encoding."""
        return Stem(self.shape_of(geometry, number, convolution), self.stride, self.activation)

    def stored(self) -> Mapping[str, Any]:
        """Kernel, stride, activation."""
        return {"kernel": self.kernel, "stride": self.stride, "activation": self.activation}

    def encode(
        self, vector: VectorEncoding, stage: Stage, degree: SymbolicInt | None
    ) -> VectorEncoding:
        """`ActivatedMap`, or without activation `ReshapedProduct`; not amplified."""
        if self.activation:
            return self.activated(vector, stage, degree, has_skip=False)
        return ReshapedProduct(stage.piece, vector, **self.sizes(stage), norm_bounds=stage.norms)
