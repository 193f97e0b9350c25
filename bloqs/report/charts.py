"""Charts as SVG text that stands inside a page: no prolog, no metadata, no outside resource."""

from __future__ import annotations

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from bloqs.costs import CostReport
from bloqs.report.verification import Verification
from bloqs.show.svg import BAR, CLASSICAL, INK, MUTED, QUANTUM, STYLE, figure_svg, inline_svg

__all__ = [
    "BAR",
    "INK",
    "MUTED",
    "STYLE",
    "cost_share_svg",
    "figure_svg",
    "image_svg",
    "inline_svg",
    "probabilities_svg",
]


def cost_share_svg(cost: CostReport) -> str:
    """Share of the total T of each component, largest on top.

    Args:
        cost: in numbers; components without T are left out.

    Returns:
        The element `<svg>`.

    Example:
        >>> from bloqs.costs import estimate
        >>> from bloqs.loading import LoadedVector
        >>> chart = cost_share_svg(estimate(LoadedVector([1.0, 2.0, 3.0, 4.0])))
        >>> "input loading" in chart, "100.0 %" in chart
        (True, True)
    """
    parts = [part for part in cost.breakdown() if part.share]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6.6, 0.5 + 0.34 * max(len(parts), 1)))
        axes = figure.subplots()
        rows = range(len(parts))
        shares = [100 * float(part.share or 0) for part in parts]
        axes.barh(rows, shares, color=BAR, height=0.68)
        for row, part, share in zip(rows, parts, shares, strict=True):
            axes.text(share + 0.8, row, f"{share:.1f} %  ({part.t_count:,} T)", va="center")
        axes.set_yticks(rows, [part.component for part in parts])
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.set_xlim(0, max(shares, default=1) * 1.42)
        axes.set_xlabel("share of the total T (%)")
        return figure_svg(figure, "share", "Share of the total T by component")


def probabilities_svg(check: Verification) -> str:
    """Group probabilities, quantum beside classical.

    Args:
        check: one verified image.

    Returns:
        The element `<svg>`: two bars a group.

    Example:
        >>> probabilities = {"quantum": np.array([0.7, 0.3]), "classical": np.array([0.71, 0.29])}
        >>> check = Verification(
        ...     level="semantic", epsilon_asked=0.1, epsilon_stated=0.02, vector_error=0.01,
        ...     success_probability=0.9, num_classes=2, **probabilities,
        ... )
        >>> "quantum (encoded vector)" in probabilities_svg(check)
        True
    """
    groups = np.arange(len(check.quantum))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6.6, 2.5))
        axes = figure.subplots()
        axes.bar(groups - 0.2, check.quantum, 0.38, color=QUANTUM, label="quantum (encoded vector)")
        axes.bar(groups + 0.2, check.classical, 0.38, color=CLASSICAL, label="classical (numpy)")
        axes.set_xticks(groups if len(groups) <= 32 else groups[:: len(groups) // 16])
        axes.set_xlabel("group")
        axes.set_ylabel("probability")
        axes.legend(frameon=False)
        return figure_svg(figure, "probabilities", "Class probabilities, quantum and classical")


def image_svg(pixels: npt.NDArray[np.float64]) -> str | None:
    """The input image in grey, its channels side by side; channels that are all zero are left out.

    Args:
        pixels: float64 `(C, M, M)` or `(M, M)`, in any unit: the largest is black, the smallest white.

    Returns:
        The element `<svg>`; None where the image is too large to draw (M above 32, more than 8 channels) or
        all zero.

    Example:
        >>> image_svg(np.array([[0.0, 1.0], [0.5, 0.0]])).count("<rect")
        4
        >>> image_svg(np.ones((64, 64))) is None
        True
    """
    tensor = pixels if pixels.ndim == 3 else pixels[None]
    shown = [channel for channel in tensor if np.any(channel)]
    size = tensor.shape[-1]
    if not shown or size > 32 or len(shown) > 8:
        return None
    low, high = float(np.min(pixels)), float(np.max(pixels))
    span = high - low or 1.0
    cells = []
    for i, channel in enumerate(shown):
        for (row, column), value in np.ndenumerate(channel):
            grey = round(255 * (1 - (value - low) / span))
            x = i * (size + 1) + column
            cells.append(
                f'<rect x="{x}" y="{row}" width="1.02" height="1.02" fill="rgb({grey},{grey},{grey})"/>'
            )
    width = len(shown) * (size + 1) - 1
    return (
        f'<svg role="img" aria-label="Input image" viewBox="0 0 {width} {size}" '
        f'style="width:{min(14 * width, 420)}px">{"".join(cells)}</svg>'
    )
