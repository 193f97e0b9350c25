"""What the commands share: words that an option takes, their help, the console, pairs of numbers."""

from __future__ import annotations

from enum import StrEnum

from rich.console import Console

WIDTH = 120
"""Columns where the output is not a terminal."""


class Loading(StrEnum):
    """How data are loaded."""

    SELECT_SWAP = "select-swap"
    QROM = "qrom"
    ROTATIONS = "rotations"
    QRAM = "qram"


class NormBounds(StrEnum):
    """Which bounds of the layers' norms the circuit is built for."""

    CALIBRATED = "calibrated"
    WORST_CASE = "worst-case"


class Level(StrEnum):
    """How the encoded vector is computed."""

    SEMANTIC = "semantic"
    GATE = "gate"


class Output(StrEnum):
    """How the last layer is normalised."""

    COHERENT = "coherent"
    HERALDED = "heralded"


class Memory(StrEnum):
    """How a query of a hardware memory is charged."""

    SELECT_SWAP = "select-swap"
    ORACLE = "oracle"
    BUCKET_BRIGADE = "bucket-brigade"


class SurfaceCode(StrEnum):
    """Which model places the circuit on a surface code."""

    GIDNEY_FOWLER = "gidney-fowler"
    BEVERLAND = "beverland"


class Uncompute(StrEnum):
    """How tables are unloaded in the cost."""

    UNITARY = "unitary"
    MEASURED = "measured"


class Objective(StrEnum):
    """What a split of epsilon makes small."""

    QUBIT_HOURS = "qubit_hours"
    T_COUNT = "t_count"


MODEL = "digits-1, digits-2, digits-bilinear, or the path of a file written by NetworkSpec.save."
EPSILON = "Error of the whole inference, at most."
LOADING = "How image and weights are loaded."
NORM_BOUNDS = "Bounds of the layers' norms."
LEVEL = "Blocks composed, or every gate contracted (small networks)."
IMAGES = "all, a number N (the first N test images), or an .npy file with a batch."
IMAGE = "Index of a test image, or the path of an .npy file."
OUTPUT = "The last normalisation: a polynomial, or amplification with a measured flag."
MEMORY = "Cost model of a hardware memory."
REGIME = "How data reach the machine: 1, 2 or 3; the first that fits the network when not given."
UNCOMPUTE = (
    "How tables are unloaded: by a second lookup as in the verified circuit, or by measurement."
)
REPEAT_UNTIL_SUCCESS = "repeat-until-success"
ROTATION_MODEL = (
    "How rotations become T: repeat-until-success, ross-selinger, diagonal, fallback, mixed-diagonal, "
    "mixed-fallback, beverland or phase-gradient."
)
SURFACE_CODE = "Model of the surface code."
PRESET = "Machine by name: gidney-fowler, superconducting-realistic, ion-optimistic, ..."
FAILURE = "Failure probability of the run, at most; its share of epsilon when not given."
PHYSICAL_ERROR = "Error rate of a physical gate; the preset's when not given."
CYCLE_TIME = "Microseconds of one round of error correction; the preset's when not given."
FACTORIES = "Magic-state factories that work in parallel, or auto."
BLOCKS = "Residual blocks k; several times for several depths."


def console() -> Console:
    """As wide as the terminal, or `WIDTH` where there is none."""
    found = Console()
    return found if found.is_terminal else Console(width=WIDTH)


def number_pair(text: str, option: str) -> tuple[float, float]:
    """LO,HI as numbers.

    Raises:
        ValueError: anything else; the message names the option.
    """
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(
            f"{option} takes two numbers LO,HI with a comma between, such as 0.9,1.3; found {text!r}"
        ) from None
    return low, high


def number_of_factories(text: str) -> int | str:
    """A number, or "auto".

    Raises:
        ValueError: anything else.
    """
    if text == "auto":
        return text
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"--factories takes a whole number or auto, found {text!r}") from None
