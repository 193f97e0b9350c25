"""Sample points, extrema and limits of a band, against what calculus says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bloqs.qsvt.bands import (
    Arc,
    BandProblem,
    Grid,
    arcs_of,
    basis_values,
    find_extrema,
    limits_at,
    parity_sum,
)


def problem(lo: float, hi: float, *, ceiling: float = 0.9, slack: float = 1.0) -> BandProblem:
    return BandProblem(lambda x: 0.5 + 0.1 * x, lo, hi, ceiling, slack)


@pytest.mark.parametrize(("lo", "hi"), [(0.0, 0.5), (0.2, 0.6), (0.2, 1.0), (0.3, 0.3), (0.0, 1.0)])
def test_arcs_cover_the_interval_from_left_to_right(lo: float, hi: float) -> None:
    arcs = arcs_of(problem(lo, hi), 20, 30)
    points = np.concatenate([arc.at(arc.angles) for arc in arcs])
    assert np.all(np.diff(points) >= -1e-15)
    assert points[0] == pytest.approx(0, abs=1e-15)
    assert points[-1] == pytest.approx(1)
    assert [arc.in_band for arc in arcs] == [False] * (lo > 0) + [True] + [False] * (hi < 1)
    band = next(arc for arc in arcs if arc.in_band)
    inside = band.at(band.angles)
    assert inside[0] == pytest.approx(lo, abs=1e-15)
    assert inside[-1] == pytest.approx(hi)
    assert len(inside) == (1 if lo == hi else 20)
    for arc in arcs:
        if not arc.in_band:
            part = abs(arc.angles[0] - arc.angles[-1]) / (math.pi / 2)
            assert len(arc.angles) == 3 + math.ceil(30 * part)


def test_peaks_of_a_cosine_are_its_maxima() -> None:
    """cos(5 angle + 0.3) is largest where 5 angle + 0.3 is a multiple of 2 pi, and at both ends."""
    angles = np.linspace(0.0, math.pi, 81)
    arc = Arc(0.5, 0.5, angles, True)
    found = np.sort(arc.peaks(np.cos(5 * angles + 0.3)))
    inner = [(2 * math.pi * k - 0.3) / 5 for k in (1, 2)]
    wanted = np.sort(0.5 + 0.5 * np.cos([0.0, *inner, math.pi]))
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    # At an end where the values fall there is none.
    assert len(arc.peaks(np.cos(5 * angles - 0.3))) == 3


def test_a_plateau_has_one_peak() -> None:
    arc = Arc(0.5, 0.5, np.linspace(0.0, math.pi, 5), True)
    assert len(arc.peaks(np.array([0.0, 1.0, 1.0, 0.5, 0.0]))) == 1
    assert len(arc.peaks(np.array([0.0, 0.5, 1.0, 0.5, 0.0]))) == 1
    assert Arc(0.3, 0.0, np.zeros(1), True).peaks(np.array([1.0])).tolist() == [0.3]


def test_basis_and_limits() -> None:
    x = np.array([0.0, 0.5, 1.0])
    np.testing.assert_allclose(
        basis_values(x, np.array([0, 2, 3])), [[1, -1, 0], [1, -0.5, -1], [1, 1, 1]], atol=1e-15
    )
    upper, lower = limits_at(problem(0.2, 0.6), x, True)
    np.testing.assert_allclose([upper, lower], [[0.5, 0.55, 0.6]] * 2)
    upper, lower = limits_at(problem(0.2, 0.6), x, False)
    np.testing.assert_allclose([upper, lower], [[0.9] * 3, [-0.9] * 3])


def test_violations_by_hand() -> None:
    """p = x, target 0.5 + 0.1 x on [0.2, 0.6], ceiling 0.9 elsewhere, t = 0.1 that counts half outside."""
    indices = np.array([1])
    given = problem(0.2, 0.6, slack=0.5)
    rows = find_extrema(given, indices, Grid.build(given, indices), np.array([1.0]), 0.1)
    worst = {
        (in_band, sign): max(
            (row.violation, row.place) for row in rows if (row.in_band, row.sign) == (in_band, sign)
        )
        for in_band in (True, False)
        for sign in (1.0, -1.0)
    }
    # In the band x - 0.5 - 0.1 x is 0.04 at its right end, -0.32 at its left one.
    assert worst[True, 1.0] == pytest.approx((0.04 - 0.1, 0.6))
    assert worst[True, -1.0] == pytest.approx((0.32 - 0.1, 0.2))
    # Outside, x - 0.9 at 1 and -0.9 - x at 0.
    assert worst[False, 1.0] == pytest.approx((0.1 - 0.05, 1.0))
    assert worst[False, -1.0] == pytest.approx((-0.9 - 0.05, 0.0), abs=1e-12)


@pytest.mark.parametrize("parity", [0, 1])
@pytest.mark.parametrize("terms", [1, 2, 7, 500])
def test_a_grid_without_a_table_has_the_same_values(parity: int, terms: int) -> None:
    indices = np.arange(parity, parity + 2 * terms, 2)
    rng = np.random.default_rng(terms)
    coefficients = rng.normal(size=terms) / terms
    grid = Grid.build(problem(0.2, 0.6), indices)
    assert (grid.bases is None) == (terms > 400)
    for arc, values in zip(grid.arcs, grid.values(coefficients), strict=True):
        x = arc.at(arc.angles)
        np.testing.assert_allclose(values, basis_values(x, indices) @ coefficients, atol=1e-12)
        np.testing.assert_allclose(parity_sum(x, coefficients, parity), values, atol=1e-12)
