"""From which N on the quantum computer is faster, for stated clock rates, on measured curves only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.checks import finite_array

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[np.float64]

EQUAL = 0.05
"""Exponents that differ by less are called equal: fixed costs bend a measured slope by that much."""

BASES = {
    "T-count": ("t_count", "one T after another"),
    "T-depth": ("t_depth", "a layer of T a tick, as many factories as that takes"),
    "all gates": ("gate_count", "one gate after another, Cliffords included"),
}
"""What a tick of the quantum clock does: column of the data, and in words. An oracle query takes one too."""


def ticks(rows: pd.DataFrame, basis: str) -> Array:
    """Ticks of the quantum clock that one good sample takes.

    The oracle has no gates in it, so that its queries take a tick each, side by side with the gates. A run
    whose flag is not seen is run again: the counts are divided by the success probability.

    Args:
        rows: of the data of a study.
        basis: a key of `BASES`.

    Returns:
        float64, shape `(rows,)`.

    Example:
        >>> import pandas as pd
        >>> row = {"t_count": 900, "qram_queries": 40, "qram": "oracle", "success_probability": 0.9}
        >>> ticks(pd.DataFrame([row]), "T-count")
        array([1000.])
    """
    counts = rows[BASES[basis][0]].to_numpy(dtype=np.float64)
    queries = rows["qram_queries"].where(rows["qram"] == "oracle", 0).to_numpy(dtype=np.float64)
    probability = rows["success_probability"].to_numpy(dtype=np.float64)
    return np.asarray(np.maximum(counts, queries) / probability)


@attrs.frozen(kw_only=True)
class Crossover:
    """Where two curves cross.

    Parameters:
        log2_n: `log2 N` from which on the quantum time is the smaller one, as far as was measured; None where
            that is nowhere.
        words: the same in words, with the reason where there is none.
        quantum_exponent: slope of the quantum time at the end of the range.
        classical_exponent: of the classical time.
        hours: of the quantum run at the crossover (at the largest N where there is none).

    Example:
        >>> n = np.array([10.0, 20.0, 30.0])
        >>> crossover(n, 2.0**n, 2.0**n / 8).words
        'none, equal exponents: 1.00, 1.00'
    """

    log2_n: float | None
    words: str
    quantum_exponent: float
    classical_exponent: float
    hours: float


def crossover(log2_n: Array, quantum: Array, classical: Array) -> Crossover:
    """Where the quantum time falls below the classical one for good, within the range measured.

    Between points both times are interpolated on a doubly logarithmic scale; nothing is extrapolated.

    Args:
        log2_n: rising, shape `(B,)`, at least 3.
        quantum: seconds, positive, shape `(B,)`.
        classical: seconds, positive, shape `(B,)`.

    Returns:
        The place, or the reason why there is none.

    Raises:
        ValueError: fewer than three points, not rising, or times that are not positive.

    Example:
        >>> n = np.array([10.0, 20.0, 30.0])
        >>> found = crossover(n, 2.0**n, 2.0 ** (2 * n - 15))
        >>> found.log2_n, found.words
        (15.0, '2^15.0')
    """
    n, q, c = (
        finite_array(values, name)
        for values, name in ((log2_n, "log2_n"), (quantum, "quantum"), (classical, "classical"))
    )
    if not (n.shape == q.shape == c.shape) or n.ndim != 1 or len(n) < 3 or np.any(np.diff(n) <= 0):
        raise ValueError(
            "a crossover needs at least three points (log2_n, quantum, classical), at rising N"
        )
    if not (np.all(q > 0) and np.all(c > 0)):
        raise ValueError("a crossover needs positive times, quantum and classical")
    gap = np.log2(q) - np.log2(c)
    slopes = tuple(float(np.polyfit(n[-3:], np.log2(v)[-3:], 1)[0]) for v in (q, c))
    place, words = _place(n, gap, slopes)
    at = n[-1] if place is None else place
    hours = float(2 ** np.interp(at, n, np.log2(q))) / 3600
    return Crossover(
        log2_n=place,
        words=words,
        quantum_exponent=slopes[0],
        classical_exponent=slopes[1],
        hours=hours,
    )


def _place(n: Array, gap: Array, slopes: tuple[float, ...]) -> tuple[float | None, str]:
    slower = np.flatnonzero(gap >= 0)
    if len(slower) == 0:
        return float(n[0]), f"below 2^{n[0]:g}, the smallest N measured"
    last = int(slower[-1])
    if last < len(n) - 1:
        share = gap[last] / (gap[last] - gap[last + 1])
        place = float(n[last] + share * (n[last + 1] - n[last]))
        return place, f"2^{place:.1f}"
    words = f"none up to 2^{n[-1]:g}"
    quantum, classical = slopes
    if abs(quantum - classical) < EQUAL:
        words = f"none, equal exponents: {quantum:.2f}, {classical:.2f}"
    elif quantum > classical:
        words = f"none, larger exponent: {quantum:.2f}, {classical:.2f}"
    return None, words
