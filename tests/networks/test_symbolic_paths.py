"""Several input paths in symbols: with numbers put in, the network by shape, gates and qubits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import sympy

from bloqs import NetworkSpec
from bloqs.core.counts import Numbers
from bloqs.layers import Layer
from bloqs.layers.shapes import KernelShape, MapShape, OutputShape
from bloqs.networks.layers import AveragePool, Downsample, Residual, Stem
from bloqs.networks.symbolic import recurrence, symbolic_network, unrolled
from tests.networks.test_symbolic_layers import ALPHA, assert_the_same
from tests.networks.toys import bits_of_pieces

C, c, D, m = sympy.symbols("C c D m")


def one_block(C: Any, alpha: float | None) -> Sequence[Layer]:
    return [Residual(KernelShape(C, 3, alpha))]


def to_one_image(C: Any, alpha: float | None) -> Sequence[Layer]:
    """A block of all paths, then layers that make one combined image of them."""
    return [
        Residual(KernelShape(C, 1, alpha)),
        Downsample(MapShape(C, 2 * C, 3, alpha)),
        AveragePool(),
        Stem(MapShape(2 * C, 3, 1, alpha), stride=2),
    ]


def assert_symbols_give_the_shape(
    make: Any, channels: Any, sizes: dict[str, int], paths: int, output: bool, **options: Any
) -> None:
    """`channels` is C in symbols, `sizes` its letters and m."""
    numbers = dict(sizes)
    number, side = int(sympy.sympify(channels).subs(sizes)), 2 ** sizes["m"]
    layers = make(number**paths, ALPHA)
    spec = NetworkSpec(
        input_shape=(number, side, side),
        layers=layers,
        num_groups=1,
        paths=paths,
        norm_bounds=[(0.45, 0.55)] * (len(layers) + output),
        output_weights=OutputShape(_length(number, side, paths)) if output else None,
    )
    bloq = spec.cost_bloq(epsilon=0.3, regime=2, **options)
    numbers |= {f"b_{i}": bits for i, bits in enumerate(bits_of_pieces(bloq))}
    for i, layer in enumerate(bloq.facts.layers, 1):  # type: ignore[union-attr]
        numbers[f"q_{i}"] = int(layer.amplification or 1)
        if layer.degree is not None:
            numbers[f"d_{i}"] = layer.degree
    other_circuits = [("q", 1), ("d", 0)]
    fixed = {name: n for name, n in numbers.items() if (name[0], n) in other_circuits}
    letters = sympy.symbols(f"b_:{1 + len(layers) + output}")
    symbolic = symbolic_network(
        layers=make(channels**paths, None),
        channels=channels,
        paths=paths,
        degrees=fixed,
        output_layer=output,
        angle_bits=letters,
        **options,
    )
    assert_the_same(symbolic, bloq, numbers)


def _length(channels: int, side: int, paths: int) -> int:
    padded = 1 << (channels - 1).bit_length()
    return int((padded * side * side) ** paths)


def test_two_paths_of_padded_channels() -> None:
    """Three channels take two qubits in each path: sixteen, not the nine of `C**2`."""
    sizes = {"C": 3, "m": 2}
    assert_symbols_give_the_shape(one_block, C, sizes, 2, output=False, loading="qrom")


@pytest.mark.slow
@pytest.mark.parametrize("loading", ["rotations", "qrom", "select-swap"])
@pytest.mark.parametrize(("paths", "channels"), [(2, 1), (2, 2), (3, 3)])
def test_paths_are_the_network_by_shape(paths: int, channels: int, loading: str) -> None:
    sizes = {"C": channels, "m": 2}
    assert_symbols_give_the_shape(one_block, C, sizes, paths, output=paths == 2, loading=loading)


@pytest.mark.slow
def test_paths_become_one_image() -> None:
    """Layers that change the shape need channels of the form `2**c` and side `2**m`."""
    sizes = {"c": 1, "m": 2}
    assert_symbols_give_the_shape(to_one_image, 2**c, sizes, 2, output=False, loading="qrom")


def test_blocks_of_all_paths_and_their_recurrence() -> None:
    network = symbolic_network(1, paths=2, kernel_size=3, loading="rotations")
    assert Numbers({"C": 3, "m": 4}).put(network.system_bitsize) == 20
    lines = recurrence(network)
    assert lines[0].part == "input"
    toffoli, _ = unrolled(lines)
    assert {s.name for s in sympy.sympify(toffoli).free_symbols} == {"C", "m", "d_1", "q_1", "q_2"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_blocks": 1, "paths": 0}, "paths must be an integer from 1 to 64, found 0"),
        ({"num_blocks": 1, "paths": C}, "paths must be an integer.*found C"),
        ({"num_blocks": 1, "paths": 2.5}, "paths must be an integer"),
        ({"num_blocks": 1, "paths": True}, "paths must be an integer"),
        (
            {"layers": [AveragePool()], "paths": 2},
            r"pooling 1: with 2 paths the number of channels must be a power of two.*written 2\*\*c",
        ),
        (
            {"layers": [Residual(KernelShape(C, 3))], "paths": 2},
            r"block 1: kernel 1 must have C\*\*2 channels, found C",
        ),
        (
            {"num_blocks": 1, "image_size": sympy.Symbol("M")},
            "image_size must be a number, found M: .*no formula in a letter; give axis_bits",
        ),
        ({"num_blocks": 1, "image_size": 3 * 2**m}, "image_size must be a number"),
    ],
)
def test_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        symbolic_network(**arguments)
