"""Layers that need no amplification: stated against measured away from the reference amplitude, and costs."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from bloqs import NetworkSpec, encoded_vector, estimate, load_example
from bloqs.core.chain import chain
from bloqs.networks.errors import NormBoundsError
from bloqs.networks.random_network import random_network
from bloqs.reference import forward_vectors
from bloqs.reference.network import last_peak
from tests.networks.random_bounds import check, main


def off_centre(seed: int, **options: Any) -> tuple[NetworkSpec, Any]:
    """Two blocks at N = 2 whose norms lie near the lower ends of their bounds."""
    made = random_network(seed, (2, 1, 1), num_blocks=2, kernel_size=1, **options)
    vectors = forward_vectors(made.spec, made.image)
    norms = [*np.ravel(vectors.block_norms), float(vectors.output_norm)]
    pairs = [(0.995 * n, 1.06 * n) for n in norms[: len(made.spec.all_layers)]]
    arguments = [float(1.05 * b) for b in np.ravel(vectors.argument_norms)]
    return attrs.evolve(made.spec, norm_bounds=pairs, argument_bounds=arguments), made.image


UNAMPLIFIED = [(False, 0), (False, 3), (False, 4), (False, 5)] + [(True, seed) for seed in range(5)]
"""Whether there is an output block, and a seed of a network whose first block is not amplified."""


@pytest.mark.parametrize(
    ("has_output", "seed"),
    [pytest.param(*c, marks=[pytest.mark.slow] if c[1] else []) for c in UNAMPLIFIED],
)
def test_gate_level_away_from_the_reference(seed: int, has_output: bool) -> None:
    spec, image = off_centre(seed, output_layer=has_output)
    bloq = spec.to_bloq(image, epsilon=0.1, output="heralded", loading="rotations")
    assert bloq.facts.amplification_degrees[0] == 1
    first = chain(bloq)[1].whole
    r = float(np.linalg.norm(first.block()) / first.reference_amplitude)
    assert abs(r - 1) > 0.01
    gates = encoded_vector(bloq, level="gate")
    assert np.linalg.norm(gates - bloq.target()) <= bloq.epsilon <= 0.1
    np.testing.assert_allclose(gates, encoded_vector(bloq, level="semantic"), atol=1e-9)


@pytest.mark.slow
def test_random_networks_keep_their_bounds() -> None:
    found = [check(seed) for seed in range(6)]
    assert all(one.is_kept for one in found)
    assert max(one.worst_layer for one in found) > 0.3


@pytest.mark.slow
def test_command_goes_on_where_it_stopped(tmp_path: Any, capsys: Any) -> None:
    out = tmp_path / "found.jsonl"
    assert main(["--count", "20", "--out", str(out)]) == 0
    first = out.read_text().splitlines()
    assert main(["--count", "40", "--out", str(out)]) == 0
    assert out.read_text().splitlines()[:20] == first
    assert "40 networks" in capsys.readouterr().out


def blocks(count: int, **options: Any) -> NetworkSpec:
    return NetworkSpec.from_shapes(
        input_shape=(4, 8, 8),
        num_blocks=count,
        conv_alpha=1.3,
        norm_bounds=[(1.27, 1.30)] * count,
        amplitude_bounds=[0.2] * count,
        output_layer=False,
        **options,
    )


LARGE = {
    "input_shape": (2, 28, 28),
    "num_blocks": 2,
    "conv_alpha": 1.3,
    "skip_weight": 0.0,
    "norm_bounds": [(1.05, 1.35), (1.05, 1.35), (0.026, 0.1)],
    "amplitude_bounds": [0.3, 0.3],
}
ACCURATE = {
    "input_shape": (4, 8, 8),
    "num_blocks": 2,
    "conv_alpha": [1.49, 2.10],
    "skip_weight": 0.02,
    "norm_bounds": [(0.333, 0.636), (0.836, 1.045), (0.0076, 0.0381)],
    "amplitude_bounds": [0.286, 0.24],
}


def per_sample(spec: NetworkSpec, **options: Any) -> float:
    report = estimate(spec.cost_bloq(epsilon=1e-2, output="heralded", **options))
    assert report.t_per_sample is not None
    return float(report.t_per_sample)


@pytest.mark.parametrize(("count", "bar"), [(1, 1e4), (2, 2.3e4), (3, 1.5e5), (4, 1.3e6)])
def test_blocks_without_an_output_layer(count: int, bar: float) -> None:
    assert per_sample(blocks(count)) <= bar


@pytest.mark.slow
def test_real_bands() -> None:
    assert per_sample(NetworkSpec.from_shapes(**LARGE)) <= 2.6e8
    calibrated = NetworkSpec.from_shapes(**LARGE, argument_bounds=[0.6, 0.6], peak_bound=0.25)
    assert per_sample(calibrated) <= 1e8


@pytest.mark.slow
def test_trained_for_accuracy_alone() -> None:
    network = NetworkSpec.from_shapes(**ACCURATE).cost_bloq(epsilon=1e-2, output="heralded")
    report = estimate(network)
    assert report.t_per_sample <= 1.7e10
    dear = {name: words for name, words in report.assumptions.items() if name.startswith("why")}
    assert set(dear) == {f"why {name} is so dear" for name in network.layer_names}
    assert "norms in a narrower band than a factor 1.91" in dear["why block 1 is so dear"]


def test_linear_blocks_are_told() -> None:
    report = estimate(blocks(1).cost_bloq(epsilon=1e-2))
    assert "at this epsilon degree 0 suffices" in report.assumptions["block 1 is linear"]
    assert "block 1 is linear" not in estimate(blocks(1).cost_bloq(epsilon=1e-3)).assumptions


def test_query_overhead_is_calls_over_the_least() -> None:
    network = load_example("digits-2").spec.cost_bloq(epsilon=1e-2, output="heralded")
    report = estimate(network)
    degree = np.prod(
        [layer.degree + 1 for layer in network.facts.layers if layer.degree is not None]
    )
    expected = report.input_calls / report.success_probability
    output = network.facts.layers[-1]
    tau, beta = output.notes["skip weight tau"], output.notes["column norm bound beta"]["value"]
    unit = output.norms[0] / (tau + (1 - tau) * beta)
    least = 2 * degree * 1.38 / np.arcsin(unit)
    assert report.query_overhead == pytest.approx(expected / least, rel=1e-6)
    assert 4 <= report.query_overhead <= 6


def test_costs_do_not_fall_with_epsilon() -> None:
    spec = load_example("digits-1").spec
    costs = [
        estimate(spec.cost_bloq(epsilon=epsilon, output="heralded")).t_per_sample
        for epsilon in (0.1, 0.05, 0.03, 0.02, 0.01, 0.006, 0.003, 0.001)
    ]
    assert costs == sorted(costs)


def test_sharper_bounds_cost_less_and_are_checked() -> None:
    example = load_example("digits-2")
    spec = example.spec
    plain = attrs.evolve(spec, argument_bounds=None, peak_bound=None)
    assert per_sample(spec) < 0.7 * per_sample(plain)
    vectors = forward_vectors(spec, example.images[0])
    assert np.all(np.ravel(vectors.argument_norms) <= spec.argument_bounds)
    assert last_peak(vectors) <= spec.peak_bound
    for low, what in (
        ({"argument_bounds": (0.1, 0.6)}, "the arguments of block 1"),
        ({"peak_bound": 0.01}, "the peak before the output"),
    ):
        with pytest.raises(NormBoundsError, match=what):
            attrs.evolve(spec, **low).to_bloq(example.images[0])


def test_bounds_are_stored(tmp_path: Any) -> None:
    spec = blocks(1, argument_bounds=[0.5])
    assert spec != blocks(1)
    spec.save(tmp_path / "network.npz")
    again = NetworkSpec.load(tmp_path / "network.npz")
    assert again == spec
    assert (again.argument_bounds, again.peak_bound) == ((0.5,), None)
    with pytest.raises(ValueError, match="argument_bounds must hold one bound for each of the 1"):
        blocks(1, argument_bounds=[0.5, 0.5])
    with pytest.raises(ValueError, match="peak_bound must be finite and positive, found 0"):
        blocks(1, peak_bound=0.0)


def test_blocks_may_be_forbidden_to_be_linear() -> None:
    """Degree 0 does at this epsilon, and is not taken; the other choices are the cheapest that are left."""
    costs = {}
    for least in (0, 1, 3):
        network = blocks(2).cost_bloq(output="heralded", min_degree=least)
        costs[least] = estimate(network).t_per_sample
        assert network.facts.activation_degrees == {0: [0, 0], 1: [2, 2], 3: [4, 4]}[least]
        assert ("least degree of an activation" in network.assumptions) is bool(least)
    assert costs[0] < costs[1] < costs[3]
    gelu = random_network(0, (2, 2, 2), activation="gelu")
    spec = gelu.spec.calibrate([gelu.image])
    found = spec.to_bloq(gelu.image, epsilon=0.3, min_degree=2, loading="rotations")
    assert found.facts.activation_degrees == [3]
    assert np.linalg.norm(found.block() * found.alpha - found.target()) <= found.epsilon


@pytest.mark.parametrize("value", [-1, 1.5, True, "2", 10**9, None])
def test_least_degrees_are_checked(value: Any) -> None:
    with pytest.raises(ValueError, match="min_degree"):
        blocks(1).cost_bloq(min_degree=value)
