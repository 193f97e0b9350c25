"""The linear programme behind a minimax polynomial: coefficients and limits touched, on a grid."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from bloqs.qsvt.bands import BandProblem, FloatArray, Reference, basis_values, limits_at

# The simplex method works to 1e-10; with many terms it would wander for minutes in rounding errors
# below that, so t is kept above this part of the ceiling.
_FLOOR = 3e-10
_FLOOR_TERMS = 12
_SIMPLEX_STEPS = 20_000


class ProgrammeError(RuntimeError):
    """The linear programme of a minimax polynomial has no solution that the solvers can find.

    Example:
        >>> problem = BandProblem(np.ones_like, 0.6, 0.8, ceiling=-1.0, slack=0.0)  # |p| <= -1
        >>> try:
        ...     _ = solve_programme(problem, np.array([1]), [(np.array([0.1]), False)])
        ... except ProgrammeError:
        ...     print("no polynomial keeps these limits")
        no polynomial keeps these limits
    """


def solve_programme(
    problem: BandProblem,
    indices: NDArray[np.int64],
    samples: list[tuple[FloatArray, bool]],
) -> tuple[FloatArray, float, Reference]:
    """Coefficients, t and the limits touched, from one linear programme on given points.

    Args:
        problem: limits inside and outside the band.
        indices: of the Chebyshev polynomials to combine, int64 `(terms,)`.
        samples: arrays of points, each with whether they are in the band.

    Returns:
        Coefficients, float64 `(terms,)`; the smallest t; the limits that are touched, from left to right. On
        the points alone: between them the polynomial may pass its limits.

    Raises:
        ProgrammeError: neither the simplex nor the interior-point method found anything.

    Example:
        >>> problem = BandProblem(np.ones_like, 0.6, 0.8, ceiling=2.0, slack=0.0)
        >>> band, rest = np.linspace(0.6, 0.8, 5), np.array([0.3, 1.0])
        >>> coefficients, t, touched = solve_programme(problem, np.array([1]), [(band, True), (rest, False)])
        >>> round(float(coefficients[0]), 4), round(t, 4), touched.points.tolist()  # p(x) = x/0.7
        (1.4286, 0.1429, [0.6, 0.8])
    """
    size = len(indices)
    rows, limits, points, signs, in_band = [], [], [], [], []
    for x, inside in samples:
        basis = basis_values(x, indices)
        slack = np.full((len(x), 1), -1.0 if inside else -problem.slack)
        upper, lower = limits_at(problem, x, inside)
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
            options={
                "maxiter": _SIMPLEX_STEPS,
                "primal_feasibility_tolerance": 1e-10,
                "dual_feasibility_tolerance": 1e-10,
            },
        )
        if found.status == 0:
            break
    if found.x is None:
        raise ProgrammeError(
            f"linear programme for a polynomial of degree {indices[-1]} on [{problem.lo:g}, "
            f"{problem.hi:g}] failed: {found.message}"
        )
    touched = np.flatnonzero(np.abs(found.ineqlin.marginals) > 1e-12)
    touched = touched[np.argsort(np.concatenate(points)[touched])]
    reference = Reference(
        np.concatenate(points)[touched],
        np.concatenate(signs)[touched],
        np.concatenate(in_band)[touched],
    )
    return found.x[:-1], float(found.x[-1]), reference
