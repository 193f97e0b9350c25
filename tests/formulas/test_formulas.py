"""Formulas to be read: exact under their assumptions, bounds above the exact planner, docs up to date."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
import sympy
from qualtran import Bloq
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value
from qualtran.symbolics import ceil, log2

from bloqs.convolution import Conv2DBlockEncoding
from bloqs.costs.conventions import toffoli_like
from bloqs.formulas.document import PATH, document
from bloqs.formulas.readable import by_calls, readable
from bloqs.formulas.rows import ASSUMED, GENERAL_D, network_row
from bloqs.formulas.select_swap import (
    SelectSwapToffolis,
    gate_and_qubit_formulas,
    lookup_bound,
    named_select_swap,
    select_swap_bound,
)
from bloqs.loading import ColumnOracle, LoadedVector
from bloqs.loading.bucket_brigade import BucketBrigadeQRAM
from bloqs.loading.plan import (
    SelectSwapAnds,
    SelectSwapSwaps,
    SelectSwapWorkspace,
    TreeShape,
    segment_counts,
    select_swap_segments,
)
from bloqs.loading.select_swap import SelectSwapLookup
from bloqs.networks.symbolic import symbolic_network

LOADERS = ("rotations", "qrom", "select-swap")
NAMES = "C D m n b c t"
C, D, m, n, b, c, t = sympy.symbols(NAMES)


def convolution(loading: str, size: int | None, controlled: bool) -> Callable[..., Bloq]:
    def make(C: object, D: object, m: object, b: object, **_: object) -> Bloq:
        d = D if size is None else size
        bits = None if loading == "rotations" else b
        bloq = Conv2DBlockEncoding.from_shape(
            C,  # type: ignore[arg-type]
            d,  # type: ignore[arg-type]
            axis_bits=m,  # type: ignore[arg-type]
            loading=loading,
            angle_bits=bits,  # type: ignore[arg-type]
        )
        return bloq.controlled() if controlled else bloq

    return make


def vector(loading: str) -> Callable[..., Bloq]:
    return lambda n, b, **_: LoadedVector(None, loading, b, bitsize=n)


def columns(loading: str) -> Callable[..., Bloq]:
    return lambda n, b, **_: ColumnOracle(None, loading, b, bitsize=n, is_controlled=True)


BLOQS: dict[str, Callable[..., Bloq]] = {
    **{f"input {loading}": vector(loading) for loading in LOADERS},
    **{f"columns {loading}": columns(loading) for loading in LOADERS},
    **{
        f"convolution {size} {loading}{' controlled' * controlled}": convolution(
            loading, size, controlled
        )
        for size in (1, 3, None)
        for loading in LOADERS
        for controlled in (False, True)
    },
    "bucket-brigade": lambda n, b, **_: BucketBrigadeQRAM(None, n, b),
}


def sizes() -> Iterator[dict[str, int]]:
    """Numbers that satisfy the assumptions, `D` small enough that no tap is dropped."""
    values = itertools.product((3, 4, 6, 8), (4, 5, 7), (2, 3, 5), (2, 4, 5), (4, 9, 16))
    for C, D, m, n, b in itertools.islice(values, 0, None, 7):
        yield {"C": C, "D": D, "m": m, "n": n, "b": b}


@pytest.mark.parametrize("name", BLOQS)
def test_readable_formula_is_exact(name: str) -> None:
    make = BLOQS[name]
    formulas = [
        readable(cost, *ASSUMED, *GENERAL_D)
        for cost in gate_and_qubit_formulas(make(C=C, D=D, m=m, n=n, b=b))
    ]
    assert not any(formula.has(sympy.Piecewise, sympy.ceiling) for formula in formulas)
    for numbers in sizes():
        bits = {"c": (numbers["C"] - 1).bit_length(), "t": (numbers["D"] - 1).bit_length()}
        bloq = make(**numbers)
        gates = get_cost_value(bloq, QECGatesCost())
        expected = toffoli_like(gates), gates.rotation, get_cost_value(bloq, QubitCount())
        found = tuple(formula.subs({**numbers, **bits}) for formula in formulas)
        assert found == expected, f"{name} at {numbers}"


def test_readable_is_short() -> None:
    page = gate_and_qubit_formulas(Conv2DBlockEncoding.from_shape(C, D, axis_bits=m))[1]
    short = readable(page, *ASSUMED, *GENERAL_D)
    assert sympy.expand(short - (2**c + 1) * (2 ** (c + 2 * t) - 1)) == 0
    assert 10 * sympy.count_ops(short) < sympy.count_ops(page)


def test_readable_keeps_what_the_assumptions_leave_open() -> None:
    formula = sympy.Max(n, b) + sympy.Piecewise((1, sympy.Eq(n, 3)), (0, True))
    assert readable(formula, n >= 2).subs({n: 3, b: 5}) == 6
    assert readable(formula, n >= 2).subs({n: 4, b: 1}) == 4
    assert readable(formula, n > b, b > 3) == n
    assert readable(2**n * ceil(log2(C)), sympy.Eq(ceil(log2(C)), c), sympy.Eq(c, 3)) == 3 * 2**n
    assert readable(7) == 7


@pytest.mark.parametrize("fact", [sympy.Ne(n, 2), n + b >= 3, n <= 4])
def test_readable_refuses_other_assumptions(fact: sympy.Basic) -> None:
    with pytest.raises(ValueError, match="an assumption is Eq"):
        readable(n, fact)


def test_by_calls_nests_by_degrees() -> None:
    d, q, T = sympy.symbols("d q T")
    flat = sympy.expand(q * ((d + 1) * T + 3) + 5)
    nested = by_calls(flat, [q, d])
    assert sympy.expand(nested - flat) == 0
    assert nested.coeff(q) == T * d + T + 3 or nested.coeff(q) == d * T + T + 3


def test_named_select_swap_is_exact_and_refuses_unequal_coefficients() -> None:
    args = (c, n, 1, b, 0)
    joined = named_select_swap(3 * SelectSwapAnds(*args) + 3 * SelectSwapSwaps(*args) + n)
    assert joined == 3 * SelectSwapToffolis(*args) + n
    shape = TreeShape(2, 3, True, 7, False)
    counts = segment_counts(shape, select_swap_segments(shape))
    assert joined.subs({c: 2, n: 3, b: 7}) == 3 * (counts.ands + counts.swaps) + 3
    with pytest.raises(ValueError, match="different coefficients"):
        named_select_swap(SelectSwapAnds(*args) + 2 * SelectSwapSwaps(*args))


@pytest.mark.parametrize("bits", [3, 16, 50])
def test_select_swap_bound_holds_for_every_plan(bits: int) -> None:
    """Up to 20 address qubits in all; and it is no empty promise."""
    gates = sympy.lambdify((c, n), select_swap_bound(SelectSwapToffolis(c, n, 0, bits, 0)))
    ratios = []
    for total in range(1, 21):
        for index in range(total):
            levels = total - index
            for flag, control in ((0, 0), (1, 1)):
                shape = TreeShape(index, levels, bool(flag), bits, bool(control))
                counts = segment_counts(shape, select_swap_segments(shape))
                ratios.append((counts.ands + counts.swaps) / gates(index, levels))
                assert ratios[-1] <= 1, f"{shape}: {counts}"
                workspace = select_swap_bound(
                    SelectSwapWorkspace(c, levels, flag, bits, control)
                ).subs(c, index)
                assert counts.workspace <= float(workspace), f"{shape}: {counts}"
    assert max(ratios) > 0.8


def test_lookup_bound_holds() -> None:
    ratios = []
    for size, bits in itertools.product(range(21), (1, 2, 3, 7, 16, 31, 62)):
        bloq = SelectSwapLookup(None, size, bits)
        gates, qubits = (float(bound) for bound in lookup_bound(size, bits))
        exact = toffoli_like(get_cost_value(bloq, QECGatesCost()))
        ratios.append(exact / gates)
        assert exact <= gates, (size, bits)
        assert get_cost_value(bloq, QubitCount()) <= qubits, (size, bits)
    assert max(ratios) > 0.8


@pytest.mark.parametrize("output", ["coherent", pytest.param("heralded", marks=pytest.mark.slow)])
def test_whole_network_formula_is_exact(output: str) -> None:
    row, network = network_row(1, "qrom", output), symbolic_network(1, kernel_size=3, output=output)
    gates = get_cost_value(network, QECGatesCost())
    costs = toffoli_like(gates), gates.rotation, get_cost_value(network, QubitCount())
    for channels, axis, bits, degrees in ((3, 1, 4, (2, 5, 7)), (8, 4, 16, (6, 11, 31))):
        numbers = {"C": channels, "m": axis, "b": bits}
        numbers |= dict(zip(("d_1", "q_1", "q_2"), degrees, strict=True))
        numbers["c"] = (channels - 1).bit_length()
        found = [formula.subs(numbers) for formula in (row.toffoli, row.rotations, row.qubits)]
        assert found == [cost.subs(numbers) for cost in costs]


@pytest.mark.slow
def test_formulas_in_the_docs_are_those_of_the_code() -> None:
    assert PATH.read_text(encoding="utf-8") == document(), (
        "docs/formulas.md is not what the bloqs give: run `python -m bloqs.formulas` and "
        "look at the difference; a changed cost needs a line in the changelog"
    )
