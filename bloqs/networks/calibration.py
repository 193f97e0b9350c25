"""Bounds measured on images: how much wider they are than what was found."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bloqs.checks import number
from bloqs.layers.shapes import Bounds

LEAST_MARGIN = 0.003
"""Norms are widened by this much at least: an image like those measured may lie a little outside."""

MOST_TAIL = 0.1
"""No larger share of the images is left out at an end of a norm."""

FloatArray = npt.NDArray[np.float64]


def check_margin(margin: float, tail: float = 0.0) -> None:
    """Refuse a margin below `LEAST_MARGIN`, or infinite, and a share outside [0, `MOST_TAIL`].

    Args:
        margin: by which bounds are widened, relative.
        tail: share of the images that is left out at each end.

    Raises:
        ValueError: one of them is out of range.

    Example:
        >>> check_margin(0.0)
        Traceback (most recent call last):
            ...
        ValueError: margin must be at least 0.003 and finite, found 0.0
    """
    number(margin, "margin")
    if not LEAST_MARGIN <= margin < math.inf:
        raise ValueError(f"margin must be at least {LEAST_MARGIN} and finite, found {margin}")
    number(tail, "tail")
    if not 0 <= tail <= MOST_TAIL:
        raise ValueError(f"tail must lie in [0, {MOST_TAIL}], found {tail}")


def widened_norms(norms: FloatArray, margin: float, tail: float = 0.0) -> list[Bounds]:
    """`[a/w, b w]` around the norms found, `w = min(1 + margin, (b/a)**(1/8))`, at least 1.003.

    The widening follows the spread: where the norms hardly vary between images, a wide interval would buy no
    coverage and cost amplification degree. An interval that leaves out images is not widened.

    Args:
        norms: float64 `(B, number of layers)`.
        margin: the widening at most.
        tail: above 0 the interval is that between two quantiles, and leaves out this share of the norms at
            each end.

    Returns:
        `(lo, hi)` for each layer.

    Example:
        >>> widened_norms(np.array([[1.0], [1.0]]), 0.1)
        [(0.99..., 1.00...)]
        >>> widened_norms(np.arange(1.0, 12.0)[:, None], 0.1, tail=0.1)
        [(2.0, 10.0)]
    """
    if tail:
        ends = np.quantile(norms, [tail, 1 - tail], axis=0)
        return [(float(lo), float(hi)) for lo, hi in ends.T]
    bounds = []
    for lo, hi in zip(norms.min(axis=0), norms.max(axis=0), strict=True):
        factor = max(1 + LEAST_MARGIN, min(1.0 + margin, (hi / lo) ** 0.125))
        bounds.append((float(lo / factor), float(hi * factor)))
    return bounds


def widened_amplitudes(amplitudes: FloatArray, margin: float) -> list[float]:
    """The largest amplitudes found, times `1 + margin`.

    A layer whose convolution vanishes on every image still needs a positive bound.

    Args:
        amplitudes: float64 `(B, number of layers)`.
        margin: as in `widened_norms`.

    Returns:
        A bound for each layer.

    Example:
        >>> widened_amplitudes(np.array([[0.1, 0.0], [0.2, 0.0]]), 0.5)
        [0.30..., 1e-12]
    """
    return [float(max(peak * (1.0 + margin), 1e-12)) for peak in amplitudes.max(axis=0)]
