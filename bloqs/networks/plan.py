"""Degrees solved from the error bounds: the cheapest network whose *stated* epsilon is the one asked."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from qualtran.symbolics import SymbolicInt

from bloqs.activation import Activation
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.encoding import VectorEncoding
from bloqs.layers import HeraldedVector, NormalizedVector, ResidualBlock, ResidualLinearPooling
from bloqs.layers.heralded import best_rounds
from bloqs.loading import ColumnOracle
from bloqs.networks.bounds import Bounds, LayerBounds
from bloqs.qsvt import activation_quotient, amplification
from bloqs.qsvt.degree_search import DegreeLimitError
from bloqs.qsvt.polynomials import SMALLEST_DELTA

HEIGHT = 0.98
"""Amplitude after every amplification. A little below 1, so that it does not move with the degree, and the
amplitude bounds of the next layer with it; it costs 2 % of the next layer's calls."""

LEAST_HEIGHT = 0.999 * HEIGHT
"""A degree that does not reach it is refused. Its error may be small all the same, as for a degree of 1 that
multiplies by a constant: but what is saved in one run is paid in runs until the ancillas are found zero."""

LARGEST_AMPLIFICATION_ERROR = 0.015
"""Beyond it `HEIGHT` would no longer fit under the polynomial's bound, 0.999."""

LARGEST_ACTIVATION_ERROR = 0.3
"""However little a layer matters, its activation keeps two thirds of its value."""


STARTS = 2
"""Equal shares from which the descent starts, each 0.8 times the one before; the cheapest end is taken."""


class AmplitudeIntervalError(ValueError):
    """The error of a layer leaves no positive lower bound of its amplitude."""


@attrs.frozen
class Parts:
    """The loaded pieces of a network, all by data or all by shape.

    Parameters:
        vector: the input.
        convolutions: one block encoding a residual block.
        columns: column oracle of the output weights, or None.
        skip_weight: tau of the output layer.
        activation: f.
        is_heralded: whether the last normalisation is amplitude amplification with a measured flag.
    """

    vector: VectorEncoding
    convolutions: tuple[RealBlockEncoding, ...]
    columns: ColumnOracle | None
    skip_weight: float
    activation: Activation
    is_heralded: bool = False


@attrs.frozen
class Degrees:
    """`d_i` of the activations, `q_i` of the amplifications (the output's last; calls if heralded)."""

    activation: tuple[SymbolicInt, ...]
    amplification: tuple[SymbolicInt, ...]


def amplitude_interval(
    layer: ResidualBlock | ResidualLinearPooling, bounds: Bounds
) -> tuple[float, float]:
    """Bounds of the amplitude a layer really encodes: its norm's, widened by its error, over its scale."""
    (lo, hi), error, scale = bounds, layer.absolute_error, float(layer.scale)
    if error >= lo:
        raise AmplitudeIntervalError(
            f"error {error:.3g} of a layer reaches its smallest norm {lo:.3g}"
        )
    return (lo - error) / scale, min(1.0, (hi + error) / scale)


def _block(
    parts: Parts, bounds: LayerBounds, i: int, vector: VectorEncoding, degree: SymbolicInt
) -> ResidualBlock:
    """Residual block i on a vector."""
    return ResidualBlock(
        vector,
        parts.convolutions[i],
        activation=parts.activation.name,
        gain=parts.activation.gain,
        degree=degree,
        amplitude_bound=bounds.amplitudes[i],
        norm=None if vector.has_data else bounds.norms[i][0],
    )


def _output(parts: Parts, bounds: LayerBounds, vector: VectorEncoding) -> ResidualLinearPooling:
    """The output layer on a vector."""
    assert parts.columns is not None
    norm = None if vector.has_data else bounds.norms[-1][0]
    return ResidualLinearPooling(vector, parts.columns, skip_weight=parts.skip_weight, norm=norm)


def _amplified(
    layer: ResidualBlock | ResidualLinearPooling, bounds: Bounds, degree: SymbolicInt
) -> NormalizedVector:
    """A layer, amplified by a polynomial of this degree."""
    s_lo, s_hi = amplitude_interval(layer, bounds)
    return NormalizedVector(layer, s_lo=s_lo, s_hi=s_hi, degree=degree, height=HEIGHT)


def _heralded(
    layer: ResidualBlock | ResidualLinearPooling, bounds: Bounds, calls: SymbolicInt
) -> HeraldedVector:
    """A layer, amplified by `(calls - 1)/2` rounds and a flag to be measured."""
    s_lo, s_hi = amplitude_interval(layer, bounds)
    return HeraldedVector(layer, rounds=(calls - 1) // 2, s_lo=s_lo, s_hi=s_hi)


def assemble(parts: Parts, bounds: LayerBounds, degrees: Degrees) -> VectorEncoding:
    """The network of these degrees: blocks, each amplified, then the output layer, amplified."""
    vector = parts.vector
    layer: ResidualBlock | ResidualLinearPooling
    last = len(degrees.amplification) - 1
    for i, degree in enumerate(degrees.amplification):
        if i < len(degrees.activation):
            layer = _block(parts, bounds, i, vector, degrees.activation[i])
        else:
            layer = _output(parts, bounds, vector)
        amplified = _heralded if parts.is_heralded and i == last else _amplified
        vector = amplified(layer, bounds.norms[i], degree)
    return vector


def layers_of(
    encoding: VectorEncoding,
) -> Iterator[tuple[NormalizedVector | HeraldedVector, ResidualBlock | ResidualLinearPooling]]:
    """The amplified layers of an assembled network, the last one first."""
    while isinstance(encoding, (NormalizedVector, HeraldedVector)):
        layer = encoding.vector
        assert isinstance(layer, (ResidualBlock, ResidualLinearPooling))
        yield encoding, layer
        encoding = layer.vector


def sensitivities(parts: Parts, bounds: LayerBounds) -> tuple[float, ...]:
    """By how much an error of the input, and of each layer's normalised vector, is multiplied at the end.

    A block multiplies by `(1 + L)/r`, the output layer by `(tau + 2 (1 - tau))/||g||` (lower bounds of the
    norms); the last entry is 1. First order; the stated epsilon of the assembled bloqs is what is checked.
    """
    factors = [(1 + parts.activation.lipschitz) / lo for lo, _ in bounds.norms]
    if parts.columns is not None:
        factors[-1] = (parts.skip_weight + 2 * (1 - parts.skip_weight)) / bounds.norms[-1][0]
    result = [1.0]
    for factor in reversed(factors):
        result.insert(0, result[0] * factor)
    return tuple(result)


def rounding_errors(parts: Parts, bounds: LayerBounds) -> dict[str, float]:
    """First-order errors at the end from the rounding of the loaded data, each component once."""
    sens = sensitivities(parts, bounds)
    errors = {"input": sens[0] * float(parts.vector.epsilon)}
    for i, convolution in enumerate(parts.convolutions):
        slope = parts.activation.lipschitz / bounds.norms[i][0]
        errors[f"kernel {i + 1}"] = sens[i + 1] * slope * float(convolution.epsilon)
    if parts.columns is not None:
        weight = (1 - parts.skip_weight) / bounds.norms[-1][0]
        errors["output columns"] = weight * float(parts.columns.epsilon)
    return errors


def solve_degrees(parts: Parts, bounds: LayerBounds, epsilon: float) -> Degrees:
    """Degrees whose stated epsilon is at most the one asked, found by equal shares and then descent.

    The T-count is a product over layers of degrees that grow with log(1/error), so equal shares of the final
    error are nearly optimal; then degrees are lowered one by one, dearest first, while the stated epsilon
    holds.

    Parameters:
        parts: by shape.
        bounds: of the layers.
        epsilon: 2-norm error asked of the final vector.

    Raises:
        ValueError: not reachable.
    """
    num_layers = len(parts.convolutions) + (parts.columns is not None)
    share = epsilon / (len(parts.convolutions) + num_layers - parts.is_heralded)
    found: list[Degrees] = []
    for _ in range(60):
        degrees = _equal_shares(parts, bounds, share)
        if degrees is not None and stated_epsilon(parts, bounds, degrees) <= epsilon:
            found.append(_descend(parts, bounds, degrees, epsilon))
            if len(found) == STARTS:
                break
        share *= 0.8
        if share < SMALLEST_DELTA * max(sensitivities(parts, bounds)):
            break
    if found:
        return min(found, key=_number_of_calls)
    worst = max(sensitivities(parts, bounds))
    raise ValueError(
        f"an error of {epsilon:.3g}, the polynomials' share of epsilon, is out of reach: an error of a layer "
        f"is multiplied by up to {worst:.3g} until the end, and a polynomial is accurate to "
        f"{SMALLEST_DELTA:.0e} at best (double precision). Ask for a larger epsilon, narrower norm bounds or "
        "fewer blocks"
    )


def stated_epsilon(parts: Parts, bounds: LayerBounds, degrees: Degrees) -> float:
    """The epsilon of the assembled network.

    Infinite where an error reaches a norm's lower bound, or an amplification does not reach `LEAST_HEIGHT`.
    """
    try:
        encoding = assemble(parts, bounds, degrees)
        heights = [
            amplified.amplification.height
            for amplified, _ in layers_of(encoding)
            if isinstance(amplified, NormalizedVector)
        ]
        return float(encoding.epsilon) if min(heights, default=1) >= LEAST_HEIGHT else float("inf")
    except AmplitudeIntervalError:
        return float("inf")


class _TooAccurateError(ValueError):
    """A polynomial would have to be more accurate than its phases can be."""


def _solvable(delta: float) -> float:
    if delta < SMALLEST_DELTA:
        raise _TooAccurateError
    return delta


def _equal_shares(parts: Parts, bounds: LayerBounds, share: float) -> Degrees | None:
    """Smallest degrees with every polynomial's first-order part of the final error at most `share`."""
    sens, slope = sensitivities(parts, bounds), parts.activation.lipschitz
    activations: list[int] = []
    amplifications: list[int] = []
    vector = parts.vector

    def amplify(layer: ResidualBlock | ResidualLinearPooling, i: int) -> VectorEncoding:
        interval = amplitude_interval(layer, bounds.norms[i])
        if parts.is_heralded and i == len(bounds.norms) - 1:
            amplifications.append(2 * best_rounds(*interval) + 1)
            return _heralded(layer, bounds.norms[i], amplifications[-1])
        delta = _solvable(min(share / sens[i + 1], LARGEST_AMPLIFICATION_ERROR))
        found = amplification(*interval, delta=delta, height=HEIGHT)
        amplifications.append(found.polynomial.degree)
        return _amplified(layer, bounds.norms[i], found.polynomial.degree)

    try:
        for i, convolution in enumerate(parts.convolutions):
            kappa = float(convolution.alpha) * float(vector.alpha)
            bound = min(1.0, (bounds.amplitudes[i] or 1.0) / kappa)
            share_here = share * bounds.norms[i][0] / (slope * sens[i + 1])
            delta = _solvable(min(share_here, LARGEST_ACTIVATION_ERROR))
            quotient = activation_quotient(parts.activation, kappa, bound, delta=delta)
            activations.append(quotient.polynomial.degree)
            vector = amplify(_block(parts, bounds, i, vector, activations[-1]), i)
        if parts.columns is not None:
            amplify(_output(parts, bounds, vector), len(parts.convolutions))
    except (AmplitudeIntervalError, DegreeLimitError, _TooAccurateError):
        return None
    return Degrees(tuple(activations), tuple(amplifications))


def _lowered(degrees: Degrees, is_heralded: bool) -> Iterator[Degrees]:
    """Every way of lowering the degree of one polynomial by 2."""
    for name, least in (("activation", 0), ("amplification", 1)):
        values = getattr(degrees, name)
        fixed = len(values) - 1 if is_heralded and name == "amplification" else None
        for i, value in enumerate(values):
            if i != fixed and value - 2 >= least:
                yield attrs.evolve(degrees, **{name: (*values[:i], value - 2, *values[i + 1 :])})


def _descend(parts: Parts, bounds: LayerBounds, degrees: Degrees, epsilon: float) -> Degrees:
    while True:
        for candidate in sorted(_lowered(degrees, parts.is_heralded), key=_number_of_calls):
            if stated_epsilon(parts, bounds, candidate) <= epsilon:
                degrees = candidate
                break
        else:
            return degrees


def _number_of_calls(degrees: Degrees) -> int:
    """Calls of all loaded pieces, by `c_i = q_i (d_i + 1) (c_{i-1} + 1)` and `q (2 c_k + 1)` at the end.

    A measure of the cost that does not depend on the size of the data, so that the degrees do not either.
    """
    total = 1
    for i, q in enumerate(degrees.amplification):
        if i < len(degrees.activation):
            total = int(q) * (int(degrees.activation[i]) + 1) * (total + 1)
        else:
            total = int(q) * (2 * total + 1)
    return total
