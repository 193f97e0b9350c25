"""Samples, T and hours of a decision, and images that are undecided."""

from __future__ import annotations

import json

import numpy as np
import pytest
import sympy

from bloqs.costs import Conventions, CostReport, Decision, decision, estimate
from bloqs.costs.decision import root_distance
from bloqs.loading import LoadedVector
from bloqs.networks import load_example
from bloqs.reference import forward


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(15)


@pytest.fixture(scope="module")
def toy() -> CostReport:
    """Of an encoding with a success probability below 1."""
    return estimate(LoadedVector([0.8, 0.6, 0.1, 0.2]))


@pytest.fixture(scope="module")
def network() -> CostReport:
    return estimate(load_example("digits-1").spec.cost_bloq(output="heralded"))


def test_t_and_hours_are_those_of_the_samples(network: CostReport) -> None:
    example = load_example("digits-1")
    found = decision(network, forward(example.spec, example.images[0]))
    assert found.samples is not None
    assert found.t_count == found.samples * network.t_per_sample
    footprint = network.surface_code()
    assert network.success_probability is not None
    hours = found.samples * footprint.hours / network.success_probability
    assert found.hours == pytest.approx(hours, rel=1e-12)
    assert found.samples < (found.samples_within_epsilon or 0)
    assert json.loads(json.dumps(found.to_dict()))["t_count"] == found.t_count
    assert f"{found.samples:,}" in str(found)


def test_epsilon_is_what_the_budget_uses(network: CostReport) -> None:
    bloq = load_example("digits-1").spec.cost_bloq(output="heralded")
    budget = bloq.error_budget
    assert budget is not None
    assert network.epsilon == budget.root.at_most
    assert float(bloq.epsilon) < network.epsilon <= budget.epsilon


@pytest.mark.parametrize(("excess", "is_undecided"), [(-1e-6, True), (1e-6, False)])
def test_undecided_within_two_epsilon(
    network: CostReport, excess: float, is_undecided: bool
) -> None:
    assert network.epsilon is not None
    gap = 2 * network.epsilon + excess
    found = decision(network, [0.5 + gap / 2, 0.5 - gap / 2])
    assert found.is_undecided is is_undecided
    assert (found.samples, found.t_count, found.hours).count(None) == 3 * is_undecided
    assert ("may level" in str(found)) is is_undecided
    assert json.loads(json.dumps(found.to_dict()))["is_undecided"] is is_undecided


@pytest.mark.parametrize("p", [[0.5, 0.5], [0.2, 0.4, 0.4], [0.25] * 4])
def test_a_tie_is_undecided(toy: CostReport, p: list[float]) -> None:
    found = decision(toy, p)
    assert found.is_undecided
    assert "are level" in found.undecided
    assert "undecided" in repr(found)


def test_the_machine_anywhere_within_epsilon(network: CostReport, rng: np.random.Generator) -> None:
    p = np.array([0.3, 0.22, 0.2, 0.28])
    found = decision(network, p)
    assert found.samples_within_epsilon is not None
    moved = p + found.epsilon * np.array([-1, 0, 0, 1])  # the worst of them
    counts = rng.multinomial(found.samples_within_epsilon, moved, size=20_000)
    assert np.mean(counts[:, 0] <= counts[:, 1:].max(axis=1)) <= 0.012
    assert found.samples is not None
    fewer = rng.multinomial(found.samples, moved, size=20_000)
    assert np.mean(fewer[:, 0] <= fewer[:, 1:].max(axis=1)) > 0.012


def test_an_event_changes_by_no_more_than_epsilon(rng: np.random.Generator) -> None:
    """The proof in the module: normalised vectors within epsilon, the gap of two groups within 2 epsilon."""
    for _ in range(200):
        exact = rng.normal(size=8)
        exact /= np.linalg.norm(exact)
        error = rng.normal(size=8)
        error *= rng.uniform(0, 0.5) / np.linalg.norm(error)
        epsilon, other = np.linalg.norm(error), exact + error
        p = (exact**2).reshape(4, 2).sum(axis=1)
        q = (other**2 / (other @ other)).reshape(4, 2).sum(axis=1)
        assert np.abs(p - q).sum() / 2 <= epsilon + 1e-12
        assert np.abs((p[0] - p[1]) - (q[0] - q[1])) <= 2 * epsilon + 1e-12


def test_root_distance_holds_for_random_vectors_and_mixtures(rng: np.random.Generator) -> None:
    closest = np.inf
    for _ in range(400):
        exact = rng.normal(size=8) + 1.2 * (np.arange(8) < 2)
        exact /= np.linalg.norm(exact)
        p = (exact**2).reshape(4, 2).sum(axis=1)
        first, second = np.argsort(-p)[:2]
        sine, mixed = rng.uniform(0, 0.2, size=2) * [1, rng.integers(2)]
        # Half of the errors go where the two classes meet.
        groups = np.repeat(np.arange(4), 2)
        error = -exact * (groups == first) / p[first] ** 0.5
        error += exact * (groups == second) / p[second] ** 0.5
        error = error if rng.integers(2) else rng.normal(size=8)
        error -= (error @ exact) * exact
        error *= sine / np.linalg.norm(error)
        vector = np.sqrt(1 - sine**2) * exact + error
        q = (vector**2).reshape(4, 2).sum(axis=1)
        junk = np.eye(4)[second] if rng.integers(2) else rng.dirichlet(np.ones(4))
        q = (1 - mixed) * q + mixed * junk
        stated = root_distance(p[first], p[second], sine, mixed)
        if stated > 0:
            closest = min(closest, np.sqrt(q[first]) - np.sqrt(q[second]) - stated)
            assert closest >= -1e-12
    assert closest < 1e-2  # and it is no loose one


def test_the_machine_levels_two_classes_at_the_sine_that_is_stated() -> None:
    a, b, rest = np.sqrt([0.22, 0.2, 0.58])
    sine = (a - b) / np.sqrt(2)
    level = np.array([(a + b) / 2, (a + b) / 2, rest])
    cosine = level @ [a, b, rest] / np.linalg.norm(level)
    assert np.sqrt(1 - cosine**2) == pytest.approx(sine, rel=1e-9)
    assert root_distance(0.22, 0.2, sine * (1 - 1e-9)) > 0
    assert root_distance(0.22, 0.2, sine * (1 + 1e-9)) < 0


def test_classes_within_two_epsilon_are_decided_where_roots_tell_them_apart(
    network: CostReport, rng: np.random.Generator
) -> None:
    assert network.epsilon is not None
    gap = 1.6 * network.epsilon
    p = np.array([0.2 + gap, 0.2, 0.6 - gap, 0.0])
    found = decision(network, p, num_classes=2)
    assert (found.is_undecided, found.winner) == (False, 0)
    assert found.samples is not None
    assert found.samples_within_epsilon is not None
    assert found.samples < found.samples_within_epsilon
    a, b = np.sqrt(p[:2]) + np.array([-1, 1]) * found.epsilon / np.sqrt(2)
    first, second = rng.multinomial(
        found.samples_within_epsilon, [a**2, b**2, 1 - a**2 - b**2], 2_000
    ).T[:2]
    assert np.mean(first <= second) <= 0.012
    # Of rotations that are channels the report does not say how much of epsilon is theirs.
    channels = Conventions(rotation_model="fallback")
    spec = load_example("digits-1").spec
    other = estimate(spec.cost_bloq(output="heralded"), conventions=channels)
    assert decision(other, p, num_classes=2).is_undecided


def test_groups_that_are_no_class(toy: CostReport) -> None:
    p = [0.2, 0.1, 0.7]
    assert decision(toy, p).winner == 2
    found = decision(toy, p, num_classes=2)
    assert (found.winner, found.rival) == (0, 1)
    alone = decision(toy, [2 / 3, 1 / 3])
    assert found.samples is not None
    assert alone.samples is not None
    assert found.samples > 3 * alone.samples


def test_one_class_takes_one_sample(toy: CostReport) -> None:
    found = decision(toy, [1.0])
    assert (found.samples, found.rival, found.wrong) == (1, None, 0.0)


def test_a_machine_that_fails_more_often_adds_to_epsilon(network: CostReport) -> None:
    footprint = network.surface_code(failure_probability=0.05)
    assert network.epsilon is not None
    found = decision(network, [0.52, 0.48], footprint=footprint)
    assert found.epsilon > network.epsilon
    assert found.is_undecided
    assert not decision(network, [0.52, 0.48]).is_undecided


def test_no_footprint_leaves_samples_and_t() -> None:
    report = estimate(LoadedVector([3.0, 4.0]).decompose_bloq())
    clifford = estimate(LoadedVector([1.0, 0.0]))
    assert report.success_probability is None  # a composite is no encoding: a run is a sample
    assert decision(report, [0.64, 0.36]).t_per_sample == report.t_count
    found = decision(clifford, [0.9, 0.1])
    assert found.hours is None
    assert "no footprint" in str(found)
    assert "a Clifford circuit has no footprint" in found.to_dict()["no_hours"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.5, 0.4],), "must not be negative and add to 1"),
        (([1.2, -0.2],), "must not be negative and add to 1"),
        (([],), "probabilities"),
        (([[0.5, 0.5]],), "probabilities must have 1 axes"),
        (([0.5, float("nan")],), "probabilities must be finite"),
        (("half",), "probabilities must be"),
        (([0.6, 0.4], 0), r"error must be a real number in \(0, 1\)"),
        (([0.6, 0.4], 1), r"error must be a real number in \(0, 1\)"),
        (([0.6, 0.4], "one"), "error must be a real number"),
    ],
)
def test_bad_input_is_refused(toy: CostReport, arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decision(toy, *arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("num_classes", [0, 3, 1.5, True])
def test_bad_number_of_classes_is_refused(toy: CostReport, num_classes: object) -> None:
    with pytest.raises(ValueError, match="num_classes must be an integer"):
        decision(toy, [0.6, 0.4], num_classes=num_classes)  # type: ignore[arg-type]


def test_classes_without_probability_and_no_report_are_refused(toy: CostReport) -> None:
    with pytest.raises(ValueError, match="no sample has a class"):
        decision(toy, [0.0, 1.0], num_classes=1)
    with pytest.raises(ValueError, match=r"report must be what bloqs\.costs\.estimate returns"):
        decision(None, [0.6, 0.4])  # type: ignore[arg-type]


def test_symbols_are_refused() -> None:
    n = sympy.Symbol("n")
    symbolic = estimate(LoadedVector(None, "select-swap", 10, bitsize=n))
    with pytest.raises(ValueError, match="the report is symbolic"):
        decision(symbolic, [0.6, 0.4])


def test_both_ends_of_the_error() -> None:
    found: Decision = decision(estimate(LoadedVector([0.8, 0.6])), [0.64, 0.36], 0.5)
    assert found.samples == 1
