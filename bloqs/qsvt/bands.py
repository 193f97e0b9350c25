"""Approximation on a band inside [0, 1]: the problem, sample points, extrema and limits."""

import math
from collections.abc import Callable

import attrs
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_FINE = 16  # points per oscillation of the polynomial at which its extrema are looked for


@attrs.frozen
class BandProblem:
    """Minimise t >= 0 over polynomials p of one degree and its parity.

    The limits are

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
class Arc:
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
class Reference:
    """Points with the limit (sign +1 upper, -1 lower) that the polynomial is to touch there."""

    points: FloatArray
    signs: FloatArray
    in_band: NDArray[np.bool_]


@attrs.frozen
class Extremum:
    """A local maximum of the distance past a limit; the distance is negative where it is kept."""

    place: float
    sign: float
    violation: float
    in_band: bool


@attrs.frozen
class Grid:
    """Arcs that cover [0, 1] from left to right, with the values of the basis on each."""

    arcs: tuple[Arc, ...]
    bases: tuple[FloatArray, ...]

    @classmethod
    def build(cls, problem: BandProblem, indices: NDArray[np.int64]) -> "Grid":
        """Fine enough to find the extrema of a polynomial with these terms."""
        count = _FINE * (len(indices) + 2)
        arcs = arcs_of(problem, count, count)
        return cls(arcs, tuple(basis_values(arc.at(arc.angles), indices) for arc in arcs))


def arcs_of(problem: BandProblem, in_band: int, on_quarter: int) -> tuple[Arc, ...]:
    """Left of the band, the band, right of it.

    The band gets `in_band` points, the rest of [0, 1] `on_quarter` to the quarter circle.
    """
    lo, hi = problem.lo, problem.hi
    if lo == hi:
        band = Arc(lo, 0.0, np.zeros(1), True)
    elif lo == 0.0:  # p is even about 0: points crowd at the outer end only
        band = Arc(0.0, hi, np.linspace(np.pi / 2, 0.0, in_band), True)
    else:
        band = Arc((lo + hi) / 2, (hi - lo) / 2, np.linspace(np.pi, 0.0, in_band), True)

    def outer(left: float, right: float) -> tuple[Arc, ...]:
        first, last = math.acos(left), math.acos(right)
        if first <= last:
            return ()
        points = 3 + math.ceil(on_quarter * (first - last) / (math.pi / 2))
        return (Arc(0.0, 1.0, np.linspace(first, last, points), False),)

    return (*outer(0.0, lo), band, *outer(hi, 1.0))


def basis_values(x: FloatArray, indices: NDArray[np.int64]) -> FloatArray:
    """`T_k(x)` for every x (rows) and k of `indices` (columns)."""
    return np.asarray(np.cos(np.outer(np.arccos(np.clip(x, -1.0, 1.0)), indices)))


def limits_at(problem: BandProblem, x: FloatArray, in_band: bool) -> tuple[FloatArray, FloatArray]:
    """Upper and lower limit at t = 0."""
    if in_band:
        target = problem.target(x)
        return target, target
    return np.full(len(x), problem.ceiling), np.full(len(x), -problem.ceiling)


def find_extrema(
    problem: BandProblem,
    indices: NDArray[np.int64],
    fine: Grid,
    solution: FloatArray,
    t: float,
) -> list[Extremum]:
    """Where the polynomial comes nearest to its limits (or passes them), in no order."""
    extrema = []
    for arc, basis in zip(fine.arcs, fine.bases, strict=True):
        room = t if arc.in_band else problem.slack * t
        values = basis @ solution
        upper, lower = limits_at(problem, arc.at(arc.angles), arc.in_band)
        for sign, distance in ((1.0, values - upper), (-1.0, lower - values)):
            places = arc.peaks(distance)
            limit = limits_at(problem, places, arc.in_band)[0 if sign > 0 else 1]
            heights = sign * (basis_values(places, indices) @ solution - limit) - room
            extrema += [
                Extremum(float(place), sign, float(height), arc.in_band)
                for place, height in zip(places, heights, strict=True)
            ]
    return extrema
