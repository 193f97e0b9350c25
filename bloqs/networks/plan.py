"""A network as a sequence of stages: what their choices make of it, and what they cost."""

from __future__ import annotations

import math
from typing import Any

import attrs
from qualtran import Bloq

from bloqs.core.counts import T_PER_ROTATION, t_estimate
from bloqs.core.encoding import VectorEncoding
from bloqs.layers.facts import InadmissibleError
from bloqs.layers.layer import Stage
from bloqs.loading.charges import Charges

Degrees = tuple[int | None, ...]
"""The choice of each stage: `d` of an activation, `q` of an amplification (heralded: its calls), or None."""


@attrs.frozen
class Plan:
    """The loaded pieces of a network, all by data or all by shape.

    Parameters:
        input: encoding of the input.
        stages: what is applied to it, in order: each layer, and the amplification after it.
        weights: cost of a call of the input, then of each stage's own piece, in any unit; by default 1.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> plan = Plan(LoadedVector(None, bitsize=4), stages=())
        >>> plan.sensitivities(), plan.cost(())
        ((1.0,), 1.0)
    """

    input: VectorEncoding
    stages: tuple[Stage, ...]
    weights: tuple[float, ...] = attrs.field(
        default=attrs.Factory(lambda self: (1.0,) * (len(self.stages) + 1), takes_self=True)
    )

    def piece_costs(
        self,
        charges: Charges | None = None,
        known: dict[Bloq, Any] | None = None,
        per_rotation: float = T_PER_ROTATION,
    ) -> tuple[float, ...]:
        """T of one call of the input, and of each stage's own piece, about; 1 where there is none.

        See `bloqs.core.counts.t_estimate`.

        Args:
            charges: what is charged of a query of a hardware memory, and of an unload; None for the defaults.
            known: gates of what was counted before with the same charges; None for a count by itself.
            per_rotation: T of a rotation.

        Returns:
            Weights for a plan of the same pieces.
        """
        pieces = [self.input, *(stage.piece for stage in self.stages)]
        charges = Charges() if charges is None else charges
        costs = {
            piece: t_estimate(piece, charges, known, per_rotation)
            for piece in set(pieces)
            if isinstance(piece, Bloq)
        }
        return tuple(costs.get(piece, 1.0) for piece in pieces)

    def cost_after(self, place: int, before: float, degree: int | None) -> float:
        """Cost of one call of a stage's encoding.

        Args:
            place: of the stage, from 0.
            before: cost of one call of its input.
            degree: its choice.

        Returns:
            The cost, in the unit of the weights.
        """
        weight = self.weights[place + 1]
        return weight * self.stages[place].layer.calls(before / weight, degree)

    def encodings(self, degrees: Degrees) -> list[VectorEncoding]:
        """What each stage makes of the one before, under these choices.

        Args:
            degrees: one a stage.

        Returns:
            One encoding a stage.

        Raises:
            InadmissibleError: a layer cannot be built with its choice.
        """
        found: list[VectorEncoding] = []
        vector = self.input
        for stage, degree in zip(self.stages, degrees, strict=True):
            vector = stage.encode(vector, degree)
            found.append(vector)
        return found

    def assemble(self, degrees: Degrees) -> VectorEncoding:
        """The network of these choices.

        Args:
            degrees: one a stage.

        Returns:
            The encoding of the last stage.

        Raises:
            InadmissibleError: a layer cannot be built with its choice.
        """
        return self.encodings(degrees)[-1]

    def sensitivities(self) -> tuple[float, ...]:
        """By how much an error of the input, and of each stage's vector, is multiplied until the end.

        They are first-order; what is checked in the end is the epsilon that the assembled bloqs state.

        Returns:
            One number for the input and one a stage; the last is 1.
        """
        result = [1.0]
        for stage in reversed(self.stages):
            result.insert(0, result[0] * stage.layer.sensitivity(stage))
        return tuple(result)

    def stated_epsilon(self, degrees: Degrees) -> float:
        """The epsilon of the assembled network; infinite where a layer cannot be built with its choice."""
        try:
            return float(self.assemble(degrees).epsilon)
        except InadmissibleError:
            return math.inf

    def cost(self, degrees: Degrees) -> float:
        """Cost of one run; with the weights 1 the calls of all loaded pieces.

        A block makes `q (d + 1) (c + 1)` of c, the output `q (2 c + 1)`.
        """
        total = self.weights[0]
        for place, degree in enumerate(degrees):
            total = self.cost_after(place, total, degree)
        return total

    def rounding_parts(self) -> tuple[float, ...]:
        """What the rounded input, and each stage's rounded piece, add to the final error, to first order.

        Returns:
            One number for the input and one a stage; 0 for what is not loaded from tables.
        """
        first, *after = self.sensitivities()
        found = (stage.layer.rounding_error(stage) for stage in self.stages)
        parts = (0.0 if part is None else part.size for part in found)
        return (
            first * float(self.input.epsilon),
            *(later * part for later, part in zip(after, parts, strict=True)),
        )

    def calls_of_pieces(self, degrees: Degrees) -> tuple[float, ...]:
        """By how much a run becomes dearer by one unit of cost of the input, and of each stage's piece."""
        cost = self.cost(degrees)
        return tuple(
            attrs.evolve(
                self, weights=(*self.weights[:i], weight + 1, *self.weights[i + 1 :])
            ).cost(degrees)
            - cost
            for i, weight in enumerate(self.weights)
        )

    def cost_per_sample(self, degrees: Degrees) -> float:
        """Cost of all runs until the ancillas are found zero, `alpha^2` of them."""
        return self.cost(degrees) * float(self.assemble(degrees).alpha) ** 2
