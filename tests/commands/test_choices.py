"""Words of an option come from where they are declared, at the time of use."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from bloqs.cli import app
from bloqs.commands.choices import BY_OPTION, Choice
from bloqs.costs import ROTATION_MODELS, RotationModel


def declared(choice: Choice) -> tuple[str, ...]:
    module, _, _ = choice.source.partition(":")
    importlib.import_module(module)
    return choice.names


@pytest.mark.parametrize("name", BY_OPTION)
def test_every_source_is_there(name: str) -> None:
    names = declared(BY_OPTION[name])
    assert len(names) > 1
    assert [BY_OPTION[name](word) for word in names] == list(names)
    with pytest.raises(typer.BadParameter, match=f"'nothing' is not one of '{names[0]}', "):
        BY_OPTION[name]("nothing")


def test_a_model_that_a_user_registers_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    choice = Choice("bloqs.costs.rotations:ROTATION_MODELS", ("repeat-until-success",))
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


MISTYPED = {
    "a word": ["estimate", "--shape", "4", "8", "--loading", "qran"],
    "a number": ["estimate", "--shape", "4", "0"],
    "epsilon": ["estimate", "--shape", "4", "8", "--epsilon", "2"],
    "a pair": ["estimate", "--shape", "4", "8", "--norm", "1;2"],
    "a model": ["report", "digits-7", "--image", "0"],
    "an image": ["report", "digits-1", "--image", "none.npy"],
    "a folder": ["report", "digits-1", "--image", "0", "--out", "/dev/null/reports"],
    "a folder of a study": ["scaling", "--out", "/dev/null/study"],
    "a folder of a sweep": ["sweep", "images", "digits-1", "--out", "/dev/null/sweeps"],
    "a regime": ["sample", "digits-1", "--image", "0", "--regime", "4"],
}


@pytest.mark.parametrize("name", MISTYPED)
def test_a_mistake_is_told_before_anything_heavy_is_imported(name: str) -> None:
    code = f"import sys; sys.argv = ['x', *{MISTYPED[name]!r}]; from bloqs.cli import app\n"
    code += "try: app()\n"
    code += "except SystemExit as end: print(end.code, 'qualtran' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "2 False False"
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("resnet-bloqs estimate --loading q", {"qrom", "qram"}),
        ("resnet-bloqs report digits-b", {"digits-bilinear"}),
        ("resnet-bloqs sweep im", {"images"}),
    ],
)
def test_completion(typed: str, offered: set[str]) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    environment = {**os.environ, "_RESNET_BLOQS_COMPLETE": "complete_bash", **words}
    code = "import sys; sys.argv = ['resnet-bloqs']; from bloqs.cli import app; app(prog_name='resnet-bloqs')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert {line.split(",")[-1] for line in done.stdout.split()} == offered
