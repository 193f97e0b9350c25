"""Drawings as SVG text that stands inside a page: no prolog, no metadata, no outside resource."""

from __future__ import annotations

import io
import re
from typing import Any

from matplotlib.figure import Figure

QUANTUM, CLASSICAL, BAR, INK, MUTED = "#2a6fbb", "#e0872b", "#2a6fbb", "#1f2933", "#6b7785"
"""Blue and orange, which stay apart for the colour-blind and in grey."""

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "resnet-bloqs",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}
# The salt makes the ids, and so the file, the same at every run.
_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def inline_svg(svg: str, prefix: str, title: str) -> str:
    """An SVG file's text as an element of a page.

    Args:
        svg: the file, with or without prolog.
        prefix: put before every id, so that two charts in one page do not share them.
        title: read out by screen readers.

    Returns:
        The element `<svg>`, as wide as the page allows; no prolog, namespaces or metadata.

    Example:
        >>> file = '<?xml version="1.0"?><svg width="10pt" height="9pt"><path id="a"/></svg>'
        >>> inline_svg(file, "chart", "A line")
        '<svg role="img" aria-label="A line" style="max-width:10pt"><path id="chart-a"/></svg>'
    """
    svg = re.sub(
        r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.S
    )
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r'\b(xlink:href|href)="#([^"]+)"', rf'\1="#{prefix}-\2"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    # Namespaces are names, not addresses; inside an HTML page they are implied.
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg)
    svg = svg.replace("xlink:href", "href")
    width = re.search(r'<svg[^>]*?\swidth="([\d.]+)(?:pt|px)?"', svg)
    style = f' style="max-width:{float(width.group(1)):.0f}pt"' if width else ""
    svg = re.sub(r'(<svg[^>]*?)\swidth="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?)\sheight="[^"]*"', r"\1", svg, count=1)
    return svg.strip().replace("<svg", f'<svg role="img" aria-label="{title}"{style}', 1)


def figure_svg(figure: Figure, prefix: str, title: str) -> str:
    """A matplotlib figure as an element of a page, the same text at every run.

    Args:
        figure: the figure; the caller sets its style, see `STYLE`.
        prefix: put before every id, as in `inline_svg`.
        title: read out by screen readers.

    Returns:
        The element `<svg>`.

    Example:
        >>> figure = Figure(figsize=(2, 1))
        >>> line = figure.subplots().plot([1, 2, 4])
        >>> figure_svg(figure, "growth", "T-count by block")[:44]
        '<svg role="img" aria-label="T-count by block'
    """
    stream = io.StringIO()
    figure.savefig(stream, format="svg", bbox_inches="tight", metadata=_METADATA)
    return inline_svg(stream.getvalue(), prefix, title)
