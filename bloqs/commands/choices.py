"""Words that an option takes, known without the modules that declare them, which take seconds to import."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs
import typer
from typer.core import TyperCommand

from bloqs.messages import shown


@attrs.frozen
class Choice:
    """One of the names of a registry, or of a tuple: the parser of an option.

    Registries live beside what they hold, and importing that takes seconds. So the names of the library stand
    here once more, and a test compares them. Where the module is there already, its own names count: those
    that a user has registered are among them.

    Parameters:
        source: `"package.module:NAME"`, whose NAME is a registry or a tuple of words.
        known: its words as the library declares them.

    Example:
        >>> axes = Choice("bloqs.scaling.settings:AXES", ("N", "k", "epsilon"))
        >>> axes("k"), axes.names
        ('k', ('N', 'k', 'epsilon'))
        >>> axes("M")
        Traceback (most recent call last):
        ...
        typer...BadParameter: 'M' is not one of 'N', 'k', 'epsilon'
    """

    source: str
    known: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What may be chosen, in the order in which it was declared."""
        module, _, name = self.source.partition(":")
        found: Iterable[str] | None = getattr(sys.modules.get(module), name, None)
        return self.known if found is None else tuple(str(name) for name in found)

    def __call__(self, word: str) -> str:
        """The word itself.

        Args:
            word: as it was typed.

        Returns:
            The same.

        Raises:
            typer.BadParameter: it is none of the names; the message lists them.
        """
        if word not in self.names:
            raise typer.BadParameter(f"{word!r} is not one of {', '.join(map(repr, self.names))}")
        return word

    def complete(self, incomplete: str) -> list[str]:
        """The names that begin as what was typed so far, for the shell.

        Args:
            incomplete: perhaps nothing.

        Returns:
            The names.
        """
        return [name for name in self.names if name.startswith(incomplete)]


MODELS = Choice(
    "bloqs.networks.examples:EXAMPLES",
    ("digits-1", "digits-2", "digits-3", "digits-bilinear", "fashion-2"),
)


def model_name(text: str) -> str:
    """The name of a bundled model, or the path of a file.

    Args:
        text: as it was typed.

    Returns:
        The same.

    Raises:
        BadParameter: neither.

    Example:
        >>> model_name("digits-2")
        'digits-2'
        >>> model_name("digits-9")
        Traceback (most recent call last):
        ...
        typer...BadParameter: unknown model 'digits-9': choose digits-1 or digits-2 or digits-3 or ...
    """
    if text not in MODELS.names and not _is_there(text):
        raise typer.BadParameter(
            f"unknown model {shown(text)}: choose {' or '.join(MODELS.names)}, or the path of a file written "
            "by NetworkSpec.save"
        )
    return text


def image_name(text: str) -> str:
    """The index of an image, or the path of a file.

    Args:
        text: as it was typed.

    Returns:
        The same.

    Raises:
        BadParameter: no index, and no such file.

    Example:
        >>> image_name("3")
        '3'
    """
    word = text.strip().lstrip("+-")
    if not (word.isascii() and word.isdigit()) and not _is_there(text.strip()):
        raise typer.BadParameter(
            f"there is no image file {shown(text)}: give an index, or the path of an .npy file"
        )
    return text


def _is_there(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # too long, or with characters that no path has
        return False


LOADING = Choice(
    "bloqs.loading:LOADERS",
    (
        "rotations",
        "qrom",
        "select-swap",
        "qram",
        "rounded-rotations",
        "select-swap-2",
        "select-swap-4",
        "select-swap-16",
    ),
)
MEMORY = Choice("bloqs.loading:MEMORY_MODELS", ("select-swap", "oracle", "bucket-brigade"))
UNCOMPUTE = Choice("bloqs.costs:Uncompute", ("unitary", "measured"))
ROTATION_MODEL = Choice(
    "bloqs.costs.rotations:ROTATION_MODELS",
    (
        "repeat-until-success",
        "ross-selinger",
        "diagonal",
        "fallback",
        "mixed-diagonal",
        "mixed-fallback",
        "beverland",
        "phase-gradient",
    ),
)
SURFACE_CODE = Choice(
    "bloqs.costs:SURFACE_CODE_MODELS",
    (
        "gidney-fowler",
        "beverland",
        "bicycle-two-gross",
        "rotated-grid",
        "rotated-fast-block",
        "yoked-1d",
        "yoked-2d",
    ),
)
PRESET = Choice(
    "bloqs.costs.surface_code.presets:PRESETS",
    (
        "gidney-fowler",
        "gidney-fowler-optimistic",
        "superconducting-realistic",
        "superconducting-optimistic",
        "ion-realistic",
        "ion-optimistic",
        "majorana-realistic",
        "majorana-optimistic",
        "gidney-2025",
    ),
)
OUTPUT = Choice("bloqs.layers:OUTPUTS", ("coherent", "heralded"))
LEVEL = Choice("bloqs.verify.levels:LEVELS", ("gate", "semantic"))
CONVOLUTION = Choice(
    "bloqs.convolution:STRATEGIES",
    (
        "auto",
        "columns",
        "rows",
        "columns-or-rows",
        "balanced",
        "tap-lcu",
        "entrywise",
        "amplified",
        "amplified-balanced",
        "amplified-tap-lcu",
        "amplified-entrywise",
    ),
)
FORM = Choice("bloqs.layers.forms:FORMS", ("ours", "published"))
ACTIVATION = Choice(
    "bloqs.activation:ACTIVATIONS", ("erf", "gelu", "relu", "sigmoid2", "silu", "tanh")
)
NORM_BOUNDS = Choice("bloqs.networks.bounds:NORM_BOUNDS", ("calibrated", "worst-case"))
OBJECTIVE = Choice("bloqs.costs.splitting:OBJECTIVES", ("qubit_hours", "t_count"))

BY_OPTION = {
    "loading": LOADING,
    "qram": MEMORY,
    "uncompute": UNCOMPUTE,
    "rotation_model": ROTATION_MODEL,
    "surface_code": SURFACE_CODE,
    "preset": PRESET,
    "output": OUTPUT,
    "convolution": CONVOLUTION,
    "form": FORM,
    "activation": ACTIVATION,
    "level": LEVEL,
    "norm_bounds": NORM_BOUNDS,
    "objective": OBJECTIVE,
}
"""The name of an option -> what it takes, the same in every command."""


class CommandWithChoices(TyperCommand):
    """A command whose help lists what each option may be.

    Example:
        >>> from typer.testing import CliRunner
        >>> app = typer.Typer(rich_markup_mode=None)
        >>> @app.command(cls=CommandWithChoices)
        ... def cost(output: str = typer.Option("coherent", parser=OUTPUT)) -> None:
        ...     print(output)
        >>> "[coherent|heralded]" in CliRunner().invoke(app, ["--help"]).output
        True
    """

    def get_help(self, ctx: Any) -> str:
        """The help text, with the names as they are now."""
        for param in self.params:
            if param.name in BY_OPTION:
                param.metavar = f"[{'|'.join(BY_OPTION[param.name].names)}]"
        return super().get_help(ctx)
