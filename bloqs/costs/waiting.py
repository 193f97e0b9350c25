"""What takes long says so before it starts, with a bar, on standard error."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

SILENT_SECONDS = 10.0
"""What is expected to be done in so many seconds says nothing."""


def in_words(seconds: float) -> str:
    """A rough time.

    Args:
        seconds: 0 or more.

    Returns:
        Of two digits at most, in the unit that suits it.

    Example:
        >>> in_words(4.2), in_words(200), in_words(9000)
        ('4 s', '3 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.2g} h"


@contextlib.contextmanager
def waiting(what: str, seconds: float) -> Iterator[None]:
    """Say how long something will take, and show that it is under way.

    Args:
        what: is waited for.
        seconds: about how long; nothing is shown up to `SILENT_SECONDS`.

    Yields:
        Once; the bar goes when the block is left.

    Example:
        >>> with waiting("critical path", seconds=2.0):  # too short to be told
        ...     print("found")
        found
    """
    if seconds <= SILENT_SECONDS:
        yield
        return
    console = Console(stderr=True)
    console.print(f"{what}: about {in_words(seconds)}")
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task(what, total=None)
        yield
