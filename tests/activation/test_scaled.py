"""Functions on another scale: values, quotient, names, and a network with one."""

from __future__ import annotations

import numpy as np
import pytest

from bloqs.activation import ACTIVATIONS, Activation, ScaledFunction, scaled_function
from bloqs.networks import NetworkSpec
from bloqs.reference.activations import gelu


@pytest.mark.parametrize("name", ["erf", "tanh", "gelu", "silu"])
def test_values_and_quotient(name: str) -> None:
    f, inner = Activation(f"{name}*8", gain=0.5), ACTIVATIONS.find(name)
    u = np.linspace(-1, 1, 101)
    assert np.allclose(f(u), inner(8 * 0.5 * u) / 8)
    assert np.allclose(f.quotient(u) * u, f(u))
    assert f.slope == pytest.approx(0.5 * inner.slope)
    assert f.lipschitz == pytest.approx(0.5 * inner.lipschitz)
    assert f.is_odd == inner.is_odd


def test_a_sharp_gelu_is_near_relu() -> None:
    u = np.linspace(-1, 1, 2001)
    assert np.abs(Activation("gelu*50", gain=1.0)(u) - np.maximum(u, 0)).max() <= 0.17 / 50
    assert np.abs(gelu(u) - np.maximum(u, 0)).max() == pytest.approx(0.17, abs=1e-3)


def test_one_function_whatever_the_spelling() -> None:
    assert Activation("gelu*16", gain=1.0) == Activation("gelu*16.0", gain=1.0)
    assert isinstance(ACTIVATIONS.find("gelu*16.0"), ScaledFunction)


@pytest.mark.parametrize(
    "name", ["gelu*", "gelu*0", "gelu*nan", "gelu*1e9", "nothing*2", "*2", "gelu*2*x"]
)
def test_bad_names(name: str) -> None:
    with pytest.raises(ValueError, match="activation"):
        scaled_function(name)


def test_a_network_with_one_is_encoded_and_stored(tmp_path) -> None:
    kernel = np.zeros((1, 1, 1, 1))
    kernel[0, 0] = 0.9
    images = np.array([[[0.6, -0.2], [0.1, 0.5]], [[0.5, 0.3], [0.2, -0.4]]])
    spec = NetworkSpec(
        input_shape=(1, 2, 2),
        kernels=[kernel],
        activation=Activation("gelu*6", gain=1.0),
        num_groups=2,
    ).calibrate(images)
    network = spec.to_bloq(images[0], epsilon=1e-2)
    error = np.linalg.norm(network.block() * float(network.alpha) - network.target())
    assert error <= network.epsilon <= 1e-2
    spec.save(tmp_path / "net.npz")
    assert NetworkSpec.load(tmp_path / "net.npz") == spec
