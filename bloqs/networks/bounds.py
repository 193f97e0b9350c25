"""Bounds of the norms that are amplified: calibrated, worst-case, or given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from bloqs.layers.forms import OURS, Form
from bloqs.layers.shapes import Bounds
from bloqs.networks.checks import check_norm_bounds
from bloqs.networks.fields import bound_pairs
from bloqs.networks.spec import NetworkSpec


@attrs.frozen
class LayerBounds:
    """What the amplifications and activations of a network are built for.

    Parameters:
        norms: `(lo, hi)` of the norm of each layer's vector before it is normalised, in the order of
            `NetworkSpec.layer_names`.
        amplitudes: bound of the largest argument of f of each layer; None for the proved one, 1.
        origin: "calibrated", "worst-case" or "given".
        arguments: bound of the 2-norm of the argument of f of each layer; None for the proved one, 1.
        peak: bound of the largest entry of the vector before the output layer; None for the proved one, 1.

    Example:
        >>> from bloqs.networks import load_example
        >>> bounds = layer_bounds(load_example("digits-1").spec, "calibrated")
        >>> [round(lo, 2) for lo, hi in bounds.norms], bounds.origin
        ([1.28, 0.04], 'calibrated')
    """

    norms: tuple[Bounds, ...]
    amplitudes: tuple[float | None, ...]
    origin: str
    arguments: tuple[float | None, ...] = ()
    peak: float | None = None

    def argument(self, place: int) -> float | None:
        """Of the layer at a place, from 0."""
        return self.arguments[place] if place < len(self.arguments) else None


def _calibrated(spec: NetworkSpec, form: Form) -> LayerBounds:
    """Measured on images, with a margin, and stored in the spec."""
    if spec.norm_bounds is None:
        raise ValueError(
            "the network has no calibrated norm bounds; call spec.calibrate(images), or pass "
            "norm_bounds='worst-case' or one pair (lo, hi) a layer"
        )
    return LayerBounds(
        spec.norm_bounds,
        _padded(spec, spec.amplitude_bounds),
        "calibrated",
        _padded(spec, spec.argument_bounds),
        spec.peak_bound,
    )


def _worst_case(spec: NetworkSpec, form: Form) -> LayerBounds:
    """Proved by each layer, for unit vectors and weights of norm 1 at most."""
    calibrated = spec.norm_bounds or (None,) * len(spec.all_layers)
    norms = tuple(
        form.worst_case_norms(layer, spec.activation, known)
        for layer, known in zip(spec.all_layers, calibrated, strict=True)
    )
    return LayerBounds(norms, _padded(spec, None), "worst-case")


def _padded(spec: NetworkSpec, amplitudes: Sequence[float] | None) -> tuple[float | None, ...]:
    """One a layer: of an output layer there is none."""
    known: Sequence[float | None] = amplitudes or (None,) * spec.num_blocks
    return (*known, *(None,) * (len(spec.all_layers) - spec.num_blocks))


NORM_BOUNDS: Mapping[str, Callable[[NetworkSpec, Form], LayerBounds]] = {
    "calibrated": _calibrated,
    "worst-case": _worst_case,
}
"""Where bounds come from that are not given, by name."""


def layer_bounds(
    spec: NetworkSpec, norm_bounds: str | Sequence[Bounds], form: Form = OURS
) -> LayerBounds:
    """The bounds a network bloq is built for.

    Args:
        spec: the network.
        norm_bounds: "calibrated" (measured on images, with a margin, stored in the spec), "worst-case"
            (proved from `||W|| <= 1`: `1 -+ L` for a block, `2 tau - 1` for the output), or one pair a layer.
        form: of the network, which may know other worst cases.

    Returns:
        The bounds and their origin.

    Raises:
        ValueError: no calibration, no worst-case bound, too few pairs, or an unknown word.

    Example:
        >>> spec = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1, output_layer=False)
        >>> layer_bounds(spec, "worst-case").norms
        ((0.09..., 1.90...),)
    """
    if not isinstance(norm_bounds, str):
        pairs = bound_pairs(norm_bounds, "norm_bounds must be one pair (lo, hi) a layer")
        check_norm_bounds(spec, pairs)
        return LayerBounds(pairs, _padded(spec, None), "given")
    if norm_bounds not in NORM_BOUNDS:
        raise ValueError(
            f"norm_bounds is {', '.join(map(repr, NORM_BOUNDS))} or a sequence of pairs, got "
            f"{norm_bounds!r}"
        )
    return NORM_BOUNDS[norm_bounds](spec, form)
