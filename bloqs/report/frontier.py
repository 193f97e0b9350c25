"""Qubits against hours over loaders, unloading, machines and factories: one frontier of them all."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs

from bloqs.costs import SurfaceCodeFootprint
from bloqs.files import write_together
from bloqs.report.page import render_page
from bloqs.tables import Table, number

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
        >>> from bloqs.report import load_model, network_frontier
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
        >>> from bloqs.report import load_model, network_frontier
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

    @property
    def drawn(self) -> list[dict[str, Any]]:
        """What a page needs of each point of every machine."""
        names = ("machine", "physical_qubits", "hours_per_sample", "on_frontier", "words")
        return [{name: point[name] for name in names} for point in self.to_dict()["points"]]

    def to_html(self) -> str:
        """A page that needs nothing besides itself, its plot interactive."""
        return render_page(
            "bloqs.report",
            "frontier.html.j2",
            title=f"{self.title}: qubits against hours",
            points=self.drawn,
            tables=list(self.tables()),
        )

    def _repr_html_(self) -> str:
        page = html.escape(self.to_html(), quote=True)
        return (
            f'<iframe srcdoc="{page}" title="Qubits against hours" '
            'style="width: 100%; height: 46rem; border: 0"></iframe>'
        )

    def write(self, folder: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write `frontier.json` and `frontier.html` into a folder.

        Args:
            folder: made where it is missing.

        Returns:
            The two paths.

        Raises:
            ValueError: the folder cannot be written to.
        """
        data = json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        folder = Path(folder)
        return write_together(
            {folder / "frontier.json": data, folder / "frontier.html": self.to_html()}
        )


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
