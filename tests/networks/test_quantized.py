"""Quantised networks: every angle on the grid, exact in tables of that many bits, and what that costs."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from bloqs import NetworkSpec
from bloqs.convolution import STRATEGIES, Conv2DBlockEncoding
from bloqs.costs import estimate
from bloqs.layers import Layer
from bloqs.layers.output import Output
from bloqs.loading import ColumnOracle
from bloqs.loading.angles import rounding
from bloqs.networks import load_example
from bloqs.networks.layers import AveragePool, Downsample, Stem
from bloqs.networks.precision import fewer_bits, fewest_common_bits
from bloqs.networks.random_network import random_network
from bloqs.reference import convolution_norm, forward, forward_vectors, matrix_norm
from bloqs.verify import encoded_vector

NETWORKS = {
    "one channel": ((1, 4, 4), {}),
    "two blocks, few rows": ((2, 4, 4), {"num_blocks": 2, "output_rows": 4}),
    "one row": ((2, 2, 2), {"output_rows": 1, "num_groups": 1}),
    "padding": ((3, 3, 3), {}),
    "a window of two": ((2, 4, 4), {"kernel_size": 2}),
    "taps beyond the image": ((2, 2, 2), {"kernel_size": 5}),
    "two paths": ((3, 2, 2), {"paths": 2, "output_layer": False, "kernel_size": 3}),
}


def made(name: str, seed: int = 1):
    shape, options = NETWORKS[name]
    return random_network(seed, shape, skip_weights=(0.3, 0.3), **options)


@pytest.mark.parametrize("bits", [pytest.param(3, marks=pytest.mark.slow), 6, 9])
@pytest.mark.parametrize("name", NETWORKS)
def test_tables_of_so_many_bits_hold_the_weights(name: str, bits: int) -> None:
    spec = made(name).spec.quantized(bits)
    assert spec.quantized(bits).kernels[0] == pytest.approx(spec.kernels[0], abs=1e-13)
    for kernel in spec.kernels:
        geometry = spec.geometry
        conv = Conv2DBlockEncoding(
            geometry.pad_kernel(kernel), geometry.combined_side, "select-swap", bits
        )
        assert conv.epsilon <= 1e-13
    if spec.has_output_layer:
        columns = ColumnOracle(spec.output_weights, "qrom", bits)
        assert columns.epsilon <= 1e-14
        assert max(rounding(angles, bits) for angles in columns.tree.tables) <= 1e-6
        assert matrix_norm(spec.output_weights) <= 1 + 1e-12
        np.testing.assert_allclose(
            spec.quantized(bits).output_weights, spec.output_weights, atol=1e-13
        )


@pytest.mark.parametrize("name", ["two blocks, few rows", "padding"])
def test_every_bit_halves_the_distance(name: str) -> None:
    """The slope of log2 of the largest difference of weights against bits, over many bits."""
    spec = made(name).spec
    bits = np.arange(6, 19, 2)
    for of in (lambda s: s.kernels[0], lambda s: s.output_weights):
        away = [np.max(np.abs(of(spec.quantized(b)) - of(spec))) for b in bits.tolist()]
        slope = np.polyfit(bits, np.log2(away), 1)[0]
        assert -1.15 <= slope <= -0.85


@pytest.mark.parametrize("strategy", ["columns", "rows", "columns-or-rows"])
def test_strategies_with_exact_kernels(strategy: str) -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        kernel = rng.normal(size=(2, 2, 3, 3))
        found = STRATEGIES[strategy].quantized(kernel, 4, 5)
        again = STRATEGIES[strategy].encode(found, 4, loading="qrom", angle_bits=5)
        assert again.epsilon <= 1e-12
        fewer = STRATEGIES[strategy].encode(found, 4, loading="qrom", angle_bits=4)
        assert fewer.epsilon > 1e-3


@pytest.mark.slow
def test_networks_are_loaded_by_the_bits_that_they_need() -> None:
    """Within the stated epsilon, at fewer T, whatever the loader."""
    made_ = made("two blocks, few rows", 4)
    bounds = made_.norm_bounds(0.1)
    for loading in ("qrom", "select-swap", "qram"):
        options = {"norm_bounds": bounds, "loading": loading, "output": "heralded"}
        before = made_.spec.to_bloq(made_.image, **options)
        spec = made_.spec.quantized(7)
        bloq = spec.to_bloq(made_.image, **options)
        pieces = bloq.facts.remarks["angle bits of each piece"]
        assert pieces.endswith("block 1 7, block 2 7, output 7")
        exact = forward_vectors(spec, made_.image).output
        found = encoded_vector(bloq, level="semantic")
        assert np.linalg.norm(found - exact) <= float(bloq.epsilon) <= 1e-2
        assert estimate(bloq).t_count <= estimate(before).t_count
        other = spec.to_bloq(made_.image + 1e-3, **options)  # another image, the same bits
        assert other.facts.remarks == bloq.facts.remarks
    assert (
        "angle bits of each piece"
        not in spec.to_bloq(made_.image, norm_bounds=bounds, loading="rotations").facts.remarks
    )


@pytest.mark.slow
def test_digits_of_nine_bits() -> None:
    """98 % of the test images, and a fifth of the T less; a wrong image costs 0.2 %."""
    example = load_example("digits-1")
    spec = example.spec.quantized(9)
    classes = example.predict(forward(spec, example.images))
    assert np.mean(classes == example.labels) >= 0.965
    options = {"output": "heralded", "loading": "select-swap"}
    before, after = (
        estimate(s.to_bloq(example.images[0], **options)).t_per_sample for s in (example.spec, spec)
    )
    assert after <= 0.85 * before


def test_layers_that_change_the_shape() -> None:
    """A stem to other channels and a down-sampling block: exact tables, and a network that is built."""
    rng = np.random.default_rng(8)
    stem, down = rng.normal(size=(2, 1, 3, 3)), rng.normal(size=(4, 2, 3, 3))
    layers = [
        Stem(stem / convolution_norm(stem, 4)),
        AveragePool(),
        Downsample(down / convolution_norm(down, 2)),
    ]
    images = rng.uniform(0.2, 1.0, size=(6, 1, 4, 4))
    spec = NetworkSpec(input_shape=(1, 4, 4), layers=layers, num_groups=2)
    found = spec.quantized(6).calibrate(images)
    for kernel, side in zip(found.kernels, (4, 2), strict=True):
        assert Conv2DBlockEncoding(kernel, side, "qrom", 6).epsilon <= 1e-13
        assert Conv2DBlockEncoding(kernel, side, "qrom", 5).epsilon > 1e-3
    bloq = found.to_bloq(images[0], loading="qrom", output="heralded", epsilon=0.05)
    exact = forward_vectors(found, images[0]).output
    away = np.linalg.norm(encoded_vector(bloq, level="semantic") - exact)
    assert away <= float(bloq.epsilon) <= 0.05
    pieces = bloq.facts.remarks["angle bits of each piece"]
    assert "stem 1 6" in pieces
    assert pieces.endswith("down-sampling block 3 6")


def test_what_is_refused() -> None:
    spec = made("one channel").spec
    for bits, message in (
        (2, "bits must be 3 to 50, found 2"),
        (51, "found 51"),
        (8.5, "must be an integer"),
        ("8", "must be an integer"),
        (True, "must be an integer"),
    ):
        with pytest.raises(ValueError, match=message):
            spec.quantized(bits)
    with pytest.raises(ValueError, match="shapes only; quantized needs weights"):
        NetworkSpec.from_shapes(input_shape=(1, 4, 4), num_blocks=1).quantized(8)
    with pytest.raises(ValueError, match="convolution 'balanced' finds its angles anew"):
        made("padding").spec.quantized(8, convolution="balanced")
    with pytest.raises(
        ValueError, match=r"'tap-lcu' finds its angles anew .* take 'columns-or-rows'"
    ):
        spec.quantized(8, convolution="tap-lcu")
    with pytest.raises(ValueError, match=r"'auto' chooses a strategy .* and the same in to_bloq"):
        spec.quantized(8, convolution="auto")
    assert spec.quantized(8, convolution="balanced") == spec.quantized(8, convolution="columns")

    class Weighted(Output):
        quantized = Layer.quantized

    with pytest.raises(ValueError, match="Weighted does not say which of its weights 8-bit"):
        Weighted(np.eye(2)).quantized(spec.geometry, 8, STRATEGIES["columns"])


def test_zeros_stay_and_bounds_are_kept() -> None:
    made_ = made("two blocks, few rows")
    spec = made_.spec.calibrate(made_.images)
    found = spec.quantized(6)
    assert (found.norm_bounds, found.amplitude_bounds) == (spec.norm_bounds, spec.amplitude_bounds)
    weights = np.array(spec.output_weights)
    weights[:, 5] = 0
    weights[2] = 0
    zeros = attrs.evolve(spec, output_weights=weights).quantized(6).output_weights
    assert not np.any(zeros[:, 5])
    assert not np.any(zeros[2])


def test_bits_of_pieces() -> None:
    assert fewest_common_bits(lambda bits: bits >= 3) == 3
    assert fewest_common_bits(lambda bits: bits >= 50) == 50
    assert fewest_common_bits(lambda bits: False) is None
    assert fewer_bits((9, 9), lambda bits: True, (0, 1)) == (3, 3)
    assert fewer_bits((9, 9), lambda bits: True, (1,)) == (9, 3)
    assert fewer_bits((9, 9), lambda bits: True, ()) == (9, 9)
    # The last piece is lowered first.
    assert fewer_bits((9, 9), lambda bits: sum(bits) >= 17, (0, 1)) == (9, 8)
