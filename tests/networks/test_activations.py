"""Networks with GELU, SiLU, a user's function and ReLU outside a gap, at gate level within their epsilon."""

from typing import Any

import numpy as np
import pytest

from bloqs import NetworkSpec, encoded_vector, estimate
from bloqs.activation import Activation, SmoothFunction
from bloqs.reference import forward_vectors
from bloqs.testing import assert_formula_is_decomposition

LEAKY = SmoothFunction(
    name="softplus plus a square",
    function=lambda v: np.logaddexp(0, v) - np.log(2) + 0.1 * v * v,
    slope=0.5,
    lipschitz=1.3,
    second_derivative=0.46,
)
CASES = {
    "gelu": Activation("gelu", gain=1.0),
    "silu": Activation("silu", gain=1.6),
    "smooth": Activation(LEAKY, gain=0.9),
    "relu": Activation("relu", gain=1.0, gap=0.12),
}
EPSILON = 1e-3


def example(name: str, seed: int) -> tuple[NetworkSpec, Any]:
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(2, 2, 1, 1))
    images = rng.normal(size=(3, 2, 1, 1))
    if name == "relu":  # arguments that lie well outside the gap
        kernel = np.diag(rng.uniform(0.6, 1, size=2) * rng.choice([-1, 1], size=2))[..., None, None]
        images = rng.uniform(0.5, 1, size=(3, 2, 1, 1)) * rng.choice([-1, 1], size=(3, 2, 1, 1))
    kernel = kernel / np.linalg.norm(kernel[..., 0, 0], 2)
    spec = NetworkSpec(
        input_shape=(2, 1, 1), kernels=[kernel], activation=CASES[name], num_groups=2
    )
    return spec.calibrate(images), images[0]


SEEDS = [
    pytest.param(name, seed, marks=[] if seed == 0 and name != "relu" else [pytest.mark.slow])
    for name in CASES
    for seed in range(10)
]


@pytest.mark.parametrize(("name", "seed"), SEEDS)
def test_gate_level_is_within_the_stated_error(name: str, seed: int) -> None:
    spec, image = example(name, seed)
    network = spec.to_bloq(image, epsilon=EPSILON, loading="rotations")
    exact = forward_vectors(spec, image).output
    assert np.linalg.norm(encoded_vector(network, level="gate") - exact) <= network.epsilon
    assert network.epsilon <= EPSILON


@pytest.mark.parametrize("name", ["gelu", "smooth"])
@pytest.mark.parametrize(
    "loading",
    [
        "select-swap",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("rotations", "qrom", "qram")),
    ],
)
def test_costs_by_data_are_no_larger_than_by_shape(name: str, loading: str) -> None:
    spec, image = example(name, 0)
    by_data = spec.to_bloq(image, epsilon=1e-2, loading=loading)
    by_shape = spec.cost_bloq(epsilon=1e-2, loading=loading)
    if loading != "rotations":
        assert_formula_is_decomposition(by_data)
    assert 0 < estimate(by_data).t_count <= estimate(by_shape).t_count


def test_a_network_with_a_gap_is_stored_and_an_argument_inside_is_refused(tmp_path) -> None:
    spec, image = example("relu", 0)
    spec.save(tmp_path / "relu.npz")
    again = NetworkSpec.load(tmp_path / "relu.npz")
    assert again == spec
    assert again.activation.gap == 0.12
    image = image.copy()
    image[0] = 0.1
    bounds = [(0.1, 2.0)]
    with pytest.raises(ValueError, match=r"an argument of relu in block 1 is .* inside the gap"):
        spec.to_bloq(image, norm_bounds=bounds)


@pytest.mark.slow
def test_an_argument_of_zero_is_outside_the_gap() -> None:
    spec, image = example("relu", 3)
    image = image.copy()
    image[1] = 0
    network = spec.to_bloq(image, epsilon=EPSILON, norm_bounds=[(0.9, 2.1)], loading="rotations")
    exact = forward_vectors(spec, image).output
    assert np.linalg.norm(encoded_vector(network, level="gate") - exact) <= network.epsilon
