"""The split found for a real network is cheaper than the even one, and the network keeps its epsilon."""

from __future__ import annotations

import math
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloqs.core.budget import DEFAULT_SPLIT, ErrorSplit
from bloqs.costs import estimate
from bloqs.costs.splitting import SHARES, optimise_network_split, optimise_split
from bloqs.networks import NetworkSpec, load_example
from bloqs.networks.network import ResidualNetwork


@pytest.mark.slow
def test_split_of_digits_1() -> None:
    spec = load_example("digits-1").spec
    found = optimise_network_split(spec, objective="t_count")
    even = spec.cost_bloq(split=ErrorSplit.even())
    best = spec.cost_bloq(split=found.split)
    assert found.even_cost == pytest.approx(estimate(even).t_count * float(even.alpha) ** 2)
    assert found.cost == pytest.approx(estimate(best).t_count * float(best.alpha) ** 2)
    assert found.cost < found.even_cost
    assert float(best.epsilon) <= found.split.vector * 1e-2


def test_the_network_is_chosen_for_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    make = NetworkSpec.cost_bloq

    def watched(spec: NetworkSpec, **options: Any) -> ResidualNetwork:
        asked.append(options["qram"])
        return make(spec, **options)

    monkeypatch.setattr(NetworkSpec, "cost_bloq", watched)
    spec = NetworkSpec.from_shapes(
        input_shape=(1, 2, 2), num_blocks=1, kernel_size=1, output_layer=False, num_groups=2
    )
    options = {"norm_bounds": [(0.9, 1.3)], "loading": "qram"}
    found = optimise_network_split(spec, objective="t_count", qram="bucket-brigade", **options)
    assert {*asked} == {"bucket-brigade"}
    assert found.cost <= found.even_cost


def test_bad_objectives_are_refused() -> None:
    spec = load_example("digits-1").spec
    with pytest.raises(ValueError, match="objective is one of 'qubit_hours', 't_count'"):
        optimise_network_split(spec, objective="money")
    with pytest.raises(ValueError, match="do not give one"):
        optimise_network_split(spec, split=ErrorSplit.even())


@given(
    weights=st.tuples(*[st.floats(0.01, 100)] * 4),
    step=st.floats(0, 1),
)
def test_optimiser_never_does_worse_than_the_even_split(
    weights: tuple[float, ...], step: float
) -> None:
    def cost(split: ErrorSplit) -> float:
        shares = attrs.astuple(split)
        smooth = sum(w * math.log(1 / s) for w, s in zip(weights, shares, strict=True))
        return smooth + step * math.ceil(smooth)

    found = optimise_split(cost)
    assert found.cost <= found.even_cost == cost(ErrorSplit.even())
    assert found.cost == cost(found.split)
    assert sum(attrs.astuple(found.split)) <= 1 + 1e-9
    assert "optimised" in str(found)


def test_optimiser_skips_splits_that_cannot_be_met() -> None:
    def cost(split: ErrorSplit) -> float:
        if split.synthesis < 0.2:
            raise ValueError("no such network")
        return 1 / split.polynomial

    found = optimise_split(cost)
    assert found.split.synthesis >= 0.2
    assert found.gain > 1
    with pytest.raises(ValueError, match="nothing can be met"):
        optimise_split(lambda split: (_ for _ in ()).throw(ValueError("nothing can be met")))


def test_shares_are_changed_one_after_another_and_again() -> None:
    """Data go first, failure follows data a round later, and synthesis follows failure."""

    def cost(split: ErrorSplit) -> float:
        return (
            100 * abs(split.data - 0.01)
            + 10 * abs(split.failure - split.data)
            + abs(split.synthesis - split.failure)
        )

    none, one, two, many = (optimise_split(cost, rounds=rounds) for rounds in (0, 1, 2, 20))
    assert (none.split, none.evaluations) == (DEFAULT_SPLIT, 2)
    assert one.cost == pytest.approx(0.73)  # data 0.01, failure 0.08, synthesis 0.05
    assert two.cost == pytest.approx(0.07)  # failure 0.01, synthesis 0.08
    assert many.cost == pytest.approx(0, abs=1e-12)
    assert many.even_cost == pytest.approx(24)
    assert optimise_split(cost) == two
    assert two.gain == pytest.approx(24 / 0.07)


def test_the_rest_is_for_the_polynomials() -> None:
    found = optimise_split(lambda split: -split.polynomial)
    least = min(SHARES)
    assert attrs.astuple(found.split) == pytest.approx((1 - 3 * least, least, least, least))
