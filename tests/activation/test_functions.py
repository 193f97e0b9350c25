"""GELU, SiLU, ReLU and functions of a user's: what they state, and what is refused and why."""

import numpy as np
import pytest

from bloqs.activation import ACTIVATIONS, Activation, SmoothFunction
from bloqs.activation.certify import check_lipschitz


@pytest.mark.parametrize("name", ["gelu", "silu"])
def test_the_even_part_of_the_quotient_is_half_the_gain(name: str) -> None:
    f, u = Activation(name, gain=1.7), np.linspace(-3, 3, 61)
    np.testing.assert_allclose((f.quotient(u) + f.quotient(-u)) / 2, 0.85, rtol=1e-12)
    np.testing.assert_allclose(f.quotient(u) * u, f(u), atol=1e-14)
    check_lipschitz(f, 3.0)


def test_relu_without_a_gap_is_refused_with_what_is_nearest() -> None:
    with pytest.raises(ValueError, match=r"not smooth at 0.*gelu.*gap=0.05"):
        Activation("relu", gain=1.0)
    with pytest.raises(ValueError, match="gelu is smooth and has no gap"):
        Activation("gelu", gap=0.1)
    with pytest.raises(ValueError, match=r"gap must lie in \(0, 1\)"):
        Activation("relu", gap=1.5)
    assert Activation("relu", gain=2.0, gap=0.1)([-1.0, 0.5]).tolist() == [0.0, 1.0]


def test_a_bare_function_is_refused_with_what_it_lacks() -> None:
    with pytest.raises(ValueError, match=r"needs bounds.*SmoothFunction\(name="):
        Activation(np.sin)  # type: ignore[arg-type]


def smooth(name: str, **changes) -> SmoothFunction:
    given = {"function": np.sin, "slope": 1.0, "lipschitz": 1.0, "second_derivative": 1.0}
    return SmoothFunction(name=name, **{**given, **changes})


def test_a_users_function_is_known_by_its_name_once_it_was_used() -> None:
    f = smooth("sine")
    assert Activation(f, gain=0.5)([1.0]).tolist() == [np.sin(0.5)]
    assert Activation("sine", gain=0.5) == Activation(f, gain=0.5)
    assert ACTIVATIONS["sine"] is f
    with pytest.raises(ValueError, match="another activation of the name 'sine'"):
        Activation(smooth("sine", function=np.tanh))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slope": 0.0}, "slope of a SmoothFunction must be positive"),
        ({"lipschitz": float("inf")}, "lipschitz of a SmoothFunction must be positive and finite"),
        ({"second_derivative": "much"}, "second_derivative"),
        ({"function": 3.0}, "must be callable, got 3.0"),
        (
            {"function": lambda v: np.sin(v) + 0.1},
            r"must vanish at 0, .*f\(0\) = 0.1; give f - f\(0\)",
        ),
        ({"function": lambda v: np.sin(v) / v}, r"f\(0\) = nan"),
        ({"function": lambda v: np.sin(v)[:-1]}, "one of the same shape"),
    ],
)
def test_bounds_that_are_none_are_refused(changes, message) -> None:
    with pytest.raises(ValueError, match=message):
        smooth("refused", **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lipschitz": 0.9}, "its slope reaches 1.0"),
        ({"second_derivative": 0.5}, "second difference"),
    ],
)
def test_bounds_that_are_wrong_are_refused(changes, message) -> None:
    with pytest.raises(ValueError, match=message):
        check_lipschitz(Activation(smooth(f"wrong {changes}", **changes), gain=1.0), 1.0)
