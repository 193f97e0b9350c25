"""The error budget of random networks: parts add to epsilon at most, what is measured stays within."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qualtran.serialization.bloq import bloqs_from_proto, bloqs_to_proto

import bloqs.catalogue  # noqa: F401  # lets the serialiser find our classes
from bloqs.core.budget import DEFAULT_SPLIT, ErrorSplit
from bloqs.costs import estimate
from bloqs.networks import NetworkSpec, load_example
from bloqs.networks.network import ResidualNetwork
from bloqs.reference import forward_vectors
from bloqs.simulation import encoded_vector
from bloqs.testing import random_network
from tests.golden.regenerate import stored


def network_of(
    seed: int, shape: tuple[int, int], size: int, num_blocks: int, has_output: bool
) -> tuple[NetworkSpec, np.ndarray]:
    """A network with random weights, calibrated on the image that comes with it."""
    made = random_network(
        seed,
        (shape[0], shape[1], shape[1]),
        num_blocks=num_blocks,
        kernel_size=size,
        output_layer=has_output,
        num_groups=1,
        kernel_norms=(0.95, 0.95),
        output_norms=(0.95, 0.95),
        skip_weights=(0.6, 0.6),
    )
    return made.spec.calibrate(made.images, margin=0.1), made.image


SHAPES = [(1, 2), (2, 1), (2, 2), (4, 1), (4, 2), (1, 4), (2, 4)]


NETWORKS = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "shape": st.sampled_from(SHAPES),
        "size": st.sampled_from([1, 3]),
        "num_blocks": st.integers(1, 3),
        "has_output": st.booleans(),
    }
)
OPTIONS = st.fixed_dictionaries(
    {
        "epsilon": st.floats(-4, -1).map(lambda exponent: 10.0**exponent),
        "output": st.sampled_from(["coherent", "heralded"]),
        "loading": st.sampled_from(["rotations", "qrom", "select-swap"]),
        "split": st.sampled_from([DEFAULT_SPLIT, ErrorSplit.even()]),
    }
)


def check_budget(made: dict[str, Any], options: dict[str, Any]) -> None:
    spec, image = network_of(**made)
    network = spec.to_bloq(image, **options)
    assert isinstance(network, ResidualNetwork)
    budget, epsilon = network.error_budget, options["epsilon"]
    assert budget is not None
    leaves = [item for _, item in budget.rows() if not item.parts]
    assert sum(item.given for item in leaves) <= epsilon * (1 + 1e-9)
    assert sum(item.at_most for item in leaves) <= epsilon * (1 + 1e-9)
    # What synthesis and the machine use is known when they are costed and placed, and not before.
    unknown = [
        "rotations of the circuit",
        "phase-gradient state",
        "magic-state and logical failure",
    ]
    assert [item.name for item in leaves if item.used is None] == unknown
    assert budget.part("polynomials").used <= options["split"].polynomial * epsilon
    if options["output"] == "coherent":
        # An amplification that does not amplify would be cheap, and leave the price to be paid in runs.
        assert 1 / float(network.alpha) > 0.97
    vector = budget.part("polynomials").used + budget.part("data precision").used
    assert vector == pytest.approx(float(network.epsilon))
    # Few qubits and gates: every gate enters; else the blocks of the parts.
    is_tiny = options["loading"] == "rotations" and spec.length <= 2 and made["num_blocks"] == 1
    found = encoded_vector(network, level="gate" if is_tiny else "semantic")
    exact = forward_vectors(spec, spec.check_image(image)).output
    assert np.linalg.norm(found - np.ravel(exact)) <= vector + 1e-9


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=NETWORKS, options=OPTIONS)
def test_parts_add_to_epsilon_at_most(made: dict[str, Any], options: dict[str, Any]) -> None:
    check_budget(made, options)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=NETWORKS, options=OPTIONS)
def test_parts_of_200_networks_add_to_epsilon_at_most(
    made: dict[str, Any], options: dict[str, Any]
) -> None:
    check_budget(made, options)


def test_heralded_networks_at_gate_level() -> None:
    for seed in range(5):
        spec, image = network_of(seed, (2, 1), 1, 1, True)
        network = spec.to_bloq(image, output="heralded")
        found = encoded_vector(network)
        assert np.linalg.norm(found - network.target()) <= float(network.epsilon) <= 1e-2
        np.testing.assert_allclose(found, encoded_vector(network, "semantic"), atol=1e-9)


def test_heralding_is_cheaper_a_sample() -> None:
    from bloqs.costs import estimate
    from bloqs.networks import load_example

    spec = load_example("digits-1").spec
    coherent, heralded = (spec.cost_bloq(output=output) for output in ("coherent", "heralded"))
    per_sample = [estimate(bloq).t_count * float(bloq.alpha) ** 2 for bloq in (coherent, heralded)]
    assert per_sample[1] < per_sample[0] / 1.5
    golden = stored("digits-1")["regime 1, select-swap, heralded, by shape"]
    expected = golden["t_count"] / golden["success_probability"]
    assert per_sample[1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("epsilon", [0.01, 0.32, 0.35])
def test_coherent_outputs_are_amplified(epsilon: float) -> None:
    """With bounds so narrow that a degree of 1 would have no error."""
    spec, image = network_of(3, (2, 1), 1, 2, True)
    narrow = spec.calibrate([image], margin=0.003)
    assert 1 / float(narrow.cost_bloq(epsilon=epsilon).alpha) == pytest.approx(0.98, rel=2e-3)


def test_unknown_output_is_refused() -> None:
    spec, image = network_of(0, (2, 1), 1, 1, True)
    with pytest.raises(
        ValueError, match="unknown output 'measured'; choose one of 'coherent', 'heralded'"
    ):
        spec.to_bloq(image, output="measured")


def test_budget_survives_serialisation() -> None:
    spec, image = network_of(0, (2, 1), 1, 1, True)
    network = spec.to_bloq(image)
    (stored, *_) = bloqs_from_proto(bloqs_to_proto(network))
    assert stored == network
    assert stored.facts == network.facts
    assert attrs.evolve(network).facts is network.facts


def test_a_decomposition_keeps_the_budget() -> None:
    network = load_example("digits-1").spec.cost_bloq(epsilon=1e-2)
    whole = estimate(network)
    circuit = network.decompose_bloq()
    pieces = circuit.flatten_once().flatten_once()  # no part knows the network
    assert not any(isinstance(part, ResidualNetwork) for part in pieces.bloq_counts())
    for part in (circuit, circuit.adjoint(), network.adjoint().decompose_bloq(), pieces):
        report = estimate(part)
        assert report.t_count == whole.t_count == 1_225_500
        assert report.failure_probability == whole.failure_probability
        assert report.conventions == whole.conventions
        assert report.logical_qubits == whole.logical_qubits
