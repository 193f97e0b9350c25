"""How many bits an angle of each loaded piece takes: the fewest with which the stated epsilon is kept."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from typing import Any

import attrs
from qualtran import Bloq

from bloqs.loading.angles import MAX_ANGLE_BITS, MIN_ANGLE_BITS
from bloqs.loading.charges import Charges
from bloqs.networks.plan import Degrees, Plan

Bits = tuple[int, ...]
"""Bits of a tabulated angle: of the input, then of each layer's piece. Exact angles have 0."""


def fewest_common_bits(is_enough: Callable[[int], bool], guess: int = MIN_ANGLE_BITS) -> int | None:
    """The fewest bits for all pieces alike, where nothing but sizes is known of them.

    Args:
        is_enough: whether a number of bits keeps the epsilon; every bit halves the rounding, so that what is
            enough stays enough.
        guess: tried first, and then the next one to it; changes nothing but the time.

    Returns:
        The bits; None where the most there are do not do.

    Example:
        >>> fewest_common_bits(lambda bits: 2.0**-bits <= 1e-3)
        10
    """
    guess = min(max(guess, MIN_ANGLE_BITS), MAX_ANGLE_BITS)
    low, high = MIN_ANGLE_BITS, MAX_ANGLE_BITS + 1
    if is_enough(guess):
        high = guess
        if guess > low and not is_enough(guess - 1):
            return guess
    else:
        low = guess + 1
        if low < high and is_enough(low):
            return low
    choices = range(low, high)
    found = low + bisect.bisect_left(choices, True, key=is_enough)
    return None if found > MAX_ANGLE_BITS else found


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


REACH = 3
"""Bits more or less than those for all pieces alike, at most.

More gain less than a few per cent, take as much time again, and are the first to be dearer where the network
is costed under other charges than it was chosen for.
"""

MAX_TRIALS = 30
"""Bits that are checked before those for all alike are taken; the first or second do as a rule."""

CLOSE = 1.1
"""Errors to first order are right within this factor."""

NEARLY = 1.002
"""And those that others were compared with, within this one."""

NEGLIGIBLE = 1e-9
"""A part of the error allowed that is none: exact angles, and weights that are multiples of the grid."""


@attrs.frozen(slots=False)
class Prices:
    """T of a run of a network by shape, whose pieces have so many bits.

    Parameters:
        plan: by shape, of bits.
        degrees: its choices.
        num_pieces: the input and the layers.
        charges: what is charged of a query of a hardware memory, and of an unload.
        known: what the pieces cost, of bits that all of them have; shared by networks of the same pieces.
        gates: of all that was counted for it; shared likewise.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> plan = lambda bits: Plan(LoadedVector(None, "qrom", bits[0], bitsize=4), stages=())
        >>> prices = Prices(plan, (), 1, Charges(), {}, {})
        >>> prices((13,)) - prices((12,))
        16.0
    """

    plan: Callable[[Bits], Plan]
    degrees: Degrees
    num_pieces: int
    charges: Charges
    known: dict[int, tuple[float, ...]] = attrs.field(repr=False)
    gates: dict[Bloq, Any] = attrs.field(repr=False)

    @cached_property
    def _calls(self) -> tuple[float, ...]:
        bits = (MAX_ANGLE_BITS,) * self.num_pieces
        return of_layers(self.plan(bits).calls_of_pieces(self.degrees))

    def of_piece(self, piece: int, bits: int) -> float:
        """The cost of all calls of a piece.

        Args:
            piece: 0 for the input, then the layers.
            bits: of its angles.

        Returns:
            T, about; infinite where a piece refuses so few bits.
        """
        if bits not in self.known:
            try:
                costs = self.plan((bits,) * self.num_pieces).piece_costs(self.charges, self.gates)
            except ValueError:
                costs = (math.inf,) * (2 * self.num_pieces - 1)
            self.known[bits] = of_layers(costs)
        return self.known[bits][piece] * self._calls[piece]

    def __call__(self, bits: Bits) -> float:
        """The cost of bits.

        Args:
            bits: of the input and of each layer's piece.

        Returns:
            T, about; what is not loaded counts as nothing.
        """
        return sum(self.of_piece(i, b) for i, b in enumerate(bits))


def trades(
    alike: Bits,
    errors: Sequence[float],
    room: float,
    most: float,
    price_of_piece: Callable[[int, int], float],
) -> Iterator[tuple[float, float, Bits]]:
    """Bits exchanged between pieces: fewer where a bit is dear, more where it is cheap.

    A piece that is called often, or has large tables, pays more for a bit than one that is called seldom,
    and what it leaves of the error others can make good. Price and error are sums over the pieces, so that
    whatever is dearer than another beginning, and errs more, cannot become the cheapest.

    Args:
        alike: the same bits for all pieces, within `REACH` of which the others lie.
        errors: at these, what each piece adds to the error, which grows with `2**-b`; 0 for exact ones.
        room: for the sum of the errors.
        most: the largest price.
        price_of_piece: of a piece, by its number, and its bits.

    Yields:
        Price, error and bits, the cheapest first; whatever is dearer errs less.

    Example:
        >>> found = trades((10, 10), (2**-10,) * 2, 0.0025, 100, lambda i, bits: (9, 1)[i] * bits)
        >>> price, error, bits = next(found)
        >>> price, bits
        (92.0, (9, 11))
    """
    frontier: list[tuple[float, float, Bits]] = [(0.0, 0.0, ())]
    for i, (b, error) in enumerate(zip(alike, errors, strict=True)):
        options = [(error, price_of_piece(i, b), b)]
        if error > NEGLIGIBLE * room:
            low, high = max(b - REACH, MIN_ANGLE_BITS), min(b + REACH, MAX_ANGLE_BITS)
            options = [
                (error * 2.0 ** (b - c), price_of_piece(i, c), c) for c in range(low, high + 1)
            ]
        longer = sorted(
            (price + more, total + part, (*bits, c))
            for price, total, bits in frontier
            for part, more, c in options
            if total + part <= room and price + more <= most
        )
        frontier, best = [], math.inf
        for price, total, bits in longer:
            if total < best:
                frontier.append((price, total, bits))
                best = total
    yield from frontier


def fewest_by_price(
    starts: Collection[Bits],
    is_enough: Callable[[Bits], bool],
    pieces: Collection[int],
    price: Callable[[Bits], float],
) -> Bits:
    """The cheapest of what `fewer_bits` and `more_for_less` make of several beginnings.

    Args:
        starts: bits that are enough.
        is_enough: whether bits keep the epsilon.
        pieces: those that may be lowered, and raised again.
        price: of bits, a sum over the pieces.

    Returns:
        Bits that are enough.

    Example:
        >>> is_enough = lambda bits: 2.0**-bits[0] + 2.0**-bits[1] <= 1.1e-3
        >>> fewest_by_price([(12, 12), (11, 15)], is_enough, (0, 1), lambda bits: 5 * bits[0] + bits[1])
        (10, 13)
    """
    most = max(map(max, starts))
    fewest = (fewer_bits(start, is_enough, pieces) for start in starts)
    return min((more_for_less(bits, is_enough, pieces, price, most) for bits in fewest), key=price)


def more_for_less(
    bits: Bits,
    is_enough: Callable[[Bits], bool],
    pieces: Collection[int],
    price: Callable[[Bits], float],
    most: int,
) -> Bits:
    """More bits where they cost less, and fewer of the pieces that need no more for that.

    A word of `2**k - 1` qubits or more frees so many when it is measured (`MeasuredUnload`), which makes its
    unload cheaper: a bit more may cost less than nothing. By a second lookup it never does.

    Args:
        bits: that are enough.
        is_enough: whether bits keep the epsilon.
        pieces: those that may be raised or lowered.
        price: of bits, a sum over the pieces.
        most: bits of a piece that is raised.

    Returns:
        Bits that are enough, and no dearer.

    Example:
        >>> is_enough = lambda bits: 2.0**-bits[0] + 2.0**-bits[1] <= 2.2e-3
        >>> more_for_less((10, 10), is_enough, (0, 1), lambda bits: bits[0] + 9 * (bits[1] % 4), 15)
        (9, 12)
    """
    while True:
        raised = bits
        for i in pieces:
            options = range(bits[i], max(bits[i], most) + 1)
            raised = min(((*raised[:i], b, *raised[i + 1 :]) for b in options), key=price)
        if raised == bits or not is_enough(raised):
            return bits
        fewer = fewer_bits(raised, is_enough, [i for i in pieces if raised[i] == bits[i]])
        if price(fewer) >= price(bits):
            return bits
        bits = fewer


def of_layers(values: Sequence[float]) -> tuple[float, ...]:
    """Of the input and every layer, without the amplifications after them, which load nothing.

    Args:
        values: of the input and of every stage.

    Returns:
        Every other one after the first.

    Example:
        >>> of_layers((1.0, 2.0, 0.0, 3.0, 0.0))
        (1.0, 2.0, 3.0)
    """
    return (values[0], *values[1::2])
