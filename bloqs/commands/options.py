"""The options that several commands have, each declared once; the console; pairs of numbers."""

from __future__ import annotations

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

Model = Annotated[
    str,
    typer.Argument(
        help="digits-1, digits-2, digits-bilinear, fashion-2, or the path of a file written by NetworkSpec.save."
    ),
]
Image = Annotated[str, typer.Option(help="Index of a test image, or the path of an .npy file.")]
Images = Annotated[
    str,
    typer.Option(help="all, a number N (the first N test images), or an .npy file with a batch."),
]
Level = Annotated[
    str,
    typer.Option(
        parser=choices.LEVEL, help="Blocks composed, or every gate contracted (small networks)."
    ),
]
Epsilon = Annotated[float, typer.Option(help="Error of the whole inference, at most.")]
Epsilons = Annotated[
    list[float], typer.Option(help=f"Error of the whole inference, at most; {SEVERAL}")
]
Loading = Annotated[
    str, typer.Option(parser=choices.LOADING, help="How image and weights are loaded.")
]
Loadings = Annotated[
    list[str],
    typer.Option(parser=choices.LOADING, help=f"How image and weights are loaded; {SEVERAL}"),
]
NormBounds = Annotated[
    str, typer.Option(parser=choices.NORM_BOUNDS, help="Bounds of the layers' norms.")
]
Regime = Annotated[
    int | None,
    typer.Option(
        help="How data reach the machine: 1, 2 or 3; the first that fits the network when not given.",
        show_default=False,
    ),
]
Output = Annotated[
    str,
    typer.Option(
        parser=choices.OUTPUT,
        help="The last normalisation: a polynomial, or amplification with a measured flag.",
    ),
]
Memory = Annotated[
    str, typer.Option(parser=choices.MEMORY, help="Cost model of a hardware memory.")
]
Convolution = Annotated[
    str, typer.Option(parser=choices.CONVOLUTION, help="How kernels become block encodings.")
]
Blocks = Annotated[list[int], typer.Option(help=f"Residual blocks k; {SEVERAL}")]
Kernel = Annotated[int, typer.Option(help="Kernel size D.")]
OutputLayer = Annotated[bool, typer.Option(help="With the dense output layer.")]
SkipWeight = Annotated[float, typer.Option(help="tau of the output layer.")]
Paths = Annotated[int, typer.Option(help="Input encodings that are tensored (regimes 2 and 3).")]


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


@attrs.frozen(kw_only=True)
class Network:
    """How a network is built; the fields are those of `bloqs.report.Settings`.

    Example:
        >>> Network(epsilon=1e-3).loading
        'select-swap'
    """

    epsilon: Epsilon = 1e-2
    loading: Loading = "select-swap"
    norm_bounds: NormBounds = "calibrated"
    regime: Regime = None
    output: Output = "coherent"
    convolution: Convolution = "columns-or-rows"


@attrs.frozen(kw_only=True)
class Costing:
    """How gates are counted; the fields are those of `bloqs.report.Settings`.

    Example:
        >>> Costing(qram="oracle").uncompute
        'unitary'
    """

    qram: Memory = "select-swap"
    uncompute: Annotated[
        str,
        typer.Option(
            parser=choices.UNCOMPUTE,
            help="How tables are unloaded: by a second lookup as in the verified circuit, or by measurement.",
        ),
    ] = "unitary"
    rotation_model: Annotated[
        str, typer.Option(parser=choices.ROTATION_MODEL, help="How rotations become T.")
    ] = "repeat-until-success"


@attrs.frozen(kw_only=True)
class Machine:
    """What the circuit is placed on; the fields are those of `bloqs.report.Settings`.

    Example:
        >>> Machine(factories="4").factories
        4
    """

    surface_code: Annotated[
        str, typer.Option(parser=choices.SURFACE_CODE, help="Model of the surface code.")
    ] = "gidney-fowler"
    preset: Annotated[
        str | None,
        typer.Option(parser=choices.PRESET, help="Machine by name.", show_default=False),
    ] = None
    failure_probability: Annotated[
        float | None,
        typer.Option(
            help="Failure probability of the run, at most; its share of epsilon when not given.",
            show_default=False,
        ),
    ] = None
    physical_error: Annotated[
        float | None,
        typer.Option(
            help="Error rate of a physical gate; the preset's when not given.", show_default=False
        ),
    ] = None
    cycle_time_us: Annotated[
        float | None,
        typer.Option(
            help="Microseconds of one round of error correction; the preset's when not given.",
            show_default=False,
        ),
    ] = None
    factories: Annotated[
        str, typer.Option(help="Magic-state factories that work in parallel, or auto.")
    ] = attrs.field(default="1", converter=number_of_factories)


@attrs.frozen(kw_only=True)
class Verified:
    """How the output of many images or networks is checked.

    Example:
        >>> Verified(level="gate").loading
        'rotations'
    """

    level: Level = "semantic"
    loading: Loading = "rotations"


@attrs.frozen(kw_only=True)
class Run:
    """How a sweep is run.

    Example:
        >>> Run(workers=0).out.name
        'sweeps'
    """

    out: Annotated[
        Path,
        typer.Option(
            parser=named_path, help="Folder of the sweeps; this one has a folder of its own in it."
        ),
    ] = Path("sweeps")
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes of this machine; one a core when not given, 0 for none besides this one.",
            show_default=False,
        ),
    ] = None
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Address of a Dask scheduler, tcp://host:8786, instead of processes of this machine.",
            show_default=False,
        ),
    ] = None
    chunk: Annotated[
        int | None,
        typer.Option(
            help="Tasks sent to a worker at once; about half a second each when not given.",
            show_default=False,
        ),
    ] = None
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Run tasks again whose stored result is an error."),
    ] = False


def together(*records: Any) -> dict[str, Any]:
    """The fields of several records.

    Args:
        records: attrs objects without a field in common.

    Returns:
        name -> value.

    Example:
        >>> sorted(together(Verified(), Machine()))[:4]
        ['cycle_time_us', 'factories', 'failure_probability', 'level']
    """
    return {name: value for one in records for name, value in attrs.asdict(one).items()}


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
