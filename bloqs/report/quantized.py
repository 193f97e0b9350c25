"""Networks of a few bits an angle: what each classifies correctly, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np

from bloqs.checks import whole_number
from bloqs.networks import NetworkSpec, NormBoundsError
from bloqs.networks.facts import NetworkFacts
from bloqs.networks.network import ResidualNetwork
from bloqs.reference import forward, forward_vectors
from bloqs.report.build import Settings
from bloqs.report.inputs import Model, NamedImage
from bloqs.tables import Table, number

DEFAULT_BITS = (6, 7, 8, 9, 10, 12)
"""Numbers of bits that are tried where none is named."""


@attrs.frozen(kw_only=True)
class QuantizedCost:
    """A network of some number of bits, measured and costed.

    Parameters:
        bits: of its angles; None for the network as it was.
        spec: the network.
        accuracy: share of the test images that its exact forward pass classifies correctly; None where the
            model has no test images.
        outside: test images outside its norm or amplitude bounds; None likewise.
        t_count: T of one run on the image, unloads as the settings say; None where the image lies outside
            the bounds of this network.
        t_per_sample: expected T of a sample; None likewise.
        unitary_t_count: T of one run of the circuit that is verified, tables unloaded by a second lookup.
        pieces: bits of the input and of each layer, in words.

    Example:
        >>> spec = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1)
        >>> QuantizedCost(
        ...     bits=9, spec=spec, accuracy=0.98, outside=0, t_count=None, t_per_sample=None,
        ...     unitary_t_count=None, pieces="image outside its bounds",
        ... ).accuracy
        0.98
    """

    bits: int | None
    spec: NetworkSpec
    accuracy: float | None
    outside: int | None
    t_count: float | None
    t_per_sample: float | None
    unitary_t_count: float | None
    pieces: str


def quantized_costs(
    model: Model,
    image: NamedImage,
    bits: Sequence[int],
    settings: Settings,
    progress: Callable[[str], None] | None = None,
) -> tuple[QuantizedCost, ...]:
    """The network as it is, and with each number of bits.

    Args:
        model: with weights.
        image: that is costed, by data.
        bits: of the angles, each 3 to 50.
        settings: how it is built and costed.
        progress: is told what is next.

    Returns:
        One a network, that of the model first.

    Raises:
        ValueError: bits out of range, or a network that cannot be built.

    Example:
        >>> from bloqs.report import load_model
        >>> model = load_model("digits-1")
        >>> found = quantized_costs(model, model.image("0"), [9], Settings(output="heralded"))
        >>> [cost.accuracy for cost in found], found[1].t_count < 0.9 * found[0].t_count
        ([0.98, 0.98], True)
    """
    bits = [whole_number(b, "bits") for b in bits]
    specs = [(None, model.spec), *((b, model.spec.quantized(b)) for b in bits)]
    costs = []
    for b, spec in specs:
        if progress is not None:
            progress("as it is" if b is None else f"{b} bits")
        counted = _NOT_COUNTED
        try:
            # Before the test images: what refuses the network refuses it at once.
            counted = _counted(settings.network(spec, image), settings)
        except NormBoundsError:
            if b is None:
                raise
        accuracy, outside = _on_test_images(model, spec)
        costs.append(
            QuantizedCost(bits=b, spec=spec, accuracy=accuracy, outside=outside, **counted)
        )
    return tuple(costs)


_NOT_COUNTED: dict[str, Any] = {
    "t_count": None,
    "t_per_sample": None,
    "unitary_t_count": None,
    "pieces": "image outside its bounds",
}


def _counted(network: ResidualNetwork, settings: Settings) -> dict[str, Any]:
    """The figures of a network that the image is inside of."""
    cost = settings.cost(network)
    unitary = attrs.evolve(settings, uncompute="unitary").cost(network)
    assert isinstance(network.facts, NetworkFacts)
    bits = network.facts.remarks.get("angle bits of each piece")
    return {
        "t_count": cost.t_count,
        "t_per_sample": cost.t_per_sample,
        "unitary_t_count": unitary.t_count,
        "pieces": f"all {network.facts.angle_bits}" if bits is None else bits,
    }


def _on_test_images(model: Model, spec: NetworkSpec) -> tuple[float | None, int | None]:
    """Accuracy, and the number of images outside the bounds."""
    example = model.example
    if example is None:
        return None, None
    classes = example.predict(forward(spec, example.images))
    accuracy = float(np.mean(classes == example.labels))
    if spec.norm_bounds is None:
        return accuracy, None
    low, high = np.array(spec.norm_bounds).T
    norms = spec.layer_norms(example.images)
    outside = np.any((norms < low) | (norms > high), axis=1)
    if spec.amplitude_bounds is not None:
        amplitudes = forward_vectors(spec, example.images).amplitudes
        outside |= np.any(amplitudes > np.array(spec.amplitude_bounds), axis=1)
    return accuracy, int(np.sum(outside))


def quantized_table(costs: Sequence[QuantizedCost], title: str) -> Table:
    """A row a network, the share of T against the first.

    Args:
        costs: of `quantized_costs`.
        title: of the table.

    Returns:
        The table.

    Example:
        >>> spec = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1)
        >>> cost = QuantizedCost(
        ...     bits=9, spec=spec, accuracy=0.98, outside=0, t_count=300.0, t_per_sample=400.0,
        ...     unitary_t_count=500.0, pieces="all 9",
        ... )
        >>> quantized_table([cost], "bits").rows[0]
        ('9', '98.00%', '0', '400', '300', '500', '100.0%', 'all 9')
    """
    first = costs[0].t_count
    rows = [
        (
            "as it is" if cost.bits is None else str(cost.bits),
            number(cost.accuracy, ".2%"),
            number(cost.outside, ","),
            number(cost.t_per_sample, ",.0f"),
            number(cost.t_count, ",.0f"),
            number(cost.unitary_t_count, ",.0f"),
            "" if cost.t_count is None or not first else f"{cost.t_count / first:.1%}",
            cost.pieces,
        )
        for cost in costs
    ]
    heads = (
        "bits",
        "accuracy",
        "outside bounds",
        "T a sample",
        "T a run",
        "T a run, unitary unloads",
        "share of T",
        "angle bits of each piece",
    )
    return Table(title, heads, rows, numeric={1, 2, 3, 4, 5, 6})
