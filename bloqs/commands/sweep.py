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
    Json,
    Kernel,
    Loadings,
    Memory,
    MinDegree,
    Model,
    NormBounds,
    OutputLayer,
    Paths,
    QueryError,
    SkipWeight,
    console,
    number_pair,
    print_json,
    tables_as_records,
    together,
)
from bloqs.commands.records import Run, Verified

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
    as_json: Json = False,
) -> None:
    """The images of a model: the circuit's output against the numpy forward pass."""
    _check_folder(run)
    from bloqs.sweeps import image_tasks

    tasks = image_tasks(
        model, images, epsilon=epsilon, norm_bounds=norm_bounds, **together(verified)
    )
    name = Path(model).stem
    _sweep(tasks, f"{name}: images at {verified.level} level", f"images-{name}", run, as_json)


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
    first_seed: Annotated[
        int,
        typer.Option(help="Seed of the first network; those after it take the next ones."),
    ] = 0,
    epsilon: Epsilons = [1e-2],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Random networks by seed: the circuit's output against the numpy forward pass."""
    _check_folder(run)
    shapes = [_square(text) for text in shape]
    from bloqs.sweeps import seed_tasks

    tasks = seed_tasks(
        shapes,
        range(first_seed, first_seed + seeds),
        num_blocks=blocks,
        kernel_size=kernel,
        output_layer=output_layer,
        epsilon=epsilon,
        **together(verified),
    )
    _sweep(tasks, f"Random networks at {verified.level} level", "seeds", run, as_json)


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
        list[int],
        typer.Option(min=1, max=3, help=f"How data reach the machine: 1, 2 or 3; {SEVERAL}"),
    ] = [1],  # noqa: B006
    paths: Paths = 1,
    epsilon: Epsilons = [1e-2],  # noqa: B006
    loading: Loadings = ["select-swap"],  # noqa: B006
    qram: Memory = "select-swap",
    query_error: QueryError = 0.0,
    min_degree: MinDegree = 0,
    as_json: Json = False,
) -> None:
    """The cost of networks by shape: every combination of what is given several times."""
    _check_folder(run)
    shapes = [_square(text) for text in shape]
    bounds = {
        "block_norm": None if block_norm is None else number_pair(block_norm, "--block-norm"),
        "output_norm": None if output_norm is None else number_pair(output_norm, "--output-norm"),
    }
    from bloqs.sweeps import shape_tasks

    tasks = shape_tasks(
        shapes,
        num_blocks=blocks,
        kernel_size=kernel,
        output_layer=output_layer,
        skip_weight=skip_weight,
        paths=paths,
        regime=regime,
        epsilon=epsilon,
        loading=loading,
        qram=qram,
        query_error=query_error,
        min_degree=min_degree,
        **bounds,
    )
    _sweep(tasks, "Costs by shape", "shapes", run, as_json)


def _check_folder(run: Run) -> None:
    """Refuse a folder that cannot be written to before what takes seconds to import."""
    from bloqs.files import check_folder

    check_folder(run.out)


def _square(text: str) -> tuple[int, int, int]:
    try:
        channels, size = (int(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"--shape takes two whole numbers C,M with a comma between, such as 4,8; found {text!r}"
        ) from None
    return channels, size, size


def _sweep(tasks: list[Any], title: str, name: str, run: Run, as_json: bool) -> None:
    """Run, print the summary, leave with the status."""
    from bloqs.sweeps import run_sweep, sweep_passed, sweep_summary

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
    passed, tables = sweep_passed(frame), sweep_summary(frame, title)
    path = frame.attrs["sweep"]["path"]
    if as_json:
        print_json({"passed": passed, "path": path, "tables": tables_as_records(tables)})
    else:
        for table in tables:
            console().print(table)
        typer.echo(f"results in {path}")
    raise typer.Exit(0 if passed else 1)
