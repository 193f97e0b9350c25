"""Figures of a state: those of the library and of the command line; nothing hostile gets in."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import socket
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest
from typer.testing import CliRunner

from bloqs.cli import app
from bloqs.explore import State, explore, explorer_app
from bloqs.explore.app import ORDER, Explorer
from bloqs.explore.controls import CONTROLS, EPSILONS
from bloqs.explore.figures import SHAPE, Figures, own_shape, solved_ahead, subject
from bloqs.report import load_model
from tests.report.toys import tiny_network


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Explorer:
    path = tmp_path_factory.mktemp("model") / "tiny.npz"
    tiny_network().save(path)
    return Explorer.of(path)


def widgets(explorer: Explorer, **changes: Any) -> list[Any]:
    query = State(model=explorer.first, **changes).query
    found, message = explorer.restored(f"?{query}")
    assert message == ""
    return found


def printed_by(command: str) -> dict[str, Any]:
    words = shlex.split(command)
    assert words.pop(0) == "resnet-bloqs"
    done = CliRunner().invoke(app, [*words, "--json", "--pareto"])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def printed_by_python(program: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as text:
        exec(compile(program, "copied", "exec"), {})
    return text.getvalue()


STATES: list[dict[str, Any]] = [
    {},
    {"min_degree": 3, "loading": "qram", "qram": "oracle", "query_error": 1e-9},
    {"epsilon": 0.05, "loading": "qrom", "qram": "oracle", "rotation_model": "mixed-fallback"},
    {"output_layer": False, "regime": 3, "loading": "rotations", "surface_code": "rotated-grid"},
    {"block_band": (0.7, 1.6), "physical_error": 1e-4, "factories": 4},
    {"norm_bounds": "worst-case", "output": "heralded", "factories": "auto"},
    {"size": 4, "channels": 1, "kernel": 1, "epsilon": 0.1, "uncompute": "measured"},
    {"form": "published", "epsilon": 0.1, "min_degree": 1},
]


@pytest.mark.parametrize(
    "changes",
    [*STATES[:3], *(pytest.param(one, marks=pytest.mark.slow) for one in STATES[3:])],
    ids=str,
)
def test_figures_are_those_of_the_command_line_and_of_the_python(
    explorer: Explorer, changes: dict[str, Any]
) -> None:
    state = State(model=explorer.first, **changes)
    found = explorer.figures(state)
    shown = explorer.shown(widgets(explorer, **changes))
    assert shown["message"] == ""
    told = printed_by(shown["command"])
    assert told["cost"]["t_count"] == found.cost.t_count
    assert told["cost"]["logical_qubits"] == found.cost.logical_qubits
    assert told["cost"]["t_depth_upper_bound"] == found.cost.sequential_t_depth
    assert told["footprint"] == json.loads(json.dumps(found.footprint.to_dict()))
    assert found.curve is not None
    assert told["pareto"] == json.loads(json.dumps([run.to_dict() for run in found.curve]))
    text = printed_by_python(shown["python"])
    assert f"{found.cost.t_count:,} T" in text
    assert f"{found.footprint.physical_qubits:,} physical qubits" in text
    assert found.footprint.to_dict()["hours"] == pytest.approx(
        float(text.split(" qubits, ")[-1].split()[-2]), rel=1e-3
    )


def test_charts_hold_the_figures(explorer: Explorer) -> None:
    shown = explorer.shown(widgets(explorer))
    found = explorer.figures(State(model=explorer.first))
    (bars,) = shown["breakdown"]["data"]
    assert sum(bars["x"]) == pytest.approx(100)
    points, ring = shown["frontier"]["data"]
    assert points["x"] == [run.physical_qubits for run in found.curve or ()]
    assert ring["y"] == [found.footprint.hours]
    json.dumps([shown["breakdown"], shown["frontier"]], allow_nan=False)


def test_other_shapes_carry_the_bands_and_say_so(explorer: Explorer) -> None:
    model = load_model(str(explorer.path))
    own = subject(model, State(blocks=1, size=None))
    assert own.is_model
    other = subject(model, State(size=4, blocks=3))
    assert not other.is_model
    assert "No longer tiny" in other.note
    assert own_shape(other.spec) == {"channels": 2, "size": 4, "blocks": 3, "kernel": 1}
    block, output = model.spec.norm_bounds or ()
    assert other.norm_bounds == (block, block, block, output)


def test_choices_that_do_not_go_together_show_no_figures(explorer: Explorer) -> None:
    shown = explorer.shown(widgets(explorer, regime=3))
    assert "regime 3 has no output weights" in shown["message"]
    assert shown["tiles"] == []
    assert shown["python"] == shown["command"] == ""
    assert shown["breakdown"]["data"] == shown["frontier"]["data"] == []
    assert shown["link"].endswith("regime=3")


def test_a_memory_that_fails_too_often_shows_no_figures(explorer: Explorer) -> None:
    failing, message = explorer.restored("?model=digits-1&loading=qram&query_error=1e-07")
    assert message == ""
    shown = explorer.shown(failing)
    assert "No figures: memory queries fail too often" in shown["message"]
    assert shown["tiles"] == []


def test_what_takes_long_is_told_before(explorer: Explorer) -> None:
    def told(**changes: Any) -> str:
        return explorer.patience(widgets(explorer, **changes))

    assert told() == told(size=4) == told(form="published") == ""
    assert "may take a minute or two" in told(form="published", size=4)
    assert explorer.patience(["nonsense"] * len(ORDER)) == ""


def test_without_a_footprint_the_circuit_is_known_all_the_same(explorer: Explorer) -> None:
    shown = explorer.shown(widgets(explorer, surface_code="bicycle-two-gross", physical_error=5e-3))
    assert "no footprint" in shown["message"]
    assert len(shown["tiles"]) == 6
    assert shown["breakdown"]["data"] != []
    assert shown["frontier"]["data"] == []


@pytest.mark.parametrize(
    "value", [None, -1, 99, 1.5, True, "x" * 10**5, [1], {"a": 1}, "__import__('os')"]
)
@pytest.mark.parametrize("name", ["model", "epsilon", "form", "physical_error", "block_band"])
def test_hostile_values_behind_the_page(explorer: Explorer, name: str, value: object) -> None:
    """What a browser sends need not be what a control holds."""
    given = widgets(explorer)
    given[ORDER.index(name)] = value
    shown = explorer.shown(given)
    if shown["message"] == "":
        assert (name, value) in [("block_band", None), ("epsilon", True), ("physical_error", True)]
    else:
        assert name in shown["message"]
        assert len(shown["message"]) < 1000
        assert shown["tiles"] == []


def test_a_refused_link_shows_the_model_as_it_is(explorer: Explorer) -> None:
    found, message = explorer.restored("?epsilon=7")
    assert "This link was refused: epsilon must be one of" in message
    assert found == widgets(explorer)


def test_a_file_named_as_a_bundled_model_is_told_apart(tmp_path: Path) -> None:
    tiny_network().save(tmp_path / "digits-1.npz")
    made = Explorer.of(tmp_path / "digits-1.npz")
    assert made.models[:2] == ("digits-1 (file)", "digits-1")


def test_critical_path(explorer: Explorer) -> None:
    given = widgets(explorer)
    schedule = explorer.figures(State(model=explorer.first)).cost.schedule
    assert f"{schedule.t_depth:,} layers of T" in explorer.critical_path(given)
    given[0] = "no model"
    assert "Not found: model must be one of" in explorer.critical_path(given)


def test_what_a_control_does_not_touch_is_not_found_again(explorer: Explorer) -> None:
    def made(**changes: Any) -> Figures:
        return explorer.figures(State(model=explorer.first, **changes))

    assert made(surface_code="yoked-2d").cost is made(physical_error=1e-4).cost
    assert made(query_error=1e-12).subject is made().subject
    assert made(epsilon=0.05).cost is not made().cost


def test_what_is_one_move_away_is_solved_ahead(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[State] = []
    monkeypatch.setattr(
        sys.modules["bloqs.explore.figures"], "figures_of", lambda _, state: asked.append(state)
    )
    model, start = load_model(str(explorer.path)), State(model=explorer.first)
    ready = list(solved_ahead(model, start))
    assert ready == asked
    assert [state.epsilon for state in ready[: len(EPSILONS)]] == list(EPSILONS)
    one_away = {
        attrs.evolve(start, **{name: choice})
        for name, control in CONTROLS.items()
        if name not in SHAPE
        for choice in control.choices
    }
    assert {*ready} == one_away


@pytest.mark.parametrize("option", ["host", "debug", "proxy"])
def test_nobody_else_is_let_in(option: str) -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1 alone"):
        explore("digits-1", **{option: "0.0.0.0"})


def test_taken_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = CliRunner().invoke(app, ["explore", "digits-1", "--port", str(port)])
    assert done.exit_code == 2
    assert f"port {port} of 127.0.0.1 is taken" in done.stderr


def test_page_asks_nothing_of_other_machines(explorer: Explorer) -> None:
    assert explorer.path is not None
    client = explorer_app(explorer.path).server.test_client()
    page = client.get("/").get_data(as_text=True)
    assert "Cost explorer" in page
    assert re.findall(r'(?:src|href)="(?!/)[^"]*"', page) == []
