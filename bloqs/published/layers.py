"""Layers of a network in their published form: the same maps, Lemma 6's and Corollary 1's circuits."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from typing import Any

import attrs
from qualtran.symbolics import SymbolicInt

from bloqs.activation import Activation
from bloqs.convolution import DEFAULT_STRATEGY, ConvolutionStrategy
from bloqs.core.encoding import MappedVector, VectorEncoding
from bloqs.layers import Layer, Normalisation, Stage
from bloqs.layers.amplification import amplitude_interval
from bloqs.layers.choices import choices_by_share
from bloqs.layers.facts import ErrorPart, InadmissibleError, LayerFacts
from bloqs.layers.geometry import Geometry
from bloqs.layers.operations import OperationCounts
from bloqs.layers.shapes import Bounds, KernelShape
from bloqs.loading.columns import ColumnOracle
from bloqs.published.erf_series import erf_series_degree
from bloqs.published.nonlinear_amplitudes import activation_series
from bloqs.published.sign_amplification import SignAmplification, erfcinv
from bloqs.published.skip_norm_network import SPLIT
from bloqs.published.sums import PoolingSum, SkipSum
from bloqs.qsvt.phases import TOLERANCE

FloatArray = Any

LARGEST_DELTA = 0.3
"""Of an amplification, whatever the error allows."""

STEPS = 64
"""Errors a decade among which the one of a degree is found."""


@attrs.frozen(eq=False)
class PublishedLayer(Layer):
    """Abstract layer with the exact map and the weights of another, and a published circuit.

    Parameters:
        base: the layer of the specification.
        least: lower bound of the amplitude before amplification, the paper's; None where bounds of the norm
            say it.

    Example:
        >>> from bloqs.layers import Residual
        >>> layer: PublishedLayer = PublishedResidual(Residual([[[[0.5]]]]))
        >>> layer.kernel.shape, layer.least
        ((1, 1, 1, 1), None)
    """

    base: Any
    least: float | None = None

    # --- of the layer of the specification --------------------------------------------------------

    def apply(self, vectors: FloatArray, geometry: Geometry, activation: Activation) -> FloatArray:
        """The same map."""
        return self.base.apply(vectors, geometry, activation)

    def amplitudes(
        self, vectors: FloatArray, geometry: Geometry, activation: Activation
    ) -> FloatArray:
        """The same."""
        return self.base.amplitudes(vectors, geometry, activation)

    def operations(self, geometry: Geometry) -> OperationCounts:
        """The same."""
        return self.base.operations(geometry)  # type: ignore[no-any-return]

    def worst_case_norms(self, activation: Activation) -> Bounds:
        """The same."""
        return self.base.worst_case_norms(activation)  # type: ignore[no-any-return]

    @property
    def kernel(self) -> Any:
        """The same."""
        return self.base.kernel

    @property
    def has_weights(self) -> bool:
        """The same."""
        return bool(self.base.has_weights)

    def weights_name(self, number: int) -> str:
        """The same."""
        return str(self.base.weights_name(number))

    def load(self, stage: Stage) -> Any:
        """What the layer of the specification loads."""
        return self.base.load(attrs.evolve(stage, layer=self.base))

    def rounding_error(self, stage: Stage) -> ErrorPart | None:
        """The same."""
        return self.base.rounding_error(stage)  # type: ignore[no-any-return]

    def facts(self, stage: Stage, degree: int | None) -> LayerFacts:
        """The same."""
        return self.base.facts(stage, degree)  # type: ignore[no-any-return]

    # --- its own -----------------------------------------------------------------------------------

    def bounded(self, total: Any, stage: Stage) -> Any:
        """A sum by shape with the least norm that its bounds leave.

        Args:
            total: the sum, its norm any.
            stage: its place.

        Returns:
            By data the sum as it is.
        """
        if total.has_data:
            return attrs.evolve(total, norm=None)
        least = stage.lower_bound if self.least is None else self.least * float(total.scale)
        return attrs.evolve(total, norm=least)


@attrs.frozen(eq=False)
class PublishedResidual(PublishedLayer):
    """The residual block by Lemma 6 (`SkipSum`); its choice is the odd degree of the activation.

    Of a network by shape the kernel is known and the image is not, for the published convolution's cost
    depends on the kernel's norm and sum.

    Example:
        >>> from bloqs.layers import Residual
        >>> PublishedResidual(Residual([[[[0.5]]]])).calls(1, 5)
        51
    """

    kind = "published residual"
    noun = "block"

    @property
    def has_polynomial(self) -> bool:
        """That of the activation."""
        return True

    def by_shape(
        self, geometry: Geometry, number: int, convolution: ConvolutionStrategy
    ) -> PublishedResidual:
        """Itself; a kernel that cannot be encoded is refused."""
        if self.has_weights:
            # Of zeros, with the mend: it has no encoding in any form.
            self.base.by_shape(geometry, number, DEFAULT_STRATEGY)
            try:
                convolution.encode(geometry.pad_kernel(self.kernel), geometry.combined_side)
            except ValueError as error:
                raise ValueError(
                    f"kernel {number}: {error}; take form 'ours', which builds the same network"
                ) from error
        return self

    def load(self, stage: Stage) -> Any:
        """The convolution; of an unknown kernel of norm 1."""
        kernel, geometry = self.kernel, stage.geometry
        if not isinstance(kernel, KernelShape):
            return self.base.load(stage)
        return stage.convolution.encode_shape(
            kernel.channels if geometry.paths == 1 else 1 << geometry.channel_bits,
            kernel.size,
            geometry.combined_side,
            loading=stage.kernel_loading,
            angle_bits=stage.angle_bits,
        )

    def encode(self, vector: VectorEncoding, stage: Stage, degree: SymbolicInt | None) -> SkipSum:
        """`SkipSum`."""
        return self.bounded(  # type: ignore[no-any-return]
            SkipSum(
                vector,
                stage.piece,
                activation=stage.activation.name,
                gain=stage.activation.gain,
                degree=degree or 1,
                norm=1.0,
            ),
            stage,
        )

    def sensitivity(self, stage: Stage) -> float:
        """`(1 + L)/lo`, or the paper's 1424."""
        if self.least is not None:
            return float(SPLIT)
        return (1 + stage.activation.lipschitz) / stage.lower_bound

    def calls(self, before: float, degree: int | None) -> float:
        """`(6 (d - 1) + 1)(c + 1) + c`."""
        return (6 * ((degree or 1) - 1) + 1) * (before + 1) + before

    def smallest_degree(self, vector: VectorEncoding, stage: Stage, share: float) -> int:
        """Of the series whose error, the same in all N entries, is the share of the least norm."""
        kappa = float(stage.piece.alpha) * float(vector.alpha)
        least = stage.lower_bound
        if self.least is not None:
            least = self.least * (float(vector.alpha) + 4 * stage.activation.slope * kappa)
        delta = share * least / math.sqrt(2 ** int(vector.system_bitsize))
        return len(activation_series(stage.activation, kappa, delta=delta)[0]) - 1

    def choices(self, vector: VectorEncoding, stage: Stage, error: float) -> Iterable[int | None]:
        """Those of ever smaller shares of what the input leaves of the error."""
        rest = error - self.inherited(vector, stage)
        if rest <= 0:
            raise InadmissibleError(f"the input of {stage.label} is off by too much")
        return choices_by_share(lambda share: self.smallest_degree(vector, stage, share), rest)

    def inherited(self, vector: VectorEncoding, stage: Stage) -> float:
        """What errors of the vector and of the convolution become.

        Args:
            vector: encoding of the input.
            stage: its place.

        Returns:
            The part of the normalised sum's error.
        """
        found = self.bounded(self.encode(vector, stage, 1), stage)
        lipschitz = stage.activation.lipschitz
        own = float(vector.epsilon) + lipschitz * float(found.other.vector.epsilon)
        return own / float(found.image_norm)

    def lowered(self, degree: int | None) -> int | None:
        """Two less, down to 1."""
        return None if degree is None or degree < 3 else degree - 2

    def polynomial_error(self, encoding: VectorEncoding, stage: Stage) -> ErrorPart:
        """The activation's, `sqrt(N) delta` over the norm."""
        assert isinstance(encoding, SkipSum)
        root = math.sqrt(2 ** int(encoding.system_bitsize))
        size = root * encoding.other.series[1] / float(encoding.image_norm)
        return ErrorPart(f"activation of {stage.label}", size)


@attrs.frozen(eq=False)
class PublishedOutput(PublishedLayer):
    """The output layer by Corollary 1 (`PoolingSum`), three calls of its input.

    Example:
        >>> import numpy as np
        >>> from bloqs.layers import Output
        >>> PublishedOutput(Output(np.eye(2), skip_weight=0.6)).calls(1, None)
        4
    """

    kind = "published output"
    noun = "output"
    is_numbered = False
    fills_padding = True

    @property
    def column_norm_bound(self) -> float:
        """Of the layer of the specification."""
        return float(self.base.column_norm_bound)

    def by_shape(
        self, geometry: Geometry, number: int, convolution: ConvolutionStrategy
    ) -> PublishedOutput:
        """Its weights by shape."""
        return attrs.evolve(self, base=self.base.by_shape(geometry, number, convolution))

    def support(self, geometry: Geometry) -> int:
        """The same."""
        return int(self.base.support(geometry))

    def encode(
        self, vector: VectorEncoding, stage: Stage, degree: SymbolicInt | None
    ) -> PoolingSum:
        """`PoolingSum`."""
        columns: ColumnOracle = stage.piece
        total = PoolingSum(vector, columns, skip_weight=self.base.skip_weight, norm=1.0)
        return self.bounded(total, stage)  # type: ignore[no-any-return]

    def sensitivity(self, stage: Stage) -> float:
        """`(tau + 2 (1 - tau))/lo`."""
        tau = self.base.skip_weight
        return (tau + 2 * (1 - tau)) / stage.lower_bound

    def calls(self, before: float, degree: int | None) -> float:
        """Three of the input, one of the columns."""
        return 3 * before + 1


@functools.lru_cache(maxsize=4096)
def delta_of(s_lo: float, degree: int) -> float:
    """The least delta, on a grid, that a sign polynomial of this degree reaches.

    Args:
        s_lo: as in `SignAmplification`.
        degree: odd.

    Returns:
        The delta.

    Raises:
        InadmissibleError: none below `LARGEST_DELTA`.

    Example:
        >>> round(delta_of(0.5, 15), 4), delta_of(0.5, 41) < 1e-5
        (0.0095, True)
    """

    def reached(step: int) -> bool:
        return sign_degree(s_lo, LARGEST_DELTA * 10 ** (-step / STEPS)) <= degree

    if not reached(0):
        raise InadmissibleError(f"degree {degree} amplifies from {s_lo:.3g} too inaccurately")
    lo, hi = 0, 12 * STEPS
    while hi - lo > 1:
        middle = (lo + hi) // 2
        lo, hi = (middle, hi) if reached(middle) else (lo, middle)
    return LARGEST_DELTA * 10 ** (-lo / STEPS)


@functools.lru_cache(maxsize=4096)
def sign_degree(s_lo: float, delta: float) -> int:
    """Degree of `SignAmplification` for a bound and an error.

    Args:
        s_lo: lower bound of the amplitude.
        delta: the error.

    Returns:
        The degree, odd.

    Example:
        >>> sign_degree(0.5, 1e-2)
        15
    """
    return erf_series_degree(float(erfcinv(delta / 2)) / s_lo, delta / 4)


@attrs.frozen
class PublishedAmplification(Normalisation):
    """Fixed-point amplification by the sign function (`SignAmplification`), after every layer.

    Its choice is the odd degree.

    Parameters:
        least: lower bound of the amplitude, the paper's; None where bounds of the norm say it.

    Example:
        >>> PublishedAmplification().lowered(7) is None, PublishedAmplification().has_polynomial
        (True, True)
    """

    kind = "published amplification"
    name = "published"

    least: float | None = None

    @property
    def has_polynomial(self) -> bool:
        """The sign function's."""
        return True

    def _lower(self, vector: VectorEncoding, stage: Stage) -> float:
        """s_lo: the paper's, or what bounds of the norm and the vector's error leave."""
        assert isinstance(vector, MappedVector)
        if self.least is not None:
            return self.least * (1 - float(vector.epsilon)) if vector.epsilon < 1 else 0.0
        return amplitude_interval(vector, stage.bounds)[0]

    def encode(
        self, vector: VectorEncoding, stage: Stage, degree: SymbolicInt | None
    ) -> SignAmplification:
        """`SignAmplification` of that degree."""
        s_lo = self._lower(vector, stage)
        if not s_lo > 0:
            raise InadmissibleError(f"the errors of {stage.label} may exceed its norm")
        delta = delta_of(s_lo, int(degree or 1))
        return SignAmplification(vector, s_lo=s_lo, delta=delta, degree=degree)

    def smallest_degree(self, vector: VectorEncoding, stage: Stage, share: float) -> int:
        """Of the series for that error."""
        s_lo = self._lower(vector, stage)
        if not s_lo > 0:
            raise InadmissibleError(f"the errors of {stage.label} may exceed its norm")
        return sign_degree(s_lo, min(share, LARGEST_DELTA))

    def choices(self, vector: VectorEncoding, stage: Stage, error: float) -> Iterable[int | None]:
        """Those of ever smaller shares of what the direction leaves of the error."""
        e = vector.direction_error
        rest = (error - e) / (1 + e) - 4 * TOLERANCE
        if rest <= 0:
            raise InadmissibleError(f"{stage.label} is off by too much")
        return choices_by_share(
            lambda share: self.smallest_degree(vector, stage, 0.95 * share), rest
        )

    def polynomial_error(self, encoding: VectorEncoding, stage: Stage) -> ErrorPart:
        """Its delta."""
        assert isinstance(encoding, SignAmplification)
        return ErrorPart(f"amplification of {stage.label}", encoding.delta)

    def summary(self, encoding: VectorEncoding) -> str:
        """That every normalisation is the sign function's."""
        return "coherent: every normalisation is a polynomial near the sign function"
