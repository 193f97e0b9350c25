"""Progress bars on the error stream, for what may take more than two seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)


def _bar(console: Console | None) -> Progress:
    console = console or Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,  # a log file would get an empty line
    )


@contextmanager
def stage_bar(total: int, *, console: Console | None = None) -> Iterator[Callable[[str], None]]:
    """A bar over named stages, on a terminal; nothing is drawn into a file.

    Args:
        total: number of stages.
        console: where it is drawn; the error stream when None.

    Yields:
        A function that begins the next stage, given its name.

    Example:
        >>> with stage_bar(2) as begin:
        ...     begin("building the network")
        ...     begin("counting gates")
    """
    begun = 0
    with _bar(console) as bar:
        task = bar.add_task("starting", total=total)

        def begin(name: str) -> None:
            nonlocal begun
            bar.update(task, description=name, completed=begun)
            begun += 1

        yield begin


@contextmanager
def count_bar(
    description: str, total: float, *, console: Console | None = None
) -> Iterator[Callable[[float], None]]:
    """A bar over a number of items, on a terminal; nothing is drawn into a file.

    With `total=1` it takes the fraction that a gate-level simulation tells its `progress`.

    Args:
        description: what is counted.
        total: number of items.
        console: where it is drawn; the error stream when None.

    Yields:
        A function that is told how many are done.

    Example:
        >>> with count_bar("images", 3) as advance:
        ...     for done in (1, 2, 3):
        ...         advance(done)
    """
    with _bar(console) as bar:
        task = bar.add_task(description, total=total)
        yield lambda done: bar.update(task, completed=done)
