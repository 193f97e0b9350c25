"""What each layer of a network costs in calls, beside what these degrees need."""

from __future__ import annotations

import math

import attrs

from bloqs.layers import LayerFacts
from bloqs.networks.plan import Degrees, Plan

FEWEST = 1.38
"""Calls of an encoding of amplitude s that a sample takes, times `asin s`: the optimum of Brassard et al."""


def layer_facts(plan: Plan, degrees: Degrees) -> tuple[LayerFacts, ...]:
    """The facts of each layer, with its calls and the least for these degrees.

    A network of degrees d_i is a polynomial of degree `prod (d_i + 1)`, twice that with an output layer, in
    the amplitudes of its input, and needs that many calls. A sample needs `1.38/asin s` calls of an encoding
    whose amplitude is s where that of its input is 1.

    Args:
        plan: what the network is assembled from.
        degrees: its choices.

    Returns:
        One record a layer.

    Example:
        >>> from bloqs.networks import load_example
        >>> facts = load_example("digits-1").spec.cost_bloq(output="heralded").facts
        >>> [(layer.name, round(layer.calls, 1), round(layer.overhead, 2)) for layer in facts.layers]
        [('block 1', 9.0, 3.0), ('output', 16.9, 1.05)]
    """
    pairs = list(zip(plan.stages, degrees, plan.encodings(degrees), strict=True))
    found: list[LayerFacts] = []
    layers, norms = pairs[::2], pairs[1::2]
    for (stage, degree, encoding), (_, amplified, after) in zip(layers, norms, strict=True):
        layer = stage.layer
        of_input = float(layer.calls(1, degree) - layer.calls(0, degree))
        calls, least = of_input * int(amplified or 1), of_input
        if stage is layers[-1][0]:
            unit = layer.height(1.0, stage, degree)
            least *= max(1.0, FEWEST / math.asin(min(1.0, unit)))
            calls *= float(after.alpha) ** 2
        found.append(
            attrs.evolve(
                layer.facts(stage, degree),
                amplification=amplified,
                band=encoding.amplitude_band,
                calls=calls,
                least_calls=least,
                advice=layer.advice(stage, degree),
            )
        )
    return tuple(found)
