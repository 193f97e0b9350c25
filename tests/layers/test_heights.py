"""Layers without a skip, by hand: the bound of an amplitude after them, and what an error grows by."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf

from bloqs.activation import Activation
from bloqs.convolution import STRATEGIES
from bloqs.layers import AveragePool, Geometry, Layer, Stage, Stem
from tests.layers.toys import GivenVector


def placed(layer: Layer) -> Stage:
    return Stage(
        layer=layer,
        number=1,
        name="layer 1",
        label="layer 1",
        geometry=Geometry((1, 2, 2)),
        activation=Activation("erf", gain=0.6),
        norms=(0.8, 1.3),
        amplitude=0.3,
        convolution=STRATEGIES["rows"],
        kernel_loading="rotations",
        column_loading=None,
        angle_bits=None,
    ).loaded()


@pytest.mark.parametrize(("amplitude", "height"), [(0.2, 0.32), (0.5, 0.8), (0.625, 1), (0.9, 1)])
def test_pooling_doubles_an_amplitude_up_to_one(amplitude: float, height: float) -> None:
    """`2 lo s`: the mean of four pixels is half their norm."""
    stage = placed(AveragePool())
    assert stage.layer.height(amplitude, stage, None) == pytest.approx(height)


def test_a_stem_divides_by_what_its_map_and_activation_may_lose() -> None:
    """`lo s/(alpha f'(0))` of the kernel's alpha; its activation is `gain * erf`'s slope at 0."""
    stage = placed(Stem(np.full((1, 1, 1, 1), 0.5)))
    slope = 0.6 * 2 / np.sqrt(np.pi)
    alpha = float(stage.piece.alpha)
    assert stage.layer.height(0.25, stage, 2) == pytest.approx(0.8 * 0.25 / (slope * alpha))
    assert stage.layer.height(1.0, stage, 2) == 1.0


def test_a_stem_without_skip_multiplies_an_error_by_its_slope_alone() -> None:
    """`L/N`, the kernel being exact: nothing of the input goes past the activation."""
    stage = placed(Stem(np.full((1, 1, 1, 1), 0.5)))
    vector = GivenVector([1, 0, 0, 0], [0, 0.02, 0, 0])
    found = stage.encode(vector, 4)
    slope = 0.6 * 2 / np.sqrt(np.pi)
    norm = erf(0.6 * 0.5)
    assert found.sensitivity == pytest.approx(slope / norm)


def test_a_constant_is_as_good_for_an_argument_with_an_error() -> None:
    """Half of what `f(x)/x` changes up to 0.3, the bound of the arguments, whatever the input's error."""
    stage = placed(Stem(np.full((1, 1, 1, 1), 0.5)))
    half = (0.6 * 2 / np.sqrt(np.pi) - erf(0.6 * 0.3) / 0.3) / 2
    exact, off = ([0, 0, 0, 0], [0, 0.02, 0, 0])
    for error in (exact, off):
        quotient = stage.encode(GivenVector([1, 0, 0, 0], error), 0).quotient
        assert quotient.delta == pytest.approx(half * quotient.kappa / quotient.gamma, rel=1e-4)
    longer = [stage.encode(GivenVector([1, 0, 0, 0], error), 4).quotient for error in (exact, off)]
    assert longer[0].delta < longer[1].delta
