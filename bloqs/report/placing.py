"""The frontier of a network: every loader and unload on every machine with every number of factories."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import attrs

from bloqs.checks import instance, sequence
from bloqs.costs import BudgetError, CostReport, ParetoCurve
from bloqs.loading import LOADERS
from bloqs.networks import NetworkSpec
from bloqs.report.build import Settings
from bloqs.report.frontier import Frontier, FrontierPoint, undominated
from bloqs.report.report import Report

LOADERS_TRIED = (
    "rotations",
    "qrom",
    "select-swap-2",
    "select-swap-4",
    "select-swap-16",
    "select-swap",
)
"""From few qubits and many T to the reverse: blocks of 1 (qrom), 2, 4, 16 words at most, and of any size."""

MACHINES_TRIED = (
    "gidney-fowler",
    "beverland",
    "rotated-grid",
    "rotated-fast-block",
    "yoked-1d",
    "yoked-2d",
    "bicycle-two-gross",
)

PRESETS_TRIED = ("gidney-2025",)

UNLOADS = ("unitary", "measured")


def count_ways(
    loaders: Sequence[str] = LOADERS_TRIED,
    models: Sequence[str] = MACHINES_TRIED,
    presets: Sequence[str] = PRESETS_TRIED,
) -> int:
    """How many combinations `network_frontier` goes through, for a progress bar.

    Args:
        loaders: as of `network_frontier`.
        models: as of `network_frontier`.
        presets: as of `network_frontier`.

    Returns:
        The number that its `progress` is told at the end, of distinct names.

    Example:
        >>> count_ways(["qrom"], ["bicycle-two-gross"])
        2
    """
    return len(UNLOADS) * len(loaders) * len(models) * len(presets)


def network_frontier(
    spec: NetworkSpec,
    settings: Settings | None = None,
    *,
    loaders: Sequence[str] = LOADERS_TRIED,
    models: Sequence[str] = MACHINES_TRIED,
    presets: Sequence[str] = PRESETS_TRIED,
    title: str = "network",
    progress: Callable[[int], None] | None = None,
) -> Frontier:
    """Every loader with both ways to unload, on every machine with every number of every factory.

    Args:
        spec: the network; it is costed by shape.
        settings: epsilon, bounds, output, physical error, ...; what is gone through here is taken from the
            arguments. A heralded output with the defaults when None.
        loaders: names of `bloqs.loading.LOADERS`.
        models: names of `bloqs.costs.SURFACE_CODE_MODELS`.
        presets: names of `bloqs.costs.PRESETS`.
        title: of its tables.
        progress: is told the number of combinations done, of `count_ways`.

    Returns:
        The frontier.

    Raises:
        BudgetError: every loader asks a memory whose queries fail with more than the error budget has for
            failures; where others do not, it is told among what is missing.
        ValueError: a malformed argument, or an unknown name.

    Example:
        >>> from bloqs.report import load_model
        >>> spec = load_model("digits-1").spec
        >>> network_frontier(spec, loaders=["qrom"], models=["bicycle-two-gross"]).missing_table().columns
        ('machine', 'ways', 'why')
    """
    instance(spec, "spec", NetworkSpec, "a NetworkSpec")
    settings = settings or Settings(output="heralded")
    loaders, models, presets = (
        _names(given, what)
        for given, what in ((loaders, "loaders"), (models, "models"), (presets, "presets"))
    )
    for model, preset in product(models, presets):
        attrs.evolve(settings, surface_code=model, preset=preset, failure_probability=0.1).check()
    for loader in loaders:
        LOADERS.find(loader)
    found: dict[str, list[FrontierPoint]] = {}
    missing: dict[str, str] = {}
    seen: set[Any] = set()
    refusals: list[BudgetError] = []
    done = 0
    for loading, uncompute in product(loaders, UNLOADS):
        cost: CostReport | None = None
        try:
            cost = attrs.evolve(settings, loading=loading, uncompute=uncompute).shape_cost(spec)
        except BudgetError as why:
            refusals.append(why)  # by other loaders the memory may not be asked at all
        what = None if cost is None else (cost.native, cost.logical_qubits)
        for model, preset in product(models, presets):
            done += 1
            name = f"{loading}, {uncompute} unload, {model} on {preset}"
            if cost is None:
                missing[name] = str(refusals[-1])
            elif what not in seen:
                physical = attrs.evolve(settings, surface_code=model, preset=preset).physical()
                del physical["factories"]
                try:
                    curve: ParetoCurve = cost.pareto(**physical)
                except ValueError as why:
                    missing[name] = str(why)
                else:
                    found.setdefault(model, []).extend(
                        FrontierPoint(
                            loading=loading,
                            uncompute=uncompute,
                            preset=preset,
                            footprint=run,
                            t_per_sample=cost.t_per_sample or float(cost.t_count),
                            success_probability=cost.success_probability or 1.0,
                        )
                        for run in curve
                    )
            if progress is not None:
                progress(done)
        seen.add(what)
    if len(refusals) == len(loaders) * len(UNLOADS):
        raise refusals[-1]
    return Frontier(
        title=title,
        by_machine={model: undominated(points) for model, points in found.items()},
        missing=missing,
    )


def with_frontier(
    report: Report, *, progress: Callable[[int], None] | None = None, **tried: Sequence[str]
) -> Report:
    """A report with the frontier of its network, by shape, under the report's choices.

    Args:
        report: of an image.
        progress: as of `network_frontier`.
        tried: `loaders`, `models` and `presets`, as of `network_frontier`.

    Returns:
        The same report; its page has the plot, its JSON the points.

    Raises:
        ValueError: as `network_frontier`.

    Example:
        >>> from bloqs.report import NamedImage, Model, network_report
        >>> from bloqs.testing import random_network
        >>> made = random_network(3, (2, 1, 1), kernel_size=1, output_layer=False)
        >>> model = Model("random", made.spec.calibrate(made.images))
        >>> settings = Settings(epsilon=0.1, loading="rotations")
        >>> report = network_report(model, NamedImage("0", made.image), settings)
        >>> report = with_frontier(report, loaders=["rotations"], models=["rotated-grid"])
        >>> report.frontier.points[0].loading
        'rotations'
    """
    found = network_frontier(
        report.model.spec,
        Settings(**report.settings),
        title=report.model.name,
        progress=progress,
        **tried,
    )
    # The command goes through all of them.
    option = " --frontier" if report.command and not tried else ""
    return attrs.evolve(report, frontier=found, command=report.command + option)


def _names(given: Sequence[str], what: str) -> list[str]:
    names = list(dict.fromkeys(sequence(given, what, "a sequence of names")))
    if not names:
        raise ValueError(f"{what} must hold a name, found none")
    return names
