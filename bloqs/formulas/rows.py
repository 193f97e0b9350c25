"""The cost of every component as a formula, computed from its bloq in symbols: rows of tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import sympy
from qualtran import Bloq
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value

from bloqs.activation import AmplitudeBlockEncoding
from bloqs.convolution import Conv2DBlockEncoding
from bloqs.core.counts import toffoli_like
from bloqs.costs.qubits import logical_qubits
from bloqs.formulas.readable import CHANNELS, TAPS, Expression, by_calls, readable
from bloqs.formulas.select_swap import (
    SelectSwapToffolis,
    function_latex,
    gate_and_qubit_formulas,
    lookup_bound,
    select_swap_bound,
)
from bloqs.layers import HeraldedVector, NormalizedVector, ResidualBlock, ResidualLinearPooling
from bloqs.loading import LOADERS, ColumnOracle, LoadedVector
from bloqs.loading.bucket_brigade import BucketBrigadeQRAM
from bloqs.loading.charges import Charges
from bloqs.loading.memory import ORACLE
from bloqs.loading.plan import SelectSwapWorkspace
from bloqs.loading.qram import QRAMQuery
from bloqs.networks.symbolic import costs_in_letters, recurrence, symbolic_network, unrolled
from bloqs.qsvt import QSVT, ProjectorPhase
from bloqs.tables import Cell

C, D, m, n, b, c, t, a, d, q = sympy.symbols("C D m n b c t a d q")

ASSUMED = (CHANNELS, C >= 3, c >= 2, m >= 1, n >= 2, b >= 4)
"""What every formula of the tables rests on."""

GENERAL_D = (TAPS, D >= 4, t >= 2)
"""Where D is a letter."""

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

    Example:
        >>> Row("input, rotations", 0, 2**n - 1, n).cells
        ('input, rotations', 0, 2**n - 1, n, 'exact', '')
    """

    component: str
    toffoli: Expression
    rotations: Expression
    qubits: Expression | None
    kind: str = "exact"
    published: str = ""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """As a row of a table."""
        formulas = (
            None if e is None else sympy.sympify(e).replace(SelectSwapWorkspace, _Workspace)
            for e in (self.toffoli, self.rotations, self.qubits)
        )
        return (self.component, *formulas, self.kind, self.published)


class _Workspace(sympy.Function):
    """`SelectSwapWorkspace` as it is printed."""

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return function_latex("Y", self.args, printer, exp)


def _rows(component: str, bloq: Bloq, published: str, *facts: sympy.Basic) -> list[Row]:
    """One row, and where a formula holds functions of a plan, a second one with their bounds."""
    costs = [readable(e, *ASSUMED, *facts) for e in gate_and_qubit_formulas(bloq)]
    bounds = [select_swap_bound(e) for e in costs]
    rows = [Row(component, costs[0], costs[1], costs[2], "exact", published)]
    if any(cost.has(SelectSwapToffolis, SelectSwapWorkspace) for cost in costs):
        rows.append(Row(component, bounds[0], bounds[1], bounds[2], "bound"))
    return rows


def loading_rows() -> list[Row]:
    """The input and the columns of the output weights, by each loader.

    Returns:
        Rows in the letters n and b.

    Example:
        >>> row = loading_rows()[0]
        >>> row.component, row.rotations
        ('input, rotations', 2**n - 1)
    """
    rows = []
    for loading in ("rotations", "qrom", "select-swap"):
        bits = None if LOADERS[loading].is_exact else b
        vector = LoadedVector(None, loading, bits, bitsize=n)
        columns = ColumnOracle(None, loading, bits, bitsize=n)
        rows += _rows(f"input, {loading}", vector, PUBLISHED["input"])
        rows += _rows(f"column oracle, {loading}", columns, "")
    return rows


def memory_rows() -> list[Row]:
    """A query of a hardware memory under each model.

    Returns:
        Rows in the letters n and b: `2**n` words of b bits.

    Example:
        >>> oracle, bucket_brigade, select_swap = memory_rows()
        >>> oracle.toffoli, bucket_brigade.toffoli
        (0, 2**n - 2)
    """
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
    """The convolution, by kernel size and loader, without and with a control.

    Returns:
        Rows in the letters C, D, c, t, m and b.

    Example:
        >>> rows = convolution_rows()
        >>> rows[0].component, rows[0].rotations
        ('convolution, D = 1, rotations', 4**c - 1)
    """
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
    """Layers in terms of what they call.

    Returns:
        Rows in degrees d, q and the letters T and R of the parts.

    Example:
        >>> diagonal = layer_rows()[1]
        >>> diagonal.component, diagonal.toffoli, diagonal.rotations
        ('amplitude diagonal of a vector', T_0, R_0)
    """
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
        rows.append(
            Row(words, by_degrees(toffolis), by_degrees(rotations), None, published=published)
        )
    return rows


def by_degrees(expression: Expression) -> Expression:
    """A cost of a layer or a network, readable, and sorted by degrees.

    Args:
        expression: in degrees `q`, `d` (or `q_1`, `d_1`, ...) and letters of parts.

    Returns:
        An equal expression under the assumptions of the tables, `ASSUMED`.

    Example:
        >>> T = sympy.Symbol("T_0")
        >>> by_degrees(q * d * T + q * T + sympy.Max(0, 2 - n))
        q*(T_0*d + T_0)
    """
    simple = sympy.sympify(readable(expression, *ASSUMED, *GENERAL_D, a >= 2))
    letters = sorted(simple.free_symbols, key=lambda symbol: symbol.name, reverse=True)
    degrees = [s for k in "qd" for s in letters if s.name == k or s.name.startswith(f"{k}_")]
    return by_calls(simple, degrees)


def network_row(num_blocks: int, loading: str, output: str = "coherent") -> Row:
    """A whole network with 3x3 kernels, everything put in.

    Args:
        num_blocks: residual blocks.
        loading: "rotations" or "qrom".
        output: "coherent" or "heralded".

    Returns:
        A row in the letters of sizes and degrees.

    Example:
        >>> row = network_row(1, "rotations")
        >>> row.component, sorted(map(str, row.rotations.free_symbols))
        ('k = 1, rotations, D = 3, coherent', ['c', 'd_1', 'm', 'q_1', 'q_2'])
    """
    network = symbolic_network(num_blocks, kernel_size=3, loading=loading, output=output)
    toffoli, rotations = unrolled(recurrence(network))
    qubits = readable(get_cost_value(network, QubitCount()), *ASSUMED)
    return Row(
        f"k = {num_blocks}, {loading}, D = 3, {output}",
        by_degrees(toffoli),
        by_degrees(rotations),
        qubits,
        published=PUBLISHED["network"],
    )
