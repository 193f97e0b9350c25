"""A layer at its place: names, bounds and what is asked of a polynomial."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from bloqs.combine.matrix_product import MatrixVectorProduct
from bloqs.layers import Output, Residual
from bloqs.layers.amplification import Amplification
from bloqs.layers.facts import InadmissibleError, solvable
from bloqs.layers.sequence import LAYERS, layer_names, register_layer
from bloqs.layers.shapes import KernelShape, OutputShape
from bloqs.loading import LoadedVector
from tests.layers.toys import GivenMatrix, stage_of

BLOCK = Residual(KernelShape(2, 3, 4.0))


def test_solvable_from_the_least_accuracy_on() -> None:
    assert solvable(1e-11) == 1e-11
    with pytest.raises(InadmissibleError, match=r"accurate to 9\.9e-12, and 1e-11 is the least"):
        solvable(9.9e-12)


def test_names_count_all_layers() -> None:
    layers = [BLOCK, BLOCK, Output(OutputShape(8))]
    assert layer_names(layers) == ("block 1", "block 2", "output")


def test_a_kind_is_taken_once() -> None:
    assert LAYERS["residual"] is Residual
    assert LAYERS["output"] is Output

    with pytest.raises(ValueError, match="another class of layers of kind 'residual'; rename one"):

        @register_layer
        class Second(Residual):
            pass

    assert LAYERS["residual"] is Residual


def test_bounds_of_a_stage() -> None:
    stage = stage_of(BLOCK)
    assert (stage.bounds, stage.lower_bound) == ((0.5, 1.5), 0.5)
    symbolic = attrs.evolve(stage, norms=None)
    with pytest.raises(ValueError, match="block 1 is a layer of a network in symbols"):
        _ = symbolic.bounds


def test_least_norm_is_for_shapes_only() -> None:
    by_shape, by_data = LoadedVector(None, bitsize=1), LoadedVector([0.6, 0.8])
    stage = stage_of(BLOCK)
    assert stage.least_norm(by_shape) == 0.5
    assert stage.least_norm(by_data) is None
    assert attrs.evolve(stage, norms=None).least_norm(by_shape) is None


def test_loaded_and_encoded() -> None:
    stage = stage_of(BLOCK).loaded()
    assert stage.piece == BLOCK.load(stage)
    found = stage.encode(LoadedVector(None, bitsize=3), 2)
    assert found == BLOCK.encode(LoadedVector(None, bitsize=3), stage, 2)


def test_a_layer_of_one_scale_needs_an_amplified_input() -> None:
    """A product whose error is known for unit vectors only, behind another that was not amplified."""

    class OfOneScale(Amplification):
        def encode(self, vector: Any, stage: Any, degree: Any) -> Any:
            return MatrixVectorProduct(GivenMatrix(1, diagonal=1.0), vector)

    class Same(Amplification):
        def encode(self, vector: Any, stage: Any, degree: Any) -> Any:
            return vector

    first = MatrixVectorProduct(GivenMatrix(1, diagonal=1.0), LoadedVector([0.6, 0.8]))
    stage = stage_of(OfOneScale())
    assert isinstance(stage.encode(LoadedVector([0.6, 0.8]), None), MatrixVectorProduct)
    with pytest.raises(InadmissibleError, match=r"the input of .* must be amplified"):
        stage.encode(first, None)
    assert stage_of(Same()).encode(first, None) is first
    assert isinstance(attrs.evolve(stage, norms=None).encode(first, None), MatrixVectorProduct)


def test_defaults_of_a_layer_without_weights() -> None:
    layer: Any = Amplification()
    stage = stage_of(layer)
    assert layer.kernel is None
    assert layer.has_weights
    assert layer.weights_name(3) == "the weights of layer 3"
    assert layer.check(stage.geometry, "it") is None
    assert layer.by_shape(stage.geometry, 1, stage.convolution) is layer
    assert layer.stored() == {}
    assert layer.load(stage) is None
    assert layer.rounding_error(stage) is None
    np.testing.assert_array_equal(
        layer.amplitudes(np.ones((3, 2)), stage.geometry, stage.activation), np.zeros(3)
    )
    facts = layer.facts(stage, 3)
    assert (facts.name, facts.norms, facts.degree) == ("block 1", (0.5, 1.5), None)
