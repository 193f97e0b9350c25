"""The command that serves the cost explorer."""

from __future__ import annotations

from typing import Annotated

import typer

from bloqs.commands.options import Json, Model, print_json
from bloqs.explore.address import HOST, PORT, check_port


def explore(
    model: Model = "digits-1",
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of this machine, 127.0.0.1, to serve at.")
    ] = PORT,
    as_json: Json = False,
) -> None:
    """Change a network's cost by sliders, in a browser on this machine; Ctrl-C ends it."""
    check_port(port)  # before what takes seconds to import
    address = f"http://{HOST}:{port}/"
    if as_json:
        print_json({"address": address, "model": model})
    else:
        typer.echo(f"The explorer of {model} is at {address} in a moment; Ctrl-C ends it.")

    from bloqs.explore import explore as serve

    serve(model, port=port)
