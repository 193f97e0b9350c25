"""Bloq diagrams of a network's layers: each a circuit of bundles, and Qualtran's own drawing."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Mapping

import attrs
import matplotlib
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from qualtran import Adjoint, Bloq, CompositeBloq, Register
from qualtran.bloqs.bookkeeping import Allocate, Free
from qualtran.drawing import PrettyGraphDrawer, draw_musical_score, get_musical_score_data

from bloqs.core.chain import chain
from bloqs.core.encoding import MappedVector, VectorEncoding
from bloqs.costs import unwrap
from bloqs.report.charts import BAR, INK, MUTED, STYLE, figure_svg, inline_svg
from bloqs.wiring import Node, Nodes, by_register, end_wires

Qubit = tuple[str, int]
"""A qubit by the register it came in on and its place there; `("new", i)` for one that is made inside."""


@attrs.frozen
class Step:
    """One bloq of a decomposition and the qubits under each of its registers.

    Parameters:
        bloq: the bloq.
        qubits: register -> its qubits, most significant first.

    Example:
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> step = Step(CNOT(), {"ctrl": (("x", 1),), "target": (("x", 0),)})
        >>> step.qubits["ctrl"]
        (('x', 1),)
    """

    bloq: Bloq
    qubits: Mapping[str, tuple[Qubit, ...]]


@attrs.frozen
class Diagram:
    """A drawing as an element of a page.

    Parameters:
        svg: the element.
        caption: what it shows and what drew it.

    Example:
        >>> Diagram("<svg></svg>", "An empty circuit.")
        Diagram(caption='An empty circuit.')
    """

    svg: str = attrs.field(repr=False)
    caption: str


def drawn_layers(network: VectorEncoding) -> list[MappedVector]:
    """The outermost layer of each kind of a network bloq, in the order of the network.

    Args:
        network: any vector encoding; one that is no layer on another has none.

    Returns:
        The layers that `network_diagrams` draws.

    Example:
        >>> from bloqs.networks import load_example
        >>> network = load_example("digits-1").spec.cost_bloq()
        >>> [layer.title for layer in drawn_layers(network)]
        ['Residual block', 'Residual-linear-pooling block']
    """
    maps = [link.map for link in chain(network) if link.map is not None]
    return list({layer.title: layer for layer in maps}.values())


class _Level(Nodes[None]):
    """One level of a decomposition: its parts are leaves."""

    def whole(self, bloq: Bloq) -> Node[None]:
        """A part as it stands."""
        ins, outs = end_wires(bloq)
        return Node(bloq, ins, outs, [(None, ins, outs)])

    def atom(self, bloq: Bloq, why: Exception) -> Node[None]:
        """The same."""
        return self.whole(bloq)

    def adjoint_leaf(self, leaf: None) -> None:
        """Nothing is taken apart."""


def trace(composite: CompositeBloq) -> list[Step]:
    """The bloqs of a decomposition in order, each register followed down to single qubits.

    Splits and joins are followed, not listed; so are allocations. So the wires of a register that is split
    around every call are drawn as one line.

    Args:
        composite: one level of a decomposition.

    Returns:
        The bloqs that do something, in order.

    Example:
        >>> from bloqs.activation import AmplitudeBlockEncoding
        >>> from bloqs.loading import LoadedVector
        >>> diagonal = AmplitudeBlockEncoding(LoadedVector([0.6, -0.8]))
        >>> for step in trace(diagonal.decompose_bloq()):
        ...     print(bloq_label(step.bloq), dict(step.qubits))
        LoadedVector {'system': (('ancilla', 0),)}
        CNOT {'ctrl': (('system', 0),), 'target': (('ancilla', 0),)}
    """
    level = _Level().node(composite)
    lefts = by_register(composite.signature.lefts(), level.ins)
    qubit_of = {
        wire: (name, place) for name, wires in lefts.items() for place, wire in enumerate(wires)
    }
    steps: list[Step] = []
    for part, ins, outs in level.calls:
        assert part is not None
        if not isinstance(part.bloq, (Allocate, Free)):
            entering = by_register(part.bloq.signature.lefts(), ins)
            qubits = {name: tuple(qubit_of[w] for w in wires) for name, wires in entering.items()}
            steps.append(Step(part.bloq, qubits))
        for wire in outs:
            if wire not in qubit_of:
                qubit_of[wire] = ("new", len(qubit_of) - len(level.ins))
    return steps


def bundles(steps: Iterable[Step], registers: Iterable[Register]) -> list[tuple[Qubit, ...]]:
    """Runs of neighbouring qubits that every step treats alike: the lines of the circuit, top to bottom.

    Args:
        steps: as `trace` gives them.
        registers: of the whole bloq, in the order of the lines.

    Returns:
        The lines, each with its qubits; qubits that are made inside come last.

    Example:
        >>> from qualtran import QAny
        >>> from qualtran.bloqs.basic_gates import CNOT
        >>> step = Step(CNOT(), {"ctrl": (("x", 0),), "target": (("x", 3),)})
        >>> bundles([step], [Register("x", QAny(4))])
        [(('x', 0),), (('x', 1), ('x', 2)), (('x', 3),)]
    """
    touched: dict[Qubit, list[tuple[int, str]]] = {}
    for i, step in enumerate(steps):
        for name, qubits in step.qubits.items():
            for qubit in qubits:
                touched.setdefault(qubit, []).append((i, name))
    order: list[Qubit] = [(reg.name, j) for reg in registers for j in range(int(reg.total_bits()))]
    order += sorted(qubit for qubit in touched if qubit[0] == "new")
    lines: list[list[Qubit]] = []
    for qubit in order:
        last = lines[-1][-1] if lines else None
        if last and last[0] == qubit[0] and touched.get(last) == touched.get(qubit):
            lines[-1].append(qubit)
        else:
            lines.append([qubit])
    return [tuple(line) for line in lines]


def bloq_label(bloq: Bloq) -> str:
    """Class name, with the angle of a rotation and a dagger on an adjoint.

    Args:
        bloq: any, wrapped or not.

    Returns:
        The text in the box of a circuit.

    Example:
        >>> from qualtran.bloqs.basic_gates import Ry
        >>> bloq_label(Ry(1.23456))
        'Ry(1.235)'
    """
    bare, daggers = bloq, 0
    while isinstance(bare, Adjoint):
        bare, daggers = bare.subbloq, daggers + 1
    if getattr(bare, "uncompute", False) is True:  # how Qualtran's And says that it is an adjoint
        daggers += 1
    name = type(unwrap(bare)).__name__
    angle = getattr(bare, "angle", None)
    if isinstance(angle, (int, float)) and math.isfinite(angle):
        name += f"({angle:.3f})"
    return name + "†" * (daggers % 2)


def circuit_diagram(bloq: Bloq, title: str) -> Diagram:
    """One level of the decomposition of a bloq as a circuit, a line for each bundle of qubits.

    Args:
        bloq: any that decomposes.
        title: for the caption and for screen readers.

    Returns:
        The drawing.

    Raises:
        DecomposeTypeError: the bloq has no decomposition, for instance with symbols for sizes.

    Example:
        >>> from bloqs.activation import AmplitudeBlockEncoding
        >>> from bloqs.loading import LoadedVector
        >>> diagonal = AmplitudeBlockEncoding(LoadedVector([0.6, -0.8]))
        >>> diagram = circuit_diagram(diagonal, "Diagonal of two pixels")
        >>> diagram.caption
        'Diagonal of two pixels: one level of its decomposition, a line for each bundle of qubits.'
        >>> all(name in diagram.svg for name in ("LoadedVector", "CNOT", "ancilla[0]"))
        True
    """
    composite = bloq.decompose_bloq()
    steps = trace(composite)
    lines = bundles(steps, composite.signature.lefts())
    rows = {qubit: row for row, line in enumerate(lines) for qubit in line}
    labels = [bloq_label(step.bloq) for step in steps]
    widths = [0.5 + 0.115 * len(label) for label in labels]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(1.8 + 0.86 * sum(widths), 0.5 + 0.52 * len(lines)))
        axes = figure.subplots()
        left = 0.0
        spans = []
        for width in widths:
            spans.append((left, left + width))
            left += width + 0.25
        for row, line in enumerate(lines):
            axes.plot([-0.3, left], [row, row], color=MUTED, linewidth=1, zorder=1)
            axes.text(-0.4, row, _line_label(line), ha="right", va="center", fontsize=8)
            if len(line) > 1:
                axes.plot([-0.2, -0.1], [row + 0.14, row - 0.14], color=MUTED, linewidth=1)
        for step, label, span in zip(steps, labels, spans, strict=True):
            _draw_step(axes, step, label, span, rows)
        axes.set_xlim(-0.35, left)
        axes.set_ylim(len(lines) - 0.4, -0.6)
        axes.axis("off")
        return Diagram(
            figure_svg(figure, _prefix(title, "circuit"), title),
            f"{title}: one level of its decomposition, a line for each bundle of qubits.",
        )


def _prefix(title: str, kind: str) -> str:
    """Of every id in a drawing, so that several stand in one page."""
    return f"{title.lower().replace(' ', '-')}-{kind}"


def _line_label(line: tuple[Qubit, ...]) -> str:
    name, first = line[0]
    if name == "new":
        return "AND"
    if len(line) == 1:
        return f"{name}[{first}]"
    return f"{name}[{first}:{first + len(line)}]  /{len(line)}"


def _draw_step(
    axes: Axes, step: Step, label: str, span: tuple[float, float], rows: Mapping[Qubit, int]
) -> None:
    start, end = span
    middle = (start + end) / 2
    controls = sorted({rows[q] for q in step.qubits.get("ctrl", ())})
    targets = sorted(
        {rows[q] for name, qubits in step.qubits.items() if name != "ctrl" for q in qubits}
    )
    targets = targets or controls  # a gate on controls alone, as And
    touched = sorted({*controls, *targets})
    axes.plot([middle, middle], [touched[0], touched[-1]], color=INK, linewidth=1, zorder=2)
    runs: list[list[int]] = []
    for row in targets:
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    for run in runs:
        height = run[-1] - run[0] + 0.7
        box = Rectangle(
            (start, run[0] - 0.35), end - start, height, facecolor="white", edgecolor=BAR, zorder=3
        )
        axes.add_patch(box)
        axes.text(
            middle, (run[0] + run[-1]) / 2, label, ha="center", va="center", fontsize=8, zorder=4
        )
    for row in set(controls) - set(targets):
        axes.plot([middle], [row], "o", color=INK, markersize=5, zorder=3)


def qualtran_diagram(bloq: Bloq, title: str) -> Diagram:
    """The same decomposition by Qualtran: a graph where Graphviz's `dot` is installed, else a musical score.

    Args:
        bloq: any that decomposes.
        title: for screen readers.

    Returns:
        The drawing; its caption says which of the two it is.

    Raises:
        DecomposeTypeError: the bloq has no decomposition.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> qualtran_diagram(LoadedVector([3.0, 4.0]), "A pixel pair").svg[:56]
        '<svg role="img" aria-label="A pixel pair, drawn by Qualt'
    """
    composite = bloq.decompose_bloq()
    if shutil.which("dot"):
        svg = PrettyGraphDrawer(composite).get_graph().create_svg().decode()
        return Diagram(
            inline_svg(svg, _prefix(title, "graph"), f"{title}, drawn by Qualtran"),
            "The same, as Qualtran's bloq graph: narrow boxes split and join registers.",
        )
    with matplotlib.rc_context(STYLE):
        figure, _ = draw_musical_score(get_musical_score_data(composite))
        svg = figure_svg(figure, _prefix(title, "score"), f"{title}, drawn by Qualtran")
        plt.close(figure)
    return Diagram(
        svg,
        "The same, as Qualtran's musical score (its graph needs Graphviz's `dot`, which is not installed).",
    )


def network_diagrams(network: VectorEncoding) -> tuple[Diagram, ...]:
    """The drawings of the outermost layer of each kind of a network.

    Args:
        network: as in `drawn_layers`.

    Returns:
        Two drawings a layer, as a circuit and as Qualtran's; none where there is no layer.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> network_diagrams(LoadedVector([0.6, 0.8]))
        ()
    """
    return tuple(
        draw(layer, layer.title)
        for layer in drawn_layers(network)
        for draw in (circuit_diagram, qualtran_diagram)
    )
