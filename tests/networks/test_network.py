"""One default of `loading`: tables for costs, rotations by the same angles where gates are contracted."""

import warnings
from typing import Any

import numpy as np
import pytest
from qualtran.serialization.bloq import bloqs_from_proto, bloqs_to_proto

import bloqs.catalogue  # noqa: F401 - so that networks can be stored
from bloqs.costs import estimate
from bloqs.loading import LOADERS
from bloqs.networks import load_example
from bloqs.reference import forward_vectors
from bloqs.report import Model, NamedImage, Settings, verify_images
from bloqs.simulation import OtherLoaderWarning, assert_encodes, encoded_vector, layer_errors
from tests.report.toys import tiny_images, tiny_network

SPEC, IMAGE = tiny_network(), tiny_images()[0]
DEFAULT: Any = SPEC.to_bloq(IMAGE, epsilon=0.05)


def test_one_count_of_one_image() -> None:
    """By the API with and without a word, by the settings of a report, and by the headline of the README."""
    example = load_example("digits-1")
    image = example.images[0]
    named = example.spec.to_bloq(image, loading="select-swap")
    assert estimate(named).t_count == 985_460
    for network in (
        example.spec.to_bloq(image),
        example.spec.to_bloq(image, loading=None),
        example.spec.to_bloq(image, loading=LOADERS["select-swap"]),
        Settings().network(example.spec, Model("digits-1", example.spec, example).image("0")),
    ):
        assert network.encoding == named.encoding
    by_shape = [example.spec.cost_bloq(loading=name) for name in (None, "select-swap")]
    assert by_shape[0].encoding == by_shape[1].encoding


def test_gates_are_contracted_by_rotations_of_the_same_angles_and_it_is_said() -> None:
    with pytest.warns(OtherLoaderWarning, match="no loader was named for this network"):
        gates = encoded_vector(DEFAULT, level="gate")
    np.testing.assert_allclose(gates, encoded_vector(DEFAULT, level="semantic"), atol=1e-11)
    exact = forward_vectors(SPEC, IMAGE).output
    # The rounding is there: an exact loader comes nearer.
    assert 1e-5 < np.linalg.norm(gates - exact) <= DEFAULT.epsilon <= 0.05
    assert "loaded by rotations" in DEFAULT.assumptions["gate level"]
    rotations = DEFAULT.at_gate_level
    rounded: Any = SPEC.to_bloq(IMAGE, epsilon=0.05, loading="rounded-rotations")
    assert rotations.encoding == rounded.encoding
    assert rotations.facts == rounded.facts
    assert rotations.epsilon == DEFAULT.epsilon
    assert rotations.at_gate_level is rotations


def test_other_doors_to_the_gate_level_say_so_too() -> None:
    with pytest.warns(OtherLoaderWarning):
        assert_encodes(DEFAULT, forward_vectors(SPEC, IMAGE).output)
    with pytest.warns(OtherLoaderWarning):
        assert layer_errors(DEFAULT, level="gate").is_within


@pytest.mark.parametrize("loading", ["rotations", "rounded-rotations", "qrom", "select-swap"])
def test_a_loader_that_was_named_is_used_everywhere(loading: str) -> None:
    network: Any = SPEC.to_bloq(IMAGE, epsilon=0.05, loading=loading)
    assert network.at_gate_level is network
    assert network.assumptions["loading"] == loading
    assert "gate level" not in network.assumptions
    if loading == "rotations":
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert_encodes(network, forward_vectors(SPEC, IMAGE).output)


def test_a_stored_network_remembers_that_no_loader_was_named() -> None:
    (stored, *_) = bloqs_from_proto(bloqs_to_proto(DEFAULT))
    assert stored == DEFAULT
    assert stored.facts.is_default_loading
    assert stored.at_gate_level == DEFAULT.at_gate_level


def test_a_verification_tells_the_loader() -> None:
    model = Model("tiny", SPEC)
    images = [NamedImage(name="0", pixels=IMAGE)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for level, loading, found in (
            ("semantic", None, "select-swap"),
            ("gate", None, "rounded-rotations"),
            ("gate", "rotations", "rotations"),
        ):
            sweep = verify_images(model, images, epsilon=0.05, level=level, loading=loading)
            assert sweep.passed
            assert sweep.checks[0].loading == found
