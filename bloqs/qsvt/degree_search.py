"""Search for the smallest degree whose polynomial is accurate enough."""

import math
from collections.abc import Callable
from typing import TypeVar

LARGEST_DEGREE = 4001


class DegreeLimitError(ValueError):
    """No degree that we can solve reaches the accuracy asked.

    Example:
        >>> from bloqs.qsvt import amplification
        >>> try:
        ...     amplification(1e-4, 1.0, delta=0.5e-10)
        ... except DegreeLimitError:
        ...     print("a longer polynomial than we can make")
        a longer polynomial than we can make
    """


_Found = TypeVar("_Found")


def check_within_reach(
    degree: float, delta: float, lo: float, hi: float, most: int = LARGEST_DEGREE
) -> None:
    """Refuse what an estimate puts beyond the largest degree, before a polynomial of it is solved.

    Args:
        degree: estimated.
        delta: the error asked.
        lo: left end of the interval.
        hi: right end of the interval.
        most: the largest degree.

    Raises:
        DegreeLimitError: it is above the largest.

    Example:
        >>> check_within_reach(3000.0, 1e-3, 0.01, 0.02)
    """
    if degree > most:
        raise DegreeLimitError(
            f"no polynomial up to degree {most} reaches an error of {delta:.1e} on "
            f"[{lo:.3g}, {hi:.3g}] (about {degree:.3g} would): ask for less accuracy or a shorter interval"
        )


def smallest_degree(
    solve: Callable[[int], _Found],
    error: Callable[[_Found], float],
    delta: float,
    *,
    first: int,
    guess: float,
    rate: float,
) -> _Found:
    """Smallest degree `first, first + 2, ...` whose solution has an error <= delta.

    The logarithm of the error falls about linearly with the degree, so the bracket is closed by
    interpolation, and by bisection should that take more than six steps.

    Args:
        solve: makes the polynomial of a degree.
        error: its error, which does not increase with the degree.
        delta: the error asked.
        first: the smallest degree, 0 or 1; gives the parity.
        guess: where to start.
        rate: expected fall of the error's natural logarithm per degree.

    Returns:
        What `solve` made for that degree.

    Raises:
        DegreeLimitError: not reached by `LARGEST_DEGREE`, or the error is down to rounding.

    Example:
        >>> def error(degree):
        ...     return 2.0**-degree
        >>> smallest_degree(lambda degree: degree, error, 1e-3, first=1, guess=3.0, rate=0.7)
        11
    """

    def on_grid(value: float) -> int:
        return first + 2 * max(0, math.ceil((value - first) / 2))

    goal = math.log(delta)
    failed, met, best = first - 2, on_grid(LARGEST_DEGREE - 1) + 2, None
    logs: dict[int, float] = {}
    step = min(on_grid(guess), met - 2)
    while best is None or met - failed > 2:
        found = solve(step)
        reached = error(found)
        # Far below the goal the error is rounding and says nothing about the rate.
        logs[step] = max(math.log(max(reached, 1e-300)), goal - 4)
        if reached <= delta:
            met, best = step, found
        else:
            failed = step
        if best is None and (failed == met - 2 or _stalled(logs)):
            raise DegreeLimitError(
                f"no polynomial up to degree {failed} reaches an error of {delta:.1e} (found "
                f"{reached:.1e}): ask for less accuracy or a shorter interval"
            )
        step = on_grid(_predicted(logs, goal, rate))
        if best is None:
            step = on_grid(min(max(step, 1.15 * failed), 2 * failed + 7))
        elif len(logs) > 6:
            step = on_grid((failed + met) / 2 - 1)
        step = min(max(step, failed + 2), met - 2)
    return best


def _predicted(logs: dict[int, float], goal: float, rate: float) -> float:
    """Degree at which the error should reach the goal, given some pairs (degree, log error).

    The slope is that of the two degrees nearest the goal, unless they are so close that the
    unevenness of the error from one degree to the next would decide it.
    """
    a, *others = sorted(logs, key=lambda d: abs(logs[d] - goal))[:2]
    if others and abs(others[0] - a) >= 6 and (logs[others[0]] - logs[a]) / (others[0] - a) < 0:
        rate = -(logs[others[0]] - logs[a]) / (others[0] - a)
    return a + (logs[a] - goal) / rate


def _stalled(logs: dict[int, float]) -> bool:
    """True when the error is down to rounding: many more terms do not improve it."""
    tried = sorted(logs)
    return (
        len(tried) >= 4
        and logs[tried[-1]] < math.log(1e-9)
        and (logs[tried[-1]] > logs[tried[-3]] - 0.1)
    )
