"""`form="published"`: a specification built of the paper's circuits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from bloqs.activation import Activation
from bloqs.convolution import STRATEGIES, ConvolutionStrategy
from bloqs.layers import Layer, Normalisation
from bloqs.layers.forms import FORMS, Form
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

    def layer(self, layer: Layer, origin: str) -> Layer:
        """By the kind of the layer."""
        if layer.kind not in PUBLISHED_LAYERS:
            raise ValueError(
                f"the paper has no layer {layer.kind!r}: form 'published' takes residual blocks and an "
                "output layer; take form 'ours'"
            )
        least = LEAST_NORM if origin == WORST_CASE and layer.kind == "residual" else None
        return PUBLISHED_LAYERS[layer.kind](layer, least)

    def normalisation(self, layer: Layer, output: Normalisation, *, is_last: bool) -> Normalisation:
        """The sign function, after every layer."""
        if output.name != "coherent":
            raise ValueError(
                f"form 'published' has the output 'coherent' alone, found {output.name!r}: take that "
                "output, or form 'ours'"
            )
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
