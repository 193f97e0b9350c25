"""How many bits an angle of each loaded piece takes: the fewest with which the stated epsilon is kept."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Collection

from bloqs.loading.angles import MAX_ANGLE_BITS, MIN_ANGLE_BITS

Bits = tuple[int, ...]
"""Bits of a tabulated angle: of the input, then of each layer's piece. Exact angles have 0."""


def fewest_common_bits(is_enough: Callable[[int], bool]) -> int | None:
    """The fewest bits for all pieces alike, where nothing but sizes is known of them.

    Args:
        is_enough: whether a number of bits keeps the epsilon; every bit halves the rounding, so that what is
            enough stays enough.

    Returns:
        The bits; None where the most there are do not do.

    Example:
        >>> fewest_common_bits(lambda bits: 2.0**-bits <= 1e-3)
        10
    """
    choices = range(MIN_ANGLE_BITS, MAX_ANGLE_BITS + 1)
    found = bisect.bisect_left(choices, True, key=is_enough)
    return None if found == len(choices) else choices[found]


def fewer_bits(bits: Bits, is_enough: Callable[[Bits], bool], pieces: Collection[int]) -> Bits:
    """Fewer bits where the rounded weights are known: all pieces alike at first, then each by itself.

    The last piece is the first to be lowered: the columns of an output layer have the largest tables. Weights
    that are exact in tables of b bits (`NetworkSpec.quantized`) come down to b.

    Args:
        bits: that are enough.
        is_enough: whether bits keep the epsilon.
        pieces: those that may be lowered; the others have no tables.

    Returns:
        Bits that are enough, none of which can be lowered by one.

    Example:
        >>> rounding = lambda bits: 2.0**-bits[0] + (2.0**-bits[1] if bits[1] < 5 else 0)
        >>> fewer_bits((12, 12), lambda bits: rounding(bits) <= 1e-3, (0, 1))
        (10, 5)
    """
    while True:
        lower = tuple(b - 1 if i in pieces else b for i, b in enumerate(bits))
        if not pieces or min(lower[i] for i in pieces) < MIN_ANGLE_BITS or not is_enough(lower):
            break
        bits = lower
    for i in sorted(pieces, reverse=True):
        while bits[i] > MIN_ANGLE_BITS:
            lower = (*bits[:i], bits[i] - 1, *bits[i + 1 :])
            if not is_enough(lower):
                break
            bits = lower
    return bits
