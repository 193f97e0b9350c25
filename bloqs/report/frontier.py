"""Qubits against hours over loaders, unloading, machines and factories: one frontier of them all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import attrs

from bloqs.checks import instance, sequence
from bloqs.costs import ParetoCurve, SurfaceCodeFootprint
from bloqs.files import write_together
from bloqs.loading import LOADERS
from bloqs.networks import NetworkSpec
from bloqs.report.build import Settings
from bloqs.report.page import render_page
from bloqs.tables import Table, number

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

SHOWN_STEP = 0.9
"""A terminal shows a point where it takes at most this share of the hours of the one before."""


@attrs.frozen(kw_only=True)
class FrontierPoint:
    """One way to run a network.

    Parameters:
        loading: how data are loaded.
        uncompute: how tables are unloaded.
        preset: physical parameters.
        footprint: machine, factories, distances, qubits and hours of one run.
        t_per_sample: expected T of a sample.
        success_probability: of a run.

    Example:
        >>> from bloqs.report import load_model
        >>> made = network_frontier(load_model("digits-1").spec, loaders=["qrom"], models=["yoked-2d"])
        >>> made.points[0].words
        'qrom, ... unload, yoked-2d on gidney-2025, 1 x cultivation, 8T -> CCX, ..., d = ...'
    """

    loading: str
    uncompute: str
    preset: str
    footprint: SurfaceCodeFootprint
    t_per_sample: float
    success_probability: float

    @property
    def physical_qubits(self) -> int:
        """Data and factories."""
        return self.footprint.physical_qubits

    @property
    def hours(self) -> float:
        """Expected hours of a sample."""
        return self.footprint.hours / self.success_probability

    @property
    def qubit_seconds(self) -> float:
        """Spacetime volume of a sample."""
        return 3600 * self.hours * self.physical_qubits

    @property
    def words(self) -> str:
        """What the point is."""
        run = self.footprint
        return (
            f"{self.loading}, {self.uncompute} unload, {run.model} on {self.preset}, {run.factory_words}, "
            f"d = {run.code_distance}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "words": self.words,
            "loading": self.loading,
            "uncompute": self.uncompute,
            "preset": self.preset,
            "machine": self.footprint.model,
            "physical_qubits": self.physical_qubits,
            "hours_per_sample": self.hours,
            "qubit_seconds": self.qubit_seconds,
            "t_per_sample": self.t_per_sample,
            "footprint": self.footprint.to_dict(),
        }


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Frontier:
    """What no other way beats in qubits and hours, and the same for each machine alone.

    Parameters:
        title: of its tables.
        by_machine: machine -> its own frontier, fewest qubits first; without those that have none.
        missing: combination -> why it has no footprint.

    Example:
        >>> from bloqs.report import load_model
        >>> spec = load_model("digits-1").spec
        >>> made = network_frontier(spec, loaders=["qrom"], models=["rotated-grid", "yoked-2d"])
        >>> made.fewest_qubits.footprint.model, made.fewest_qubits.physical_qubits < 100_000
        ('yoked-2d', True)
    """

    title: str
    by_machine: dict[str, tuple[FrontierPoint, ...]]
    missing: dict[str, str]

    @property
    def points(self) -> tuple[FrontierPoint, ...]:
        """Fewest qubits first."""
        return undominated(one for points in self.by_machine.values() for one in points)

    @property
    def fewest_qubits(self) -> FrontierPoint:
        """The smallest machine.

        Raises:
            ValueError: nothing has a footprint.
        """
        if not self.by_machine:
            raise ValueError(f"no combination has a footprint: {next(iter(self.missing.values()))}")
        return self.points[0]

    @property
    def least_qubit_seconds(self) -> FrontierPoint:
        """The smallest spacetime volume."""
        return min(self.points, key=lambda point: point.qubit_seconds)

    def machines_table(self) -> Table:
        """Each machine at its smallest, and at its least qubit-seconds."""
        rows = []
        for machine, points in self.by_machine.items():
            least = min(points, key=lambda point: point.qubit_seconds)
            rows.append(
                (
                    machine,
                    points[0].physical_qubits,
                    number(3600 * points[0].hours, ",.4g"),
                    number(least.qubit_seconds, ".3e"),
                    least.words,
                )
            )
        return Table(
            f"{self.title}: each machine",
            ("machine", "fewest qubits", "seconds", "least qubit-seconds", "by"),
            rows,
            numeric={1, 2, 3},
            note="Seconds and qubit-seconds of one sample, expected.",
        )

    def points_table(self) -> Table:
        """The frontier, without points that gain little."""
        shown: list[FrontierPoint] = []
        for point in self.points:
            if not shown or point.hours <= SHOWN_STEP * shown[-1].hours or point is self.points[-1]:
                shown.append(point)
        rows = [
            (
                point.physical_qubits,
                number(3600 * point.hours, ",.4g"),
                number(point.qubit_seconds, ".2e"),
                point.words,
            )
            for point in shown
        ]
        return Table(
            f"{self.title}: qubits against seconds",
            ("physical qubits", "seconds", "qubit-seconds", "what it is"),
            rows,
            numeric={0, 1, 2},
            note=f"{len(shown)} of {len(self.points)} points; no other way beats one in both.",
        )

    def missing_table(self) -> Table:
        """What has no footprint, and why, once for each machine."""
        machines: dict[str, list[str]] = {}
        for what in self.missing:
            machines.setdefault(what.split(", ")[2], []).append(what)
        rows = [
            (machine, f"{len(ways)}, such as {ways[0]}", self.missing[ways[0]])
            for machine, ways in machines.items()
        ]
        return Table("Without a footprint", ("machine", "ways", "why"), rows)

    def tables(self) -> Iterator[Table]:
        """In the order of the terminal."""
        yield self.machines_table()
        yield self.points_table()
        if self.missing:
            yield self.missing_table()

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON: every point of every machine, and whether it is on the common frontier."""
        front = {id(point) for point in self.points}
        return {
            "title": self.title,
            "points": [
                {**point.to_dict(), "on_frontier": id(point) in front}
                for points in self.by_machine.values()
                for point in points
            ],
            "missing": dict(self.missing),
        }

    def write(self, folder: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write `frontier.json` and `frontier.html` into a folder.

        Args:
            folder: made where it is missing.

        Returns:
            The two paths.

        Raises:
            ValueError: the folder cannot be written to.
        """
        found = self.to_dict()
        drawn = ("machine", "physical_qubits", "hours_per_sample", "on_frontier", "words")
        page = render_page(
            "bloqs.report",
            "frontier.html.j2",
            title=f"{self.title}: qubits against hours",
            points=[{name: point[name] for name in drawn} for point in found["points"]],
            tables=list(self.tables()),
        )
        data = json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        folder = Path(folder)
        return write_together({folder / "frontier.json": data, folder / "frontier.html": page})


def undominated(points: Iterable[FrontierPoint]) -> tuple[FrontierPoint, ...]:
    """The points that no other one equals or beats in qubits and hours.

    Args:
        points: in any order.

    Returns:
        By rising qubits and falling hours.

    Example:
        >>> undominated([])
        ()
    """
    kept: list[FrontierPoint] = []
    for point in sorted(points, key=lambda one: (one.physical_qubits, one.hours)):
        if not kept or point.hours < kept[-1].hours:
            kept.append(point)
    return tuple(kept)


def network_frontier(
    spec: NetworkSpec,
    settings: Settings | None = None,
    *,
    loaders: Sequence[str] = LOADERS_TRIED,
    models: Sequence[str] = MACHINES_TRIED,
    presets: Sequence[str] = ("gidney-2025",),
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
        progress: is told the number of combinations done, of loaders times two times models times presets.

    Returns:
        The frontier.

    Raises:
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
    done = 0
    for loading, uncompute in product(loaders, ("unitary", "measured")):
        cost = attrs.evolve(settings, loading=loading, uncompute=uncompute).shape_cost(spec)
        what = (cost.native, cost.logical_qubits)
        for model, preset in product(models, presets):
            done += 1
            if what not in seen:
                name = f"{loading}, {uncompute} unload, {model} on {preset}"
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
    return Frontier(
        title=title,
        by_machine={model: undominated(points) for model, points in found.items()},
        missing=missing,
    )


def _names(given: Sequence[str], what: str) -> list[str]:
    names = list(dict.fromkeys(sequence(given, what, "a sequence of names")))
    if not names:
        raise ValueError(f"{what} must hold a name, found none")
    return names
