"""Layers that change the shape of the tensor: what folds over the layers carries it."""

from typing import Any

import attrs
import numpy as np
import pytest

from bloqs import NetworkSpec
from bloqs.costs.classical import forward_cost
from bloqs.layers import Geometry, Layer, geometries
from bloqs.layers.operations import OperationCounts
from bloqs.reference import forward_vectors

FloatArray = np.ndarray[Any, np.dtype[np.float64]]


@attrs.frozen
class FirstChannels(Layer):
    """The first channels alone."""

    kind = noun = "cut"
    kept: int

    def geometry_after(self, geometry: Geometry) -> Geometry:
        if geometry.channels <= self.kept:
            raise ValueError(f"only tensors of more than {self.kept} channels can be cut")
        return Geometry((self.kept, *geometry.input_shape[1:]))

    def apply(self, vectors: FloatArray, geometry: Geometry, activation: Any) -> FloatArray:
        tensors = geometry.to_tensors(vectors)[:, : self.kept]
        return self.geometry_after(geometry).to_vectors(tensors)

    def operations(self, geometry: Geometry) -> OperationCounts:
        return OperationCounts(additions=geometry.entries)

    def worst_case_norms(self, activation: Any) -> tuple[float, float]:
        raise ValueError("none")

    def encode(self, vector: Any, stage: Any, degree: Any) -> Any:
        raise NotImplementedError

    def sensitivity(self, stage: Any) -> float:
        return 1.0

    def calls(self, before: float, degree: int | None) -> float:
        return before


def network(**options: Any) -> NetworkSpec:
    layers = [FirstChannels(3), FirstChannels(1)]
    return NetworkSpec(input_shape=(5, 3, 3), layers=layers, **options)


def test_every_layer_stands_in_its_own_tensor() -> None:
    spec = network(num_groups=4)
    assert [found.input_shape for found in spec.geometries] == [(5, 3, 3), (3, 3, 3), (1, 3, 3)]
    assert (spec.length, spec.output_length) == (128, 16)
    image = np.random.default_rng(0).normal(size=(5, 3, 3))
    found = forward_vectors(spec, image)
    wanted = np.zeros((4, 4))
    wanted[:3, :3] = image[0] / np.linalg.norm(image[0])
    np.testing.assert_allclose(found.output.reshape(4, 4), wanted, atol=1e-12)
    assert [len(block) for block in found.blocks] == [64, 16]
    parts = forward_cost(spec).parts
    assert [parts[name].additions for name in ("cut 1", "cut 2")] == [45, 27]


def test_output_weights_and_groups_are_those_of_the_last_tensor() -> None:
    assert network(output_weights=np.eye(16) / 2).all_layers[-1].kind == "output"
    with pytest.raises(ValueError, match=r"shape \(N, N\) = \(16, 16\)"):
        network(output_weights=np.eye(128) / 2)
    with pytest.raises(ValueError, match="between 1 and N = 16, found 32"):
        network(num_groups=32)


def test_a_layer_that_does_not_take_its_tensor_is_named() -> None:
    with pytest.raises(ValueError, match="cut 2: only tensors of more than 3 channels"):
        geometries([FirstChannels(3), FirstChannels(3)], Geometry((5, 2, 2)))
