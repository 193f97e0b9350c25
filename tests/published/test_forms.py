"""`form="published"`: networks of the paper's circuits, in both variants, through the same solver."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bloqs.activation import Activation
from bloqs.cli import app
from bloqs.costs import estimate
from bloqs.layers import AveragePool, Downsample, Residual, Stem
from bloqs.layers.forms import FORMS, OURS
from bloqs.layers.geometry import Geometry
from bloqs.networks import NetworkSpec, load_example
from bloqs.networks.build import Build
from bloqs.published import compare
from bloqs.published.forms import OUR_BOUNDS, PAPER_BOUNDS, PUBLISHED_FORM
from bloqs.published.layers import PublishedAmplification, delta_of, sign_degree
from bloqs.published.sums import PoolingSum, SkipSum
from bloqs.reference import convolution_norm
from bloqs.simulation import encoded_vector
from bloqs.testing import random_network

BOUNDS = {"calibrated": OUR_BOUNDS, "worst-case": PAPER_BOUNDS}


@functools.cache
def small(tau: float | None = 0.6) -> tuple[NetworkSpec, np.ndarray]:
    """One block on 2 x 2 pixels of two channels, with an output layer where tau is given."""
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(2, 2, 2, 2))
    kernel *= 0.8 / convolution_norm(kernel, 2)
    weights = rng.normal(size=(8, 8))
    weights *= 0.9 / np.linalg.norm(weights, 2)
    images = rng.normal(size=(4, 2, 2, 2))
    output = {} if tau is None else {"output_weights": weights, "skip_weight": tau}
    spec = NetworkSpec(input_shape=(2, 2, 2), kernels=(kernel,), num_groups=2, **output)
    return spec.calibrate(images), images[0]


@pytest.mark.parametrize("norm_bounds", BOUNDS)
@pytest.mark.parametrize(
    ("regime", "tau", "loading"),
    [
        pytest.param(1, 0.6, None, marks=pytest.mark.slow),
        (2, 0.3, "rotations"),
        (3, None, "rotations"),
    ],
)
def test_within_epsilon_in_every_regime(
    norm_bounds: str, regime: int, tau: float | None, loading: str | None
) -> None:
    spec, image = small(tau)
    options = {
        "form": "published",
        "norm_bounds": norm_bounds,
        "regime": regime,
        "loading": loading,
        "epsilon": 0.05,
    }
    built, shape = spec.to_bloq(image, **options), spec.cost_bloq(**options)
    error = np.linalg.norm(built.alpha * built.block() - built.target())
    assert error <= built.epsilon <= 0.05
    assert shape.epsilon <= 0.05
    for found in (built, shape):
        assert found.facts.remarks["form"] == BOUNDS[norm_bounds]
        assert found.facts.convolution == "amplified-entrywise"
        assert found.assumptions["form"] == BOUNDS[norm_bounds]
    mends = shape.facts.remarks.get("bounds of the output", "")
    assert mends.startswith("calibrated: at tau = 0.3") == (
        norm_bounds == "worst-case" and tau == 0.3
    )
    ours = spec.to_bloq(image, regime=regime, loading=loading, epsilon=0.05)
    np.testing.assert_allclose(built.target(), ours.target(), atol=1e-12)
    t_ours, t_published = (estimate(one).t_count for one in (ours, shape))
    assert t_published > 10 * t_ours


@pytest.mark.slow
def test_the_paper_s_bounds_are_the_paper_s() -> None:
    """From 1/400 on, whatever the norms; block 1 of 2 to a 1424th."""
    spec = load_example("digits-2").spec
    network = spec.cost_bloq(form="published", norm_bounds="worst-case", loading="rotations")
    encodings, found = [], network.encoding
    while hasattr(found, "vector"):
        encodings.append(found)
        found = found.vector
    amplified = [one for one in encodings if hasattr(one, "s_lo")]
    assert [round(one.s_lo * 400, 1) for one in amplified[1:]] == [1.0, 1.0]
    assert amplified[2].epsilon <= 1e-2 / 1424
    assert type(encodings[1]) is PoolingSum
    assert type(encodings[3]) is SkipSum


def test_a_shape_above_one_half_has_all_of_the_paper_s_bounds() -> None:
    spec = NetworkSpec.from_shapes(input_shape=(2, 4, 4), num_blocks=1, skip_weight=0.51)
    options = {"form": "published", "norm_bounds": "worst-case", "loading": "rotations"}
    network = spec.cost_bloq(**options)
    assert "bounds of the output" not in network.facts.remarks
    assert network.epsilon <= 1e-2


def test_one_block_gate_by_gate() -> None:
    made = random_network(3, (2, 1, 1), kernel_size=1, output_layer=False)
    spec = made.spec.calibrate([made.image])
    built = spec.to_bloq(made.image, form="published", epsilon=0.3, loading="rotations")
    vector = encoded_vector(built, level="gate")
    np.testing.assert_allclose(vector, built.alpha * built.block(), atol=1e-6)
    assert np.linalg.norm(vector - built.target()) <= built.epsilon


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "theirs"}, "unknown form 'theirs'; choose one of 'ours', 'published'"),
        ({"form": 3}, "unknown form 3"),
        (
            {"form": "published", "output": "heralded"},
            "coherently, by output 'coherent', found 'heralded': .* neither changes the network",
        ),
    ],
)
def test_wrong_choices(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small()[0].cost_bloq(**options)


KERNEL = np.full((2, 2, 1, 1), 0.3)

STRANGERS = {
    "stem 1": {"layers": [Stem(KERNEL)]},
    "pooling 2": {"layers": [Residual(KERNEL), AveragePool()]},
    "down-sampling block 1": {"layers": [Downsample(KERNEL)]},
    "gelu": {"kernels": [KERNEL], "activation": Activation("gelu", gain=1.0)},
    "M = 6": {"kernels": [KERNEL], "input_shape": (2, 6, 6)},
}
"""What form "published" does not have: what a message calls it, and a network with it."""


@pytest.mark.parametrize("found", STRANGERS)
def test_what_the_paper_does_not_have_is_refused_before_any_work(found: str) -> None:
    spec = NetworkSpec(**{"input_shape": (2, 4, 4), "num_groups": 2, **STRANGERS[found]})
    message = (
        f"form 'published' takes .*{found}.*: take form 'ours', which builds the same network; "
    )
    message += ".*another network"
    for build in (
        # Before image and bounds are looked at.
        lambda: spec.to_bloq(None, form="published", norm_bounds=[]),
        lambda: spec.cost_bloq(form="published", norm_bounds=[]),
        lambda: compare(spec, None),
    ):
        with pytest.raises(ValueError, match=message):
            build()


@pytest.mark.parametrize(
    "command",
    [
        "report digits-1 --image 0",
        "estimate digits-1",
        "budget digits-1",
        "sample digits-1 --image 0",
    ],
)
def test_a_command_refuses_likewise(command: str, tmp_path: Path) -> None:
    out = tmp_path / "made"
    words = [*command.split(), "--form", "published", "--output", "heralded"]
    words += ["--out", str(out)] if command.startswith("report") else []
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert (
        "by output 'coherent', found 'heralded': take that output, or form 'ours'" in result.stderr
    )
    assert not out.exists()


def test_a_command_refuses_layers_that_the_paper_does_not_have(tmp_path: Path) -> None:
    model = tmp_path / "stem.npz"
    layers = [Stem(np.full((2, 2, 1, 1), 0.3))]
    spec = NetworkSpec(input_shape=(2, 2, 2), layers=layers, num_groups=2)
    spec.calibrate(np.random.default_rng(0).normal(size=(2, 2, 2, 2))).save(model)
    for words in (["compare", str(model)], ["estimate", str(model), "--form", "published"]):
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 2
        assert "an output layer, all that the paper has, found 'stem 1': take form" in result.stderr


@pytest.mark.slow
def test_four_blocks_have_more_ancillas_than_an_index_has_bits() -> None:
    bounds = [(1.2, 1.35)] * 4 + [(0.5, 0.7)]
    spec = NetworkSpec.from_shapes(input_shape=(2, 4, 4), num_blocks=4, norm_bounds=bounds)
    network = spec.cost_bloq(form="published")
    assert network.ancilla_bitsize > 512
    assert estimate(network).t_count > 1e20


def test_a_kernel_of_zeros_has_no_form() -> None:
    spec = NetworkSpec(input_shape=(2, 4, 4), kernels=[0 * KERNEL], num_groups=2)
    with pytest.raises(
        ValueError, match=r"kernel 1 of kernels: .* all zero.*; leave out the block"
    ):
        spec.cost_bloq(form="published", norm_bounds=[(0.9, 1.1)])


def test_the_choice_of_a_form() -> None:
    assert Build().form is OURS is FORMS["ours"]
    assert Build(form="published").form is PUBLISHED_FORM
    layer = Residual([[[[0.5]]]])
    assert OURS.layer(layer, "calibrated") is layer
    published = PUBLISHED_FORM.layer(layer, "worst-case")
    assert published.least == 1 / 400
    assert PUBLISHED_FORM.layer(layer, "calibrated").least is None
    assert isinstance(
        PUBLISHED_FORM.normalisation(published, Build().output, is_last=True),
        PublishedAmplification,
    )
    geometry = Geometry((1, 2, 2))
    images = np.random.default_rng(0).normal(size=(3, 4))
    for name in ("apply", "amplitudes"):
        mine, other = (
            getattr(one, name)(images, geometry, small()[0].activation)
            for one in (published, layer)
        )
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("s_lo", [1 / 400, 0.05, 0.7])
def test_a_degree_gives_its_error_back(s_lo: float) -> None:
    for delta in (1e-1, 1e-3, 1e-6):
        degree = sign_degree(s_lo, delta)
        found = delta_of(s_lo, degree)
        assert found <= delta * 10 ** (1 / 64)
        assert sign_degree(s_lo, found) <= degree < sign_degree(s_lo, found * 10 ** (-1 / 64))
