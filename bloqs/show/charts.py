"""Treemap and flame graph of T."""

from __future__ import annotations

from typing import Any

import matplotlib
import squarify
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from qualtran import Bloq

from bloqs.core.chain import chain
from bloqs.core.encoding import VectorEncoding
from bloqs.show.network import network_tree
from bloqs.show.picture import Picture
from bloqs.show.svg import STYLE, figure_svg
from bloqs.show.tree import REST, CostNode, cost_tree, outline

COLOURS = ("#2a6fbb", "#e0872b", "#3c9d6d", "#a35bb5", "#c9534f", "#6b7785", "#b8a02e", "#4aa3b8")
"""Of the parts, told apart by the colour-blind as far as eight can be; every box has its name as well."""


def treemap(bloq: Bloq, *, depth: int = 6, min_share: float = 0.01, **options: Any) -> Picture:
    """Where T goes, as boxes whose area is their share.

    Of a network: its layers, each with the components of its own gates. Of any other bloq: every call as a
    box within the box of its caller.

    Args:
        bloq: any that can be costed, in numbers.
        depth: levels of calls.
        min_share: of the total T: what has less is one box, "everything smaller".
        options: `qram` and `conventions`, as `bloqs.show.cost_tree`.

    Returns:
        The drawing, kilobytes.

    Raises:
        ValueError: as `bloqs.show.cost_tree`.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> treemap(LoadedVector(None, "qrom", 8, bitsize=6)).title
        'T of loaded vector'
    """
    if isinstance(bloq, VectorEncoding) and len(chain(bloq)) > 1 and not options:
        tree = network_tree(bloq)
    else:
        tree = cost_tree(bloq, depth=depth, min_share=min_share, **options)
    return Picture(f"T of {tree.name}", treemap_svg(tree))


def flame_graph(
    bloq: Bloq, *, depth: int = 14, min_share: float = 0.005, **options: Any
) -> Picture:
    """Every call of a bloq as a bar below its caller's, its width its share of T.

    Args:
        bloq: any that can be costed, in numbers.
        depth: levels of calls.
        min_share: of the total T: what has less is one bar, "everything smaller".
        options: `qram` and `conventions`, as `bloqs.show.cost_tree`.

    Returns:
        The drawing, kilobytes.

    Raises:
        ValueError: as `bloqs.show.cost_tree`.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> flame_graph(LoadedVector(None, "qrom", 8, bitsize=6)).title
        'T of loaded vector, call by call'
    """
    tree = cost_tree(bloq, depth=depth, min_share=min_share, **options)
    return Picture(f"T of {tree.name}, call by call", flame_svg(tree))


def call_graph(bloq: Bloq, *, depth: int = 6, min_share: float = 0.01, **options: Any) -> Picture:
    """The call graph of a bloq as an outline that opens, pruned by share of T.

    Args:
        bloq: as `cost_tree`.
        depth: as `cost_tree`.
        min_share: as `cost_tree`.
        options: `qram` and `conventions`, as `cost_tree`.

    Returns:
        The outline; its drawing is the flame graph of the same tree. No Graphviz is needed.

    Raises:
        ValueError: as `cost_tree`.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> outline = call_graph(LoadedVector(None, "qrom", 8, bitsize=6))
        >>> "<details" in outline.html
        True
    """
    tree = cost_tree(bloq, depth=depth, min_share=min_share, **options)
    title = f"Calls of {tree.name}"
    return Picture(
        title, flame_svg(tree), f'<div class="bloqs-calls">{outline(tree, tree.t_count)}</div>'
    )


def _colours(tree: CostNode) -> dict[str, str]:
    """A colour for each name, the same wherever it stands; an adjoint has that of what it undoes."""
    names = dict.fromkeys(node.name.rstrip("†") for _, node in tree.walk() if node.name != REST)
    found = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    return {**found, REST: "#c4cad1"}


def _axes(height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(9, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    return figure, axes


def _label(axes: Any, node: CostNode, share: float, box: tuple[float, float, float, float]) -> None:
    """The name of a box, as far as there is room for it."""
    x, y, width, height = box
    room = int(width / 0.82)
    text = f"{node.name}  {share:.0%}" if len(node.name) + 6 <= room else node.name
    if room < 4 or height < 1.9:
        return
    text = text if len(text) <= room else text[: room - 1] + "…"
    axes.text(x + 0.5, y + height - 0.4, text, va="top", color="white", fontsize=7.5)


def treemap_svg(tree: CostNode) -> str:
    """A tree of costs as boxes within boxes.

    Args:
        tree: of `bloqs.show.cost_tree`.

    Returns:
        The element `<svg>`.

    Example:
        >>> "part" in treemap_svg(CostNode("whole", 1, 12.0, (CostNode("part", 3, 12.0),)))
        True
    """
    colours = _colours(tree)
    with matplotlib.rc_context(STYLE):
        figure, axes = _axes(4.6)
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 51)

        def draw(node: CostNode, box: tuple[float, float, float, float]) -> None:
            x, y, width, height = box
            colour = colours[node.name.rstrip("†")]
            axes.add_patch(
                Rectangle((x, y), width, height, facecolor=colour, edgecolor="white", linewidth=0.8)
            )
            _label(axes, node, node.t_count / tree.t_count, box)
            inner = (x + 0.35, y + 0.35, width - 0.7, height - 2.6)
            if not node.children or inner[2] < 1 or inner[3] < 1:
                return
            # What a node has beside its children is its own border.
            area = sum(child.t_count for child in node.children) / node.t_count
            sizes = [child.t_count for child in node.children]
            parts = squarify.squarify(
                squarify.normalize_sizes(sizes, inner[2], inner[3] * area),
                inner[0],
                inner[1],
                inner[2],
                inner[3] * area,
            )
            for child, part in zip(node.children, parts, strict=True):
                draw(child, (part["x"], part["y"], part["dx"], part["dy"]))

        draw(tree, (0, 0, 100, 51))
        return figure_svg(figure, "treemap", f"Share of T of each part of {tree.name}")


def flame_svg(tree: CostNode) -> str:
    """A tree of costs as bars, callers on top.

    Args:
        tree: of `bloqs.show.cost_tree`.

    Returns:
        The element `<svg>`.

    Example:
        >>> "part" in flame_svg(CostNode("whole", 1, 12.0, (CostNode("part", 3, 12.0),)))
        True
    """
    colours = _colours(tree)
    levels = 1 + max(depth for depth, _ in tree.walk())
    with matplotlib.rc_context(STYLE):
        figure, axes = _axes(0.28 * levels + 0.1)
        axes.set_xlim(0, 100)
        axes.set_ylim(2.2 * levels, -0.1)

        def draw(node: CostNode, x: float, depth: int) -> None:
            width = 100 * node.t_count / tree.t_count
            colour = colours[node.name.rstrip("†")]
            axes.add_patch(
                Rectangle(
                    (x, 2.2 * depth), width, 2, facecolor=colour, edgecolor="white", linewidth=0.6
                )
            )
            room = int(width / 0.82)
            if room >= 4:
                text = node.name if len(node.name) <= room else node.name[: room - 1] + "…"
                axes.text(x + 0.3, 2.2 * depth + 1, text, va="center", color="white", fontsize=7)
            for child in node.children:
                draw(child, x, depth + 1)
                x += 100 * child.t_count / tree.t_count

        draw(tree, 0, 0)
        return figure_svg(figure, "flame", f"T of {tree.name}, call by call")
