"""Formulas to be read: short, and exact under their assumptions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
import sympy
from qualtran import Bloq
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value
from qualtran.symbolics import ceil, log2

from bloqs.convolution import Conv2DBlockEncoding
from bloqs.core.counts import toffoli_like
from bloqs.formulas.readable import by_calls, readable
from bloqs.formulas.rows import ASSUMED, GENERAL_D
from bloqs.formulas.select_swap import (
    gate_and_qubit_formulas,
)
from bloqs.loading import ColumnOracle, LoadedVector
from bloqs.loading.bucket_brigade import BucketBrigadeQRAM

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


MANY_CASES = (" controlled", "None qrom", "None select-swap")
"""Ends of names that take a second each, whose other cases take a third of it."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name.endswith(MANY_CASES) else [])
        for name in BLOQS
    ],
)
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
