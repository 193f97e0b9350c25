"""What a sweep came to, as a table for the terminal, and as one verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bloqs.checks import instance
from bloqs.messages import shown
from bloqs.sweeps.tasks import DONE, FAILED, OUTSIDE
from bloqs.tables import Cell, Table

if TYPE_CHECKING:
    import pandas as pd

SHOWN_FAILURES = 20


def _check_frame(frame: Any) -> None:
    """Refuse what is no data frame of a sweep."""
    columns = getattr(frame, "columns", None)
    missing = {"status", "passed", "error", "seconds"} - set(() if columns is None else columns)
    if columns is None or missing:
        raise ValueError(
            f"frame must be the data frame that run_sweep returns, found {shown(frame)}"
            + (f" without {', '.join(sorted(missing))}" if columns is not None else "")
        )


def sweep_passed(frame: pd.DataFrame) -> bool:
    """Whether every task inside its bounds ran and holds what it promises, and there is one.

    Args:
        frame: as `run_sweep` returns it.

    Returns:
        False for a sweep all of whose inputs lie outside the bounds.

    Example:
        >>> import tempfile
        >>> from bloqs.sweeps import run_sweep, seed_tasks
        >>> tasks = seed_tasks((2, 1, 1), range(3), kernel_size=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     frame = run_sweep(tasks, out=folder, workers=0)
        >>> sweep_passed(frame), sweep_passed(frame.iloc[:0])
        (True, False)
    """
    _check_frame(frame)
    inside = frame[frame["status"] != OUTSIDE]
    return len(inside) > 0 and bool((inside["passed"] == True).all())  # noqa: E712 - null is no pass


def sweep_summary(frame: pd.DataFrame, title: str = "Sweep") -> list[Table]:
    """The figures of a sweep; below them, where there are any, the tasks that did not pass.

    Args:
        frame: as `run_sweep` returns it.
        title: of the first table.

    Returns:
        One table, or two.

    Raises:
        ValueError: a frame that no sweep returned.

    Example:
        >>> import tempfile
        >>> from bloqs.sweeps import run_sweep, seed_tasks
        >>> tasks = seed_tasks((2, 1, 1), range(3), kernel_size=1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     frame = run_sweep(tasks, out=folder, workers=0)
        >>> (table,) = sweep_summary(frame, "Random networks")
        >>> dict(table.cells)["errors within the stated epsilon"]
        '3 of 3'
    """
    _check_frame(frame)
    instance(title, "title", str, "text")
    if "sweep" not in frame.attrs:
        raise ValueError(
            "frame must be the data frame that run_sweep returns, found one of no sweep"
        )
    tables = [Table(title, ("figure", "value"), _figures(frame))]
    bad = frame[(frame["status"] == FAILED) | (frame["passed"] == False)]  # noqa: E712 - null is neither
    if len(bad):
        rows = [(_name(row), str(row["error"])) for _, row in bad.head(SHOWN_FAILURES).iterrows()]
        note = f"The first {SHOWN_FAILURES} of {len(bad)}." if len(bad) > SHOWN_FAILURES else ""
        tables.append(Table("Tasks that do not pass", ("task", "reason"), rows, note=note))
    return tables


def _figures(frame: pd.DataFrame) -> list[tuple[str, Cell]]:
    status, run = frame["status"], frame.attrs["sweep"]
    done = frame[status == DONE]
    rows: list[tuple[str, Cell]] = [
        ("tasks", len(frame)),
        ("done", len(done)),
        ("outside the bounds", (status == OUTSIDE).sum()),
        ("failed with an error", (status == FAILED).sum()),
    ]
    if len(done) and "vector_error" in done:
        rows += _accuracy(done)
    if len(done) and "t_count" in done:
        rows += _costs(done)
    rows += [
        ("resumed from the folder", run["resumed"] - run["rescued"]),
        ("computed now", run["computed"]),
    ]
    if run["rescued"]:
        rows.insert(-1, ("rescued from batches that were cut off", run["rescued"]))
    if run["computed"]:
        rows += [
            ("seconds", f"{run['seconds']:.2f}, and {run['startup_seconds']:.2f} to start"),
            ("throughput", f"{run['computed'] / run['seconds']:.1f} tasks a second"),
            ("workers", f"{run['workers']}, {run['busy']:.0%} of their time inside tasks"),
        ]
    rows.append(("verdict", "PASS" if sweep_passed(frame) else "FAIL"))
    return rows


def _accuracy(done: pd.DataFrame) -> list[tuple[str, str]]:
    # A NaN error is the worst of all.
    worst = done.loc[done["vector_error"].fillna(float("inf")).idxmax()]
    within = (done["vector_error"] <= done["epsilon_stated"]) & (
        done["epsilon_stated"] <= done["epsilon"]
    )
    same = done["predicted_class"] == done["reference_class"]
    rows = [
        ("worst vector error", f"{worst['vector_error']:.3e} ({_name(worst)})"),
        ("epsilon, stated", f"{done['epsilon_stated'].max():.3e} at most"),
        ("epsilon, asked for", ", ".join(f"{e:g}" for e in sorted(done["epsilon"].unique()))),
        ("errors within the stated epsilon", f"{int(within.sum())} of {len(done)}"),
        ("same class as the reference", f"{int(same.sum())} of {len(done)}"),
    ]
    labelled = done[done["label"].notna()]
    if len(labelled):
        hits = (labelled["predicted_class"] == labelled["label"]).mean()
        rows.append(("accuracy of the circuit on these images", f"{hits:.2%}"))
    return rows


def _costs(done: pd.DataFrame) -> list[tuple[str, str]]:
    return [
        (name, f"{done[column].min():.3g} to {done[column].max():.3g}")
        for name, column in (
            ("total T", "t_count"),
            ("logical qubits", "logical_qubits"),
            ("calls of the input encoding", "input_calls"),
            ("epsilon, stated", "epsilon_stated"),
        )
    ]


def _name(row: Any) -> str:
    """What tells a task from the others."""
    if "index" in row:
        return f"image {row['index']}"
    shape = "x".join(str(size) for size in row["input_shape"])
    if "seed" in row:
        return f"seed {row['seed']}, {shape}, k={row['num_blocks']}"
    return f"{shape}, k={row['num_blocks']}, epsilon {row['epsilon']:g}, {row['loading']}"
