"""Bounds of the norms that are amplified: calibrated, worst-case, or given."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from bloqs.networks.checks import check_norm_bounds
from bloqs.networks.spec import NetworkSpec

Bounds = tuple[float, float]

NORM_BOUNDS = ("calibrated", "worst-case")
"""Bounds that have a name; others are given as numbers."""


@attrs.frozen
class LayerBounds:
    """What the amplifications and activations of a network are built for.

    Parameters:
        norms: `(lo, hi)` of `||x + f(Wx)||` of each block, then of `||g||` where there is an output layer.
        amplitudes: bound of `max |Wx|` of each block; None for the proved one, 1.
        origin: "calibrated", "worst-case" or "given".
    """

    norms: tuple[Bounds, ...]
    amplitudes: tuple[float | None, ...]
    origin: str


def layer_bounds(spec: NetworkSpec, norm_bounds: str | Sequence[Bounds]) -> LayerBounds:
    """The bounds a network bloq is built for.

    Parameters:
        spec: the network.
        norm_bounds: "calibrated" (measured on images, with a margin, stored in the spec), "worst-case"
            (proved from `||W|| <= 1`: `1 -+ L` for a block, `2 tau - 1` for the output), or one pair a layer.

    Raises:
        ValueError: no calibration, no worst-case bound, too few pairs, or an unknown word.
    """
    proved: tuple[None, ...] = (None,) * spec.num_blocks
    if not isinstance(norm_bounds, str):
        pairs = tuple((float(lo), float(hi)) for lo, hi in norm_bounds)
        check_norm_bounds(spec, pairs)
        return LayerBounds(pairs, proved, "given")
    if norm_bounds == "calibrated":
        if spec.norm_bounds is None:
            raise ValueError(
                "the network has no calibrated norm bounds; call spec.calibrate(images), or pass "
                "norm_bounds='worst-case' or one pair (lo, hi) a layer"
            )
        return LayerBounds(spec.norm_bounds, spec.amplitude_bounds or proved, "calibrated")
    if norm_bounds == "worst-case":
        return LayerBounds(_worst_case(spec), proved, "worst-case")
    raise ValueError(
        f"norm_bounds is 'calibrated', 'worst-case' or a sequence of pairs, got {norm_bounds!r}"
    )


def _worst_case(spec: NetworkSpec) -> tuple[Bounds, ...]:
    """Proved for unit x, `||W|| <= 1`: `||x + f(Wx)|| in [1 - L, 1 + L]`, `||g|| in [2 tau - 1, 1]`."""
    lipschitz, tau = spec.activation.lipschitz, spec.skip_weight
    if lipschitz >= 1:
        raise ValueError(
            f"no worst-case bound for a block: the Lipschitz constant of {spec.activation.name} with gain "
            f"{spec.activation.gain} is {lipschitz:.4g} >= 1, so x + f(Wx) may vanish; use calibrated bounds"
        )
    blocks: tuple[Bounds, ...] = ((1 - lipschitz, 1 + lipschitz),) * spec.num_blocks
    if not spec.has_output_layer:
        return blocks
    if tau <= 0.5:
        raise ValueError(
            f"no worst-case bound for the output layer: with skip_weight tau = {tau} <= 1/2 the vector "
            f"g = tau x + (1-tau) W(x*x) may vanish; use calibrated bounds"
        )
    return (*blocks, (2 * tau - 1, 1.0))
