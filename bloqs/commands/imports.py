"""The command that brings in a network of another library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bloqs.commands.options import Json, console, named_path, print_json, tables_as_records
from bloqs.messages import printable, shown


def import_model(
    model: Annotated[
        Path, typer.Argument(parser=named_path, metavar="FILE.onnx", help="The ONNX model.")
    ],
    images: Annotated[
        Path,
        typer.Option(
            parser=named_path,
            help="An .npy file of images, (B, M, M) or (B, C, M, M), as the model takes them: norms are "
            "calibrated, and changes measured, on them.",
        ),
    ],
    labels: Annotated[
        Path | None,
        typer.Option(parser=named_path, help="An .npy file of their classes, integers."),
    ] = None,
    relu_gap: Annotated[
        float | None,
        typer.Option(
            help="Keep ReLU itself, certified for arguments of this modulus or more; else it is made smooth.",
            show_default=False,
        ),
    ] = None,
    relu_sharpness: Annotated[
        float,
        typer.Option(
            help="How sharply the smooth function near a ReLU bends, 0.01 to 100: degrees grow with it."
        ),
    ] = 4.0,
    biases: Annotated[
        bool,
        typer.Option(help="Carry biases by a constant channel; without, they are left out."),
    ] = True,
    head: Annotated[
        str,
        typer.Option(
            metavar="fitted|exact",
            help="A dense layer on an image: fitted to squared entries, or mapped, at many times the cost.",
        ),
    ] = "fitted",
    out: Annotated[
        Path, typer.Option(parser=named_path, help="File that the network is written to.")
    ] = Path("network.npz"),
    as_json: Json = False,
) -> None:
    """Bring in an ONNX model: what became of each of its layers, and its accuracy before and after."""
    from bloqs.files import check_writable

    check_writable(out)  # before what takes seconds to import

    from bloqs.interop import from_onnx
    from bloqs.report.inputs import read_array

    classes = None if labels is None else _whole(read_array(labels, "label"), labels)
    imported = from_onnx(
        model,
        read_array(images, "images"),
        classes,
        relu_gap=relu_gap,
        biases=biases,
        head=head,
        relu_sharpness=relu_sharpness,
    )
    imported.spec.save(out)
    if as_json:
        print_json(
            {
                "headline": imported.headline,
                "accuracy": imported.accuracy,
                "original_accuracy": imported.original_accuracy,
                "agreement": imported.agreement,
                "images": imported.num_images,
                "is_exact": imported.is_exact,
                "mapping": tables_as_records([imported.table()]),
                "network": str(out),
            }
        )
    else:
        typer.echo(imported.headline)
        console().print(imported.table())
    typer.echo(f"wrote {printable(str(out))}", err=as_json)


def _whole(values: Any, path: Path) -> Any:
    """Labels as integers."""
    if (values != values.round()).any():
        raise ValueError(f"the label file {shown(str(path))} must hold integers")
    return values.astype(int)
