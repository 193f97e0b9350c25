"""The two charts of the explorer, as Plotly has them: plain dictionaries."""

from __future__ import annotations

from typing import Any

from bloqs.costs import CostReport, ParetoCurve, SurfaceCodeFootprint
from bloqs.costs.unknown import Unknown
from bloqs.report.headline import duration, readable
from bloqs.show.svg import BAR, CLASSICAL, INK, MUTED

Figure = dict[str, Any]


def _layout(**more: Any) -> dict[str, Any]:
    return {
        "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        **more,
    }


def empty_chart() -> Figure:
    """A chart of nothing, where there are no figures.

    Returns:
        The figure.

    Example:
        >>> empty_chart()["data"]
        []
    """
    hidden = {"visible": False}
    return {"data": [], "layout": _layout(xaxis=hidden, yaxis=hidden)}


def breakdown_chart(cost: CostReport) -> Figure:
    """Share of the total T of each component, largest on top.

    Args:
        cost: in numbers; components without T are left out.

    Returns:
        The figure: bars.

    Example:
        >>> from bloqs.costs import estimate
        >>> from bloqs.loading import LoadedVector
        >>> breakdown_chart(estimate(LoadedVector([1.0, 2.0, 3.0, 4.0])))["data"][0]["y"]
        ['input loading']
    """
    parts = [part for part in cost.breakdown() if part.share][::-1]
    shares = [100 * float(part.share or 0) for part in parts]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": shares,
        "y": [part.component for part in parts],
        "marker": {"color": BAR},
        "text": [f"{share:.1f} %" for share in shares],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertext": [f"{part.component}: {part.t_count:,} T" for part in parts],
        "hoverinfo": "text",
    }
    axis = {"visible": False, "range": [0, 1.25 * max(shares, default=1)], "fixedrange": True}
    names = {"automargin": True, "fixedrange": True}
    return {"data": [bars], "layout": _layout(xaxis=axis, yaxis=names)}


def frontier_chart(curve: ParetoCurve, footprint: SurfaceCodeFootprint | Unknown) -> Figure:
    """Physical qubits against hours, both as powers of ten, and the run that is chosen.

    Args:
        curve: of runs that no other one beats.
        footprint: of the chosen number of factories.

    Returns:
        The figure: points, and one ring.

    Example:
        >>> from bloqs.costs import estimate
        >>> from bloqs.loading import LoadedVector
        >>> cost = estimate(LoadedVector(None, "qrom", 8, bitsize=6))
        >>> physical = {"failure_probability": 0.01}
        >>> chart = frontier_chart(cost.pareto(**physical), cost.surface_code(**physical))
        >>> [trace["name"] for trace in chart["data"]]
        ['frontier', 'chosen']
    """
    traces = [_points(list(curve), "frontier", {"size": 9, "color": BAR})]
    if not isinstance(footprint, Unknown):
        ring = {"size": 17, "symbol": "circle-open", "color": CLASSICAL, "line": {"width": 3}}
        traces.append(_points([footprint], "chosen", ring))
    axis = {"type": "log", "automargin": True, "gridcolor": "#e3e8ee", "color": MUTED}
    return {
        "data": traces,
        "layout": _layout(
            xaxis={**axis, "title": {"text": "physical qubits"}, "nticks": 6},
            yaxis={**axis, "title": {"text": "hours of a run"}, "nticks": 6},
        ),
    }


def _points(runs: list[SurfaceCodeFootprint], name: str, marker: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [run.physical_qubits for run in runs],
        "y": [run.hours for run in runs],
        "marker": marker,
        "hovertext": [
            f"{readable(run.physical_qubits)} qubits, {duration(run.hours)}<br>"
            f"{run.factories} x {run.factory}, d = {run.code_distance}"
            for run in runs
        ],
        "hoverinfo": "text",
    }
