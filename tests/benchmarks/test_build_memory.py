"""Memory of a build by data, against what is stated.

Printed by `python -m pytest -m slow -s tests/benchmarks/test_build_memory.py`, in three minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import typer

from bloqs.networks.computer_memory import FACTOR

pytestmark = pytest.mark.slow

CASES = [
    ("select-swap", 4, 16, 1, 1024),
    ("rotations", 4, 16, 1, 1024),
    ("qrom", 8, 16, 2, 2048),
    ("qram", 8, 16, 1, 2048),
    ("rotations", 8, 16, 1, 2048),
    ("select-swap", 64, 4, 2, 1024),
    ("select-swap", 256, 4, 1, 0),
    ("rotations", 256, 4, 1, 0),
]


def measured(*case: object) -> tuple[int, int]:
    """Bytes that a fresh process grows by, and bytes that are stated."""
    words = [sys.executable, "-m", "tests.benchmarks.build_memory", *map(str, case)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return told["grown"], told["stated"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_stated_memory_holds(case: tuple[object, ...]) -> None:
    grown, stated = measured(*case)
    typer.echo(f"\n{case}: {grown / 2**20:,.0f} MiB, stated {stated / 2**20:,.0f} MiB")
    assert stated / FACTOR <= grown <= stated
