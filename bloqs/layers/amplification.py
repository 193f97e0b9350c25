"""The layers that normalise: fixed-point amplification, and at the end one whose flag is measured."""

from __future__ import annotations

import abc
import math
from collections.abc import Iterator
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
from bloqs.qsvt.degree_search import LARGEST_DEGREE
from bloqs.qsvt.phases import TOLERANCE
from bloqs.registry import Registry

HEIGHT = 0.98
"""Amplitude after every amplification. A little below 1, so that it does not move with the degree, and the
amplitude bounds of the next layer with it; it costs 2 % of the next layer's calls."""

LEAST_HEIGHT = 0.999 * HEIGHT
"""A degree that does not reach it is refused. Its error may be small all the same, as for a degree of 1 that
multiplies by a constant: but what is saved in one run is paid in runs until the ancillas are found zero."""

LARGEST_AMPLIFICATION_ERROR = 0.015
"""Beyond it `HEIGHT` would no longer fit under the polynomial's bound, 0.999."""

NARROW_BAND = 0.01
"""A band of this part of the error allowed is a point: what follows of it is of second order."""

BEST_TURN = 1.1655611852072113
"""`x = m t` at which `m/sin^2(m t)` is least: the root of `tan x = 2 x` in (0, pi/2)."""


def amplitude_interval(layer: MappedVector, bounds: Bounds) -> tuple[float, float]:
    """Bounds of the amplitude a layer really encodes: its norm's, widened by what it is off, over its scale.

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
    return layer.image_error.amplitudes(bounds, float(layer.scale))


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

    def calls(self, before: float, degree: int | None) -> float:
        """`q c`: the input's calls times the degree."""
        return int(degree or 1) * before

    def height(self, amplitude: float, stage: Stage, degree: int | None) -> float:
        """`sin(q asin s)`, which no odd polynomial of degree q exceeds that 1 bounds (Bernstein, Szego).

        With `p(sin t) = g(t)` their inequality is `g'^2 <= q^2 (1 - g^2)`, so that `asin g` grows by `q t`
        at most.
        """
        return math.sin(min(math.pi / 2, int(degree or 1) * math.asin(min(1.0, amplitude))))

    def least_calls(self, amplitude: float) -> float:
        """Lower bound of the calls of its input that a sample takes, for an input of this amplitude.

        Args:
            amplitude: in (0, 1].

        Returns:
            The number, for the solver; 1 is always true.
        """
        return 1.0


@attrs.frozen
class Amplification(Normalisation):
    """Fixed-point amplitude amplification by a polynomial, `NormalizedVector`; the choice is its odd degree.

    Between two layers it need not reach any height, and degree 1 is no amplification at all: what the next
    layer needs is the direction, and a band in which the amplitude lies. At the end of a network it raises
    the amplitude to `HEIGHT`.

    Parameters:
        is_last: whether it ends the network.

    Example:
        >>> Amplification().lowered(7), Amplification().lowered(1)
        (5, None)
    """

    kind = "amplification"
    name = "coherent"

    is_last: bool = True

    @property
    def has_polynomial(self) -> bool:
        """The amplification's."""
        return True

    def encode(
        self, vector: VectorEncoding, stage: Stage, degree: SymbolicInt | None
    ) -> VectorEncoding:
        """Amplified; the vector itself for degree 1 between layers."""
        if stage.norms is None:
            is_amplified = degree != 1 or self.is_last
            return NormalizedVector(vector, degree=degree) if is_amplified else vector
        layer = _unamplified(vector)
        if degree == 1 and not self.is_last:
            if layer.norm_bounds is None:
                raise InadmissibleError(
                    f"the encoding of {stage.label} does not state the band of its amplitude: it must be "
                    "amplified"
                )
            return vector
        s_lo, s_hi = amplitude_interval(layer, stage.norms)
        found = NormalizedVector(vector, s_lo=s_lo, s_hi=s_hi, degree=degree, height=HEIGHT)
        # Degrees are chosen by shape. By data the height is that of a hardly different interval.
        if self.is_last and not vector.has_data and found.amplification.height < LEAST_HEIGHT:
            raise InadmissibleError(
                f"degree {degree} amplifies {stage.label} to {found.amplification.height:.3g} only"
            )
        return found

    def smallest_degree(self, vector: VectorEncoding, stage: Stage, share: float) -> int:
        """The degree of the minimax polynomial on the interval of amplitudes."""
        s_lo, s_hi = amplitude_interval(_unamplified(vector), stage.bounds)
        delta = solvable(min(share, LARGEST_AMPLIFICATION_ERROR))
        return amplification(s_lo, s_hi, delta=delta, height=HEIGHT).polynomial.degree

    def choices(self, vector: VectorEncoding, stage: Stage, error: float) -> Iterator[int]:
        """At the end the least degree for what the direction leaves of the error; else 1, 3, 5, ..."""
        if self.is_last:
            e = vector.direction_error
            if e < error:
                # coherent_error(delta, e) = error, solved for delta.
                delta = (math.sqrt(e**4 + 4 * (error**2 - e**2)) - e**2) / 2
                yield self._lowest(
                    vector, stage, self.smallest_degree(vector, stage, delta - 2 * TOLERANCE), error
                )
            return
        s_lo, s_hi = amplitude_interval(_unamplified(vector), stage.bounds)
        degree = 1
        while degree <= LARGEST_DEGREE:
            yield degree
            # Past the top of its sine a degree narrows the band; a band narrow enough cannot matter.
            if degree * math.asin(s_hi) > math.pi / 2:
                found = amplification(s_lo, s_hi, degree=degree, height=HEIGHT)
                if found.delta < NARROW_BAND * error and found.height > LEAST_HEIGHT:
                    return
            degree += 2 * max(1, degree // 16)

    def _lowest(self, vector: VectorEncoding, stage: Stage, degree: int, error: float) -> int:
        """The least degree that still reaches the height and states no more than the error.

        `LARGEST_AMPLIFICATION_ERROR` is what `HEIGHT` needs, and `LEAST_HEIGHT` takes a little less.
        """
        while degree > 1:
            try:
                if float(self.encode(vector, stage, degree - 2).epsilon) > error:
                    break
            except InadmissibleError:
                break
            degree -= 2
        return degree

    def lowered(self, degree: int | None) -> int | None:
        """Two less, down to 1."""
        return None if degree is None or degree < 3 else degree - 2

    def polynomial_error(self, encoding: VectorEncoding, stage: Stage) -> ErrorPart:
        """The `delta` of its polynomial."""
        delta = encoding.amplification.delta if isinstance(encoding, NormalizedVector) else 0.0
        return ErrorPart(f"amplification of {stage.label}", delta if self.is_last else 0.0)

    def least_calls(self, amplitude: float) -> float:
        """The turn from s to `HEIGHT`, over the probability to find it."""
        return max(1.0, math.asin(HEIGHT) / math.asin(amplitude)) / HEIGHT**2

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

    def choices(self, vector: VectorEncoding, stage: Stage, error: float) -> Iterator[int]:
        """The rounds with the fewest expected calls."""
        yield self.smallest_degree(vector, stage, error)

    def least_calls(self, amplitude: float) -> float:
        """`x/sin^2(x t)`, `s = sin t`, at the best real x >= 1, where `tan(x t) = 2 x t`."""
        angle = math.asin(amplitude)
        x = max(1.0, BEST_TURN / angle)
        return x / math.sin(x * angle) ** 2

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
