"""For the solver and the budget layers of chosen error, sensitivity and price; for readers a network."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from bloqs.layers import Layer, Stage
from bloqs.layers.facts import ErrorPart, InadmissibleError
from bloqs.layers.operations import OperationCounts
from bloqs.networks import NetworkSpec
from bloqs.networks.network import ResidualNetwork
from bloqs.networks.solver import Plan
from bloqs.reference import convolution_norm
from tests.layers.toys import GivenVector, one_hot, stage_of


def bits_of_pieces(bloq: ResidualNetwork) -> list[int]:
    """As the report says them: those of the input and of each layer, or one for all; none of rotations."""
    told = bloq.assumptions
    if (words := told.get("angle bits of each piece")) is not None:
        return [int(piece.split()[-1]) for piece in words.split(", ")]
    return [] if told["angle bits"] is None else [told["angle bits"]] * (1 + len(bloq.layer_names))


def vector_of(error: float) -> GivenVector:
    """An encoding whose stated error is `error`."""
    return GivenVector(one_hot(1), [error, 0.0])


@attrs.frozen
class Knob(Layer):
    """A polynomial of degree d has the error `size * 10**-d`; it is called d + `fixed` times.

    What comes in is multiplied by `factor`, and `rounding` is added.
    """

    size: float = 1.0
    factor: float = 1.0
    fixed: int = 1
    rounding: float = 0.0
    least: int = 0
    given_rank: int = 0

    @property
    def rank(self) -> int:  # type: ignore[override]
        return self.given_rank

    def apply(self, vectors: Any, geometry: Any, activation: Any) -> Any:
        return vectors

    def operations(self, geometry: Any) -> OperationCounts:
        return OperationCounts()

    def worst_case_norms(self, activation: Any) -> tuple[float, float]:
        return 1.0, 1.0

    def error(self, degree: int) -> float:
        return self.size * 10.0**-degree

    def encode(self, vector: Any, stage: Stage, degree: Any) -> GivenVector:
        if degree < self.least:
            raise InadmissibleError("too low")
        return vector_of(vector.epsilon * self.factor + self.error(degree) + self.rounding)

    def sensitivity(self, stage: Stage) -> float:
        return self.factor

    def calls(self, before: float, degree: int | None) -> float:
        assert degree is not None
        return (degree + self.fixed) * before

    def smallest_degree(self, vector: Any, stage: Stage, share: float) -> int:
        found = next((d for d in range(self.least, 12) if self.error(d) <= share), None)
        if found is None:
            raise InadmissibleError("out of reach")
        return found

    def lowered(self, degree: int | None) -> int | None:
        return degree - 1 if degree else None

    @property
    def has_polynomial(self) -> bool:
        return self.size > 0

    def polynomial_error(self, encoding: Any, stage: Stage) -> ErrorPart | None:
        # To first order what the encoding adds; here the toy knows it exactly.
        return ErrorPart(f"polynomial of {stage.label}", self.size) if self.size else None

    def rounding_error(self, stage: Stage) -> ErrorPart | None:
        return ErrorPart(f"rounding of {stage.label}", self.rounding) if self.rounding else None


def plan_of(*layers: Layer, input_error: float = 0.0) -> Plan:
    """A plan of these layers, named a, b, c, ..."""
    stages = tuple(
        stage_of(layer, name=name, label=name)
        for layer, name in zip(layers, "abcdef", strict=False)
    )
    return Plan(vector_of(input_error), stages)


def weights(seed: int = 0, c: int = 2, m: int = 4, d: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """A kernel and output weights, both of norm 1."""
    rng = np.random.default_rng(seed)
    kernel = rng.standard_normal((c, c, d, d))
    n = c * m * m
    w = rng.standard_normal((n, n))
    return kernel / convolution_norm(kernel, m), w / np.linalg.norm(w, 2)


def make(**changes: Any) -> NetworkSpec:
    """Two blocks and an output layer on 4x4 images of two channels."""
    kernel, w = weights()
    arguments = {
        "input_shape": (2, 4, 4),
        "kernels": (kernel, 0.5 * kernel),
        "output_weights": w,
        "skip_weight": 0.2,
        "num_groups": 4,
    }
    return NetworkSpec(**(arguments | changes))


def images(count: int = 20, seed: int = 0) -> np.ndarray:
    """Of one channel, between 0 and 1."""
    return np.random.default_rng(seed).random((count, 4, 4))
