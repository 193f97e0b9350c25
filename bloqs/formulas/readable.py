"""Costs in symbols, simplified under stated assumptions so that they can be read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy
from qualtran.symbolics import ceil, log2

from bloqs.convolution.workspace import ConvolutionWorkspace

Expression = Any
"""A sympy expression, or a number."""

CHANNELS = sympy.Eq(ceil(log2(sympy.Symbol("C"))), sympy.Symbol("c"))
"""`c = ceil(log2 C)`, the qubits of the channel register."""

TAPS = sympy.Eq(ceil(log2(sympy.Symbol("D"))), sympy.Symbol("t"))
"""`t = ceil(log2 D)`, the qubits of a tap register."""


def readable(expression: Expression, *assumptions: sympy.Basic) -> Expression:
    """A cost expression, simplified as far as the assumptions allow; exact wherever they hold.

    Every symbol stands for a positive integer; it is replaced by one that sympy knows to be at least its
    lower bound, upon which sympy itself decides the conditions of `Piecewise` and the terms of `Max`.

    Args:
        expression: of costs; a number is returned as it is.
        assumptions: `Eq(x, y)` puts y for x, a symbol or a term such as `ceil(log2(C))`; `x >= y` and
            `x > y` bound the symbol x, y being a number or other symbols.

    Returns:
        The shortest of a few equal forms, with plain symbols.

    Raises:
        ValueError: an assumption of another form.

    Example:
        >>> n, b = sympy.symbols("n b")
        >>> readable(2**n + 2**(n - 1) + n*(b - 2) - 2*n + sympy.Max(0, 2 - n) - 2, n >= 2)
        3*2**n/2 + b*n - 4*n - 2
        >>> readable(sympy.Piecewise((0, sympy.Eq(n, 1)), (n, True)) + sympy.Max(n, b), n >= b + 1, b >= 1)
        2*n
    """
    given = {fact.lhs: fact.rhs for fact in assumptions if isinstance(fact, sympy.Eq)}
    bounds = dict(_bound(fact) for fact in assumptions if not isinstance(fact, sympy.Eq))
    result = sympy.sympify(expression)
    names = result.free_symbols | set(bounds)
    names = names.union(*(sympy.sympify(value).free_symbols for value in given.values()))
    known: dict[sympy.Expr, sympy.Expr] = {}
    back: dict[sympy.Expr, sympy.Expr] = {}
    # Bounds by numbers first: a bound by other symbols is put in terms of theirs.
    for symbol in sorted(names, key=lambda s: _order(s, bounds)):
        lower = sympy.sympify(bounds.get(symbol, 1))
        excess = sympy.Dummy(symbol.name, integer=True, nonnegative=True)
        known[symbol] = lower.xreplace(known) + excess
        back[excess] = symbol - lower
    # Values of symbols first: a term may be given by them.
    for left, right in sorted(given.items(), key=lambda pair: not pair[0].is_Symbol):
        known[left] = sympy.sympify(right).xreplace(known)
    decided = _decide(result, known, {})
    # The terms that are left would be compared once more, to no avail.
    named = decided.replace(
        sympy.Max,
        lambda *args: sympy.Max(*(arg.xreplace(back) for arg in args), evaluate=False),
    )
    return shortest(named.xreplace(back))


def _decide(e: Any, known: dict[sympy.Expr, sympy.Expr], memo: dict[sympy.Expr, sympy.Expr]) -> Any:
    """`known` put in, branches chosen, nested maxima joined, from the leaves up, each node once.

    `Expr.subs` would do, but it rebuilds every maximum, whose terms are then compared pair by pair, many
    times over.
    """
    if e in known:
        return known[e]
    if e in memo or not e.args:
        return memo.get(e, e)
    result: Any
    if isinstance(e, ConvolutionWorkspace):
        result = _decide(e.closed_form(), known, memo)
    elif isinstance(e, sympy.Piecewise):
        pairs = []
        for value, case in e.args:
            condition = case.xreplace(known)
            if condition != sympy.false:
                pairs.append((_decide(value, known, memo), condition))
            if condition == sympy.true:
                break
        result = sympy.Piecewise(*pairs)
    else:
        args = [_decide(arg, known, memo) for arg in e.args]
        result = _flat_max(*args) if isinstance(e, sympy.Max) else e.func(*args)
    memo[e] = result
    return result


def _order(symbol: sympy.Symbol, bounds: dict[sympy.Symbol, sympy.Expr]) -> tuple[int, str]:
    """How many bounds a symbol rests on, and its name."""
    others = sympy.sympify(bounds.get(symbol, 1)).free_symbols
    return 1 + max((_order(other, bounds)[0] for other in others), default=0), symbol.name


def _bound(fact: sympy.Basic) -> tuple[sympy.Symbol, sympy.Expr]:
    if isinstance(fact, (sympy.Ge, sympy.Gt, sympy.Le, sympy.Lt)):
        strict = int(isinstance(fact, (sympy.Gt, sympy.Lt)))
        if isinstance(fact.gts, sympy.Symbol):
            return fact.gts, fact.lts + strict
    raise ValueError(
        f"an assumption is Eq(x, y), or x >= y or x > y with a symbol x, got {fact}; "
        f"write b <= n as n >= b"
    )


def _flat_max(*args: sympy.Expr) -> sympy.Expr:
    """`Max(x, y + Max(u, v))` as `Max(x, y + u, y + v)`, which sympy can compare term by term."""
    terms: list[sympy.Expr] = []
    for arg in args:
        inner = [part for part in sympy.Add.make_args(arg) if isinstance(part, sympy.Max)]
        options = inner[0].args if inner else (0,)
        terms += [sympy.expand(arg - sum(inner[:1]) + option) for option in options]
    return sympy.Max(*terms)


def shortest(expression: Expression) -> Expression:
    """The shortest of equal forms: multiplied out, powers joined, factors taken out.

    Args:
        expression: of sympy, or a number.

    Returns:
        One of the forms, equal for all values of the symbols.

    Example:
        >>> n, b = sympy.symbols("n b")
        >>> shortest(2 * 2**n + 2**n * b - 2 ** (n + 1))
        2**n*b
    """
    expression = sympy.sympify(expression)
    flat = sympy.expand(expression)
    joined = sympy.powsimp(flat)
    forms = [expression, flat, joined, sympy.factor_terms(joined), sympy.factor(joined)]
    return min(forms, key=lambda form: (sympy.count_ops(form), len(str(form))))


def by_calls(expression: Expression, calls: Iterable[sympy.Symbol]) -> Expression:
    """Sorted by degrees `q`, then `d`, then the letters of parts: `q*((d + 1)*T + ...) + ...`.

    Args:
        expression: polynomial in `calls`.
        calls: the symbols, outermost first.

    Returns:
        An equal expression, nested in the order of `calls`.

    Example:
        >>> q, d, T, W = sympy.symbols("q d T W")
        >>> by_calls(q * d * T + q * T + q * d * W, [q, d])
        q*(T + d*(T + W))
    """
    order = list(calls)
    flat = sympy.expand(expression)
    if not order:
        return shortest(flat)
    inner, outer = flat.coeff(order[0], 1), flat.coeff(order[0], 0)
    return order[0] * by_calls(inner, order[1:]) + by_calls(outer, order[1:])
