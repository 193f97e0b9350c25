"""From a model and an image to a `Report`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
from qualtran.resource_counting import GateCounts

from bloqs.costs import SurfaceCodeFootprint, surface_code_footprint
from bloqs.costs.assumptions import words
from bloqs.costs.estimate import CostReport, estimate
from bloqs.networks import NetworkSpec
from bloqs.networks.bounds import Bounds, layer_bounds
from bloqs.report.diagram import network_diagrams
from bloqs.report.inputs import Model, NamedImage
from bloqs.report.report import Report, Variant
from bloqs.report.verification import verify_image
from bloqs.vector_encoding import VectorEncoding

Progress = Callable[[str], None]
"""Is told the name of each stage as it begins."""

STAGES = (
    "building the network bloq",
    "verifying its output",
    "counting gates",
    "finding the code distance",
    "costing worst-case block norms",
    "costing worst-case norms",
    "drawing",
)


@attrs.frozen(kw_only=True)
class Settings:
    """What is asked of a report.

    Parameters:
        epsilon: 2-norm error of the encoded vector, at most.
        loading: "select-swap", "qrom" or "rotations"; the verified circuit is the costed one.
        norm_bounds: "calibrated" or "worst-case".
        failure_probability: of the whole run on the surface code, at most.
        physical_error: error rate of a physical gate.
        cycle_time_us: microseconds of one round of error correction.
        factories: number of magic-state factories.
    """

    epsilon: float = 1e-2
    loading: str = "select-swap"
    norm_bounds: str = "calibrated"
    failure_probability: float = 1e-2
    physical_error: float = 1e-3
    cycle_time_us: float = 1.0
    factories: int = 1

    def check(self) -> None:
        """Refuse physical parameters that are out of range, before any work.

        Raises:
            ValueError: the message of `surface_code_footprint`.
        """
        # One T gate on one qubit: whatever is refused here is refused for every network.
        surface_code_footprint(GateCounts(t=1), 1, **self.physical())

    def physical(self) -> dict[str, Any]:
        """The arguments of `CostReport.surface_code`."""
        return {
            "failure_probability": self.failure_probability,
            "physical_error": self.physical_error,
            "cycle_time_us": self.cycle_time_us,
            "factories": self.factories,
        }


def network_report(
    model: Model,
    image: NamedImage,
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
) -> Report:
    """Build the network of an image by data, verify its output, cost it, and place it on a surface code.

    Args:
        model: the network, with weights.
        image: the input.
        settings: accuracy, loader, bounds, physical parameters; the defaults when None.
        progress: is told the name of each stage (`STAGES`) as it begins.

    Raises:
        NormBoundsError: the image lies outside the norm bounds.
        ValueError: a malformed argument, bounds that do not exist, or a failure probability out of reach.
    """
    settings = settings or Settings()
    settings.check()
    stage = iter(STAGES)

    def begin() -> None:
        name = next(stage)
        if progress is not None:
            progress(name)

    begin()
    network = _network(model.spec, image, settings, settings.norm_bounds)
    begin()
    check = verify_image(model, image, network, epsilon=settings.epsilon)
    begin()
    cost = estimate(network)
    begin()
    footprint = cost.surface_code(**settings.physical())
    main = Variant(_in_words(settings.norm_bounds), cost.t_count, cost.logical_qubits)
    variants = [main]
    begin()
    if model.spec.has_output_layer:
        variants.append(_worst_case_blocks(model.spec, image, settings))
    begin()
    if settings.norm_bounds != "worst-case":
        variants.append(_variant(model.spec, image, settings, "worst-case"))
    begin()
    return Report(
        model=model,
        accuracy=model.accuracy,
        image=image,
        settings=attrs.asdict(settings),
        system_bitsize=int(network.system_bitsize),
        ancilla_bitsize=int(network.ancilla_bitsize),
        alpha=float(network.alpha),
        verification=check,
        cost=cost,
        footprint=footprint,
        variants=tuple(variants),
        assumptions=assumptions_block(cost, footprint, network),
        diagrams=network_diagrams(network),
    )


def assumptions_block(
    cost: CostReport, footprint: SurfaceCodeFootprint, network: VectorEncoding | None = None
) -> dict[str, str]:
    """One block: of the counts, of the network bloq in words, of the surface code."""
    told = getattr(network, "assumptions", {})
    block = {**cost.assumptions, **{name: words(value) for name, value in told.items()}}
    return {**block, **footprint.assumptions}


def _network(
    spec: NetworkSpec,
    image: NamedImage,
    settings: Settings,
    norm_bounds: str | Sequence[Bounds],
) -> VectorEncoding:
    return spec.to_bloq(
        image.pixels, epsilon=settings.epsilon, norm_bounds=norm_bounds, loading=settings.loading
    )


def _in_words(norm_bounds: str) -> str:
    return f"{norm_bounds} (this report)"


def _variant(
    spec: NetworkSpec,
    image: NamedImage,
    settings: Settings,
    norm_bounds: str | Sequence[Bounds],
    name: str = "worst-case for every layer",
) -> Variant:
    try:
        cost = estimate(_network(spec, image, settings, norm_bounds))
    except ValueError as error:
        return Variant(name, error=str(error))
    return Variant(name, cost.t_count, cost.logical_qubits)


def _worst_case_blocks(spec: NetworkSpec, image: NamedImage, settings: Settings) -> Variant:
    """Worst-case norms of the blocks, and the output layer's norm as in the report."""
    name = f"worst-case for the blocks, {settings.norm_bounds} for the output"
    try:
        # Without its output layer a network has the worst-case bounds of its blocks alone.
        blocks = layer_bounds(
            attrs.evolve(spec, output_weights=None, norm_bounds=None), "worst-case"
        )
        output = layer_bounds(spec, settings.norm_bounds).norms[-1]
    except ValueError as error:
        return Variant(name, error=str(error))
    return _variant(spec, image, settings, (*blocks.norms, output), name)
