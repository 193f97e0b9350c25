"""Stem, pooling, down-sampling and bias: at gate level within their epsilon, together at semantic level."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bloqs import NetworkSpec, encoded_vector, estimate
from bloqs.activation import Activation
from bloqs.convolution import STRATEGIES
from bloqs.costs.classical import forward_cost
from bloqs.layers import Layer
from bloqs.networks.layers import AveragePool, Downsample, Residual, Stem
from bloqs.reference import convolution_norm, forward, forward_vectors
from bloqs.simulation import layer_errors
from bloqs.testing import assert_formula_is_decomposition

EPSILON = 1e-3
Rng = np.random.Generator


def kernel(rng: Rng, c_out: int, c_in: int, d: int, m: int, stride: int = 1) -> Any:
    k = rng.normal(size=(c_out, c_in, d, d)) + 0.5
    return k / convolution_norm(k, m, stride=stride)


def biased(rng: Rng) -> Any:
    k = kernel(rng, 2, 2, 1, 2)
    k[1] = 0  # the constant channel is carried on by the skip alone
    return k


Make = Callable[[Rng], list[Layer]]
CASES: dict[str, tuple[tuple[int, int, int], Make, dict[str, Any]]] = {
    "stem": ((1, 2, 2), lambda r: [Stem(kernel(r, 2, 1, 1, 2))], {}),
    "stem, gelu": (
        (1, 2, 2),
        lambda r: [Stem(kernel(r, 2, 1, 1, 2))],
        {"activation": Activation("gelu", gain=1.0)},
    ),
    "more channels": ((1, 2, 2), lambda r: [Stem(kernel(r, 4, 1, 1, 2), activation=False)], {}),
    "fewer channels": ((2, 2, 2), lambda r: [Stem(kernel(r, 1, 2, 1, 2))], {}),
    "stride 2": ((1, 4, 4), lambda r: [Stem(kernel(r, 1, 1, 2, 4, 2), 2, activation=False)], {}),
    "stride 2 of an odd image": (
        (2, 3, 3),
        lambda r: [Stem(kernel(r, 1, 2, 1, 3, 2), stride=2)],
        {},
    ),
    "pooling": ((2, 2, 2), lambda r: [AveragePool()], {}),
    "pooling of six": ((1, 6, 6), lambda r: [AveragePool()], {}),
    "down-sampling": ((1, 2, 2), lambda r: [Downsample(kernel(r, 2, 1, 1, 2, 2))], {}),
    "bias": ((1, 2, 2), lambda r: [Residual(biased(r))], {"bias_scale": 0.7}),
}


def example(name: str, seed: int) -> tuple[NetworkSpec, Any]:
    shape, make, options = CASES[name]
    rng = np.random.default_rng(seed)
    images = rng.uniform(0.3, 1, size=(3, *shape))
    spec = NetworkSpec(input_shape=shape, layers=make(rng), num_groups=2, **options)
    return spec.calibrate(images), images[0]


SEEDS = [
    pytest.param(name, seed, marks=[] if seed == 0 else [pytest.mark.slow])
    for name in CASES
    for seed in range(10)
]


@pytest.mark.parametrize(("name", "seed"), SEEDS)
def test_gate_level_is_within_the_stated_error(name: str, seed: int) -> None:
    spec, image = example(name, seed)
    network = spec.to_bloq(image, epsilon=EPSILON, loading="rotations")
    exact = forward_vectors(spec, image).output
    assert len(exact) == spec.output_length == 2**network.system_bitsize
    assert np.linalg.norm(encoded_vector(network, level="gate") - exact) <= network.epsilon
    assert network.epsilon <= EPSILON


@pytest.mark.parametrize("name", CASES)
def test_the_layer_is_its_reference(name: str) -> None:
    """`apply` and `amplitudes` of the class against the map that the reference writes out."""
    spec, image = example(name, 1)
    found = forward_vectors(spec, image)
    layer, before = spec.layers[0], spec.geometries[0]
    z = layer.apply(found.input[None], before, spec.activation)[0]
    np.testing.assert_allclose(z / np.linalg.norm(z), found.output, atol=1e-12)
    amplitude = layer.amplitudes(found.input[None], before, spec.activation)
    np.testing.assert_allclose(amplitude, found.amplitudes, atol=1e-12)


@pytest.mark.parametrize(
    "loading",
    [
        "select-swap",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("rotations", "qrom", "qram")),
    ],
)
@pytest.mark.parametrize(
    "name",
    ["stem, gelu", "stride 2", pytest.param("down-sampling", marks=pytest.mark.slow), "pooling"],
)
def test_costs_by_data_are_no_larger_than_by_shape(name: str, loading: str) -> None:
    spec, image = example(name, 0)
    by_data = spec.to_bloq(image, epsilon=1e-2, loading=loading)
    by_shape = spec.cost_bloq(epsilon=1e-2, loading=loading)
    if loading != "rotations":
        assert_formula_is_decomposition(by_data)
    report, bound = estimate(by_data), estimate(by_shape)
    assert 0 < report.t_count <= bound.t_count
    assert report.logical_qubits <= bound.logical_qubits


def everything(seed: int = 0) -> tuple[NetworkSpec, Any]:
    """Every layer in one network: 8 x 8 pixels and a constant to one pixel of four channels, with GELU."""
    rng = np.random.default_rng(seed)
    layers = [
        Stem(kernel(rng, 4, 2, 3, 8)),
        Residual(kernel(rng, 4, 4, 3, 8)),
        Downsample(kernel(rng, 8, 4, 3, 8, 2)),
        AveragePool(),
        Stem(kernel(rng, 4, 8, 1, 2, 2), stride=2, activation=False),
    ]
    images = rng.uniform(0.1, 1, size=(4, 8, 8))
    spec = NetworkSpec(
        input_shape=(1, 8, 8),
        layers=layers,
        output_weights=np.linalg.qr(rng.normal(size=(4, 4)))[0],
        skip_weight=0.3,
        activation=Activation("gelu", gain=1.0),
        num_groups=2,
        bias_scale=0.5,
    )
    return spec.calibrate(images), images[0]


@pytest.mark.slow
def test_all_of_them_in_one_network() -> None:
    spec, image = everything()
    assert [place.input_shape for place in spec.geometries] == [
        (2, 8, 8), (4, 8, 8), (4, 8, 8), (8, 4, 4), (8, 2, 2), (4, 1, 1), (4, 1, 1),
    ]  # fmt: skip
    network = spec.to_bloq(image, epsilon=1e-2)
    exact = forward_vectors(spec, image).output
    assert np.linalg.norm(encoded_vector(network, level="semantic") - exact) <= network.epsilon
    assert network.epsilon <= 1e-2
    errors = layer_errors(network)
    assert errors.is_within
    assert [layer.name for layer in errors.layers][1:] == [
        "stem 1", "block 2", "down-sampling block 3", "pooling 4", "stem 5", "output",
    ]  # fmt: skip
    assert estimate(spec.cost_bloq(epsilon=1e-2)).t_count > 0
    assert set(forward_cost(spec).parts) >= {"stem 1", "pooling 4", "down-sampling block 3"}


def test_stored_and_read_again(tmp_path: Any) -> None:
    spec, image = everything(1)
    spec.save(tmp_path / "network.npz")
    again = NetworkSpec.load(tmp_path / "network.npz")
    assert again == spec
    assert again.bias_scale == 0.5
    np.testing.assert_array_equal(forward(again, image), forward(spec, image))


@pytest.mark.parametrize("regime", [2, 3])
def test_several_paths_become_one_image(regime: int) -> None:
    rng = np.random.default_rng(5)
    layers = [Stem(kernel(rng, 2, 4, 1, 4, 2), stride=2)]  # two channels, two paths
    images = rng.uniform(0.3, 1, size=(3, 2, 2, 2))
    spec = NetworkSpec(input_shape=(2, 2, 2), layers=layers, paths=2, num_groups=2)
    spec = spec.calibrate(images)
    assert [place.length for place in spec.geometries] == [64, 8]
    network = spec.to_bloq(images[0], epsilon=EPSILON, regime=regime)
    x = images[0] / np.linalg.norm(images[0])
    pairs = np.einsum("crq,dst->cdrsqt", x, x).reshape(4, 4, 4)[:, ::2, ::2]
    y = spec.activation(np.einsum("oi,irq->orq", layers[0].kernel[:, :, 0, 0], pairs)).ravel()
    wanted = y / np.linalg.norm(y)
    assert np.linalg.norm(encoded_vector(network, level="semantic") - wanted) <= network.epsilon


def unit(c_out: int, c_in: int) -> Any:
    return np.ones((c_out, c_in, 1, 1)) / np.sqrt(c_out * c_in)


@pytest.mark.parametrize(
    ("shape", "layers", "message"),
    [
        ((2, 4, 4), [Stem(unit(2, 1))], "must have C_in = 2 input channels.*found 1"),
        ((1, 4, 4), [Stem(2 * unit(2, 1))], r"\|\|Conv\|\|_2 of kernel 1 must be at most 1"),
        ((1, 3, 3), [AveragePool()], "pooling 1: .*even image size M, found 3"),
        ((1, 2, 2), [AveragePool()], "pooling 1: .*needs no qubit"),
        ((1, 3, 3), [Downsample(unit(2, 1))], r"Stem\(kernel, stride=2\)"),
        ((2, 4, 4), [Downsample(unit(1, 2))], "C_out must be at least that, found 1"),
        ((1, 4, 4), [Stem(unit(2, 1)), Residual(unit(1, 1))], "kernel 2 must have C_out = C_in"),
    ],
)
def test_what_does_not_fit_is_refused(shape: Any, layers: list[Layer], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NetworkSpec(input_shape=shape, layers=layers, num_groups=2)


@pytest.mark.parametrize("layer", [Stem(unit(2, 1)), AveragePool(), Downsample(unit(2, 1))])
def test_no_worst_case_says_so(layer: Layer) -> None:
    spec = NetworkSpec(input_shape=(1, 4, 4), layers=[layer], num_groups=2)
    with pytest.raises(ValueError, match=r"no worst-case bound.*use calibrated bounds"):
        spec.cost_bloq(norm_bounds="worst-case")


@pytest.mark.parametrize("stride", [0, 3, 1.5, "2"])
def test_other_strides_are_refused(stride: Any) -> None:
    with pytest.raises(ValueError, match="stride"):
        Stem(unit(2, 1), stride=stride)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), "large"])
def test_other_bias_scales_are_refused(scale: Any) -> None:
    with pytest.raises(ValueError, match="bias_scale"):
        NetworkSpec(input_shape=(1, 2, 2), layers=[AveragePool()], bias_scale=scale)


def test_a_kernel_of_norm_one_at_its_stride_is_taken() -> None:
    """The norm that counts is that of the rows that are kept."""
    k = kernel(np.random.default_rng(0), 1, 1, 3, 4, stride=2)
    assert convolution_norm(k, 4) > 1.01
    NetworkSpec(input_shape=(1, 4, 4), layers=[Stem(k, stride=2)], num_groups=2)


def test_classical_operations_are_counted_tap_by_tap() -> None:
    spec = NetworkSpec(
        input_shape=(2, 4, 4),
        layers=[Stem(np.ones((3, 2, 3, 3)) / 60, stride=2), AveragePool()],
        num_groups=2,
    )
    parts = forward_cost(spec).parts
    rows = [sum(0 <= r + a - 1 < 4 for a in range(3)) for r in (0, 2)]
    taps = 3 * 2 * sum(rows) ** 2
    assert parts["stem 1"].multiplications == taps + 12  # and the squares of the norm
    assert parts["stem 1"].activations == 12
    assert (parts["pooling 2"].multiplications, parts["pooling 2"].additions) == (3 + 3, 9 + 2)


def test_norms_of_the_maps_are_those_at_their_place() -> None:
    spec, _ = everything(2)
    norms = [
        layer.map_norm(place)
        for layer, place in zip(spec.all_layers, spec.geometries, strict=False)
    ]
    np.testing.assert_allclose(norms, [1, 1, 1, 0.5, 1, 1], rtol=1e-6)
    shapes = [
        layer.by_shape(place, i, STRATEGIES["columns"]).map_norm(place)
        for i, (layer, place) in enumerate(zip(spec.all_layers, spec.geometries, strict=False), 1)
    ]
    assert shapes == [None, None, None, 0.5, None, None]
