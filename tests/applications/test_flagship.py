"""The command that verifies a large network at gate level, on small ones."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from rich.console import Console

from bloqs.applications.flagship import FAILED, PASSED, REFUSED, main
from bloqs.verify.gate_level import encoded_vector_gate


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and output of the flagship command."""
    output = io.StringIO()
    return main(arguments, console=Console(file=output, width=120)), output.getvalue()


SMALL = ("--channels", "2", "--side", "1", "--no-output")


def test_flagship_on_a_small_network() -> None:
    code, text = run(*SMALL, "--blocks", "2")
    assert code == PASSED
    for words in ("peak qubits", "leaf gates", "MiB", "estimated time", "real time", "100 %"):
        assert words in text
    for words in ("measured error", "stated epsilon", "asked epsilon", "PASS"):
        assert words in text


def test_flagship_fails_with_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: object, **options: object) -> object:
        return -encoded_vector_gate(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("bloqs.applications.flagship.encoded_vector_gate", wrong)
    code, text = run(*SMALL)
    assert code == FAILED
    assert "FAIL" in text


def test_flagship_refuses_what_does_not_fit() -> None:
    code, text = run("--channels", "8", "--side", "4", "--no-output", "--blocks", "2")
    assert code == REFUSED
    assert "does not fit" in text
    assert "qubits alive at once" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--epsilon", "2"), "epsilon"),
        (("--channels", "1", "--side", "1"), "num_groups"),
        (("--blocks", "0", "--no-output"), "num_blocks must be at least 1"),
    ],
)
def test_flagship_refuses_what_is_no_network(arguments: tuple[str, ...], words: str) -> None:
    code, text = run(*arguments)
    assert code == REFUSED
    assert "no such network" in text
    assert words in text


def test_flagship_shows_a_bar_on_a_terminal() -> None:
    output = io.StringIO()
    console = Console(file=output, width=120, force_terminal=True)
    assert main(SMALL, console=console) == PASSED
    assert "contracting" in output.getvalue()
    assert "100.0 %" in output.getvalue()


@pytest.mark.slow
def test_flagship_plan_as_a_command() -> None:
    command = [sys.executable, "-W", "error::RuntimeWarning", "-m", "bloqs.simulation.flagship"]
    done = subprocess.run([*command, "--plan", *SMALL], capture_output=True, text=True)
    assert done.returncode == PASSED, done.stderr
    assert "N = 2, input (2, 1, 1), block 1" in done.stdout
    assert "measured error" not in done.stdout
