"""Bounded minimax approximation by polynomials of definite parity.

The best polynomial of a degree is the one whose distances to an upper and a lower limit alternate:
on n + 1 points (n free coefficients) it touches the upper limit, the lower one, the upper one, ...
A linear programme on a coarse grid finds which limits are touched roughly where, and an exchange
after Remez moves the points to where the limits are touched exactly, to machine precision.

Nothing here is a certificate; those are in `bloqs.qsvt.certificates`.
"""

import math
from collections.abc import Callable

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

FloatArray = NDArray[np.float64]

_EXCHANGES = 25  # three or four are usual
_HOPELESS = 1e4  # an iterate this far past the ceiling does not come back
_CONVERGED = 1e-6  # relative to the limit: far below what a certificate adds
_ROUNDING = 1e-12
# The simplex method works to 1e-10; with hundreds of terms it would wander for minutes in rounding
# errors below that, so t is kept above this part of the ceiling.
_FLOOR = 3e-10
_FLOOR_TERMS = 12
_ENOUGH = 1e-9
_DIRECT_TERMS = 16  # up to here the linear programme takes about a hundredth of a second
_REPEATS = 10
_FINE = 16  # points per oscillation of the polynomial at which its extrema are looked for


@attrs.frozen
class BandProblem:
    """Minimise t >= 0 over polynomials p of one degree and its parity, subject to

        |p(x) - target(x)| <= t               for lo <= x <= hi,
        |p(x)| <= ceiling + slack * t         elsewhere in [0, 1].

    Parameters:
        target: vectorised function on [lo, hi].
        lo: left end of the band, 0 <= lo <= hi.
        hi: right end of the band, <= 1.
        ceiling: bound outside the band, positive.
        slack: 1 where the bound grows with the error, 0 where it is fixed.
    """

    target: Callable[[FloatArray], FloatArray]
    lo: float
    hi: float
    ceiling: float
    slack: float


@attrs.frozen
class _Arc:
    """Points `middle + radius * cos(angle)`, equally spaced in angle."""

    middle: float
    radius: float
    angles: FloatArray
    in_band: bool

    def at(self, angles: FloatArray) -> FloatArray:
        """The points at some angles."""
        return np.asarray(np.clip(self.middle + self.radius * np.cos(angles), 0.0, 1.0))

    def peaks(self, values: FloatArray) -> FloatArray:
        """Places of the local maxima of `values`, ends included, by three-point parabolas.

        With 16 points per oscillation the parabola finds a maximum to 1e-7 of its height; the
        highest point alone would miss it by half a per cent.
        """
        if len(values) == 1:
            return self.at(self.angles)
        inner = values[1:-1]
        local = 1 + np.flatnonzero((inner > values[:-2]) & (inner >= values[2:]))
        before, here, after = values[local - 1], values[local], values[local + 1]
        curvature = before - 2 * here + after
        shift = (before - after) / np.where(curvature < 0, 2 * curvature, np.inf)
        places = [self.angles[local] + shift * (self.angles[1] - self.angles[0])]
        for end, neighbour in ((0, 1), (-1, -2)):
            if values[end] >= values[neighbour]:
                places.append(self.angles[[end]])
        return self.at(np.concatenate(places))


@attrs.frozen
class _Reference:
    """Points with the limit (sign +1 upper, -1 lower) that the polynomial is to touch there."""

    points: FloatArray
    signs: FloatArray
    in_band: NDArray[np.bool_]


@attrs.frozen
class _Extremum:
    """A local maximum of the distance past a limit; the distance is negative where it is kept."""

    place: float
    sign: float
    violation: float
    in_band: bool


def solve_band(problem: BandProblem, degree: int) -> tuple[FloatArray, float]:
    """Best polynomial of a degree and its parity, and the error t it reaches.

    Args:
        problem: limits inside and outside the band.
        degree: its parity is the polynomial's.

    Returns:
        float64 Chebyshev coefficients of shape (degree + 1,), and t. Limits are kept to a part in 10^6 when
        the exchange converges; when t is at rounding level or the optimum is not unique, to what
        the linear programme gives on its grid.

    Raises:
        RuntimeError: the linear programme failed.
    """
    found = _best(problem, np.arange(degree % 2, degree + 1, 2))
    chebyshev = np.zeros(degree + 1)
    chebyshev[degree % 2 :: 2] = found.coefficients
    return chebyshev, found.t


@attrs.frozen
class _Grid:
    """Arcs that cover [0, 1] from left to right, with the values of the basis on each."""

    arcs: tuple[_Arc, ...]
    bases: tuple[FloatArray, ...]

    @classmethod
    def build(cls, problem: BandProblem, indices: NDArray[np.int64], count: int) -> "_Grid":
        arcs = _arcs(problem, count, count)
        return cls(arcs, tuple(_basis(arc.at(arc.angles), indices) for arc in arcs))


def _arcs(problem: BandProblem, in_band: int, on_quarter: int) -> tuple[_Arc, ...]:
    lo, hi = problem.lo, problem.hi
    if lo == hi:
        band = _Arc(lo, 0.0, np.zeros(1), True)
    elif lo == 0.0:  # p is even about 0: points crowd at the outer end only
        band = _Arc(0.0, hi, np.linspace(np.pi / 2, 0.0, in_band), True)
    else:
        band = _Arc((lo + hi) / 2, (hi - lo) / 2, np.linspace(np.pi, 0.0, in_band), True)

    def outer(left: float, right: float) -> tuple[_Arc, ...]:
        first, last = math.acos(left), math.acos(right)
        if first <= last:
            return ()
        points = 3 + math.ceil(on_quarter * (first - last) / (math.pi / 2))
        return (_Arc(0.0, 1.0, np.linspace(first, last, points), False),)

    return (*outer(0.0, lo), band, *outer(hi, 1.0))


def _basis(x: FloatArray, indices: NDArray[np.int64]) -> FloatArray:
    return np.asarray(np.cos(np.outer(np.arccos(np.clip(x, -1.0, 1.0)), indices)))


def _alternating(problem: BandProblem, count: int) -> _Reference:
    """Extrema of a Chebyshev polynomial in x^2 on the band, the first on the lower limit.

    (An odd polynomial near 1 on [lo, hi] is x times a polynomial in x^2.)
    """
    middle, radius = (problem.hi**2 + problem.lo**2) / 2, (problem.hi**2 - problem.lo**2) / 2
    squares = middle + radius * np.cos(np.linspace(np.pi, 0.0, count))
    signs = np.where(np.arange(count) % 2 == 0, -1.0, 1.0)
    return _Reference(np.sqrt(squares), signs, np.ones(count, dtype=np.bool_))


def _limits(problem: BandProblem, x: FloatArray, in_band: bool) -> tuple[FloatArray, FloatArray]:
    """Upper and lower limit at t = 0."""
    if in_band:
        target = problem.target(x)
        return target, target
    return np.full(len(x), problem.ceiling), np.full(len(x), -problem.ceiling)


@attrs.frozen
class _Solution:
    """Coefficients of the parity's Chebyshev polynomials, t, and the reference reached, if any."""

    coefficients: FloatArray
    t: float
    reference: _Reference | None


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
    base = _best(problem, indices[: (size + 1) // 2])
    terms = size
    enough = _ENOUGH * problem.ceiling
    while (
        base.reference is not None
        and base.t > enough
        and terms - len(base.coefficients) > size // 32
    ):
        found = _exchange(problem, indices[:terms], _denser(base.reference, terms + 1))
        if found is None:
            terms = (len(base.coefficients) + terms) // 2
        elif terms == size:
            return found
        else:
            base, terms = found, size
    if base.t <= enough:
        return _padded(base, size)
    return _by_programme(problem, indices)


def _padded(solution: _Solution, size: int) -> _Solution:
    """The same polynomial with zeros for the terms it does without."""
    coefficients = np.zeros(size)
    coefficients[: len(solution.coefficients)] = solution.coefficients
    return _Solution(coefficients, solution.t, None)


def _fewest_terms(problem: BandProblem, indices: NDArray[np.int64]) -> _Solution:
    """The best polynomial; if t is at rounding level, one with no more terms than it takes.

    Superfluous terms would be arbitrary, and would use the room below the bound up in vain.
    """
    enough = _ENOUGH * problem.ceiling
    kept = _by_programme(problem, indices)
    terms = len(indices)
    while kept.reference is None and kept.t <= enough and terms > 1:
        terms -= 1
        fewer = _by_programme(problem, indices[:terms])
        if fewer.t > enough:
            break
        kept = fewer
    return kept if len(kept.coefficients) == len(indices) else _padded(kept, len(indices))


def _by_programme(problem: BandProblem, indices: NDArray[np.int64]) -> _Solution:
    """Start from a linear programme; add the points where its solution passes a limit, if need be.

    The exchange fails where t is at rounding level or the optimum is not unique; the programme,
    solved again on more points, then still finds a polynomial that keeps the bound.
    """
    fine = _Grid.build(problem, indices, _FINE * len(indices) + 2 * _FINE)
    coarse = (8 if len(indices) <= _DIRECT_TERMS else 4) * (len(indices) + 2)
    samples = [
        (arc.at(arc.angles), arc.in_band)
        for arc in _arcs(problem, coarse, coarse)
    ]
    for _ in range(_REPEATS):
        solution, t, reference = _programme(problem, indices, samples)
        if len(reference.points) == len(indices) + 1:
            found = _exchange(problem, indices, reference)
            if found is not None:
                return found
        violated = [
            row
            for row in _extrema(problem, indices, fine, solution, t)
            if row.violation > (1e-3 * abs(t) + 1e-10 if row.in_band else 1e-5) * problem.ceiling
        ]
        if not violated:
            break
        for in_band in (True, False):
            places = [row.place for row in violated if row.in_band == in_band]
            samples.append((np.array(places), in_band))
    return _Solution(solution, max(t, 0.0), None)


def _denser(reference: _Reference, count: int) -> _Reference:
    """`count` points distributed as those of the reference, with alternating signs."""
    position = np.linspace(0.0, len(reference.points) - 1, count)
    angles = np.interp(position, np.arange(len(reference.points)), np.arccos(reference.points))
    nearest = np.rint(position).astype(np.int64)
    signs = reference.signs[0] * np.where(np.arange(count) % 2 == 0, 1.0, -1.0)
    return _Reference(np.cos(angles), signs, reference.in_band[nearest])


def _exchange(
    problem: BandProblem, indices: NDArray[np.int64], reference: _Reference
) -> _Solution | None:
    """Remez exchange of all points at once; None where it does not converge."""
    fine = _Grid.build(problem, indices, _FINE * len(indices) + 2 * _FINE)
    for _ in range(_EXCHANGES):
        found = _touch(problem, indices, reference)
        if found is None:
            return None
        solution, t = found
        rows = _extrema(problem, indices, fine, solution, t)
        inside = max(row.violation for row in rows if row.in_band)
        outside = max((row.violation for row in rows if not row.in_band), default=0.0)
        if (
            inside <= _CONVERGED * abs(t) + _ROUNDING * problem.ceiling
            and outside <= _CONVERGED * problem.ceiling
        ):
            return _Solution(solution, max(t, 0.0), reference) if t >= -_ROUNDING * problem.ceiling else None
        wild = max(inside, outside) > _HOPELESS * problem.ceiling or len(rows) > 6 * (len(indices) + 8)
        following = None if wild else _alternation(rows, len(indices) + 1)
        if following is None:
            return None
        reference = following
    return None


def _touch(
    problem: BandProblem, indices: NDArray[np.int64], reference: _Reference
) -> tuple[FloatArray, float] | None:
    """The polynomial and the t that touch every limit of the reference."""
    signs, band = reference.signs, reference.in_band
    slack = np.where(band, 1.0, problem.slack)
    goal = np.where(band, 0.0, signs * problem.ceiling)
    goal[band] = problem.target(reference.points[band])
    matrix = np.column_stack((_basis(reference.points, indices), -signs * slack))
    try:
        found = np.linalg.solve(matrix, goal)
    except np.linalg.LinAlgError:
        return None
    return (found[:-1], float(found[-1])) if np.all(np.isfinite(found)) else None


def _extrema(
    problem: BandProblem,
    indices: NDArray[np.int64],
    fine: _Grid,
    solution: FloatArray,
    t: float,
) -> list[_Extremum]:
    """Where the polynomial comes nearest to its limits (or passes them), in no order."""
    extrema = []
    for arc, basis in zip(fine.arcs, fine.bases, strict=True):
        room = t if arc.in_band else problem.slack * t
        values = basis @ solution
        upper, lower = _limits(problem, arc.at(arc.angles), arc.in_band)
        for sign, distance in ((1.0, values - upper), (-1.0, lower - values)):
            places = arc.peaks(distance)
            limit = _limits(problem, places, arc.in_band)[0 if sign > 0 else 1]
            heights = sign * (_basis(places, indices) @ solution - limit) - room
            extrema += [
                _Extremum(float(place), sign, float(height), arc.in_band)
                for place, height in zip(places, heights, strict=True)
            ]
    return extrema


def _alternation(extrema: list[_Extremum], count: int) -> _Reference | None:
    """The `count` worst extrema whose signs alternate from left to right, if there are so many."""
    chosen: list[_Extremum] = []
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
    return _Reference(
        np.array([row.place for row in chosen]),
        np.array([row.sign for row in chosen]),
        np.array([row.in_band for row in chosen]),
    )


def _programme(
    problem: BandProblem,
    indices: NDArray[np.int64],
    samples: list[tuple[FloatArray, bool]],
) -> tuple[FloatArray, float, _Reference]:
    """Coefficients, t and the limits touched, from one linear programme on given points."""
    size = len(indices)
    rows, limits, points, signs, in_band = [], [], [], [], []
    for x, inside in samples:
        basis = _basis(x, indices)
        slack = np.full((len(x), 1), -1.0 if inside else -problem.slack)
        upper, lower = _limits(problem, x, inside)
        rows += [np.hstack((basis, slack)), np.hstack((-basis, slack))]
        limits += [upper, -lower]
        points += [x, x]
        signs += [np.full(len(x), 1.0), np.full(len(x), -1.0)]
        in_band += [np.full(2 * len(x), inside)]
    floor = _FLOOR * problem.ceiling if size > _FLOOR_TERMS else 0.0
    for method in ("highs-ds", "highs-ipm"):  # the simplex method now and then gives up
        found = linprog(
            np.append(np.zeros(size), 1.0),
            A_ub=np.vstack(rows),
            b_ub=np.concatenate(limits),
            bounds=[(None, None)] * size + [(floor, None)],
            method=method,
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if found.x is not None:
            break
    else:
        raise RuntimeError(
            f"linear programme for a polynomial of degree {indices[-1]} on [{problem.lo:g}, "
            f"{problem.hi:g}] failed: {found.message}"
        )
    touched = np.flatnonzero(np.abs(found.ineqlin.marginals) > 1e-12)
    touched = touched[np.argsort(np.concatenate(points)[touched])]
    reference = _Reference(
        np.concatenate(points)[touched],
        np.concatenate(signs)[touched],
        np.concatenate(in_band)[touched],
    )
    return found.x[:-1], float(found.x[-1]), reference
