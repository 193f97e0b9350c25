"""The bound of an amplitude after a layer, by hand; it is a probability's root, so never above 1."""

from __future__ import annotations

import numpy as np
import pytest

from bloqs.activation import Activation
from bloqs.convolution import STRATEGIES
from bloqs.layers import AveragePool, Geometry, Layer, Stage, Stem


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
