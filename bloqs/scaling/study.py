"""Run a study, and hold what it found."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from bloqs import __version__
from bloqs.scaling.bars import FAIL, Bar, all_bars, along, polynomial, slope
from bloqs.scaling.crossovers import BASES, Crossover, crossover, ticks
from bloqs.scaling.fits import PowerLaw, fit_power_law
from bloqs.scaling.points import MEASURED, OUTPUT_NORMS, REFUSED, Point, Row, measure
from bloqs.scaling.settings import StudySettings

if TYPE_CHECKING:
    import pandas as pd

FITTED = {
    "t_count": "T-count",
    "t_depth": "T-depth",
    "gate_count": "all gates",
    "logical_qubits": "logical qubits",
    "qram_queries": "QRAM queries",
    "input_calls": "input calls",
    "classical_flops": "classical FLOPs",
}
"""Columns whose exponents are fitted, with their names in words."""


@attrs.frozen(kw_only=True, eq=False)
class Study:
    """What a study found.

    Parameters:
        settings: what was measured.
        frame: one row a point and axis: `axis`, then as `bloqs.scaling.points.measure`.
    """

    settings: StudySettings
    frame: pd.DataFrame

    @cached_property
    def bars(self) -> list[Bar]:
        """Every claim, with what was measured."""
        return all_bars(self.frame)

    @property
    def passed(self) -> bool:
        """No claim that could be judged failed."""
        return all(bar.verdict != FAIL for bar in self.bars)

    @cached_property
    def exponents(self) -> dict[tuple[str, str], PowerLaw]:
        """(curve, column) -> exponent in N."""
        fits = {
            (curve.name, column): slope(self.frame, curve.name, column)
            for curve in self.settings.curves
            for column in FITTED
        }
        return {key: fit for key, fit in fits.items() if fit is not None}

    @cached_property
    def growth_by_block(self) -> dict[str, PowerLaw]:
        """Curve -> `log2` of the factor by which one more block multiplies the T-count."""
        return self._growth("k", lambda rows: rows["num_blocks"].to_numpy())

    @cached_property
    def growth_by_accuracy(self) -> dict[str, PowerLaw]:
        """Curve -> exponent of the T-count in `log(1/epsilon)`."""
        import numpy as np

        return self._growth(
            "epsilon", lambda rows: np.log2(np.log2(1 / rows["epsilon"].to_numpy()))
        )

    def _growth(self, axis: str, x: Callable[[Any], Any]) -> dict[str, PowerLaw]:
        found = {}
        for curve in self.settings.curves:
            rows = along(self.frame, axis, curve.name)
            if len(rows) >= 3:
                found[curve.name] = fit_power_law(x(rows), rows["t_count"].to_numpy())
        return found

    @cached_property
    def crossovers(self) -> dict[tuple[str, str, float, float], Crossover]:
        """(curve, basis, clock, FLOP rate) -> crossover; see `bloqs.scaling.crossovers`."""
        found = {}
        for curve in self.settings.curves:
            rows = along(self.frame, "N", curve.name)
            if len(rows) < 3:
                continue
            n = rows["log2_n"].to_numpy(dtype=float)
            for basis in BASES:
                quantum = ticks(rows, basis)
                for clock in self.settings.clocks:
                    for rate in self.settings.flop_rates:
                        classical = rows["classical_flops"].to_numpy(dtype=float) / rate
                        found[curve.name, basis, clock, rate] = crossover(
                            n, quantum / clock, classical
                        )
        return found

    @property
    def refused(self) -> pd.DataFrame:
        """The points that could not be built, with the reason."""
        return self.frame[self.frame["status"] == REFUSED]

    def to_dict(self) -> dict[str, Any]:
        """Everything but the data, ready for JSON."""
        fit = polynomial(self.frame, "r1-oracle", "t_count", 2)
        return {
            "format": "resnet-bloqs scaling",
            "versions": {"resnet-bloqs": __version__, "qualtran": version("qualtran")},
            "settings": attrs.asdict(self.settings),
            "norms": {curve.name: curve.norms.summary for curve in self.settings.curves},
            "passed": self.passed,
            "bars": [attrs.asdict(bar) for bar in self.bars],
            "polynomial_in_log2_n": None if fit is None else attrs.asdict(fit),
            "exponents_in_n": [
                {"curve": curve, "column": column, **attrs.asdict(fit)}
                for (curve, column), fit in self.exponents.items()
            ],
            "t_count_by_block": {
                curve: {"factor": 2**fit.exponent, **attrs.asdict(fit)}
                for curve, fit in self.growth_by_block.items()
            },
            "t_count_by_log_epsilon": {
                curve: attrs.asdict(fit) for curve, fit in self.growth_by_accuracy.items()
            },
            "crossovers": [
                {
                    "curve": curve,
                    "basis": basis,
                    "clock": clock,
                    "flop_rate": rate,
                    **attrs.asdict(found),
                }
                for (curve, basis, clock, rate), found in self.crossovers.items()
            ],
            "refused": [
                {
                    name: _plain(row[name])
                    for name in ("axis", "curve", "log2_n", "num_blocks", "epsilon", "reason")
                }
                for _, row in self.refused.iterrows()
            ],
        }

    def write(self, out: Path) -> list[Path]:
        """Data (CSV, Parquet), summary (JSON, Markdown, HTML) and plots (PNG, SVG) into a folder.

        Raises:
            ValueError: the folder cannot be written to.
        """
        from bloqs.scaling.files import write_study

        return write_study(self, out)


def _plain(value: Any) -> Any:
    """A numpy number as Python's."""
    return value.item() if hasattr(value, "item") else value


def run_study(
    settings: StudySettings | None = None,
    *,
    workers: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Study:
    """Build and cost every network of a study.

    Args:
        settings: what to measure.
        workers: processes; 0 for none besides this one.
        progress: told how many points are done, and of how many.

    Returns:
        The study. A point that cannot be built is a row with its reason.

    Raises:
        ValueError: a negative number of workers; or a part of a network without a known cost.

    >>> study = run_study(StudySettings(max_log2_n=8, blocks=[1], at_log2_n=6, at_blocks=1,
    ...                                 epsilons=[0.1], regimes=[3]))
    >>> len(study.frame), bool((study.frame["status"] == "done").all())
    (8, True)
    """
    import pandas as pd

    settings = settings or StudySettings()
    if workers < 0:
        raise ValueError(f"workers is a number of processes, 0 for this one alone, found {workers}")
    asked = settings.points()
    distinct = list(dict.fromkeys(point for _, point in asked))
    rows: dict[Point, Row] = {}
    for batch, found in _measured(_batches(distinct), workers):
        rows |= zip(batch, found, strict=True)
        if progress is not None:
            progress(len(rows), len(distinct))
    frame = pd.DataFrame([{"axis": axis, **rows[point]} for axis, point in asked])
    # A column without a value, such as the output norms of regime 3 alone, would be one of objects.
    frame = frame.astype(
        dict.fromkeys((*MEASURED, *OUTPUT_NORMS), "float64") | {"reason": "string"}
    )
    return Study(settings=settings, frame=frame)


def _batches(points: Sequence[Point]) -> list[list[Point]]:
    """Points that share N, k and epsilon, whose curves share bloqs and polynomials; the dearest first."""
    groups: dict[tuple[int, int, float], list[Point]] = {}
    for point in points:
        groups.setdefault((point.num_blocks, point.log2_n, point.epsilon), []).append(point)
    return [groups[key] for key in sorted(groups, reverse=True)]


def _measure_all(batch: Sequence[Point]) -> list[Row]:
    return [measure(point) for point in batch]


def _measured(
    batches: Sequence[list[Point]], workers: int
) -> Iterator[tuple[list[Point], list[Row]]]:
    if workers == 0:
        for batch in batches:
            for point in batch:
                yield [point], [measure(point)]
        return
    # Spawned, not forked: the libraries below start threads of their own.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        jobs = {pool.submit(_measure_all, batch): batch for batch in batches}
        try:
            for job in as_completed(jobs):
                yield jobs[job], job.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
