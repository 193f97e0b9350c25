"""Queries of a memory that fail: their part of the budget, and the refusal where they take all of it."""

import math

import attrs
import pytest
import sympy

from bloqs import estimate, load_example
from bloqs.core.budget import FAILURE, FAILURES, MEMORY, BudgetError
from bloqs.costs import decision
from bloqs.costs.spent import spent_budget
from bloqs.costs.splitting import optimise_network_split
from bloqs.loading import LoadedVector, QRAMQuery, memory_model

QUERY_ERROR = 1e-9


def failing(error: float):
    return attrs.evolve(memory_model("oracle"), query_error=error)


@pytest.fixture(scope="module")
def queried():
    return load_example("digits-1").spec.cost_bloq(loading="qram")


def test_queries_that_fail_take_their_part_of_the_budget(queried) -> None:
    exact = estimate(queried, qram="oracle")
    cost = estimate(queried, qram=failing(QUERY_ERROR))
    queries, alpha = exact.num_queries, float(queried.alpha)
    assert queries == sum(exact.qram_queries.values()) > 1000
    assert cost.t_count == exact.t_count
    assert cost.memory_failure_probability == queries * QUERY_ERROR
    assert f"{queries:,} in a run" in cost.assumptions["QRAM model"]
    footprint = cost.surface_code()
    left = queried.failure_probability - queries * QUERY_ERROR
    assert footprint.target_failure_probability == left == cost.machine_failure_probability
    # By hand it is that of the machine.
    by_hand = cost.surface_code(failure_probability=1e-3)
    assert by_hand.target_failure_probability == 1e-3
    budget = spent_budget(queried, cost, footprint)
    memory, machine, whole = (budget.part(name) for name in (MEMORY, FAILURE, FAILURES))
    assert memory.used == memory.given == pytest.approx(alpha**2 * queries * QUERY_ERROR)
    assert machine.given == pytest.approx(alpha**2 * left)
    assert whole.given == queried.error_budget.part(FAILURE).given
    assert whole.used == memory.used + footprint.failure_probability * alpha**2 < whole.given
    assert budget.root.given == queried.error_budget.root.given


def test_an_exact_memory_changes_nothing(queried) -> None:
    plain = estimate(queried, qram="oracle")
    exact = estimate(queried, qram=failing(0))
    assert exact.to_dict(has_critical_path=False) == plain.to_dict(has_critical_path=False)
    assert spent_budget(queried, exact) == spent_budget(queried, plain)
    assert exact.machine_failure_probability == queried.failure_probability


@pytest.mark.parametrize("error", [1e-4, 0.5, 1.0])
def test_queries_that_fail_too_often_are_refused_with_what_would_do(queried, error: float) -> None:
    with pytest.raises(BudgetError, match="lower query_error below") as refused:
        estimate(queried, qram=failing(error))
    message = str(refused.value)
    assert f"{estimate(queried, qram='oracle').num_queries:,} in a run" in message
    allowed = float(message.split("below ")[1].split(",")[0])
    # What the message allows is allowed, to the last figure that it prints; more by that figure is not.
    cost = estimate(queried, qram=failing(allowed * (1 - 1e-12)))
    assert 0 < cost.machine_failure_probability < 0.02 * queried.failure_probability
    assert spent_budget(queried, cost).part(FAILURE).given > 0
    with pytest.raises(BudgetError):
        estimate(queried, qram=failing(allowed * 1.01))


def test_the_split_is_refused_as_well() -> None:
    spec = load_example("digits-1").spec
    with pytest.raises(BudgetError, match="lower query_error below"):
        optimise_network_split(spec, qram=failing(0.5), loading="qram")


def test_without_a_budget_nothing_is_refused_and_close_classes_are_undecided() -> None:
    vector = LoadedVector([0.5, 0.5, 0.5, 0.5], "qram")
    reports = [estimate(vector, qram=failing(error)) for error in (0.0, 0.1)]
    assert reports[1].num_queries > 0
    assert reports[1].machine_failure_probability is None
    assert [decision(one, [0.6, 0.4]).is_undecided for one in reports] == [False, True]
    word = sympy.Symbol("b", positive=True, integer=True)
    one = estimate(QRAMQuery(None, 4, word), qram=failing(0.1))
    assert one.num_queries == 1
    symbolic = attrs.evolve(one, figures={**one.figures, "qram_queries": {16: word}})
    with pytest.raises(ValueError, match="the report is symbolic"):
        _ = symbolic.memory_failure_probability


@pytest.mark.parametrize("error", [-1e-9, 1.5, math.nan, "often", None, True])
def test_an_error_of_a_query_is_a_probability(error: object) -> None:
    with pytest.raises(
        ValueError, match="query_error, the probability that a query fails, must be"
    ):
        attrs.evolve(memory_model("oracle"), query_error=error)
