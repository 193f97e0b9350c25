"""What `to_bloq` and `cost_bloq` refuse, and the bounds they choose; digits at semantic level."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from bloqs.activation import Activation
from bloqs.loading import LoadedVector
from bloqs.networks import NetworkSpec, NormBoundsError, assembly, load_example
from bloqs.networks.build import Build
from bloqs.reference import forward_vectors
from bloqs.simulation import encoded_vector

KERNEL = np.array([[[[0.3]], [[-0.2]]], [[[0.1]], [[0.4]]]])
IMAGE = np.array([[[0.6]], [[-0.8]]])


def small(**changes: Any) -> NetworkSpec:
    options: dict[str, Any] = {
        "input_shape": (2, 1, 1),
        "kernels": (KERNEL,),
        "num_groups": 2,
        "norm_bounds": ((0.5, 1.9),),
    }
    return NetworkSpec(**{**options, **changes})


BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "regime": (lambda: small().to_bloq(IMAGE, regime=7), "regime must be 1 .* found 7"),
    "loader": (lambda: small().to_bloq(IMAGE, loading="magic"), "magic"),
    "epsilon": (lambda: small().to_bloq(IMAGE, epsilon=0.0), r"epsilon .* got 0\.0"),
    "negative epsilon": (lambda: small().cost_bloq(epsilon=-1e-3), r"got -0\.001"),
    "too few bounds": (lambda: small().to_bloq(IMAGE, norm_bounds=[]), "must hold 1 pairs"),
    "bounds out of order": (
        lambda: small().to_bloq(IMAGE, norm_bounds=[(1.5, 0.5)]),
        r"0 < lo <= hi, found \(1\.5, 0\.5\)",
    ),
    "word for bounds": (lambda: small().to_bloq(IMAGE, norm_bounds="best"), "got 'best'"),
    "no calibration": (
        lambda: small(norm_bounds=None).to_bloq(IMAGE),
        "no calibrated norm bounds; call spec.calibrate",
    ),
    "no worst case for a block": (
        lambda: small(activation=Activation("erf", gain=1.0)).to_bloq(
            IMAGE, norm_bounds="worst-case"
        ),
        "no worst-case bound for a block",
    ),
    "image shape": (lambda: small().to_bloq(np.ones((3, 3))), r"found \(3, 3\)"),
    "zero image": (lambda: small().to_bloq(np.zeros((2, 1, 1))), "all zero"),
    "NaN image": (lambda: small().to_bloq(IMAGE * np.nan), "finite"),
    "shapes only": (
        lambda: NetworkSpec.from_shapes(input_shape=(2, 2, 2), num_blocks=1, num_groups=2).to_bloq(
            np.ones((2, 2, 2))
        ),
        "needs weights, use cost_bloq",
    ),
    "two paths": (
        lambda: NetworkSpec.from_shapes(
            input_shape=(2, 2, 2), num_blocks=1, num_groups=2, paths=2
        ).cost_bloq(norm_bounds=[(1.0, 1.5), (0.1, 0.2)]),
        "one input path",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input(kind: str) -> None:
    act, message = BAD[kind]
    with pytest.raises(ValueError, match=message):
        act()


def test_image_outside_its_bounds() -> None:
    with pytest.raises(NormBoundsError, match="norm of block 1") as caught:
        small(norm_bounds=((0.5, 0.6),)).to_bloq(IMAGE)
    assert caught.value.layer == "block 1"
    assert caught.value.bounds == (0.5, 0.6)
    assert caught.value.value > 0.6


def two_blocks(
    norms: Sequence[tuple[float, float]], amplitudes: Sequence[float] | None
) -> NetworkSpec:
    """Two blocks and an output layer; each norm and each amplitude is another."""
    kernels = (KERNEL, np.array([[[[0.2]], [[0.3]]], [[[-0.4]], [[0.1]]]]))
    return small(
        kernels=kernels,
        output_weights=[[0.5, 0.2], [-0.1, 0.6]],
        norm_bounds=norms,
        amplitude_bounds=amplitudes,
    )


LAYERS = ("block 1", "block 2", "output")
WIDE = [(0.01, 3.0)] * 3


def measured() -> tuple[list[float], list[float]]:
    """Norms and amplitudes of `IMAGE` in these layers, by hand."""
    x, norms, amplitudes = np.array([0.6, -0.8]), [], []
    for kernel in two_blocks(WIDE, None).kernels:
        y = np.asarray(kernel)[:, :, 0, 0] @ x
        x = x + np.vectorize(math.erf)(0.8 * y)
        norms.append(float(np.linalg.norm(x)))
        amplitudes.append(float(np.max(abs(y))))
        x = x / norms[-1]
    g = 0.51 * x + 0.49 * np.array([[0.5, 0.2], [-0.1, 0.6]]) @ x**2
    return [*norms, float(np.linalg.norm(g))], amplitudes


def is_accepted(spec: NetworkSpec) -> bool:
    """Whether `IMAGE` passes the guard; the network itself is not built."""
    build = Build(loading="rotations")
    with patch.object(assembly, "_Assembly") as made:
        try:
            assembly.network_bloq(spec, IMAGE, build)
        except NormBoundsError:
            return False
    assert made.called
    return True


@pytest.mark.parametrize("layer", range(3))
def test_norms_just_inside_and_just_outside(layer: int) -> None:
    """A thousandth on either side of each end, for each layer."""
    norm = measured()[0][layer]
    for lo, hi, inside in [
        (0.999 * norm, 2.0, True),
        (1.001 * norm, 2.0, False),
        (0.01, 1.001 * norm, True),
        (0.01, 0.999 * norm, False),
    ]:
        bounds = [*WIDE[:layer], (lo, hi), *WIDE[layer + 1 :]]
        spec = two_blocks(bounds, None)
        assert is_accepted(spec) is inside
        if not inside:
            with pytest.raises(NormBoundsError, match=f"the norm of {LAYERS[layer]} is") as caught:
                spec.to_bloq(IMAGE)
            assert caught.value.bounds == (lo, hi)
            assert caught.value.value == pytest.approx(norm)


@pytest.mark.parametrize("layer", range(2))
def test_amplitudes_just_inside_and_just_outside(layer: int) -> None:
    amplitude = measured()[1][layer]
    for factor, inside in [(1.001, True), (0.999, False)]:
        bounds = [1.0, 1.0]
        bounds[layer] = factor * amplitude
        spec = two_blocks(WIDE, bounds)
        assert is_accepted(spec) is inside
    with pytest.raises(NormBoundsError, match=f"amplitudes of {LAYERS[layer]} is") as caught:
        spec.to_bloq(IMAGE)
    assert caught.value.bounds == (0.0, bounds[layer])
    assert caught.value.value == pytest.approx(amplitude)


def test_synthesis_and_failure_by_hand() -> None:
    """Amplitude 0.98 at epsilon 1e-2, five per cent each: 99 % of 4.9e-4, and 5e-4 * 0.9604 of a run."""
    network = small().calibrate([IMAGE]).to_bloq(IMAGE)
    assert float(network.alpha) == pytest.approx(1 / 0.98, rel=1e-3)
    assert network.synthesis_epsilon == pytest.approx(4.851e-4, rel=1e-3)
    assert network.failure_probability == pytest.approx(4.802e-4, rel=2e-3)


def test_one_channel_is_loaded_where_the_others_are_zero() -> None:
    """Of two channels of 2x2 pixels: the image alone, or all."""
    spec = small(input_shape=(2, 2, 2), num_groups=2)
    images = np.zeros((2, 2, 2, 2))
    images[:, 0], images[1, 1] = [[0.5, 0.1], [0.2, 0.4]], [[0.3, 0.0], [0.0, 0.0]]
    for image, size in zip(images, (2, 3), strict=True):
        network: Any = spec.calibrate([image]).to_bloq(image)
        loaded = network.encoding
        while not isinstance(loaded, LoadedVector):
            loaded = loaded.vector
        assert (loaded.data_bitsize, loaded.system_bitsize) == (size, 3)
        assert loaded.is_network_input


def test_parts_of_the_budget_are_named_by_their_layer() -> None:
    network: Any = two_blocks(WIDE, None).calibrate([IMAGE]).to_bloq(IMAGE, loading="qrom")
    names = [item.name for item in network.error_budget.part("polynomials").parts]
    # What an amplification leaves of the scale is no error of its own.
    assert names == [
        "activation of block 1",
        "activation of block 2",
        "amplification of the output",
    ]
    rounded = [item.name for item in network.error_budget.part("data precision").parts]
    assert rounded == [
        "rounded input",
        "rounded kernel 1",
        "rounded kernel 2",
        "rounded output columns",
    ]


@pytest.mark.parametrize(("side", "words"), [(3, "from 3 to 4 pixels"), (4, None)])
def test_padded_images_of_two_paths_are_told(side: int, words: str | None) -> None:
    spec = NetworkSpec.from_shapes(
        input_shape=(1, side, side), num_blocks=1, kernel_size=1, paths=2, output_layer=False
    )
    remarks = spec.cost_bloq(regime=3, norm_bounds=[(1.2, 1.3)]).facts.remarks  # type: ignore[union-attr]
    assert words in remarks["image size"] if words else "image size" not in remarks


def test_worst_case_bounds_hold_and_cost_more() -> None:
    spec = small(kernels=(KERNEL,), activation=Activation("erf", gain=0.8))
    calibrated = spec.to_bloq(IMAGE, norm_bounds=[(1.1, 1.6)])
    worst = spec.to_bloq(IMAGE, norm_bounds="worst-case")
    assert worst.assumptions["norm bounds"]["origin"] == "worst-case"  # type: ignore[attr-defined]
    degrees = [b.assumptions["amplification degrees"][0] for b in (calibrated, worst)]  # type: ignore[attr-defined]
    assert degrees[0] < degrees[1]
    error = np.linalg.norm(encoded_vector(worst) - forward_vectors(spec, IMAGE).output)
    assert error <= worst.epsilon <= 1e-2


@pytest.mark.parametrize("name", ["digits-1", pytest.param("digits-2", marks=pytest.mark.slow)])
def test_digits_at_semantic_level(name: str) -> None:
    """A sample of test digits: vector within epsilon, same class where the top two are apart."""
    example = load_example(name)
    for image in example.images[::45]:
        network = example.spec.to_bloq(image)
        exact = forward_vectors(example.spec, image)
        found = encoded_vector(network, level="semantic")
        assert np.linalg.norm(found - exact.output) <= float(network.epsilon) <= 1e-2
        groups = np.sum(np.abs(found.reshape(example.spec.num_groups, -1)) ** 2, axis=1)
        top = np.sort(exact.probabilities)[-2:]
        if top[1] - top[0] >= 2e-2:
            assert np.argmax(groups) == np.argmax(exact.probabilities)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "count"), [("digits-1", 450), ("digits-2", 50)])
def test_all_digits_at_semantic_level(name: str, count: int) -> None:
    """All test digits inside the bounds (>= 99 %), each within epsilon and of the same class."""
    example = load_example(name)
    outside = 0
    for image in example.images[:count]:
        try:
            network = example.spec.to_bloq(image)
        except NormBoundsError:
            outside += 1
            continue
        exact = forward_vectors(example.spec, image)
        found = encoded_vector(network, level="semantic")
        assert np.linalg.norm(found - exact.output) <= float(network.epsilon) <= 1e-2
        groups = np.sum(np.abs(found.reshape(example.spec.num_groups, -1)) ** 2, axis=1)
        top = np.sort(exact.probabilities)[-2:]
        if top[1] - top[0] >= 2e-2:
            assert np.argmax(groups) == np.argmax(exact.probabilities)
    assert outside <= 0.01 * count


def output_weights(seed: int = 0) -> np.ndarray:
    weights = np.random.default_rng(seed).normal(size=(8, 8))
    return weights / np.linalg.norm(weights, 2)


@pytest.mark.parametrize("output", ["coherent", "heralded"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_bounds_that_touch_the_norms_are_met(output: str, order: str) -> None:
    """Sums in another order may differ in the last digit; that is no image outside the bounds."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        kernel = 0.1 * rng.normal(size=(2, 2, 1, 1))
        spec = NetworkSpec(
            input_shape=(2, 2, 2),
            kernels=[kernel],
            output_weights=output_weights(seed),
            skip_weight=0.3,
            num_groups=2,
        )
        image = rng.normal(size=(2, 2, 2))
        touching = [(norm, norm) for norm in spec.layer_norms([image])[0]]
        bloq = spec.to_bloq(
            np.array(image, order=order), norm_bounds=touching, epsilon=0.1, output=output
        )
        assert float(bloq.epsilon) <= 0.1


def test_worst_case_of_a_network_that_is_all_skip() -> None:
    """At tau = 1 the bounds are [1, 1], which a computed norm of 1 touches."""
    spec = small(
        input_shape=(2, 2, 2), output_weights=output_weights(), skip_weight=1.0, norm_bounds=None
    )
    for seed in range(5):
        image = np.random.default_rng(seed).normal(size=(2, 2, 2))
        assert float(spec.to_bloq(image, norm_bounds="worst-case", epsilon=0.1).epsilon) <= 0.1


def test_heralded_network_without_a_block() -> None:
    spec = NetworkSpec(
        input_shape=(2, 2, 2), output_weights=output_weights(), skip_weight=0.3, num_groups=2
    )
    image = np.arange(1.0, 9.0).reshape(2, 2, 2)
    spec = spec.calibrate([image])
    bloq, bound = spec.to_bloq(image, output="heralded"), spec.cost_bloq(output="heralded")
    error = np.linalg.norm(
        encoded_vector(bloq, level="semantic") - forward_vectors(spec, image).output
    )
    assert error <= bloq.epsilon + 1e-12
    assert bound.facts.amplification_degrees == bloq.facts.amplification_degrees


def test_heralded_rounds_are_planned_again_where_few_bits_widen_the_interval() -> None:
    """Loaded exactly the amplitude is narrow; with three bits its interval passes the half turn."""
    spec = NetworkSpec(
        input_shape=(1, 2, 2),
        kernels=(np.full((1, 1, 1, 1), -0.9),),
        activation=Activation("erf", gain=0.8),
        num_groups=1,
    )
    image = np.array([[[1.0, 2.0], [3.0, -4.0]]])
    norm = float(spec.layer_norms([image])[0, 0])
    options = {"epsilon": 0.3, "output": "heralded", "norm_bounds": [(0.3 * norm, 3 * norm)]}
    for loading in ("rotations", "qrom", "select-swap"):
        bloq = spec.to_bloq(image, loading=loading, **options)
        error = np.linalg.norm(
            encoded_vector(bloq, level="semantic") - forward_vectors(spec, image).output
        )
        assert error <= float(bloq.epsilon) <= 0.3
