"""What follows of the fields of a network: its layers in a row, its tensors, its sizes and norms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.activation.activation import Activation
from bloqs.layers import Geometry, Layer, Output, geometries, layer_names
from bloqs.layers.geometry import FloatArray
from bloqs.layers.shapes import Bounds, KernelShape, OutputShape
from bloqs.networks import fields
from bloqs.reference.network import forward_vectors


@attrs.frozen(eq=False, kw_only=True, init=False)
class DerivedFacts:
    """The fields of `NetworkSpec`, which describes them, and what is computed of them.

    Parameters:
        input_shape: `(C, M, M)` of one input path.
        layers: before the output block.
        activation: `f`.
        output_weights: `W_out`, float64 `(R, N)`; None without an output block.
        skip_weight: `tau`.
        num_groups: `G`.
        paths: `d`.
        norm_bounds: of each layer, `(lo, hi)`.
        amplitude_bounds: of each layer's largest argument of f.
        argument_bounds: of the 2-norm of each layer's argument of f.
        peak_bound: of the largest entry before the output block.
        bias_scale: of the constant channel; None without one.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> spec = NetworkSpec.from_shapes(input_shape=(2, 4, 4), num_blocks=2)
        >>> isinstance(spec, DerivedFacts), spec.length, spec.layer_names
        (True, 32, ('block 1', 'block 2', 'output'))
    """

    input_shape: tuple[int, int, int] = attrs.field(converter=fields.to_shape)
    layers: tuple[Layer, ...] = attrs.field(converter=fields.to_layers, repr=fields.without_weights)
    activation: Activation
    output_weights: FloatArray | OutputShape | None = attrs.field(
        converter=fields.to_output, repr=fields.without_weights
    )
    skip_weight: float = attrs.field(converter=fields.to_skip_weight)
    num_groups: int = attrs.field(converter=fields.to_num_groups)
    paths: int = attrs.field(converter=fields.to_paths)
    norm_bounds: tuple[Bounds, ...] | None = attrs.field(converter=fields.to_norm_bounds)
    amplitude_bounds: tuple[float, ...] | None = attrs.field(converter=fields.to_amplitude_bounds)
    argument_bounds: tuple[float, ...] | None = attrs.field(converter=fields.to_argument_bounds)
    peak_bound: float | None = attrs.field(converter=fields.to_peak_bound)
    bias_scale: float | None = attrs.field(converter=fields.to_bias_scale)

    @property
    def kernels(self) -> tuple[FloatArray | KernelShape, ...]:
        """The kernels of the layers that have one, in order."""
        return tuple(layer.kernel for layer in self.layers if layer.kernel is not None)

    @cached_property
    def all_layers(self) -> tuple[Layer, ...]:
        """The layers, the output block last where there is one."""
        if self.output_weights is None:
            return self.layers
        return (*self.layers, Output(self.output_weights, skip_weight=self.skip_weight))

    @property
    def geometry(self) -> Geometry:
        """The index registers of the tensor that the first layer gets."""
        channels = self.input_shape[0] + (self.bias_scale is not None)
        return Geometry((channels, *self.input_shape[1:]), self.paths)

    @cached_property
    def geometries(self) -> tuple[Geometry, ...]:
        """The tensor that each of `all_layers` gets, and last the one that is measured."""
        return geometries(self.all_layers, self.geometry)

    @property
    def num_blocks(self) -> int:
        """`k`, layers before the output block."""
        return len(self.layers)

    @property
    def length(self) -> int:
        """`N`: entries of the vectorised input tensor, every axis padded to a power of two."""
        return self.geometry.length

    @property
    def output_length(self) -> int:
        """Entries of the vector that is measured; `length` where no layer changes the tensor's shape."""
        return self.geometries[-1].length

    @property
    def has_weights(self) -> bool:
        """False for a spec made by `from_shapes`."""
        return all(layer.has_weights for layer in self.all_layers)

    @property
    def has_output_layer(self) -> bool:
        """Whether there is a residual-linear-pooling block."""
        return self.output_weights is not None

    @property
    def output_rows(self) -> int | None:
        """`R`, rows of `W_out` as it is given; None without `W_out`."""
        weights = self.output_weights
        return None if weights is None else Output(weights).num_rows

    @property
    def column_norm_bound(self) -> float | None:
        """Largest column 2-norm of `W_out`, or its bound by shape; None without `W_out`."""
        weights = self.output_weights
        return None if weights is None else Output(weights).column_norm_bound

    @property
    def layer_names(self) -> tuple[str, ...]:
        """`"block 1"`, ..., and `"output"` where there is one: the layers that have a norm."""
        return layer_names(self.all_layers)

    def check_image(self, image: npt.ArrayLike) -> FloatArray:
        """Check one image and scale it to unit 2-norm.

        Args:
            image: `(C, M, M)`, or `(M, M)` for channel 0 with the other channels zero.

        Returns:
            float64 `(C, M, M)` of unit 2-norm.

        Raises:
            ValueError: wrong shape, NaN or infinity, or all zero.
        """
        return fields.to_image(image, self.input_shape)

    def layer_norms(self, images: npt.ArrayLike | Sequence[npt.ArrayLike]) -> FloatArray:
        """The norms that are amplified, in the order of `layer_names`.

        Args:
            images: a sequence of images, each as in `check_image`.

        Returns:
            float64 `(B, number of layers)`: `||x + f(Wx)||_2` of each block, then `||g||_2`.

        Raises:
            ValueError: a malformed image, or a spec without weights.
        """
        vectors = forward_vectors(self, self._stack(images))
        norms = vectors.block_norms
        if self.has_output_layer:
            norms = np.concatenate([norms, vectors.output_norm[:, None]], axis=1)
        return norms

    def _stack(self, images: npt.ArrayLike | Sequence[npt.ArrayLike]) -> FloatArray:
        return np.stack([self.check_image(image) for image in fields.to_images(images)])
