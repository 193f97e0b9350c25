"""Numbers in the place of the symbols of a bloq: what is costed where a formula in symbols does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import sympy


def with_numbers(value: Any, numbers: Mapping[str, Any]) -> Any:
    """The same bloq with numbers in its fields, at any depth: sizes, types of registers, parts.

    Args:
        value: a bloq, or what a field of one holds.
        numbers: from the name of a symbol to its number; symbols left out stay.

    Returns:
        Of the same class; itself where nothing changes.

    Raises:
        ValueError: a number that the bloq does not take.

    Example:
        >>> from qualtran import QUInt
        >>> from qualtran.bloqs.arithmetic import Add
        >>> with_numbers(Add(QUInt(sympy.Symbol("n"))), {"n": 3})
        Add(a_dtype=QUInt(bitsize=3), b_dtype=QUInt(bitsize=3))
    """
    if isinstance(value, sympy.Basic):
        found = value.subs({s: numbers[s.name] for s in value.free_symbols if s.name in numbers})
        if not found.is_number:
            return found
        return int(found) if found.is_integer else float(found)
    if isinstance(value, tuple):
        items = tuple(with_numbers(item, numbers) for item in value)
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if not attrs.has(type(value)):
        return value
    changes = {}
    for field in attrs.fields(type(value)):
        old = getattr(value, field.name)
        new = with_numbers(old, numbers)
        if new is not old and field.init:
            changes[field.alias] = new
    return attrs.evolve(value, **changes) if changes else value
