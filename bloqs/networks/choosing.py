"""Which strategy encodes each convolution of a network: the choice of least total cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import attrs

from bloqs.convolution import ConvolutionStrategy

Ways = tuple[ConvolutionStrategy, ...]
"""A strategy for each layer; that of a layer without a convolution is of no account."""

CLOSE = 1.1
"""A change of one layer, by which the best throughout may be bettered, is costed where its lower bound is
within this factor of theirs."""

MARGIN = 1.1
"""A strategy of no smaller alpha is left out where a call costs this much more: what its rounded angles cost
in bits is less."""

GAIN = 1e-9
"""A change must save this part of the cost, or it is rounding."""


@attrs.frozen
class WayFacts:
    """A strategy at one layer.

    Parameters:
        alpha: of its encoding, by shape.
        t_count: T of a call, about.
        t_controlled: T of a call with a control, about; None for `t_count`.

    Example:
        >>> few, many = WayFacts(alpha=2.0, t_count=100.0), WayFacts(alpha=2.0, t_count=300.0)
        >>> few.beats(many), many.beats(few)
        (True, False)
    """

    alpha: float
    t_count: float
    t_controlled: float | None = None

    @property
    def _costs(self) -> tuple[float, float]:
        return self.t_count, self.t_count if self.t_controlled is None else self.t_controlled

    def beats(self, other: WayFacts) -> bool:
        """Whether its alpha is no larger and its calls cost clearly less, or nothing distinguishes them.

        Args:
            other: of another strategy, which comes later in the order of preference.

        Returns:
            Whether the other needs no trial.
        """
        if self == other:
            return True
        if self.alpha > other.alpha * (1 + GAIN):
            return False
        return all(
            mine * MARGIN <= its for mine, its in zip(self._costs, other._costs, strict=True)
        )

    def __str__(self) -> str:
        return f"alpha {self.alpha:.3g}, about {self.t_count:,.0f} T a call"


@attrs.frozen(slots=False)
class Chooser:
    """Finds the strategies with which a network costs least.

    What another strategy beats at every layer is left out. Of the others the network's cost has a lower bound
    that takes no solver (the least degrees that could do, nothing amplified between layers, the fewest bits):
    all layers by one strategy, and the mixture of least bound. All whose bound does not exceed the least cost
    found are costed in full, so that none of those left out is cheaper, and the cheapest is bettered layer by
    layer. T and alpha of a call alone do not tell: an inner convolution is called more often than an outer
    one, whose alpha multiplies the calls of all before it.

    Parameters:
        names: of the layers.
        places: those with a convolution.
        options: for each of these places what is known of the strategies that take it, by name.
        alternatives: the strategies, by preference where costs are equal.
        cost: of the network with a strategy a layer, infinite where it cannot be built.
        bound: which that cost does not fall below, likewise.
        given: the layers whose alpha was given as a number, for the first of the alternatives.

    Example:
        >>> from bloqs.convolution import STRATEGIES
        >>> few, small = STRATEGIES["columns"], STRATEGIES["balanced"]
        >>> options = {0: {"columns": WayFacts(3.0, 10.0), "balanced": WayFacts(2.0, 20.0)}}
        >>> def cost(ways):
        ...     return len(ways[0].name)
        >>> chooser = Chooser(("block 1",), (0,), options, (few, small), cost, cost)
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
    bound: Callable[[Ways], float]
    given: tuple[int, ...] = ()

    @cached_property
    def _known(self) -> dict[str, ConvolutionStrategy]:
        return {way.name: way for way in self.alternatives}

    @cached_property
    def unbeaten(self) -> dict[int, list[str]]:
        """For each place the strategies that no other beats there."""
        found: dict[int, list[str]] = {}
        for place in self.places:
            options = self.options[place]
            kept: list[str] = []
            for name in (way.name for way in self.alternatives if way.name in options):
                if not any(options[other].beats(options[name]) for other in kept):
                    kept = [x for x in kept if not options[name].beats(options[x])] + [name]
            found[place] = kept
        return found

    @cached_property
    def _throughout(self) -> dict[str, Ways]:
        """Each strategy that takes all layers and is unbeaten somewhere; its choice for all of them."""
        somewhere = {name for names in self.unbeaten.values() for name in names}
        return {
            name: (way,) * len(self.names)
            for name, way in self._known.items()
            if name in somewhere and all(name in self.options[place] for place in self.places)
        }

    @cached_property
    def _bounds(self) -> dict[Ways, float]:
        """Of the strategies throughout and of the mixture of least bound, the least first."""
        bounds = {ways: self.bound(ways) for ways in self._throughout.values()}
        if not bounds:
            return {}
        ways = min(bounds, key=lambda ways: bounds[ways])
        for place in self.places if len(self.places) > 1 else ():
            for name in self.unbeaten[place]:
                other = self._changed(ways, place, name)
                if other not in bounds:
                    bound = self.bound(other)
                    if bound < bounds[ways]:
                        bounds[other] = bound
                        ways = other
        wanted = {*self._throughout.values(), ways}
        return {
            ways: bound
            for ways, bound in sorted(bounds.items(), key=lambda x: x[1])
            if ways in wanted
        }

    @cached_property
    def costed(self) -> dict[Ways, float]:
        """Cost of the network by those of them that could be the cheapest."""
        found: dict[Ways, float] = {}
        for ways, bound in self._bounds.items():
            if bound > min(found.values(), default=math.inf):
                break
            found[ways] = self.cost(ways)
        return found

    def _changed(self, ways: Ways, place: int, name: str) -> Ways:
        return (*ways[:place], self._known[name], *ways[place + 1 :])

    @cached_property
    def _best(self) -> Ways:
        first = (self.alternatives[0],) * len(self.names)
        if all(names == [first[0].name] for names in self.unbeaten.values()):
            return first
        if not self.costed or not math.isfinite(min(self.costed.values())):
            return first
        ways = min(self.costed, key=lambda ways: self.costed[ways])
        least, bound = self.costed[ways], self._bounds[ways]
        if len(self.places) < 2:
            return ways
        for place in self.places:
            for name in self.unbeaten[place]:
                other = self._changed(ways, place, name)
                if other in self.costed or self.bound(other) > CLOSE * bound:
                    continue
                cost = self.cost(other)
                if cost < least * (1 - GAIN):
                    ways, least = other, cost
        return ways

    def best(self) -> Ways:
        """The choice.

        Returns:
            A strategy for each layer.
        """
        return self._best

    def _words(self, place: int, name: str) -> str:
        facts = self.options[place].get(name)
        return f"{self.names[place]} {name}" + (f" ({facts})" if facts else "")

    def reasons(self, ways: Sequence[ConvolutionStrategy]) -> dict[str, str]:
        """What was chosen and what it was weighed against, for a report.

        Args:
            ways: the choice.

        Returns:
            Lines by their names.
        """
        words = (self._words(place, ways[place].name) for place in self.places)
        chosen = {"convolution of each layer": ", ".join(words)}
        return {**chosen, **self._weighed(), **self._left_out(), **self._why_given()}

    def _weighed(self) -> dict[str, str]:
        """Costs of the network by the strategies that were costed; how far off the others' bounds are."""
        if "_bounds" not in self.__dict__:
            return {}
        least = min(self._bounds.values())
        words = [
            f"{name} {self.costed[ways]:.3g} T"
            if ways in self.costed
            else f"{name} not costed (its lower bound is {self._bounds[ways] / least:.3g} times the least)"
            for name, ways in self._throughout.items()
        ]
        fixed = set(self._throughout.values())
        words += [
            f"the best mixture {c:.3g} T" for ways, c in self.costed.items() if ways not in fixed
        ]
        return {
            "convolutions weighed": "the network by one strategy throughout, about: "
            + ", ".join(words)
        }

    def _left_out(self) -> dict[str, str]:
        """Strategies that were not weighed anywhere."""
        somewhere = {name for names in self.unbeaten.values() for name in names}
        free = [place for place in self.places if place not in self.given]
        if not free:
            return {}
        words = [
            f"{name} ({self.options[free[0]][name]})"
            for name in self._known
            if name not in somewhere and name in self.options[free[0]]
        ]
        refused = [name for name in self._known if all(name not in self.options[p] for p in free)]
        lines = {}
        if words:
            lines["convolutions left out"] = (
                f"of no smaller alpha and dearer a call than another, at {self.names[free[0]]}: "
                + ", ".join(words)
            )
        if refused:
            lines["convolutions that refuse these kernels"] = ", ".join(refused)
        return lines

    def _why_given(self) -> dict[str, str]:
        if not self.given:
            return {}
        first, others = self.alternatives[0].name, [way.name for way in self.alternatives[1:]]
        return {
            f"why {first}": (
                f"the alpha of {', '.join(self.names[place] for place in self.given)} was given as a number, "
                f"which is taken for the encoding by {first}; of {', '.join(others)} it says nothing, whose "
                "alpha needs the kernel's entries. With conv_alpha='bound' each is weighed by a proved "
                "bound; a strategy that is named takes the number for its own"
            )
        }
