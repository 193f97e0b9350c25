"""Select-swap tables in formulas: their exact costs by name, and bounds in closed form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sympy
from qualtran import Bloq
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value

from bloqs.core.counts import as_count, toffoli_like
from bloqs.formulas.readable import Expression
from bloqs.loading.plan import SelectSwapAnds, SelectSwapSwaps, SelectSwapWorkspace


class SelectSwapToffolis(sympy.Function):
    """And + CSwap of the best select-swap plan, `S(c, n, f, b, k)`; a number for numbers.

    A tree of `n` rotations of `b` bits, rotation `l` selected by `c + l` qubits, with (`f = 1`) or without
    a flag rotated first, controlled (`k = 1`) or not; `bloqs.loading.plan` finds the plan.

    Example:
        >>> n = sympy.Symbol("n")
        >>> SelectSwapToffolis(0, n, 0, 8, 0).subs(n, 10)
        338
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
    r"""LaTeX of a function of a plan: flag and control as marks, `name_{fc}(c, n, b)`.

    Args:
        name: its letter.
        args: `(c, n, f, b, k)` as of `SelectSwapToffolis`.
        printer: of sympy.
        exp: exponent in LaTeX; None for none.

    Returns:
        The text.

    Example:
        >>> c, n, b = sympy.symbols("c n b")
        >>> sympy.latex(SelectSwapToffolis(c, n, 1, b, 0))
        'S_{\\mathrm{f}}(c, n, b)'
    """
    c, n, flag, b, control = args
    marks = "".join(mark for mark, on in (("f", flag), ("c", control)) if on == 1)
    inside = ", ".join(printer.doprint(arg) for arg in (c, n, b))
    power = "" if exp is None else f"^{{{exp}}}"
    return (
        rf"{name}_{{\mathrm{{{marks}}}}}{power}({inside})" if marks else f"{name}{power}({inside})"
    )


def named_select_swap(expression: Expression) -> Expression:
    """`SelectSwapAnds(...) + SelectSwapSwaps(...)` joined to one function, `SelectSwapToffolis(...)`.

    Args:
        expression: a number of And + CSwap.

    Returns:
        An equal expression.

    Raises:
        ValueError: they do not enter with the same coefficient.

    Example:
        >>> n = sympy.Symbol("n")
        >>> plan = (0, n, 0, 8, 0)
        >>> named_select_swap(2 * SelectSwapAnds(*plan) + 2 * SelectSwapSwaps(*plan) + 1)
        2*SelectSwapToffolis(0, n, 0, 8, 0) + 1
    """
    joined = sympy.sympify(expression).replace(
        SelectSwapAnds, lambda *args: SelectSwapToffolis(*args) - SelectSwapSwaps(*args)
    )
    joined = sympy.expand(joined)
    if joined.has(SelectSwapSwaps):
        raise ValueError(f"And and CSwap of a plan enter with different coefficients: {expression}")
    return joined


def select_swap_bound(expression: Expression) -> Expression:
    """An upper bound without functions of plans, where those enter with coefficients of 0 or more.

    With `N = 2**(c+n)` words of b bits on the last level: And + CSwap `<= 3 sqrt(3 b N)`, and clean qubits
    `<= (3/2) sqrt(3 b N) + (n + f + 2) b + c + n`.

    Proof. Load the rotations with `p <= h - 1` address qubits by tables of their own, all others in one
    segment from `h` qubits, `0 <= h <= c + n - 1`. A table over h qubits takes at most `2**h` And. The own
    tables sum to `2**h` at most, the segment is loaded and unloaded, and its swaps are
    `2 b sum_p (2**(p-h) - 1) <= 2 b 2**(c+n-h)`: together `3 2**h + 2 b N/2**h`. At the integer h nearest
    to the optimum this is at most `(sqrt(2) + 1/sqrt(2)) sqrt(6 b N) = 3 sqrt(3 b N)`. Should that h exceed
    `c + n - 1`, `N < 4 b/3`, and own tables for all take `3 N/2 < sqrt(3 b N)`. The best plan is no dearer.
    The qubits of a segment's words are its swaps divided by `2 b`, and one word a rotation.

    Args:
        expression: a number of gates or qubits.

    Returns:
        An expression in the sizes alone, at least as large.

    Example:
        >>> n = sympy.Symbol("n")
        >>> exact = SelectSwapToffolis(0, n, 0, 8, 0)
        >>> bound = select_swap_bound(exact)
        >>> bound
        6*sqrt(6)*sqrt(2**n)
        >>> exact.subs(n, 10) <= bound.subs(n, 10)
        True
    """

    def toffolis(c: Any, n: Any, _flag: Any, b: Any, _control: Any) -> Any:
        return 3 * sympy.sqrt(3 * b * 2 ** (c + n))

    def workspace(c: Any, n: Any, flag: Any, b: Any, _control: Any) -> Any:
        return 3 * sympy.sqrt(3 * b * 2 ** (c + n)) / 2 + (n + flag + 2) * b + c + n

    expression = named_select_swap(expression)
    return expression.replace(SelectSwapToffolis, toffolis).replace(SelectSwapWorkspace, workspace)


def lookup_bound(n: Expression, b: Expression) -> tuple[Expression, Expression]:
    """Upper bounds of And + CSwap and of the qubits of a `SelectSwapLookup`, `2**n` words of b bits.

    `3 sqrt(2 b 2**n)` and `2 n + b + sqrt(2 b 2**n)`: And + CSwap is less than `2 2**n/2**k + 2 b 2**k`, and
    the integer k that minimises this is within a factor `sqrt(2)` of `2**k = sqrt(2**n/b)`, or 0, where
    the plain lookup takes fewer than `2**n <= sqrt(b 2**n)`.

    Args:
        n: qubits of the address, a number or an expression.
        b: bits of a word.

    Returns:
        And + CSwap, qubits.

    Example:
        >>> from bloqs.loading import SelectSwapLookup
        >>> toffolis, _, qubits = gate_and_qubit_formulas(SelectSwapLookup(None, 10, 8))
        >>> bounds = lookup_bound(10, 8)
        >>> toffolis <= bounds[0], qubits <= bounds[1]
        (True, True)
    """
    root = sympy.sqrt(2 * b * 2 ** sympy.sympify(n))
    return 3 * root, 2 * n + b + root


def gate_and_qubit_formulas(bloq: Bloq) -> tuple[Expression, Expression, Expression]:
    """Toffoli (And and CSwap included), rotations and qubits of a bloq, as the cost keys give them.

    Args:
        bloq: with numbers or symbols for sizes.

    Returns:
        The three, select-swap plans joined to `SelectSwapToffolis`.

    Raises:
        ValueError: it has T gates of its own, which the tables do not list.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> gate_and_qubit_formulas(LoadedVector(None, bitsize=sympy.Symbol("n")))
        (0, 2**n - 1, n)
    """
    gates = get_cost_value(bloq, QECGatesCost())
    if as_count(gates.t) != 0:
        raise ValueError(f"{bloq} has T gates of its own ({gates.t}), which the tables do not list")
    toffolis = named_select_swap(toffoli_like(gates))
    return toffolis, as_count(gates.rotation), as_count(get_cost_value(bloq, QubitCount()))
