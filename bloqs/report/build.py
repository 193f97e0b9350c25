"""From a model and an image to a `Report`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from qualtran.resource_counting import GateCounts

from bloqs.core.encoding import VectorEncoding
from bloqs.costs import (
    Conventions,
    Decision,
    FootprintError,
    SurfaceCodeFootprint,
    decision,
    surface_code_footprint,
)
from bloqs.costs.assumptions import words
from bloqs.costs.estimate import estimate
from bloqs.costs.report import CostReport
from bloqs.costs.spent import spent_budget
from bloqs.costs.unknown import Unknown
from bloqs.loading import MemoryModel, memory_model
from bloqs.networks import NetworkSpec
from bloqs.networks.bounds import Bounds, layer_bounds
from bloqs.networks.build import DEFAULT_LOADER
from bloqs.networks.computer import ComputerMemoryError
from bloqs.networks.network import ResidualNetwork
from bloqs.networks.regimes import natural_regime
from bloqs.report.diagram import network_diagrams
from bloqs.report.headline import command, readable
from bloqs.report.inputs import Model, NamedImage
from bloqs.report.report import Report
from bloqs.report.variants import Variant
from bloqs.report.verification import Verification, verify_image
from bloqs.show.charts import treemap
from bloqs.show.network import show_network

Progress = Callable[[str], None]
"""Is told the name of each stage as it begins."""

STAGES = (
    "building the network bloq",
    "counting gates",
    "verifying its output",
    "finding the code distance",
    "costing the other output",
    "costing worst-case block norms",
    "costing worst-case norms",
    "drawing",
)


def _to_loader(name: str | None) -> str:
    return DEFAULT_LOADER if name is None else name


@attrs.frozen(kw_only=True)
class Settings:
    """What is asked of a report.

    Parameters:
        epsilon: error of the whole inference, at most; the network's budget shares it out.
        loading: a name of `bloqs.loading.LOADERS`, None for "select-swap"; the verified circuit is the costed
            one.
        norm_bounds: "calibrated" or "worst-case", or pairs as `NetworkSpec.to_bloq` takes them.
        regime: how data reach the machine, 1, 2 or 3; None for the first that allows the network.
        output: "coherent" or "heralded".
        convolution: a name of `bloqs.convolution.STRATEGIES`, how kernels are encoded.
        form: "ours" or "published", whose circuits; a name of `bloqs.layers.forms.FORMS`.
        min_degree: least degree of an activation's polynomial, as `NetworkSpec.to_bloq`.
        qram: a name of `bloqs.loading.MEMORY_MODELS`, how a query of a hardware memory is charged.
        query_error: probability that a query of a hardware memory fails, in [0, 1].
        uncompute: "unitary" or "measured", how tables are unloaded in the cost; the network is chosen for it.
        rotation_model: a name of `bloqs.costs.ROTATION_MODELS`, how rotations become T.
        failure_probability: of the run on the surface code, at most; None for its share of epsilon.
        surface_code: a name of `bloqs.costs.SURFACE_CODE_MODELS`.
        preset: a name of `bloqs.costs.PRESETS`, a machine; None for the model's own.
        physical_error: error rate of a physical gate; None for the preset's.
        cycle_time_us: microseconds of one round of error correction; None for the preset's.
        factories: number of magic-state factories, or "auto".

    Example:
        >>> settings = Settings(epsilon=1e-3, loading="qrom", preset="ion-realistic")
        >>> settings.check()
        >>> settings.physical()
        {'model': 'gidney-fowler', 'preset': 'ion-realistic', 'factories': 1}
    """

    epsilon: float = 1e-2
    loading: str = attrs.field(default=DEFAULT_LOADER, converter=_to_loader)
    norm_bounds: str | tuple[Bounds, ...] = "calibrated"
    regime: int | None = None
    output: str = "coherent"
    convolution: str = "columns-or-rows"
    form: str = "ours"
    min_degree: int = 0
    qram: str = "select-swap"
    query_error: float = 0.0
    uncompute: str = "unitary"
    rotation_model: str = "repeat-until-success"
    failure_probability: float | None = None
    surface_code: str = "gidney-fowler"
    preset: str | None = None
    physical_error: float | None = None
    cycle_time_us: float | None = None
    factories: int | str = 1

    def check(self) -> None:
        """Refuse physical parameters that are out of range and unknown models, before any work.

        Raises:
            ValueError: the message of `surface_code_footprint`, of `Conventions` or of `MemoryModel`.
        """
        self.conventions()
        self.memory()
        try:
            # One T gate on one qubit: whatever is refused here is refused for every network.
            surface_code_footprint(GateCounts(t=1), 1, **self.physical())
        except FootprintError as error:
            raise FootprintError(
                f"no network fits on this machine, not even one T gate on one qubit: {error}"
            ) from error

    def physical(self) -> dict[str, Any]:
        """The arguments of `CostReport.surface_code`; what is None is left to it."""
        given = {
            "model": self.surface_code,
            "preset": self.preset,
            "failure_probability": self.failure_probability,
            "physical_error": self.physical_error,
            "cycle_time_us": self.cycle_time_us,
            "factories": self.factories,
        }
        return {name: value for name, value in given.items() if value is not None}

    def conventions(self) -> Conventions:
        """The default ones with the rotation model of these settings."""
        return Conventions(rotation_model=self.rotation_model)

    def memory(self) -> MemoryModel:
        """The memory model with the error of a query of these settings."""
        return attrs.evolve(memory_model(self.qram), query_error=self.query_error)

    def cost(self, network: VectorEncoding) -> CostReport:
        """A network's cost under the memory model, uncomputation and rotation model of these settings.

        Args:
            network: the bloq, by data or by shape.

        Returns:
            What `bloqs.costs.estimate` finds.

        Raises:
            BudgetError: the queries of a memory fail with more than the error budget has for failures.
        """
        return estimate(
            network, qram=self.memory(), uncompute=self.uncompute, conventions=self.conventions()
        )

    def network(self, spec: NetworkSpec, image: NamedImage, **changes: Any) -> ResidualNetwork:
        """The network bloq of these settings, some of them changed.

        Args:
            spec: the network, with weights.
            image: the input.
            changes: arguments of `NetworkSpec.to_bloq` that stand against these settings.

        Returns:
            The bloq by data, `NetworkSpec.to_bloq`.

        Raises:
            NormBoundsError: the image lies outside the norm bounds.
            ComputerMemoryError: it has no room on this computer; with its cost by shape.
            ValueError: a malformed argument, or bounds that do not exist.
        """
        choices = {**self.choices(spec), **changes}
        try:
            return spec.to_bloq(image.pixels, **choices)
        except ComputerMemoryError as error:
            cost = self.cost(spec.cost_bloq(**choices))
            raise ComputerMemoryError(
                f"{error}. By shape, with these settings: {readable(cost.t_per_sample)} T a sample, "
                f"{readable(cost.logical_qubits)} logical qubits"
            ) from None

    def shape_cost(self, spec: NetworkSpec) -> CostReport:
        """What the network costs by shape, under these choices.

        Args:
            spec: the network.

        Returns:
            The cost of `NetworkSpec.cost_bloq`.

        Raises:
            ValueError: a malformed argument, or bounds that do not exist.
        """
        return self.cost(self.shape_network(spec))

    def choices(self, spec: NetworkSpec) -> dict[str, Any]:
        """What `NetworkSpec.to_bloq` and `cost_bloq` are told of these choices.

        Args:
            spec: the network, whose own regime is taken where none is named.

        Returns:
            Keyword arguments.
        """
        return {
            "regime": natural_regime(spec) if self.regime is None else self.regime,
            "epsilon": self.epsilon,
            "norm_bounds": self.norm_bounds,
            "loading": self.loading,
            "output": self.output,
            "convolution": self.convolution,
            "form": self.form,
            "min_degree": self.min_degree,
            "qram": self.qram,
            "uncompute": self.uncompute,
        }

    def shape_network(self, spec: NetworkSpec) -> ResidualNetwork:
        """The network bloq of these settings by shape.

        Args:
            spec: the network, with weights or without; none is read.

        Returns:
            The bloq by shape, `NetworkSpec.cost_bloq`.

        Raises:
            ValueError: a malformed argument, or bounds that do not exist.
        """
        return spec.cost_bloq(**self.choices(spec))


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

    Returns:
        The report; whether its output agrees with the reference is `Report.passed`.

    Raises:
        NormBoundsError: the image lies outside the norm bounds.
        BudgetError: the queries of a memory fail with more than the error budget has for failures.
        ValueError: a malformed argument, bounds that do not exist, or a failure probability out of reach.

    Example:
        >>> from bloqs.testing import random_network
        >>> made = random_network(3, (2, 1, 1), kernel_size=1, output_layer=False)
        >>> model = Model("random", made.spec.calibrate(made.images))
        >>> image = NamedImage("0", made.image)
        >>> report = network_report(model, image, Settings(loading="rotations"))
        >>> report.passed, report.title
        (True, 'random, image 0')
        >>> sum(part.t_count for part in report.cost.breakdown()) == report.cost.t_count
        True
    """
    settings = settings or Settings()
    settings.check()
    stage = iter(STAGES)

    def begin() -> None:
        name = next(stage)
        if progress is not None:
            progress(name)

    begin()
    network = settings.network(model.spec, image)
    begin()
    # Before the work: a memory whose queries fail too often is refused as soon as they are counted.
    cost = settings.cost(network)
    begin()
    check = verify_image(model, image, network, epsilon=settings.epsilon)
    begin()
    footprint: SurfaceCodeFootprint | Unknown
    try:
        footprint = cost.surface_code(**settings.physical())
    except FootprintError as why:
        # What the circuit takes is known all the same.
        footprint = Unknown(f"no footprint: {why}")
    placed = None if isinstance(footprint, Unknown) else footprint
    variants = [_measured(f"{settings.norm_bounds} norms, {settings.output} (this report)", cost)]

    def variant(name: str, **changes: Any) -> None:
        variants.append(_variant(name, model.spec, image, settings, changes))

    begin()
    other = "coherent" if settings.output == "heralded" else "heralded"
    variant(f"{settings.norm_bounds} norms, {other}", output=other)
    begin()
    if model.spec.has_output_layer:
        name = f"worst-case norms of the blocks, {settings.norm_bounds} of the output"
        try:
            variant(name, norm_bounds=_worst_case_blocks(model.spec, settings))
        except ValueError as error:
            variants.append(Variant(name, error=str(error)))
    begin()
    if settings.norm_bounds != "worst-case":
        variant("worst-case norms of every layer", norm_bounds="worst-case")
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
        decision=_decision(model, check, cost, footprint),
        variants=tuple(variants),
        # A failure probability asked for by hand is not the network's share of epsilon.
        budget=spent_budget(
            network, cost, placed if settings.failure_probability is None else None
        ),
        assumptions=assumptions_block(cost, placed, network),
        diagrams=network_diagrams(network),
        pictures=(show_network(network, depth=3), treemap(network)),
        command=command(model.name, image.name, attrs.asdict(settings), attrs.asdict(Settings())),
    )


def _decision(
    model: Model, check: Verification, cost: CostReport, footprint: SurfaceCodeFootprint | Unknown
) -> Decision:
    """What the class of the image costs where a run is executed as in the report."""
    placed = None if isinstance(footprint, Unknown) else footprint
    found = decision(cost, check.classical, num_classes=model.num_classes, footprint=placed)
    return (
        attrs.evolve(found, hours_per_sample=footprint) if isinstance(footprint, Unknown) else found
    )


def assumptions_block(
    cost: CostReport, footprint: SurfaceCodeFootprint | None, network: VectorEncoding | None = None
) -> dict[str, str]:
    """Everything that a report's figures rest on, in one block.

    Args:
        cost: of the network bloq; what its counts rest on comes first.
        footprint: on a surface code; None where there is none.
        network: the bloq, whose degrees, bounds and alphas are put into words; None to leave them out.

    Returns:
        name -> words, in the order in which they are printed.

    Example:
        >>> from bloqs.costs import estimate
        >>> from bloqs.networks import load_example
        >>> network = load_example("digits-1").spec.cost_bloq()
        >>> block = assumptions_block(estimate(network), None, network)
        >>> block["loading"], block["activation"]
        ('select-swap', 'erf, gain 0.8')
    """
    told = getattr(network, "assumptions", {})
    block = {**cost.assumptions, **{name: words(value) for name, value in told.items()}}
    return block if footprint is None else {**block, **footprint.assumptions}


def _measured(name: str, cost: CostReport) -> Variant:
    qubits = None if isinstance(cost.logical_qubits, Unknown) else cost.logical_qubits
    return Variant(name, cost.t_count, qubits, cost.success_probability)


def _variant(
    name: str, spec: NetworkSpec, image: NamedImage, settings: Settings, changes: dict[str, Any]
) -> Variant:
    try:
        network = settings.network(spec, image, **changes)
        return _measured(name, settings.cost(network))
    except ValueError as error:
        return Variant(name, error=str(error))


def _worst_case_blocks(spec: NetworkSpec, settings: Settings) -> tuple[Bounds, ...]:
    """Worst-case norms of the blocks, and the output layer's norm as in the report."""
    # Without its output layer a network has the worst-case bounds of its blocks alone.
    blocks = layer_bounds(attrs.evolve(spec, output_weights=None, norm_bounds=None), "worst-case")
    return (*blocks.norms, layer_bounds(spec, settings.norm_bounds).norms[-1])
