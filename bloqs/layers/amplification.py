"""The layers that normalise: fixed-point amplification, and at the end one whose flag is measured."""

from __future__ import annotations

import abc
import math
from typing import ClassVar

import attrs
from qualtran.symbolics import SymbolicInt

from bloqs.activation import Activation
from bloqs.core.encoding import MappedVector, VectorEncoding
from bloqs.layers.facts import ErrorPart, InadmissibleError, solvable
from bloqs.layers.geometry import Geometry
from bloqs.layers.heralded import HeraldedVector, best_rounds
from bloqs.layers.layer import FloatArray, Layer, Stage
from bloqs.layers.normalisation import NormalizedVector
from bloqs.layers.operations import OperationCounts
from bloqs.layers.shapes import Bounds
from bloqs.qsvt import amplification
from bloqs.registry import Registry

HEIGHT = 0.98
"""Amplitude after every amplification. A little below 1, so that it does not move with the degree, and the
amplitude bounds of the next layer with it; it costs 2 % of the next layer's calls."""

LEAST_HEIGHT = 0.999 * HEIGHT
"""A degree that does not reach it is refused. Its error may be small all the same, as for a degree of 1 that
multiplies by a constant: but what is saved in one run is paid in runs until the ancillas are found zero."""

LARGEST_AMPLIFICATION_ERROR = 0.015
"""Beyond it `HEIGHT` would no longer fit under the polynomial's bound, 0.999."""


def amplitude_interval(layer: MappedVector, bounds: Bounds) -> tuple[float, float]:
    """Bounds of the amplitude a layer really encodes: its norm's, widened by its error, over its scale.

    Args:
        layer: not amplified.
        bounds: `(lo, hi)` of its exact vector's norm.

    Raises:
        InadmissibleError: the error leaves no positive lower bound.

    Returns:
        `(lo, hi)` of the amplitude, `0 < lo <= hi <= 1`.

    Example:
        >>> from bloqs.activation import NonlinearTransform
        >>> from bloqs.loading import LoadedVector
        >>> layer = NonlinearTransform(LoadedVector([0.6, -0.8]), degree=4)
        >>> lo, hi = amplitude_interval(layer, (0.7, 0.9))
        >>> lo < 0.7 / layer.scale < 0.9 / layer.scale < hi
        True
    """
    (lo, hi), error, scale = bounds, layer.absolute_error, float(layer.scale)
    if error >= lo:
        raise InadmissibleError(f"error {error:.3g} of a layer reaches its smallest norm {lo:.3g}")
    # Both: of an amplitude of exactly 1 a norm may be computed one unit in the last place above it.
    return min(1.0, (lo - error) / scale), min(1.0, (hi + error) / scale)


def _unamplified(vector: VectorEncoding) -> MappedVector:
    if not isinstance(vector, MappedVector):
        raise ValueError(
            f"only a layer can be amplified, a MappedVector, got {type(vector).__name__}: its scale and "
            "absolute_error are needed"
        )
    return vector


@attrs.frozen
class Normalisation(Layer):
    """Abstract layer that raises the amplitude of the one before; its exact map is the identity.

    At the end of a network it is the *output*, chosen by name (`OUTPUTS`). One of your own states `name`,
    `summary`, `encode` and, where it has a choice, `smallest_degree` and `lowered`; register an instance,
    `OUTPUTS.register(...)`.

    Example:
        >>> OUTPUTS["heralded"].has_polynomial, OUTPUTS["coherent"].has_polynomial
        (False, True)
    """

    rank = 1
    name: ClassVar[str]

    @abc.abstractmethod
    def summary(self, encoding: VectorEncoding) -> str:
        """What it does, in words, for the assumptions of a cost; `encoding` is the whole network."""

    def apply(self, vectors: FloatArray, geometry: Geometry, activation: Activation) -> FloatArray:
        """The vectors as they are."""
        return vectors

    def operations(self, geometry: Geometry) -> OperationCounts:
        """None: each layer's operations hold its own normalisation."""
        return OperationCounts()

    def worst_case_norms(self, activation: Activation) -> Bounds:
        """1 and 1: the norm of a unit vector."""
        return 1.0, 1.0

    def sensitivity(self, stage: Stage) -> float:
        """1: the direction stays."""
        return 1.0

    def calls(self, before: int, degree: int | None) -> int:
        """`q c`: the input's calls times the degree."""
        return int(degree or 1) * before


@attrs.frozen
class Amplification(Normalisation):
    """Fixed-point amplitude amplification by a polynomial, `NormalizedVector`; the choice is its odd degree.

    Example:
        >>> Amplification().lowered(7), Amplification().lowered(1)
        (5, None)
    """

    kind = "amplification"
    name = "coherent"

    @property
    def has_polynomial(self) -> bool:
        """The amplification's."""
        return True

    def encode(
        self, vector: VectorEncoding, stage: Stage, degree: SymbolicInt | None
    ) -> NormalizedVector:
        """Amplified to `HEIGHT`; a degree that does not reach it is refused."""
        if stage.norms is None:
            return NormalizedVector(vector, degree=degree)
        s_lo, s_hi = amplitude_interval(_unamplified(vector), stage.norms)
        found = NormalizedVector(vector, s_lo=s_lo, s_hi=s_hi, degree=degree, height=HEIGHT)
        if found.amplification.height < LEAST_HEIGHT:
            raise InadmissibleError(
                f"degree {degree} amplifies {stage.label} to {found.amplification.height:.3g} only"
            )
        return found

    def smallest_degree(self, vector: VectorEncoding, stage: Stage, share: float) -> int:
        """The degree of the minimax polynomial on the interval of amplitudes."""
        s_lo, s_hi = amplitude_interval(_unamplified(vector), stage.bounds)
        delta = solvable(min(share, LARGEST_AMPLIFICATION_ERROR))
        return amplification(s_lo, s_hi, delta=delta, height=HEIGHT).polynomial.degree

    def lowered(self, degree: int | None) -> int | None:
        """Two less, down to 1."""
        return None if degree is None or degree < 3 else degree - 2

    def polynomial_error(self, encoding: VectorEncoding, stage: Stage) -> ErrorPart:
        """The `delta` of its polynomial."""
        assert isinstance(encoding, NormalizedVector)
        return ErrorPart(f"amplification of {stage.label}", encoding.amplification.delta)

    def summary(self, encoding: VectorEncoding) -> str:
        """That the last normalisation is a polynomial."""
        return "coherent: the last normalisation is a polynomial"


@attrs.frozen
class Heralding(Normalisation):
    """Amplitude amplification by rounds, then a flag that is measured, `HeraldedVector`.

    Its choice is the number of calls, `2 rounds + 1`, the best for the interval of amplitudes. It has no
    polynomial and no error of its own, so nothing is gained by lowering the choice.

    Example:
        >>> Heralding().lowered(7) is None, Heralding().has_polynomial
        (True, False)
    """

    kind = "heralding"
    name = "heralded"

    def encode(
        self, vector: VectorEncoding, stage: Stage, degree: SymbolicInt | None
    ) -> HeraldedVector:
        """Amplified by `(calls - 1)/2` rounds."""
        if stage.norms is None:
            return HeraldedVector(vector, rounds=(degree - 1) / 2)  # type: ignore[operator]
        s_lo, s_hi = amplitude_interval(_unamplified(vector), stage.norms)
        rounds = 0 if degree is None else (degree - 1) // 2
        if (2 * rounds + 1) * math.asin(s_hi) >= math.pi:
            # Errors that widen the interval (few angle bits) may carry its end past the turn.
            raise InadmissibleError(
                f"{rounds} rounds turn an amplitude of {s_hi:.3g} of {stage.label} past a half turn"
            )
        return HeraldedVector(vector, rounds=rounds, s_lo=s_lo, s_hi=s_hi)

    def smallest_degree(self, vector: VectorEncoding, stage: Stage, share: float) -> int:
        """The rounds with the fewest expected calls."""
        interval = amplitude_interval(_unamplified(vector), stage.bounds)
        return 2 * best_rounds(*interval) + 1

    def summary(self, encoding: VectorEncoding) -> str:
        """Its rounds and the probability of success."""
        calls = encoding.rounds if isinstance(encoding, HeraldedVector) else "some"
        return (
            f"heralded: {calls} rounds of amplitude amplification, then the ancillas are measured; "
            f"success probability {float(encoding.alpha) ** -2:.4g}"
        )


OUTPUTS: Registry[Normalisation] = Registry("output", Normalisation)  # type: ignore[type-abstract]
"""What the last normalisation may be, by name."""
for _output in (Amplification(), Heralding()):
    OUTPUTS.register(_output)
