"""`docs/formulas.md`: the cost of every component as a formula, computed from its bloq in symbols.

`python -m bloqs.costs.formulas` writes it again; a test compares the file with what the code gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs
import sympy
from qualtran import Bloq
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value

from bloqs.activation import AmplitudeBlockEncoding
from bloqs.convolution import Conv2DBlockEncoding
from bloqs.costs.charges import Charges
from bloqs.costs.conventions import DEFAULT_CONVENTIONS, toffoli_like
from bloqs.costs.formulas import (
    CHANNELS,
    TAPS,
    Expression,
    SelectSwapToffolis,
    by_calls,
    function_latex,
    gate_and_qubit_formulas,
    lookup_bound,
    readable,
    select_swap_bound,
)
from bloqs.costs.qubits import logical_qubits
from bloqs.layers import HeraldedVector, NormalizedVector, ResidualBlock, ResidualLinearPooling
from bloqs.loading import LOADERS, ColumnOracle, LoadedVector
from bloqs.loading.bucket_brigade import BucketBrigadeQRAM
from bloqs.loading.memory import ORACLE
from bloqs.loading.plan import SelectSwapWorkspace
from bloqs.loading.qram import QRAMQuery
from bloqs.networks.network import ResidualNetwork
from bloqs.networks.symbolic import (
    LayerCost,
    costs_in_letters,
    recurrence,
    symbolic_network,
    unrolled,
)
from bloqs.qsvt import QSVT, ProjectorPhase

PATH = Path(__file__).parents[2] / "docs" / "formulas.md"

C, D, m, n, b, c, t, a, d, q = sympy.symbols("C D m n b c t a d q")

ASSUMED = (CHANNELS, C >= 3, c >= 2, m >= 1, n >= 2, b >= 4)
"""What every formula of the tables rests on."""

GENERAL_D = (TAPS, D >= 4, t >= 2)
"""Where D is a letter."""

MEANINGS = {
    "N = 2^n": "entries of a vector or a table; n qubits",
    "C": "channels, at least 3; c = ceil(log2 C) qubits, at least 2",
    "D": "kernel size, at most 2M - 1; as a letter at least 4, t = ceil(log2 D) qubits of a tap register",
    "M = 2^m": "image side, m at least 1; in a network n = c + 2m",
    "b": "bits of a tabulated angle, at least 4; in a QRAM query of a word",
    "a": "qubits of a flagged register",
    "d_i": "even degree of the activation polynomial of block i",
    "q_i": "odd degree of the amplification of layer i (heralded: its calls, 2 rounds + 1)",
    "T_x, R_x": "Toffoli and rotations of part x: 0 the input, W the convolution, O the column oracle, i "
    "layer i after its amplification, B a vector that is amplified; xc the part with a control",
    "S(c, n, b)": "And + CSwap of the select-swap plan with the fewest of them, found by dynamic "
    "programming (bloqs/loading/plan.py), for a tree of n rotations of which rotation l is selected by "
    "c + l qubits; S_f: a flag is rotated first, S_c: controlled. Y(c, n, b): its clean qubits",
}
"""The letters of the tables."""

PUBLISHED = {
    "input": "$O(\\mathrm{polylog}\\, N)$ with QRAM",
    "convolution": "$O(m^2 C^3 D^4 \\log C \\log D)$ depth, $3 + 8 D + 2 \\log_2(C D)$ ancillas",
    "diagonal": "6 controlled calls of the vector",
    "activation": "$O(\\nu \\log(\\sqrt{N}/\\varepsilon))$ calls, $n + 2a + 4$ ancillas",
    "block": "$O(\\log(\\sqrt N/\\varepsilon) \\log(1/\\varepsilon) (a + b + n + T_1 + T_2))$, "
    "$2(a + b) + n + 9$ ancillas",
    "output": "$O(\\log(N/(\\sqrt C \\varepsilon)) (T + a + n^2))$",
    "network": "$O(\\log(\\sqrt N/\\varepsilon)^{2k} (a + 2b + n + T_1 + T_2))$ for the blocks, "
    "$2^k (a + 2b + n + 9)$ ancillas",
}
"""What Rattew et al. (ICLR 2026) state, in their letters; orders of growth, but for ancillas and calls."""


@attrs.frozen
class Row:
    """One component with one loader.

    Parameters:
        component: in words.
        toffoli: And, Toffoli and CSwap.
        rotations: before synthesis.
        qubits: all, workspace included; None where the row is one call inside a layer.
        kind: "exact" or "bound".
        published: the paper's cost, or empty.
    """

    component: str
    toffoli: Expression
    rotations: Expression
    qubits: Expression | None
    kind: str = "exact"
    published: str = ""


def _latex(expression: Expression | None) -> str:
    if expression is None:
        return ""
    shown = sympy.sympify(expression).replace(SelectSwapWorkspace, _Workspace)
    return f"$`{sympy.latex(shown)}`$"


class _Workspace(sympy.Function):
    """`SelectSwapWorkspace` as it is printed."""

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return function_latex("Y", self.args, printer, exp)


def _table(rows: Iterable[Row]) -> list[str]:
    lines = [
        "| component | Toffoli | rotations | qubits | exact or bound | published |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = (row.component, _latex(row.toffoli), _latex(row.rotations), _latex(row.qubits))
        lines.append("| " + " | ".join((*cells, row.kind, row.published)) + " |")
    return [*lines, ""]


def _rows(component: str, bloq: Bloq, published: str, *facts: sympy.Basic) -> list[Row]:
    """One row, and where a formula holds functions of a plan, a second one with their bounds."""
    costs = [readable(e, *ASSUMED, *facts) for e in gate_and_qubit_formulas(bloq)]
    bounds = [select_swap_bound(e) for e in costs]
    rows = [Row(component, costs[0], costs[1], costs[2], "exact", published)]
    if any(cost.has(SelectSwapToffolis, SelectSwapWorkspace) for cost in costs):
        rows.append(Row(component, bounds[0], bounds[1], bounds[2], "bound"))
    return rows


def loading_rows() -> list[Row]:
    """The input and the columns of the output weights, by each loader."""
    rows = []
    for loading in ("rotations", "qrom", "select-swap"):
        bits = None if LOADERS[loading].is_exact else b
        vector = LoadedVector(None, loading, bits, bitsize=n)
        columns = ColumnOracle(None, loading, bits, bitsize=n)
        rows += _rows(f"input, {loading}", vector, PUBLISHED["input"])
        rows += _rows(f"column oracle, {loading}", columns, "")
    return rows


def memory_rows() -> list[Row]:
    """A query of a hardware memory under each model."""
    toffolis, qubits = lookup_bound(n, b)
    query, charges = QRAMQuery(None, n, b), Charges(ORACLE)
    width = logical_qubits(query, charges)
    oracle = get_cost_value(query, QECGatesCost(), generalizer=charges)
    return [
        Row("oracle", toffoli_like(oracle), oracle.rotation, width),
        *_rows("bucket-brigade", BucketBrigadeQRAM(None, n, b), ""),
        Row("select-swap", toffolis, 0, qubits, "bound"),
    ]


def convolution_rows() -> list[Row]:
    """The convolution, by kernel size and loader, without and with a control."""
    rows = []
    sizes: Sequence[tuple[str, int | sympy.Symbol, tuple[sympy.Basic, ...]]] = (
        ("D = 1", 1, ()),
        ("D = 3", 3, ()),
        ("D >= 4", D, GENERAL_D),
    )
    for words, size, facts in sizes:
        for loading in ("rotations", "qrom", "select-swap"):
            bits = None if LOADERS[loading].is_exact else b
            bloq = Conv2DBlockEncoding.from_shape(
                C, size, axis_bits=m, loading=loading, angle_bits=bits
            )
            name = f"convolution, {words}, {loading}"
            rows += _rows(name, bloq, PUBLISHED["convolution"], *facts)
            rows += _rows(f"{name}, controlled", bloq.controlled(), "", *facts)
    return rows


def layer_rows() -> list[Row]:
    """Layers in terms of what they call."""
    vector = LoadedVector(None, bitsize=n)
    named: dict[Bloq, str] = {vector: "0", vector.controlled(): "0c"}
    diagonal = AmplitudeBlockEncoding(vector)
    transform = QSVT(diagonal, degree=d, parity=0)
    kernel = Conv2DBlockEncoding.from_shape(C, D, axis_bits=m)
    image = LoadedVector(None, bitsize=kernel.system_bitsize)
    block = ResidualBlock(image, kernel, degree=d)
    named |= {image: "0", kernel: "W", kernel.controlled(): "Wc", image.controlled(): "0c"}
    columns = ColumnOracle(None, bitsize=kernel.system_bitsize)
    output = ResidualLinearPooling(image, columns)
    named |= {columns.controlled(): "O"}
    amplified = {**named, block: "B", block.controlled(): "Bc"}
    bloqs: list[tuple[str, Bloq, dict[Bloq, str], str]] = [
        ("QSVT phase, a flagged qubits", ProjectorPhase(a), {}, ""),
        ("amplitude diagonal of a vector", diagonal, named, PUBLISHED["diagonal"]),
        ("amplitude diagonal, controlled", diagonal.controlled(), named, ""),
        (
            "activation: QSVT of degree d of the diagonal",
            transform,
            named,
            PUBLISHED["activation"],
        ),
        ("residual block on the input, not amplified", block, named, PUBLISHED["block"]),
        (
            "normalisation of that block, degree q",
            NormalizedVector(block, degree=q),
            amplified,
            "",
        ),
        (
            "heralded amplification of that block, q calls",
            HeraldedVector(block, rounds=(q - 1) / 2),
            amplified,
            "",
        ),
        ("output layer on the input, not amplified", output, named, PUBLISHED["output"]),
    ]
    rows = []
    for words, bloq, letters, published in bloqs:
        toffolis, rotations = costs_in_letters(bloq, letters)
        rows.append(Row(words, _sorted(toffolis), _sorted(rotations), None, published=published))
    return rows


def _sorted(expression: Expression) -> Expression:
    """Readable, by degrees."""
    simple = sympy.sympify(readable(expression, *ASSUMED, *GENERAL_D, a >= 2))
    letters = sorted(simple.free_symbols, key=lambda symbol: symbol.name, reverse=True)
    degrees = [s for k in "qd" for s in letters if s.name == k or s.name.startswith(f"{k}_")]
    return by_calls(simple, degrees)


def recurrence_lines(network: ResidualNetwork) -> list[str]:
    """The recurrence of a network, line by line."""

    def equation(line: LayerCost) -> str:
        toffoli, rotations = _sorted(line.toffoli), _sorted(line.rotations)
        return (
            f"- {line.part}: $`{sympy.latex(line.toffoli_symbol)} = {sympy.latex(toffoli)}`$, "
            f"$`{sympy.latex(line.rotation_symbol)} = {sympy.latex(rotations)}`$"
        )

    return [*(equation(line) for line in recurrence(network)), ""]


def network_row(num_blocks: int, loading: str, output: str = "coherent") -> Row:
    """A whole network with 3x3 kernels, everything put in."""
    network = symbolic_network(num_blocks, kernel_size=3, loading=loading, output=output)
    toffoli, rotations = unrolled(recurrence(network))
    qubits = readable(get_cost_value(network, QubitCount()), *ASSUMED)
    return Row(
        f"k = {num_blocks}, {loading}, D = 3, {output}",
        _sorted(toffoli),
        _sorted(rotations),
        qubits,
        published=PUBLISHED["network"],
    )


def document() -> str:
    """The text of `docs/formulas.md`."""
    words = DEFAULT_CONVENTIONS.describe()
    lines = [
        "# Cost formulas",
        "",
        "Made by `python -m bloqs.costs.formulas` from the bloqs' own call graphs; not to be edited. Every "
        "formula is for a bloq by shape: each angle of data or of a polynomial is a generic rotation.",
        "",
        "*Toffoli* counts And, Toffoli and controlled swaps together; undoing an And takes none. "
        f"Total T: {words['Toffoli convention']}; rotations by {words['rotation model']}. *Qubits* are all "
        "qubits of one call, workspace included; they are left out of rows in terms of called parts. "
        "*exact*: with numbers put in, the cost of the concrete bloq to the gate. *bound*: an upper bound, "
        "proved in `select_swap_bound` and `lookup_bound`. *published*: what Rattew et al. (ICLR 2026) state "
        "for the object of that row, in their letters.",
        "",
        "| letter | meaning |",
        "|---|---|",
        *(f"| {letter} | {meaning} |" for letter, meaning in MEANINGS.items()),
        "",
        "## Loading",
        "",
        *_table(loading_rows()),
        "## One query of a hardware memory, 2^n words of b bits",
        "",
        *_table(memory_rows()),
        "## Convolution",
        "",
        *_table(convolution_rows()),
        "## Layers, in terms of what they call",
        "",
        *_table(layer_rows()),
        '## Recurrence of a network, k = 2, "qrom"',
        "",
        "The form is `T_i = q_i [(d_i + 1) T_{i-1} + d_i T_W + T_Wc + phases] + phases`. What names no "
        "table is the same for every loader.",
        "",
        *recurrence_lines(symbolic_network(2)),
        "## Whole networks",
        "",
        *_table(
            [
                network_row(1, "rotations"),
                network_row(1, "qrom"),
                network_row(1, "qrom", "heralded"),
                network_row(2, "qrom"),
            ]
        ),
    ]
    return "\n".join(lines).rstrip() + "\n"


def write(path: Path = PATH) -> None:
    """Write the document."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(document(), encoding="utf-8")
