"""Certificates: never below the true figure, and above it by no more than they say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bloqs.qsvt.certificates import (
    certified_deviation,
    certified_maximum,
    interpolate,
    least_degree,
    resolve,
)


@pytest.mark.parametrize("degree", [1, 2, 7, 39, 79, 100, 255, 1001])
def test_maximum_of_a_chebyshev_polynomial_is_1(degree: int) -> None:
    assert 1 <= certified_maximum(np.eye(degree + 1)[degree]) <= 1 + 2e-5


def test_maximum_between_the_sample_points() -> None:
    """(1 - x^2)(x - a)^2 scaled has its maximum where no cosine of the grid lies; found by calculus."""
    for a in (0.1, 0.37, 0.9):
        p = np.polynomial.Polynomial([1, 0, -1]) * np.polynomial.Polynomial([-a, 1]) ** 2
        roots = np.append(p.deriv().roots().real, [-1.0, 1.0])
        exact = max(abs(p(x)) for x in roots if -1 <= x <= 1)
        found = certified_maximum(np.polynomial.chebyshev.poly2cheb(p.coef))
        assert exact <= found <= exact * (1 + 2e-5)


def test_constants() -> None:
    assert certified_maximum(np.array([-0.3])) == 0.3
    assert certified_deviation(np.array([0.3]), None, 0.2, 0.2) == pytest.approx(0.3)
    found = certified_deviation(np.array([0.0, 1.0]), lambda x: 0 * x + 0.5, 0.2, 0.2)
    assert found == pytest.approx(0.3, abs=1e-14)


def test_interpolation_is_exact_for_polynomials_of_the_interval() -> None:
    """x^2 on [1, 5], x = 3 + 2 u: 9 + 12 u + 4 u^2 = 11 + 12 T1 + 2 T2."""
    found = interpolate(lambda x: x**2, 1.0, 5.0, 6)
    np.testing.assert_allclose(found, [11, 12, 2, 0, 0, 0], atol=1e-13)


def test_resolution_doubles_until_the_tail_is_small() -> None:
    """1/(1 + 25 x^2): coefficients fall by (1 + sqrt(26))/5 = 1.22 each."""

    def runge(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + 25 * x**2)

    for tolerance in (1e-3, 1e-6, 1e-12):
        found = resolve(runge, -1.0, 1.0, tolerance)
        size = len(found)
        assert size & (size - 1) == 0
        assert np.max(np.abs(found[-(size // 4) :])) <= tolerance
        before = interpolate(runge, -1.0, 1.0, size // 2)
        assert size == 32 or np.max(np.abs(before[-(size // 8) :])) > tolerance
    assert len(resolve(np.tanh, 0.0, 1.0, 1e-15, size=100)) == 100
    assert len(resolve(np.tanh, 0.0, 1.0, 1e-15, size=3)) == 32
    with pytest.raises(ValueError, match=r"not smooth on \[-1, 1\]: 16384 nodes"):
        resolve(np.abs, -1.0, 1.0, 1e-9)


@pytest.mark.parametrize(("lo", "hi"), [(0.0, 1.0), (0.2, 0.7), (-1.0, 1.0)])
def test_deviation_by_calculus(lo: float, hi: float) -> None:
    """0.8 x from sin x: the difference is steepest at its inner extremum, cos x = 0.8, or at an end."""
    inner = [math.acos(0.8), -math.acos(0.8)]
    places = [lo, hi, *(x for x in inner if lo <= x <= hi)]
    exact = max(abs(0.8 * x - math.sin(x)) for x in places)
    found = certified_deviation(np.array([0.0, 0.8]), np.sin, lo, hi)
    assert exact <= found <= exact * (1 + 2e-5) + 1e-14
    none = certified_deviation(np.array([0.0, 0.8]), None, lo, hi)
    assert 0.8 * max(abs(lo), hi) <= none <= 0.8 * max(abs(lo), hi) * (1 + 2e-5) + 1e-14


@pytest.mark.parametrize("steepness", [1.0, 5.0, 30.0, 80.0])
@pytest.mark.parametrize("error", [1e-1, 1e-3, 1e-6])
def test_no_polynomial_of_a_lower_degree_is_as_near(steepness: float, error: float) -> None:
    """cos(s x): a Chebyshev interpolant within the error has at least the degree, and at most thrice it."""

    def function(x: np.ndarray) -> np.ndarray:
        return np.asarray(np.cos(steepness * x))

    least = least_degree(function, -1.0, 1.0, error)
    near = next(
        degree
        for degree in range(0, 400, 2)
        if certified_deviation(interpolate(function, -1.0, 1.0, degree + 1), function, -1.0, 1.0)
        <= error
    )
    assert least <= near <= 3 * least + 6


def test_what_is_within_the_error_of_a_constant_needs_no_degree() -> None:
    assert least_degree(lambda x: 2 + 0 * x, 0.0, 1.0, 1e-6) == 0
    assert least_degree(np.sin, -1.0, 1.0, 1.0) == 0
