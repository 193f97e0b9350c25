"""The cheapest choices of a network, by best-first search over its stages."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator

import attrs

from bloqs.core.encoding import VectorEncoding
from bloqs.layers import least_degree
from bloqs.layers.amplification import Normalisation
from bloqs.layers.facts import InadmissibleError
from bloqs.networks.plan import Degrees, Plan
from bloqs.qsvt.degree_search import DegreeLimitError

MAX_TRIED = 600
"""Stages that are encoded before the search gives up; networks of two blocks take about a hundred."""

PATIENCE, AS_LONG_AGAIN = 120, 4
"""Stages that are encoded without a longer network, at least, and in units of what it took to get that far.

Then there are too many cheap beginnings that cannot be ended, as with three blocks and more, and the search
gives up: the descent takes less time.
"""

SLACK = 1e-9


@attrs.frozen(eq=False)
class _Part:
    """The first stages of a network with their choices, and a choice for the next that is not tried yet.

    Parameters:
        vector: what they encode.
        cost: of one call of it.
        degrees: their choices.
        choice: for the next stage; None also where a layer has none.
        others: the dearer choices.
    """

    vector: VectorEncoding
    cost: float
    degrees: Degrees
    choice: int | None
    others: Iterator[int | None]


class CheapestFirst:
    """Best-first search: of all parts that are not refuted, the one with the lowest bound is taken further.

    The bound of a part is the cost per sample of its cheapest completion: the least degree of every later
    layer, no amplification between, the largest amplitude there can be. The first whole network that comes
    out is therefore the cheapest there is, the next one the cheapest of all others.

    Args:
        plan: by shape.
        epsilon: 2-norm error allowed of the final vector.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> CheapestFirst(Plan(LoadedVector(None, bitsize=4), stages=()), 0.1).caps
        []
    """

    def __init__(self, plan: Plan, epsilon: float) -> None:
        self.plan = plan
        self.epsilon = epsilon
        self.caps = [epsilon / later for later in plan.sensitivities()[1:]]
        """The most that each stage's vector may be off."""
        self.least = [self._least(place) for place in range(len(plan.stages))]
        self._ticks = itertools.count()
        self._heap: list[tuple[float, int, _Part | Degrees]] = []
        self._kept: list[list[tuple[float, float, float, float]]] = [[] for _ in plan.stages]

    def _least(self, place: int) -> int | None:
        """The least degree of a layer that could do, were its input exact and the others perfect."""
        stage = self.plan.stages[place]
        if isinstance(stage.layer, Normalisation):
            return None
        try:
            return least_degree.smallest(self.plan.input, stage, self.caps[place])
        except (InadmissibleError, DegreeLimitError, ValueError):
            return None

    def _bound(self, place: int, cost: float, amplitude: float) -> float:
        """Cost per sample of the cheapest completion of the first `place` stages.

        What a later layer loads is called as often as that layer's own amplitude asks for: were its input
        amplified, that would be paid for by calls of what comes before, and not of the layer.
        """
        parts = [(cost, amplitude)]
        for later in range(place, len(self.plan.stages)):
            stage, degree = self.plan.stages[later], self.least[later]
            if isinstance(stage.layer, Normalisation):
                if later == len(self.plan.stages) - 1:
                    return sum(c * stage.layer.least_calls(min(1.0, a)) for c, a in parts)
                continue
            own = self.plan.cost_after(later, 0.0, degree)
            calls = self.plan.cost_after(later, 1.0, degree) - own
            # Amplified for nothing, the input would have amplitude 1.
            height = stage.layer.height(1.0, stage, degree)
            parts = [(calls * c, a * height) for c, a in parts] + [(own, height)]
        return sum(c for c, _ in parts)

    @property
    def lower_bound(self) -> float:
        """Cost per sample that no choices fall below; before any layer is encoded."""
        return self._bound(0, self.plan.weights[0], 1.0)

    def _push(self, part: _Part) -> None:
        place = len(part.degrees)
        stage = self.plan.stages[place]
        cost = self.plan.cost_after(place, part.cost, part.choice)
        amplitude = float(part.vector.amplitude_band[0])
        if place == len(self.plan.stages) - 1 and isinstance(stage.layer, Normalisation):
            bound = part.cost * stage.layer.least_calls(amplitude)
        else:
            height = stage.layer.height(amplitude, stage, part.choice)
            bound = self._bound(place + 1, cost, height)
        heapq.heappush(self._heap, (bound, next(self._ticks), part))

    def _extend(self, vector: VectorEncoding, cost: float, degrees: Degrees) -> None:
        """All choices for the stage after these, the cheapest first."""
        place = len(degrees)
        stage = self.plan.stages[place]
        choices = least_degree.choices(vector, stage, self.caps[place])
        self._next(_Part(vector, cost, degrees, None, choices))

    def _next(self, part: _Part) -> None:
        try:
            choice = next(part.others)
        except (StopIteration, InadmissibleError, DegreeLimitError):
            return
        self._push(attrs.evolve(part, choice=choice))

    def _is_worse(self, place: int, cost: float, vector: VectorEncoding) -> bool:
        """Whether another part is cheaper, nearer, narrower and higher."""
        lo, hi = vector.amplitude_band
        mine = (cost, vector.scaled_error.error, hi / lo, 1 / lo)
        if any(
            all(a <= b for a, b in zip(other, mine, strict=True)) for other in self._kept[place]
        ):
            return True
        self._kept[place].append(mine)
        return False

    def _try(self, part: _Part) -> None:
        """Encode one more stage; keep what may still become a network."""
        place = len(part.degrees)
        try:
            vector = self.plan.stages[place].encode(part.vector, part.choice)
            error = vector.scaled_error.error
            if not error <= self.caps[place] * (1 + SLACK):
                return
            degrees = (*part.degrees, part.choice)
            cost = self.plan.cost_after(place, part.cost, part.choice)
            if place == len(self.plan.stages) - 1:
                if float(vector.epsilon) <= self.epsilon:
                    per_sample = cost * float(vector.alpha) ** 2
                    heapq.heappush(self._heap, (per_sample, next(self._ticks), degrees))
            elif not self._is_worse(place, cost, vector):
                self._extend(vector, cost, degrees)
        except (InadmissibleError, DegreeLimitError):
            return

    def solutions(self) -> Iterator[Degrees]:
        """Choices whose stated epsilon is at most the one asked, the cheapest first.

        Yields:
            One choice a stage; nothing where there is none, or where the search gave up.
        """
        if not self.plan.stages:
            yield ()
            return
        self._extend(self.plan.input, self.plan.weights[0], ())
        tried, longest, last = 0, 0, PATIENCE
        while self._heap and tried < last:
            bound, _, found = heapq.heappop(self._heap)
            if not isinstance(found, _Part):
                yield found
                continue
            if math.isinf(bound):
                return
            tried += 1
            if len(found.degrees) > longest:
                longest = len(found.degrees)
                last = min(MAX_TRIED, tried + max(PATIENCE, AS_LONG_AGAIN * tried))
                if longest == len(self.plan.stages) - 1:
                    last = MAX_TRIED
            self._next(found)
            self._try(found)
