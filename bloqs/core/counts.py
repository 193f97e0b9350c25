"""Numbers of gates, calls and qubits: integers, or expressions in symbols."""

from __future__ import annotations

from typing import Any

import sympy
from qualtran.resource_counting import GateCounts

Count = Any
"""A number of gates, calls or qubits: `int`, or a `sympy.Expr` when a size is a symbol."""


def as_count(value: Any, what: str = "count") -> Count:
    """`value` as an `int` where it is a number, and as it stands where it is symbolic.

    Args:
        value: an integer of any type (Python, numpy, sympy), or a sympy expression with free symbols.
        what: its name, for the error message.

    Raises:
        ValueError: the number is negative or not an integer.

    >>> as_count(sympy.Integer(3)), as_count(sympy.Symbol("n") + 1)
    (3, n + 1)
    """
    if isinstance(value, sympy.Basic) and value.free_symbols:
        return value
    number = int(value)
    if number != value:
        raise ValueError(f"{what} must be an integer, got {value}")
    if number < 0:
        raise ValueError(f"{what} must not be negative, got {value}: a formula below is wrong")
    return number


def toffoli_like(counts: GateCounts) -> Count:
    """Toffoli + And + CSwap: the gates that cost one `|CCZ>` each. And-adjoints are measurements."""
    return as_count(counts.toffoli + counts.and_bloq + counts.cswap, "Toffoli count")
