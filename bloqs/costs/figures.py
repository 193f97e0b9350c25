"""The figures of a report that a cost key counts: a registry that a key of your own can join."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Integral
from typing import Any

import attrs
import sympy
from qualtran.resource_counting import CostKey

from bloqs.core.counts import as_count
from bloqs.costs.keys import InputCalls, QRAMQueries
from bloqs.costs.unknown import Unknown
from bloqs.registry import Registry
from bloqs.tables import number


@attrs.frozen(kw_only=True)
class ReportedKey:
    """A cost key that gives every report a figure: in its table, its dictionary and its page.

    One of your own is a cost key of Qualtran (a class with `compute` and `zero`), wrapped in this and
    registered, `COST_KEYS.register(ReportedKey(...))`.

    Parameters:
        name: by which the figure is found, `CostReport.figures[name]`.
        label: of its row. Where the value is a mapping, each key makes a row, and `{}` in the label stands
            for that key.
        key: any cost key of Qualtran. A `GatheredKey` is gathered from the one walk of the call graph; for
            any other Qualtran walks it again.

    Example:
        >>> from qualtran.bloqs.mcmt import And, MultiAnd
        >>> from bloqs.costs import BloqCalls, estimate
        >>> key = ReportedKey(name="ands", label="Ands", key=BloqCalls.of_type(And))
        >>> key.rows(7)
        [('Ands', '7')]
        >>> ReportedKey(name="sizes", label="queries of {} entries", key=QRAMQueries()).rows({64: 3})
        [('queries of 64 entries', '3')]
    """

    name: str
    label: str
    key: CostKey[Any]

    def rows(self, value: Any) -> list[tuple[str, str]]:
        """The rows of a value, label and figure."""
        if isinstance(value, Unknown):
            return [(self.label.format("any number of"), str(value))]
        if isinstance(value, Mapping):
            return [(self.label.format(number(size)), number(n)) for size, n in value.items()]
        return [(self.label, number(value))]


COST_KEYS: Registry[ReportedKey] = Registry("cost key", ReportedKey)
"""The cost keys of every report by name, in the order of their rows."""

INPUT_CALLS = ReportedKey(name="input_calls", label="calls of the input encoding", key=InputCalls())
MEMORY_QUERIES = ReportedKey(
    name="qram_queries", label="QRAM queries, {} entries", key=QRAMQueries()
)

for _key in (INPUT_CALLS, MEMORY_QUERIES):
    COST_KEYS.register(_key)


def map_figure(value: Any, change: Callable[[Any], Any]) -> Any:
    """A figure with each of its numbers changed, those that are keys of a mapping included.

    Args:
        value: a number, or a mapping from numbers to numbers.
        change: from a number to what takes its place.

    Returns:
        The same kind of figure.

    Example:
        >>> map_figure({8: sympy.Integer(2)}, as_figure)
        {8: 2}
    """
    if isinstance(value, Mapping):
        return {change(size): change(n) for size, n in value.items()}
    return change(value)


def as_figure(value: Any) -> Any:
    """A whole number as an `int`, anything else as it stands.

    Args:
        value: what a cost key counts.

    Returns:
        The number, or the value itself.

    Raises:
        ValueError: the number is negative.

    Example:
        >>> as_figure(sympy.Integer(3)), as_figure(sympy.Symbol("n")), as_figure(0.5)
        (3, n, 0.5)
    """
    if isinstance(value, bool) or not isinstance(value, Integral | sympy.Integer):
        return value
    return as_count(value)


def plain_figure(value: Any) -> Any:
    """A figure for JSON: numbers and text as they are, all else as text.

    Args:
        value: what a cost key counts; a mapping is gone through.

    Returns:
        What `json.dumps` takes.

    Example:
        >>> plain_figure({8: sympy.Symbol("n")})
        {'8': 'n'}
    """
    if isinstance(value, Mapping):
        return {str(size): plain_figure(n) for size, n in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
