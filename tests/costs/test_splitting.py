"""The split found for a real network is cheaper than the even one, and the network keeps its epsilon."""

from __future__ import annotations

import pytest

from bloqs.core.budget import ErrorSplit
from bloqs.costs import estimate
from bloqs.costs.splitting import optimise_network_split
from bloqs.networks import load_example


def test_split_of_digits_1() -> None:
    spec = load_example("digits-1").spec
    found = optimise_network_split(spec, objective="t_count")
    even = spec.cost_bloq(split=ErrorSplit.even())
    best = spec.cost_bloq(split=found.split)
    assert found.even_cost == pytest.approx(estimate(even).t_count * float(even.alpha) ** 2)
    assert found.cost == pytest.approx(estimate(best).t_count * float(best.alpha) ** 2)
    assert found.cost < found.even_cost
    assert float(best.epsilon) <= found.split.vector * 1e-2


def test_bad_objectives_are_refused() -> None:
    spec = load_example("digits-1").spec
    with pytest.raises(ValueError, match="objective is one of 'qubit_hours', 't_count'"):
        optimise_network_split(spec, objective="money")
    with pytest.raises(ValueError, match="do not give one"):
        optimise_network_split(spec, split=ErrorSplit.even())
