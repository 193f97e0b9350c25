"""The command `resnet-bloqs scaling`."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from bloqs.commands.options import Json, console, named_path, print_json, tables_as_records
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
    at_log2_n: int = typer.Option(
        20, help="N on the axes of k and epsilon, as its binary logarithm."
    ),
    at_blocks: int = typer.Option(2, help="Residual blocks on the axes of N and epsilon."),
    at_epsilon: float = typer.Option(1e-2, help="2-norm error on the axes of N and k."),
    channels: int = typer.Option(4, min=1, help="Channels of one path, a power of two."),
    kernel: int = typer.Option(3, min=1, help="Rows D and columns D of a kernel."),
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
        None,
        min=0,
        help="Processes; two where there are two cores, 0 for none besides this one.",
        show_default=False,
    ),
    as_json: Json = False,
) -> None:
    """Costs against N, blocks and epsilon in each regime: data, fits, crossovers, plots.

    Status 1 when a claim does not hold over the range that it is about.
    """
    from bloqs.files import check_folder

    check_folder(out)  # before what takes seconds to import

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
    if workers is None:
        workers = min(2, os.cpu_count() or 1)
    total = len({point for _, point in settings.points()})
    with count_bar("networks", total) as advance:
        study = run_study(settings, workers=workers, progress=lambda done, _: advance(done))
    written = write_study(study, out)
    if as_json:
        found = {"passed": study.passed, "verdict": verdict(study)}
        print_json({**found, "tables": tables_as_records(study_tables(study))})
    else:
        screen = console()
        for table in study_tables(study):
            screen.print(table)
            screen.print()
    for path in written:
        typer.echo(f"wrote {printable(str(path))}", err=as_json)
    typer.echo(verdict(study), err=as_json)
    raise typer.Exit(0 if study.passed else 1)
