"""Words of an option come from where they are declared, at the time of use."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from bloqs.cli import app
from bloqs.commands.choices import BY_OPTION, Choice
from bloqs.costs import ROTATION_MODELS, RotationModel


@pytest.mark.parametrize("name", BY_OPTION)
def test_every_source_is_there(name: str) -> None:
    names = BY_OPTION[name].names
    assert len(names) > 1
    assert [BY_OPTION[name](word) for word in names] == list(names)
    with pytest.raises(typer.BadParameter, match=f"'nothing' is not one of '{names[0]}', "):
        BY_OPTION[name]("nothing")


def test_a_model_that_a_user_registers_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    choice = Choice("bloqs.costs.rotations:ROTATION_MODELS")
    with pytest.raises(typer.BadParameter):
        choice("mine")
    model: RotationModel = ROTATION_MODELS["repeat-until-success"]
    extended = {**ROTATION_MODELS, "mine": model}
    monkeypatch.setattr("bloqs.costs.rotations.ROTATION_MODELS", extended)
    assert choice("mine") == "mine"
    assert choice.names[-1] == "mine"


@pytest.mark.parametrize("command", [["report"], ["budget"], ["sweep", "shapes"]])
def test_help_lists_the_names(command: list[str]) -> None:
    text = CliRunner().invoke(app, [*command, "--help"]).stdout
    assert f"[{'|'.join(BY_OPTION['loading'].names)}]" in text


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_the_program_needs_no_qualtran_for_its_own_help(argument: str) -> None:
    code = f"import sys; sys.argv = ['x', {argument!r}]; from bloqs.cli import app\n"
    code += "try: app()\n"
    code += (
        "except SystemExit: print([m for m in ('qualtran', 'numpy', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
