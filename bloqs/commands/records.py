"""Records of options: what several commands take together, each field an option of the command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import attrs
import typer

from bloqs.commands import choices
from bloqs.commands.options import (
    SEVERAL,
    Convolution,
    Epsilon,
    Form,
    Level,
    Loading,
    Memory,
    MinDegree,
    NormBounds,
    Output,
    QueryError,
    Regime,
    a_shape,
    named_path,
    number_of_factories,
)


@attrs.frozen(kw_only=True)
class Network:
    """How a network is built; the fields are those of `bloqs.report.Settings`.

    Example:
        >>> Network(epsilon=1e-3).output
        'coherent'
    """

    epsilon: Epsilon = 1e-2
    loading: Loading = None
    norm_bounds: NormBounds = "calibrated"
    regime: Regime = None
    output: Output = "coherent"
    convolution: Convolution = "columns-or-rows"
    form: Form = "ours"
    min_degree: MinDegree = 0


@attrs.frozen(kw_only=True)
class Costing:
    """How gates are counted; the fields are those of `bloqs.report.Settings`.

    Example:
        >>> Costing(qram="oracle").uncompute
        'unitary'
    """

    qram: Memory = "select-swap"
    query_error: QueryError = 0.0
    uncompute: Annotated[
        str,
        typer.Option(
            parser=choices.UNCOMPUTE,
            autocompletion=choices.UNCOMPUTE.complete,
            help="How tables are unloaded: by a second lookup as in the verified circuit, or by measurement.",
        ),
    ] = "unitary"
    rotation_model: Annotated[
        str,
        typer.Option(
            parser=choices.ROTATION_MODEL,
            autocompletion=choices.ROTATION_MODEL.complete,
            help="How many T a rotation takes, and by which method.",
        ),
    ] = "repeat-until-success"


@attrs.frozen(kw_only=True)
class Shape:
    """A network of shapes alone; what is None was not given.

    Example:
        >>> Shape(shape=(4, 8)).blocks is None
        True
    """

    shape: Annotated[
        tuple[int, int] | None,
        typer.Option(callback=a_shape, help="Channels C and image size M.", show_default=False),
    ] = None
    blocks: Annotated[
        int | None, typer.Option(min=0, help="Residual blocks k.", show_default="1")
    ] = None
    paths: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Input encodings that are tensored (regimes 2 and 3).",
            show_default="1",
        ),
    ] = None
    kernel: Annotated[
        int | None,
        typer.Option(min=1, help="Rows D and columns D of a kernel.", show_default="3"),
    ] = None
    output_rows: Annotated[
        int | None,
        typer.Option(help="Rows R of the output weights, R by N.", show_default="N"),
    ] = None
    skip_weight: Annotated[
        float | None,
        typer.Option(
            help="tau of the output layer: the share of x in tau x + (1 - tau) W(x*x), 0 to 1.",
            show_default="0.51",
        ),
    ] = None
    conv_alpha: Annotated[
        float | None,
        typer.Option(
            help="Subnormalisation of each convolution by the strategy that is named, for auto by columns or "
            "rows; when not given each strategy's own bound, D sqrt(C) by columns or rows.",
            show_default=False,
        ),
    ] = None
    activation: Annotated[
        str | None,
        typer.Option(
            parser=choices.ACTIVATION,
            autocompletion=choices.ACTIVATION.complete,
            help="The function f that follows each convolution, entry by entry.",
            show_default="erf",
        ),
    ] = None
    gain: Annotated[
        float | None,
        typer.Option(
            help="nu in f(nu x): how far f bends. No worst-case bound from 0.886 on, for erf.",
            show_default="0.8",
        ),
    ] = None


@attrs.frozen(kw_only=True)
class Machine:
    """What the circuit is placed on; the fields are those of `bloqs.report.Settings`.

    Example:
        >>> Machine(factories="4").factories
        4
    """

    surface_code: Annotated[
        str,
        typer.Option(
            parser=choices.SURFACE_CODE,
            autocompletion=choices.SURFACE_CODE.complete,
            help="Which published model of error, space and time turns T and qubits into a machine.",
        ),
    ] = "gidney-fowler"
    preset: Annotated[
        str | None,
        typer.Option(
            parser=choices.PRESET,
            autocompletion=choices.PRESET.complete,
            help="Hardware by name: error rate, cycle and reaction time; the model's own when not given.",
            show_default=False,
        ),
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
class Ways:
    """What a frontier goes through, and what it holds fixed.

    Example:
        >>> Ways().output
        'heralded'
    """

    loading: Annotated[
        list[str],
        typer.Option(
            parser=choices.LOADING,
            autocompletion=choices.LOADING.complete,
            help=f"How image and weights are loaded; {SEVERAL} All but QRAM when not given.",
            show_default=False,
        ),
    ] = []  # noqa: RUF008 - typer makes a list of its own
    surface_code: Annotated[
        list[str],
        typer.Option(
            parser=choices.SURFACE_CODE,
            autocompletion=choices.SURFACE_CODE.complete,
            help=f"Models of error, space and time; {SEVERAL} All when not given.",
            show_default=False,
        ),
    ] = []  # noqa: RUF008
    preset: Annotated[
        list[str],
        typer.Option(
            parser=choices.PRESET,
            autocompletion=choices.PRESET.complete,
            help=f"Hardware by name; {SEVERAL}",
        ),
    ] = ["gidney-2025"]  # noqa: RUF008
    epsilon: Epsilon = 1e-2
    norm_bounds: NormBounds = "calibrated"
    regime: Regime = None
    output: Output = "heralded"
    convolution: Convolution = "columns-or-rows"
    form: Form = "ours"
    min_degree: MinDegree = 0
    qram: Memory = "select-swap"
    query_error: QueryError = 0.0
    rotation_model: Annotated[
        str,
        typer.Option(
            parser=choices.ROTATION_MODEL,
            autocompletion=choices.ROTATION_MODEL.complete,
            help="How many T a rotation takes, and by which method.",
        ),
    ] = "repeat-until-success"
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


@attrs.frozen(kw_only=True)
class Verified:
    """How the output of many images or networks is checked.

    Example:
        >>> Verified(level="gate").loading is None
        True
    """

    level: Level = "semantic"
    loading: Loading = None
    min_degree: MinDegree = 0


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
