"""The commands about costs by shape: estimate, budget."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import typer

from bloqs import __version__
from bloqs.commands import choices
from bloqs.commands.bundles import bundled
from bloqs.commands.options import (
    Convolution,
    Epsilon,
    Form,
    Json,
    Loading,
    Memory,
    MinDegree,
    Model,
    Output,
    OutputLayer,
    QueryError,
    Regime,
    console,
    named_path,
    number_pair,
    print_json,
    together,
)
from bloqs.commands.records import Costing, Machine, Network, Shape, Ways
from bloqs.messages import printable

if TYPE_CHECKING:
    from bloqs.networks import NetworkSpec


@bundled()
def budget(
    model: Model,
    network: Network,
    objective: Annotated[
        str,
        typer.Option(
            parser=choices.OBJECTIVE,
            autocompletion=choices.OBJECTIVE.complete,
            help="What the split of epsilon makes small.",
        ),
    ] = "qubit_hours",
    qram: Memory = "select-swap",
    query_error: QueryError = 0.0,
    as_json: Json = False,
) -> None:
    """Where epsilon goes, by shape, before and after its split is optimised."""
    from bloqs.costs import FootprintError
    from bloqs.costs import estimate as count
    from bloqs.costs.spent import spent_budget
    from bloqs.costs.splitting import optimise_network_split
    from bloqs.loading import memory_model
    from bloqs.networks import natural_regime
    from bloqs.report import load_model
    from bloqs.report.progress import stage_bar

    spec = load_model(model).spec
    memory = attrs.evolve(memory_model(qram), query_error=query_error)
    options = together(network)
    if network.regime is None:
        options["regime"] = natural_regime(spec)
    why = ""
    as_it_is = spec.cost_bloq(**options, qram=memory)
    # First of all, so that a memory whose queries fail too often is refused before any split is tried.
    costs = {"as it is": (as_it_is, count(as_it_is, qram=memory))}
    with stage_bar(1) as begin:
        begin("costing the network under other splits")
        try:
            found = optimise_network_split(spec, objective=objective, qram=memory, **options)
        except FootprintError as error:
            # What the circuit takes is known all the same.
            why, objective = f"no footprint, because {error}; T is minimised instead", "t_count"
            found = optimise_network_split(spec, objective=objective, qram=memory, **options)
    optimised = spec.cost_bloq(**options, qram=memory, split=found.split)
    costs["optimised"] = (optimised, count(optimised, qram=memory))
    budgets = {}
    for title, (bloq, cost) in costs.items():
        try:
            footprint = cost.surface_code()
        except FootprintError as error:
            why, footprint = why or f"no footprint, because {error}", None
        budget = spent_budget(bloq, cost, footprint)
        assert budget is not None  # a network in numbers has one
        budgets[title] = budget
    if as_json:
        print_json(
            {
                "model": model,
                "objective": objective,
                "unit": found.unit,
                "cost": found.cost,
                "even_cost": found.even_cost,
                "no_footprint": why,
                "split": attrs.asdict(found.split),
                "budgets": {title: budget.to_dict() for title, budget in budgets.items()},
            }
        )
        return
    for title, budget in budgets.items():
        typer.echo(title)
        console().print(budget.table())
    typer.echo(str(found))
    if why:
        typer.echo(why)


@bundled()
def frontier(
    model: Model,
    ways: Ways,
    out: Annotated[
        Path,
        typer.Option(
            parser=named_path, help="Folder that frontier.json and frontier.html go into."
        ),
    ] = Path("frontier"),
    as_json: Json = False,
) -> None:
    """Qubits against hours over loaders, unloading, machines and factories: each point says what it is."""
    from bloqs.files import check_folder

    check_folder(out)  # before what takes seconds to import

    from bloqs.report import Settings, load_model, network_frontier
    from bloqs.report.placing import LOADERS_TRIED, MACHINES_TRIED, count_ways
    from bloqs.report.progress import count_bar

    found = load_model(model)
    chosen = together(ways)
    loaders = chosen.pop("loading") or LOADERS_TRIED
    models = chosen.pop("surface_code") or MACHINES_TRIED
    presets = chosen.pop("preset")
    settings = Settings(**chosen)
    with count_bar(f"placing {found.name}", count_ways(loaders, models, presets)) as progress:
        result = network_frontier(
            found.spec,
            settings,
            loaders=loaders,
            models=models,
            presets=presets,
            title=found.name,
            progress=progress,
        )
    written = result.write(out)
    if as_json:
        print_json(result.to_dict())
    else:
        screen = console()
        for table in result.tables():
            screen.print(table)
            screen.print()
    for path in written:
        typer.echo(f"wrote {printable(str(path))}", err=as_json)


@bundled()
def estimate(
    shape: Shape,
    costing: Costing,
    machine: Machine,
    model: Annotated[
        str | None,
        typer.Argument(
            parser=choices.model_name,
            autocompletion=choices.MODELS.complete,
            metavar="[MODEL]",
            help="A bundled model, or the path of a file by NetworkSpec.save, instead of --shape.",
            show_default=False,
        ),
    ] = None,
    norm: Annotated[
        list[str],
        typer.Option(
            help="LO,HI of the norm of a layer: once for each block, then for the output layer. "
            "When none is given: a model's own bounds, worst-case bounds of a shape."
        ),
    ] = [],  # noqa: B006 - typer makes a list of its own
    norm_bounds: Annotated[
        str | None,
        typer.Option(
            parser=choices.NORM_BOUNDS,
            autocompletion=choices.NORM_BOUNDS.complete,
            help="Bounds where no --norm is given.",
            show_default=False,
        ),
    ] = None,
    output_layer: OutputLayer = True,
    epsilon: Epsilon = 1e-2,
    loading: Loading = None,
    regime: Regime = None,
    output: Output = "coherent",
    convolution: Convolution = "columns-or-rows",
    form: Form = "ours",
    min_degree: MinDegree = 0,
    critical_path: Annotated[
        bool,
        typer.Option(
            "--critical-path",
            help="Also find the T-depth of the critical path: seconds to minutes.",
        ),
    ] = False,
    pareto: Annotated[
        bool, typer.Option("--pareto", help="Also print physical qubits against hours.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(parser=named_path, help="File for the figures as JSON.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """The cost of a network by its shape alone: no weights, no image; an upper bound."""
    from bloqs.files import check_writable, write_text

    # Before what takes seconds to import.
    pairs = tuple(number_pair(text, "--norm") for text in norm)
    given = {name: value for name, value in attrs.asdict(shape).items() if value is not None}
    if model is not None and given:
        words = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise ValueError(f"estimate takes a model, which has its own shape, or {words}: found both")
    if model is None and shape.shape is None:
        raise ValueError("estimate takes a model, or --shape C M: found neither")
    if out is not None:
        check_writable(out)

    from bloqs.costs import FootprintError
    from bloqs.costs.assumptions import assumptions_table
    from bloqs.report import load_model
    from bloqs.report.build import Settings, assumptions_block
    from bloqs.report.progress import stage_bar
    from bloqs.report.tables import footprint_table, pareto_table

    if model is None:
        spec = _spec_of_shape(given, output_layer)
    else:
        spec = load_model(model).spec
        if spec.has_output_layer and not output_layer:
            spec = spec.without_output_layer()
    settings = Settings(
        epsilon=epsilon,
        loading=loading,
        norm_bounds=pairs or norm_bounds or ("worst-case" if model is None else "calibrated"),
        regime=regime,
        output=output,
        convolution=convolution,
        form=form,
        min_degree=min_degree,
        **together(costing, machine),
    )
    settings.check()
    with stage_bar(3) as begin:
        begin("solving the degrees")
        bloq = settings.shape_network(spec)
        begin("counting gates")
        cost = settings.cost(bloq)
        begin("finding the code distance")
        try:
            footprint, why = cost.surface_code(**settings.physical()), None
        except FootprintError as error:
            # What the circuit takes is known all the same.
            footprint, why = None, f"no footprint, because {error}"
    assumptions = assumptions_block(cost, footprint, bloq)
    curve = None
    if pareto and footprint is not None:
        physical = settings.physical()
        del physical["factories"]
        curve = cost.pareto(**physical)
    figures = {
        "package": {"name": "resnet-bloqs", "version": __version__},
        "cost": cost.to_dict(has_critical_path=critical_path),
        "footprint": why if footprint is None else footprint.to_dict(),
        "assumptions": assumptions,
    }
    if out is not None:
        write_text(out, json.dumps(figures, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    if as_json:
        runs = {} if curve is None else {"pareto": [run.to_dict() for run in curve]}
        print_json({**figures, **runs})
    else:
        tables = [cost.totals_table(has_critical_path=critical_path), cost.breakdown_table()]
        if footprint is not None:
            tables.append(footprint_table(footprint))
        if curve is not None:
            tables.append(pareto_table(curve))
        screen = console()
        for table in (*tables, assumptions_table(assumptions)):
            screen.print(table)
            screen.print()
        if why is not None:
            screen.print(why, soft_wrap=True, markup=False)
    if out is not None:
        typer.echo(f"wrote {printable(str(out))}", err=as_json)


def _spec_of_shape(given: dict[str, Any], output_layer: bool) -> NetworkSpec:
    """The network of the options of `Shape` that were given."""
    from bloqs.activation import Activation
    from bloqs.networks import NetworkSpec

    channels, size = given["shape"]
    return NetworkSpec.from_shapes(
        input_shape=(channels, size, size),
        num_blocks=given.get("blocks", 1),
        kernel_size=given.get("kernel", 3),
        output_layer=output_layer,
        output_rows=given.get("output_rows"),
        paths=given.get("paths", 1),
        conv_alpha=given.get("conv_alpha", "bound"),
        activation=Activation(given.get("activation", "erf"), gain=given.get("gain", 0.8)),
        skip_weight=given.get("skip_weight", 0.51),
        num_groups=1,
    )
