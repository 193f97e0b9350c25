"""Best polynomials: they touch their limits in turn one time more than they have coefficients."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest
from scipy.special import erf

from bloqs.qsvt import minimax
from bloqs.qsvt.bands import BandProblem, Reference
from bloqs.qsvt.linear_programme import ProgrammeError
from bloqs.qsvt.minimax import solve_band

SLOPE = 2 / math.sqrt(math.pi)


def quotient(x: np.ndarray) -> np.ndarray:
    """`erf(4 x)/x`, even and largest at 0."""
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 4 * SLOPE, erf(4 * safe) / safe)


PROBLEMS = {
    "quotient": BandProblem(quotient, 0.0, 0.5, 4 * SLOPE, 1.0),
    "quotient on all": BandProblem(quotient, 0.0, 1.0, 4 * SLOPE, 1.0),
    "amplification": BandProblem(np.ones_like, 0.2, 0.9, 1.0, 1.0),
    "capped": BandProblem(np.ones_like, 0.1, 0.9, 1.02, 0.0),
    "to the end": BandProblem(np.ones_like, 0.05, 1.0, 1.0, 1.0),
}


def touched(problem: BandProblem, chebyshev: np.ndarray, t: float) -> int:
    """How often the polynomial goes from one limit to the other, on a grid finer than its extrema."""
    lo, hi = problem.lo, problem.hi
    inside = lo + (hi - lo) * (1 - np.cos(np.linspace(0, math.pi, 40_001))) / 2
    everywhere = np.cos(np.linspace(0, math.pi / 2, 60_001))
    outside = everywhere[(everywhere < lo) | (everywhere > hi)]
    rows = []
    p = np.polynomial.chebyshev.chebval
    room = 1e-5 * problem.ceiling
    gap = p(inside, chebyshev) - problem.target(inside)
    assert np.max(np.abs(gap)) <= t + room
    rows += [
        (x, math.copysign(1, g)) for x, g in zip(inside, gap, strict=True) if abs(g) >= t - 2 * room
    ]
    if hi < 1 or lo > 0:
        limit = problem.ceiling + problem.slack * t
        values = p(outside, chebyshev)
        assert np.max(np.abs(values)) <= limit + room
        rows += [
            (x, math.copysign(1, v))
            for x, v in zip(outside, values, strict=True)
            if abs(v) >= limit - 2 * room
        ]
    signs = [sign for _, sign in sorted(rows)]
    return 1 + int(np.count_nonzero(np.diff(signs)))


@pytest.mark.parametrize(
    ("kind", "degree"),
    [
        *(("quotient", d) for d in (0, 2, 6, 10)),
        *(("quotient on all", d) for d in (2, 8, 14)),
        *(("amplification", d) for d in (1, 3, 9, 21)),
        *(("capped", d) for d in (5, 11, 41, 59)),
        *(("to the end", d) for d in (3, 21, 61, 101)),
    ],
)
def test_limits_are_touched_in_turn(kind: str, degree: int) -> None:
    problem = PROBLEMS[kind]
    chebyshev, t = solve_band(problem, degree)
    assert len(chebyshev) == degree + 1
    assert not np.any(chebyshev[1 - degree % 2 :: 2])
    assert t > 2e-5 * problem.ceiling  # so that touching can be seen
    coefficients = degree // 2 + 1
    assert touched(problem, chebyshev, t) >= coefficients + 1


def test_an_even_constant_is_the_middle() -> None:
    """Degree 0 of a function that falls from a to b: (a + b)/2, off by (a - b)/2."""
    top, bottom = 4 * SLOPE, float(quotient(np.array([0.5]))[0])
    chebyshev, t = solve_band(PROBLEMS["quotient"], 0)
    assert chebyshev[0] == pytest.approx((top + bottom) / 2, rel=1e-6)
    assert t == pytest.approx((top - bottom) / 2, rel=1e-6)


def steep(x: np.ndarray) -> np.ndarray:
    """`erf(30 x)/x`, which takes many terms."""
    safe = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 30 * SLOPE, erf(30 * safe) / safe)


MANY_TERMS = {
    "steep": (BandProblem(steep, 0.0, 1.0, 30 * SLOPE, 1.0), (34, 40, 80, 120)),
    "steep half": (BandProblem(steep, 0.0, 0.5, 30 * SLOPE, 1.0), (34, 60, 80)),
    "capped": (PROBLEMS["capped"], (41, 59, 81)),
    "amplification": (BandProblem(np.ones_like, 0.05, 0.9, 1.0, 1.0), (35, 61, 101)),
    "to the end": (BandProblem(np.ones_like, 0.02, 1.0, 1.0, 1.0), (101, 201)),
}


@pytest.mark.parametrize(
    ("kind", "degree"), [(kind, d) for kind, (_, degrees) in MANY_TERMS.items() for d in degrees]
)
def test_many_terms_take_one_small_programme(
    kind: str, degree: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 16 terms at most; the rest is exchange, from the points of the polynomial with half as many.

    Up to the end of the interval the first points are known, and no programme is needed.
    """
    problem, _ = MANY_TERMS[kind]
    terms: list[int] = []
    solve = minimax.solve_programme

    def counted(
        problem: BandProblem, indices: np.ndarray, samples: list[tuple[np.ndarray, bool]]
    ) -> tuple[np.ndarray, float, Reference]:
        terms.append(len(indices))
        return solve(problem, indices, samples)

    monkeypatch.setattr(minimax, "solve_programme", counted)
    chebyshev, t = solve_band(problem, degree)
    assert len(terms) == (0 if kind == "to the end" else 1)
    assert max(terms, default=0) <= 16
    assert touched(problem, chebyshev, t) >= degree // 2 + 2


def refusing(monkeypatch: pytest.MonkeyPatch, least: int) -> None:
    """No linear programme of so many terms or more finds anything."""
    solve = minimax._by_programme

    def by_programme(problem: BandProblem, indices: np.ndarray) -> minimax._Solution:
        if len(indices) >= least:
            raise ProgrammeError("given up")
        return solve(problem, indices)

    monkeypatch.setattr(minimax, "_by_programme", by_programme)


def test_a_programme_that_gives_up_leaves_out_the_highest_terms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = PROBLEMS["quotient on all"]
    fewer, t = solve_band(problem, 4)
    refusing(monkeypatch, 4)
    found, reached = solve_band(problem, 8)
    np.testing.assert_allclose(found, [*fewer, 0, 0, 0, 0], atol=1e-9)
    assert reached == t
    refusing(monkeypatch, 1)
    with pytest.raises(ProgrammeError, match="given up"):
        solve_band(problem, 8)


def test_superfluous_terms_are_zero() -> None:
    """A band on which a constant is exact to rounding takes no more than the first term or two."""
    problem = BandProblem(lambda x: 0.5 + 1e-13 * x**2, 0.0, 0.5, 1.0, 1.0)
    found, t = solve_band(problem, 12)
    assert t <= 1e-9
    assert np.count_nonzero(found) <= 2
    assert found[0] == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize(
    ("problem", "degree"),
    [
        (BandProblem(np.ones_like, 0.0098, 0.0142, 1.0, 1.0), 151),
        (BandProblem(np.ones_like, 0.0098, 0.0142, 1.02, 0.0), 231),
        (BandProblem(lambda x: quotient(20 * x), 0.0, 0.02, 4 * SLOPE, 1.0), 90),
    ],
)
def test_a_band_near_zero_from_a_wider_one(
    problem: BandProblem, degree: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best polynomial is unique, so that another start ends at the same."""
    quick, t = solve_band(problem, degree)
    monkeypatch.setattr(minimax, "_from_wider", lambda *_: None)
    slow, same = solve_band(problem, degree)
    assert t == pytest.approx(same, rel=1e-5)
    x = np.linspace(problem.lo, problem.hi, 200)
    values = [np.polynomial.chebyshev.chebval(x, c) for c in (quick, slow)]
    np.testing.assert_allclose(*values, atol=1e-3 * t)


@pytest.mark.parametrize("kind", ["amplification", "capped", "quotient"])
@pytest.mark.parametrize("terms", [2, 4, 7, 12])
def test_the_start_from_a_similar_problem_ends_at_the_same_polynomial(
    kind: str, terms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    similar = PROBLEMS[kind]
    degree = 2 * terms - 1 - (kind == "quotient")
    minimax._reference.cache_clear()
    programmes = []

    def counted(*arguments: object) -> object:
        programmes.append(arguments)
        return solve_programme(*arguments)  # type: ignore[arg-type]

    solve_programme = minimax.solve_programme
    for factor in (0.94, 0.99, 1.03):
        alone = attrs.evolve(similar, lo=similar.lo * factor**2, hi=similar.hi * factor)
        expected, t = solve_band(alone, degree)
        monkeypatch.setattr(minimax, "solve_programme", counted)
        found, error = solve_band(attrs.evolve(alone, similar=similar), degree)
        monkeypatch.undo()
        assert error == pytest.approx(t, rel=2e-6, abs=1e-11)
        np.testing.assert_allclose(found, expected, atol=2e-6 * np.max(np.abs(expected)))
    assert len(programmes) <= 1, "one linear programme for all that are like it"
