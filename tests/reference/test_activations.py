"""The reference's own activations, against the standard library."""

import math

import numpy as np
import pytest

from bloqs.reference import FUNCTIONS, SLOPES, activate, apply_activation

NAMES = sorted(SLOPES)  # the smooth ones


def test_values_against_the_standard_library():
    u = np.array([[-2.0, -0.3, 0.0], [1e-9, 0.7, 5.0]])
    expected = {
        "erf": math.erf,
        "tanh": math.tanh,
        "sigmoid2": lambda v: 2.0 / (1.0 + math.exp(-v)) - 1.0,
        "gelu": lambda v: v * math.erfc(-v / math.sqrt(2.0)) / 2,
        "silu": lambda v: v / (1.0 + math.exp(-v)),
        "relu": lambda v: max(v, 0.0),
    }
    assert set(expected) == set(FUNCTIONS)
    for name, function in expected.items():
        y = apply_activation(name, 0.8, u)
        assert y.dtype == np.float64
        assert y.shape == u.shape
        np.testing.assert_allclose(y, np.vectorize(function)(0.8 * u), rtol=1e-9, atol=1e-16)


@pytest.mark.parametrize("name", NAMES)
def test_slope_is_the_derivative_at_zero(name):
    h = 1e-4
    rise = apply_activation(name, 1.0, h) - apply_activation(name, 1.0, -h)
    assert rise / (2 * h) == pytest.approx(SLOPES[name], rel=1e-7)


def test_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"unknown activation 'swish'.* erf, .*tanh"):
        apply_activation("swish", 1.0, 0.0)


class Stranger:
    """An activation that answers 7 to everything."""

    gain = 2.0

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, u):
        return np.full(np.shape(u), 7.0)


def test_only_an_unknown_function_is_asked_for_its_own_values():
    u = np.array([0.0, 0.5])
    np.testing.assert_array_equal(activate(Stranger("arctan"), u), [7, 7])
    np.testing.assert_allclose(activate(Stranger("tanh"), u), np.tanh([0.0, 1.0]))
