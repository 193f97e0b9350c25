"""How far an encoded vector is off: in direction, and in a scale that is known to lie in a band."""

from __future__ import annotations

import math
from typing import Any

import attrs

from bloqs.checks import real_array
from bloqs.messages import shown

Bounds = tuple[float, float]
"""An interval `(lo, hi)`."""


def to_bounds(value: Any) -> Bounds | None:
    """Converter of a field: a pair of numbers as a tuple, so that a stored bloq is equal to itself; or None.

    Args:
        value: `(lo, hi)`, `0 < lo <= hi`, or None.

    Returns:
        The pair as two floats; None for None.

    Raises:
        ValueError: no pair of numbers, or not ordered and positive.

    Example:
        >>> to_bounds([1, 2])
        (1.0, 2.0)
    """
    if value is None:
        return None
    pair = tuple(real_array(value, "norm_bounds").ravel().tolist())
    if len(pair) != 2 or not 0 < pair[0] <= pair[1] < math.inf:
        raise ValueError(
            f"norm_bounds is a pair (lo, hi) with 0 < lo <= hi, or None, got {shown(value)}"
        )
    return pair


class InadmissibleError(ValueError):
    """A layer cannot be built with a choice, or for an error asked; the solver tries another one.

    Example:
        >>> issubclass(InadmissibleError, ValueError)
        True
    """


def direction_error(epsilon: float) -> float:
    """Largest error of a normalised vector: `||x/||x|| - v||` for unit v and `||x - v|| <= epsilon`.

    It is `2 sin(asin(epsilon)/2)`, exactly: the angle between the two is at most `asin(epsilon)`, and the
    chord is twice the sine of half of it.

    Args:
        epsilon: bound of the 2-norm error before x is normalised.

    Returns:
        The bound of the error after; 2 once epsilon >= 1.

    Example:
        >>> round(direction_error(0.1), 6)
        0.100126
    """
    return 2.0 if epsilon >= 1 else 2 * math.sin(math.asin(epsilon) / 2)


@attrs.frozen
class ScaledError:
    """A vector x known up to a scale: `x = c r (v + d)` with `||d|| <= error` and r in `[low, high]`.

    c is the number that whoever states this divides by: the reference amplitude of an encoding, or one over
    the scale of a map. What a layer does to a direction hardly depends on r, which is therefore no error.

    Parameters:
        error: bound of the 2-norm of d.
        low: smallest r, positive.
        high: largest r.

    Example:
        >>> known = ScaledError(1e-3, 0.98, 1.03)
        >>> round(known.deviation, 6)
        0.03
    """

    error: float
    low: float = 1.0
    high: float = 1.0

    @property
    def deviation(self) -> float:
        """Largest `|r - 1|`."""
        return max(abs(self.low - 1), abs(self.high - 1))

    @property
    def inverse_deviation(self) -> float:
        """Largest `|1/r - 1|`."""
        return max(abs(1 / self.low - 1), abs(1 / self.high - 1))

    def amplitudes(self, norms: Bounds, scale: float) -> Bounds:
        """The amplitudes of x for a v of a norm within bounds, and c = 1/scale.

        Args:
            norms: `(lo, hi)` of `||v||`.
            scale: one over c.

        Returns:
            `(low (lo - error)/scale, high (hi + error)/scale)`, at most 1.

        Raises:
            InadmissibleError: the error leaves no positive lower bound.

        Example:
            >>> ScaledError(0.1, 0.5, 1.0).amplitudes((0.9, 1.4), scale=2.0)
            (0.2, 0.75)
        """
        lo, hi = norms
        if self.error >= lo:
            raise InadmissibleError(
                f"error {self.error:.3g} of a layer reaches its smallest norm {lo:.3g}"
            )
        high = min(1.0, self.high * (hi + self.error) / scale)
        return min(high, self.low * (lo - self.error) / scale), high
