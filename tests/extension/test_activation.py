"""An activation from outside the package: one class, one registration, then everything works with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import pytest

from bloqs.activation import ACTIVATIONS, Activation, ActivationFunction, OddFunction
from bloqs.convolution import Conv2DBlockEncoding
from bloqs.costs import estimate
from bloqs.layers import ResidualBlock
from bloqs.loading import LoadedVector
from bloqs.networks import NetworkSpec
from bloqs.reference import forward, forward_vectors
from bloqs.simulation import encoded_vector


@attrs.frozen(kw_only=True)
class Arctan(OddFunction):
    name: str = "arctan"
    formula: str = "arctan(u)"
    slope: float = 1.0
    lipschitz: float = 1.0

    def __call__(self, u):
        return np.arctan(u)


ACTIVATIONS.register(Arctan())

KERNELS = (
    np.array([[[[0.3]], [[-0.8]]], [[[0.6]], [[0.2]]]]),
    np.array([[[[0.7]], [[0.6]]], [[[0.1]], [[0.2]]]]),
)
IMAGE = np.array([[[0.6]], [[-0.8]]])
EPSILON = 1e-3


def arctan_forward(blocks: int) -> np.ndarray:
    """The network below by hand, with the standard library's arctan."""
    x = IMAGE.ravel()
    for kernel in KERNELS[:blocks]:
        y = kernel[:, :, 0, 0] @ x
        x = x + np.array([math.atan(0.9 * u) for u in y])
        x /= np.linalg.norm(x)
    return x


def network(blocks: int) -> NetworkSpec:
    return NetworkSpec(
        input_shape=(2, 1, 1),
        kernels=KERNELS[:blocks],
        activation=Activation("arctan", gain=0.9),
        num_groups=2,
    )


def test_it_has_values_and_bounds() -> None:
    f = Activation("arctan", gain=0.9)
    assert (f.name, f.gain, f.slope, f.lipschitz) == ("arctan", 0.9, 0.9, 0.9)
    assert f(0.5) == pytest.approx(math.atan(0.45))
    np.testing.assert_allclose(f.quotient([0.0, 0.5]), [0.9, math.atan(0.45) / 0.5])
    assert f == Activation(Arctan(), gain=0.9)
    assert hash(f) == hash(Activation("arctan", gain=0.9))


def test_stated_against_measured_error_of_residual_blocks() -> None:
    """At gate level within the stated error, and over the sweep no worse than ten times too large."""
    worst = 0.0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=2)
        x /= np.linalg.norm(x)
        weights = rng.normal(size=(2, 2))
        weights /= np.linalg.norm(weights, 2)
        convolution = Conv2DBlockEncoding(weights[:, :, None, None], 1)
        block = ResidualBlock(LoadedVector(x), convolution, activation="arctan", gain=0.9, degree=6)
        expected = x + np.array([math.atan(0.9 * u) for u in weights @ x])
        expected /= np.linalg.norm(expected)
        gates = encoded_vector(block)
        error = np.linalg.norm(gates - expected)
        assert error <= block.epsilon <= EPSILON
        np.testing.assert_allclose(gates, encoded_vector(block, level="semantic"), atol=1e-9)
        worst = max(worst, error / block.epsilon)
    assert worst >= 0.1


@pytest.mark.slow
@pytest.mark.parametrize("blocks", [1, 2])
def test_a_network_within_its_epsilon_at_both_levels(blocks: int) -> None:
    bloq = network(blocks).to_bloq(IMAGE, epsilon=EPSILON, norm_bounds="worst-case")
    expected = arctan_forward(blocks)
    assert bloq.epsilon <= EPSILON
    for level in ("gate", "semantic"):
        assert np.linalg.norm(encoded_vector(bloq, level=level) - expected) <= bloq.epsilon
    # The same network with tanh would not pass.
    tanh = attrs.evolve(network(blocks), activation=Activation("tanh", gain=0.9))
    assert np.linalg.norm(forward_vectors(tanh, IMAGE).output - expected) > 2 * EPSILON


@pytest.mark.parametrize("blocks", [1, 2])
def test_the_reference_takes_its_values(blocks: int) -> None:
    expected = arctan_forward(blocks)
    np.testing.assert_allclose(forward_vectors(network(blocks), IMAGE).output, expected)
    np.testing.assert_allclose(forward(network(blocks), IMAGE), expected**2)


@pytest.mark.parametrize(
    ("loading", "blocks"),
    [
        ("qrom", 1),
        pytest.param("qrom", 2, marks=pytest.mark.slow),
        pytest.param("select-swap", 2, marks=pytest.mark.slow),
    ],
)
def test_costs_by_data_and_by_shape(loading: str, blocks: int) -> None:
    options = {"epsilon": EPSILON, "norm_bounds": "worst-case", "loading": loading}
    data = estimate(network(blocks).to_bloq(IMAGE, **options))
    shape = estimate(network(blocks).cost_bloq(**options))
    assert 0 < data.t_count <= shape.t_count
    assert data.assumptions["activation"] == "arctan, gain 0.9"


def test_a_saved_network_is_read_again(tmp_path: Path) -> None:
    network(2).save(tmp_path / "network.npz")
    again = NetworkSpec.load(tmp_path / "network.npz")
    assert again.activation == Activation("arctan", gain=0.9)
    assert again == network(2)


# ------------------------------------------------------------- functions that are not what they say


def odd(name: str, function: Callable[[np.ndarray], np.ndarray], slope: float, lipschitz: float):
    """An odd function with what it states of itself."""

    class Function(OddFunction):
        def __call__(self, u):
            return function(u)

    stated = {"slope": slope, "lipschitz": lipschitz}
    return ACTIVATIONS.register(Function(name=name, formula=name, **stated))


def block_with(function: ActivationFunction) -> ResidualBlock:
    """A block whose activation has arguments up to 1."""
    convolution = Conv2DBlockEncoding(np.eye(2)[:, :, None, None], 1)
    options = {"activation": function.name, "gain": 1.0, "degree": 4}
    return ResidualBlock(LoadedVector([0.6, -0.8]), convolution, **options)


BROKEN = {
    "growing slope": ((np.sinh, 1.0, math.cosh(1)), "largest at u = 0, found 1 at 0 and 1.1752"),
    "wrong slope": (
        (np.arctan, 1.01, 1.01),
        r"states f'\(0\) = 1.01, but f\(u\)/u tends to 1 at u = 0",
    ),
    "steeper": (
        (lambda u: u * (1 - np.sin(8 * u) ** 2 / 2), 1.0, 1.0),
        "states the Lipschitz constant 1, but its slope reaches",
    ),
    "nearly enough": (
        (np.arctan, 1.0, 0.999),
        r"states the Lipschitz constant 0.999.* reaches 1.00",
    ),
    "not odd": ((lambda u: np.exp(-u) * np.tanh(u), 1.0, 2.0), "must be even, but at u and -u it"),
    "not at zero": ((lambda u: np.tanh(u) + 0.1, 1.0, 1.0), "largest at u = 0"),
    "a corner": ((lambda u: np.minimum(np.abs(u), 0.5) * np.sign(u), 1.0, 1.0), "not smooth"),
    "not finite": ((lambda u: np.where(u > 0.5, np.nan, u), 1.0, 1.0), "not smooth|not finite"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_function_that_breaks_its_word_is_refused(kind: str) -> None:
    (function, slope, lipschitz), message = BROKEN[kind]
    block = block_with(odd(kind, function, slope, lipschitz))
    with pytest.raises(ValueError, match=message):
        assert block.epsilon


def test_a_function_that_says_it_is_not_odd_gets_a_polynomial_for_each_parity() -> None:
    class Swish(ActivationFunction):
        def __call__(self, u):
            return u / (1 + np.exp(-u))

        def quotient(self, u, gain):
            return gain / (1 + np.exp(-gain * u))

        @property
        def is_odd(self):
            return False

    swish = Swish(name="u times logistic", formula="u/(1 + exp(-u))", slope=0.5, lipschitz=1.1)
    name = ACTIVATIONS.register(swish).name
    convolution = Conv2DBlockEncoding(np.eye(2)[:, :, None, None], 1)
    block = ResidualBlock(
        LoadedVector([0.6, -0.8]), convolution, activation=name, gain=1.0, degree=3
    )
    error = np.linalg.norm(encoded_vector(block, level="gate") - block.target())
    assert error <= block.epsilon < 1e-2


def test_two_functions_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="another activation of the name 'tanh'"):
        odd("tanh", np.arctan, 1.0, 1.0)
    with pytest.raises(TypeError, match="must be an instance of ActivationFunction"):
        ACTIVATIONS.register(np.tanh)  # type: ignore[type-var]
