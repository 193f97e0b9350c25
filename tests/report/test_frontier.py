"""Qubits against hours over everything there is."""

from __future__ import annotations

import html
import itertools
import json
from pathlib import Path

import jsonschema
import pytest

from bloqs.costs import estimate
from bloqs.networks import load_example
from bloqs.report import (
    Frontier,
    Model,
    NamedImage,
    Settings,
    network_frontier,
    network_report,
    report_schema,
    with_frontier,
)
from bloqs.testing import random_network

OLDER = ("gidney-fowler", "beverland")
OLDER_LOADERS = ("rotations", "qrom", "select-swap")


@pytest.fixture(scope="module")
def frontier() -> Frontier:
    return network_frontier(
        load_example("digits-1").spec,
        loaders=["qrom", "select-swap-4"],
        models=["gidney-fowler", "rotated-grid", "yoked-2d", "bicycle-two-gross"],
        title="digits-1",
    )


def test_a_point_is_the_footprint_of_what_it_says(frontier: Frontier) -> None:
    spec = load_example("digits-1").spec
    for point in (frontier.fewest_qubits, frontier.least_qubit_seconds, frontier.points[-1]):
        bloq = spec.cost_bloq(output="heralded", loading=point.loading, uncompute=point.uncompute)
        cost = estimate(bloq, uncompute=point.uncompute)
        run = point.footprint
        again = cost.surface_code(
            model=run.model, preset=point.preset, factory=run.factory, factories=run.factories
        )
        assert again.physical_qubits * again.hours <= run.physical_qubits * run.hours * (1 + 1e-9)
        assert again.logical_qubits == run.logical_qubits == cost.logical_qubits
        assert point.hours == run.hours / (cost.success_probability or 1)
        assert point.t_per_sample == cost.t_per_sample
        assert run.failure_probability <= run.target_failure_probability
        for word in (point.loading, point.uncompute, run.model, point.preset, run.factory_words):
            assert word in point.words


def test_no_point_beats_another(frontier: Frontier) -> None:
    for points in (frontier.points, *frontier.by_machine.values()):
        for one, other in itertools.pairwise(points):
            assert one.physical_qubits < other.physical_qubits
            assert one.hours > other.hours
    every = [one for points in frontier.by_machine.values() for one in points]
    for one in every:
        assert any(
            best.physical_qubits <= one.physical_qubits and best.hours <= one.hours
            for best in frontier.points
        )


def test_small_machines_and_small_volumes(frontier: Frontier) -> None:
    """At p = 1e-3: 150,000 qubits, by a plain grid too, and half the qubit-seconds of the older machines."""
    assert frontier.fewest_qubits.physical_qubits <= 150_000
    assert frontier.by_machine["rotated-grid"][0].physical_qubits <= 150_000
    assert {point.footprint.physical_error for point in frontier.points} == {1e-3}
    older = min(point.qubit_seconds for point in frontier.by_machine["gidney-fowler"])
    assert frontier.least_qubit_seconds.qubit_seconds <= older / 2


@pytest.mark.slow
def test_half_of_the_least_volume_of_the_older_machines_and_loaders() -> None:
    spec = load_example("digits-1").spec
    older = network_frontier(spec, loaders=OLDER_LOADERS, models=OLDER)
    newer = network_frontier(spec)
    assert newer.fewest_qubits.physical_qubits <= 150_000
    assert newer.least_qubit_seconds.qubit_seconds <= older.least_qubit_seconds.qubit_seconds / 2


def test_what_has_no_footprint_says_why(frontier: Frontier) -> None:
    assert "bicycle-two-gross" not in frontier.by_machine
    assert len(frontier.missing) == 4
    assert all("already fails with" in why for why in frontier.missing.values())
    text = frontier.missing_table().to_text()
    assert "bicycle-two-gross on gidney-2025" in text
    nothing = network_frontier(
        load_example("digits-1").spec, loaders=["qrom"], models=["bicycle-two-gross"]
    )
    assert nothing.points == ()
    with pytest.raises(ValueError, match="no combination has a footprint: failure_probability"):
        _ = nothing.fewest_qubits


def test_both_files(frontier: Frontier, tmp_path: Path) -> None:
    data, page = frontier.write(tmp_path)
    figures = json.loads(data.read_text(encoding="utf-8"))
    assert len(figures["points"]) == sum(map(len, frontier.by_machine.values()))
    assert sum(point["on_frontier"] for point in figures["points"]) == len(frontier.points)
    text = page.read_text(encoding="utf-8")
    assert "http" not in text
    (points,) = (line for line in text.splitlines() if line.startswith("const points = "))
    drawn = json.loads(points.removeprefix("const points = ").removesuffix(";"))
    assert [one["words"] for one in drawn] == [one["words"] for one in figures["points"]]


def test_in_a_report(tmp_path: Path) -> None:
    """The same points as by themselves; page and JSON have them, and the JSON is what its schema says."""
    made = random_network(3, (2, 1, 1), kernel_size=1, output_layer=False)
    model = Model("random", made.spec.calibrate(made.images))
    settings = Settings(epsilon=0.1, loading="rotations", query_error=1e-9)
    tried = {"loaders": ["rotations", "qrom"], "models": ["rotated-grid", "yoked-1d"]}
    plain = network_report(model, NamedImage("0", made.image), settings)
    report = with_frontier(plain, **tried)
    alone = network_frontier(model.spec, settings, title="random", **tried)
    assert report.frontier is not None
    assert report.frontier.to_dict() == alone.to_dict()
    data, page, _ = report.write(tmp_path)
    figures = json.loads(data.read_text(encoding="utf-8"))
    jsonschema.validate(figures, report_schema())
    assert figures["frontier"]["points"] == alone.to_dict()["points"]
    text = page.read_text(encoding="utf-8")
    (points,) = (line for line in text.splitlines() if line.startswith("const points = "))
    assert json.loads(points.removeprefix("const points = ").removesuffix(";")) == alone.drawn
    assert "Qubits against hours" not in plain.to_html()
    assert plain.to_dict()["frontier"] is None
    assert "random: each machine" in [table.title for table in report.tables()]


def test_in_a_notebook(frontier: Frontier) -> None:
    shown = frontier._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    page = html.unescape(shown.split('srcdoc="')[1].split('"')[0])
    assert page == frontier.to_html()


def test_names_on_the_page_cannot_leave_it(frontier: Frontier, tmp_path: Path) -> None:
    hostile = Frontier(title="</script><b>", by_machine=frontier.by_machine, missing={})
    text = hostile.write(tmp_path)[1].read_text(encoding="utf-8")
    assert "</script><b>" not in text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"loaders": []}, "loaders must hold a name"),
        ({"models": "yoked-2d"}, "models must be a sequence of names"),
        ({"models": ["abacus"]}, "unknown surface-code model 'abacus'"),
        ({"presets": ["abacus"]}, "unknown preset 'abacus'"),
        ({"loaders": ["abacus"]}, "unknown loading 'abacus'"),
    ],
)
def test_bad_names_are_refused(change: dict[str, object], message: str) -> None:
    spec = load_example("digits-1").spec
    with pytest.raises(ValueError, match=message):
        network_frontier(spec, Settings(output="heralded"), **change)  # type: ignore[arg-type]
