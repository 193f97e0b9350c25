"""Approximation on a band inside [0, 1]: the problem, sample points, extrema and limits."""

from __future__ import annotations

import math
from collections.abc import Callable

import attrs
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_FINE = 16  # points per oscillation of the polynomial at which its extrema are looked for
_DENSE_TERMS = 400  # up to here a table of all terms at all points is kept, 80 MB


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
        similar: one of few, almost the same, whose solution is kept and where the search starts; hashable. It
            does not change the optimum, only how soon it is found.

    Example:
        >>> from bloqs.qsvt.minimax import solve_band
        >>> problem = BandProblem(np.ones_like, lo=0.6, hi=0.8, ceiling=1.0, slack=1.0)
        >>> coefficients, t = solve_band(problem, degree=3)
        >>> len(coefficients), round(t, 4)
        (4, 0.0154)
    """

    target: Callable[[FloatArray], FloatArray]
    lo: float
    hi: float
    ceiling: float
    slack: float
    similar: BandProblem | None = attrs.field(default=None, repr=False)

    def moved(self, reference: Reference) -> Reference:
        """The points of a similar problem's solution: the band's on this band, those beside it beside it.

        Args:
            reference: where the solution of `similar` touches its limits.

        Returns:
            The same limits at the places that correspond.
        """
        similar = self.similar
        assert similar is not None
        ends = np.unique([0.0, similar.lo, similar.hi, 1.0], return_index=True)
        places = np.array([0.0, self.lo, self.hi, 1.0])[ends[1]]
        return attrs.evolve(reference, points=np.interp(reference.points, ends[0], places))


@attrs.frozen
class Arc:
    """Points `middle + radius * cos(angle)`, equally spaced in angle.

    Parameters:
        middle: of the interval that the points lie on.
        radius: half its width; 0 for a single point.
        angles: radians, float64 `(count,)`.
        in_band: whether the points are in the band of the problem.

    Example:
        >>> arc = Arc(0.5, 0.5, np.linspace(np.pi, 0.0, 5), in_band=True)
        >>> arc.at(arc.angles).round(4).tolist()
        [0.0, 0.1464, 0.5, 0.8536, 1.0]
        >>> arc.peaks(np.array([0.0, 0.5, 0.8, 0.5, 0.0])).round(4).tolist()
        [0.5]
    """

    middle: float
    radius: float
    angles: FloatArray
    in_band: bool

    def at(self, angles: FloatArray) -> FloatArray:
        """The points at some angles.

        Args:
            angles: radians, float64 `(count,)`.

        Returns:
            float64 `(count,)`, cut to [0, 1].
        """
        return np.asarray(np.clip(self.middle + self.radius * np.cos(angles), 0.0, 1.0))

    def peaks(self, values: FloatArray) -> FloatArray:
        """Places of the local maxima of a function, ends included, by three-point parabolas.

        With 16 points per oscillation the parabola finds a maximum to 1e-7 of its height; the
        highest point alone would miss it by half a per cent.

        Args:
            values: of the function at the points of the arc, float64 `(count,)`.

        Returns:
            float64, the maxima inside from left to right, then those at the ends.
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
    """Points, and the limit that the polynomial is to touch at each.

    Parameters:
        points: float64 `(count,)`, in [0, 1], from left to right.
        signs: +1 for the upper limit, -1 for the lower one, float64 `(count,)`.
        in_band: whether each point is in the band, bool `(count,)`.

    Example:
        >>> touched = Reference(np.array([0.6, 0.8]), np.array([-1.0, 1.0]), np.array([True, True]))
        >>> touched.points[touched.signs > 0].tolist()
        [0.8]
    """

    points: FloatArray
    signs: FloatArray
    in_band: NDArray[np.bool_]


@attrs.frozen
class Extremum:
    """A local maximum of the distance between the polynomial and a limit, counted positive beyond the limit.

    Parameters:
        place: x, in [0, 1].
        sign: +1 for the upper limit, -1 for the lower one.
        violation: by how much the limit is passed; negative where it is kept.
        in_band: whether it is the limit inside the band.

    Example:
        >>> kept = Extremum(place=0.7, sign=1.0, violation=-1e-3, in_band=True)
        >>> passed = Extremum(place=0.9, sign=-1.0, violation=2e-5, in_band=False)
        >>> max([kept, passed], key=lambda extremum: extremum.violation).place
        0.9
    """

    place: float
    sign: float
    violation: float
    in_band: bool


@attrs.frozen
class Grid:
    """Arcs that cover [0, 1] from left to right, with the values of the basis on each.

    Parameters:
        arcs: left of the band, the band, right of it; an outer one that would be empty is left out.
        indices: of the Chebyshev polynomials that are combined, int64 `(terms,)`, all of one parity.
        bases: for each arc `T_k(x)`, float64 `(points, terms)`; None where that would take too much memory.

    Example:
        >>> problem = BandProblem(np.ones_like, lo=0.6, hi=0.8, ceiling=1.0, slack=1.0)
        >>> grid = Grid.build(problem, np.array([1, 3]))
        >>> [arc.in_band for arc in grid.arcs], grid.bases[1].shape
        ([False, True, False], (64, 2))
    """

    arcs: tuple[Arc, ...]
    indices: NDArray[np.int64]
    bases: tuple[FloatArray, ...] | None

    @classmethod
    def build(cls, problem: BandProblem, indices: NDArray[np.int64]) -> Grid:
        """A grid fine enough to find the extrema of a polynomial.

        Args:
            problem: where the band is.
            indices: of the Chebyshev polynomials that it combines, int64 `(terms,)`.

        Returns:
            The grid, of 16 points to an oscillation.
        """
        count = _FINE * (len(indices) + 2)
        arcs = arcs_of(problem, count, count)
        if len(indices) > _DENSE_TERMS:
            return cls(arcs, indices, None)
        bases = tuple(basis_values(arc.at(arc.angles), indices) for arc in arcs)
        return cls(arcs, indices, bases)

    def values(self, solution: FloatArray) -> list[FloatArray]:
        """A polynomial on every arc.

        Args:
            solution: the coefficients, float64 `(terms,)`.

        Returns:
            For each arc its values, float64 `(points,)`.
        """
        if self.bases is not None:
            return [basis @ solution for basis in self.bases]
        parity = int(self.indices[0])
        return [parity_sum(arc.at(arc.angles), solution, parity) for arc in self.arcs]


def arcs_of(problem: BandProblem, in_band: int, on_quarter: int) -> tuple[Arc, ...]:
    """The arcs of a problem: left of the band, the band, right of it.

    Args:
        problem: where the band is.
        in_band: points of the band.
        on_quarter: points that the rest would have on a whole quarter circle.

    Returns:
        Arcs that cover [0, 1]; outer ones that would be empty are left out.

    Example:
        >>> problem = BandProblem(np.ones_like, lo=0.5, hi=1.0, ceiling=1.0, slack=1.0)
        >>> left, band = arcs_of(problem, in_band=5, on_quarter=6)
        >>> band.at(band.angles).round(3).tolist()
        [0.5, 0.573, 0.75, 0.927, 1.0]
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
    """The Chebyshev polynomials `T_k(x)` at some points.

    Args:
        x: float64 `(points,)`, in [-1, 1].
        indices: the k, int64 `(terms,)`.

    Returns:
        float64 `(points, terms)`.

    Example:
        >>> basis_values(np.array([0.0, 0.5]), np.array([0, 2])).round(6).tolist()
        [[1.0, -1.0], [1.0, -0.5]]
    """
    return np.asarray(np.cos(np.outer(np.arccos(np.clip(x, -1.0, 1.0)), indices)))


def parity_sum(x: FloatArray, coefficients: FloatArray, parity: int) -> FloatArray:
    """`sum_k c_k T_{2k + parity}(x)` by Clenshaw's recurrence, in memory for four vectors.

    With `y = T_2(x)`: `T_{j+2} = 2 y T_j - T_{j-2}`, so `b_k = c_k + 2 y b_{k+1} - b_{k+2}`, and the sum is
    `b_0 - y b_1` for even and `x (b_0 - b_1)` for odd.

    Args:
        x: float64 `(points,)`, in [-1, 1].
        coefficients: the `c_k`, float64 `(terms,)`.
        parity: 0 or 1.

    Returns:
        float64 `(points,)`.

    Example:
        >>> parity_sum(np.array([0.5]), np.array([0.0, 1.0]), 1).tolist()  # T_3(1/2)
        [-1.0]
    """
    y = 2 * x * x - 1
    twice = 2 * y
    one, two = np.zeros_like(x), np.zeros_like(x)
    for c in coefficients[::-1].tolist():
        one, two = c + twice * one - two, one
    # Now `one` is b_0 and `two` is b_1.
    return x * (one - two) if parity else one - y * two


def limits_at(problem: BandProblem, x: FloatArray, in_band: bool) -> tuple[FloatArray, FloatArray]:
    """Upper and lower limit of the polynomial for t = 0.

    Args:
        problem: its limits.
        x: float64 `(points,)`, all in the band or all outside.
        in_band: which of the two.

    Returns:
        Two float64 arrays `(points,)`; in the band both are the target.

    Example:
        >>> problem = BandProblem(np.ones_like, lo=0.6, hi=0.8, ceiling=2.0, slack=1.0)
        >>> [limit.tolist() for limit in limits_at(problem, np.array([0.1]), in_band=False)]
        [[2.0], [-2.0]]
    """
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
    """Where a polynomial comes nearest to its limits or passes them.

    Args:
        problem: the limits.
        indices: of the Chebyshev polynomials that are combined, int64 `(terms,)`.
        fine: a grid for these terms (`Grid.build`).
        solution: the coefficients, float64 `(terms,)`.
        t: error for which the limits are taken.

    Returns:
        The extrema, in no order.

    Example:
        >>> problem, odd = BandProblem(np.ones_like, 0.6, 0.8, 1.0, 1.0), np.array([1])
        >>> grid = Grid.build(problem, odd)
        >>> found = find_extrema(problem, odd, grid, np.array([1.5]), t=0.2)
        >>> worst = max(found, key=lambda extremum: extremum.violation)
        >>> worst.place, round(worst.violation, 6)
        (1.0, 0.3)
    """
    extrema = []
    for arc, values in zip(fine.arcs, fine.values(solution), strict=True):
        room = t if arc.in_band else problem.slack * t
        upper, lower = limits_at(problem, arc.at(arc.angles), arc.in_band)
        for sign, distance in ((1.0, values - upper), (-1.0, lower - values)):
            places = arc.peaks(distance)
            limit = limits_at(problem, places, arc.in_band)[0 if sign > 0 else 1]
            if fine.bases is None:
                found = parity_sum(places, solution, int(indices[0]))
            else:
                found = basis_values(places, indices) @ solution
            heights = sign * (found - limit) - room
            extrema += [
                Extremum(float(place), sign, float(height), arc.in_band)
                for place, height in zip(places, heights, strict=True)
            ]
    return extrema
