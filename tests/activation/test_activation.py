"""The activation as a value, and what the registered functions state of themselves."""

import math

import attrs
import numpy as np
import pytest

from bloqs.activation import ACTIVATIONS, ERF, Activation
from bloqs.activation.certify import check_lipschitz
from bloqs.reference import FUNCTIONS, SLOPES

NAMES = sorted(SLOPES)  # the smooth ones
ODD = ["erf", "sigmoid2", "tanh"]


def test_the_built_in_functions_are_those_of_the_reference():
    assert set(NAMES) <= set(ACTIVATIONS)
    u = np.linspace(-3, 3, 41)
    for name in NAMES:
        function = ACTIVATIONS[name]
        np.testing.assert_array_equal(function(u), FUNCTIONS[name](u))
        assert function.slope == SLOPES[name]
        assert (function.lipschitz == function.slope) == function.is_odd == (name in ODD)
        np.testing.assert_array_equal(Activation(name, gain=0.7)(u), FUNCTIONS[name](0.7 * u))


@pytest.mark.parametrize("name", NAMES)
def test_slope_and_lipschitz_constant_are_those_of_the_values(name):
    f = Activation(name, gain=0.7)
    h = 1e-4
    assert (f(h) - f(-h)) / (2 * h) == pytest.approx(f.slope, rel=1e-7)
    u = np.linspace(-4, 4, 8001)
    steepest = np.max(np.abs(np.diff(f(u)))) / (u[1] - u[0])
    assert 0.99 * f.lipschitz <= steepest <= f.lipschitz * (1 + 1e-9)
    check_lipschitz(f, 4.0)


def test_lipschitz_constant_of_erf():
    assert Activation("erf", gain=0.8).lipschitz == pytest.approx(2 * 0.8 / math.sqrt(math.pi))


@pytest.mark.parametrize("name", ODD)
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
    assert Activation("erf") != Activation("tanh")
    assert Activation(ERF, gain=2) == Activation("erf", gain=2)
    assert repr(Activation("tanh", gain=2)) == "Activation(name='tanh', gain=2.0)"
    assert attrs.asdict(Activation("tanh", gain=2)) == {
        "name": "tanh",
        "gain": 2.0,
        "gap": None,
    }


@pytest.mark.parametrize("name", ["swish", "", None, 3])
def test_unknown_name_is_refused(name):
    with pytest.raises(ValueError, match=rf"unknown activation {name!r}.*'erf', .*'tanh'"):
        Activation(name)


@pytest.mark.parametrize("gain", [0.0, -1.0, math.nan, math.inf])
def test_gain_must_be_positive_and_finite(gain):
    with pytest.raises(ValueError, match=f"finite and positive, found {gain}"):
        Activation("erf", gain=gain)
