"""The commands `resnet-bloqs sweep images | seeds | shapes`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from bloqs.commands.options import (
    BLOCKS,
    EPSILON,
    IMAGES,
    LEVEL,
    LOADING,
    MEMORY,
    MODEL,
    NORM_BOUNDS,
    Level,
    Loading,
    Memory,
    NormBounds,
    console,
    number_pair,
)

SHAPE = "C,M: channels and image size; several times for several shapes."
SWEEP_OUT = "Folder of the sweeps; this one has a folder of its own in it."
WORKERS = "Processes of this machine; one a core when not given, 0 for none besides this one."
SCHEDULER = "Address of a Dask scheduler, tcp://host:8786, instead of processes of this machine."
CHUNK = "Tasks sent to a worker at once; about half a second each when not given."
RETRY = "Run tasks again whose stored result is an error."

sweep = typer.Typer(
    rich_markup_mode=None,
    help="Many images, seeds or shapes in parallel, stored as Parquet; the same command goes on where it was "
    "stopped. Status 1 when a bound does not hold or a task fails.",
)


@sweep.command("images")
def sweep_images(
    model: str = typer.Argument(help=MODEL),
    images: str = typer.Option("all", help=IMAGES),
    level: Level = typer.Option(Level.SEMANTIC, help=LEVEL),
    epsilon: float = typer.Option(1e-2, help=EPSILON),
    loading: Loading = typer.Option(Loading.ROTATIONS, help=LOADING),
    norm_bounds: NormBounds = typer.Option(NormBounds.CALIBRATED, help=NORM_BOUNDS),
    out: Path = typer.Option(Path("sweeps"), help=SWEEP_OUT),
    workers: int = typer.Option(None, help=WORKERS, show_default=False),
    scheduler: str = typer.Option(None, help=SCHEDULER, show_default=False),
    chunk: int = typer.Option(None, help=CHUNK, show_default=False),
    retry_failed: bool = typer.Option(False, "--retry-failed", help=RETRY),
) -> None:
    """The images of a model: the circuit's output against the numpy forward pass."""
    from bloqs.sweeps import image_tasks

    tasks = image_tasks(
        model,
        images,
        epsilon=epsilon,
        level=level.value,
        loading=loading.value,
        norm_bounds=norm_bounds.value,
    )
    name = Path(model).stem
    title = f"{name}: images at {level.value} level"
    _sweep(tasks, title, out / f"images-{name}", scheduler, workers, chunk, retry_failed)


@sweep.command("seeds")
def sweep_seeds(
    shape: list[str] = typer.Option(help=SHAPE),
    blocks: list[int] = typer.Option([1], help=BLOCKS),
    kernel: int = typer.Option(3, help="Kernel size D."),
    output_layer: bool = typer.Option(True, help="With the dense output layer."),
    seeds: int = typer.Option(100, help="Random networks of each shape."),
    first_seed: int = typer.Option(0, help="Seed of the first one."),
    level: Level = typer.Option(Level.SEMANTIC, help=LEVEL),
    epsilon: list[float] = typer.Option([1e-2], help=f"{EPSILON} Several times for several."),
    loading: Loading = typer.Option(Loading.ROTATIONS, help=LOADING),
    out: Path = typer.Option(Path("sweeps"), help=SWEEP_OUT),
    workers: int = typer.Option(None, help=WORKERS, show_default=False),
    scheduler: str = typer.Option(None, help=SCHEDULER, show_default=False),
    chunk: int = typer.Option(None, help=CHUNK, show_default=False),
    retry_failed: bool = typer.Option(False, "--retry-failed", help=RETRY),
) -> None:
    """Random networks by seed: the circuit's output against the numpy forward pass."""
    from bloqs.sweeps import seed_tasks

    tasks = seed_tasks(
        [_square(text) for text in shape],
        range(first_seed, first_seed + seeds),
        num_blocks=blocks,
        kernel_size=kernel,
        output_layer=output_layer,
        epsilon=epsilon,
        level=level.value,
        loading=loading.value,
    )
    title = f"Random networks at {level.value} level"
    _sweep(tasks, title, out / "seeds", scheduler, workers, chunk, retry_failed)


@sweep.command("shapes")
def sweep_shapes(
    shape: list[str] = typer.Option(help=SHAPE),
    blocks: list[int] = typer.Option([1], help=BLOCKS),
    kernel: int = typer.Option(3, help="Kernel size D."),
    output_layer: bool = typer.Option(True, help="With the dense output layer."),
    skip_weight: float = typer.Option(0.51, help="tau of the output layer."),
    block_norm: str = typer.Option(
        None,
        help="LO,HI of the norm of every block. Worst-case bounds when not given.",
        show_default=False,
    ),
    output_norm: str = typer.Option(
        None, help="LO,HI of the norm of the output layer.", show_default=False
    ),
    regime: list[int] = typer.Option([1], help="How data reach the machine: 1, 2 or 3."),
    paths: int = typer.Option(1, help="Input encodings that are tensored (regimes 2 and 3)."),
    epsilon: list[float] = typer.Option([1e-2], help=f"{EPSILON} Several times for several."),
    loading: list[Loading] = typer.Option([Loading.SELECT_SWAP], help=LOADING),
    qram: Memory = typer.Option(Memory.SELECT_SWAP, help=MEMORY),
    out: Path = typer.Option(Path("sweeps"), help=SWEEP_OUT),
    workers: int = typer.Option(None, help=WORKERS, show_default=False),
    scheduler: str = typer.Option(None, help=SCHEDULER, show_default=False),
    chunk: int = typer.Option(None, help=CHUNK, show_default=False),
    retry_failed: bool = typer.Option(False, "--retry-failed", help=RETRY),
) -> None:
    """The cost of networks by shape: every combination of what is given several times."""
    from bloqs.sweeps import shape_tasks

    tasks = shape_tasks(
        [_square(text) for text in shape],
        num_blocks=blocks,
        kernel_size=kernel,
        output_layer=output_layer,
        skip_weight=skip_weight,
        paths=paths,
        regime=regime,
        epsilon=epsilon,
        loading=[loader.value for loader in loading],
        block_norm=None if block_norm is None else number_pair(block_norm, "--block-norm"),
        output_norm=None if output_norm is None else number_pair(output_norm, "--output-norm"),
        qram=qram.value,
    )
    _sweep(tasks, "Costs by shape", out / "shapes", scheduler, workers, chunk, retry_failed)


def _square(text: str) -> tuple[int, int, int]:
    try:
        channels, size = (int(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"--shape takes two whole numbers C,M with a comma between, such as 4,8; found {text!r}"
        ) from None
    return channels, size, size


def _sweep(
    tasks: list[Any],
    title: str,
    out: Path,
    scheduler: str | None,
    workers: int | None,
    chunk: int | None,
    retry_failed: bool,
) -> None:
    """Run, print the summary, leave with the status."""
    from bloqs.sweeps import run_sweep, sweep_passed, sweep_summary

    try:
        frame = run_sweep(
            tasks,
            out=out,
            scheduler=scheduler,
            workers=workers,
            chunk=chunk,
            retry_failed=retry_failed,
        )
    except KeyboardInterrupt:
        typer.echo(
            f"interrupted; the results so far are in {out}, the same command goes on", err=True
        )
        raise typer.Exit(130) from None
    except ConnectionError as error:
        raise ValueError(str(error)) from error
    screen = console()
    for table in sweep_summary(frame, title):
        screen.print(table)
    typer.echo(f"results in {frame.attrs['sweep']['path']}")
    raise typer.Exit(0 if sweep_passed(frame) else 1)
