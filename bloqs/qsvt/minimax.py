"""Bounded minimax approximation by polynomials of definite parity.

The best polynomial of a degree is the one whose distances to an upper and a lower limit alternate:
on n + 1 points (n free coefficients) it touches the upper limit, the lower one, the upper one, ...
A linear programme on a coarse grid finds which limits are touched roughly where, and an exchange
after Remez moves the points to where the limits are touched exactly, to machine precision.

Nothing here is a certificate; those are in `bloqs.qsvt.certificates`.
"""

import functools

import attrs
import numpy as np
from numpy.typing import NDArray

from bloqs.qsvt.bands import (
    BandProblem,
    Extremum,
    FloatArray,
    Grid,
    Reference,
    arcs_of,
    basis_values,
    find_extrema,
)
from bloqs.qsvt.linear_programme import ProgrammeError, solve_programme

_EXCHANGES = 25  # three or four are usual
_HOPELESS = 1e4  # an iterate this far past the ceiling does not come back
_CONVERGED = 1e-6  # relative to the limit: far below what a certificate adds
_ROUNDING = 1e-12
_ENOUGH = 1e-9
_DIRECT_TERMS = 16  # up to here the linear programme takes about a hundredth of a second
_PROGRAMME_TERMS = 64  # beyond it a linear programme with t near rounding can take minutes
_REPEATS = 10
_BAND_SHIFTS = (0, 1, -1, 2, -2)
_NEAR_ZERO, _MANY_TERMS = 0.1, 32
"""A band that ends below the first is solved for more terms than the second from one twice as wide."""


def solve_band(problem: BandProblem, degree: int) -> tuple[FloatArray, float]:
    """Best polynomial of a degree and its parity, and the error t it reaches.

    Args:
        problem: limits inside and outside the band.
        degree: its parity is the polynomial's.

    Returns:
        float64 Chebyshev coefficients of shape (degree + 1,), and t. Limits are kept to a part in
        10^6 when the exchange converges; when t is at rounding level (below 1e-9 of the ceiling) or
        the optimum is not unique, to what the linear programme gives on its grid, and highest
        coefficients may be zero.

    Raises:
        ProgrammeError: the linear programme failed.

    Example:
        >>> problem = BandProblem(np.ones_like, 0.6, 0.8, ceiling=1.0, slack=1.0)
        >>> for degree in (3, 5, 7):
        ...     print(degree, round(solve_band(problem, degree)[1], 6))
        3 0.015393
        5 0.00682
        7 0.000229
    """
    found = _best(problem, np.arange(degree % 2, degree + 1, 2))
    chebyshev = np.zeros(degree + 1)
    chebyshev[degree % 2 :: 2] = found.coefficients
    return chebyshev, found.t


def _alternating(problem: BandProblem, count: int) -> Reference:
    """Extrema of a Chebyshev polynomial in x^2 on the band, the first on the lower limit.

    (An odd polynomial near 1 on [lo, hi] is x times a polynomial in x^2.)
    """
    middle, radius = (problem.hi**2 + problem.lo**2) / 2, (problem.hi**2 - problem.lo**2) / 2
    squares = middle + radius * np.cos(np.linspace(np.pi, 0.0, count))
    signs = np.where(np.arange(count) % 2 == 0, -1.0, 1.0)
    return Reference(np.sqrt(squares), signs, np.ones(count, dtype=np.bool_))


@attrs.frozen
class _Solution:
    """Coefficients of the parity's Chebyshev polynomials, t, and the reference reached, if any."""

    coefficients: FloatArray
    t: float
    reference: Reference | None


def _best(problem: BandProblem, indices: NDArray[np.int64]) -> _Solution:
    """The best polynomial; of many terms, from the points of one with half as many."""
    size = len(indices)
    if problem.hi == 1.0 and 0.0 < problem.lo < 1.0 and indices[0] == 1:
        # Left of the band an odd p rises monotonically and feels no bound: plain Remez.
        found = _exchange(problem, indices, _alternating(problem, size + 1))
        if found is not None:
            return found
    if size <= _DIRECT_TERMS:
        return _fewest_terms(problem, indices)
    if problem.hi <= _NEAR_ZERO and size > _MANY_TERMS:
        found = _from_wider(problem, indices)
        if found is not None:
            return found
    base = _best(problem, indices[: (size + 1) // 2])
    terms = size
    enough = _ENOUGH * problem.ceiling
    while (
        base.reference is not None
        and base.t > enough
        and terms - len(base.coefficients) > size // 32
    ):
        found = _exchange_denser(problem, indices[:terms], base.reference)
        if found is None:
            terms = (len(base.coefficients) + terms) // 2
        elif terms == size:
            return found
        else:
            base, terms = found, size
    nearly = 4 * len(base.coefficients) >= 3 * size or base.t <= 100 * enough
    if base.t <= 10 * enough or (size > _PROGRAMME_TERMS and nearly):
        return _padded(base, size)
    try:
        found = _by_programme(problem, indices)
    except ProgrammeError:
        return _padded(base, size)
    return found if found.reference is not None or base.t > 100 * enough else _padded(base, size)


def _from_wider(problem: BandProblem, indices: NDArray[np.int64]) -> _Solution | None:
    """From the points of half as many terms on a band twice as wide in angle; None where that fails.

    A polynomial of degree n with |p| <= 1 that looks like `g(n phi)` near 0, `x = sin phi`, has the same
    number of points in the band for every n, and outside it they are about `pi/n` apart.
    """
    half = len(indices) // 2

    def narrowed(x: FloatArray) -> FloatArray:
        return np.asarray(np.sin(np.arcsin(x) * half / len(indices)))

    def widened(x: float) -> float:
        return float(np.sin(np.arcsin(x) * len(indices) / half))

    wide = BandProblem(
        lambda x: problem.target(narrowed(x)),
        widened(problem.lo),
        widened(problem.hi),
        problem.ceiling,
        problem.slack,
    )
    base = _best(wide, indices[:half]).reference
    if base is None:
        return None
    more = len(indices) + 1 - len(base.points)
    points = narrowed(base.points)
    points[base.in_band] = np.clip(points[base.in_band], problem.lo, problem.hi)
    rest = np.sin(np.linspace(np.arcsin(points[-1]), np.pi / 2, more + 1)[1:])
    signs = base.signs[0] * np.where(np.arange(len(indices) + 1) % 2 == 0, 1.0, -1.0)
    in_band = np.append(base.in_band, np.zeros(more, dtype=np.bool_))
    return _exchange(problem, indices, Reference(np.append(points, rest), signs, in_band))


def _padded(solution: _Solution, size: int) -> _Solution:
    """The same polynomial with zeros for the terms that it lacks."""
    coefficients = np.zeros(size)
    coefficients[: len(solution.coefficients)] = solution.coefficients
    return _Solution(coefficients, solution.t, None)


def _fewest_terms(problem: BandProblem, indices: NDArray[np.int64]) -> _Solution:
    """The best polynomial; if t is at rounding level, one with no more terms than it takes.

    Superfluous terms would be arbitrary, and would use up the room below the bound in vain.
    """
    enough = _ENOUGH * problem.ceiling
    terms = len(indices)
    try:
        kept = _by_programme(problem, indices)
    except ProgrammeError:
        if terms == 1:
            raise
        return _padded(_fewest_terms(problem, indices[:-1]), terms)
    while kept.reference is None and kept.t <= enough and terms > 1:
        terms -= 1
        try:
            fewer = _by_programme(problem, indices[:terms])
        except ProgrammeError:
            continue
        if fewer.t > enough:
            break
        kept = fewer
    return kept if len(kept.coefficients) == len(indices) else _padded(kept, len(indices))


def _by_programme(problem: BandProblem, indices: NDArray[np.int64]) -> _Solution:
    """Start from a similar problem, else a linear programme; add points where its solution passes a limit.

    The exchange fails where t is at rounding level or the optimum is not unique; the programme,
    solved again on more points, then still finds a polynomial that keeps the bound.
    """
    if problem.similar is not None:
        reference = _reference(problem.similar, int(indices[0]), len(indices))
        found = None if reference is None else _exchange(problem, indices, problem.moved(reference))
        if found is not None:
            return found
    fine = Grid.build(problem, indices)
    coarse = (8 if len(indices) <= _DIRECT_TERMS else 4) * (len(indices) + 2)
    samples = [(arc.at(arc.angles), arc.in_band) for arc in arcs_of(problem, coarse, coarse)]
    for _ in range(_REPEATS):
        solution, t, reference = solve_programme(problem, indices, samples)
        if len(reference.points) == len(indices) + 1:
            found = _exchange(problem, indices, reference)
            if found is not None:
                return found
        violated = [
            row
            for row in find_extrema(problem, indices, fine, solution, t)
            if row.violation > (1e-3 * abs(t) + 1e-10 if row.in_band else 1e-5) * problem.ceiling
        ]
        if not violated:
            break
        for in_band in (True, False):
            places = [row.place for row in violated if row.in_band == in_band]
            samples.append((np.array(places), in_band))
    return _Solution(solution, max(t, 0.0), None)


@functools.lru_cache(maxsize=4096)
def _reference(problem: BandProblem, parity: int, terms: int) -> Reference | None:
    """Where the best polynomial of a problem touches its limits; None where no exchange found it."""
    try:
        return _by_programme(problem, np.arange(parity, parity + 2 * terms, 2)).reference
    except ProgrammeError:
        return None


def _exchange_denser(
    problem: BandProblem, indices: NDArray[np.int64], base: Reference
) -> _Solution | None:
    """Exchange from the points of a smaller polynomial, spread over as many as are needed.

    How many of them belong in the band is known to within one or two, hence the attempts.
    """
    count = len(indices) + 1
    inside = np.flatnonzero(base.in_band)
    parts = (base.points[: inside[0]], base.points[inside], base.points[inside[-1] + 1 :])
    share = count * len(parts[1]) / len(base.points)
    for shift in _BAND_SHIFTS:
        band = max(1, round(share) + shift)
        left = round(count * len(parts[0]) / len(base.points))
        sizes = (left, band, count - left - band)
        if min(sizes) < 0:
            continue
        points = np.concatenate([_spread(*pair) for pair in zip(parts, sizes, strict=True)])
        signs = base.signs[0] * np.where(np.arange(len(points)) % 2 == 0, 1.0, -1.0)
        in_band = np.repeat([False, True, False], sizes)
        if len(points) == count:
            found = _exchange(problem, indices, Reference(points, signs, in_band))
            if found is not None:
                return found
    return None


def _spread(points: FloatArray, count: int) -> FloatArray:
    """`count` points distributed in angle as the given ones, ends included."""
    if len(points) == 0:
        return points
    position = np.linspace(0.0, len(points) - 1, count)
    return np.asarray(np.cos(np.interp(position, np.arange(len(points)), np.arccos(points))))


def _exchange(
    problem: BandProblem, indices: NDArray[np.int64], reference: Reference
) -> _Solution | None:
    """Remez exchange of all points at once; None where it does not converge."""
    fine = Grid.build(problem, indices)
    for _ in range(_EXCHANGES):
        found = _touch(problem, indices, reference)
        if found is None:
            return None
        solution, t = found
        rows = find_extrema(problem, indices, fine, solution, t)
        inside = max(row.violation for row in rows if row.in_band)
        outside = max((row.violation for row in rows if not row.in_band), default=0.0)
        if (
            inside <= _CONVERGED * abs(t) + _ROUNDING * problem.ceiling
            and outside <= _CONVERGED * problem.ceiling
        ):
            if t < -_ROUNDING * problem.ceiling:
                return None
            return _Solution(solution, max(t, 0.0), reference)
        wild = max(inside, outside) > _HOPELESS * problem.ceiling
        wild = wild or len(rows) > 6 * (len(indices) + 8)
        following = None if wild else _alternation(rows, len(indices) + 1)
        if following is None:
            return None
        reference = following
    return None


def _touch(
    problem: BandProblem, indices: NDArray[np.int64], reference: Reference
) -> tuple[FloatArray, float] | None:
    """The polynomial and the t that touch every limit of the reference."""
    signs, band = reference.signs, reference.in_band
    slack = np.where(band, 1.0, problem.slack)
    goal = np.where(band, 0.0, signs * problem.ceiling)
    goal[band] = problem.target(reference.points[band])
    matrix = np.column_stack((basis_values(reference.points, indices), -signs * slack))
    try:
        found: FloatArray = np.asarray(np.linalg.solve(matrix, goal), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return (found[:-1], float(found[-1])) if np.all(np.isfinite(found)) else None


def _alternation(extrema: list[Extremum], count: int) -> Reference | None:
    """The `count` worst extrema whose signs alternate from left to right, if there are so many."""
    chosen: list[Extremum] = []
    for row in sorted(extrema, key=lambda row: (row.place, row.sign)):
        if chosen and chosen[-1].sign == row.sign:
            chosen[-1] = max(chosen[-1], row, key=lambda r: r.violation)
        else:
            chosen.append(row)
    while len(chosen) > count:
        # Dropping an inner point takes a neighbour with it, so that signs still alternate.
        least = min(range(len(chosen)), key=lambda k: chosen[k].violation)
        if len(chosen) == count + 1:
            del chosen[0 if chosen[0].violation < chosen[-1].violation else -1]
        elif least in (0, len(chosen) - 1):
            del chosen[least]
        else:
            left = chosen[least - 1].violation < chosen[least + 1].violation
            del chosen[least - 1 if left else least : least + 1 if left else least + 2]
    if len(chosen) < count:
        return None
    return Reference(
        np.array([row.place for row in chosen]),
        np.array([row.sign for row in chosen]),
        np.array([row.in_band for row in chosen]),
    )
