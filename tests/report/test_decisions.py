"""What the answers of a model cost, over its images."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import attrs
import numpy as np
import pytest

from bloqs.costs import decision
from bloqs.costs.unknown import Unknown
from bloqs.networks import load_example
from bloqs.reference import forward
from bloqs.report import (
    Model,
    ModelDecisions,
    NamedImage,
    Settings,
    load_model,
    model_decisions,
    network_report,
)
from tests.report.toys import tiny_images, tiny_network


@pytest.fixture(scope="module")
def tiny() -> ModelDecisions:
    model = Model("tiny", tiny_network())
    images = [
        NamedImage(str(i), x, label=label)
        for i, (x, label) in enumerate(zip(tiny_images(), (0, 1, 0), strict=True))
    ]
    return model_decisions(model, images, Settings(loading="rotations", output="heralded"))


def test_each_image_has_its_own_decision(tiny: ModelDecisions) -> None:
    probabilities = forward(tiny_network(), tiny_images())
    for one, p in zip(tiny.decisions, probabilities, strict=True):
        alone = decision(tiny.cost, p)
        assert (one.samples, one.winner, one.t_count) == (
            alone.samples,
            alone.winner,
            alone.t_count,
        )


def test_median_and_percentile_are_those_of_images(tiny: ModelDecisions) -> None:
    ranked = sorted(one.samples or 0 for one in tiny.decisions)
    assert tiny.samples(0.5) == ranked[1]
    assert tiny.samples(0.9) == ranked[2]
    assert tiny.t_count(0.5) == ranked[1] * tiny.cost.t_per_sample
    assert not isinstance(tiny.hours_per_sample, Unknown)
    assert tiny.hours(0.9) == ranked[2] * tiny.hours_per_sample


def test_accuracy_rises_to_the_exact_networks(tiny: ModelDecisions) -> None:
    same = [row.same_class for row in tiny.rows]
    assert all(a <= b + 1e-12 for a, b in itertools.pairwise(same))
    assert same[-1] == pytest.approx(1, abs=0.02)
    first = forward(tiny_network(), tiny_images())
    assert tiny.rows[0].accuracy == pytest.approx(np.mean(first[[0, 1, 2], [0, 1, 0]]), abs=1e-12)
    assert tiny.rows[-1].accuracy == pytest.approx(tiny.exact_accuracy, abs=0.02)


@pytest.mark.slow
def test_accuracy_against_simulated_samples(rng: np.random.Generator) -> None:
    """At 10 samples of digits-1, ties broken by drawing; the exact figure within four standard errors."""
    example = load_example("digits-1")
    p = forward(example.spec, example.images[:60])[:, :10]
    rest = 1 - p.sum(axis=1, keepdims=True)
    trials = 400
    hits = 0
    for q, label in zip(np.hstack([p, rest]), example.labels, strict=False):
        counts = rng.multinomial(10, q, size=trials)[:, :10]
        hits += np.sum((counts + rng.uniform(0, 0.5, counts.shape)).argmax(axis=1) == label)
    model = load_model("digits-1")
    (row,) = model_decisions(model, model.images("60"), samples=(10,)).rows
    assert row.accuracy == pytest.approx(hits / (60 * trials), abs=4 * 0.5 / np.sqrt(60 * trials))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(15)


def test_images_outside_the_bounds_are_left_out() -> None:
    model = Model("tiny", tiny_network(margin=0.003))
    outside = NamedImage("x", np.array([-1.0, 3.0]).reshape(2, 1, 1))
    inside = NamedImage("0", tiny_images()[0])
    settings = Settings(loading="rotations", output="heralded")
    found = model_decisions(model, [outside, inside], settings, samples=(1,))
    assert (len(found.decisions), found.outside, found.exact_accuracy) == (1, 1, None)
    assert found.rows[0].accuracy is None
    with pytest.raises(ValueError, match="none of the images lies inside the norm bounds"):
        model_decisions(model, [outside], settings)


def test_both_files_and_no_footprint(tmp_path: Path) -> None:
    model = Model("tiny", tiny_network())
    hard = Settings(loading="rotations", output="heralded", failure_probability=1e-40)
    found = model_decisions(model, [NamedImage("0", tiny_images()[0])], hard, samples=(1, 10))
    assert isinstance(found.hours_per_sample, Unknown)
    data, page = found.write(tmp_path)
    figures = json.loads(data.read_text(encoding="utf-8"))
    assert figures["hours"]["median"] is None
    assert "cannot be met" in figures["no_hours"]
    assert figures["samples"]["median"] == found.samples(0.5)
    text = page.read_text(encoding="utf-8")
    assert "cannot be met" in text
    assert text.count("<svg") == 1
    assert "http" not in text


@pytest.mark.slow
def test_a_report_without_footprint_says_why_and_has_the_rest() -> None:
    model = Model("tiny", tiny_network())
    hard = Settings(loading="rotations", failure_probability=1e-40)
    report = network_report(model, NamedImage("0", tiny_images()[0]), hard)
    assert isinstance(report.footprint, Unknown)
    data = report.to_dict()
    assert data["footprint"] is None
    assert "cannot be met" in data["no_footprint"]
    assert data["decision"]["samples"] == report.decision.samples
    assert data["cost"]["t_count"] == report.cost.t_count
    assert "cannot be met" in report.to_html()


def test_undecided_images_come_last(tiny: ModelDecisions) -> None:
    level = decision(tiny.cost, [0.5, 0.5])
    found = attrs.evolve(tiny, decisions=(level, tiny.decisions[0], level))
    assert found.num_undecided == 2
    assert (found.samples(0.3), found.samples(0.5)) == (tiny.decisions[0].samples, None)
    assert "undecided" in found.decisions_table().to_text()
    assert found.to_dict()["t_count"]["percentile_90"] is None
