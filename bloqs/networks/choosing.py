"""Which strategy encodes each convolution of a network: the choice of least total cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import attrs

from bloqs.convolution import ConvolutionStrategy

Ways = tuple[ConvolutionStrategy, ...]
"""A strategy for each layer; that of a layer without a convolution is of no account."""

FAR = 4.0
"""A strategy that costs more than this throughout, over the best, is not tried for single layers."""

GAIN = 1e-9
"""A change must save this part of the cost, or it is rounding."""


@attrs.frozen
class WayFacts:
    """A strategy at one layer.

    Parameters:
        alpha: of its encoding, by shape.
        t_count: T of a call, about.

    Example:
        >>> WayFacts(alpha=2.0, t_count=100.0).alpha
        2.0
    """

    alpha: float
    t_count: float


@attrs.frozen(slots=False)
class Chooser:
    """Finds the strategies with which a network costs least.

    All layers by the same strategy first; from the best of them on, layer by layer, whatever lowers the cost
    of the network. The outcome is therefore never dearer than the best strategy taken throughout. T and alpha
    of a call alone do not tell: a network calls some encodings with a control.

    Parameters:
        names: of the layers.
        places: those with a convolution.
        options: for each of these places what is known of the strategies that take it, by name.
        alternatives: the strategies, by preference where costs are equal.
        cost: of the network with a strategy a layer, infinite where it cannot be built.

    Example:
        >>> from bloqs.convolution import STRATEGIES
        >>> few, small = STRATEGIES["columns"], STRATEGIES["balanced"]
        >>> options = {0: {"columns": WayFacts(3.0, 10.0), "balanced": WayFacts(2.0, 20.0)}}
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

    @cached_property
    def fixed(self) -> dict[str, float]:
        """Cost of the network by each strategy that takes all its layers."""
        return {
            way.name: self.cost((way,) * len(self.names))
            for way in self.alternatives
            if all(way.name in self.options[place] for place in self.places)
        }

    def _worth_trying(self, place: int) -> list[str]:
        """For one layer: what is not far from the best throughout, or does not take all layers."""
        most = FAR * min(self.fixed.values())
        return [name for name in self.options[place] if self.fixed.get(name, 0.0) <= most]

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
            for name in self._worth_trying(place):
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
