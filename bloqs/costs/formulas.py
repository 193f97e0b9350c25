"""Costs in symbols as formulas to be read: simplified under stated assumptions, with bounds.

`python -m bloqs.costs.formulas` writes `docs/formulas.md` (see `bloqs.costs.formula_tables`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy
from qualtran import Bloq
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value
from qualtran.symbolics import ceil, log2

from bloqs.convolution.workspace import ConvolutionWorkspace
from bloqs.costs.conventions import as_count, toffoli_like
from bloqs.loading.plan import SelectSwapAnds, SelectSwapSwaps, SelectSwapWorkspace

Expression = Any
"""A sympy expression, or a number."""

CHANNELS = sympy.Eq(ceil(log2(sympy.Symbol("C"))), sympy.Symbol("c"))
"""`c = ceil(log2 C)`, the qubits of the channel register."""

TAPS = sympy.Eq(ceil(log2(sympy.Symbol("D"))), sympy.Symbol("t"))
"""`t = ceil(log2 D)`, the qubits of a tap register."""


class SelectSwapToffolis(sympy.Function):
    """And + CSwap of the best select-swap plan, `S(c, n, f, b, k)`; a number for numbers.

    A tree of `n` rotations of `b` bits, rotation `l` selected by `c + l` qubits, with (`f = 1`) or without
    a flag rotated first, controlled (`k = 1`) or not; `bloqs.loading.plan` finds the plan.
    """

    nargs = 5

    @classmethod
    def eval(cls, *args: sympy.Expr) -> sympy.Expr | None:
        """The number, or None while an argument is a symbol."""
        if all(arg.is_Integer for arg in args):
            return SelectSwapAnds(*args) + SelectSwapSwaps(*args)
        return None

    def _eval_is_integer(self) -> bool:
        return True

    def _eval_is_nonnegative(self) -> bool:
        return True

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        return function_latex("S", self.args, printer, exp)


def function_latex(name: str, args: Iterable[Any], printer: Any, exp: str | None) -> str:
    """LaTeX of a function of a plan: flag and control as marks, `name_{fc}(c, n, b)`."""
    c, n, flag, b, control = args
    marks = "".join(mark for mark, on in (("f", flag), ("c", control)) if on == 1)
    inside = ", ".join(printer.doprint(arg) for arg in (c, n, b))
    power = "" if exp is None else f"^{{{exp}}}"
    return (
        rf"{name}_{{\mathrm{{{marks}}}}}{power}({inside})" if marks else f"{name}{power}({inside})"
    )


# ------------------------------------------------------------------------------------- simplification


def readable(expression: Expression, *assumptions: sympy.Basic) -> Expression:
    """A cost expression, simplified as far as the assumptions allow; exact wherever they hold.

    Every symbol stands for a positive integer; it is replaced by one that sympy knows to be at least its
    lower bound, upon which sympy itself decides the conditions of `Piecewise` and the terms of `Max`.

    Args:
        expression: of costs; a number is returned as it is.
        *assumptions: `Eq(x, y)` puts y for x, a symbol or a term such as `ceil(log2(C))`; `x >= y` and
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
    """The shortest of equal forms: multiplied out, powers joined, factors taken out."""
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
    """
    order = list(calls)
    flat = sympy.expand(expression)
    if not order:
        return shortest(flat)
    inner, outer = flat.coeff(order[0], 1), flat.coeff(order[0], 0)
    return order[0] * by_calls(inner, order[1:]) + by_calls(outer, order[1:])


# ------------------------------------------------------------------------------------------ select-swap


def named_select_swap(expression: Expression) -> Expression:
    """`SelectSwapAnds(...) + SelectSwapSwaps(...)` joined to one function, `SelectSwapToffolis(...)`.

    Raises:
        ValueError: they do not enter with the same coefficient.
    """
    joined = sympy.sympify(expression).replace(
        SelectSwapAnds, lambda *args: SelectSwapToffolis(*args) - SelectSwapSwaps(*args)
    )
    joined = sympy.expand(joined)
    if joined.has(SelectSwapSwaps):
        raise ValueError(f"And and CSwap of a plan enter with different coefficients: {expression}")
    return joined


def select_swap_bound(expression: Expression) -> Expression:
    r"""An upper bound without functions of plans, where those enter with coefficients of 0 or more.

    With `N = 2**(c+n)` words of b bits on the last level: And + CSwap `<= 3 sqrt(3 b N)`, and clean qubits
    `<= (3/2) sqrt(3 b N) + (n + f + 2) b + c + n`.

    Proof. Load the rotations with `p <= h - 1` address qubits by tables of their own, all others in one
    segment from `h` qubits, `0 <= h <= c + n - 1`. A table over h qubits takes at most `2**h` And. The own
    tables sum to `2**h` at most, the segment is loaded and unloaded, and its swaps are
    `2 b sum_p (2**(p-h) - 1) <= 2 b 2**(c+n-h)`: together `3 2**h + 2 b N/2**h`. At the integer h nearest
    to the optimum this is at most `(sqrt(2) + 1/sqrt(2)) sqrt(6 b N) = 3 sqrt(3 b N)`. Should that h exceed
    `c + n - 1`, `N < 4 b/3`, and own tables for all take `3 N/2 < sqrt(3 b N)`. The best plan is no dearer.
    A segment's words are its swaps over `2 b`, and one a rotation.
    """

    def toffolis(c: Any, n: Any, _flag: Any, b: Any, _control: Any) -> Any:
        return 3 * sympy.sqrt(3 * b * 2 ** (c + n))

    def workspace(c: Any, n: Any, flag: Any, b: Any, _control: Any) -> Any:
        return 3 * sympy.sqrt(3 * b * 2 ** (c + n)) / 2 + (n + flag + 2) * b + c + n

    expression = named_select_swap(expression)
    return expression.replace(SelectSwapToffolis, toffolis).replace(SelectSwapWorkspace, workspace)


def lookup_bound(n: Expression, b: Expression) -> tuple[Expression, Expression]:
    r"""Upper bounds of And + CSwap and of the qubits of a `SelectSwapLookup`, `2**n` words of b bits.

    `3 sqrt(2 b 2**n)` and `2 n + b + sqrt(2 b 2**n)`: And + CSwap is less than `2 2**n/2**k + 2 b 2**k`, and
    the integer k that minimises this is within a factor `sqrt(2)` of `2**k = sqrt(2**n/b)`, or 0, where
    the plain lookup takes fewer than `2**n <= sqrt(b 2**n)`.
    """
    root = sympy.sqrt(2 * b * 2 ** sympy.sympify(n))
    return 3 * root, 2 * n + b + root


def gate_and_qubit_formulas(bloq: Bloq) -> tuple[Expression, Expression, Expression]:
    """Toffoli (And and CSwap included), rotations and qubits of a bloq, as the cost keys give them."""
    gates = get_cost_value(bloq, QECGatesCost())
    if as_count(gates.t) != 0:
        raise ValueError(f"{bloq} has T gates of its own ({gates.t}), which the tables do not list")
    toffolis = named_select_swap(toffoli_like(gates))
    return toffolis, as_count(gates.rotation), as_count(get_cost_value(bloq, QubitCount()))


if __name__ == "__main__":
    from bloqs.costs.formula_tables import write

    write()
