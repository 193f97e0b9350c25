"""The command `resnet-bloqs`: `report`, `estimate`, `sweep` and the others that its help lists.

Exit status: 0 done, 1 a check failed, 2 bad input (one line on the error stream: what, and how to mend it).
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

import typer
from typer.core import TyperGroup

from bloqs import __version__
from bloqs.commands.choices import CommandWithChoices
from bloqs.commands.compare import compare
from bloqs.commands.costs import budget, estimate, frontier
from bloqs.commands.explore import explore
from bloqs.commands.images import decide, models, report, sample, verify
from bloqs.commands.imports import import_model
from bloqs.commands.quantize import quantize
from bloqs.commands.scaling import scaling
from bloqs.commands.sweep import sweep
from bloqs.messages import printable


class OneLineErrors(TyperGroup):
    """Every error of the user's is one line and status 2; an error of ours keeps its traceback.

    Example:
        >>> from typer.testing import CliRunner
        >>> result = CliRunner().invoke(app, ["estimate", "--shape", "4", "8", "--norm", "0.9;1.3"])
        >>> print(result.exit_code, result.stderr)
        2 error: --norm takes two numbers LO,HI with a comma between, such as 0.9,1.3; found '0.9;1.3'
    """

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command and leave with its status."""
        if not kwargs.get("standalone_mode", True):
            return super().main(*args, **kwargs)
        kwargs["standalone_mode"] = False
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _warn
                status = super().main(*args, **kwargs)
        except typer.Abort:
            _complain(INTERRUPTED)
            sys.exit(130)
        except (ValueError, MemoryError, RecursionError) as error:
            if "--traceback" in (kwargs.get("args") or sys.argv):
                raise
            _complain(_words(error))
            sys.exit(2)
        except Exception as error:
            # Usage errors: their class lives in click or, in newer releases, inside typer.
            message = getattr(error, "format_message", None)
            if message is None:
                raise
            _complain(message())
            sys.exit(2)
        sys.exit(status if isinstance(status, int) else 0)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; one that is stopped by Ctrl-C says so in one sentence."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _complain(INTERRUPTED)
            raise typer.Exit(130) from None


INTERRUPTED = "interrupted before the command was done"


def _words(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return f"this takes more memory than there is ({error}); take a smaller network or file"
    if isinstance(error, RecursionError):
        return "this is nested too deeply; take a smaller network or file"
    return str(error)


def _complain(message: str) -> None:
    _say("error", message)


def _warn(message: Warning | str, *args: Any, **kwargs: Any) -> None:
    """As `warnings.showwarning`, whose other arguments say where in the code it was."""
    _say("note", str(message))


def _say(what: str, message: str) -> None:
    line = " ".join(message.split())
    # A name may hold the codes that move a terminal's cursor or change its colours.
    typer.echo(f"{what}: {printable(line)}", err=True)


app = typer.Typer(
    cls=OneLineErrors,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Coherent residual-network inference as Qualtran bloqs: verified outputs, fault-tolerant costs.",
)

for command in (
    report,
    decide,
    sample,
    budget,
    frontier,
    verify,
    estimate,
    models,
    quantize,
    scaling,
    compare,
    explore,
):
    app.command(cls=CommandWithChoices)(command)
app.command("import", cls=CommandWithChoices)(import_model)
app.add_typer(sweep, name="sweep")


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"resnet-bloqs {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _main(
    context: typer.Context,
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version."
    ),
    traceback: bool = typer.Option(
        False, "--traceback", help="Show where an error came from instead of one line."
    ),
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


if __name__ == "__main__":
    app()
