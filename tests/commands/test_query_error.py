"""`--query-error`: its part of the budget, and the refusal before the work where it is all of it."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import bloqs.costs.report
from bloqs.costs.surface_code import surface_code_footprint
from tests.commands.running import run
from tests.report.toys import tiny_images, write_tiny

MEMORY = ("--loading", "qram", "--qram", "oracle")
NARROW = ("--no-output-layer", "--block-norm", "0.9,1.3")


def test_budget_of_a_memory_whose_queries_fail(tmp_path: Path) -> None:
    model, _ = write_tiny(tmp_path)
    args = ("budget", model, *MEMORY, "--epsilon", 0.1, "--query-error")
    status, text, _ = run(*args, 1e-9, "--json")
    assert status == 0
    for budget in json.loads(text)["budgets"].values():
        (whole,) = (one for one in budget["root"]["parts"] if one["name"].startswith("failure"))
        memory, machine = whole["parts"]
        assert memory["name"] == "memory queries"
        assert 0 < memory["used"] == memory["given"] < 1e-6
        assert machine["used"] < machine["given"] == pytest.approx(whole["given"] - memory["given"])
    status, _, error = run(*args, 1.5)
    assert status == 2
    assert (
        "query_error, the probability that a query fails, must be a real number in [0, 1]" in error
    )


WORK = {
    "bloqs.report.build.verify_image": ("report", "--image", "IMAGE"),
    "bloqs.report.decisions.forward_vectors": ("decide", "--images", "IMAGES"),
    "bloqs.report.quantized._on_test_images": ("quantize", "--image", "IMAGE"),
    "bloqs.costs.splitting.optimise_split": ("budget",),
    "bloqs.costs.report.surface_code_footprint": ("estimate",),
    "bloqs.report.placing.undominated": ("frontier", "--preset", "gidney-2025"),
}
"""What must not be reached, and the command that would."""


@pytest.mark.parametrize("work", WORK)
def test_it_is_refused_before_the_work(
    work: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, image = write_tiny(tmp_path)
    np.save(tmp_path / "images.npy", tiny_images())
    places = {"IMAGE": image, "IMAGES": str(tmp_path / "images.npy")}
    command, *more = (places.get(word, word) for word in WORK[work])
    out = () if command in ("estimate", "budget", "quantize") else ("--out", tmp_path / "out")

    def reached(*_: object, **__: object) -> None:
        raise AssertionError(f"{work} was reached")

    if command != "estimate":  # which tries a machine first, before anything is counted
        monkeypatch.setattr(work, reached)
    status, text, error = run(command, model, *more, *MEMORY, "--query-error", 0.5, *out)
    assert (status, text) == (2, "")
    assert "memory queries fail too often" in error
    assert "lower query_error below" in error
    assert not (tmp_path / "out").exists()


def test_other_loaders_of_a_frontier_are_placed(tmp_path: Path) -> None:
    model, _ = write_tiny(tmp_path)
    loaders = ("--loading", "qram", "--loading", "qrom", "--surface-code", "rotated-grid")
    args = ("frontier", model, *loaders, "--query-error", 0.5, "--out", tmp_path / "out", "--json")
    status, text, _ = run(*args)
    assert status == 0
    found = json.loads(text)
    assert {point["loading"] for point in found["points"]} == {"qrom"}
    assert len(found["missing"]) == 2
    for name, why in found["missing"].items():
        assert name.startswith("qram")
        assert "lower query_error below" in why


def test_sweep_of_shapes_has_it(tmp_path: Path) -> None:
    def swept(error: float) -> tuple[int, list[str]]:
        args: Sequence[object] = (
            "sweep",
            "shapes",
            "--shape",
            "1,2",
            "--kernel",
            1,
            *MEMORY,
            *NARROW,
        )
        status, text, said = run(
            *args, "--query-error", error, "--workers", 0, "--out", tmp_path, "--json"
        )
        return status, [text, said]

    assert swept(1e-12)[0] == 0
    status, said = swept(0.5)
    assert status == 1
    assert "lower query_error below" in " ".join(said)
    status, said = swept(1.5)
    assert status == 2
    assert "must be a real number in [0, 1]" in said[1]


def test_budget_without_a_footprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No machine whose gates fail at 0.9 % runs anything: T is minimised, and the tables are printed."""
    monkeypatch.setattr(
        bloqs.costs.report,
        "surface_code_footprint",
        partial(surface_code_footprint, physical_error=9e-3),
    )
    model, _ = write_tiny(tmp_path)
    status, text, _ = run("budget", model, "--loading", "qrom", "--epsilon", 0.1, "--json")
    assert status == 0
    found = json.loads(text)
    assert found["objective"] == "t_count"
    assert found["unit"] == "T a sample"
    assert found["no_footprint"].startswith("no footprint, because ")
    assert found["no_footprint"].endswith("; T is minimised instead")
    assert found["cost"] <= found["even_cost"]
    for budget in found["budgets"].values():
        (failure,) = (one for one in budget["root"]["parts"] if "failure" in one["name"])
        assert failure["used"] is None
        assert failure["given"] > 0
