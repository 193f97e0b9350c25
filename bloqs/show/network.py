"""A whole network: its layers as boxes that open, each with what it costs."""

from __future__ import annotations

from html import escape
from typing import Any

import attrs
import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from qualtran import Bloq
from qualtran.resource_counting import GateCounts

from bloqs.checks import instance, whole_number
from bloqs.core.chain import chain, link_names
from bloqs.core.control import ReversedBloq
from bloqs.core.counts import toffoli_like
from bloqs.core.encoding import VectorEncoding
from bloqs.costs.breakdown import OTHER
from bloqs.costs.call_graph import CallGraph, walk
from bloqs.costs.conventions import DEFAULT_CONVENTIONS
from bloqs.costs.keys import component_of, unwrap
from bloqs.loading.charges import Charges
from bloqs.show.picture import Picture
from bloqs.show.svg import BAR, INK, MUTED, STYLE, figure_svg
from bloqs.show.tree import CostNode, cost_tree, in_words, outline, t_by_bloq, t_per_rotation


@attrs.frozen
class LayerCost:
    """A layer in the picture of a network.

    Parameters:
        name: as tables call it.
        title: what kind of layer it is.
        facts: what is known of it, in words.
        t_count: T of its own gates in one run, those of the layers before it left out.
        share: of the whole.
        runs: how often it is run, adjoints included.

    Example:
        >>> LayerCost("input", "loaded vector", (), 12.0, 0.5, 3).share
        0.5
    """

    name: str
    title: str
    facts: tuple[str, ...]
    t_count: float
    share: float
    runs: int


def layer_costs(network: VectorEncoding) -> tuple[LayerCost, ...]:
    """The layers of a network with what each costs by itself.

    Args:
        network: any vector encoding, in numbers.

    Returns:
        The input first; the T of all sum to the total, but for a rotation catalyst.

    Raises:
        ValueError: not a vector encoding, symbolic, or of unknown cost.

    Example:
        >>> from bloqs.networks import load_example
        >>> network = load_example("digits-1").spec.cost_bloq()
        >>> layers = layer_costs(network)
        >>> [layer.name for layer in layers], round(sum(layer.share for layer in layers), 9)
        (['input', 'block 1', 'output'], 1.0)
    """
    instance(network, "network", VectorEncoding, "a vector encoding, as NetworkSpec.to_bloq makes")
    graph = walk(network, Charges())
    total = t_by_bloq(graph)[graph.root]
    links = chain(network)
    names = link_names(links)
    own, runs = _own(graph, dict(zip((link.whole for link in links), names, strict=True)))
    known = {one.name: one for one in getattr(getattr(network, "facts", None), "layers", ())}
    found = []
    for link, name in zip(links, names, strict=True):
        facts = [f"alpha {float(link.whole.alpha):.4g}"]
        if name in known:
            facts += _words(known[name])
        title = link.layer.title if link.map is not None else in_words(link.layer)
        t = sum(part for (layer, _), part in own.items() if layer == name)
        found.append(LayerCost(name, title, tuple(facts), t, t / (total or 1), runs.get(name, 0)))
    return tuple(found)


def _words(facts: Any) -> list[str]:
    told = [f"norm {facts.norms[0]:.3g} to {facts.norms[1]:.3g}"]
    if facts.degree is not None:
        told.append(f"degree {facts.degree}")
    if facts.amplification is not None:
        told.append(f"amplification {facts.amplification}")
    if facts.alpha is not None:
        told.append(f"alpha of W {facts.alpha:.3g}")
    return told


Share = tuple[str | None, str | None]
"""Layer and component that gates belong to; None where no bloq above them has claimed them yet."""


def _own(
    graph: CallGraph, layers: dict[VectorEncoding, str]
) -> tuple[dict[tuple[str, str], float], dict[str, int]]:
    """T by layer and component, and the runs of each layer: gates belong to the nearest above them."""
    conventions = DEFAULT_CONVENTIONS
    per_rotation = t_per_rotation(graph, conventions)
    parts: dict[Bloq, dict[Share, float]] = {}
    runs: dict[str, int] = {}
    calls = graph.calls()
    for bloq in reversed(list(graph)):
        own = graph.gates.get(bloq, GateCounts())
        t = own.t + conventions.t_per_toffoli * toffoli_like(own) + own.rotation * per_rotation
        part: dict[Share, float] = {(None, None): float(t)}
        for callee, n in graph.callees[bloq]:
            for share, inner in parts[callee].items():
                part[share] = part.get(share, 0.0) + float(n) * inner
        component, layer = component_of(bloq), layers.get(_uncontrolled(bloq))
        if component is not None:
            part = _claimed(part, None, component)
        if layer is not None:
            part = _claimed(part, layer, OTHER)
            runs[layer] = runs.get(layer, 0) + int(calls[bloq])
        parts[bloq] = part
    last = list(layers.values())[-1]
    whole = _claimed(parts[graph.root], last, OTHER)
    return {(str(layer), str(component)): t for (layer, component), t in whole.items() if t}, runs


def _claimed(part: dict[Share, float], layer: str | None, component: str) -> dict[Share, float]:
    """What nothing has claimed yet belongs to this layer and component."""
    found: dict[Share, float] = {}
    for share, t in part.items():
        name = share[0] or layer, share[1] or component
        found[name] = found.get(name, 0.0) + t
    return found


def network_tree(network: VectorEncoding) -> CostNode:
    """A network's T by layer, and in each layer by component: what `treemap` draws of one.

    Args:
        network: any vector encoding, in numbers.

    Returns:
        The tree; the T of its leaves sum to the total, but for a rotation catalyst.

    Raises:
        ValueError: as `layer_costs`.

    Example:
        >>> from bloqs.networks import load_example
        >>> tree = network_tree(load_example("digits-1").spec.cost_bloq())
        >>> [node.name for node in tree.children]
        ['block 1', 'input', 'output']
    """
    instance(network, "network", VectorEncoding, "a vector encoding, as NetworkSpec.to_bloq makes")
    links = chain(network)
    names = link_names(links)
    graph = walk(network, Charges())
    t_by_bloq(graph)  # refuses symbols
    own, runs = _own(graph, dict(zip((link.whole for link in links), names, strict=True)))
    children = []
    for name in names:
        inside = [CostNode(part, 1, t) for (layer, part), t in own.items() if layer == name]
        inside.sort(key=lambda node: -node.t_count)
        total = sum(node.t_count for node in inside)
        if total:
            children.append(CostNode(name, runs.get(name, 1), total, tuple(inside)))
    children.sort(key=lambda node: -node.t_count)
    return CostNode("network", 1, sum(node.t_count for node in children), tuple(children))


def _uncontrolled(bloq: Bloq) -> Any:
    """The layer that a bloq is, whatever wraps it and whether or not it is controlled."""
    bare = unwrap(bloq)
    while isinstance(bare, ReversedBloq):
        bare = unwrap(bare.subbloq)
    if getattr(bare, "is_controlled", False):
        return attrs.evolve(bare, is_controlled=False)
    return bare


def show_network(network: VectorEncoding, depth: int = 1) -> Picture:
    """A network as a picture: layers from left to right, each with its share of T; in a notebook they open.

    Args:
        network: any vector encoding, in numbers.
        depth: levels of calls that a box has inside; 0 for none.

    Returns:
        The picture: `.svg` is the drawing, and a notebook shows it with the boxes below.

    Raises:
        ValueError: not a vector encoding, symbolic, of unknown cost, or depth out of 0 to 10.

    Example:
        >>> from bloqs.networks import load_example
        >>> show_network(load_example("digits-1").spec.cost_bloq()).title
        'image → block 1 → output → class'
    """
    whole_number(depth, "depth", low=0, high=10)
    layers = layer_costs(network)
    title = " → ".join(["image", *(layer.name for layer in layers[1:]), "class"])
    svg = _drawing(layers, title)
    total = sum(layer.t_count for layer in layers)
    boxes = []
    for link, layer in zip(chain(network), layers, strict=True):
        head = f"<b>{escape(layer.name)}</b> ({escape(layer.title)}): {layer.t_count:,.0f} T of its own, "
        head += f"{layer.share:.1%} of {total:,.0f}; run {_times(layer.runs)}".replace("%", " %")
        inner = f"<div>{escape('; '.join(layer.facts))}</div>"
        if depth and layer.t_count:
            tree = cost_tree(link.whole, depth=depth)
            inner += "<div>One run, with the layers that it calls:</div>" + outline(
                tree, tree.t_count
            )
        boxes.append(
            f'<details style="border:1px solid #d9dee4;border-radius:4px;padding:.3em .6em;margin:.3em 0">'
            f"<summary>{head}</summary>{inner}</details>"
        )
    return Picture(
        title, svg, f'<div class="bloqs-network"><figure>{svg}</figure>{"".join(boxes)}</div>'
    )


def _times(runs: int) -> str:
    return "once" if runs == 1 else f"{runs:,} times"


def _drawing(layers: tuple[LayerCost, ...], title: str) -> str:
    names = [
        ("image", (), None),
        *((one.name, one.facts, one) for one in layers),
        ("class", (), None),
    ]
    per_row = len(names) if len(names) <= 7 else 6
    rows = -(-len(names) // per_row)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9, 1.55 * rows))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, 20 * min(per_row, len(names)))
        axes.set_ylim(17 * rows, 0)
        for i, (name, facts, layer) in enumerate(names):
            x, y = 20 * (i % per_row), 17 * (i // per_row)
            box = FancyBboxPatch(
                (x + 1.5, y + 2),
                15,
                13,
                boxstyle="round,pad=0,rounding_size=1",
                facecolor="#f5f7f9",
                edgecolor=MUTED,
                linewidth=0.8,
            )
            axes.add_patch(box)
            axes.text(x + 9, y + 3.6, name, ha="center", va="top", color=INK, weight="bold")
            if layer is not None:
                lines = "\n".join(facts[:3])
                axes.text(x + 9, y + 6.4, lines, ha="center", va="top", color=MUTED, fontsize=6.5)
                axes.barh(y + 13.2, 12 * layer.share, 1.6, left=x + 3, color=BAR)
                axes.text(
                    x + 9,
                    y + 13.2,
                    f"{layer.share:.0%} of T",
                    ha="center",
                    va="center",
                    fontsize=6.5,
                )
            if i + 1 < len(names):
                axes.annotate(
                    "",
                    (x + 21.3, y + 8.5),
                    (x + 16.7, y + 8.5),
                    arrowprops={"arrowstyle": "->", "color": INK},
                )
        return figure_svg(figure, "network", title)
