"""Layers with an activation: the degree of the polynomial for `f(u)/u`, and what they tell."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bloqs.activation import Activation
from bloqs.core.encoding import VectorEncoding
from bloqs.layers.facts import InadmissibleError, LayerFacts, solvable
from bloqs.layers.layer import Layer, Stage
from bloqs.qsvt import activation_quotient
from bloqs.qsvt.degree_search import LARGEST_DEGREE

LARGEST_ACTIVATION_ERROR = 0.3
"""However little a layer matters, its activation keeps two thirds of its value."""

ACCURATE = 0.01
"""An activation with this part of the error allowed is exact: a higher degree would gain nothing."""

FALLING, STALLED = 0.99, 8
"""A polynomial whose error is not below this part of the best for so many degrees gets no better."""

HARDLY = 1e-6
"""By so little an error may exceed what is allowed, for rounding."""

LARGEST_SHARE = 3.0
"""The whole error of a layer holds that of its polynomial at most so often: for the exact argument, for the
argument's own error, and for what a chord is longer than a line."""

NARROW = 1.05
"""Norms within this factor are no reason of a cost."""


def open_gap(activation: Activation, error: float) -> float:
    """What is left of the gap of an activation by an error of its argument.

    Args:
        activation: f.
        error: of the argument, absolute.

    Returns:
        The least modulus at which the polynomial must hold; 0 where f has no gap.

    Raises:
        InadmissibleError: nothing is left.

    Example:
        >>> round(open_gap(Activation("relu", gap=0.1), 0.02), 6), open_gap(Activation("erf"), 0.02)
        (0.08, 0.0)
    """
    if activation.gap is None:
        return 0.0
    if error >= activation.gap:
        raise InadmissibleError(
            f"an error of {error:.3g} closes the gap {activation.gap:g} of {activation.name}"
        )
    return activation.gap - error


def smallest_activation_degree(vector: VectorEncoding, stage: Stage, share: float) -> int:
    """The degree of an activation's quotient, whose error is multiplied by `L/lo`.

    Args:
        vector: encoding of the input.
        stage: the place of the layer, with its convolution loaded.
        share: error allowed in the normalised image.

    Returns:
        The smallest degree.

    Raises:
        InadmissibleError: there is none.
        DegreeLimitError: of the polynomials.

    Example:
        >>> from bloqs.convolution import STRATEGIES
        >>> from bloqs.layers import Residual
        >>> from bloqs.layers.geometry import Geometry
        >>> from bloqs.layers.shapes import KernelShape
        >>> from bloqs.loading import LoadedVector
        >>> stage = Stage(
        ...     layer=Residual(KernelShape(1, 3, 3.0)), number=1, name="block 1", label="block 1",
        ...     geometry=Geometry((1, 2, 2)), activation=Activation("gelu", gain=1.0), norms=(0.9, 1.3),
        ...     amplitude=0.3, convolution=STRATEGIES["columns"], kernel_loading="rotations",
        ...     column_loading=None, angle_bits=None,
        ... ).loaded()
        >>> smallest_activation_degree(LoadedVector(None, bitsize=2), stage, 1e-4)
        3
    """
    kappa = float(stage.piece.alpha) / float(vector.reference_amplitude)
    bound = min(1.0, (stage.amplitude or 1.0) * vector.scaled_error.high / kappa)
    norm = min(1.0, stage.argument or 1.0)
    local = share * stage.lower_bound / stage.activation.lipschitz / norm
    delta = solvable(min(local, LARGEST_ACTIVATION_ERROR))
    known, e_w = vector.scaled_error, float(stage.piece.epsilon)
    least = known.low * open_gap(stage.activation, (1 + e_w) * known.error + e_w) / kappa
    found = activation_quotient(stage.activation, kappa, bound, delta=delta, y_min=least)
    return found.polynomial.degree


def activation_choices(
    layer: Layer, vector: VectorEncoding, stage: Stage, error: float
) -> Iterator[int]:
    """Degrees of an activation: 0, 2, 4, ..., or 0, 1, 3, ... where f is not odd.

    Args:
        layer: whose `encode` and `polynomial_error` are asked.
        vector: encoding of the input.
        stage: the place of the layer.
        error: the most that the normalised image may be off.

    Yields:
        The degrees whose error is not above the error allowed, until the polynomial's own is a small part of
        it, or falls no more, as it does where double precision ends.

    Example:
        >>> from bloqs.convolution import STRATEGIES
        >>> from bloqs.layers import Residual
        >>> from bloqs.layers.geometry import Geometry
        >>> from bloqs.layers.shapes import KernelShape
        >>> from bloqs.loading import LoadedVector
        >>> block = Residual(KernelShape(1, 3, 3.0))
        >>> stage = Stage(
        ...     layer=block, number=1, name="block 1", label="block 1", geometry=Geometry((1, 2, 2)),
        ...     activation=Activation("gelu", gain=1.0), norms=(0.9, 1.3), amplitude=0.3,
        ...     convolution=STRATEGIES["columns"], kernel_loading="rotations", column_loading=None,
        ...     angle_bits=None,
        ... ).loaded()
        >>> list(activation_choices(block, LoadedVector(None, bitsize=2), stage, 1e-4))
        [3, 5]
    """
    first = 2 if stage.activation.is_odd else 1
    best, idle = math.inf, 0
    for degree in (0, *range(first, LARGEST_DEGREE + 1, 2)):
        if degree < stage.min_degree:
            continue
        encoding = layer.encode(vector, stage, degree)
        part = layer.polynomial_error(encoding, stage)
        whole = encoding.scaled_error.error
        if whole <= error * (1 + HARDLY):
            yield degree
        if part is None:
            continue
        # What is left of the whole without the polynomial is too much already, whatever the degree.
        if degree > 0 and whole - LARGEST_SHARE * part.size > error:
            return
        idle = 0 if part.size < FALLING * best else idle + 1
        best = min(best, part.size)
        if part.size < ACCURATE * error or idle == STALLED:
            return


def activation_advice(stage: Stage, degree: int | None) -> str:
    """A smaller alpha, a narrower band, smaller arguments: those that would help.

    Args:
        stage: the place of the layer, with its convolution loaded.
        degree: its choice.

    Returns:
        The words.

    Example:
        >>> from bloqs.convolution import STRATEGIES
        >>> from bloqs.layers import Residual
        >>> from bloqs.layers.geometry import Geometry
        >>> from bloqs.layers.shapes import KernelShape
        >>> stage = Stage(
        ...     layer=Residual(KernelShape(1, 3, 3.0)), number=1, name="block 1", label="block 1",
        ...     geometry=Geometry((1, 2, 2)), activation=Activation(), norms=(0.9, 0.9), amplitude=0.3,
        ...     convolution=STRATEGIES["columns"], kernel_loading="rotations", column_loading=None,
        ...     angle_bits=None,
        ... ).loaded()
        >>> activation_advice(stage, 2)
        'alpha of the convolution nearer ||Conv|| (alpha is 3), arguments of f smaller than 0.3'
    """
    alpha, (lo, hi) = float(stage.piece.alpha), stage.bounds
    parts = [f"alpha of the convolution nearer ||Conv|| (alpha is {alpha:.3g})"]
    if hi / lo > NARROW:
        parts.append(f"norms in a narrower band than a factor {hi / lo:.3g}")
    if degree is not None and degree > 0:
        largest = min(1.0, stage.amplitude or 1.0)
        parts.append(f"arguments of f smaller than {largest:.3g}")
    return ", ".join(parts)


def activation_facts(stage: Stage, degree: int | None, *, is_alpha_measured: bool) -> LayerFacts:
    """Degree, bounds of the argument, alpha of the convolution; whether the layer is linear.

    Args:
        stage: the place of the layer, with its convolution loaded.
        degree: its choice; None for a layer without activation.
        is_alpha_measured: whether the kernel is known.

    Returns:
        The facts.

    Example:
        >>> from bloqs.networks import load_example
        >>> load_example("digits-1").spec.cost_bloq(epsilon=0.05).facts.layers[0].is_alpha_measured
        False
    """
    notes = {}
    if degree == 0:
        notes[f"{stage.name} is linear"] = (
            "at this epsilon degree 0 suffices: a multiple of the argument stands for the activation"
        )
    has_activation = degree is not None
    return LayerFacts(
        notes=notes,
        argument=min(1.0, stage.argument or 1.0) if has_activation else None,
        name=stage.name,
        norms=stage.bounds,
        degree=degree,
        amplitude=(1.0 if stage.amplitude is None else stage.amplitude) if has_activation else None,
        alpha=float(stage.piece.alpha),
        is_alpha_measured=is_alpha_measured,
    )
