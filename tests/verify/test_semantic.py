"""The semantic level: matrix-free targets, large networks, and errors layer by layer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from bloqs.activation import AmplitudeBlockEncoding, NonlinearTransform
from bloqs.applications import flagship
from bloqs.combine.matrix_product import MatrixVectorProduct
from bloqs.convolution import Conv2DBlockEncoding
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.encoding import ShapeOnlyError, VectorEncoding
from bloqs.core.scale import direction_error
from bloqs.layers import NormalizedVector, SquaredMatrixVectorProduct
from bloqs.loading import ColumnOracle, LoadedVector
from bloqs.networks import NetworkSpec
from bloqs.reference import forward_vectors
from bloqs.reference.convolution import convolution_norm
from bloqs.verify import LayerErrors, encoded_vector, layer_errors

FloatArray = NDArray[np.float64]


def random_network(
    seed: int,
    shape: tuple[int, int, int],
    num_blocks: int,
    *,
    size: int = 3,
    has_output: bool = False,
    activation: str = "erf",
) -> tuple[NetworkSpec, FloatArray, tuple[tuple[float, float], ...]]:
    """A network of random weights, a random image, and norm bounds 5 % around the image's norms."""
    made = flagship.random_network(
        seed,
        shape,
        num_blocks,
        kernel_size=size,
        has_output=has_output,
        activation=activation,
        margin=0.05,
    )
    return made.spec, made.image, made.norm_bounds


KERNEL = np.random.default_rng(5).normal(size=(2, 2, 3, 3))
MATRICES: dict[str, RealBlockEncoding] = {
    "convolution": Conv2DBlockEncoding(KERNEL, 4),
    "padded": Conv2DBlockEncoding(KERNEL, 3),
    "rectangular": Conv2DBlockEncoding(KERNEL[:1], 2),
    "table": Conv2DBlockEncoding(KERNEL, 2, "qrom", 5),
    "balanced": Conv2DBlockEncoding(KERNEL, 2, balanced=True),
    "diagonal": AmplitudeBlockEncoding(LoadedVector([0.1, -0.5, 0.7, 0.5])),
}


@pytest.mark.parametrize("kind", MATRICES)
def test_apply_target_is_target(kind: str) -> None:
    encoding = MATRICES[kind]
    matrix = encoding.target()
    vectors = np.random.default_rng(0).normal(size=(len(matrix), 3))
    np.testing.assert_allclose(encoding.apply_target(vectors), matrix @ vectors, atol=1e-13)
    np.testing.assert_allclose(encoding.apply_target(vectors[:, 0]), matrix @ vectors[:, 0])


def test_apply_target_by_default() -> None:
    encoding = MATRICES["padded"]
    vector = np.random.default_rng(0).normal(size=2**encoding.system_bitsize)
    found = RealBlockEncoding.apply_target(encoding, vector)
    np.testing.assert_allclose(found, encoding.apply_target(vector), atol=1e-13)


LAYERS: dict[str, tuple[VectorEncoding, list[float]]] = {
    # Each with its image by hand, up to a positive factor.
    "product": (
        MatrixVectorProduct(MATRICES["diagonal"], LoadedVector([0.5, 0.5, 0.5, -0.5])),
        [0.1, -0.5, 0.7, -0.5],
    ),
    "activation": (
        NonlinearTransform(LoadedVector([0.6, -0.8]), degree=2),
        [math.erf(0.48), -math.erf(0.64)],
    ),
    "square": (
        SquaredMatrixVectorProduct(
            LoadedVector([0.6, -0.8]), ColumnOracle([[0.6, 0.1], [-0.3, 0.5]])
        ),
        [0.6 * 0.36 + 0.1 * 0.64, -0.3 * 0.36 + 0.5 * 0.64],
    ),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_layer_does_to_its_vector_what_it_promises(kind: str) -> None:
    layer, image = LAYERS[kind]
    np.testing.assert_allclose(layer.target(), image / np.linalg.norm(image), atol=1e-15)
    exact = layer.apply_target(layer.vector.target())  # type: ignore[attr-defined]
    np.testing.assert_allclose(exact / np.linalg.norm(exact), layer.target(), atol=1e-15)
    errors = layer_errors(layer)
    assert [record.name for record in errors.layers] == ["input", "layer 1"]
    assert errors.is_within


@pytest.mark.slow
def test_n_of_2_to_14() -> None:
    spec, image, bounds = random_network(0, (4, 64, 64), 3)
    network = spec.to_bloq(image, norm_bounds=bounds)
    vectors = forward_vectors(spec, image)
    found = encoded_vector(network, level="semantic")
    assert found.shape == (2**14,)
    error = float(np.linalg.norm(found - vectors.output))
    assert 1e-6 < error <= float(network.epsilon) <= 1e-2
    errors = layer_errors(network, vectors)
    assert errors.is_within
    assert errors.measured == error


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::bloqs.networks.computer.LongBuildWarning")
@pytest.mark.parametrize("side", [16, 32], ids=["2**10", "2**12"])
def test_two_blocks_and_a_dense_output_layer(side: int) -> None:
    spec, image, bounds = random_network(1, (4, side, side), 2, has_output=True)
    errors = layer_errors(spec.to_bloq(image, norm_bounds=bounds), forward_vectors(spec, image))
    assert [record.name for record in errors.layers] == ["input", "block 1", "block 2", "output"]
    assert errors.is_within
    assert errors.stated <= 1e-2


CASES = [
    # (C, M, M), residual blocks, output layer
    ((4, 1, 1), 1, False),
    ((4, 1, 1), 3, True),
    ((2, 2, 2), 2, True),
    ((2, 2, 2), 4, False),
    ((1, 4, 4), 1, True),
    ((3, 3, 3), 2, False),
    ((3, 3, 3), 3, True),
    ((2, 8, 8), 4, True),
    ((4, 1, 1), 6, False),
    ((2, 8, 8), 6, True),
]
MORE = [
    (shape, num_blocks, has_output)
    for shape in ((4, 1, 1), (2, 2, 2), (1, 4, 4), (3, 3, 3), (2, 8, 8))
    for num_blocks in (1, 2, 4, 6)
    for has_output in (False, True)
]


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "num_blocks", "has_output"), CASES, ids=str)
def test_measured_within_stated_in_every_layer(
    shape: tuple[int, int, int], num_blocks: int, has_output: bool
) -> None:
    check_layers(0, shape, num_blocks, has_output)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("shape", "num_blocks", "has_output"), MORE, ids=str)
def test_measured_within_stated_in_every_layer_of_many_networks(
    shape: tuple[int, int, int], num_blocks: int, has_output: bool, seed: int
) -> None:
    check_layers(seed, shape, num_blocks, has_output)


def check_layers(seed: int, shape: tuple[int, int, int], num_blocks: int, has_output: bool) -> None:
    spec, image, bounds = random_network(seed, shape, num_blocks, has_output=has_output)
    network = spec.to_bloq(image, epsilon=1e-2, norm_bounds=bounds)
    errors = layer_errors(network, forward_vectors(spec, image))
    assert len(errors.layers) == 1 + num_blocks + has_output
    assert errors.is_within, str(errors)
    assert errors.stated <= 1e-2
    before = errors.layers[0].measured
    for record in errors.layers[1:]:
        assert record.measured <= record.local + record.inherited + 1e-15
        # The exact layer passes an error on by no more than the factor proved (second order aside).
        assert record.inherited <= 1.02 * direction_error(record.sensitivity * before) + 1e-14
        before = record.measured
    assert errors.measured <= 1.02 * errors.propagated


@pytest.mark.parametrize("activation", ["tanh", "sigmoid2"])
@pytest.mark.parametrize("loading", [pytest.param("qrom", marks=pytest.mark.slow), "select-swap"])
def test_rounded_angles_are_local_errors(loading: str, activation: str) -> None:
    spec, image, bounds = random_network(3, (2, 2, 2), 2, has_output=True, activation=activation)
    network = spec.to_bloq(image, norm_bounds=bounds, loading=loading)
    errors = layer_errors(network, forward_vectors(spec, image))
    assert errors.is_within, str(errors)
    # The image itself is rounded now.
    assert 1e-9 < errors.layers[0].local == errors.layers[0].measured
    assert errors.layers[1].inherited > 1e-9


def test_sensitivity_is_the_slope_of_epsilon() -> None:
    # Of two networks that differ in the rounding of the image alone.
    def block(bits: int) -> tuple[float, float, float]:
        vector = LoadedVector([0.5, 0.5, -0.1, 0.7], "qrom", bits)
        layer = NonlinearTransform(vector, degree=4)
        return float(vector.epsilon), float(layer.epsilon), layer.sensitivity

    (coarse, one, slope), (fine, other, _) = block(8), block(12)
    assert (one - other) / (coarse - fine) == pytest.approx(slope, rel=1e-2)


def test_gate_level_and_semantic_level_agree_layer_by_layer() -> None:
    spec, image, bounds = random_network(2, (2, 1, 1), 2, size=1)
    network = spec.to_bloq(image, norm_bounds=bounds)
    semantic = layer_errors(network, forward_vectors(spec, image))
    gate = layer_errors(network, forward_vectors(spec, image), level="gate")
    for one, other in zip(semantic.layers, gate.layers, strict=True):
        assert one.measured == pytest.approx(other.measured, abs=1e-9)
        assert one.amplitude == pytest.approx(other.amplitude, abs=1e-9)


@pytest.mark.slow
def test_a_wrong_layer_is_found() -> None:
    spec, image, bounds = random_network(4, (2, 2, 2), 3)
    kernels = [np.array(kernel) for kernel in spec.kernels]
    kernels[1][0, 0, 1, 1] += 0.1
    kernels[1] /= max(1.0, convolution_norm(kernels[1], 2))
    other = NetworkSpec(
        input_shape=spec.input_shape, kernels=kernels, activation=spec.activation, num_groups=2
    )
    wide = [(0.8 * lo, 1.2 * hi) for lo, hi in bounds]
    errors = layer_errors(other.to_bloq(image, norm_bounds=wide), forward_vectors(spec, image))
    assert [record.is_within for record in errors.layers] == [True, True, False, False]
    assert not errors.is_within
    # The layer does what it was told, but it was told something else.
    assert errors.layers[2].local < 1e-2 < errors.layers[2].inherited
    assert str(errors).count("EXCEEDED") == 2
    assert errors._repr_html_().count("EXCEEDED") == 2


def test_nan_is_not_within() -> None:
    spec, image, bounds = random_network(4, (2, 1, 1), 1, size=1)
    vectors = forward_vectors(spec, image)
    network = spec.to_bloq(image, norm_bounds=bounds)
    errors = layer_errors(network, [vectors.input, np.full(2, math.nan)])
    assert [record.is_within for record in errors.layers] == [True, False]


def test_tables() -> None:
    spec, image, bounds = random_network(4, (2, 1, 1), 2, size=1, has_output=True)
    errors = layer_errors(spec.to_bloq(image, norm_bounds=bounds))
    text = str(errors)
    for words in ("2-norm errors", "input", "block 1", "block 2", "output", "sensitivity"):
        assert words in text
        assert words in errors._repr_html_()
    assert f"{errors.layers[2].measured:.3g}" in text
    assert repr(errors).startswith("LayerErrors(measured=")
    assert "EXCEEDED" not in text
    assert isinstance(errors, LayerErrors)


def test_amplitude_is_that_of_the_good_branch() -> None:
    vector = NonlinearTransform(LoadedVector([0.6, -0.8]), degree=2)
    errors = layer_errors(NormalizedVector(vector, s_lo=0.9, s_hi=1.0, degree=3))
    assert errors.layers[1].amplitude == pytest.approx(0.999, abs=1e-2)
    assert layer_errors(vector).layers[1].amplitude == pytest.approx(1 / vector.alpha, rel=1e-2)


def test_bad_input() -> None:
    spec, image, bounds = random_network(4, (2, 1, 1), 1, size=1)
    network = spec.to_bloq(image, norm_bounds=bounds)
    vectors = forward_vectors(spec, image)
    with pytest.raises(ValueError, match="network must be a VectorEncoding"):
        layer_errors(MATRICES["diagonal"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="level is one of"):
        layer_errors(network, level="pulse")
    with pytest.raises(ValueError, match="layers input, block 1, the reference has 1 vectors"):
        layer_errors(network, [vectors.input])
    with pytest.raises(ValueError, match=r"of block 1 must have shape \(2,\), got \(4,\)"):
        layer_errors(network, [vectors.input, np.ones(4)])
    with pytest.raises(ValueError, match="a batch of 1 images"):
        layer_errors(network, forward_vectors(spec, image[None]))
    with pytest.raises(ShapeOnlyError):
        layer_errors(NonlinearTransform(LoadedVector(None, bitsize=2), degree=4, norm=0.5))
