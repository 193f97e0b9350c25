"""Words that an option takes, read from where they are declared when they are needed and not before."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

import attrs
import typer
from typer.core import TyperCommand


@attrs.frozen
class Choice:
    """One of the names of a registry, or of a tuple: the parser of an option.

    Registries live beside what they hold, and importing that takes seconds. So the names are looked up when a
    word is read, or when a command shows its own help; never for the help of the program.

    Parameters:
        source: `"package.module:NAME"`, whose NAME is a registry or a tuple of words.

    Example:
        >>> axes = Choice("bloqs.scaling.settings:AXES")
        >>> axes("k"), axes.names
        ('k', ('N', 'k', 'epsilon'))
        >>> axes("M")
        Traceback (most recent call last):
        ...
        typer...BadParameter: 'M' is not one of 'N', 'k', 'epsilon'
    """

    source: str

    @property
    def names(self) -> tuple[str, ...]:
        """What may be chosen, in the order in which it was declared.

        Raises:
            AttributeError: the module has no such name.
        """
        module, _, name = self.source.partition(":")
        found: Iterable[str] = getattr(importlib.import_module(module), name)
        return tuple(str(name) for name in found)

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


LOADING = Choice("bloqs.loading:LOADERS")
MEMORY = Choice("bloqs.loading:MEMORY_MODELS")
UNCOMPUTE = Choice("bloqs.costs:Uncompute")
ROTATION_MODEL = Choice("bloqs.costs.rotations:ROTATION_MODELS")
SURFACE_CODE = Choice("bloqs.costs:SURFACE_CODE_MODELS")
PRESET = Choice("bloqs.costs.surface_code.presets:PRESETS")
OUTPUT = Choice("bloqs.layers:OUTPUTS")
LEVEL = Choice("bloqs.verify.levels:LEVELS")
CONVOLUTION = Choice("bloqs.convolution:STRATEGIES")
ACTIVATION = Choice("bloqs.activation:ACTIVATIONS")
NORM_BOUNDS = Choice("bloqs.networks.bounds:NORM_BOUNDS")
OBJECTIVE = Choice("bloqs.costs.splitting:OBJECTIVES")

BY_OPTION = {
    "loading": LOADING,
    "qram": MEMORY,
    "uncompute": UNCOMPUTE,
    "rotation_model": ROTATION_MODEL,
    "surface_code": SURFACE_CODE,
    "preset": PRESET,
    "output": OUTPUT,
    "convolution": CONVOLUTION,
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
