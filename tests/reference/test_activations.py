import math

import numpy as np
import pytest

from bloqs.activation.activation import Activation
from bloqs.reference import FUNCTIONS, SLOPES, apply_activation

NAMES = sorted(FUNCTIONS)


def test_values_against_the_standard_library():
    u = np.array([[-2.0, -0.3, 0.0], [1e-9, 0.7, 5.0]])
    expected = {
        "erf": math.erf,
        "tanh": math.tanh,
        "sigmoid2": lambda v: 2.0 / (1.0 + math.exp(-v)) - 1.0,
    }
    assert sorted(expected) == NAMES
    for name, function in expected.items():
        y = apply_activation(name, 0.8, u)
        assert y.dtype == np.float64
        assert y.shape == u.shape
        np.testing.assert_allclose(y, np.vectorize(function)(0.8 * u), rtol=1e-9, atol=1e-16)


@pytest.mark.parametrize("name", NAMES)
def test_slope_is_the_derivative_at_zero(name):
    h = 1e-4
    assert apply_activation(name, 1.0, h) / h == pytest.approx(SLOPES[name], rel=1e-7)
    assert Activation(name, gain=0.7).slope == pytest.approx(0.7 * SLOPES[name])


def test_lipschitz_constant_of_erf():
    assert Activation("erf", gain=0.8).lipschitz == pytest.approx(2 * 0.8 / math.sqrt(math.pi))


@pytest.mark.parametrize("name", NAMES)
def test_quotient_is_even_safe_at_zero_and_largest_there(name):
    f = Activation(name, gain=0.8)
    u = np.concatenate([[0.0, 1e-300, 1e-12, 1e-9, 1.3e-9], np.geomspace(1e-8, 20, 60)])
    q = f.quotient(u)
    np.testing.assert_array_equal(q, f.quotient(-u))
    assert q[0] == f.slope
    assert np.all(q > 0)
    assert np.all(q <= f.slope * (1 + 1e-15))
    # No step where the continuation takes over, and f(u) = u * quotient(u) everywhere.
    np.testing.assert_allclose(q[:5], f.slope, rtol=1e-12)
    np.testing.assert_allclose(u * q, f(u), rtol=1e-12)


def test_gain_scales_the_argument():
    assert Activation("tanh", gain=2.0)(0.25) == pytest.approx(math.tanh(0.5))


def test_activation_is_a_value():
    assert Activation("erf", gain=0.8) == Activation()
    assert hash(Activation("erf", gain=0.8)) == hash(Activation())
    assert Activation("erf", gain=1) != Activation("erf", gain=2)


def test_unknown_name_is_refused():
    for call in (Activation, lambda name: apply_activation(name, 1.0, 0.0)):
        with pytest.raises(ValueError, match=r"unknown activation 'relu'.*'erf', .*'tanh'"):
            call("relu")


@pytest.mark.parametrize("gain", [0.0, -1.0, math.nan, math.inf])
def test_gain_must_be_positive_and_finite(gain):
    with pytest.raises(ValueError, match=f"finite and positive, found {gain}"):
        Activation("erf", gain=gain)
