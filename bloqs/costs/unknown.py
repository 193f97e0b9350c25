"""Figures that cannot be known: one unknown figure is one unknown figure, and the others are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs


class UnknownCostError(ValueError):
    """A figure cannot be known: a bloq below has no known cost, so that every total would be too low.

    Parameters:
        message: one sentence.
        path: names of the bloqs from the outermost to the one at fault.

    Example:
        >>> error = UnknownCostError("Oracle has no known cost.")
        >>> error.path = ("Network", "Layer", "Oracle")
        >>> print(error)
        Oracle has no known cost. Path: Network > Layer > Oracle.
    """

    def __init__(self, message: str, path: tuple[str, ...] = ()):
        self.path = path
        super().__init__(message)

    def __str__(self) -> str:
        return super().__str__() + (f" Path: {' > '.join(self.path)}." if self.path else "")


@attrs.frozen
class Unknown:
    """Stands in a report for a figure that could not be found.

    Parameters:
        reason: one sentence, with the path to the bloq at fault.

    Example:
        >>> print(Unknown("its decomposition fails."))
        unknown: its decomposition fails.
    """

    reason: str

    def __str__(self) -> str:
        return f"unknown: {self.reason}"


def known_or_not(figure: Callable[[], Any]) -> Any:
    """A figure, or `Unknown` with the reason.

    Args:
        figure: finds it.

    Returns:
        What it returns; `Unknown` where it raises `UnknownCostError`.

    Example:
        >>> known_or_not(lambda: 3)
        3
    """
    try:
        return figure()
    except UnknownCostError as error:
        return Unknown(str(error))


def cause(error: Exception) -> str:
    """An exception of another library, in one line.

    Args:
        error: any.

    Returns:
        Its class and what it says.

    Example:
        >>> cause(AssertionError())
        'AssertionError'
    """
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
