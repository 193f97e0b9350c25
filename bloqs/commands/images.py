"""The commands about images of a model: report, sample, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bloqs.commands.bundles import bundled
from bloqs.commands.options import (
    Epsilon,
    Image,
    Images,
    Json,
    Labels,
    Level,
    Model,
    NormBounds,
    console,
    named_path,
    print_json,
    tables_as_records,
    together,
)
from bloqs.commands.records import Costing, Machine, Network, Verified
from bloqs.messages import printable


@bundled()
def report(
    model: Model,
    image: Image,
    network: Network,
    costing: Costing,
    machine: Machine,
    out: Annotated[
        Path,
        typer.Option(
            parser=named_path, help="Folder that report.html, report.json and report.csv go into."
        ),
    ] = Path("reports"),
    frontier: Annotated[
        bool,
        typer.Option(
            "--frontier",
            help="Also qubits against hours over loaders, unloading, machines and factories, as `frontier`.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """One image: check the circuit's output, cost it, place it on a surface code, write the report.

    Status 1 when the output does not agree with the reference.
    """
    from bloqs.files import check_folder

    check_folder(out)  # before what takes seconds to import

    from bloqs.report import Settings, load_model, network_report, with_frontier
    from bloqs.report.build import STAGES
    from bloqs.report.placing import count_ways
    from bloqs.report.progress import count_bar, stage_bar

    settings = Settings(**together(network, costing, machine))
    found = load_model(model)
    pixels = found.image(image)
    with stage_bar(len(STAGES)) as begin:
        result = network_report(found, pixels, settings, progress=begin)
    if frontier:
        with count_bar(f"placing {found.name}", count_ways()) as progress:
            result = with_frontier(result, progress=progress)
    written = result.write(out)
    if as_json:
        print_json(result.to_dict())
    else:
        result.print(console())
    for path in written:
        typer.echo(f"wrote {printable(str(path))}", err=as_json)
    typer.echo(result.verification.verdict, err=as_json)
    raise typer.Exit(0 if result.passed else 1)


@bundled(output="heralded")
def sample(
    model: Model,
    image: Image,
    network: Network,
    shots: Annotated[int, typer.Option(min=1, help="Samples of the class to draw.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same samples.")] = 0,
    level: Level = "semantic",
    as_json: Json = False,
) -> None:
    """Draw classes of one image as the machine would: run until the ancillas are found zero, then measure."""
    from bloqs.report import Settings, load_model
    from bloqs.simulation import sample_classes

    found = load_model(model)
    settings, pixels = Settings(**together(network)), found.image(image)
    # By the loader that was named, or by none: at gate level that makes a difference.
    bloq = settings.network(found.spec, pixels, loading=network.loading)
    if level == "gate":
        bloq = bloq.at_gate_level
        typer.echo(
            f"every gate contracted, data loaded by {bloq.assumptions['loading']}", err=as_json
        )
    samples = sample_classes(bloq, found.spec.num_groups, shots, seed=seed, level=level)
    if as_json:
        print_json({"model": found.name, "image": image, **samples.to_dict()})
    else:
        typer.echo(str(samples))


@bundled(output="heralded")
def decide(
    model: Model,
    network: Network,
    costing: Costing,
    machine: Machine,
    images: Images = "all",
    labels: Labels = None,
    error: Annotated[
        float,
        typer.Option(help="Probability of another class than the exact network's, at most."),
    ] = 0.01,
    out: Annotated[
        Path,
        typer.Option(
            parser=named_path, help="Folder that decisions.json and decisions.html go into."
        ),
    ] = Path("decisions"),
    as_json: Json = False,
) -> None:
    """What a decision costs: samples, T and hours until the class is known, and accuracy against samples."""
    from bloqs.files import check_folder

    check_folder(out)  # before what takes seconds to import

    from bloqs.report import Settings, load_model, model_decisions
    from bloqs.report.progress import count_bar

    found = load_model(model)
    batch = found.images(images, labels)
    settings = Settings(**together(network, costing, machine))
    with count_bar(f"deciding {found.name}", len(batch)) as progress:
        result = model_decisions(found, batch, settings, error=error, progress=progress)
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
def verify(
    model: Model,
    verified: Verified,
    images: Images = "all",
    labels: Labels = None,
    epsilon: Epsilon = 1e-2,
    norm_bounds: NormBounds = "calibrated",
    as_json: Json = False,
) -> None:
    """Many images: the circuit's output against the numpy forward pass, and accuracy where labels are known.

    Images outside the norm bounds are listed. Status 1 when an image inside fails, or none is inside.
    """
    from bloqs.report import load_model, verify_images
    from bloqs.report.progress import count_bar
    from bloqs.report.tables import failures_table, outside_table, sweep_table

    network = load_model(model)
    batch = network.images(images, labels)
    with count_bar(f"verifying {network.name}", len(batch)) as progress:
        sweep = verify_images(
            network,
            batch,
            epsilon=epsilon,
            norm_bounds=norm_bounds,
            progress=progress,
            **together(verified),
        )
    if as_json:
        print_json(sweep.to_dict())
    else:
        screen = console()
        screen.print(sweep_table(sweep))
        if sweep.outside:
            screen.print(outside_table(sweep))
        if sweep.failures:
            screen.print(failures_table(sweep))
    raise typer.Exit(0 if sweep.passed else 1)


def models(as_json: Json = False) -> None:
    """The bundled models, with their accuracy on the test images (computed now) and their norms."""
    from bloqs.networks.examples import EXAMPLES
    from bloqs.report import load_model
    from bloqs.report.tables import models_tables

    tables = models_tables([load_model(name) for name in EXAMPLES])
    if as_json:
        print_json(tables_as_records(tables))
        return
    for table in tables:
        console().print(table)
