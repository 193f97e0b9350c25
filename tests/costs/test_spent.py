"""What synthesis and the machine use of a budget is derived, and not what they were given."""

import math

import attrs
import numpy as np
import pytest

from bloqs import estimate, load_example
from bloqs.core.budget import (
    CATALYST,
    FAILURE,
    ROTATIONS,
    SYNTHESIS,
    BudgetError,
)
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


CHANNELS = ["fallback", "mixed-diagonal", "mixed-fallback", "beverland"]


def test_which_models_are_channels() -> None:
    assert [name for name, model in ROTATION_MODELS.items() if model.is_channel] == CHANNELS
    with pytest.raises(ValueError, match="a channel has no error in operator norm"):
        attrs.evolve(ROTATION_MODELS["ross-selinger"], is_channel=True)


@pytest.mark.parametrize("loading", ["rotations", "select-swap"])
def test_channels_are_budgeted_like_failures(loading: str) -> None:
    """A share S allows unitaries S/alpha, and channels diamond distances that add to 2 S/alpha^2."""
    network = load_example("digits-1").spec.cost_bloq(loading=loading, output="heralded")
    alpha = float(network.alpha)
    conventions = Conventions(rotation_model="mixed-fallback")
    cost = estimate(network, conventions=conventions)
    share = network.error_budget.part(ROTATIONS).given
    assert cost.conventions.total_error == pytest.approx(2 * share / alpha**2)
    assert network.synthesis_epsilon == pytest.approx(share / alpha)
    assert estimate(network.decompose_bloq(), conventions=conventions).t_count == cost.t_count
    assert "a channel: one error a call" in cost.assumptions["rotation synthesis error"]
    budget = spent_budget(network, cost)
    used = alpha**2 / 2 * synthesis_error(cost.conventions, cost.rotation_count)
    assert budget.part(ROTATIONS).used == pytest.approx(used)
    assert 0.5 * share < used < share
    assert budget.part(SYNTHESIS).rule.startswith("per call, of channels")
    plain = spent_budget(network, estimate(network))
    assert plain.part(SYNTHESIS).rule == "per call: alpha times the sum over all rotations"


def test_errors_of_channels_add_and_are_kept_by_their_rule() -> None:
    """R_z becomes an even mixture of two others, a dephasing of q = sin^2(delta/2): diamond distance 2 q."""
    rng, worst = np.random.default_rng(15), 0.0
    for _ in range(200):
        count, delta = int(rng.integers(2, 12)), rng.uniform(0.05, 0.3)
        exact = mixed = np.diag([1.0, 0, 0, 0]).astype(complex)
        flip, q = np.kron(np.eye(2), np.diag([1, -1])), math.sin(delta / 2) ** 2
        for _ in range(count):
            matrix = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
            unitary = np.linalg.qr(matrix)[0]
            exact, mixed = (unitary @ rho @ unitary.conj().T for rho in (exact, mixed))
            mixed = (1 - q) * mixed + q * flip @ mixed @ flip
        found = []
        for rho in (exact, mixed):
            kept = np.real(np.diag(rho))[:2]  # the ancilla is found zero
            found.append(kept / kept.sum())
        alpha_squared = 1 / np.real(np.diag(exact))[:2].sum()
        moved = np.abs(found[0] - found[1]).max()
        stated = alpha_squared / 2 * count * 2 * q
        assert moved <= stated * (1 + 1e-9)
        worst = max(worst, moved / stated)
    assert worst > 0.3  # a bound that is not far off
