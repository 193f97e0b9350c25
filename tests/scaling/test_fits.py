"""Fits: known laws are found, bad ones are told by their quality."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloqs.scaling import fit_polynomial, fit_power_law


@given(st.integers(-48, 48), st.floats(-20, 20))
def test_a_power_law_is_found(sixteenths: int, intercept: float) -> None:
    exponent = sixteenths / 16
    x = np.arange(10.0, 41.0, 2.0)
    fit = fit_power_law(x, 2.0 ** (intercept + exponent * x))
    assert fit.exponent == pytest.approx(exponent, abs=1e-9)
    assert fit.intercept == pytest.approx(intercept, abs=1e-7)
    assert fit.last == pytest.approx(exponent, abs=1e-9)
    assert fit.r_squared == pytest.approx(1.0, abs=1e-6)
    assert (fit.low, fit.high, fit.count) == (10, 40, 16)


def test_slope_error_and_quality_are_those_of_the_textbook() -> None:
    rng = np.random.default_rng(3)
    x = np.arange(20.0)
    z = 0.5 * x + rng.normal(size=20)
    fit = fit_power_law(x, 2.0**z)
    design = np.stack([np.ones(20), x], axis=1)
    beta, residual, *_ = np.linalg.lstsq(design, z, rcond=None)
    variance = residual[0] / 18 * np.linalg.inv(design.T @ design)
    assert fit.exponent == pytest.approx(beta[1])
    assert fit.error == pytest.approx(np.sqrt(variance[1, 1]))
    assert fit.r_squared == pytest.approx(np.corrcoef(x, z)[0, 1] ** 2)


def test_a_bend_shows_in_the_last_slope() -> None:
    """A fixed cost flattens the small end: the last slope is nearer to the exponent than the fit."""
    x = np.arange(10.0, 41.0, 2.0)
    fit = fit_power_law(x, 2.0**12 + 2.0 ** (x / 2))
    assert fit.exponent < 0.45 < fit.last <= 0.5
    assert fit.r_squared < 0.99


def test_polynomial_coefficients_and_quality() -> None:
    n = np.arange(10.0, 41.0, 2.0)
    fit = fit_polynomial(n, 5 + 3 * n + 0.25 * n**2, 2)
    assert fit.coefficients == pytest.approx((5, 3, 0.25))
    assert fit.r_squared == pytest.approx(1.0)
    assert fit.worst < 1e-12
    exponential = fit_polynomial(n, 2.0**n, 2)
    assert exponential.r_squared < 0.9
    assert exponential.worst > 1


def test_a_constant_is_a_perfect_fit() -> None:
    assert fit_power_law([1, 2, 3], [7, 7, 7]).r_squared == 1.0
    assert fit_power_law([1, 2, 3], [7, 7, 7]).exponent == 0.0


@pytest.mark.parametrize("y", [[1, 2], [1, 2, 0], [1, 2, -3], [1, 2, float("nan")]])
def test_power_law_refuses(y: list[float]) -> None:
    with pytest.raises(ValueError, match=r"(fit|power law) needs"):
        fit_power_law(range(len(y)), y)


def test_polynomial_refuses_as_many_points_as_coefficients() -> None:
    """It would pass through them all, with R^2 = 1 whatever they are."""
    with pytest.raises(ValueError, match="at least 4"):
        fit_polynomial([1, 2, 3], [1, 5, 2], 2)
