"""Which bounds a network is built for, by word and as given."""

from __future__ import annotations

from typing import Any

import pytest

from bloqs.activation import Activation
from bloqs.networks import NetworkSpec
from bloqs.networks.bounds import LayerBounds, layer_bounds

PAIRS = ((0.5, 1.5), (0.4, 1.6), (0.1, 0.2))


def spec(**changes: object) -> NetworkSpec:
    options: dict[str, Any] = {
        "input_shape": (2, 2, 2),
        "num_groups": 2,
        "num_blocks": 2,
        "activation": Activation("tanh", gain=0.5),
    }
    return NetworkSpec.from_shapes(**{**options, **changes})


def test_given() -> None:
    found = layer_bounds(spec(), [list(pair) for pair in PAIRS])
    assert found == LayerBounds(PAIRS, (None, None, None), "given")


def test_calibrated_have_an_amplitude_a_block() -> None:
    found = layer_bounds(spec(norm_bounds=PAIRS, amplitude_bounds=(0.3, 0.2)), "calibrated")
    assert found == LayerBounds(PAIRS, (0.3, 0.2, None), "calibrated", arguments=(None, None, None))
    without = spec(norm_bounds=PAIRS[:2], amplitude_bounds=(0.3, 0.2), output_layer=False)
    assert layer_bounds(without, "calibrated").amplitudes == (0.3, 0.2)
    assert layer_bounds(spec(norm_bounds=PAIRS), "calibrated").amplitudes == (None, None, None)
    with pytest.raises(ValueError, match="no calibrated norm bounds"):
        layer_bounds(spec(), "calibrated")


def test_worst_case() -> None:
    """Slope 1/2 and tau 0.6: [1/2, 3/2] twice and [0.2, 1]; no amplitude is calibrated."""
    network = spec(skip_weight=0.6, norm_bounds=PAIRS, amplitude_bounds=(0.3, 0.2))
    found = layer_bounds(network, "worst-case")
    assert found.origin == "worst-case"
    assert found.amplitudes == (None, None, None)
    for pair, wanted in zip(found.norms, [(0.5, 1.5), (0.5, 1.5), (0.2, 1.0)], strict=True):
        assert pair == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (PAIRS[:2], "must hold 3 pairs .* block 1, block 2, output; found 2"),
        ((*PAIRS, (1.0, 2.0)), "found 4"),
        ((PAIRS[0], (0.0, 1.0), PAIRS[2]), "the norm bounds of block 2 must satisfy 0 < lo <= hi"),
        ((*PAIRS[:2], (0.3, 0.2)), "the norm bounds of output"),
        (((0.5, float("inf")), *PAIRS[1:]), "the norm bounds of block 1"),
    ],
)
def test_bad_pairs(pairs: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layer_bounds(spec(), pairs)  # type: ignore[arg-type]


def test_one_norm_is_an_interval() -> None:
    assert layer_bounds(spec(), [(1.0, 1.0), *PAIRS[1:]]).norms[0] == (1.0, 1.0)


def test_unknown_word() -> None:
    with pytest.raises(
        ValueError, match="'calibrated', 'worst-case' or a sequence of pairs, got 'b"
    ):
        layer_bounds(spec(), "best")
