"""The largest of several counts, numbers and expressions."""

from __future__ import annotations

import itertools

import pytest
import sympy

from bloqs.core.counts import MAX_ARGUMENTS, largest

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
