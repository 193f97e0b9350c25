"""A layer from outside the package: one class, one registration, and it is costed, simulated and reported."""

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import pytest
import sympy

from bloqs import NetworkSpec, encoded_vector, estimate
from bloqs.activation import AmplitudeBlockEncoding
from bloqs.combine import MatrixVectorProduct
from bloqs.costs.classical import forward_cost
from bloqs.layers import Geometry, Layer, LayerFacts, Residual, Stage, register_layer
from bloqs.layers.operations import OperationCounts, normalisation_operations
from bloqs.loading import LoadedVector
from bloqs.networks.symbolic import symbolic_network
from bloqs.reference import forward, forward_vectors
from bloqs.simulation import layer_errors
from bloqs.testing import assert_formula_is_decomposition
from tests.networks.toys import bits_of_pieces

FloatArray = np.ndarray[Any, np.dtype[np.float64]]


@register_layer
@attrs.frozen(eq=False)
class Attention(Layer):
    """`x <- (w o x)/||w o x||`: every entry times its own weight; the weights have norm 1."""

    kind = "attention"
    noun = "attention"

    weights: FloatArray | None = attrs.field(converter=lambda w: w if w is None else np.asarray(w))

    def apply(self, vectors: FloatArray, geometry: Geometry, activation: Any) -> FloatArray:
        return vectors * self.weights

    def operations(self, geometry: Geometry) -> OperationCounts:
        entries = geometry.entries
        return OperationCounts(multiplications=entries) + normalisation_operations(entries)

    def worst_case_norms(self, activation: Any) -> tuple[float, float]:
        raise ValueError("no worst-case bound for attention: all weights of an image may be zero")

    @property
    def has_weights(self) -> bool:
        return self.weights is not None

    def by_shape(self, geometry: Geometry, number: int, convolution: Any) -> "Attention":
        return Attention(None)

    def stored(self) -> Mapping[str, Any]:
        return {"weights": self.weights}

    def load(self, stage: Stage) -> AmplitudeBlockEncoding:
        """The diagonal of the amplitudes of a loaded vector."""
        size = stage.geometry.bitsize if self.weights is None else None
        vector = LoadedVector(self.weights, stage.kernel_loading, stage.angle_bits, bitsize=size)
        return AmplitudeBlockEncoding(vector)

    def encode(self, vector: Any, stage: Stage, degree: Any) -> MatrixVectorProduct:
        """Linear: whatever the input's amplitude, its direction is what counts."""
        return MatrixVectorProduct(stage.piece, vector, norm_bounds=stage.norms)

    def sensitivity(self, stage: Stage) -> float:
        return 1 / stage.lower_bound

    def calls(self, before: float, degree: int | None) -> float:
        return before + 1

    def height(self, amplitude: float, stage: Stage, degree: int | None) -> float:
        return stage.lower_bound * amplitude / stage.piece.alpha

    def facts(self, stage: Stage, degree: int | None) -> LayerFacts:
        return LayerFacts(name=stage.name, norms=stage.bounds, notes={"attention": "entrywise"})


WEIGHTS = np.array([0.5, -0.1, 0.4, 0.2, 0.6, 0.3, -0.2, 0.2])
KERNEL = np.array([[[[0.3]], [[-0.2]]], [[[0.1]], [[0.4]]]])
IMAGES = np.array([[[[0.6, 0.2], [0.1, 0.5]], [[0.3, -0.4], [0.2, 0.2]]]])


def network(**options: Any) -> NetworkSpec:
    weights = WEIGHTS / np.linalg.norm(WEIGHTS)
    layers = [Residual(KERNEL), Attention(weights)]
    spec = NetworkSpec(input_shape=(2, 2, 2), layers=layers, num_groups=2, **options)
    return spec.calibrate(IMAGES)


def exact() -> FloatArray:
    """The network written out by hand."""
    x = IMAGES[0] / np.linalg.norm(IMAGES[0])
    y = np.einsum("oi,irq->orq", KERNEL[:, :, 0, 0], x)
    from math import erf

    x = x + np.vectorize(erf)(0.8 * y)
    x = (x / np.linalg.norm(x)).ravel() * WEIGHTS
    return x / np.linalg.norm(x)


def test_reference_takes_the_layer_at_its_word() -> None:
    spec = network()
    assert spec.layer_names == ("block 1", "attention 2")
    np.testing.assert_allclose(forward_vectors(spec, IMAGES[0]).output, exact(), atol=1e-12)
    assert forward(spec, IMAGES[0]) == pytest.approx(
        [np.sum(exact()[:4] ** 2), np.sum(exact()[4:] ** 2)]
    )


@pytest.mark.parametrize("output", ["coherent", "heralded"])
def test_simulated_within_the_stated_error(output: str) -> None:
    bloq = network().to_bloq(IMAGES[0], epsilon=1e-2, output=output)
    error = np.linalg.norm(encoded_vector(bloq, level="semantic") - exact())
    assert error <= bloq.epsilon <= 1e-2
    errors = layer_errors(bloq)
    assert errors.is_within
    assert [layer.name for layer in errors.layers] == ["input", "block 1", "attention 2"]


def test_at_gate_level() -> None:
    spec = NetworkSpec(input_shape=(2, 1, 1), layers=[Attention([0.8, -0.6])], num_groups=2)
    spec = spec.calibrate([[[[0.6]], [[0.8]]]])
    bloq = spec.to_bloq([[[0.6]], [[0.8]]], epsilon=1e-2)
    wanted = np.array([0.48, -0.48]) / np.linalg.norm([0.48, -0.48])
    assert np.linalg.norm(encoded_vector(bloq, level="gate") - wanted) <= bloq.epsilon <= 1e-2


@pytest.mark.parametrize("loading", ["rotations", "qrom", "select-swap"])
def test_costed_by_data_and_by_shape(loading: str) -> None:
    spec = network()
    by_data = spec.to_bloq(IMAGES[0], epsilon=1e-2, loading=loading)
    by_shape = spec.cost_bloq(epsilon=1e-2, loading=loading)
    assert_formula_is_decomposition(by_data)
    report, bound = estimate(by_data), estimate(by_shape)
    assert 0 < report.t_count <= bound.t_count
    assert report.assumptions["attention"] == "entrywise"
    assert "attention 2" in report.assumptions["norm bounds"]
    assert "attention 2" in str(by_data.error_budget) or by_data.error_budget is not None
    assert "attention 2" in forward_cost(spec).parts


def test_in_symbols_too() -> None:
    """`by_shape`, `load` and `encode` take letters as they stand: the sizes only pass through."""
    bloq = network().cost_bloq(epsilon=1e-2, loading="qrom")
    told = bloq.assumptions
    (d, q), last = (told[f"{name} degrees"][0] for name in ("activation", "amplification")), 2
    numbers = {"m": 1, "d_1": d, "q_1": q}
    numbers |= {f"b_{i}": bits for i, bits in enumerate(bits_of_pieces(bloq))}
    numbers["q_2"] = told["amplification degrees"][last - 1]
    fixed = {name: degree for name, degree in numbers.items() if (name[0], degree) == ("q", 1)}
    layers = [Residual(KERNEL), Attention(WEIGHTS)]
    options: dict[str, Any] = {"angle_bits": sympy.symbols("b_:3"), "degrees": fixed}
    symbolic = symbolic_network(layers=layers, channels=2, output_layer=False, **options)
    report, expected = estimate(symbolic), estimate(bloq)
    assert report.subs(numbers).native == expected.native
    assert report.subs(numbers).logical_qubits == expected.logical_qubits


def test_stored_and_read_again(tmp_path: Any) -> None:
    spec = network()
    spec.save(tmp_path / "network.npz")
    again = NetworkSpec.load(tmp_path / "network.npz")
    assert again == spec
    np.testing.assert_allclose(forward(again, IMAGES[0]), forward(spec, IMAGES[0]))


def test_no_worst_case_says_so() -> None:
    with pytest.raises(ValueError, match="no worst-case bound for attention"):
        network().cost_bloq(norm_bounds="worst-case")
