"""The command `resnet-bloqs`: report, verify, sample, budget, sweep, scaling, estimate, models.

Exit status: 0 done, 1 a check failed, 2 bad input (one line on the error stream: what, and how to mend it).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from bloqs import __version__
from bloqs.commands.options import (
    CYCLE_TIME,
    EPSILON,
    FACTORIES,
    FAILURE,
    IMAGE,
    IMAGES,
    LEVEL,
    LOADING,
    MEMORY,
    MODEL,
    NORM_BOUNDS,
    OUTPUT,
    PHYSICAL_ERROR,
    PRESET,
    REGIME,
    REPEAT_UNTIL_SUCCESS,
    ROTATION_MODEL,
    SURFACE_CODE,
    UNCOMPUTE,
    Level,
    Loading,
    Memory,
    NormBounds,
    Objective,
    Output,
    SurfaceCode,
    Uncompute,
    console,
    number_of_factories,
    number_pair,
)
from bloqs.commands.scaling import scaling
from bloqs.commands.sweep import sweep


class OneLineErrors(TyperGroup):
    """Every error of the user's is one line and status 2; an error of ours keeps its traceback."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command and leave with its status."""
        if not kwargs.get("standalone_mode", True):
            return super().main(*args, **kwargs)
        kwargs["standalone_mode"] = False
        try:
            status = super().main(*args, **kwargs)
        except typer.Abort:
            _complain("interrupted")
            sys.exit(130)
        except ValueError as error:
            if "--traceback" in (kwargs.get("args") or sys.argv):
                raise
            _complain(str(error))
            sys.exit(2)
        except Exception as error:
            # Usage errors: their class lives in click or, in newer releases, inside typer.
            message = getattr(error, "format_message", None)
            if message is None:
                raise
            _complain(message())
            sys.exit(2)
        sys.exit(status if isinstance(status, int) else 0)


def _complain(message: str) -> None:
    typer.echo(f"error: {' '.join(message.split())}", err=True)


app = typer.Typer(
    cls=OneLineErrors,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Coherent residual-network inference as Qualtran bloqs: verified outputs, fault-tolerant costs.",
)

app.add_typer(sweep, name="sweep")
app.command()(scaling)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"resnet-bloqs {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _main(
    context: typer.Context,
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version."
    ),
    traceback: bool = typer.Option(
        False, "--traceback", help="Show where an error came from instead of one line."
    ),
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def report(
    model: str = typer.Argument(help=MODEL),
    image: str = typer.Option(help=IMAGE),
    out: Path = typer.Option(
        Path("reports"), help="Folder that report.json and report.html go into."
    ),
    epsilon: float = typer.Option(1e-2, help=EPSILON),
    loading: Loading = typer.Option(Loading.SELECT_SWAP, help=LOADING),
    norm_bounds: NormBounds = typer.Option(NormBounds.CALIBRATED, help=NORM_BOUNDS),
    regime: int = typer.Option(None, help=REGIME, show_default=False),
    output: Output = typer.Option(Output.COHERENT, help=OUTPUT),
    qram: Memory = typer.Option(Memory.SELECT_SWAP, help=MEMORY),
    uncompute: Uncompute = typer.Option(Uncompute.UNITARY, help=UNCOMPUTE),
    rotation_model: str = typer.Option(REPEAT_UNTIL_SUCCESS, help=ROTATION_MODEL),
    surface_code: SurfaceCode = typer.Option(SurfaceCode.GIDNEY_FOWLER, help=SURFACE_CODE),
    preset: str = typer.Option(None, help=PRESET, show_default=False),
    failure_probability: float = typer.Option(None, help=FAILURE, show_default=False),
    physical_error: float = typer.Option(None, help=PHYSICAL_ERROR, show_default=False),
    cycle_time_us: float = typer.Option(None, help=CYCLE_TIME, show_default=False),
    factories: str = typer.Option("1", help=FACTORIES),
) -> None:
    """One image: check the circuit's output, cost it, place it on a surface code, write the report.

    Status 1 when the output does not agree with the reference.
    """
    from bloqs.report import Settings, load_model, network_report
    from bloqs.report.build import STAGES
    from bloqs.report.progress import stage_bar

    settings = Settings(
        epsilon=epsilon,
        loading=loading.value,
        norm_bounds=norm_bounds.value,
        regime=regime,
        output=output.value,
        qram=qram.value,
        uncompute=uncompute.value,
        rotation_model=rotation_model,
        surface_code=surface_code.value,
        preset=preset,
        failure_probability=failure_probability,
        physical_error=physical_error,
        cycle_time_us=cycle_time_us,
        factories=number_of_factories(factories),
    )
    network = load_model(model)
    pixels = network.image(image)
    with stage_bar(len(STAGES)) as begin:
        result = network_report(network, pixels, settings, progress=begin)
    written = result.write(out)
    result.print(console())
    for path in written:
        typer.echo(f"wrote {path}")
    typer.echo(result.verification.verdict)
    raise typer.Exit(0 if result.passed else 1)


@app.command()
def sample(
    model: str = typer.Argument(help=MODEL),
    image: str = typer.Option(help=IMAGE),
    shots: int = typer.Option(100, help="Samples of the class to draw."),
    seed: int = typer.Option(0, help="Of the random numbers."),
    epsilon: float = typer.Option(1e-2, help=EPSILON),
    loading: Loading = typer.Option(Loading.ROTATIONS, help=LOADING),
    norm_bounds: NormBounds = typer.Option(NormBounds.CALIBRATED, help=NORM_BOUNDS),
    regime: int = typer.Option(None, help=REGIME, show_default=False),
    output: Output = typer.Option(Output.HERALDED, help=OUTPUT),
    level: Level = typer.Option(Level.SEMANTIC, help=LEVEL),
) -> None:
    """Draw classes of one image as the machine would: run until the ancillas are found zero, then measure."""
    from bloqs.report import Settings, load_model
    from bloqs.simulation import sample_classes

    network = load_model(model)
    settings = Settings(
        epsilon=epsilon,
        loading=loading.value,
        norm_bounds=norm_bounds.value,
        regime=regime,
        output=output.value,
    )
    bloq = settings.network(network.spec, network.image(image))
    typer.echo(
        str(sample_classes(bloq, network.spec.num_groups, shots, seed=seed, level=level.value))
    )


@app.command()
def budget(
    model: str = typer.Argument(help=MODEL),
    epsilon: float = typer.Option(1e-2, help=EPSILON),
    loading: Loading = typer.Option(Loading.SELECT_SWAP, help=LOADING),
    norm_bounds: NormBounds = typer.Option(NormBounds.CALIBRATED, help=NORM_BOUNDS),
    regime: int = typer.Option(None, help=REGIME, show_default=False),
    output: Output = typer.Option(Output.COHERENT, help=OUTPUT),
    objective: Objective = typer.Option(
        Objective.QUBIT_HOURS, help="What the split of epsilon makes small."
    ),
) -> None:
    """Where epsilon goes, by shape, before and after its split is optimised."""
    from bloqs.costs.splitting import optimise_network_split
    from bloqs.networks import natural_regime
    from bloqs.report import load_model
    from bloqs.report.progress import stage_bar

    spec = load_model(model).spec
    network: dict[str, Any] = {
        "epsilon": epsilon,
        "loading": loading.value,
        "norm_bounds": norm_bounds.value,
        "regime": natural_regime(spec) if regime is None else regime,
        "output": output.value,
    }
    with stage_bar(1) as begin:
        begin("costing the network under other splits")
        found = optimise_network_split(spec, objective=objective.value, **network)
    for title, options in (("as it is", network), ("optimised", {**network, "split": found.split})):
        typer.echo(title)
        console().print(spec.cost_bloq(**options).error_budget.table())
    typer.echo(str(found))


@app.command()
def verify(
    model: str = typer.Argument(help=MODEL),
    images: str = typer.Option("all", help=IMAGES),
    level: Level = typer.Option(Level.SEMANTIC, help=LEVEL),
    epsilon: float = typer.Option(1e-2, help=EPSILON),
    loading: Loading = typer.Option(Loading.ROTATIONS, help=LOADING),
    norm_bounds: NormBounds = typer.Option(NormBounds.CALIBRATED, help=NORM_BOUNDS),
) -> None:
    """Many images: the circuit's output against the numpy forward pass.

    Images outside the norm bounds are listed. Status 1 when an image inside fails, or none is inside.
    """
    from bloqs.report import load_model, verify_images
    from bloqs.report.progress import count_bar
    from bloqs.report.tables import failures_table, outside_table, sweep_table

    network = load_model(model)
    batch = network.images(images)
    with count_bar(f"verifying {network.name}", len(batch)) as progress:
        sweep = verify_images(
            network,
            batch,
            epsilon=epsilon,
            level=level.value,
            loading=loading.value,
            norm_bounds=norm_bounds.value,
            progress=progress,
        )
    screen = console()
    screen.print(sweep_table(sweep))
    if sweep.outside:
        screen.print(outside_table(sweep))
    if sweep.failures:
        screen.print(failures_table(sweep))
    raise typer.Exit(0 if sweep.passed else 1)


@app.command()
def estimate(
    shape: tuple[int, int] = typer.Option(help="Channels C and image size M."),
    blocks: int = typer.Option(1, help="Residual blocks k."),
    paths: int = typer.Option(1, help="Input encodings that are tensored (regimes 2 and 3)."),
    kernel: int = typer.Option(3, help="Kernel size D."),
    norm: list[str] = typer.Option(
        [],
        help="LO,HI of the norm of a layer: once for each block, then for the output layer. "
        "Worst-case bounds when none is given.",
    ),
    output_layer: bool = typer.Option(True, help="With the dense output layer."),
    skip_weight: float = typer.Option(0.51, help="tau of the output layer."),
    conv_alpha: float = typer.Option(
        None,
        help="Subnormalisation of each convolution; D sqrt(C) when not given.",
        show_default=False,
    ),
    activation: str = typer.Option("erf", help="erf, tanh or sigmoid2."),
    gain: float = typer.Option(0.8, help="f(gain x)."),
    epsilon: float = typer.Option(1e-2, help=EPSILON),
    loading: Loading = typer.Option(Loading.SELECT_SWAP, help=LOADING),
    regime: int = typer.Option(None, help=REGIME, show_default=False),
    output: Output = typer.Option(Output.COHERENT, help=OUTPUT),
    qram: Memory = typer.Option(Memory.SELECT_SWAP, help=MEMORY),
    uncompute: Uncompute = typer.Option(Uncompute.UNITARY, help=UNCOMPUTE),
    rotation_model: str = typer.Option(REPEAT_UNTIL_SUCCESS, help=ROTATION_MODEL),
    surface_code: SurfaceCode = typer.Option(SurfaceCode.GIDNEY_FOWLER, help=SURFACE_CODE),
    preset: str = typer.Option(None, help=PRESET, show_default=False),
    failure_probability: float = typer.Option(None, help=FAILURE, show_default=False),
    physical_error: float = typer.Option(None, help=PHYSICAL_ERROR, show_default=False),
    cycle_time_us: float = typer.Option(None, help=CYCLE_TIME, show_default=False),
    factories: str = typer.Option("1", help=FACTORIES),
    critical_path: bool = typer.Option(
        False,
        "--critical-path",
        help="Also find the T-depth of the critical path: seconds to minutes.",
    ),
    pareto: bool = typer.Option(
        False, "--pareto", help="Also print physical qubits against hours."
    ),
    out: Path = typer.Option(None, help="File for the figures as JSON.", show_default=False),
) -> None:
    """The cost of a network by its shape alone: no weights, no image; an upper bound."""
    from bloqs.activation import Activation
    from bloqs.costs.tables import assumptions_table, breakdown_table, totals_table
    from bloqs.files import write_text
    from bloqs.networks import NetworkSpec, natural_regime
    from bloqs.report.build import Settings, assumptions_block
    from bloqs.report.progress import stage_bar
    from bloqs.report.tables import footprint_table, pareto_table

    channels, size = shape
    spec = NetworkSpec.from_shapes(
        input_shape=(channels, size, size),
        num_blocks=blocks,
        kernel_size=kernel,
        output_layer=output_layer,
        paths=paths,
        conv_alpha="bound" if conv_alpha is None else conv_alpha,
        activation=Activation(activation, gain=gain),
        skip_weight=skip_weight,
        num_groups=1,
    )
    settings = Settings(
        qram=qram.value,
        uncompute=uncompute.value,
        rotation_model=rotation_model,
        surface_code=surface_code.value,
        preset=preset,
        failure_probability=failure_probability,
        physical_error=physical_error,
        cycle_time_us=cycle_time_us,
        factories=number_of_factories(factories),
    )
    settings.check()
    pairs = [number_pair(text, "--norm") for text in norm]
    with stage_bar(3) as begin:
        begin("solving the degrees")
        bloq = spec.cost_bloq(
            epsilon=epsilon,
            norm_bounds=pairs or "worst-case",
            loading=loading.value,
            regime=natural_regime(spec) if regime is None else regime,
            output=output.value,
        )
        begin("counting gates")
        cost = settings.cost(bloq)
        begin("finding the code distance")
        footprint = cost.surface_code(**settings.physical())
    assumptions = assumptions_block(cost, footprint, bloq)
    if out is not None:
        figures = {
            "package": {"name": "resnet-bloqs", "version": __version__},
            "cost": cost.to_dict(has_critical_path=critical_path),
            "footprint": footprint.to_dict(),
            "assumptions": assumptions,
        }
        write_text(out, json.dumps(figures, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    totals = totals_table(cost, has_critical_path=critical_path)
    tables = [totals, breakdown_table(cost), footprint_table(footprint)]
    if pareto:
        physical = settings.physical()
        del physical["factories"]
        tables.append(pareto_table(cost.pareto(**physical)))
    screen = console()
    for table in (*tables, assumptions_table(assumptions)):
        screen.print(table)
        screen.print()
    if out is not None:
        typer.echo(f"wrote {out}")


@app.command()
def models() -> None:
    """The bundled models, with their accuracy on the test images (computed now) and their norms."""
    from bloqs.networks.examples import EXAMPLES
    from bloqs.report import load_model
    from bloqs.report.tables import models_tables

    screen = console()
    for table in models_tables([load_model(name) for name in EXAMPLES]):
        screen.print(table)
