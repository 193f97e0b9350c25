"""Choices of a layer that does not list them itself."""

from __future__ import annotations

from collections.abc import Callable

FINER = 0.7
"""Each share for which a layer is asked for a choice, over the one before."""

SHARES = 16
"""For how many shares a layer is asked that does not list its choices; the last is 1/200 of the first."""


def choices_by_share(
    smallest_degree: Callable[[float], int | None], error: float
) -> tuple[int | None, ...]:
    """The smallest degrees for ever smaller shares of an error, cheapest first.

    Args:
        smallest_degree: of a share; a ValueError where there is none.
        error: the first share.

    Returns:
        The degrees, each once.

    Raises:
        ValueError: there is none for the whole error.

    Example:
        >>> choices_by_share(lambda share: int(1 / share), 0.25)[:4]
        (4, 5, 8, 11)
    """
    found: dict[int | None, None] = {}
    for i in range(SHARES):
        try:
            found[smallest_degree(error * FINER**i)] = None
        except ValueError:
            if not found:
                raise
            break
    return tuple(found)
