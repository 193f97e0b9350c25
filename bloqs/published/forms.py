"""`form="published"`: a specification built of the paper's circuits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from bloqs.activation import ACTIVATIONS, Activation
from bloqs.convolution import STRATEGIES, ConvolutionStrategy
from bloqs.layers import Layer, Normalisation
from bloqs.layers.forms import FORMS, Form
from bloqs.layers.geometry import Geometry
from bloqs.layers.shapes import Bounds
from bloqs.published.layers import (
    PublishedAmplification,
    PublishedLayer,
    PublishedOutput,
    PublishedResidual,
)
from bloqs.published.skip_norm_block import LEAST_NORM
from bloqs.published.skip_norm_network import SPLIT
from bloqs.published.strategies import AmplifiedStrategy
from bloqs.qsvt.phases import TOLERANCE

WORST_CASE = "worst-case"

PAPER_BOUNDS, OUR_BOUNDS = (
    "published circuits, the paper's bounds",
    "published circuits, our bounds",
)
"""The two variants."""

GROWTH = 10.0
"""By which an error grows in a block with our bounds, about; for the accuracy of the convolutions alone."""

MEND = "take form 'ours', which builds the same network"
"""What to do instead, and that it changes nothing."""

PUBLISHED_LAYERS: Mapping[str, Callable[[Layer, float | None], PublishedLayer]] = {
    "residual": PublishedResidual,
    "output": PublishedOutput,
}
"""The published form of each kind of layer that the paper has."""


@attrs.frozen(kw_only=True)
class PublishedForm(Form):
    """The paper's circuits, in two variants that the bounds decide and the report names.

    With "worst-case" bounds these are the paper's: a block is amplified from 1/400 on (Lemma 6), block i of k
    may be off by `epsilon/1424**(k - i)` (Lemma 7), the output by Corollary 1 from `2 tau - 1` on; at
    `tau <= 1/2`, where it has no bound, from the calibrated one. With calibrated or given bounds the same
    circuits are amplified from those on.

    Every convolution is the entrywise LCU, amplified (Lemma 5); `convolution=` is not asked. There is one
    output, coherent.

    Example:
        >>> from bloqs.networks import load_example
        >>> network = load_example("digits-1").spec.cost_bloq(form="published", loading="rotations")
        >>> network.facts.remarks["form"], network.epsilon <= 1e-2
        ('published circuits, our bounds', True)
    """

    def check(
        self,
        layers: Sequence[Layer],
        names: Sequence[str],
        geometries: Sequence[Geometry],
        activation: Activation,
        output: Normalisation,
    ) -> None:
        """The paper has a coherent output, odd functions, residual blocks, and images of a power of two."""
        if output.name != "coherent":
            raise ValueError(
                f"form 'published' ends coherently, by output 'coherent', found {output.name!r}: take that "
                "output, or form 'ours'; neither changes the network"
            )
        if not activation.is_odd:
            odd = ", ".join(name for name, function in ACTIVATIONS.items() if function.is_odd)
            raise ValueError(
                f"form 'published' takes an odd activation ({odd}), found {activation.name!r}: {MEND}; "
                "another activation is another network, to be trained again"
            )
        for name, layer, geometry in zip(names, layers, geometries, strict=True):
            if layer.kind not in PUBLISHED_LAYERS:
                raise ValueError(
                    "form 'published' takes residual blocks and an output layer, all that the paper has, "
                    f"found {name!r}: {MEND}; without that layer it is another network, to be trained again"
                )
            size = geometry.combined_side
            if size & (size - 1):
                wide = 1 << geometry.axis_bits
                raise ValueError(
                    "form 'published' takes image sizes that are powers of two, for its shifts act on whole "
                    f"registers, found M = {size}: {MEND}; images padded with zeros to {wide} x {wide} make "
                    "another network"
                )

    def layer(self, layer: Layer, origin: str) -> Layer:
        """By the kind of the layer."""
        least = LEAST_NORM if origin == WORST_CASE and layer.kind == "residual" else None
        return PUBLISHED_LAYERS[layer.kind](layer, least)

    def normalisation(self, layer: Layer, output: Normalisation, *, is_last: bool) -> Normalisation:
        """The sign function, after every layer."""
        return PublishedAmplification(getattr(layer, "least", None))

    def worst_case_norms(
        self, layer: Layer, activation: Activation, calibrated: Bounds | None
    ) -> Bounds:
        """The layer's; where there are none, for the output at `tau <= 1/2`, the calibrated ones."""
        try:
            return layer.worst_case_norms(activation)
        except ValueError:
            if calibrated is None:
                raise
            return calibrated

    def ways(
        self, layers: Sequence[Layer], origin: str, epsilon: float
    ) -> tuple[ConvolutionStrategy, ...]:
        """Amplified entrywise LCUs, each to a tenth of what reaches the sum of its block."""
        base = STRATEGIES["amplified-entrywise"]
        assert isinstance(base, AmplifiedStrategy)
        growth = SPLIT if origin == WORST_CASE else GROWTH
        last = len(layers) - 1
        shares = [epsilon / growth ** (last - i) * LEAST_NORM / 10 for i in range(len(layers))]
        return tuple(attrs.evolve(base, epsilon=max(share, 20 * TOLERANCE)) for share in shares)

    def remarks(self, layers: Sequence[Layer], origin: str) -> Mapping[str, str]:
        """The variant, and whose the bounds of the output are."""
        found = {"form": PAPER_BOUNDS if origin == WORST_CASE else OUR_BOUNDS}
        tau = next((x.base.skip_weight for x in layers if isinstance(x, PublishedOutput)), None)
        if origin == WORST_CASE and tau is not None and tau <= 0.5:
            found["bounds of the output"] = (
                f"calibrated: at tau = {tau:g} <= 1/2 the paper has none; those of the blocks are the paper's"
            )
        return found


PUBLISHED_FORM = FORMS.register(
    PublishedForm(
        name="published",
        summary="the paper's circuits; with worst-case bounds the paper's bounds too",
    )
)
"""The paper's."""
