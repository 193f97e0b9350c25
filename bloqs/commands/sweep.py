"""The commands `resnet-bloqs sweep images | seeds | shapes`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bloqs.commands.bundles import bundled
from bloqs.commands.choices import CommandWithChoices
from bloqs.commands.options import (
    SEVERAL,
    Blocks,
    Epsilon,
    Epsilons,
    Images,
    Kernel,
    Loadings,
    Memory,
    Model,
    NormBounds,
    OutputLayer,
    Paths,
    Run,
    SkipWeight,
    Verified,
    console,
    number_pair,
    together,
)

Shapes = Annotated[list[str], typer.Option(help=f"C,M: channels and image size; {SEVERAL}")]

sweep = typer.Typer(
    rich_markup_mode=None,
    help="Many images, seeds or shapes in parallel, stored as Parquet; the same command goes on where it was "
    "stopped. Status 1 when a bound does not hold or a task fails.",
)


@sweep.command("images", cls=CommandWithChoices)
@bundled()
def sweep_images(
    model: Model,
    verified: Verified,
    run: Run,
    images: Images = "all",
    epsilon: Epsilon = 1e-2,
    norm_bounds: NormBounds = "calibrated",
) -> None:
    """The images of a model: the circuit's output against the numpy forward pass."""
    from bloqs.sweeps import image_tasks

    tasks = image_tasks(
        model, images, epsilon=epsilon, norm_bounds=norm_bounds, **together(verified)
    )
    name = Path(model).stem
    _sweep(tasks, f"{name}: images at {verified.level} level", f"images-{name}", run)


@sweep.command("seeds", cls=CommandWithChoices)
@bundled()
def sweep_seeds(
    shape: Shapes,
    verified: Verified,
    run: Run,
    blocks: Blocks = [1],  # noqa: B006 - typer makes a list of its own
    kernel: Kernel = 3,
    output_layer: OutputLayer = True,
    seeds: Annotated[int, typer.Option(help="Random networks of each shape.")] = 100,
    first_seed: Annotated[int, typer.Option(help="Seed of the first one.")] = 0,
    epsilon: Epsilons = [1e-2],  # noqa: B006
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
        **together(verified),
    )
    _sweep(tasks, f"Random networks at {verified.level} level", "seeds", run)


@sweep.command("shapes", cls=CommandWithChoices)
@bundled()
def sweep_shapes(
    shape: Shapes,
    run: Run,
    blocks: Blocks = [1],  # noqa: B006 - typer makes a list of its own
    kernel: Kernel = 3,
    output_layer: OutputLayer = True,
    skip_weight: SkipWeight = 0.51,
    block_norm: Annotated[
        str | None,
        typer.Option(
            help="LO,HI of the norm of every block. Worst-case bounds when not given.",
            show_default=False,
        ),
    ] = None,
    output_norm: Annotated[
        str | None,
        typer.Option(help="LO,HI of the norm of the output layer.", show_default=False),
    ] = None,
    regime: Annotated[
        list[int], typer.Option(help=f"How data reach the machine: 1, 2 or 3; {SEVERAL}")
    ] = [1],  # noqa: B006
    paths: Paths = 1,
    epsilon: Epsilons = [1e-2],  # noqa: B006
    loading: Loadings = ["select-swap"],  # noqa: B006
    qram: Memory = "select-swap",
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
        loading=loading,
        block_norm=None if block_norm is None else number_pair(block_norm, "--block-norm"),
        output_norm=None if output_norm is None else number_pair(output_norm, "--output-norm"),
        qram=qram,
    )
    _sweep(tasks, "Costs by shape", "shapes", run)


def _square(text: str) -> tuple[int, int, int]:
    try:
        channels, size = (int(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"--shape takes two whole numbers C,M with a comma between, such as 4,8; found {text!r}"
        ) from None
    return channels, size, size


def _sweep(tasks: list[Any], title: str, name: str, run: Run) -> None:
    """Run, print the summary, leave with the status."""
    from bloqs.files import check_folder
    from bloqs.sweeps import run_sweep, sweep_passed, sweep_summary

    check_folder(run.out)
    out = run.out / name
    try:
        frame = run_sweep(tasks, **{**together(run), "out": out})
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
