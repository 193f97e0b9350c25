"""The unit of a network: one class that states everything the rest needs to know of a layer.

A network is a sequence of layers, an amplification after each that needs one. Whatever is asked of a network
(its degrees, its error budget, its assumptions, its exact vectors, its classical operations) is folded over
that sequence: nothing outside a layer's own file asks of what class it is. To add a layer, write one class
and register it in `LAYERS`.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import attrs
import numpy as np
import numpy.typing as npt
from qualtran.symbolics import SymbolicInt

from bloqs.activation import Activation
from bloqs.convolution import ConvolutionStrategy
from bloqs.core.encoding import VectorEncoding
from bloqs.layers.geometry import Geometry
from bloqs.layers.operations import OperationCounts
from bloqs.layers.shapes import Bounds
from bloqs.qsvt.polynomials import SMALLEST_DELTA

FloatArray = npt.NDArray[np.float64]


class InadmissibleError(ValueError):
    """A layer cannot be built with a choice, or for an error asked; the solver tries another one."""


def solvable(delta: float) -> float:
    """An error that is asked of a polynomial, where double precision certifies it.

    Raises:
        InadmissibleError: below `SMALLEST_DELTA`.

    >>> solvable(1e-3)
    0.001
    """
    if delta < SMALLEST_DELTA:
        raise InadmissibleError(
            f"a polynomial would have to be accurate to {delta:.3g}, and {SMALLEST_DELTA:.0e} is the least"
        )
    return delta


@attrs.frozen
class ErrorPart:
    """What one thing adds to the error of a layer's normalised vector, to first order.

    Parameters:
        name: of the thing, as the error budget prints it: "activation of block 1".
        size: 2-norm error.
    """

    name: str
    size: float


@attrs.frozen(kw_only=True)
class Stage:
    """A layer at its place in a network: where it stands, what it is built for, and what it has loaded.

    Parameters:
        layer: the layer.
        number: of the layer in the network, from 1; of an amplification, that of the layer before.
        name: in tables: "block 1", "output".
        label: within a sentence: "block 1", "the output".
        geometry: of the tensor that it acts on.
        activation: f of the network.
        norms: `(lo, hi)` of the norm of its vector before it is normalised; None in a network in symbols.
        amplitude: bound of the largest argument of f, None for the proved one, 1.
        convolution: how kernels are encoded.
        kernel_loading: loader of kernels.
        column_loading: loader of the columns of dense weights; None where a network has none.
        angle_bits: bits of a tabulated angle; None where angles are exact.
        piece: what the layer has loaded, by data or by shape; None where it loads nothing.
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

    def loaded(self) -> Stage:
        """This stage with what its layer loads."""
        return attrs.evolve(self, piece=self.layer.load(self))

    def encode(self, vector: VectorEncoding, degree: SymbolicInt | None) -> VectorEncoding:
        """The layer on an encoding of its input."""
        return self.layer.encode(vector, self, degree)

    @property
    def bounds(self) -> Bounds:
        """`norms` of a network in numbers.

        Raises:
            ValueError: of a network in symbols, which has none.
        """
        if self.norms is None:
            raise ValueError(
                f"{self.label} is a layer of a network in symbols: its norms are not known"
            )
        return self.norms

    @property
    def lower_bound(self) -> float:
        """Of the norm of its vector before it is normalised."""
        return self.bounds[0]

    def least_norm(self, vector: VectorEncoding) -> float | None:
        """What a bloq takes as `norm`: by shape the lower bound; None by data, where it is measured."""
        return None if vector.has_data or self.norms is None else self.norms[0]


@attrs.frozen(kw_only=True)
class SymbolicSizes:
    """The sizes of a network in symbols, each a sympy expression or a number.

    Parameters:
        channels: `C`.
        kernel_size: `D`.
        axis_bits: `m`: the image is `2**m` by `2**m`.
        bitsize: `n`, of the whole index.
        loading: the loader of every piece.
        angle_bits: `b`; None for a loader without tables.
    """

    channels: SymbolicInt
    kernel_size: SymbolicInt
    axis_bits: SymbolicInt
    bitsize: SymbolicInt
    loading: str
    angle_bits: SymbolicInt | None


class Layer(abc.ABC):
    """A step of a network: a map F of a unit vector, whose image is normalised again.

    A concrete layer is a frozen attrs class. Its fields are its weights, by data (arrays) or by shape; how it
    is loaded, encoded and costed is told by its methods, which are given the `Stage` where it stands. Most
    have a default that fits a layer without weights and without polynomial.
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
            geometry: of the tensor.
            activation: f of the network.

        Returns:
            float64 `(B, N)`.
        """

    def amplitudes(
        self, vectors: FloatArray, geometry: Geometry, activation: Activation
    ) -> FloatArray:
        """Largest absolute argument of f for each vector, float64 `(B,)`; 0 where there is no f."""
        return np.zeros(len(vectors))

    @abc.abstractmethod
    def operations(self, geometry: Geometry) -> OperationCounts:
        """Of `apply` on one vector, and of normalising its image, weights taken as dense."""

    @abc.abstractmethod
    def worst_case_norms(self, activation: Activation) -> Bounds:
        """Proved bounds of `||F(x)||` for every unit vector x.

        Raises:
            ValueError: there are none; says why.
        """

    # --- its weights -----------------------------------------------------------------------------

    @property
    def kernel(self) -> Any:
        """Kernel of its convolution, an array or a `KernelShape`; None where it has none."""
        return None

    @property
    def has_weights(self) -> bool:
        """Whether all weights are there: False by shape."""
        return True

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
            geometry: of the tensor.
            number: of the layer, from 1, for messages.
            convolution: how kernels are encoded.

        Raises:
            ValueError: weights that cannot be encoded, such as all zeros.
        """
        return self

    def stored(self) -> Mapping[str, Any]:
        """Its fields for a file: numbers, words, lists, `(float64)` arrays; the inverse of `restored`."""
        return {}

    @classmethod
    def restored(cls, fields: Mapping[str, Any]) -> Layer:
        """The layer of stored fields."""
        return cls(**fields)

    # --- its encoding ----------------------------------------------------------------------------

    def load(self, stage: Stage) -> Any:
        """What it loads beside its input, by data or by shape as its weights are: bloqs."""
        return None

    def load_symbolic(self, sizes: SymbolicSizes) -> Any:
        """What it loads in a network in symbols.

        Raises:
            ValueError: the layer has no form in symbols.
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

        Raises:
            InadmissibleError: the choice does not do.
        """

    @abc.abstractmethod
    def sensitivity(self, stage: Stage) -> float:
        """By how much at most an error of the input is multiplied in the normalised image, first order."""

    @abc.abstractmethod
    def calls(self, before: int, degree: int | None) -> int:
        """Calls of all loaded pieces, from those of the input's encoding.

        A measure of the cost that does not depend on the size of the data, so that degrees do not either.
        """

    # --- its choice ------------------------------------------------------------------------------

    def smallest_degree(self, vector: VectorEncoding, stage: Stage, share: float) -> int | None:
        """The least choice whose own part of the normalised image's error is at most `share`.

        Raises:
            InadmissibleError: there is none.
            DegreeLimitError: of the polynomials.
        """
        return None

    def lowered(self, degree: int | None) -> int | None:
        """The next cheaper choice, None where there is none."""
        return None

    @property
    def has_polynomial(self) -> bool:
        """Whether it has a polynomial, whose error takes a share of epsilon."""
        return False

    # --- what it tells ---------------------------------------------------------------------------

    def polynomial_error(self, encoding: VectorEncoding, stage: Stage) -> ErrorPart | None:
        """What its polynomial adds; `encoding` is what `encode` returned."""
        return None

    def rounding_error(self, stage: Stage) -> ErrorPart | None:
        """What the rounding of its weights adds."""
        return None

    def facts(self, stage: Stage, degree: int | None) -> LayerFacts:
        """What is worth knowing of the layer as built."""
        return LayerFacts(name=stage.name, norms=stage.bounds)


@attrs.frozen(kw_only=True)
class LayerFacts:
    """What a network knows of one of its layers, as built.

    Parameters:
        name: of the layer.
        norms: bounds of its vector's norm before normalisation.
        degree: of its own polynomial; None where it has none.
        amplitude: bound of the arguments of f; None where it has none.
        alpha: subnormalisation of its convolution, None where it has none.
        is_alpha_measured: whether from weights; else from a shape.
        amplification: odd degree of the amplification that follows, or its calls where it is heralded.
        notes: what else belongs into the block of assumptions, name -> number or words.
    """

    name: str
    norms: Bounds
    degree: int | None = None
    amplitude: float | None = None
    alpha: float | None = None
    is_alpha_measured: bool = True
    amplification: int | None = None
    notes: Mapping[str, Any] = attrs.field(factory=dict)


def layer_names(layers: Sequence[Layer]) -> tuple[str, ...]:
    """What tables call the layers of a network: the noun of each with its number, "block 1".

    Args:
        layers: in order.

    Example:
        >>> from bloqs.layers import Output, Residual
        >>> from bloqs.layers.shapes import KernelShape, OutputShape
        >>> layer_names([Residual(KernelShape(1, 3, 3.0)), Output(OutputShape(4))])
        ('block 1', 'output')
    """
    return tuple(
        f"{layer.noun} {i}" if layer.is_numbered else layer.noun
        for i, layer in enumerate(layers, 1)
    )


LAYERS: dict[str, type[Layer]] = {}
"""The classes of layers that a stored network may name, by `kind`."""


def register_layer(cls: type[Layer]) -> type[Layer]:
    """Let stored networks name a class of layers; a decorator.

    Raises:
        ValueError: another class has its kind.

    Example:
        >>> from bloqs.layers import Residual
        >>> register_layer(Residual) is LAYERS["residual"]
        True
    """
    if LAYERS.setdefault(cls.kind, cls) is not cls:
        raise ValueError(f"there is another class of layers of kind {cls.kind!r}; rename one")
    return cls
