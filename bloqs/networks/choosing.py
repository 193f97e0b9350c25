"""Which strategy encodes each convolution of a network: the choice of least total cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import attrs

from bloqs.convolution import ConvolutionStrategy

Ways = tuple[ConvolutionStrategy, ...]
"""A strategy for each layer; that of a layer without a convolution is of no account."""

GAIN = 1e-9
"""A change must save this part of the cost, or it is rounding."""


@attrs.frozen
class WayFacts:
    """A strategy at one layer.

    Parameters:
        alpha: of its encoding, by shape.
        t_count: T of a call, about.
        epsilon: of the encoding at a nominal number of bits.

    Example:
        >>> WayFacts(2.0, 100.0, 0.0).dominates(WayFacts(2.0, 120.0, 0.0))
        True
    """

    alpha: float
    t_count: float
    epsilon: float

    def dominates(self, other: WayFacts) -> bool:
        """Whether this is no worse in anything and better in something: the other is never chosen."""
        mine, its = (attrs.astuple(facts) for facts in (self, other))
        return mine != its and all(a <= b for a, b in zip(mine, its, strict=True))


@attrs.frozen(slots=False)
class Chooser:
    """Finds the strategies with which a network costs least.

    All layers by the same strategy first, for each that is not dominated at every layer; from the best of
    them on, layer by layer, whatever lowers the cost of the network. The outcome is therefore never dearer
    than the best strategy taken throughout.

    Parameters:
        names: of the layers.
        places: those with a convolution.
        options: for each of these places what is known of the strategies that take it, by name.
        alternatives: the strategies, by preference where costs are equal.
        cost: of the network with a strategy a layer, infinite where it cannot be built.

    Example:
        >>> from bloqs.convolution import STRATEGIES
        >>> few, small = STRATEGIES["columns"], STRATEGIES["balanced"]
        >>> options = {0: {"columns": WayFacts(3.0, 10.0, 0.0), "balanced": WayFacts(2.0, 20.0, 0.0)}}
        >>> chooser = Chooser(("block 1",), (0,), options, (few, small), lambda ways: len(ways[0].name))
        >>> chooser.best()[0].name
        'columns'
        >>> chooser.reasons(chooser.best())["convolution of each layer"]
        'block 1 columns (alpha 3, about 10 T a call)'
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    options: Mapping[int, Mapping[str, WayFacts]]
    alternatives: Ways
    cost: Callable[[Ways], float]

    def _kept(self, place: int) -> list[str]:
        """Those that are not dominated."""
        known = self.options[place]
        return [
            name
            for name, facts in known.items()
            if not any(other.dominates(facts) for other in known.values())
        ]

    @cached_property
    def fixed(self) -> dict[str, float]:
        """Cost of the network by each strategy that takes all layers and is not dominated at all of them."""
        found = {}
        for way in self.alternatives:
            takes_all = all(way.name in self.options[place] for place in self.places)
            if takes_all and any(way.name in self._kept(place) for place in self.places):
                found[way.name] = self.cost((way,) * len(self.names))
        return found

    def best(self) -> Ways:
        """The choice.

        Returns:
            A strategy for each layer.
        """
        known = {way.name: way for way in self.alternatives}
        if not self.fixed or not math.isfinite(min(self.fixed.values())):
            return (self.alternatives[0],) * len(self.names)
        first = min(self.fixed, key=lambda name: self.fixed[name])
        ways, least = (known[first],) * len(self.names), self.fixed[first]
        if len(self.places) < 2:
            return ways
        for place in self.places:
            for name in self._kept(place):
                other = (*ways[:place], known[name], *ways[place + 1 :])
                if other == ways:
                    continue
                cost = self.cost(other)
                if cost < least * (1 - GAIN):
                    ways, least = other, cost
        return ways

    def reasons(self, ways: Sequence[ConvolutionStrategy]) -> dict[str, str]:
        """What was chosen and what it was weighed against, for a report.

        Args:
            ways: the choice.

        Returns:
            Lines by their names.
        """
        chosen = []
        for place in self.places:
            name = ways[place].name
            facts = self.options[place].get(name)
            known = (
                f" (alpha {facts.alpha:.3g}, about {facts.t_count:,.0f} T a call)" if facts else ""
            )
            chosen.append(f"{self.names[place]} {name}{known}")
        lines = {"convolution of each layer": ", ".join(chosen)}
        if len(self.fixed) > 1:
            lines["convolutions weighed"] = (
                "the network by one strategy throughout, about: "
                + ", ".join(f"{name} {cost:.3g} T" for name, cost in self.fixed.items())
            )
        return lines
