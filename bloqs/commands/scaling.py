"""The command `resnet-bloqs scaling`."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from bloqs.commands.options import console, named_path
from bloqs.messages import printable

DEFAULT_EPSILONS = [10.0**-digits for digits in range(1, 9)]


def scaling(
    out: Path = typer.Option(
        Path("scaling"), parser=named_path, help="Folder of data, summary and plots."
    ),
    min_log2_n: int = typer.Option(6, help="Smallest N, as its binary logarithm."),
    max_log2_n: int = typer.Option(40, help="Largest N, as its binary logarithm."),
    regimes: list[int] = typer.Option(
        [1, 2, 3], help="How data reach the machine; several times for several."
    ),
    blocks: list[int] = typer.Option(
        [1, 2, 3, 4, 5, 6], help="Residual blocks of the k axis; several times for several."
    ),
    epsilon: list[float] = typer.Option(
        DEFAULT_EPSILONS,
        help="2-norm errors of the epsilon axis; several times for several.",
    ),
    at_log2_n: int = typer.Option(20, help="N of the other axes."),
    at_blocks: int = typer.Option(2, help="Residual blocks of the other axes."),
    at_epsilon: float = typer.Option(1e-2, help="2-norm error of the other axes."),
    channels: int = typer.Option(4, help="Channels of one path, a power of two."),
    kernel: int = typer.Option(3, help="Kernel size D."),
    clock: list[float] = typer.Option(
        [1e6, 1e8], help="Ticks a second of the quantum computer; several times for several."
    ),
    flops: list[float] = typer.Option(
        [1e12, 1e15], help="Classical operations a second; several times for several."
    ),
    schedule: bool = typer.Option(
        False,
        help="Find the critical path of every circuit too: seconds a point, and more for more blocks.",
    ),
    workers: int = typer.Option(
        None, help="Processes; two where there are two cores.", show_default=False
    ),
) -> None:
    """Costs against N, blocks and epsilon in each regime: data, fits, crossovers, plots.

    Status 1 when a claim does not hold over the range that it is about.
    """
    from bloqs.files import check_folder
    from bloqs.report.progress import count_bar
    from bloqs.scaling import StudySettings, run_study, write_study
    from bloqs.scaling.summary import study_tables, verdict

    settings = StudySettings(
        min_log2_n=min_log2_n,
        max_log2_n=max_log2_n,
        regimes=regimes,
        blocks=blocks,
        epsilons=epsilon,
        at_log2_n=at_log2_n,
        at_blocks=at_blocks,
        at_epsilon=at_epsilon,
        channels=channels,
        kernel_size=kernel,
        clocks=clock,
        flop_rates=flops,
        has_schedule=schedule,
    )
    check_folder(out)
    if workers is None:
        workers = min(2, os.cpu_count() or 1)
    total = len({point for _, point in settings.points()})
    with count_bar("networks", total) as advance:
        study = run_study(settings, workers=workers, progress=lambda done, _: advance(done))
    written = write_study(study, out)
    screen = console()
    for table in study_tables(study):
        screen.print(table)
        screen.print()
    for path in written:
        typer.echo(f"wrote {printable(str(path))}")
    typer.echo(verdict(study))
    raise typer.Exit(0 if study.passed else 1)
