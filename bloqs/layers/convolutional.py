"""What layers with a convolution to other channels, or of stride 2, have in common."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import numpy as np
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.convolution import ConvolutionStrategy
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.encoding import VectorEncoding
from bloqs.layers.activated_map import ActivatedMap
from bloqs.layers.activation_degree import (
    activation_advice,
    activation_choices,
    activation_facts,
    open_gap,
    smallest_activation_degree,
)
from bloqs.layers.facts import ErrorPart, LayerFacts
from bloqs.layers.geometry import Geometry
from bloqs.layers.layer import FloatArray, Layer, Stage
from bloqs.layers.operations import OperationCounts, in_range_taps
from bloqs.layers.residual import quantized_kernel
from bloqs.layers.shapes import (
    KERNEL_REMEDY,
    LINEAR_REMEDY,
    MapShape,
    check_unit_norm,
    larger,
    read_only,
)
from bloqs.reference.convolution import check_kernel, convolution_norm, convolution_norm_bound
from bloqs.reference.maps import strided_convolve


def to_kernel(kernel: Any) -> FloatArray | MapShape:
    """Converter of a kernel: a read-only copy, or a shape.

    Args:
        kernel: float64 `(C_out, C_in, D, D)`, or a `MapShape`.

    Returns:
        The same.

    Example:
        >>> to_kernel([[[[0.5]]]]).shape
        (1, 1, 1, 1)
    """
    return kernel if isinstance(kernel, MapShape) else read_only(kernel, "a kernel")


def pooled_operations(entries: int) -> OperationCounts:
    """Operations of the mean over windows of 2 x 2 pixels: three sums and a product for each of the image.

    Args:
        entries: of the image.

    Returns:
        The counts.

    Example:
        >>> pooled_operations(4).flops()
        16
    """
    return OperationCounts(multiplications=entries, additions=3 * entries)


@attrs.frozen(eq=False)
class ConvolutionalLayer(Layer):
    """Abstract layer with a convolution from C_in to C_out channels.

    Parameters:
        kernel: float64 `(C_out, C_in, D, D)`, the norm of its convolution at most 1; held as a read-only
            copy. By shape a `MapShape`.

    Example:
        >>> from bloqs.layers import Stem
        >>> isinstance(Stem(np.full((2, 1, 1, 1), 0.5)), ConvolutionalLayer)
        True
    """

    kernel: FloatArray | MapShape = attrs.field(converter=to_kernel)

    @property
    @abc.abstractmethod
    def step(self) -> int:
        """The stride."""

    @property
    def slope(self) -> float:
        """By which an error of the input grows beside the activation's, `||S||` of the skip."""
        return 0.0

    @property
    def _channels(self) -> tuple[SymbolicInt, SymbolicInt]:
        """`C_out`, `C_in`."""
        if isinstance(self.kernel, MapShape):
            return self.kernel.out_channels, self.kernel.in_channels
        return self.kernel.shape[0], self.kernel.shape[1]

    @property
    def _window(self) -> SymbolicInt:
        return self.kernel.size if isinstance(self.kernel, MapShape) else len(self.kernel[0, 0])

    def geometry_after(self, geometry: Geometry) -> Geometry:
        """C_out channels, and every `step`-th row and column."""
        after = geometry.reshaped(self._channels[0], self.step)
        if after.length == 1:
            raise ValueError(
                "an image of one channel and one pixel needs no qubit; leave out the layer"
            )
        return after

    def convolved(self, vectors: FloatArray, geometry: Geometry) -> FloatArray:
        """`W x` as tensors.

        Args:
            vectors: float64 `(B, N)`.
            geometry: of the input.

        Returns:
            float64 `(B, C_out, M', M')`.

        Raises:
            ValueError: the layer is known by its shape only.
        """
        if isinstance(self.kernel, MapShape):
            raise ValueError("this layer is known by its shape only; give it a kernel")
        return strided_convolve(self.kernel, geometry.to_tensors(vectors), self.step)

    def convolution_operations(self, geometry: Geometry) -> OperationCounts:
        """Operations of the convolution, one product a tap that is inside.

        Args:
            geometry: of the input.

        Returns:
            The counts.
        """
        c_out, c_in = self._channels
        taps = c_out * c_in * in_range_taps(geometry.side, self._window, self.step) ** 2
        entries = self.geometry_after(geometry).entries
        return OperationCounts(multiplications=taps, additions=taps - entries)

    # --- its weights -----------------------------------------------------------------------------

    def map_norm(self, geometry: Geometry) -> float | None:
        """`||W||_2`, with its stride."""
        if isinstance(self.kernel, MapShape):
            return None
        return convolution_norm(self.kernel, geometry.side, stride=self.step)

    @property
    def has_weights(self) -> bool:
        """False by shape."""
        return not isinstance(self.kernel, MapShape)

    @property
    def is_symbolic(self) -> bool:
        """Whether sizes of the kernel are symbols, or alpha is not given."""
        return isinstance(self.kernel, MapShape) and self.kernel.is_symbolic

    def weights_name(self, number: int) -> str:
        """The kernel and its number."""
        return f"kernel {number}"

    def check(self, geometry: Geometry, name: str) -> None:
        """Rank, channels, finite entries, spectral norm at the size of the image and the stride.

        Args:
            geometry: of the input.
            name: of the weights, for messages.

        Raises:
            ValueError: one that does not fit; a bound of alpha in place of a number, with a stride.
        """
        kernel, channels = self.kernel, geometry.channels
        if not isinstance(kernel, MapShape):
            try:
                check_kernel(kernel)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
        if self._channels[1] != channels:
            raise ValueError(
                f"{name} must have C_in = {channels} input channels, those of the tensor that it gets, "
                f"found {self._channels[1]}; pad the kernel with zero channels"
            )
        if isinstance(kernel, MapShape):
            if kernel.is_bound and self.step != 1:
                raise ValueError(
                    f"{name} has a stride of {self.step}, for which a norm of at most 1 does not bound the "
                    "alpha of its encoding, that of all pixels; give alpha as a number, "
                    "MapShape(C_in, C_out, D, alpha)"
                )
            return
        # The symbol's bound is quick but not tight: it may accept, never refuse.
        if convolution_norm_bound(kernel, geometry.side) > 1.0:
            norm = convolution_norm(kernel, geometry.side, stride=self.step)
            remedy = KERNEL_REMEDY if self.has_polynomial else LINEAR_REMEDY
            check_unit_norm(f"||Conv||_2 of {name}", norm, remedy)

    def shape_of(
        self, geometry: Geometry, number: int, convolution: ConvolutionStrategy
    ) -> MapShape:
        """The kernel's shape with the alpha of its own encoding; a zero convolution is refused.

        Args:
            geometry: of the input.
            number: of the layer, for messages.
            convolution: how kernels are encoded.

        Returns:
            The shape.

        Raises:
            ValueError: the kernel cannot be encoded.
        """
        if isinstance(self.kernel, MapShape):
            return self.kernel
        c_out, c_in = self._channels
        if is_symbolic(geometry.side):
            return MapShape(c_in, c_out, self._window)
        try:
            padded = geometry.pad_kernel(self.kernel, is_reshaping=True)
            alpha = float(convolution.encode(padded, geometry.combined_side).alpha)
        except ValueError as error:
            raise ValueError(f"kernel {number}: {error}; leave out the layer") from error
        return MapShape(c_in, c_out, self._window, alpha)

    def quantized(
        self, geometry: Geometry, angle_bits: int, convolution: ConvolutionStrategy
    ) -> Layer:
        """The kernel that `ConvolutionStrategy.quantized` finds; one of zeros stays."""
        if isinstance(self.kernel, MapShape):
            raise ValueError("this layer is known by its shape only; give it a kernel")
        options: dict[str, Any] = {"is_reshaping": True, "stride": self.step}
        kernel = quantized_kernel(self.kernel, geometry, angle_bits, convolution, **options)
        return attrs.evolve(self, kernel=kernel)

    @classmethod
    def restored(cls, fields: Mapping[str, Any]) -> Layer:
        """As `stored`."""
        kernel = fields["kernel"]
        shape = MapShape(**kernel) if isinstance(kernel, Mapping) else kernel
        return cls(**{**fields, "kernel": shape})

    # --- its encoding ----------------------------------------------------------------------------

    def load(self, stage: Stage) -> RealBlockEncoding:
        """The convolution, of stride 1 and on the larger number of channels."""
        geometry, after = stage.geometry, self.geometry_after(stage.geometry)
        options: dict[str, Any] = {"loading": stage.kernel_loading, "angle_bits": stage.angle_bits}
        if isinstance(self.kernel, MapShape):
            channels = self.kernel.wide.channels
            if geometry.paths > 1:
                channels = larger(2**geometry.channel_bits, 2**after.channel_bits)
            alpha = self.kernel.wide.alpha_by(stage.convolution, geometry.side)
            size = self.kernel.size
            return stage.convolution.encode_shape(
                channels, size, geometry.combined_side, alpha=alpha, **options
            )
        padded = geometry.pad_kernel(self.kernel, is_reshaping=True)
        return stage.convolution.encode(padded, geometry.combined_side, **options)

    def sizes(self, stage: Stage) -> dict[str, Any]:
        """Those of the rectangular map, as its bloqs take them.

        Args:
            stage: its place.

        Returns:
            axis bits, channel bits, and whether rows and columns are halved.
        """
        geometry, after = stage.geometry, self.geometry_after(stage.geometry)
        return {
            "axis_bits": geometry.axis_bits,
            "channel_bits": after.channel_bits,
            "is_halved": after.axis_bits != geometry.axis_bits,
        }

    def activated(
        self, vector: VectorEncoding, stage: Stage, degree: Any, *, has_skip: bool
    ) -> ActivatedMap:
        """The encoding with an activation.

        Args:
            vector: encoding of the input.
            stage: its place, with what was loaded.
            degree: of the activation's quotient.
            has_skip: whether pooled channels are added.

        Returns:
            The encoding, not amplified.

        Raises:
            InadmissibleError: an error closes the gap of the activation.
        """
        activation = stage.activation
        found = ActivatedMap(
            vector,
            stage.piece,
            **self.sizes(stage),
            has_skip=has_skip,
            activation=activation.name,
            gain=activation.gain,
            gap=activation.gap,
            degree=degree,
            amplitude_bound=stage.amplitude,
            norm_bounds=stage.norms,
            argument_bound=stage.argument,
        )
        if activation.gap is not None:
            open_gap(activation, found.argument_error)
        return found

    def sensitivity(self, stage: Stage) -> float:
        """`(||S|| + L)/lo`; without an activation `1/lo`."""
        slope = stage.activation.lipschitz if self.has_polynomial else 1.0
        return (self.slope + slope) / stage.lower_bound

    def calls(self, before: float, degree: int | None) -> float:
        """`(d + 1)(c + 1)`; without an activation `c + 1`."""
        return (int(degree or 0) + 1) * (before + 1)

    def height(self, amplitude: float, stage: Stage, degree: int | None) -> float:
        """`lo s/(||S|| + f'(0) alpha_W)`; without an activation `lo s/alpha_W`."""
        slope = stage.activation.slope if self.has_polynomial else 1.0
        scale = self.slope + slope * float(stage.piece.alpha)
        return min(1.0, stage.lower_bound * amplitude / scale)

    # --- its choice ------------------------------------------------------------------------------

    def smallest_degree(self, vector: VectorEncoding, stage: Stage, share: float) -> int | None:
        """The degree of the activation's quotient, whose error is multiplied by `L/lo`."""
        if not self.has_polynomial:
            return None
        return smallest_activation_degree(vector, stage, share)

    def choices(self, vector: VectorEncoding, stage: Stage, error: float) -> Iterable[int | None]:
        """Those of the activation; only None without one."""
        if not self.has_polynomial:
            return (None,)
        return activation_choices(self, vector, stage, error)

    def lowered(self, degree: int | None) -> int | None:
        """Two less, down to 0: a multiple of the argument."""
        return None if not degree else max(0, degree - 2)

    # --- what it tells ---------------------------------------------------------------------------

    def polynomial_error(self, encoding: VectorEncoding, stage: Stage) -> ErrorPart | None:
        """`gamma delta/kappa`, over the smallest norm."""
        if not isinstance(encoding, ActivatedMap):
            return None
        quotient = encoding.quotient
        norm = min(1.0, stage.argument or 1.0)
        size = quotient.delta * encoding.gamma / quotient.kappa * norm / stage.lower_bound
        return ErrorPart(f"activation of {stage.label}", size)

    def rounding_error(self, stage: Stage) -> ErrorPart:
        """The error of the kernel, times `L/lo`."""
        slope = stage.activation.lipschitz if self.has_polynomial else 1.0
        size = slope / stage.lower_bound * float(stage.piece.epsilon)
        return ErrorPart(f"rounded kernel {stage.number}", size)

    def facts(self, stage: Stage, degree: int | None) -> LayerFacts:
        """Degree, amplitude bound, alpha of the convolution."""
        return activation_facts(stage, degree, is_alpha_measured=self.has_weights)

    def advice(self, stage: Stage, degree: int | None) -> str:
        """A smaller alpha, a narrower band, smaller arguments."""
        return activation_advice(stage, degree)


def largest(tensors: FloatArray) -> FloatArray:
    """The largest modulus of each tensor.

    Args:
        tensors: float64 `(B, ...)`.

    Returns:
        float64 `(B,)`.

    Example:
        >>> largest(np.array([[1.0, -3.0]])).tolist()
        [3.0]
    """
    return np.asarray(np.abs(tensors).reshape(len(tensors), -1).max(axis=1))
