"""A record of options is declared once and becomes options of every command that takes it."""

from __future__ import annotations

from typing import Annotated

import attrs
import pytest
import typer
from typer.testing import CliRunner

from bloqs.commands.bundles import bundled
from bloqs.commands.options import together
from bloqs.commands.records import Costing, Machine, Network
from bloqs.report import Settings


@attrs.frozen
class Size:
    width: Annotated[int, typer.Option(help="In pixels.")]
    height: Annotated[int, typer.Option(help="In pixels.")] = 3


@bundled(height=7)
def _show(size: Size, unit: Annotated[str, typer.Argument()]) -> None:
    typer.echo(f"{size.width} x {size.height} {unit}")


def invoke(*words: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(_show)
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_fields_are_options() -> None:
    assert invoke("px", "--width", "2", "--height", "5") == (0, "2 x 5 px\n")


def test_a_command_may_have_defaults_of_its_own() -> None:
    assert invoke("px", "--width", "2") == (0, "2 x 7 px\n")


def test_a_field_without_a_default_is_asked_for() -> None:
    status, text = invoke("px")
    assert status == 2
    assert "--width" in text


def test_a_default_of_no_field_is_refused() -> None:
    with pytest.raises(TypeError, match=r"no record of _show has the fields \['depth'\]"):
        bundled(depth=1)(_show)


def test_the_records_are_the_settings_of_a_report() -> None:
    given = together(Network(), Costing(), Machine())
    assert given.keys() == attrs.fields_dict(Settings).keys()
    assert Settings(**given) == Settings()
