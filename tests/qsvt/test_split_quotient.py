"""Polynomials for quotients that are not even: what is certified, against dense samples."""

from functools import partial
from typing import Any

import attrs
import numpy as np
import pytest

from bloqs.activation import Activation, SmoothFunction
from bloqs.qsvt import activation_quotient
from bloqs.qsvt.bands import BandProblem
from bloqs.qsvt.grids import grid_deviation, steepest
from bloqs.qsvt.minimax import solve_band
from bloqs.qsvt.split_quotient import split_quotient

SOFTPLUS = SmoothFunction(
    name="softplus and a square",
    function=lambda v: np.logaddexp(0, v) - np.log(2) + 0.1 * v * v,
    slope=0.5,
    lipschitz=1.3,
    second_derivative=0.46,
)
RUNGE = SmoothFunction(  # odd; its third derivative jumps at 0
    name="v/(1 + |v|^3)",
    function=lambda v: v / (1 + np.abs(v) ** 3),
    slope=1.0,
    lipschitz=1.0,
    second_derivative=2.6,
    odd=True,
)
ACTIVATIONS = {
    "gelu": Activation("gelu", gain=1.0),
    "silu": Activation("silu", gain=2.0),
    "smooth": Activation(SOFTPLUS, gain=1.5),
    "odd": Activation(RUNGE, gain=0.7),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize(("kappa", "largest"), [(1.0, 1.0), (2.5, 0.3), (6.0, 0.5)])
def test_error_and_bound_hold_between_the_points(name: str, kappa: float, largest: float) -> None:
    f = ACTIVATIONS[name]
    for degree in (0, 2, 4) if f.is_odd else (0, 1, 3, 7):
        found = activation_quotient(f, kappa, min(1.0, largest / kappa), degree=degree)
        assert found.polynomial.degree == degree
        x = np.linspace(-found.y_max, found.y_max, 4001)
        error = np.max(np.abs(found.polynomial(x) - kappa * f.quotient(kappa * x) / found.gamma))
        assert error <= found.delta <= 1.05 * error + 2e-6
        everywhere = np.abs(found.polynomial(np.linspace(-1, 1, 4001)))
        assert np.max(everywhere) <= found.polynomial.bound <= 1 + 1e-12


@pytest.mark.parametrize("name", ["gelu", "silu", "odd"])
def test_the_start_does_not_move_the_polynomial(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a similar problem, or alone."""
    f = ACTIVATIONS[name]
    sizes = [(f, kappa, 0.5 / kappa / f.gain, 0.0) for kappa in (1.03, 3.99)]
    degrees = (2, 4) if f.is_odd else (1, 3)
    make = split_quotient.__wrapped__
    found = [make(*one, d, None, 0.999) for one in sizes for d in degrees]
    starts: list[bool] = []

    def alone(problem: BandProblem, degree: int) -> Any:
        starts.append(problem.similar is not None)
        return solve_band(attrs.evolve(problem, similar=None), degree)

    monkeypatch.setattr("bloqs.qsvt.split_quotient.solve_band", alone)
    again = [make(*one, d, None, 0.999) for one in sizes for d in degrees]
    assert starts
    assert all(starts)
    for one, other in zip(found, again, strict=True):
        assert one.gamma == pytest.approx(other.gamma, rel=1e-5)
        assert one.delta == pytest.approx(other.delta, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("name", ["gelu", "silu"])
def test_degree_grows_with_the_logarithm_of_the_error(name: str) -> None:
    make = partial(activation_quotient, ACTIVATIONS[name], 2.0, 0.25)
    degrees = [make(delta=delta).polynomial.degree for delta in (1e-2, 1e-4, 1e-6, 1e-8)]
    assert degrees == sorted(degrees)
    assert degrees[-1] <= 11
    assert make(delta=1e-6).delta <= 1e-6 < make(degree=degrees[2] - 2).delta


def test_outside_a_gap_relu_is_as_near_as_asked() -> None:
    f = Activation("relu", gain=1.0, gap=0.1)
    found = activation_quotient(f, 1.5, 0.4, delta=1e-2, y_min=0.1 / 1.5)
    x = np.linspace(0.1 / 1.5, 0.4, 2001)
    for side in (x, -x):
        error = np.abs(found.polynomial(side) - 1.5 * f.quotient(1.5 * side) / found.gamma)
        assert np.max(error) <= found.delta <= 1e-2
    assert np.max(np.abs(found.polynomial(np.linspace(-1, 1, 4001)))) <= 1
    with pytest.raises(ValueError, match="jumps needs y_min"):
        activation_quotient(f, 1.5, 0.4, delta=1e-2)


def function(**changes):
    given = {"function": np.tanh, "slope": 1.0, "lipschitz": 1.0, "second_derivative": 0.8}
    return Activation(SmoothFunction(name=str(changes), **{**given, **changes}), gain=1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slope": 0.9}, "tends to 1 at u = 0"),
        ({"function": lambda v: np.tanh(v) - 2 * v, "lipschitz": 2.0}, "tends to -1 at u = 0"),
        ({"function": lambda v: v * v / (v * v - 0.01)}, "tends to|not finite"),
        ({"reach": 0.1}, "known up to 0.1"),
        ({"odd": True, "function": lambda v: np.tanh(v) + 0.1 * v * v}, "leave out odd"),
    ],
)
def test_a_function_that_breaks_its_word_is_refused(changes, message) -> None:
    with pytest.raises(ValueError, match=message):
        activation_quotient(function(**changes), 2.0, 0.5, degree=2 if "odd" in changes else 1)


def test_a_grid_certifies_by_the_slope_alone() -> None:
    line = np.array([0.0, 1.0])
    spike = 1e-3  # a bump of slope 1 between the points of a coarse grid

    def target(x):
        return np.maximum(0, spike - np.abs(x - 0.3))

    zero = np.array([0.0])
    assert spike <= grid_deviation(zero, target, 1.0, -1.0, 1.0) <= 1.1 * spike
    assert grid_deviation(line, np.sin, 1.0, 0.0, 0.5) >= 0.5 - np.sin(0.5)
    slope, second = steepest(np.sin, 1.0, -1.0, 1.0)
    assert 1 <= slope <= 1.0002
    assert 0.83 <= second <= np.sin(1.0)
