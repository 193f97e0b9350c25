"""The plots of a study: measured points, joined; nothing is drawn that was not measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from bloqs.report.charts import STYLE
from bloqs.scaling.bars import along
from bloqs.scaling.crossovers import BASES, ticks
from bloqs.scaling.curves import CURVES
from bloqs.scaling.study import Study

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#5f6b76")
"""Wong's colours, which stay apart for the colour-blind."""

BASE_CURVES = tuple(curve.name for curve in CURVES if curve.norms.name == "constant")
MARKERS = "osD^vPX"

Axes = Any


def _look(name: str) -> dict[str, Any]:
    """A curve keeps its colour and marker in every plot; the spread norms share those of their regime."""
    base = name.removesuffix("-spread").removesuffix("-fading")
    place = BASE_CURVES.index(base)
    line = "--" if name.endswith("-spread") else ":" if name.endswith("-fading") else "-"
    return {
        "color": COLOURS[place],
        "marker": MARKERS[place],
        "linestyle": line,
        "markersize": 3.2,
        "linewidth": 1.1,
    }


def _draw(
    axes: Axes, study: Study, axis: str, column: str, names: Callable[[str], bool], title: str
) -> None:
    for curve in study.settings.curves:
        if not names(curve.name):
            continue
        rows = along(study.frame, axis, curve.name)
        rows = rows[rows[column] > 0]
        if not len(rows):
            continue
        x = {
            "N": lambda r: 2.0 ** r["log2_n"].to_numpy(),
            "k": lambda r: r["num_blocks"].to_numpy(),
            "epsilon": lambda r: 1 / r["epsilon"].to_numpy(),
        }[axis](rows)
        axes.plot(x, rows[column].to_numpy(), label=curve.label, **_look(curve.name))
    axes.set_title(title, loc="left", fontsize=9)
    axes.set_yscale("log")
    if axis != "k":
        axes.set_xscale("log", base=2 if axis == "N" else 10)
    axes.set_xlabel({"N": "N, entries of one path", "k": "blocks k", "epsilon": "1/epsilon"}[axis])
    _plain(axes)


def _plain(axes: Axes) -> None:
    """A grid, and no ticks between the powers: they are most of the drawing's time and say nothing."""
    axes.minorticks_off()
    axes.grid(True, color="#e4e7eb", linewidth=0.6)


def _is_base(name: str) -> bool:
    return name in BASE_CURVES


def _panels(study: Study, axis: str) -> Figure:
    columns = {
        "t_count": "T-count",
        "t_depth": "T-depth (upper bound)",
        "gate_count": "all gates",
        "logical_qubits": "logical qubits",
        "qram_queries": "QRAM queries",
        "input_calls": "calls of the input encoding",
    }
    figure = Figure(figsize=(10.5, 6.4), layout="constrained")
    grid = figure.subplots(2, 3)
    for axes, (column, title) in zip(grid.flat, columns.items(), strict=True):
        _draw(axes, study, axis, column, _is_base, title)
    _legend(figure, grid.flat[0])
    return figure


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)


def _norms(study: Study) -> Figure:
    """Constant norms against spread ones."""
    figure = Figure(figsize=(10.5, 3.9), layout="constrained")
    grid = figure.subplots(1, 3)

    def names(name: str) -> bool:
        return name.startswith(("r1-oracle", "r2-d2"))

    for axes, (column, title) in zip(
        grid,
        {
            "t_per_sample": "expected T per sample",
            "gate_count": "all gates",
            "output_norm_low": "||g||, lower bound assumed",
        }.items(),
        strict=True,
    ):
        _draw(axes, study, "N", column, names, title)
    _legend(figure, grid[0])
    return figure


def _times(study: Study) -> Figure:
    """Seconds of one sample at each clock, against the classical forward pass."""
    settings = study.settings
    names = [name for name in ("r1-oracle", "r2-d2", "r3-d2") if len(along(study.frame, "N", name))]
    figure = Figure(figsize=(10.5, 3.9), layout="constrained")
    grid = np.atleast_1d(figure.subplots(1, max(1, len(names))))
    for axes, name in zip(grid, names, strict=False):
        rows = along(study.frame, "N", name)
        n = 2.0 ** rows["log2_n"].to_numpy()
        for clock, line in zip(settings.clocks, ("-", "--", ":", "-.") * 9, strict=False):
            for place, basis in enumerate(BASES):
                seconds = ticks(rows, basis) / clock
                axes.plot(
                    n, seconds, line, color=COLOURS[place], label=f"{basis}, {clock:.0e}/s", lw=1.1
                )
        for rate, line in zip(settings.flop_rates, ("-", "--", ":", "-.") * 9, strict=False):
            axes.plot(
                n,
                rows["classical_flops"].to_numpy() / rate,
                line,
                color=COLOURS[3],
                label=f"classical, {rate:.0e} FLOP/s",
                lw=1.1,
            )
        label = next(curve.label for curve in settings.curves if curve.name == name)
        axes.set_title(f"regime {label}: seconds", loc="left", fontsize=9)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xlabel("N, entries of one path")
        _plain(axes)
    if names:
        _legend(figure, grid[0])
    return figure


def study_figures(study: Study) -> dict[str, tuple[str, Figure]]:
    """The plots of a study.

    Args:
        study: what was found.

    Returns:
        File name without suffix -> (title, matplotlib figure).

    Example:
        >>> from bloqs.scaling import StudySettings, run_study
        >>> small = {"at_log2_n": 6, "at_blocks": 1, "blocks": [1], "epsilons": [0.1], "regimes": [3]}
        >>> study = run_study(StudySettings(max_log2_n=10, **small))
        >>> list(study_figures(study))
        ['against-n', 'against-blocks', 'against-epsilon', 'norms', 'crossover']
    """
    with matplotlib.rc_context(STYLE):
        figures = {
            "against-n": ("Costs against N", _panels(study, "N")),
            "against-blocks": ("Costs against the number of blocks", _panels(study, "k")),
            "against-epsilon": ("Costs against accuracy", _panels(study, "epsilon")),
            "norms": ("Constant norms against spread ones", _norms(study)),
            "crossover": ("Time of one run against the classical forward pass", _times(study)),
        }
        for _, figure in figures.values():
            # Once, not at every saving.
            figure.draw_without_rendering()
            figure.set_layout_engine("none")
        return figures
