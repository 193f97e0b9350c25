"""The command that sets the paper's forms beside ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bloqs.commands import choices
from bloqs.commands.options import (
    Epsilon,
    Json,
    Kernel,
    SkipWeight,
    a_shape,
    console,
    named_path,
    print_json,
)
from bloqs.messages import printable


def compare(
    model: Annotated[
        str | None,
        typer.Argument(
            parser=choices.model_name,
            autocompletion=choices.MODELS.complete,
            metavar="[MODEL]",
            help="digits-1 (when neither a model nor a shape is given), digits-2, digits-bilinear, or the "
            "path of a file written by NetworkSpec.save.",
            show_default=False,
        ),
    ] = None,
    shape: Annotated[
        tuple[int, int] | None,
        typer.Option(
            callback=lambda value: None if value is None else a_shape(value),
            help="Channels C and image size M, instead of a model.",
            show_default=False,
        ),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(
            parser=choices.image_name,
            metavar="INDEX|FILE",
            help="Image of the model that errors are measured on; random vectors when not given.",
            show_default=False,
        ),
    ] = None,
    blocks: Annotated[int, typer.Option(min=1, help="Residual blocks k, of a shape.")] = 1,
    kernel: Kernel = 3,
    skip_weight: SkipWeight = 0.51,
    epsilon: Epsilon = 1e-2,
    out: Annotated[
        Path | None,
        typer.Option(parser=named_path, help="File for the table as CSV.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """The paper's forms beside ours, lemma by lemma: alpha, ancillas, calls, T, stated and measured error."""
    from bloqs.files import check_writable, write_text

    if model is not None and shape is not None:
        raise ValueError("give a model or --shape, not both")
    if shape is not None and image is not None:
        raise ValueError("--image needs a model; a shape has no images")
    if out is not None:
        check_writable(out)

    from bloqs.networks import NetworkSpec
    from bloqs.published import compare as table_of
    from bloqs.published.document import comparison_table
    from bloqs.report import load_model
    from bloqs.report.progress import stage_bar

    pixels = None
    if shape is not None:
        channels, size = shape
        spec = NetworkSpec.from_shapes(
            input_shape=(channels, size, size),
            num_blocks=blocks,
            kernel_size=kernel,
            skip_weight=skip_weight,
            num_groups=1,
        )
    else:
        found = load_model(model or "digits-1")
        spec = found.spec
        pixels = None if image is None else found.image(image).pixels
    with stage_bar(1) as begin:
        begin("building both forms of every lemma")
        frame = table_of(spec, pixels, epsilon)
    if out is not None:
        written = write_text(out, frame.to_csv(index=False))
        typer.echo(f"wrote {printable(str(written))}", err=True)
    if as_json:
        print_json({"epsilon": epsilon, "rows": frame.to_dict("records")})
        return
    title = model or ("digits-1" if shape is None else f"C = {shape[0]}, M = {shape[1]}")
    console().print(comparison_table(frame, f"The paper beside ours: {title}"))
