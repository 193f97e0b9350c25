"""The command about networks of few bits: quantize."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bloqs.commands.bundles import bundled
from bloqs.commands.options import SEVERAL, Image, Model, console, named_path, together
from bloqs.commands.records import Costing, Network
from bloqs.messages import printable


@bundled(output="heralded", uncompute="measured")
def quantize(
    model: Model,
    network: Network,
    costing: Costing,
    bits: Annotated[
        list[int],
        typer.Option(help=f"Bits of an angle; {SEVERAL} A range of them when none is given."),
    ] = [],  # noqa: B006 - typer makes a list of its own
    image: Image = "0",
    out: Annotated[
        Path | None,
        typer.Option(
            parser=named_path,
            help="File for the network of the one --bits that is given.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Round every angle of the weights to few bits: accuracy on the test images, and T of one image."""
    from bloqs.files import check_writable
    from bloqs.report import Settings, load_model
    from bloqs.report.progress import stage_bar
    from bloqs.report.quantized import DEFAULT_BITS, quantized_costs, quantized_table

    if out is not None:
        if len(bits) != 1:
            raise ValueError(
                f"--out takes the network of one number of bits, found {len(bits)}; give --bits once"
            )
        check_writable(out)
    found = load_model(model)
    pixels = found.image(image)
    settings = Settings(**together(network, costing))
    settings.check()
    wanted = bits or list(DEFAULT_BITS)
    with stage_bar(1 + len(wanted)) as begin:
        costs = quantized_costs(found, pixels, wanted, settings, progress=begin)
    title = f"{found.name}, image {pixels.name}, weights of few bits"
    console().print(quantized_table(costs, title))
    if out is not None:
        costs[-1].spec.save(out)
        typer.echo(f"wrote {printable(str(out))}")
