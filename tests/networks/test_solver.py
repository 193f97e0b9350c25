"""The solver on layers whose errors and prices are known: sensitivities, shares and the descent by hand."""

from __future__ import annotations

import itertools
import math

import pytest

from bloqs import NetworkSpec, estimate
from bloqs.layers import Output, Residual
from bloqs.layers.amplification import Amplification
from bloqs.layers.shapes import KernelShape, OutputShape
from bloqs.networks import solver
from bloqs.networks.solver import Plan, solutions
from bloqs.qsvt.degree_search import DegreeLimitError
from tests.layers.toys import stage_of
from tests.networks.toys import Knob, plan_of, vector_of


def test_sensitivities_multiply_towards_the_end() -> None:
    plan = plan_of(Knob(factor=2), Knob(factor=3), Knob(factor=5))
    assert plan.sensitivities() == (30, 15, 5, 1)


def test_encodings_are_chained() -> None:
    plan = plan_of(Knob(factor=2), Knob(factor=3), input_error=0.01)
    assert [v.epsilon for v in plan.encodings((1, 2))] == pytest.approx([0.12, 0.37])
    assert plan.assemble((1, 2)).epsilon == plan.stated_epsilon((1, 2)) == pytest.approx(0.37)
    assert plan_of(Knob(least=2)).stated_epsilon((1,)) == math.inf


def test_calls_by_hand() -> None:
    """1 -> block d=4: 5*2 = 10 -> q=3: 30 -> block d=2: 3*31 = 93 -> output: 187 -> q=5: 935."""
    block, output = Residual(KernelShape(2, 3, 4.0)), Output(OutputShape(8))
    layers = (block, Amplification(), block, Amplification(), output, Amplification())
    plan = Plan(vector_of(0.0), tuple(stage_of(layer) for layer in layers))
    assert plan.cost((4, 3, 2, 1, None, 5)) == 5 * (2 * (3 * (3 * 10 + 1)) + 1)


def test_equal_shares_are_of_the_final_error() -> None:
    """A share of 1e-2 at the end is 1e-3 where what follows multiplies by ten."""
    plan = plan_of(Knob(), Knob(factor=10), Knob())
    assert solver._equal_shares(plan, 1.01e-2) == (3, 2, 2)
    assert solver._equal_shares(plan, 0.99e-2) == (4, 3, 3)
    assert solver._equal_shares(plan, 1e-13) is None


def test_a_polynomial_beyond_its_limit_ends_a_share() -> None:
    class Limited(Knob):
        def smallest_degree(self, *_: object) -> int:
            raise DegreeLimitError("beyond")

    tried = []

    class Wide(Knob):
        """Too long for large shares, whose errors widen its interval."""

        def smallest_degree(self, vector: object, stage: object, share: float) -> int:
            tried.append(share)
            if share > 0.05:
                raise DegreeLimitError("beyond")
            return super().smallest_degree(vector, stage, share)  # type: ignore[arg-type]

    assert next(solutions(plan_of(Wide()), 0.1)) == (1,)
    with pytest.raises(ValueError, match=r"out of reach: beyond\. .* shorten the polynomials"):
        next(solutions(plan_of(Limited()), 0.1))
    tried.clear()
    with pytest.raises(ValueError, match="out of reach"):
        next(solutions(plan_of(Wide(), Limited()), 0.1))
    # Twice by the search: for its least degree, and for its choices.
    assert len(tried) == solver.MAX_REFUSED + 2


@pytest.mark.parametrize("epsilon", [0.5, 0.11, 2.1e-2, 3e-4])
@pytest.mark.parametrize("factors", [(1, 1), (1, 10), (10, 1)])
def test_cheapest_of_all_choices(epsilon: float, factors: tuple[int, int]) -> None:
    """Of two knobs the descent finds what trying all of them finds."""
    plan = plan_of(*(Knob(factor=factor) for factor in factors))
    found = next(solutions(plan, epsilon))
    assert plan.stated_epsilon(found) <= epsilon
    every = [
        degrees
        for degrees in itertools.product(range(8), repeat=2)
        if plan.stated_epsilon(degrees) <= epsilon
    ]
    assert plan.cost(found) == min(map(plan.cost, every))


def test_descent_takes_the_cheapest_step_that_holds() -> None:
    """From (2, 2): of calls (d + 1)(d + 9) a step of the first saves 11, of the second 3."""
    plan = plan_of(Knob(), Knob(fixed=9))
    assert plan.cost((2, 2)) == 33
    assert solver._descend(plan, (2, 2), 0.1101) == (1, 2)
    assert solver._descend(plan, (2, 2), 0.0201) == (2, 2)
    assert solver._descend(plan, (2, 2), 1.0101) == (0, 2)
    assert solver._descend(plan, (2, 2), 1.101) == (0, 1)


def test_one_is_raised_where_another_may_then_be_lowered() -> None:
    """(2, 0) errs by 0.06 and costs 3 * 20, no step down holds; (1, 1) errs by 0.105 and costs 2 * 21."""
    plan = plan_of(Knob(), Knob(size=0.05, fixed=20))
    assert solver._descend(plan, (2, 0), 0.14) == (2, 0)
    assert solver._exchange(plan, (2, 0), 0.14) == (1, 1)
    assert solver._exchange(plan, (1, 1), 0.14) == (1, 1)
    assert solver._exchange(plan, (2, 0), 0.104) == (2, 0)
    # Nor does it lower what is raised, or below what is allowed.
    assert solver._exchange(plan_of(Knob(least=2), Knob(size=0.05, fixed=20)), (2, 0), 0.14) == (
        2,
        0,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("norms", "epsilon", "bar"),
    [
        ([(0.5, 1.0)] * 3, 1e-3, 6.2e8),
        ([(0.5, 0.9)] * 3 + [(0.02, 0.05)], 1e-2, 5e11),
    ],
)
def test_three_blocks_of_wide_bands(
    norms: list[tuple[float, float]], epsilon: float, bar: float
) -> None:
    """Where the search gives up; without exchanges 7.3e8 and 5.4e13 T."""
    spec = NetworkSpec.from_shapes(
        input_shape=(4, 8, 8),
        num_blocks=3,
        conv_alpha=2.0,
        skip_weight=0.0,
        norm_bounds=norms,
        amplitude_bounds=[0.3] * 3,
        output_layer=len(norms) > 3,
    )
    network = spec.cost_bloq(epsilon=epsilon, output="heralded")
    assert network.epsilon <= epsilon
    assert estimate(network).t_per_sample <= bar


def test_ties_go_to_the_lower_rank() -> None:
    plan = plan_of(Knob(given_rank=1), Knob(given_rank=0))
    assert list(solver._lowered(plan, (1, 1))) == [(1, 0), (0, 1)]
    assert list(solver._lowered(plan, (1, 0))) == [(0, 0)]
    assert solver._descend(plan, (1, 1), 1.101) == (1, 0)


def test_cheapest_of_both_starts() -> None:
    """A start from a smaller share may end cheaper; an end is never above what was asked."""
    assert (solver.STARTS, solver.MAX_SHARES) == (2, 60)
    plan = plan_of(Knob(size=0.9), Knob(size=0.5))
    found = next(solutions(plan, 0.15))
    starts = [solver._equal_shares(plan, 0.075 * 0.8**i) for i in range(12)]
    ends = [
        solver._descend(plan, start, 0.15)
        for start in starts
        if start is not None and plan.stated_epsilon(start) <= 0.15
    ][:2]
    assert plan.cost(found) == min(map(plan.cost, ends))


def test_shares_count_polynomials_only() -> None:
    """Three stages, one polynomial: the whole error is its own."""
    plan = plan_of(Knob(size=0.0), Knob(), Knob(size=0.0))
    assert next(solutions(plan, 0.1001)) == (0, 1, 0)
    assert next(solutions(plan_of(Knob(size=0.0)), 0.1)) == (0,)


def test_out_of_reach_is_said() -> None:
    plan = plan_of(Knob(factor=1), Knob(factor=100, rounding=0.2))
    with pytest.raises(
        ValueError, match=r"an error of 0\.1, .* multiplied by up to 100 until the end"
    ):
        next(solutions(plan, 0.1))
