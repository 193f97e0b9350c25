"""Memory and time of a build by data, against what is stated; of the memory the factor is held.

Printed by `python -m pytest -m slow -s tests/benchmarks/test_build_memory.py`, in three minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import typer

from bloqs.networks.computer import FACTOR

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


def measured(*case: object) -> dict[str, float]:
    """What `build_memory` prints of a fresh process."""
    words = [sys.executable, "-m", "tests.benchmarks.build_memory", *map(str, case)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_stated_memory_holds(case: tuple[object, ...]) -> None:
    told = measured(*case)
    grown, stated = told["grown"], told["stated"]
    typer.echo(f"\n{case}: {grown / 2**20:,.0f} MiB, stated {stated / 2**20:,.0f} MiB")
    typer.echo(f"{told['seconds']:.1f} s, stated {told['stated seconds']:.1f} s")
    assert grown <= stated
    assert grown >= stated / FACTOR or stated < 512 * 2**20
