"""How often a plurality is wrong: against every outcome written out, and against simulated decisions."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from bloqs.costs.plurality import (
    EXACT_UP_TO,
    least_samples,
    reach_probability,
    right_with_ties_drawn,
    wrong_at_most,
    wrong_probability,
)

DECISIONS = 20_000

DISTRIBUTIONS = {
    "two classes": [0.75, 0.25],
    "two close classes": [0.53, 0.47],
    "one sample is enough": [0.995, 0.005],
    "every rival alike": [0.19, *[0.09] * 9],
    "two rivals alike": [0.4, 0.3, 0.3],
    "flat": [0.12, 0.1, *[0.06] * 13],
    "rare": [0.03, 0.01, 0.96 / 2, 0.96 / 2],
    "a ladder": [0.25, 0.21, 0.18, 0.15, 0.12, 0.09],
    "beyond the exact way": [0.22, 0.2, *[0.58 / 14] * 14],
    "nearly level": [0.1306, 0.12, *[0.7494 / 14] * 14],
}
"""Name -> probabilities, the winner first; in "rare" the last two groups stand for no class."""


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(15)


def outcomes(samples: int, groups: int) -> Iterator[tuple[int, ...]]:
    if groups == 1:
        yield (samples,)
        return
    for first in range(samples + 1):
        for rest in outcomes(samples - first, groups - 1):
            yield (first, *rest)


@pytest.mark.parametrize("samples", [1, 2, 3, 6, 11])
@pytest.mark.parametrize("p", [[0.4, 0.3, 0.2, 0.1], [0.5, 0.5], [0.3, 0.0, 0.1, 0.6]])
def test_every_outcome_written_out(p: list[float], samples: int) -> None:
    alone = np.zeros(len(p))
    drawn = np.zeros(len(p))
    for counts in outcomes(samples, len(p)):
        chance = float(math.factorial(samples))
        for count, one in zip(counts, p, strict=True):
            chance *= one**count / math.factorial(count)
        leaders = [j for j, count in enumerate(counts) if count == max(counts)]
        drawn[leaders] += chance / len(leaders)
        if len(leaders) == 1:
            alone[leaders] += chance
    for winner in range(len(p)):
        found = wrong_probability(np.array(p), winner, samples)
        assert found == pytest.approx(1 - alone[winner], abs=1e-12)
        found = right_with_ties_drawn(np.array(p), winner, samples)
        assert found == pytest.approx(drawn[winner], abs=1e-12)


def test_draws_of_no_class_count_for_none() -> None:
    # Of 4 draws k have a class, k binomial; given k it is the plurality of k draws of two classes.
    both, p = 0.6, np.array([0.45, 0.15])
    known = sum(
        math.comb(4, k)
        * both**k
        * (1 - both) ** (4 - k)
        * (wrong_probability(p / both, 0, k) if k else 1.0)
        for k in range(5)
    )
    assert wrong_probability(p, 0, 4) == pytest.approx(known, abs=1e-12)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_simulated_decisions(name: str, rng: np.random.Generator) -> None:
    """Wrong in at most 1.2 % of 20,000 decisions; at 60 % of the samples in more than 1 %."""
    p = np.array(DISTRIBUTIONS[name])
    classes = p[:2] if name == "rare" else p
    found = least_samples(classes, 0, 0.01)
    assert found is not None
    samples, wrong, is_exact = found
    assert is_exact == (samples <= EXACT_UP_TO)

    def simulated(n: int) -> float:
        counts = rng.multinomial(n, p, size=DECISIONS)[:, : len(classes)]
        return float(np.mean(counts[:, 0] <= counts[:, 1:].max(axis=1)))

    assert simulated(samples) <= 0.012
    assert abs(simulated(samples) - wrong) < 5 * math.sqrt(0.01 / DECISIONS) or not is_exact
    if samples > 12:
        assert simulated(int(0.6 * samples)) > 0.01


def test_the_number_is_the_smallest(rng: np.random.Generator) -> None:
    tried = 0
    for _ in range(25):
        p = rng.dirichlet(np.full(rng.integers(2, 7), rng.uniform(0.4, 3)))
        winner, (second, first) = int(np.argmax(p)), np.sort(p)[-2:]
        if first - second < 0.15:
            continue
        found = least_samples(p, winner, 0.02)
        assert found is not None
        smallest = next(n for n in range(1, 500) if wrong_probability(p, winner, n) <= 0.02)
        assert found[0] == smallest
        tried += 1
    assert tried > 5


@pytest.mark.parametrize("samples", [1, 2, 9, 50, 301])
def test_the_bound_is_one_and_is_exact_for_two(samples: int, rng: np.random.Generator) -> None:
    for groups in (2, 3, 8):
        p = np.sort(rng.dirichlet(np.ones(groups)))[::-1]
        exact, bound = wrong_probability(p, 0, samples), wrong_at_most(p, 0, samples)
        assert exact <= bound + 1e-12
        if groups == 2:
            assert bound == pytest.approx(exact, abs=1e-12)


def test_two_classes_reach_each_other_by_their_difference(rng: np.random.Generator) -> None:
    counts = rng.multinomial(300, [0.2, 0.15, 0.65], size=100_000)
    simulated = np.mean(counts[:, 1] >= counts[:, 0])
    assert reach_probability(0.2, 0.15, 300) == pytest.approx(simulated, abs=0.005)


def test_a_small_error_is_reached_by_the_bound() -> None:
    found = least_samples(np.array([0.6, 0.4]), 0, 1e-12)
    assert found is not None
    samples, wrong, is_exact = found
    assert not is_exact
    assert wrong <= 1e-12 < wrong_at_most(np.array([0.6, 0.4]), 0, samples - 1)


@pytest.mark.parametrize(("gap", "is_found"), [(1e-4, True), (1e-6, True), (1e-10, False)])
def test_many_samples_or_too_many(gap: float, is_found: bool) -> None:
    p = np.array([0.5 + gap / 2, 0.5 - gap / 2])
    found = least_samples(p, 0, 0.01)
    assert (found is not None) == is_found
    if found is not None:
        # Two classes: the normal quantile of 1 % is 2.326; the Chernoff bound takes 1.7 times as many.
        assert 0.99 <= found[0] / (2.326 / gap) ** 2 <= 1.8
