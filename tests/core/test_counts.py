"""The largest of several counts, numbers and expressions."""

from __future__ import annotations

import itertools

import pytest
import sympy

from bloqs.core.counts import MAX_ARGUMENTS, MAX_COMPARED, Numbers, largest

N, K = sympy.symbols("n k")


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ([3, 7, 5], 7),
        ([N, N], N),
        ([N + 2, N - 1, N + 5], N + 5),
        ([3, N, 9], sympy.Max(9, N)),
        ([N + sympy.Max(3, 2 * N), N + 5, 2], sympy.Max(2, 3 * N, N + 5)),
        ([sympy.Max(N, K) + sympy.Max(1, K), 2 * N], sympy.Max(2 * N, N + K, N + 1, 2 * K, K + 1)),
        ([2 * (N + sympy.Max(1, N)), 4], sympy.Max(4, 2 * N + 2 * sympy.Max(1, N))),
    ],
)
def test_largest(counts: list[sympy.Expr], found: sympy.Expr) -> None:
    assert largest(counts) == found
    for n, k in itertools.product((0, 1, 4), repeat=2):
        at = {N: n, K: k}
        values = [sympy.sympify(one).subs(at) for one in counts]
        assert sympy.sympify(largest(counts)).subs(at) == max(values)


def test_a_maximum_of_too_many_sums_stays_as_it_is() -> None:
    pairs = [sympy.Max(*sympy.symbols(f"a{i} b{i}")) for i in range(MAX_ARGUMENTS.bit_length())]
    assert largest([sum(pairs)]) == sum(pairs)


def test_more_arguments_than_are_compared_have_the_same_value() -> None:
    letters = sympy.symbols("a:6")
    assert len(letters) > MAX_COMPARED
    found = largest([letter + i for i, letter in enumerate(letters)])
    at = {f"a{i}": 7 - 2 * i for i in range(6)}
    assert Numbers(at).put(found) == max(7 - i for i in range(6))


def test_numbers_are_those_of_subs() -> None:
    a, b = sympy.symbols("a b")
    expression = sympy.Piecewise((a**2, sympy.Eq(b, 1)), (sympy.ceiling(a / b), True)) * 2**b
    for at in ({"a": 7, "b": 1}, {"a": 7, "b": 2}, {"a": 3}):
        assert Numbers(at).put(expression) == expression.subs(at)


class Plus(sympy.Function):
    """A sum that stays as it is written until both numbers are known."""

    nargs = 2

    @classmethod
    def eval(cls, a: sympy.Expr, b: sympy.Expr) -> sympy.Expr | None:
        return sympy.Integer(a + b) if a.is_Integer and b.is_Integer else None


def test_a_part_that_occurs_often_is_worked_out_once() -> None:
    """Written out, the expression has 2**60 terms."""
    nested = sympy.Symbol("a")
    for _ in range(60):
        nested = Plus(nested, nested)
    assert Numbers({"a": 3}).put(nested) == 3 * 2**60
