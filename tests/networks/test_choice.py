"""Degrees and bits chosen together: the cheapest there are, no dearer for a larger epsilon; growth."""

from __future__ import annotations

import itertools
import math
from typing import Any

import attrs
import numpy as np
import pytest

from bloqs import estimate, load_example
from bloqs.loading import LoadedVector
from bloqs.loading.charges import Charges
from bloqs.networks import NetworkSpec, assembly
from bloqs.networks.choice import CheapestChoice, Choice
from bloqs.networks.plan import Plan
from bloqs.networks.solver import solutions
from tests.layers.toys import stage_of
from tests.networks.toys import Knob, plan_of


def blocks(number: int) -> NetworkSpec:
    """By shape, four channels of 8x8, without an output layer."""
    return NetworkSpec.from_shapes(
        input_shape=(4, 8, 8),
        num_blocks=number,
        kernel_size=3,
        output_layer=False,
        conv_alpha=1.3,
        norm_bounds=((1.27, 1.30),) * number,
        amplitude_bounds=(0.2,) * number,
    )


def t_per_sample(spec: NetworkSpec, **options: Any) -> float:
    found = estimate(spec.cost_bloq(loading="select-swap", **options)).t_per_sample
    assert found is not None
    return found


def test_growth_from_block_to_block() -> None:
    """A block is called d + 1 times, d at least 2, under amplifications of 1 and 3."""
    costs = [
        t_per_sample(blocks(number), epsilon=1e-2, output="heralded", min_degree=2)
        for number in (1, 4)
    ]
    assert (costs[1] / costs[0]) ** (1 / 3) <= 5.5
    assert costs[0] <= 22_500


ABOUT = 5e-4
"""What choices are weighed by, a rotation at one price, is the cost to this share; all that may be missed."""


def falls(spec: NetworkSpec, epsilons: np.ndarray, output: str) -> list[float]:
    """Epsilons at which a network costs less than at a larger one."""
    costs = [t_per_sample(spec, epsilon=float(e), output=output) for e in epsilons]
    most = itertools.accumulate(costs, max)
    return [
        float(e)
        for e, cost, before in zip(epsilons[1:], costs[1:], most, strict=False)
        if cost < (1 - ABOUT) * before
    ]


def test_a_smaller_epsilon_never_costs_less() -> None:
    """Where the bits are few, their errors widen the last band: fewer bits cost more runs than they save."""
    assert falls(blocks(1), np.geomspace(0.2, 0.02, 6), "heralded") == []


@pytest.mark.slow
@pytest.mark.parametrize(("output", "count"), [("coherent", 8), ("heralded", 24)])
@pytest.mark.parametrize("name", ["digits-1", "digits-2", "two blocks"])
def test_a_smaller_epsilon_never_costs_less_at_many(name: str, output: str, count: int) -> None:
    spec = blocks(2) if name == "two blocks" else load_example(name).spec
    assert falls(spec, np.geomspace(0.1, 1e-3, count), output) == []


@pytest.mark.parametrize("epsilon", [0.1, 1e-2])
def test_nothing_nearby_is_cheaper(epsilon: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all bits within two of the common ones, and of degrees up to a fifth dearer; by trying all."""
    made: list[tuple[CheapestChoice, Choice]] = []

    class Watched(CheapestChoice):
        def best(self) -> Choice:
            made.append((self, super().best()))
            return made[-1][1]

    monkeypatch.setattr(assembly, "CheapestChoice", Watched)
    blocks(1).cost_bloq(epsilon=epsilon, output="heralded", loading="select-swap")
    ((chooser, choice),) = made
    assert chooser.plan is not None
    assert choice.common is not None
    assert choice.prices is not None
    exact, least = chooser.exact, math.inf
    for degrees in solutions(exact, chooser.polynomial):
        if exact.cost_per_sample(degrees) > 1.2 * exact.cost_per_sample(choice.degrees):
            break
        calls = exact.cost(degrees) / exact.cost(choice.degrees)
        for steps in itertools.product(range(-2, 3), repeat=chooser.pieces):
            bits = tuple(choice.common + step for step in steps)
            plan = chooser.plan(bits)
            if plan.stated_epsilon(degrees) <= chooser.allowed:
                runs = float(plan.assemble(degrees).alpha) ** 2
                least = min(least, calls * choice.prices(bits) * runs)
    # What is weighed to first order is right to a few ten-thousandths.
    assert choice.cost <= 1.001 * least


def test_dearer_degrees_may_leave_cheaper_bits() -> None:
    """The cheapest degree leaves the data a thousandth of the error; one call more, and few bits do."""

    def plan(bits: tuple[int, ...]) -> Plan:
        stage = stage_of(Knob(size=0.0999, fixed=9), name="a", label="a")
        return Plan(LoadedVector(None, "qrom", bits[0], bitsize=6), (stage,))

    nominal = plan((16, 16))
    exact = attrs.evolve(plan_of(*(s.layer for s in nominal.stages)), weights=nominal.piece_costs())
    assert next(solutions(exact, 0.1)) == (0,)
    choice = CheapestChoice(exact, plan, 2, 0.1, 0.1, Charges()).best()
    assert choice.degrees == (1,)
    assert choice.bits is not None
    assert choice.prices is not None
    assert plan(choice.bits).stated_epsilon((1,)) <= 0.1
    assert min(b for b in range(3, 30) if plan((b, b)).stated_epsilon((0,)) <= 0.1) == 17
    assert choice.cost == choice.prices(choice.bits) < 9 * plan((17, 17)).piece_costs()[0]


def test_what_no_bits_do() -> None:
    def plan(bits: tuple[int, ...]) -> Plan:
        return plan_of(Knob(size=0.0, rounding=1.0))

    chooser = CheapestChoice(plan_of(Knob(size=0.0)), plan, 2, 0.05, 0.1, Charges())
    with pytest.raises(ValueError, match=r"an error of 0\.1, .* needs more than 50 bits an angle"):
        chooser.best()


def test_what_is_chosen_for_a_measured_unload_is_cheapest_by_it() -> None:
    """Bits of its own, that unitary unloads would pay more for; under either it is the same network."""
    spec = load_example("digits-bilinear").spec
    ways = {
        way: spec.cost_bloq(regime=2, output="heralded", loading="qram", uncompute=way)
        for way in ("unitary", "measured")
    }
    for way, other in (("unitary", "measured"), ("measured", "unitary")):
        chosen, not_chosen = (estimate(ways[name], uncompute=way) for name in (way, other))
        assert chosen.t_per_sample is not None
        assert not_chosen.t_per_sample is not None
        assert chosen.t_per_sample < not_chosen.t_per_sample
    remark = "degrees and bits weighed by"
    assert ways["measured"].facts.remarks[remark] == "measured unloads"
    assert remark not in ways["unitary"].facts.remarks


def test_an_unknown_unload_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown uncompute 'magic'; choose one of 'unitary', 'm"):
        blocks(1).cost_bloq(uncompute="magic")
