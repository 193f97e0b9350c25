"""Speed of the explorer, printed: `python -m pytest -m slow -s tests/benchmarks/test_explore.py`."""

from __future__ import annotations

import contextlib
import json
import random
import time
from typing import Any

import attrs
import numpy as np
import plotly.utils
import pytest
import typer

from bloqs.explore import State
from bloqs.explore.app import Explorer
from bloqs.explore.controls import CONTROLS
from bloqs.explore.figures import SHAPE, _cost, _network, bundled_model, figures_of, solved_ahead
from bloqs.networks.examples import EXAMPLES

pytestmark = pytest.mark.slow

STEPS = 120


def answered(explorer: Explorer, state: State) -> float:
    """Seconds from the controls to the text that the browser gets."""
    widgets, _ = explorer.restored(f"?{state.query}")
    start = time.perf_counter()
    json.dumps(explorer.shown(widgets), cls=plotly.utils.PlotlyJSONEncoder)
    return time.perf_counter() - start


def walk(explorer: Explorer, name: str, seed: int) -> tuple[list[State], list[float]]:
    """From a fresh page, one control after another set to anything that it may be set to.

    A move that leaves no figures is taken back, and not counted.
    """
    rng = random.Random(seed)
    state = State(model=name)
    states, seconds = [], []
    moved = [control for control in CONTROLS.values() if control.name not in (*SHAPE, "form")]
    while len(states) < STEPS:
        control = rng.choice(moved)
        tried = attrs.evolve(state, **{control.name: rng.choice(control.choices)})
        took = answered(explorer, tried)
        with contextlib.suppress(ValueError):
            explorer.figures(tried)
            state = tried
            states.append(state)
            seconds.append(took)
    return states, seconds


def one_move_from(state: State) -> list[State]:
    """Each control but those of the shape, set to each of its choices."""
    return [
        attrs.evolve(state, **{control.name: choice})
        for control in CONTROLS.values()
        if control.name not in SHAPE
        for choice in control.choices
    ]


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_a_control_moves(name: str) -> None:
    explorer = Explorer.of(name)
    start = time.perf_counter()
    list(solved_ahead(bundled_model(name), State(model=name)))
    typer.echo(
        f"\n{name}: what is one move away solved ahead in {time.perf_counter() - start:.1f} s"
    )
    steps = one_move_from(State(model=name))
    tell("one control moved from the fresh page", [answered(explorer, state) for state in steps])
    states, seconds = walk(explorer, name, seed=1)
    tell("a walk, far from the fresh page", seconds)
    for kept in (figures_of, _cost, _network):
        kept.cache_clear()
    tell("the walk, only its polynomials kept", [answered(explorer, state) for state in states])
    tell("the walk, warm", [answered(explorer, state) for state in states])
    published = one_move_from(State(model=name, form="published"))
    tell("published, one control moved, cold", [answered(explorer, state) for state in published])
    tell("published, one control moved, warm", [answered(explorer, state) for state in published])


def tell(what: str, seconds: list[Any]) -> None:
    middle, high = np.percentile(seconds, [50, 95])
    typer.echo(f"  {what:40} median {middle:.3f} s, 95 % {high:.3f} s, most {max(seconds):.3f} s")
