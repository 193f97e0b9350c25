r"""How often a plurality of samples is wrong, and how many samples make that rare.

`n` samples of a class are drawn independently, class `c` with probability `p_c`, and the class drawn most
often is the answer. It is right when the class of the largest probability is drawn more often than any
other: a tie for the first place counts as wrong.

*Exactly.* Let `N_j` be independent Poisson numbers of mean `n p_j`; given that they add to `n` they are the
multinomial counts. With `f_j(i) = P(N_j = i)` the probability to be right is

$$ P = \frac{1}{P(\sum_j N_j = n)} [x^n] \sum_m f_c(m) x^m \prod_{j \ne c} \sum_{i < m} f_j(i) x^i, $$

a coefficient that a discrete Fourier transform of a few `sqrt(n)` points finds, because the sum of the `N_j`
is near `n`: what is left out is below 1e-13, as the rounding errors are.

*By a bound*, above `EXACT_UP_TO` samples or below `LEAST_EXACT_ERROR`: one of the rivals reaches the
winner, so that the probability to be wrong is at most the sum over the rivals of `P(N_j >= N_c)`, each of
which is a sum over binomials; or, above `PAIRS_UP_TO` samples and for terms that it shows to be small, the
Chernoff bound `P(N_j >= N_c) <= (1 - (sqrt(p_c) - sqrt(p_j))**2)**n`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy  # its `stats`, half a second to load, comes when it is used
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]

EXACT_UP_TO = 2_000
"""Samples up to which the probability to be wrong is exact: some tens of milliseconds."""

LEAST_EXACT_ERROR = 1e-9
"""An error below this is close to the rounding errors of the exact way; the bound has none."""

PAIRS_UP_TO = 10**8
"""Samples up to which two classes are compared by binomials: less than a second."""

MOST_SAMPLES = 10**15
"""More samples than this are no number of samples."""

NEGLIGIBLE = 1e-16
"""A class that reaches the winner with less is left out where the result is exact to 1e-12."""

SMALL = 1e-5
"""A term of the bound that is known to be this much smaller than another need not be known better."""

LEFT_OUT = 1e-30
"""Tails of a binomial number 12 standard deviations and 40 from its mean have less (Bernstein)."""

_CHUNK = 2**15
"""Complex numbers at once, so that they stay in a cache."""


def wrong_probability(probabilities: FloatArray, winner: int, samples: int) -> float:
    """Probability that the winner is not drawn more often than each of the others, exactly.

    Args:
        probabilities: of the classes, float64 `(classes,)`; what they leave to 1 is drawn and counts for
            none.
        winner: the class whose plurality is right.
        samples: `n >= 1`, draws.

    Returns:
        The probability, to 1e-12.

    Example:
        >>> round(wrong_probability(np.array([0.75, 0.25]), 0, 2), 12)  # 1 - 0.75**2: a tie is wrong
        0.4375
    """
    return max(0.0, 1.0 - _right(probabilities, winner, samples, np.zeros(1), np.ones(1)))


def right_with_ties_drawn(probabilities: FloatArray, winner: int, samples: int) -> float:
    r"""Probability that a class is the answer when a tie is broken by drawing one of the leaders.

    With `t` others level the draw is right with probability `1/(t + 1) = \int_0^1 y^t dy`, so that the
    sum of `wrong_probability` with `f_j(m) y x^m` added to each rival's is integrated over y, by a Gauss
    rule that is exact for its degree.

    Args:
        probabilities: as `wrong_probability`.
        winner: the class, which need not be the most probable one.
        samples: draws; 1 or more.

    Returns:
        The probability, to 1e-12.

    Example:
        >>> round(right_with_ties_drawn(np.array([0.75, 0.25]), 0, 2), 12)  # as with one sample
        0.75
    """
    rivals = int(np.count_nonzero(probabilities))
    nodes, weights = np.polynomial.legendre.leggauss(min(rivals, samples) // 2 + 1)
    found = _right(probabilities, winner, samples, (nodes + 1) / 2, weights / 2)
    return min(1.0, max(0.0, found))


def _right(
    probabilities: FloatArray, winner: int, samples: int, nodes: FloatArray, weights: FloatArray
) -> float:
    """Sum over the nodes y of weight times the probability to be right, `t` others level as `y^t`."""
    means = samples * probabilities
    top = float(means[winner])
    # Classes that reach the winner, or that it reaches, with less than a rounding error.
    far = _chernoff(probabilities[winner], probabilities, samples) < NEGLIGIBLE
    if top == 0 or np.any(far & (means > top)):
        return 0.0
    rivals = means[(np.arange(len(means)) != winner) & ~far & (means > 0)]
    idle = max(0.0, samples - top - float(rivals.sum()))
    # Sums that differ from `samples` by a multiple of so much are not told apart; they have probability <
    # 1e-40.
    points = 14 * math.isqrt(samples) + 64
    frequencies = np.arange(points // 2 + 1)
    roots = np.exp(-2j * np.pi * np.arange(points) / points)
    spread = 9 * math.sqrt(top)
    low, high = max(0, int(top - spread - 9)), min(samples, int(top + spread + 20))
    below = np.array([_transform(_poisson(np.arange(low), mean), points) for mean in rivals])
    others = np.exp(idle * (roots[frequencies] - 1))
    total = np.zeros(len(frequencies), complex)
    step = max(1, _CHUNK // len(frequencies))
    for start in range(low, high + 1, step):
        counts = np.arange(start, min(start + step, high + 1))
        powers = roots[np.outer(counts, frequencies) % points]
        products = weights[:, None, None] * (_poisson(counts, top)[:, None] * powers)
        for j, mean in enumerate(rivals):
            level = _poisson(counts, mean)[:, None] * powers
            fewer = np.cumsum(level, axis=0)
            fewer += below[j]
            below[j] = fewer[-1]
            fewer -= level
            products *= fewer + nodes[:, None, None] * level
        total += products.sum(axis=(0, 1))
    coefficient = np.fft.irfft(total * others, points)[samples % points]
    return float(coefficient / _poisson(np.array([samples]), float(samples))[0])


def _poisson(counts: NDArray[np.int64], mean: float) -> FloatArray:
    """Probabilities of a Poisson number."""
    return np.asarray(np.exp(counts * math.log(mean) - mean - special.gammaln(counts + 1)))


def _transform(values: FloatArray, points: int) -> NDArray[np.complex128]:
    """`sum_i values[i] w^(i k)` at the first half of the frequencies, `w` the root of unity of `points`."""
    folded = np.bincount(np.arange(len(values)) % points, weights=values, minlength=points)
    return np.asarray(np.fft.rfft(folded))


def wrong_at_most(
    probabilities: FloatArray, winner: int, samples: int, epsilon: float = 0.0
) -> float:
    """An upper bound of `wrong_probability`: the sum over the rivals of the probability to reach the winner.

    Args:
        probabilities: as `wrong_probability`.
        winner: the class whose plurality is right.
        samples: draws.
        epsilon: the bound holds for every distribution that gives each event a probability within `epsilon`
            of this one's: each term grows with its rival's probability and falls with the winner's.

    Returns:
        The bound, at most 1; up to `PAIRS_UP_TO` samples each term that matters is exact.

    Example:
        >>> p = np.array([0.4, 0.3, 0.3])
        >>> wrong_probability(p, 0, 100) < wrong_at_most(p, 0, 100) < 2 * wrong_probability(p, 0, 100)
        True
    """
    least = float(probabilities[winner]) - epsilon
    rivals = np.delete(probabilities, winner) + epsilon
    bounds = _chernoff(least, rivals, samples)
    if samples <= PAIRS_UP_TO:
        for j in np.flatnonzero(bounds > SMALL * bounds.max()):
            bounds[j] = reach_probability(least, float(rivals[j]), samples)
    return min(1.0, float(bounds.sum()))


def reach_probability(winner: float, rival: float, samples: int) -> float:
    """Probability that one class is drawn at least as often as another, `P(N_j >= N_c)`; 0 and 0 is a tie.

    Both together are drawn a binomial number of times, `K`; given `K = k` the winner's share is binomial too.

    Args:
        winner: probability of the class that should be ahead.
        rival: probability of the other one, above 0.
        samples: draws.

    Returns:
        The probability, and `LEFT_OUT` for the tails of `K`.

    Example:
        >>> round(reach_probability(0.75, 0.25, 2), 12)
        0.4375
    """
    both = winner + rival
    mean = samples * both
    spread = 12 * math.sqrt(mean * max(0.0, 1 - both)) + 40
    low, high = max(0, int(mean - spread)), min(samples, math.ceil(mean + spread))
    either = np.arange(low, high + 1)
    share = scipy.stats.binom.pmf(either, samples, min(both, 1.0))
    reached = special.bdtr(either // 2, either, winner / both)
    return float(share @ reached) + LEFT_OUT


def _chernoff(winner: float, rivals: FloatArray, samples: int) -> FloatArray:
    """Bound of the probability that the less probable of two classes is drawn as often as the other."""
    lost = (math.sqrt(winner) - np.sqrt(rivals)) ** 2
    return np.asarray(np.exp(samples * np.log1p(-np.minimum(lost, 1 - 1e-16))))


def least_samples(
    probabilities: FloatArray, winner: int, error: float, epsilon: float = 0.0
) -> tuple[int, float, bool] | None:
    """The smallest number of samples whose plurality is wrong with a probability of at most `error`.

    The probability to be wrong does not fall at every step: a tie counts as wrong, and an even number of
    samples has more of them. So one more sample than this number may not be enough. The number itself is
    enough, one less is not; a search by halves over neighbouring pairs finds it, and steps down from there.

    Args:
        probabilities: as `wrong_probability`.
        winner: the one class of the largest probability.
        error: in (0, 1).
        epsilon: as `wrong_at_most`, which is then used at every number of samples; less than half of what the
            winner is ahead.

    Returns:
        The number; the probability to be wrong, or its bound; whether that is exact. None where more than
        `MOST_SAMPLES` are needed.

    Example:
        >>> number, wrong, is_exact = least_samples(np.array([0.75, 0.25]), 0, 0.01)
        >>> number, is_exact, wrong <= 0.01 < wrong_probability(np.array([0.75, 0.25]), 0, number - 1)
        (19, True, True)
    """
    known: dict[int, float] = {}

    def is_exact(n: int) -> bool:
        return n <= EXACT_UP_TO and error >= LEAST_EXACT_ERROR and not epsilon

    def wrong(n: int) -> float:
        if n not in known:
            known[n] = (
                wrong_probability(probabilities, winner, n)
                if is_exact(n)
                else wrong_at_most(probabilities, winner, n, epsilon)
            )
        return known[n]

    def enough(n: int) -> bool:
        return wrong(n) <= error

    rival = float(np.delete(probabilities, winner).max(initial=0.0))
    guess = _guess(float(probabilities[winner]) - epsilon, rival + epsilon, error)
    most = _first(lambda n: enough(n) and enough(n + 1), guess)
    if most is None:
        return None
    if most <= 40:
        most = next(n for n in range(1, most + 1) if enough(n))
    while most > 2 and enough(most - 2):
        most -= 2
    while most > 1 and enough(most - 1):
        most -= 1
    return most, wrong(most), is_exact(most)


def enough_samples(distances: FloatArray, error: float) -> int | None:
    """Samples that are enough by Chernoff's bound, `sum_j (1 - d_j^2)^n <= error`.

    Args:
        distances: at least by so much the square root of the winner's probability exceeds that of each rival.
        error: in (0, 1).

    Returns:
        The smallest such number; 1 without rivals. None where a distance is not positive, or more than
        `MOST_SAMPLES` are needed.

    Example:
        >>> enough_samples(np.array([0.1]), 0.01), 0.99**459 <= 0.01 < 0.99**458
        (459, True)
    """
    if not len(distances):
        return 1
    if distances.min() <= 0:
        return None
    logs = np.log1p(-np.minimum(distances**2, 1 - 1e-16))

    def enough(n: int) -> bool:
        return float(np.exp(n * logs).sum()) <= error

    return _first(enough, max(1, int(min(math.log(error) / logs.max(), MOST_SAMPLES))))


def _guess(winner: float, rival: float, error: float) -> int:
    """Where to begin: the normal approximation of two classes."""
    gap = winner - rival
    quantile = max(1.0, float(-special.ndtri(error)))
    size = quantile**2 * (winner + rival - gap**2) / gap**2
    return max(1, int(min(size, MOST_SAMPLES)))


def _first(holds: Callable[[int], bool], guess: int) -> int | None:
    """The first number at which something holds that holds from there on, sought from a guess."""
    low, high = 0, guess
    while not holds(high):
        low, high = high, high + max(1, high // 4)
        if high > MOST_SAMPLES:
            return None
    if low == 0:
        step = max(1, high // 4)
        while high > step and holds(high - step):
            high -= step
            step = max(1, high // 4)
        low = max(0, high - step)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
