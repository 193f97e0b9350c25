"""What a study found: its data, and the fits, claims and crossovers that are read off them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import attrs

from bloqs import __version__
from bloqs.scaling.bars import FAIL, Bar, all_bars, along, polynomial, slope
from bloqs.scaling.crossovers import BASES, Crossover, crossover, ticks
from bloqs.scaling.fits import PowerLaw, fit_power_law
from bloqs.scaling.points import REFUSED
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

    Example:
        >>> from bloqs.scaling import StudySettings, run_study
        >>> small = {"at_log2_n": 6, "at_blocks": 1, "blocks": [1], "epsilons": [0.1], "regimes": [3]}
        >>> study = run_study(StudySettings(max_log2_n=10, **small))
        >>> study.passed, len(study.refused)  # no claim failed, as none could be judged
        (True, 0)
        >>> [found.log2_n for found in study.crossovers.values()][:2]  # not up to 2^10
        [None, None]
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


def _plain(value: Any) -> Any:
    """A numpy number as Python's."""
    return value.item() if hasattr(value, "item") else value
