"""`convolution="auto"`: never dearer than the best strategy taken throughout, and it says why."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

from bloqs.convolution import STRATEGIES, ConvolutionStrategy
from bloqs.core.counts import t_total
from bloqs.costs import estimate
from bloqs.layers import Downsample, Layer, Stem
from bloqs.layers.shapes import MapShape
from bloqs.networks import NetworkSpec, load_example
from bloqs.networks.assembly import _Assembly
from bloqs.networks.bounds import layer_bounds
from bloqs.networks.build import Build
from bloqs.networks.choosing import Chooser, WayFacts
from bloqs.networks.regimes import data_access
from bloqs.reference import convolution_norm

ENTRYWISE = STRATEGIES["entrywise"]


def network(seed: int, blocks: int = 1) -> NetworkSpec:
    """Random kernels of norm 0.9, calibrated on random images."""
    rng = np.random.default_rng(seed)
    kernels = []
    for _ in range(blocks):
        kernel = rng.normal(size=(2, 2, 3, 3)) * rng.choice(
            [0.0, 1.0], size=(2, 2, 3, 3), p=[0.4, 0.6]
        )
        kernels.append(0.9 * kernel / convolution_norm(kernel, 2))
    spec = NetworkSpec(input_shape=(2, 2, 2), kernels=kernels, num_groups=2)
    return spec.calibrate(rng.normal(size=(8, 2, 2, 2)))


def never_dearer(spec: NetworkSpec, loading: str) -> None:
    def cost(convolution: str) -> int:
        found = spec.cost_bloq(epsilon=0.03, loading=loading, convolution=convolution)
        report = estimate(found)
        # What the choice is made by is the total of the report.
        assert t_total(found, found.synthesis_epsilon) == report.t_count
        return report.t_count

    fixed = [cost(way.name) for way in STRATEGIES["auto"].alternatives()]
    assert cost("auto") <= min(fixed)


def test_never_dearer_than_the_best_strategy() -> None:
    never_dearer(network(0), "rotations")


@pytest.mark.slow
@pytest.mark.parametrize("loading", ["rotations", "select-swap"])
def test_never_dearer_over_random_kernels(loading: str) -> None:
    for seed in range(1, 4):
        never_dearer(network(seed), loading)


@pytest.mark.slow
def test_the_report_says_which_and_why_and_the_image_is_encoded() -> None:
    spec = network(1, blocks=2)
    image = np.random.default_rng(9).normal(size=(2, 2, 2))
    spec = spec.calibrate(image[None])
    options = {"loading": "rotations", "epsilon": 0.05, "convolution": "auto"}
    built, shape = spec.to_bloq(image, **options), spec.cost_bloq(**options)
    error = np.linalg.norm(built.alpha * built.block() - built.target())
    assert error <= built.epsilon <= 0.05
    for found in (built, shape):
        remarks = found.facts.remarks
        assert remarks["convolution of each layer"].startswith("block 1 ")
        assert found.facts.convolution == "auto"
    assert built.facts.remarks == shape.facts.remarks


def shapes(*shape: int, kernel: int = 3, blocks: int = 1, alpha: object = "bound") -> NetworkSpec:
    """By shape, without output layer."""
    return NetworkSpec.from_shapes(
        input_shape=shape,
        num_blocks=blocks,
        kernel_size=kernel,
        conv_alpha=alpha,
        output_layer=False,
        norm_bounds=[(0.9, 1.3)] * blocks,
    )


def test_a_given_alpha_is_that_of_columns_or_rows_and_the_report_says_so() -> None:
    spec = shapes(4, 8, 8, blocks=2, alpha=[2.0, 1.5])
    options = {"epsilon": 0.05, "loading": "rotations"}
    auto, fixed = (spec.cost_bloq(convolution=c, **options) for c in ("auto", "columns-or-rows"))
    assert auto.encoding == fixed.encoding
    remarks = estimate(auto).assumptions
    assert remarks["convolution of each layer"].startswith("block 1 columns-or-rows (alpha 2, ")
    assert "block 1, block 2 was given as a number" in remarks["why columns-or-rows"]
    assert "conv_alpha='bound'" in remarks["why columns-or-rows"]
    assert "convolutions weighed" not in remarks
    # A strategy that is named takes the number for its own.
    named = spec.cost_bloq(convolution="tap-lcu", **options)
    assert [layer.alpha for layer in named.facts.layers] == [2.0, 1.5]


def test_a_bound_by_shape_is_each_strategys_own() -> None:
    spec = shapes(4, 4, 4, kernel=1)
    options = {"epsilon": 0.1, "loading": "rotations"}
    for name, alpha in {"columns-or-rows": 2, "tap-lcu": 1, "entrywise": 8}.items():
        found = spec.cost_bloq(convolution=name, **options)
        assert found.facts.layers[0].alpha == STRATEGIES[name].alpha_bound(4, 1, 4) == alpha


@pytest.mark.parametrize(
    ("shape", "kernel", "blocks", "chosen"),
    [
        ((2, 4, 4), 1, 1, ["columns-or-rows"]),
        ((4, 4, 4), 1, 1, ["tap-lcu"]),
        pytest.param((1, 8, 8), 5, 1, ["columns-or-rows"], marks=pytest.mark.slow),
        pytest.param((3, 5, 5), 2, 1, ["tap-lcu"], marks=pytest.mark.slow),
        pytest.param((4, 4, 4), 3, 2, ["columns-or-rows", "amplified"], marks=pytest.mark.slow),
    ],
)
def test_by_shape_never_dearer_than_the_best_strategy(
    shape: tuple[int, int, int], kernel: int, blocks: int, chosen: list[str]
) -> None:
    spec = shapes(*shape, kernel=kernel, blocks=blocks)
    options = {"epsilon": 0.1, "loading": "rotations"}

    def cost(convolution: str) -> int:
        try:
            found = spec.cost_bloq(convolution=convolution, **options)
        except ValueError:  # a size that the strategy refuses
            return 2**200
        assert t_total(found, found.synthesis_epsilon) == estimate(found).t_count
        return estimate(found).t_count

    # Twice an alpha of 24 takes the solver a while, and is beaten anyway.
    ways = [way for way in STRATEGIES["auto"].alternatives() if blocks == 1 or way != ENTRYWISE]
    assert cost("auto") <= min(cost(way.name) for way in ways)
    remarks = spec.cost_bloq(convolution="auto", **options).facts.remarks
    words = remarks["convolution of each layer"]
    assert all(f"block {i} {name} (alpha " in words for i, name in enumerate(chosen, 1))
    assert "convolutions weighed" in remarks
    assert "convolutions left out" in remarks


def test_a_bounded_stem_by_shape_takes_the_strategy_of_least_cost(tmp_path: Path) -> None:
    """As a block does whose alpha is a bound; a number is kept for the first strategy."""

    def stem(shape: MapShape) -> NetworkSpec:
        return NetworkSpec(
            input_shape=(2, 4, 4), layers=[Stem(shape)], num_groups=1, norm_bounds=[(0.3, 0.5)]
        )

    bounded = stem(MapShape.bounded(2, 4, 1))
    options = {"epsilon": 0.1, "loading": "rotations"}
    costs = {
        name: estimate(bounded.cost_bloq(convolution=name, **options)).t_count
        for name in ("auto", "columns-or-rows", "tap-lcu")
    }
    assert costs["auto"] == costs["tap-lcu"] < costs["columns-or-rows"]
    remarks = bounded.cost_bloq(convolution="auto", **options).facts.remarks
    assert remarks["convolution of each layer"].startswith("stem 1 tap-lcu (alpha 1, ")
    given = stem(MapShape(2, 4, 1, 2.0)).cost_bloq(convolution="auto", **options)
    assert "stem 1 was given as a number" in given.facts.remarks["why columns-or-rows"]
    bounded.save(tmp_path / "stem.npz")
    assert NetworkSpec.load(tmp_path / "stem.npz") == bounded


@pytest.mark.parametrize("layer", [lambda k: Stem(k, stride=2), Downsample])
def test_a_bound_does_not_hold_with_a_stride(layer: Callable[[MapShape], Layer]) -> None:
    with pytest.raises(ValueError, match=r"kernel 1 has a stride of 2, .*give alpha as a number"):
        NetworkSpec(input_shape=(2, 4, 4), layers=[layer(MapShape.bounded(2, 4, 3))], num_groups=1)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((sympy.Symbol("C"), 4, 3), "a bound needs numbers, found sizes .*has no alpha"),
        ((0, 0, 3), "at least one channel"),
        ((1, 4, 0), "a window of at least 1"),
        ((1.5, 4, 3), "channels must be an integer|integer"),
    ],
)
def test_bounded_shapes_need_sizes(sizes: tuple[Any, Any, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        MapShape.bounded(*sizes)


def test_what_cannot_be_built_is_passed_over() -> None:
    few, small = STRATEGIES["columns"], STRATEGIES["balanced"]
    options = {0: {"columns": WayFacts(3.0, 10.0), "balanced": WayFacts(2.0, 20.0)}}
    bounds = {"columns": 4.0, "balanced": 1.0}
    chooser = Chooser(
        ("block 1",),
        (0,),
        options,
        (few, small),
        cost=lambda ways: 9.0 if ways[0] is few else math.inf,
        bound=lambda ways: bounds[ways[0].name],
    )
    assert chooser.best() == (few,)
    assert "columns 9 T, balanced inf T" in chooser.reasons(chooser.best())["convolutions weighed"]


def test_none_is_ruled_out_but_by_a_bound_above_the_least_cost() -> None:
    """However much larger than the least bound: only the cost that was found counts."""
    ways = [STRATEGIES[name] for name in ("columns", "balanced", "tap-lcu")]
    bounds, costs = (1.0, 8.0, 9.5), (9.0, 8.5, 9.6)
    options = {0: {way.name: WayFacts(3.0 - i, 10.0 + 9 * i) for i, way in enumerate(ways)}}
    asked = []

    def cost(chosen: tuple[ConvolutionStrategy, ...]) -> float:
        asked.append(chosen[0].name)
        return costs[ways.index(chosen[0])]

    chooser = Chooser(
        ("block 1",), (0,), options, tuple(ways), cost, lambda chosen: bounds[ways.index(chosen[0])]
    )
    assert chooser.best() == (ways[1],)
    assert asked == ["columns", "balanced"]


@pytest.mark.parametrize("loading", ["rotations", "select-swap"])
@pytest.mark.parametrize("epsilon", [0.3, 0.01])
def test_no_network_costs_less_than_its_bound(epsilon: float, loading: str) -> None:
    """Also where few bits and coarse rotations do, each strategy with its own."""
    spec = network(4)
    build = Build(epsilon=epsilon, loading=loading, output="heralded")
    for way in STRATEGIES["auto"].alternatives()[: 2 if epsilon < 0.1 else 3]:
        access = data_access(spec, build.regime, build.loading)
        bounds = layer_bounds(spec, build.norm_bounds, build.form)
        assembly = _Assembly(spec, build, access, bounds, None, (way,) * 2)
        found = assembly.network()
        cost = t_total(found, found.synthesis_epsilon) * found.alpha**2
        assert 0 < assembly.lower_bound() <= cost


def test_a_network_by_shape_keeps_its_bound_in_a_file(tmp_path: Path) -> None:
    for spec in (shapes(4, 8, 8), shapes(4, 8, 8, alpha=6.0)):
        spec.save(tmp_path / "shape.npz")
        assert NetworkSpec.load(tmp_path / "shape.npz") == spec
    assert shapes(4, 8, 8) != shapes(4, 8, 8, alpha=6.0)


@pytest.mark.slow
@pytest.mark.parametrize("convolution", ["tap-lcu", "entrywise", "amplified-tap-lcu"])
def test_a_bundled_model_by_each_strategy(convolution: str) -> None:
    example = load_example("digits-1")
    built = example.spec.to_bloq(example.images[0], epsilon=1e-2, convolution=convolution)
    error = np.linalg.norm(built.alpha * built.block() - built.target())
    assert error <= built.epsilon <= 1e-2
