"""The options that several commands have, each declared once; the console; pairs of numbers."""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import attrs
import typer
from rich.console import Console

from bloqs.commands import choices

WIDTH = 120
"""Columns where the output is not a terminal."""

MAX_DIGITS = 10
"""Digits of a number of factories, at most."""

SEVERAL = "several times for several."


def an_error(value: Any) -> Any:
    """An epsilon, or several, that an inference can have.

    Args:
        value: a number or a list of them.

    Returns:
        The same.

    Raises:
        BadParameter: one is not between 0 and 1.

    Example:
        >>> an_error(0.01)
        0.01
    """
    for one in value if isinstance(value, list | tuple) else [value]:
        if not 0 < one < 1:
            raise typer.BadParameter(f"epsilon is a 2-norm error in (0, 1), got {one:g}")
    return value


def a_shape(value: tuple[int, int] | None) -> tuple[int, int] | None:
    """Channels and image size.

    Args:
        value: C and M, or None where they were not given.

    Returns:
        The same.

    Raises:
        BadParameter: one is below 1.

    Example:
        >>> a_shape((4, 8))
        (4, 8)
    """
    if value is not None and min(value) < 1:
        raise typer.BadParameter(
            f"input_shape must be (C, M, M) with C, M >= 1, found C = {value[0]} and M = {value[1]}"
        )
    return value


Model = Annotated[
    str,
    typer.Argument(
        parser=choices.model_name,
        autocompletion=choices.MODELS.complete,
        metavar="MODEL",
        help="digits-1, digits-2, digits-3, digits-bilinear, fashion-2, or the path of a file by "
        "NetworkSpec.save.",
    ),
]
Image = Annotated[
    str,
    typer.Option(
        parser=choices.image_name,
        metavar="INDEX|FILE",
        help="Index of a test image, or the path of an .npy file.",
    ),
]
Images = Annotated[
    str,
    typer.Option(help="all, a number N (the first N test images), or an .npy file with a batch."),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print the figures as JSON on the standard output, and nothing else there."
    ),
]
Level = Annotated[
    str,
    typer.Option(
        parser=choices.LEVEL,
        autocompletion=choices.LEVEL.complete,
        help="Blocks composed, or every gate contracted (small networks).",
    ),
]
EPSILON = "2-norm error of the output, in (0, 1): polynomials, data, synthesis and machine share it"
Epsilon = Annotated[float, typer.Option(callback=an_error, help=f"{EPSILON}.")]
Epsilons = Annotated[list[float], typer.Option(callback=an_error, help=f"{EPSILON}; {SEVERAL}")]
Loading = Annotated[
    str | None,
    typer.Option(
        parser=choices.LOADING,
        autocompletion=choices.LOADING.complete,
        help="How image and weights are loaded. When not given: select-swap; gates are contracted with the "
        "same rounded angles by rotations.",
        show_default=False,
    ),
]
Loadings = Annotated[
    list[str],
    typer.Option(
        parser=choices.LOADING,
        autocompletion=choices.LOADING.complete,
        help=f"How image and weights are loaded; {SEVERAL}",
    ),
]
NormBounds = Annotated[
    str,
    typer.Option(
        parser=choices.NORM_BOUNDS,
        autocompletion=choices.NORM_BOUNDS.complete,
        help="Bounds of the norms of the layers: measured on training images, or of every image.",
    ),
]
Regime = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=3,
        help="How data reach the machine: 1, 2 or 3; the first that fits the network when not given.",
        show_default=False,
    ),
]
Output = Annotated[
    str,
    typer.Option(
        parser=choices.OUTPUT,
        autocompletion=choices.OUTPUT.complete,
        help="The last normalisation: a polynomial, or amplification with a measured flag.",
    ),
]
Memory = Annotated[
    str,
    typer.Option(
        parser=choices.MEMORY,
        autocompletion=choices.MEMORY.complete,
        help="What a query of a hardware memory is charged, where --loading has one.",
    ),
]
QueryError = Annotated[
    float,
    typer.Option(
        help="Probability that a query of a hardware memory fails, 0 to 1: its part of the error budget."
    ),
]
Convolution = Annotated[
    str,
    typer.Option(
        parser=choices.CONVOLUTION,
        autocompletion=choices.CONVOLUTION.complete,
        help="How kernels become block encodings.",
    ),
]
Form = Annotated[
    str,
    typer.Option(
        parser=choices.FORM,
        autocompletion=choices.FORM.complete,
        help="Whose circuits: ours, or the paper's, with its own bounds where these are worst-case.",
    ),
]
MinDegree = Annotated[
    int,
    typer.Option(
        min=0,
        help="Least degree of an activation's polynomial; degree 0, which a large epsilon allows, makes a "
        "block linear.",
    ),
]
Blocks = Annotated[list[int], typer.Option(min=0, help=f"Residual blocks k; {SEVERAL}")]
Kernel = Annotated[int, typer.Option(min=1, help="Rows D and columns D of a kernel.")]
OutputLayer = Annotated[
    bool, typer.Option(help="With or without the dense layer before the classes are measured.")
]
SkipWeight = Annotated[
    float,
    typer.Option(
        help="tau of the output layer: the share of x in tau x + (1 - tau) W(x*x), 0 to 1."
    ),
]
Paths = Annotated[
    int, typer.Option(min=1, help="Input encodings that are tensored (regimes 2 and 3).")
]


def named_path(text: str | Path) -> Path:
    """A path that was typed; an empty one would be taken for the folder one is in.

    Args:
        text: as it was typed.

    Returns:
        The path.

    Raises:
        BadParameter: no text.

    Example:
        >>> named_path("reports")
        PosixPath('reports')
    """
    if not str(text).strip():
        raise typer.BadParameter("it names no file or folder; give a path")
    return Path(text)


Labels = Annotated[
    Path | None,
    typer.Option(
        parser=named_path,
        help="An .npy file of the images' true classes; those that came with them if not given.",
        show_default=False,
    ),
]


def number_of_factories(text: str) -> int | str:
    """A number of factories as it is typed.

    Args:
        text: a whole number, or "auto".

    Returns:
        The number, or "auto".

    Raises:
        ValueError: anything else.

    Example:
        >>> number_of_factories("4"), number_of_factories("auto")
        (4, 'auto')
    """
    if text == "auto":
        return text
    if not (text.isascii() and text.lstrip("+-").isdigit() and len(text) <= MAX_DIGITS):
        raise ValueError(
            f"--factories takes a whole number of at most {MAX_DIGITS} digits, or auto, found {text!r}"
        )
    return int(text)


def together(*records: Any) -> dict[str, Any]:
    """The fields of several records.

    Args:
        records: attrs objects without a field in common.

    Returns:
        name -> value.

    Example:
        >>> from bloqs.commands.records import Machine, Verified
        >>> sorted(together(Verified(), Machine()))[:4]
        ['cycle_time_us', 'factories', 'failure_probability', 'level']
    """
    return {name: value for one in records for name, value in attrs.asdict(one).items()}


def print_json(figures: Any) -> None:
    """Print figures for other programs: one JSON document on the standard output.

    Args:
        figures: of dictionaries, lists, text and numbers; numpy's numbers are taken, others as their text.
            NaN and infinity, which JSON does not have, are null.

    Example:
        >>> print_json({"T": 3, "share": float("nan")})
        {
          "T": 3,
          "share": null
        }
    """
    typer.echo(json.dumps(_plain(figures), indent=2, ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value) if math.isfinite(value) else None
    return str(value)


def tables_as_records(tables: Iterable[Any]) -> dict[str, Any]:
    """Tables for `print_json`.

    Args:
        tables: of `bloqs.tables.Table`.

    Returns:
        Title -> one dictionary a row, column -> cell.

    Example:
        >>> from bloqs.tables import Table
        >>> tables_as_records([Table("Sizes", ("register", "qubits"), [("system", 3)])])
        {'Sizes': [{'register': 'system', 'qubits': 3}]}
    """
    return {
        table.title: [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        for table in tables
    }


def console() -> Console:
    """Where tables are printed: as wide as the terminal, or `WIDTH` where there is none.

    Returns:
        A console on the standard output.

    Example:
        >>> console().width >= 1
        True
    """
    found = Console()
    return found if found.is_terminal else Console(width=WIDTH)


def number_pair(text: str, option: str) -> tuple[float, float]:
    """LO,HI as numbers.

    Args:
        text: as it was typed.
        option: its name, for the message.

    Returns:
        The two numbers.

    Raises:
        ValueError: anything else; the message names the option.

    Example:
        >>> number_pair("0.9,1.3", "--norm")
        (0.9, 1.3)
    """
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"{option} takes two numbers LO,HI with a comma between, such as 0.9,1.3; found {text!r}"
        ) from None
    return low, high
