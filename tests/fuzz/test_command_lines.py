"""Hostile command lines and files: status 2 and one line, in time, and nothing half-written."""

import os
import random
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bloqs.cli import app
from bloqs.networks import NetworkSpec
from bloqs.report import load_model
from tests.fuzz.command_lines import arrays, command_lines, models
from tests.fuzz.hostile import TooSlowError, time_limit

SECONDS = 10.0
"""Of computing, that a command may take before it refuses."""

JOB_SECONDS = 60.0
"""Of computing, for a command line with nothing wrong in it: `--image 450 --image 0` asks for image 0."""

QUICK = 12
"""Command lines of the quick tier, of a seeded sample."""


def fault_of(words: tuple[str, ...]) -> str | None:
    """What is wrong with the end of a command; None where it ended as it should."""
    begin = time.process_time()
    try:
        with time_limit(JOB_SECONDS):
            result = CliRunner().invoke(app, list(words))
    except TooSlowError:
        return f"took more than {JOB_SECONDS:g} s"
    if isinstance(result.exception, TooSlowError):
        return f"took more than {JOB_SECONDS:g} s"
    if result.exit_code == 2 and time.process_time() - begin > SECONDS:
        return f"took more than {SECONDS:g} s to refuse"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return f"raises {result.exception!r}"
    if result.exit_code not in (0, 1, 2):
        return f"status {result.exit_code}"
    lines = result.stderr.splitlines()
    errors = [line for line in lines if line.startswith("error: ")]
    if result.exit_code == 2 and (len(errors) != 1 or lines[-1] != errors[0]):
        return f"no single line: {result.stderr[-300:]!r}"
    if "\x1b" in "".join(errors):
        return "an escape sequence reaches the terminal"
    return None


def half_written(folder: Path) -> list[str]:
    found = {path.name for path in folder.rglob("*") if path.is_file()}
    halves = {"report.json", "report.html"} & found
    wrong = [name for name in found if name.endswith(".tmp")]
    return [*wrong, *(halves if len(halves) == 1 else ())]


def faults(some: list[tuple[str, ...]], folder: Path) -> list[str]:
    os.chdir(folder)
    found = [(words, fault_of(words)) for words in some]
    bad = [f"{' '.join(words)[:150]!r}: {fault}" for words, fault in found if fault is not None]
    return bad + half_written(folder)


def test_a_sample_of_command_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not faults(random.Random(0).sample(command_lines(), QUICK), tmp_path)


@pytest.mark.slow
def test_all_command_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = command_lines()
    assert len(lines) >= 500
    found = faults(lines, tmp_path)
    assert not found, "\n".join([f"{len(found)} faults", *found[:50]])


@pytest.mark.parametrize("what", arrays())
def test_files_that_are_no_image(what, tmp_path):
    path = tmp_path / "image.npy"
    path.write_bytes(arrays()[what])
    with time_limit(SECONDS), pytest.raises(ValueError, match="image") as error:
        load_model("digits-1").image(str(path))
    assert len(str(error.value)) < 500


@pytest.mark.slow
def test_files_that_are_no_model(tmp_path):
    path = tmp_path / "model.npz"
    loaded = []
    for what, content in models():
        path.write_bytes(content)
        with time_limit(SECONDS):
            message = refusal(path)
        if message is None:
            loaded.append(what)
        else:
            assert "model.npz" in message
            assert len(message) < 500
    # A byte that no reader looks at may change.
    assert all(what.startswith("bent") for what in loaded)
    assert len(loaded) < 10


def refusal(path: Path) -> str | None:
    try:
        NetworkSpec.load(path)
    except ValueError as error:
        return str(error)
    return None
