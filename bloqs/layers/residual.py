"""The residual layer: `x + f(W x)`, a convolution, an activation and a skip connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import numpy as np
from qualtran.symbolics import SymbolicInt, is_symbolic

from bloqs.activation import Activation
from bloqs.convolution import ConvolutionStrategy
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.encoding import VectorEncoding
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
from bloqs.layers.operations import OperationCounts, in_range_taps, normalisation_operations
from bloqs.layers.residual_block import ResidualBlock
from bloqs.layers.sequence import register_layer
from bloqs.layers.shapes import (
    KERNEL_REMEDY,
    Bounds,
    KernelShape,
    check_unit_norm,
    read_only,
)
from bloqs.reference.convolution import (
    check_kernel,
    convolution_norm,
    convolution_norm_bound,
    convolve,
)


def _to_kernel(kernel: Any) -> FloatArray | KernelShape:
    return kernel if isinstance(kernel, KernelShape) else read_only(kernel, "a kernel")


def quantized_kernel(
    kernel: FloatArray,
    geometry: Geometry,
    angle_bits: int,
    convolution: ConvolutionStrategy,
    *,
    is_reshaping: bool = False,
    stride: int = 1,
) -> FloatArray:
    """A kernel of a layer, as tables of `b` bits hold it.

    Args:
        kernel: float64 `(C_out, C_in, D, D)`.
        geometry: of the tensor that it acts on.
        angle_bits: `b`.
        convolution: how kernels are encoded.
        is_reshaping: whether the layer changes the shape of the tensor.
        stride: of the convolution.

    Returns:
        The same shape, `||Conv||_2 <= 1`: a factor does not change an angle.

    Example:
        >>> from bloqs.convolution import STRATEGIES
        >>> kernel = np.array([[[[0.3]], [[-0.2]]], [[[0.1]], [[0.4]]]])
        >>> quantized_kernel(kernel, Geometry((2, 4, 4)), 5, STRATEGIES["columns"])[:, :, 0, 0].round(3)
        array([[ 0.281, -0.174],
               [ 0.116,  0.421]])
    """
    if not np.any(kernel):
        return kernel
    wide = geometry.pad_kernel(kernel, is_reshaping=is_reshaping)
    found = convolution.quantized(wide, geometry.combined_side, angle_bits)
    result = geometry.crop_kernel(found, is_reshaping=is_reshaping)
    if convolution_norm_bound(result, geometry.side) > 1.0:
        result = result / max(1.0, convolution_norm(result, geometry.side, stride=stride))
    return result


@register_layer
@attrs.frozen(eq=False)
class Residual(Layer):
    r"""`x <- (x + f(W x)) / ||x + f(W x)||_2`, W the zero-padded convolution with a kernel.

    Parameters:
        kernel: float64 `(C_out, C_in, D, D)`, `C_out = C_in = C**paths`, `||Conv||_2 <= 1` at the size of the
            image; held as a read-only copy. By shape a `KernelShape`.

    References:
        Rattew et al. (ICLR 2026), Lemma 6; `ResidualBlock` is its encoding.

    Example:
        >>> import numpy as np
        >>> layer = Residual(np.full((1, 1, 1, 1), 0.5))
        >>> image = np.array([[0.6, 0.8, 0.0, 0.0]])
        >>> layer.apply(image, Geometry((1, 2, 2)), Activation("tanh", gain=1.0)).round(3).tolist()
        [[0.891, 1.18, 0.0, 0.0]]
    """

    kind = "residual"
    noun = "block"

    kernel: FloatArray | KernelShape = attrs.field(converter=_to_kernel)

    # --- the exact map ---------------------------------------------------------------------------

    def _convolved(self, vectors: FloatArray, geometry: Geometry) -> FloatArray:
        """`W x`, float64 `(B, N)`."""
        if isinstance(self.kernel, KernelShape):
            raise ValueError("this layer is known by its shape only; give it a kernel")
        return geometry.to_vectors(convolve(self.kernel, geometry.to_tensors(vectors)))

    def apply(self, vectors: FloatArray, geometry: Geometry, activation: Activation) -> FloatArray:
        """`x + f(W x)`; f leaves the zeros of the padding."""
        result: FloatArray = vectors + activation(self._convolved(vectors, geometry))
        return result

    def amplitudes(
        self, vectors: FloatArray, geometry: Geometry, activation: Activation
    ) -> FloatArray:
        """`max |W x|`."""
        result: FloatArray = abs(self._convolved(vectors, geometry)).max(axis=1)
        return result

    def operations(self, geometry: Geometry) -> OperationCounts:
        """Convolution: m products, m - n sums; n activations; n sums; normalisation."""
        entries = geometry.entries
        taps = geometry.channels**2 * in_range_taps(geometry.side, self._window) ** 2
        return (
            # Every output has its central tap inside, so that its first product needs no sum.
            OperationCounts(multiplications=taps, additions=taps - entries, activations=entries)
            + OperationCounts(additions=entries)
            + normalisation_operations(entries)
        )

    @property
    def _window(self) -> SymbolicInt:
        return self.kernel.size if isinstance(self.kernel, KernelShape) else len(self.kernel[0, 0])

    def worst_case_norms(self, activation: Activation) -> Bounds:
        """`[1 - L, 1 + L]` for unit x and `||W|| <= 1`, L the Lipschitz constant of f."""
        lipschitz = activation.lipschitz
        if lipschitz >= 1:
            raise ValueError(
                f"no worst-case bound for a block: the Lipschitz constant of {activation.name} with gain "
                f"{activation.gain} is {lipschitz:.4g} >= 1, so x + f(Wx) may vanish; use calibrated bounds"
            )
        return 1 - lipschitz, 1 + lipschitz

    # --- its weights -----------------------------------------------------------------------------

    def map_norm(self, geometry: Geometry) -> float | None:
        """`||Conv||_2`."""
        if isinstance(self.kernel, KernelShape):
            return None
        return convolution_norm(self.kernel, geometry.side)

    @property
    def has_weights(self) -> bool:
        """False by shape."""
        return not isinstance(self.kernel, KernelShape)

    @property
    def is_symbolic(self) -> bool:
        """Whether sizes of the kernel are symbols, or alpha is not given."""
        return isinstance(self.kernel, KernelShape) and self.kernel.is_symbolic

    def weights_name(self, number: int) -> str:
        """The kernel and its number."""
        return f"kernel {number}"

    def check(self, geometry: Geometry, name: str) -> None:
        """Rank, channels, finite entries, spectral norm at the size of the image."""
        kernel, channels = self.kernel, geometry.channels
        if isinstance(kernel, KernelShape):
            if kernel.channels != channels:
                raise ValueError(f"{name} must have {channels} channels, found {kernel.channels}")
            return
        try:
            check_kernel(kernel)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
        if kernel.shape[:2] != (channels, channels):
            raise ValueError(
                f"{name} must have C_out = C_in = C**paths = {channels} channels (a residual block "
                f"keeps its shape), found shape {kernel.shape}; pad the kernel with zero channels"
            )
        # The symbol's bound is quick but not tight: it may accept, never refuse.
        if convolution_norm_bound(kernel, geometry.side) > 1.0:
            norm = convolution_norm(kernel, geometry.side)
            check_unit_norm(f"||Conv||_2 of {name}", norm, KERNEL_REMEDY)

    def by_shape(
        self, geometry: Geometry, number: int, convolution: ConvolutionStrategy
    ) -> Residual:
        """A `KernelShape` with the alpha of the kernel's own encoding; a zero convolution is refused."""
        if isinstance(self.kernel, KernelShape):
            return self
        if is_symbolic(geometry.side):
            return Residual(KernelShape(self.kernel.shape[0], self._window))
        try:
            alpha = float(convolution.encode(self.kernel, geometry.combined_side).alpha)
        except ValueError as error:
            # A tensor of one entry has no register; any other kernel that has no encoding does nothing.
            mend = "; leave out the block" if geometry.length > 1 else ""
            raise ValueError(f"kernel {number} of kernels: {error}{mend}") from error
        return Residual(KernelShape(self.kernel.shape[0], self._window, alpha))

    def quantized(
        self, geometry: Geometry, angle_bits: int, convolution: ConvolutionStrategy
    ) -> Residual:
        """The kernel that `ConvolutionStrategy.quantized` finds; one of zeros stays."""
        if isinstance(self.kernel, KernelShape):
            raise ValueError("this layer is known by its shape only; give it a kernel")
        return attrs.evolve(
            self, kernel=quantized_kernel(self.kernel, geometry, angle_bits, convolution)
        )

    def stored(self) -> Mapping[str, Any]:
        """The kernel, an array or the fields of its shape."""
        return {"kernel": self.kernel}

    @classmethod
    def restored(cls, fields: Mapping[str, Any]) -> Residual:
        """As `stored`."""
        kernel = fields["kernel"]
        return cls(KernelShape(**kernel) if isinstance(kernel, Mapping) else kernel)

    # --- its encoding ----------------------------------------------------------------------------

    def load(self, stage: Stage) -> RealBlockEncoding:
        """The convolution."""
        kernel, geometry = self.kernel, stage.geometry
        if isinstance(kernel, KernelShape):
            return stage.convolution.encode_shape(
                kernel.channels if geometry.paths == 1 else 2**geometry.channel_bits,
                kernel.size,
                geometry.combined_side,
                loading=stage.kernel_loading,
                angle_bits=stage.angle_bits,
                alpha=kernel.alpha_by(stage.convolution, geometry.side),
            )
        return stage.convolution.encode(
            geometry.pad_kernel(kernel),
            geometry.combined_side,
            loading=stage.kernel_loading,
            angle_bits=stage.angle_bits,
        )

    def encode(
        self, vector: VectorEncoding, stage: Stage, degree: SymbolicInt | None
    ) -> ResidualBlock:
        """`ResidualBlock`, not amplified; an error that closes the gap of the activation is refused."""
        block = ResidualBlock(
            vector,
            stage.piece,
            activation=stage.activation.name,
            gain=stage.activation.gain,
            gap=stage.activation.gap,
            degree=degree,
            amplitude_bound=stage.amplitude,
            norm_bounds=stage.norms,
            argument_bound=stage.argument,
        )
        if stage.activation.gap is not None:
            open_gap(stage.activation, block.argument_error)
        return block

    def sensitivity(self, stage: Stage) -> float:
        """`(1 + L)/lo`."""
        return (1 + stage.activation.lipschitz) / stage.lower_bound

    def calls(self, before: float, degree: int | None) -> float:
        """`(d + 1)(c + 1)`."""
        return (int(degree or 0) + 1) * (before + 1)

    def height(self, amplitude: float, stage: Stage, degree: int | None) -> float:
        """`lo s/(1 + f'(0) alpha_W)`: gamma is at least `f'(0) kappa`."""
        return stage.lower_bound * amplitude / (1 + stage.activation.slope * stage.piece.alpha)

    # --- its choice ------------------------------------------------------------------------------

    @property
    def has_polynomial(self) -> bool:
        """That of the activation."""
        return True

    def smallest_degree(self, vector: VectorEncoding, stage: Stage, share: float) -> int:
        """The degree of the activation's quotient, whose error is multiplied by `L/lo`."""
        return smallest_activation_degree(vector, stage, share)

    def choices(self, vector: VectorEncoding, stage: Stage, error: float) -> Iterator[int]:
        """0, 2, 4, ..., or 0, 1, 3, ... where f is not odd, until the polynomial's own error is small."""
        return activation_choices(self, vector, stage, error)

    def lowered(self, degree: int | None) -> int | None:
        """Two less, down to 0: a multiple of the argument."""
        return None if not degree else max(0, degree - 2)

    # --- what it tells ---------------------------------------------------------------------------

    def polynomial_error(self, encoding: VectorEncoding, stage: Stage) -> ErrorPart:
        """`gamma delta/kappa`, over the smallest norm."""
        assert isinstance(encoding, ResidualBlock)
        quotient = encoding.quotient
        norm = min(1.0, stage.argument or 1.0)
        size = quotient.delta * encoding.gamma / quotient.kappa * norm / stage.lower_bound
        return ErrorPart(f"activation of {stage.label}", size)

    def rounding_error(self, stage: Stage) -> ErrorPart:
        """The error of the kernel, times `L/lo`."""
        slope = stage.activation.lipschitz / stage.lower_bound
        return ErrorPart(f"rounded kernel {stage.number}", slope * float(stage.piece.epsilon))

    def advice(self, stage: Stage, degree: int | None) -> str:
        """A smaller alpha, a narrower band, smaller arguments: those that would help."""
        return activation_advice(stage, degree)

    def facts(self, stage: Stage, degree: int | None) -> LayerFacts:
        """Degree, amplitude bound, alpha of the convolution; whether the block is linear."""
        return activation_facts(stage, degree, is_alpha_measured=self.has_weights)
