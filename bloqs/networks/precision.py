"""How many bits an angle of each loaded piece takes: the fewest with which the stated epsilon is kept."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Collection, Iterator, Sequence

import attrs

from bloqs.loading.angles import MAX_ANGLE_BITS, MIN_ANGLE_BITS
from bloqs.loading.memory import MemoryModel
from bloqs.networks.plan import Degrees, Plan

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


MAX_TRIALS = 40
"""Bits that are checked before the exchange ends: it takes about ten for networks of four blocks."""

FEW_PIECES = 8
"""Up to so many pieces two at a time are given a bit more for one that has a bit less."""

NEGLIGIBLE = 1e-9
"""A part of the error allowed that is none: exact angles, and weights that are multiples of the grid."""


@attrs.frozen
class Trade:
    """Bits exchanged between pieces: fewer where a bit is dear, more where it is cheap.

    A piece that is called often, or has large tables, pays more for a bit than one that is called seldom,
    and what it leaves of the error others can make good. The error grows with `2**-b` of each piece.

    Parameters:
        stated: the epsilon of bits.
        allowed: of it.
        errors: at the bits of the start, what each piece adds to the error, to first order.
        prices: T of one bit of each piece.

    Example:
        >>> trade = Trade(lambda bits: sum(2.0**-b for b in bits), 0.003, (2**-10,) * 2, (9.0, 1.0))
        >>> trade.best((10, 10))
        (9, 10)
        >>> Trade(lambda bits: sum(2.0**-b for b in bits), 0.0025, (2**-10,) * 2, (9.0, 1.0)).best((10, 10))
        (9, 11)
    """

    stated: Callable[[Bits], float]
    allowed: float
    errors: Sequence[float]
    prices: Sequence[float]

    def _steps(
        self, bits: Bits, errors: Sequence[float], room: float
    ) -> Iterator[tuple[float, Bits]]:
        """What is saved, and the bits: one piece with a bit less, at most two with a bit more."""
        places = [i for i, error in enumerate(errors) if error > NEGLIGIBLE * self.allowed]
        most = 2 if len(places) <= FEW_PIECES else 1
        for i in places:
            others = [j for j in places if self.prices[j] < self.prices[i]]
            for raised in itertools.chain.from_iterable(
                itertools.combinations(others, count) for count in range(most + 1)
            ):
                saved = self.prices[i] - sum(self.prices[j] for j in raised)
                more = errors[i] - sum(errors[j] / 2 for j in raised)
                new = tuple(b - (k == i) + (k in raised) for k, b in enumerate(bits))
                if (
                    saved > 0
                    and more <= room
                    and new[i] >= MIN_ANGLE_BITS
                    and max(new) <= MAX_ANGLE_BITS
                ):
                    yield saved, new

    def best(self, bits: Bits) -> Bits:
        """The cheapest bits that are found.

        Args:
            bits: that are enough, to start from.

        Returns:
            Bits that are enough and not dearer.
        """
        errors, refused = tuple(self.errors), set[Bits]()
        room = self.allowed - self.stated(bits)
        for _ in range(MAX_TRIALS):
            steps = [step for step in self._steps(bits, errors, room) if step[1] not in refused]
            if not steps:
                break
            _, new = max(steps)
            stated = self.stated(new)
            if stated > self.allowed:
                refused.add(new)
                continue
            errors = tuple(e * 2.0 ** (b - c) for e, b, c in zip(errors, bits, new, strict=True))
            bits, room = new, self.allowed - stated
        return bits


def fewest_by_price(
    starts: Collection[Bits],
    is_enough: Callable[[Bits], bool],
    pieces: Collection[int],
    prices: Sequence[float],
) -> Bits:
    """The cheapest of what `fewer_bits` makes of several beginnings.

    Args:
        starts: bits that are enough.
        is_enough: whether bits keep the epsilon.
        pieces: those that may be lowered.
        prices: T of one bit of each piece.

    Returns:
        Bits that are enough.

    Example:
        >>> is_enough = lambda bits: 2.0**-bits[0] + 2.0**-bits[1] <= 1.1e-3
        >>> fewest_by_price([(12, 12), (11, 15)], is_enough, (0, 1), (5.0, 1.0))
        (10, 13)
    """

    def price(bits: Bits) -> float:
        return sum(b * one for b, one in zip(bits, prices, strict=True))

    return min((fewer_bits(start, is_enough, pieces) for start in starts), key=price)


def bit_prices(
    plan: Callable[[Bits], Plan], degrees: Degrees, bits: Bits, memory: MemoryModel
) -> tuple[float, ...]:
    """T of a run that one bit more of each piece costs, about.

    Args:
        plan: by shape, of bits.
        degrees: its choices.
        bits: where the price is asked.
        memory: how a query of a hardware memory is charged.

    Returns:
        One number for the input and one a layer.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> from bloqs.loading.memory import SELECT_SWAP
        >>> plan = lambda bits: Plan(LoadedVector(None, "qrom", bits[0], bitsize=4), stages=())
        >>> bit_prices(plan, (), (12,), SELECT_SWAP)
        (16.0,)
    """
    here = plan(bits)
    costs = (one.piece_costs(memory) for one in (here, plan(tuple(b + 1 for b in bits))))
    steps = (after - before for before, after in zip(*costs, strict=True))
    calls = here.calls_of_pieces(degrees)
    return _of_layers([step * count for step, count in zip(steps, calls, strict=True)])


def traded_bits(
    plan: Callable[[Bits], Plan],
    degrees: Degrees,
    alike: Bits,
    allowed: float,
    memory: MemoryModel,
) -> tuple[Bits, tuple[float, ...]]:
    """Bits of each piece, from the same for all to those that cost least by `Trade`; T of one bit of each.

    Args:
        plan: by shape, of bits.
        degrees: its choices.
        alike: bits that are enough, the same for all.
        allowed: of the epsilon that the plan states.
        memory: how a query of a hardware memory is charged.

    Returns:
        Bits that are enough and not dearer; the prices.

    Example:
        >>> from bloqs.networks import load_example
        >>> network = load_example("digits-1").spec.cost_bloq(output="heralded")
        >>> network.facts.remarks["angle bits of each piece"]  # the columns of the output are dearest
        'input 16, block 1 16, output 15'
    """
    prices = bit_prices(plan, degrees, alike, memory)
    errors = _of_layers(plan(alike).rounding_parts())
    trade = Trade(lambda bits: plan(bits).stated_epsilon(degrees), allowed, errors, prices)
    return trade.best(alike), prices


def _of_layers(values: Sequence[float]) -> tuple[float, ...]:
    """Of the input and every layer, without the amplifications after them, which load nothing."""
    return (values[0], *values[1::2])
