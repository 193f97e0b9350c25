"""`convolution="auto"`: never dearer than the best strategy taken throughout, and it says why."""

from __future__ import annotations

import numpy as np
import pytest

from bloqs.convolution import STRATEGIES
from bloqs.core.counts import t_total
from bloqs.costs import estimate
from bloqs.networks import NetworkSpec, load_example
from bloqs.reference import convolution_norm


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


def test_a_network_by_shape_takes_the_first_strategy() -> None:
    spec = NetworkSpec.from_shapes(input_shape=(4, 8, 8), num_blocks=1, output_layer=False)
    options = {"norm_bounds": [(0.9, 1.3)], "epsilon": 0.05, "loading": "rotations"}
    auto, fixed = (spec.cost_bloq(convolution=c, **options) for c in ("auto", "columns-or-rows"))
    assert auto.encoding == fixed.encoding


@pytest.mark.slow
@pytest.mark.parametrize("convolution", ["tap-lcu", "entrywise", "amplified-tap-lcu"])
def test_a_bundled_model_by_each_strategy(convolution: str) -> None:
    example = load_example("digits-1")
    built = example.spec.to_bloq(example.images[0], epsilon=1e-2, convolution=convolution)
    error = np.linalg.norm(built.alpha * built.block() - built.target())
    assert error <= built.epsilon <= 1e-2
