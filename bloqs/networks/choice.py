"""Degrees and bits of a network, chosen together: what polynomials take of the error costs bits of data."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import attrs
from qualtran import Bloq

from bloqs.loading.angles import MAX_ANGLE_BITS
from bloqs.loading.charges import Charges
from bloqs.networks.plan import Degrees, Plan
from bloqs.networks.precision import (
    CLOSE,
    MAX_TRIALS,
    NEARLY,
    Bits,
    Prices,
    fewest_common_bits,
    of_layers,
    trades,
)
from bloqs.networks.solver import solutions


@attrs.frozen
class Choice:
    """Degrees of a network, and bits of its pieces by shape.

    Parameters:
        degrees: one a stage.
        common: the fewest bits that are enough for all pieces alike; None where nothing is rounded.
        bits: of the input and of each layer's piece, those that cost least; None likewise.
        cost: T of a sample, about.
        room: what the polynomials leave of the epsilon.
        prices: of other bits; None where nothing is rounded.

    Example:
        >>> Choice(degrees=(0, 3), common=None, bits=None, cost=10.0, room=1e-3).bits is None
        True
    """

    degrees: Degrees
    common: int | None
    bits: Bits | None
    cost: float
    room: float
    prices: Prices | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen
class CheapestChoice:
    """Finds the degrees and bits with which a network by shape costs least.

    The cheapest degrees for exact data may leave little of epsilon to the data, whose tables then take more
    bits than those of degrees that are dearer by themselves. A bit more or less is a few per cent of the
    cost, so that only degrees nearly as cheap are weighed. They are also those of a smaller epsilon: without
    them, a larger one could cost more.

    Parameters:
        exact: the network with exact data; its weights are of nominal bits.
        plan: of bits; None where nothing is rounded.
        pieces: the input and the layers.
        polynomial: share of epsilon of the polynomials, absolute.
        allowed: that of polynomials and data together.
        charges: what is charged of a query of a hardware memory, and of an unload.
        has_common_bits: whether all pieces have the same bits, and degrees are not exchanged.

    Example:
        >>> from bloqs.networks import load_example
        >>> network = load_example("digits-1").spec.cost_bloq(output="heralded")  # chosen so
        >>> network.facts.activation_degrees, network.facts.remarks["angle bits of each piece"]
        ([2], 'input 16, block 1 16, output 15')
    """

    exact: Plan
    plan: Callable[[Bits], Plan] | None
    pieces: int
    polynomial: float
    allowed: float
    charges: Charges
    has_common_bits: bool = False

    def best(self) -> Choice:
        """The choice.

        Returns:
            Degrees and bits.

        Raises:
            ValueError: epsilon is out of reach, of polynomials or of bits.
        """
        best: Choice | None = None
        least = of_a_bit = math.inf
        known: dict[int, tuple[float, ...]] = {}
        gates: dict[Bloq, Any] = {}
        has_exchanges = not self.has_common_bits
        for degrees in solutions(self.exact, self.polynomial, has_exchanges=has_exchanges):
            cost = self.exact.cost_per_sample(degrees)
            room = self.allowed - self.exact.stated_epsilon(degrees)
            if self.plan is None:
                return Choice(degrees, None, None, cost, room)
            if best is not None:
                if cost - of_a_bit * math.log2(self.allowed / best.room) >= least:
                    break
                if room <= best.room or cost - of_a_bit * math.log2(room / best.room) >= least:
                    continue
            prices = Prices(self.plan, degrees, self.pieces, self.charges, known, gates)
            found = self._with_bits(prices, room)
            if found is not None and (best is None or found.cost < best.cost):
                best, least = found, cost
                of_a_bit = self._of_a_bit(found)
        if best is None:
            raise ValueError(
                f"an error of {self.allowed:.3g}, the share of polynomials and data, needs more than "
                f"{MAX_ANGLE_BITS} bits an angle; ask for a larger epsilon"
            )
        return best

    def _with_bits(self, prices: Prices, room: float) -> Choice | None:
        """Degrees with the bits that they take; None where there are not enough."""
        plan, degrees = prices.plan, prices.degrees

        @cache
        def made_of(bits: Bits) -> tuple[float, float]:
            """Stated epsilon, and expected runs; infinite where the errors are too large for a layer."""
            try:
                found = plan(bits).assemble(degrees)
            except ValueError:
                return math.inf, math.inf
            return float(found.epsilon), float(found.alpha) ** 2

        # Every bit halves the errors; what is refused with the most bits is refused with any.
        least = sum(plan((MAX_ANGLE_BITS,) * self.pieces).rounding_parts())
        guess = MAX_ANGLE_BITS + math.ceil(math.log2(least / room)) if least > 0 else 0
        common = fewest_common_bits(lambda b: made_of((b,) * self.pieces)[0] <= self.allowed, guess)
        if common is None:
            return None
        best = alike = (common,) * self.pieces
        if self.has_common_bits:
            return Choice(degrees, common, best, prices(best) * made_of(best)[1], room, prices)
        stated, runs = made_of(alike)
        cost = prices(alike) * runs
        # What the errors really add is what is stated beyond the polynomials' part: of it, to first order, so
        # much; each that is checked tells it better.
        exact = self.allowed - room
        errors = of_layers(plan(alike).rounding_parts())
        total = sum(errors)
        ratio = (stated - exact) / total if stated > exact and total > 0 else 1.0
        # The least amplitude falls with the errors, to first order too: more bits may save runs.
        fewest_runs = self.exact.cost_per_sample(degrees) / self.exact.cost(degrees)
        highest, lowest = fewest_runs**-0.5, runs**-0.5
        fall = (highest - lowest) / total if total > 0 else 0.0
        found = trades(alike, errors, CLOSE * room / ratio, cost / fewest_runs, prices.of_piece)
        trials = 0
        for about, error, bits in sorted(
            (price / (highest - fall * error) ** 2, error, bits)
            for price, error, bits in found
            if fall * error < highest
        ):
            if about >= NEARLY * cost or trials == MAX_TRIALS:
                break
            if error * ratio > NEARLY * room:
                continue
            trials += 1
            stated, runs = made_of(bits)
            if stated <= self.allowed and prices(bits) * runs < cost:
                best, cost = bits, prices(bits) * runs
            elif stated > self.allowed and math.isfinite(stated):
                ratio = (stated - exact) / error
        return Choice(degrees, common, best, cost, room, prices)

    def _of_a_bit(self, choice: Choice) -> float:
        """T of a sample that one bit more of every piece costs, about."""
        assert choice.prices is not None
        assert choice.common is not None
        assert choice.bits is not None
        less = min(choice.common, MAX_ANGLE_BITS - 1)
        fewer, more = (choice.prices((b,) * self.pieces) for b in (less, less + 1))
        return (more - fewer) * choice.cost / choice.prices(choice.bits)
