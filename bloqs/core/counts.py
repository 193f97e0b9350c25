"""Numbers of gates, calls and qubits: integers, or expressions in symbols."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sympy
from qualtran import Bloq
from qualtran.resource_counting import GateCounts, QECGatesCost, get_cost_value

Count = Any
"""A number of gates, calls or qubits: `int`, or a `sympy.Expr` when a size is a symbol."""


def as_count(value: Any, what: str = "count") -> Count:
    """A number of gates as an `int`; an expression with symbols as it stands.

    Args:
        value: an integer of any type (Python, numpy, sympy), or a sympy expression with free symbols.
        what: its name, for the error message.

    Returns:
        The number or the expression.

    Raises:
        ValueError: the number is negative or not an integer.

    Example:
        >>> as_count(sympy.Integer(3)), as_count(sympy.Symbol("n") + 1)
        (3, n + 1)
    """
    if isinstance(value, sympy.Basic) and not value.is_number:
        return value
    number = int(value)
    if number != value:
        raise ValueError(f"{what} must be an integer, got {value}")
    if number < 0:
        raise ValueError(f"{what} must not be negative, got {value}: a formula below is wrong")
    return number


class Numbers:
    """Numbers in place of letters, in expressions that have their parts in common.

    The formula of a layer contains that of the layer before several times over, so that written out it
    doubles with every layer; here each part is worked out once.

    Parameters:
        values: from the name of a symbol to a number.

    Example:
        >>> n, m = sympy.symbols("n m")
        >>> numbers = Numbers({"n": 3})
        >>> numbers.put(n**2 + sympy.Max(n, 5)), numbers.put(n * m), numbers.put(7)
        (14, 3*m, 7)
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name: sympy.sympify(value) for name, value in values.items()}
        self._known: dict[sympy.Basic, sympy.Basic] = {}

    def put(self, value: Any) -> Any:
        """An expression with the numbers put in; anything else as it is.

        Args:
            value: a number, an expression.

        Returns:
            An expression of sympy, or what was passed.
        """
        return self._put(value) if isinstance(value, sympy.Basic) else value

    def _put(self, expression: sympy.Basic) -> sympy.Basic:
        if expression not in self._known:
            if isinstance(expression, sympy.Symbol):
                found = self._values.get(expression.name, expression)
            elif expression.args:
                found = expression.func(*map(self._put, expression.args))
            else:
                found = expression
            self._known[expression] = found
        return self._known[expression]


def toffoli_like(counts: GateCounts) -> Count:
    """Toffoli, And and CSwap gates together, each of which costs one `|CCZ>` state.

    And-adjoints are not among them: they are measurements.

    Args:
        counts: Qualtran's gate counts.

    Returns:
        Their number; an expression where a count is one.

    Example:
        >>> toffoli_like(GateCounts(toffoli=2, and_bloq=3, t=7))
        5
    """
    return as_count(counts.toffoli + counts.and_bloq + counts.cswap, "Toffoli count")


MAX_ARGUMENTS = 256
"""A maximum inside a sum is taken out of it where that leaves no more arguments than this."""

MAX_COMPARED = 3
"""Of more arguments than this sympy compares no two: it takes seconds, and finds next to nothing."""


def largest(counts: Iterable[Count]) -> Count:
    """The largest count; of expressions a maximum of sums, each shape of which occurs once.

    Two arguments that differ by a number are one, and `n + Max(a, b)` is `Max(n + a, n + b)`: then no two
    need be compared that are hard to compare, over which `sympy.Max` takes minutes for nested maxima.

    Args:
        counts: at least one.

    Returns:
        A number, or an expression that is equal to the maximum at all real values of its symbols.

    Example:
        >>> n = sympy.Symbol("n")
        >>> largest([n + sympy.Max(3, 2 * n), n + 5, n + 3, 2])
        Max(2, 3*n, n + 5)
    """
    found = list(counts)
    if not any(isinstance(one, sympy.Basic) for one in found):
        return max(found)
    best: dict[sympy.Expr, sympy.Expr] = {}
    for one in found:
        for argument in _arguments(sympy.sympify(one)):
            number, shape = argument.as_coeff_Add()
            best[shape] = max(number, best.get(shape, number))
    sums = [shape + number for shape, number in best.items()]
    return sums[0] if len(sums) == 1 else sympy.Max(*sums, evaluate=len(sums) <= MAX_COMPARED)


def _arguments(expression: sympy.Expr) -> list[sympy.Expr]:
    """The expressions whose maximum it is, as sums of products."""
    if isinstance(expression, sympy.Max):
        return [one for part in expression.args for one in _arguments(part)]
    expression = sympy.expand(expression)
    if not isinstance(expression, sympy.Add):
        return [expression]
    sums: list[sympy.Expr] = [sympy.Integer(0)]
    for term in expression.args:
        parts = _arguments(term) if isinstance(term, sympy.Max) else [term]
        if len(sums) * len(parts) > MAX_ARGUMENTS:
            return [expression]
        sums = [one + part for one in sums for part in parts]
    return sums


T_PER_ROTATION = 30
"""Of a rotation synthesised to about 1e-9, for comparing choices; a cost is counted by its conventions."""

T_PER_BIT, T_OFFSET = 1.149, 9.2
"""T of a rotation synthesised to an error e: `ceil(1.149 log2(1/e) + 9.2)`. Fit: Bocharov, Roetteler and
Svore (2014), arXiv:1404.5320; the default of `bloqs.costs.ROTATION_MODELS`."""


def t_total(
    bloq: Bloq, synthesis_error: float, generalizer: Callable[[Bloq], Bloq | None] | None = None
) -> int:
    """T of one call under the default conventions of a cost: by which whole networks are compared.

    Args:
        bloq: with numbers for its sizes.
        synthesis_error: of all its rotations together.
        generalizer: as in `t_estimate`.

    Returns:
        The number.

    Example:
        >>> from qualtran.bloqs.basic_gates import Ry
        >>> t_total(Ry(0.3), 1e-3)
        21
    """
    gates = get_cost_value(bloq, QECGatesCost(), generalizer=generalizer)
    n = int(as_count(gates.rotation))
    return int(gates.t + 4 * toffoli_like(gates)) + n * t_of_rotation(n, synthesis_error)


def t_of_rotation(number: float, synthesis_error: float) -> int:
    """T of each of some rotations, under the default conventions of a cost.

    Args:
        number: of rotations; below 1 as for 1.
        synthesis_error: of all of them together.

    Returns:
        The number; it grows with theirs.

    Example:
        >>> t_of_rotation(1, 1e-3), t_of_rotation(1000, 1e-3)
        (21, 33)
    """
    bits = math.log2(max(1.0, number)) - math.log2(synthesis_error)
    return max(0, math.ceil(T_PER_BIT * bits + T_OFFSET))


def t_estimate(
    bloq: Bloq,
    generalizer: Callable[[Bloq], Bloq | None] | None = None,
    known: dict[Bloq, Any] | None = None,
    per_rotation: float = T_PER_ROTATION,
) -> float:
    """T of one call, about: what choices are weighed by. A rotation counts `per_rotation`, a Toffoli 4.

    Args:
        bloq: with numbers for its sizes.
        generalizer: what each callee is replaced by first, as a memory model's `charged`; None for nothing.
        known: gates of bloqs that were counted before, with this generalizer; those of this one are added.
        per_rotation: T of a rotation.

    Returns:
        The number, at least 1.

    Example:
        >>> from qualtran.bloqs.basic_gates import Ry, Toffoli
        >>> t_estimate(Toffoli()), t_estimate(Ry(0.3))
        (4.0, 30.0)
    """
    gates = get_cost_value(bloq, QECGatesCost(), generalizer=generalizer, costs_cache=known)
    rotations = per_rotation * as_count(gates.rotation)
    return max(1.0, float(gates.t + 4 * toffoli_like(gates) + rotations))
