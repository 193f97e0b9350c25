"""A page of a family of bloqs, from the catalogue: each class with card, example, circuit, call graph."""

from __future__ import annotations

import inspect
from html import escape

from qualtran import Bloq, BloqExample, DecomposeTypeError

from bloqs.catalogue import CATALOGUE, Entry
from bloqs.report.diagram import circuit_diagram
from bloqs.show import bloq_card, call_graph

MOST_PARTS = 30
"""Parts of one level of a decomposition that are still told apart in a drawing."""

PACKAGES = {
    "loading": "Loading data",
    "combine": "Combining vectors",
    "convolution": "Convolutions",
    "activation": "Activations",
    "qsvt": "Quantum singular value transformation",
    "layers": "Layers",
    "networks": "Networks",
    "published": "The published forms",
    "core": "Parts of all",
}
"""The packages that are a family, and the name of each, in the order of the pages."""


def families() -> dict[str, tuple[Entry, ...]]:
    """The catalogue by package.

    Returns:
        Package -> its classes, in the order of the catalogue; every class with an example is in one.

    Example:
        >>> [entry.bloq_cls.__name__ for entry in families()["activation"]]
        ['AmplitudeBlockEncoding', 'NonlinearTransform']
    """
    found: dict[str, dict[type, Entry]] = {package: {} for package in PACKAGES}
    for entry in CATALOGUE:
        if entry.examples:  # the first row of a class that has several
            found[entry.bloq_cls.__module__.split(".")[1]].setdefault(entry.bloq_cls, entry)
    return {package: tuple(entries.values()) for package, entries in found.items()}


def class_page(name: str) -> str:
    """A class of the catalogue by its first example.

    Args:
        name: of the class.

    Returns:
        HTML: what it is, its equation, registers and cost; the example's source; one level of its circuit;
        its call graph. What does not exist says so in a sentence.

    Raises:
        ValueError: no class of the catalogue has that name.

    Example:
        >>> page = class_page("AmplitudeBlockEncoding")
        >>> [part in page for part in ("bloqs-card", "def _amplitude_diagonal", "<svg")]
        [True, True, True]
    """
    entry = next((one for one in CATALOGUE if one.bloq_cls.__name__ == name), None)
    if entry is None or not entry.examples:
        raise ValueError(f"{name} is no class of bloqs.catalogue.CATALOGUE with an example")
    example = (entry.concrete or entry.examples)[0]
    bloq = example.make()
    parts = [
        bloq_card(bloq),
        f"<p>Its example:</p><pre>{escape(_source(example))}</pre>",
        _circuit(bloq),
        _calls(bloq, entry),
    ]
    return f'<div style="overflow-x:auto">{"".join(parts)}</div>'


def _source(example: BloqExample) -> str:
    source = inspect.getsource(example._func)
    return source[source.index("def ") :].rstrip()


def _circuit(bloq: Bloq) -> str:
    try:
        parts = len(bloq.decompose_bloq().bloq_instances)
    except (DecomposeTypeError, NotImplementedError) as why:
        return f"<p>No circuit below it: {escape(str(why))}</p>"
    if parts > MOST_PARTS:
        return f"<p>One level of its decomposition has {parts} parts, too many to draw.</p>"
    diagram = circuit_diagram(bloq, type(bloq).__name__)
    return f"<p>{escape(diagram.caption)}</p>{diagram.svg}"


def _calls(bloq: Bloq, entry: Entry) -> str:
    if "counts" in entry.excused:
        return "<p>A leaf of every call graph: its cost is its own.</p>"
    try:
        graph = call_graph(bloq)
    except ValueError as why:  # no T, or a symbol for a size
        return f"<p>No call graph: {escape(str(why))}.</p>"
    return f"<p>What it calls, and how much of its T:</p>{graph._repr_html_()}"
