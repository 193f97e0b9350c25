"""The unit of a network: one class that states everything the rest needs to know of a layer.

A network is a sequence of layers, an amplification after each that needs one. Whatever is asked of a network
(degrees, error budget, assumptions, exact vectors, classical operations) is folded over that sequence;
nothing outside a layer's own file asks of what class it is. To add one, write and register it (`LAYERS`).
"""

from __future__ import annotations

import abc
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import attrs
import numpy as np
import numpy.typing as npt
from qualtran.symbolics import SymbolicInt

from bloqs.activation import Activation
from bloqs.convolution import ConvolutionStrategy
from bloqs.core.encoding import MappedVector, VectorEncoding
from bloqs.core.scale import InadmissibleError
from bloqs.layers.choices import choices_by_share
from bloqs.layers.facts import ErrorPart, LayerFacts
from bloqs.layers.geometry import Geometry
from bloqs.layers.operations import OperationCounts
from bloqs.layers.shapes import Bounds

FloatArray = npt.NDArray[np.float64]


@attrs.frozen(kw_only=True)
class Stage:
    """A layer at its place in a network: where it stands, what it is built for, and what it has loaded.

    Parameters:
        layer: the layer.
        number: of the layer in the network, from 1; of an amplification, that of the layer before.
        name: what tables call it: "block 1", "output".
        label: what sentences call it: "block 1", "the output".
        geometry: shape and padding of the tensor that it acts on, its input.
        activation: f of the network.
        norms: `(lo, hi)` of the norm of its vector before it is normalised; None in a network in symbols.
        amplitude: bound of the largest argument of f, None for the proved one, 1.
        argument: bound of the 2-norm of the argument of f, None for the proved one, 1.
        peak: bound of the largest entry of the layer's input, None for the proved one, 1.
        min_degree: least degree of an activation that is asked for; choices below are not taken.
        convolution: how kernels are encoded.
        kernel_loading: name of the loader of kernels.
        column_loading: name of the loader of dense weights' columns; None where a network has none.
        angle_bits: bits of a tabulated angle; None where angles are exact.
        piece: what the layer has loaded (`Layer.load`), by data or by shape; None where it loads nothing.

    Example:
        >>> from bloqs.convolution import STRATEGIES
        >>> from bloqs.layers import Residual
        >>> stage = Stage(
        ...     layer=Residual(np.full((1, 1, 1, 1), 0.5)), number=1, name="block 1", label="block 1",
        ...     geometry=Geometry((1, 2, 2)), activation=Activation("erf"), norms=(0.9, 1.3), amplitude=None,
        ...     convolution=STRATEGIES["rows"], kernel_loading="rotations", column_loading=None, angle_bits=9,
        ... ).loaded()
        >>> type(stage.piece).__name__, stage.lower_bound
        ('Conv2DBlockEncoding', 0.9)
    """

    layer: Layer
    number: int
    name: str
    label: str
    geometry: Geometry
    activation: Activation
    norms: Bounds | None
    amplitude: float | None
    convolution: ConvolutionStrategy
    kernel_loading: str
    column_loading: str | None
    angle_bits: int | None
    piece: Any = None
    argument: float | None = None
    peak: float | None = None
    min_degree: int = 0

    def loaded(self) -> Stage:
        """This stage with what its layer loads as its `piece`."""
        return attrs.evolve(self, piece=self.layer.load(self))

    def encode(self, vector: VectorEncoding, degree: SymbolicInt | None) -> VectorEncoding:
        """The layer on an encoding of its input.

        Args:
            vector: of its input.
            degree: its choice.

        Returns:
            The encoding.

        Raises:
            InadmissibleError: the choice does not do, or the input is not amplified and the layer needs it.
        """
        found = self.layer.encode(vector, self, degree)
        if self.norms is None:
            return found  # In symbols no scale is known.
        is_layer = isinstance(found, MappedVector) and isinstance(vector, MappedVector)
        if is_layer and found is not vector and not found.takes_any_scale:  # type: ignore[union-attr]
            raise InadmissibleError(f"the input of {self.label} must be amplified")
        return found

    @property
    def bounds(self) -> Bounds:
        """`norms`, where they are numbers.

        Raises:
            ValueError: the network is one in symbols, which has none.
        """
        if self.norms is None:
            raise ValueError(
                f"{self.label} is a layer of a network in symbols: its norms are not known"
            )
        return self.norms

    @property
    def lower_bound(self) -> float:
        """Lower bound of the norm of its vector before it is normalised."""
        return self.bounds[0]

    def least_norm(self, vector: VectorEncoding) -> float | None:
        """The `norm` of the layer's bloq: by shape the lower bound; None by data, where it is measured."""
        return None if vector.has_data or self.norms is None else self.norms[0]


class Layer(abc.ABC):
    """A step of a network: a map F of a unit vector, whose image is normalised again.

    A concrete layer is a frozen attrs class. Its fields are its weights, arrays by data or what is known of
    them by shape. You write:

    - `kind`, a class attribute, and beside it `noun`, what tables call the layer; - `apply`, the exact map,
    with the number of its `operations` and the proved `worst_case_norms` of its image; - `encode`, the bloq:
    from an encoding of the input, one of `F(x)`, not yet amplified, a `MappedVector` that states what becomes
    of the input's direction and scale (`MappedVector.image_error`; one that does not, like the square below
    whose matrix has a scale of its own, gets an amplified input); - `sensitivity`, by which an error of the
    input grows, and `calls`, by which the cost grows.

    The other methods have defaults that fit a layer without weights and without polynomial, which keeps the
    shape of its tensor; one that changes it writes `geometry_after`. With weights,
    write `has_weights`, `check`, `by_shape`, `stored`, `load` and `rounding_error` too; with a polynomial,
    `has_polynomial`, `smallest_degree`, `lowered` and `polynomial_error`; `facts` tells a report more.
    Methods get the `Stage` where the layer stands. `register_layer` lets stored networks name the class.

    Example:
        >>> from bloqs import NetworkSpec
        >>> from bloqs.activation import AmplitudeBlockEncoding
        >>> from bloqs.combine import MatrixVectorProduct
        >>> from bloqs.layers.operations import normalisation_operations
        >>> @attrs.frozen
        ... class Square(Layer):
        ...     kind = noun = "square"
        ...
        ...     def apply(self, vectors, geometry, activation):
        ...         return vectors**2
        ...
        ...     def operations(self, geometry):
        ...         squares = OperationCounts(multiplications=geometry.entries)
        ...         return squares + normalisation_operations(geometry.entries)
        ...
        ...     def worst_case_norms(self, activation):
        ...         raise ValueError("no worst-case bound for a square; use calibrated bounds")
        ...
        ...     def encode(self, vector, stage, degree):
        ...         diagonal = AmplitudeBlockEncoding(vector)
        ...         return MatrixVectorProduct(diagonal, vector, norm=stage.least_norm(vector))
        ...
        ...     def sensitivity(self, stage):
        ...         return 2 / stage.lower_bound
        ...
        ...     def calls(self, before, degree):
        ...         return 2 * before
        >>> images = np.array([[[0.6, 0.2], [0.1, 0.5]], [[0.5, 0.3], [0.2, 0.4]]])
        >>> spec = NetworkSpec(input_shape=(1, 2, 2), layers=[Square()], num_groups=2).calibrate(images)
        >>> network = spec.to_bloq(images[0], epsilon=1e-2)
        >>> error = np.linalg.norm(network.block() * network.alpha - network.target())
        >>> error <= network.epsilon <= 1e-2
        True
    """

    kind: ClassVar[str]
    """By which a stored network names the class; see `LAYERS`."""

    noun: ClassVar[str] = "layer"
    """What tables call it; a number is appended."""

    is_numbered: ClassVar[bool] = True
    """False for a layer that a network has once, whose noun needs no number and takes an article."""

    rank: ClassVar[int] = 0
    """Of two choices that cost the same number of calls, the layer of lower rank is lowered first."""

    fills_padding: ClassVar[bool] = False
    """Whether its image may have entries where the tensor has padding."""

    # --- the exact map ---------------------------------------------------------------------------

    @abc.abstractmethod
    def apply(self, vectors: FloatArray, geometry: Geometry, activation: Activation) -> FloatArray:
        """`F(x)`, exact and not normalised.

        Args:
            vectors: float64 `(B, N)`, unit vectors, zero on the padding.
            geometry: of its input.
            activation: f of the network.

        Returns:
            float64 `(B, N)`, of the length of `geometry_after`.
        """

    def geometry_after(self, geometry: Geometry) -> Geometry:
        """The tensor that it makes; by default it has the shape of its input.

        Args:
            geometry: of its input.

        Returns:
            That of its image.

        Raises:
            ValueError: the layer does not take such a tensor; says what it takes.
        """
        return geometry

    def amplitudes(
        self, vectors: FloatArray, geometry: Geometry, activation: Activation
    ) -> FloatArray:
        """Largest absolute argument of f for each vector, float64 `(B,)`; 0 where there is no f."""
        return np.zeros(len(vectors))

    def support(self, geometry: Geometry) -> int:
        """Entries of its image that need not vanish; all of N where it fills the padding."""
        return geometry.length if self.fills_padding else geometry.entries

    @abc.abstractmethod
    def operations(self, geometry: Geometry) -> OperationCounts:
        """Operations of `apply` on one vector and of normalising its image, weights taken as dense."""

    @abc.abstractmethod
    def worst_case_norms(self, activation: Activation) -> Bounds:
        """Proved bounds of `||F(x)||` for every unit vector x.

        Args:
            activation: f of the network.

        Returns:
            `(lo, hi)` with `0 < lo`.

        Raises:
            ValueError: there are none; says why.
        """

    # --- its weights -----------------------------------------------------------------------------

    @property
    def kernel(self) -> Any:
        """Kernel of its convolution, an array or a `KernelShape`; None where it has none."""
        return None

    def map_norm(self, geometry: Geometry) -> float | None:
        """Spectral norm of its linear map on a tensor; None where it has none, or by shape."""
        return None

    @property
    def has_weights(self) -> bool:
        """Whether all weights are there: False by shape."""
        return True

    @property
    def is_symbolic(self) -> bool:
        """Whether sizes of its own are symbols or not given, so that it fits a network in symbols only."""
        return False

    def weights_name(self, number: int) -> str:
        """What messages call the weights of layer `number`, counted from 1."""
        return f"the weights of {self.noun} {number}"

    def check(self, geometry: Geometry, name: str) -> None:  # noqa: B027  # no weights, no check
        """Refuse weights that do not fit the tensor, or of a norm above 1.

        Args:
            geometry: of the tensor.
            name: of the weights, for messages.

        Raises:
            ValueError: says what was found, what is allowed and how to mend it.
        """

    def by_shape(self, geometry: Geometry, number: int, convolution: ConvolutionStrategy) -> Layer:
        """The same layer without its weights; a subnormalisation that depends on them is measured.

        Args:
            geometry: of the tensor; with symbols nothing can be measured, or need be.
            number: of the layer, from 1, for messages.
            convolution: how kernels are encoded.

        Returns:
            A layer for which `has_weights` is False; this one where it has no weights.

        Raises:
            ValueError: weights that cannot be encoded, such as all zeros.
        """
        return self

    def quantized(
        self, geometry: Geometry, angle_bits: int, convolution: ConvolutionStrategy
    ) -> Layer:
        """The layer whose weights tables of `b` bits hold exactly; this one where it has no weights.

        Args:
            geometry: of the tensor.
            angle_bits: `b`: every half-angle is rounded to a multiple of `2 pi / 2**b`.
            convolution: how kernels are encoded.

        Returns:
            A layer of the same class, its weights divided by their norm where that would exceed 1.

        Raises:
            ValueError: a layer with weights that does not say which are exact.
        """
        if self.has_weights and self.stored():
            raise ValueError(
                f"{type(self).__name__} does not say which of its weights {angle_bits}-bit tables hold "
                "exactly; write its method `quantized`"
            )
        return self

    def stored(self) -> Mapping[str, Any]:
        """Its fields for a file: numbers, words, lists, float64 arrays; the inverse of `restored`."""
        return {}

    @classmethod
    def restored(cls, fields: Mapping[str, Any]) -> Layer:
        """The layer of stored fields, the inverse of `stored`."""
        return cls(**fields)

    # --- its encoding ----------------------------------------------------------------------------

    def load(self, stage: Stage) -> Any:
        """The bloqs that it loads, by data or by shape as its weights are; they become `stage.piece`.

        In a network in symbols the sizes of `stage.geometry` are expressions, and `angle_bits` may be one.
        """
        return None

    @abc.abstractmethod
    def encode(
        self, vector: VectorEncoding, stage: Stage, degree: SymbolicInt | None
    ) -> VectorEncoding:
        """The encoding of the layer's vector, from one of its input.

        Args:
            vector: encoding of the input.
            stage: its place, with what was loaded.
            degree: its choice; None for a layer that has none.

        Returns:
            The encoding; `MappedVector` states the scale and the error that an amplification asks for.

        Raises:
            InadmissibleError: the choice does not do.
        """

    @abc.abstractmethod
    def sensitivity(self, stage: Stage) -> float:
        """The most by which an error of the input is multiplied in the normalised image, to first order."""

    @abc.abstractmethod
    def calls(self, before: float, degree: int | None) -> float:
        """Calls of all loaded pieces, given those of the input's encoding; a measure of the cost.

        Args:
            before: calls of one call of the input's encoding; in the solver not a whole number, but the cost
                of the input over that of the layer's own piece.
            degree: the choice.

        Returns:
            Calls of one call of the layer's encoding.
        """

    # --- its choice ------------------------------------------------------------------------------

    def smallest_degree(self, vector: VectorEncoding, stage: Stage, share: float) -> int | None:
        """The least choice whose own part of the normalised image's error is at most `share`.

        Args:
            vector: encoding of the input.
            stage: its place, with what was loaded.
            share: the error, as a 2-norm.

        Returns:
            The choice; None for a layer that has none.

        Raises:
            InadmissibleError: there is none.
            DegreeLimitError: of the polynomials.
        """
        return None

    def choices(self, vector: VectorEncoding, stage: Stage, error: float) -> Iterable[int | None]:
        """Its choices, cheapest first, of which the solver tries as many as it needs.

        `error` is the most that the normalised image may be off: a choice whose own part is far below it is
        the last. Only None for a layer that has none. By default those of ever smaller shares of the error.
        """
        return choices_by_share(lambda share: self.smallest_degree(vector, stage, share), error)

    def height(self, amplitude: float, stage: Stage, degree: int | None) -> float:
        """Upper bound of the smallest amplitude of its image, for an input of this smallest amplitude.

        1 is always true; the solver is faster near the truth. Over `amplitude` it must not fall.
        """
        return 1.0

    def lowered(self, degree: int | None) -> int | None:
        """The next cheaper choice; None where there is none."""
        return None

    @property
    def has_polynomial(self) -> bool:
        """Whether it has a polynomial, whose error takes a share of epsilon."""
        return False

    # --- what it tells ---------------------------------------------------------------------------

    def polynomial_error(self, encoding: VectorEncoding, stage: Stage) -> ErrorPart | None:
        """What its polynomial adds to the error; `encoding` is what `encode` returned."""
        return None

    def rounding_error(self, stage: Stage) -> ErrorPart | None:
        """What the rounding of its weights adds to the error."""
        return None

    def advice(self, stage: Stage, degree: int | None) -> str:
        """What would lower the calls of the network at this layer, in words."""
        lo, hi = stage.bounds
        return f"norms in a narrower band than a factor {hi / lo:.3g}"

    def facts(self, stage: Stage, degree: int | None) -> LayerFacts:
        """What a report should know of the layer as built."""
        return LayerFacts(name=stage.name, norms=stage.bounds)
