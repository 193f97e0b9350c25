"""Degrees of an activation that a search is offered: all that can do, and no other."""

from __future__ import annotations

import pytest

from bloqs.activation import Activation
from bloqs.convolution import STRATEGIES
from bloqs.layers import Geometry, Residual
from bloqs.layers.activation_degree import activation_choices
from bloqs.layers.layer import Stage
from bloqs.layers.shapes import KernelShape
from bloqs.loading import LoadedVector

BLOCK, VECTOR = Residual(KernelShape(1, 3, 3.0)), LoadedVector(None, bitsize=2)


def stage(name: str) -> Stage:
    return Stage(
        layer=BLOCK, number=1, name="block 1", label="block 1", geometry=Geometry((1, 2, 2)),
        activation=Activation(name, gain=1.0), norms=(0.9, 1.3), amplitude=0.3,
        convolution=STRATEGIES["columns"], kernel_loading="rotations", column_loading=None, angle_bits=None,
    ).loaded()  # fmt: skip


@pytest.mark.parametrize("name", ["tanh", "gelu"])
@pytest.mark.parametrize("error", [0.2, 1e-2, 1e-4, 1e-6])
def test_every_degree_that_can_do_is_offered_and_no_other(name: str, error: float) -> None:
    place = stage(name)
    offered = list(activation_choices(BLOCK, VECTOR, place, error))
    assert offered
    degrees = [0, *range(2 if name == "tanh" else 1, max(offered) + 1, 2)]
    errors = {d: BLOCK.encode(VECTOR, place, d).scaled_error.error for d in degrees}
    assert offered == [d for d in degrees if errors[d] <= error * (1 + 1e-6)]
