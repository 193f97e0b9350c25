"""The text of `docs/formulas.md`: `python -m bloqs.formulas` writes it, a test compares the two."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import sympy

from bloqs.costs.conventions import DEFAULT_CONVENTIONS
from bloqs.files import write_text
from bloqs.formulas.rows import (
    Row,
    by_degrees,
    convolution_rows,
    layer_rows,
    loading_rows,
    memory_rows,
    network_row,
)
from bloqs.layers import AveragePool, Downsample, Stem
from bloqs.layers.shapes import MapShape
from bloqs.networks.network import ResidualNetwork
from bloqs.networks.symbolic import LayerCost, recurrence, symbolic_network
from bloqs.tables import Table

PATH = Path(__file__).parents[2] / "docs" / "formulas.md"

COLUMNS = ("component", "Toffoli", "rotations", "qubits", "exact or bound", "published")

MEANINGS = {
    "N = 2^n": "entries of a vector or a table; n qubits",
    "C": "channels, at least 3; c = ceil(log2 C) qubits, at least 2",
    "D": "kernel size, at most 2M - 1; as a letter at least 4, t = ceil(log2 D) qubits of a tap register",
    "M = 2^m": "image side, m at least 1; in a network n = c + 2m",
    "b": "bits of a tabulated angle, at least 4; in a QRAM query of a word",
    "a": "qubits of a flagged register",
    "d_i": "even degree of the activation polynomial of block i",
    "q_i": "odd degree of the amplification of layer i (heralded: its calls, 2 rounds + 1)",
    "T_x, R_x": "Toffoli and rotations of part x: 0 the input, W the convolution (Wi that of layer i, "
    "where it is another), O the column oracle, i layer i after its amplification, B a vector that is "
    "amplified; xc the part with a control",
    "S(c, n, b)": "And + CSwap of the select-swap plan with the fewest of them, found by dynamic "
    "programming (bloqs/loading/plan.py), for a tree of n rotations of which rotation l is selected by "
    "c + l qubits; S_f: a flag is rotated first, S_c: controlled. Y(c, n, b): its clean qubits",
}
"""The letters of the tables."""


def _section(title: str, rows: Iterable[Row]) -> tuple[str, str]:
    """A heading and its table, and an empty line."""
    return Table(title, COLUMNS, (row.cells for row in rows)).to_markdown(), ""


def recurrence_lines(network: ResidualNetwork) -> list[str]:
    """The recurrence of a network, line by line.

    Args:
        network: in symbols, see `bloqs.networks.symbolic.symbolic_network`.

    Returns:
        Items of a Markdown list, Toffoli and rotations of each part in LaTeX, and an empty line.

    Example:
        >>> for line in recurrence_lines(symbolic_network(1))[:2]:
        ...     print(line.split(":")[0])
        - input
        - input, controlled
    """

    def equation(line: LayerCost) -> str:
        toffoli, rotations = by_degrees(line.toffoli), by_degrees(line.rotations)
        return (
            f"- {line.part}: $`{sympy.latex(line.toffoli_symbol)} = {sympy.latex(toffoli)}`$, "
            f"$`{sympy.latex(line.rotation_symbol)} = {sympy.latex(rotations)}`$"
        )

    return [*(equation(line) for line in recurrence(network)), ""]


def other_layers() -> ResidualNetwork:
    """A network whose layers change the shape of the tensor, in symbols.

    Returns:
        Of a stem, a down-sampling block and pooling; by shape.

    Example:
        >>> other_layers().system_bitsize
        2*m + ceiling(log2(C)) - 3
    """
    C = sympy.Symbol("C")
    layers = [Stem(MapShape(1, C, 3)), Downsample(MapShape(C, 2 * C, 3)), AveragePool()]
    return symbolic_network(layers=layers, channels=1, output_layer=False)


def document() -> str:
    """The text of `docs/formulas.md`, computed anew from the bloqs.

    Returns:
        Markdown.

    Example:
        It takes some ten seconds; the same text as it was stored:

        >>> print(PATH.read_text(encoding="utf-8").splitlines()[0])
        # Cost formulas
    """
    words = DEFAULT_CONVENTIONS.describe()
    lines = [
        "# Cost formulas",
        "",
        "Made by `python -m bloqs.formulas` from the bloqs' own call graphs; not to be edited. Every "
        "formula is for a bloq by shape: each angle of data or of a polynomial is a generic rotation.",
        "",
        "*Toffoli* counts And, Toffoli and controlled swaps together; undoing an And takes none. "
        f"Total T: {words['Toffoli convention']}; rotations by {words['rotation model']}. *Qubits* are all "
        "qubits of one call, workspace included; they are left out of rows in terms of called parts. "
        "*exact*: with numbers put in, the cost of the concrete bloq to the gate. *bound*: an upper bound, "
        "proved in `select_swap_bound` and `lookup_bound`. *published*: what Rattew et al. (ICLR 2026) state "
        "for the object of that row, in their letters.",
        "",
        Table("Letters", ("letter", "meaning"), MEANINGS.items()).to_markdown(level=0),
        "",
        *_section("Loading", loading_rows()),
        *_section("One query of a hardware memory, 2^n words of b bits", memory_rows()),
        *_section("Convolution", convolution_rows()),
        *_section("Layers, in terms of what they call", layer_rows()),
        '## Recurrence of a network, k = 2, "qrom"',
        "",
        "The form is `T_i = q_i [(d_i + 1) T_{i-1} + d_i T_W + T_Wc + phases] + phases`. What names no "
        "table is the same for every loader.",
        "",
        *recurrence_lines(symbolic_network(2)),
        '## Recurrence of a stem, a down-sampling block and pooling, D = 3, "qrom"',
        "",
        "From one channel of `2^m` by `2^m` pixels to C of as many, then 2C of half the rows and columns, "
        "then of half again: `symbolic_network(layers=[Stem(MapShape(1, C, 3)), Downsample(MapShape(C, 2 * "
        "C, 3)), AveragePool()], channels=1, output_layer=False)`. A down-sampling block controls W, a stem "
        "does not.",
        "",
        *recurrence_lines(other_layers()),
        *_section(
            "Whole networks",
            [
                network_row(1, "rotations"),
                network_row(1, "qrom"),
                network_row(1, "qrom", "heralded"),
                network_row(2, "qrom"),
            ],
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"


def write(path: Path = PATH) -> Path:
    """Write the document.

    Args:
        path: of the file.

    Returns:
        The path.

    Raises:
        ValueError: the file cannot be written.

    Example:
        `python -m bloqs.formulas` calls it, and it writes to

        >>> PATH.name, PATH.parent.name
        ('formulas.md', 'docs')
    """
    return write_text(path, document())
