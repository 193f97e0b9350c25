"""What synthesis and the machine use of a budget is derived, and not what they were given."""

import math

import attrs
import pytest

from bloqs import estimate, load_example
from bloqs.core.budget import CATALYST, FAILURE, ROTATIONS, BudgetError
from bloqs.costs import ROTATION_MODELS, Conventions
from bloqs.costs.spent import spent_budget, synthesis_error


@pytest.fixture(scope="module")
def network():
    return load_example("digits-1").spec.cost_bloq()


@pytest.mark.parametrize("model", list(ROTATION_MODELS))
@pytest.mark.parametrize("rotations", [1, 936, 10**6])
def test_the_gates_of_every_model_reach_what_is_asked(model: str, rotations: int) -> None:
    conventions = Conventions(rotation_model=model, synthesis_epsilon=1e-4)
    used = synthesis_error(conventions, rotations)
    assert 0 < used <= 1e-4 * (1 + 1e-12)
    # With the error that they reach asked for, they are the same number of gates; with a little less, more.
    reached = attrs.evolve(conventions, synthesis_epsilon=used * (1 + 1e-8))
    finer = attrs.evolve(conventions, synthesis_epsilon=used * (1 - 1e-6))
    gates = conventions.gates_per_rotation(rotations)
    assert reached.gates_per_rotation(rotations) == gates != finer.gates_per_rotation(rotations)


def test_repeat_until_success_by_hand() -> None:
    """32 T reach `1.149 log2(1/e) = 32 - 9.2`."""
    conventions = Conventions(synthesis_epsilon=1e-3)
    assert conventions.t_per_rotation(936) == 32
    assert synthesis_error(conventions, 936) == pytest.approx(936 * 2 ** (-(32 - 9.2) / 1.149))


def test_used_parts_of_a_network(network) -> None:
    cost = estimate(network)
    footprint = cost.surface_code()
    budget = spent_budget(network, cost, footprint)
    alpha = float(network.alpha)
    assert budget.part(FAILURE).used == footprint.failure_probability * alpha**2
    assert budget.part(ROTATIONS).used == pytest.approx(
        alpha * synthesis_error(cost.conventions, cost.rotation_count)
    )
    # The phase gradient of 17 qubits takes 14 rotations, which share a 99th of the circuit's error.
    once = attrs.evolve(cost.conventions, synthesis_epsilon=cost.conventions.total_error / 99)
    assert network.facts.angle_bits == 17
    assert budget.part(CATALYST).used == pytest.approx(alpha * synthesis_error(once, 14))
    for name in (ROTATIONS, CATALYST, FAILURE):
        assert 0 < budget.part(name).used < budget.part(name).given
    leaves = [item.used for _, item in budget.rows() if not item.parts]
    assert budget.root.used == pytest.approx(math.fsum(leaves))
    assert budget.root.used < budget.epsilon


def test_the_catalyst_has_a_99th_of_the_error_of_the_circuit(network) -> None:
    """14 rotations of 38 T each reach all that they are given, where it is what 38 T just reach."""
    share = 14 * 2 ** (-(38 - 9.2) / 1.149) * (1 + 1e-9)
    cost = estimate(network, conventions=Conventions(synthesis_epsilon=99 * share))
    used = spent_budget(network, cost).part(CATALYST).used
    assert used == pytest.approx(float(network.alpha) * share, rel=1e-6)


def test_what_is_not_known_stays_open(network) -> None:
    budget = spent_budget(network, estimate(network))
    assert budget.part(FAILURE).used is None
    assert "at most all" in str(budget)


def test_exact_loading_has_no_catalyst() -> None:
    network = load_example("digits-1").spec.cost_bloq(loading="rotations")
    assert spent_budget(network, estimate(network)).part(CATALYST).used == 0


def test_conventions_by_hand_may_use_too_much(network) -> None:
    cost = estimate(network, conventions=Conventions(synthesis_epsilon=1e-2))
    with pytest.raises(BudgetError, match=r"uses .* of"):
        spent_budget(network, cost)
