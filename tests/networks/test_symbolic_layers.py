"""Stems, strides, pooling, down-sampling and biases in symbols: with numbers put in, the network by shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
import pytest
import sympy
from qualtran.resource_counting import GateCounts, QECGatesCost, QubitCount, get_cost_value

from bloqs import NetworkSpec
from bloqs.activation import Activation
from bloqs.core.counts import Numbers, toffoli_like
from bloqs.costs import Conventions, estimate
from bloqs.layers import Geometry, Layer, Output
from bloqs.layers.shapes import KernelShape, MapShape, OutputShape
from bloqs.networks.layers import AveragePool, Downsample, Residual, Stem
from bloqs.networks.network import ResidualNetwork
from bloqs.networks.symbolic import recurrence, symbolic_network, unrolled
from tests.networks.toys import bits_of_pieces

C, D, E, m = sympy.symbols("C D E m")
ALPHA = 1.5
"""Of every kernel by shape; no count depends on it but through the degrees."""

Sizes = dict[str, int]
Make = Callable[[Any, Any, Any, "float | None"], Sequence[Layer]]
"""Layers for sizes C, D, E, numbers or letters, and an alpha."""


def mixed(C: Any, D: Any, E: Any, alpha: float | None) -> Sequence[Layer]:
    return [
        Stem(MapShape(2, C, D, alpha)),
        Residual(KernelShape(C, D, alpha)),
        Downsample(MapShape(C, 2 * C, D, alpha)),
        AveragePool(),
        Stem(MapShape(2 * C, E, 1, alpha), stride=2, activation=False),
    ]


CASES: dict[str, Make] = {
    "stem": lambda C, D, E, a: [Stem(MapShape(2, C, D, a))],
    "linear stem": lambda C, D, E, a: [Stem(MapShape(2, C, D, a), activation=False)],
    "stride 2": lambda C, D, E, a: [Stem(MapShape(2, C, D, a), stride=2)],
    "pooling": lambda C, D, E, a: [AveragePool()],
    "down-sampling": lambda C, D, E, a: [Downsample(MapShape(2, C, D, a))],
    "bias": lambda C, D, E, a: [Residual(KernelShape(2, D, a))],
    "two strides": lambda C, D, E, a: [
        Downsample(MapShape(2, C, D, a)),
        Stem(MapShape(C, E, 1, a), stride=2),
    ],
    "stem and pooling": lambda C, D, E, a: [Stem(MapShape(2, C, D, a)), AveragePool()],
    "mixed": mixed,
}


def by_shape(make: Make, sizes: Sizes, **options: Any) -> tuple[ResidualNetwork, Sizes, Sizes]:
    """The network of these sizes; all its numbers by their letters; those that change the circuit."""
    C, D, E = (sizes[name] for name in "CDE")
    side = sizes["M"] if "M" in sizes else 2 ** sizes["m"]
    layers = make(C, D, E, ALPHA)
    output, f = options.pop("output_layer", False), options.pop("activation", Activation())
    spec = NetworkSpec(
        input_shape=(1, side, side),
        layers=layers,
        activation=f,
        num_groups=1,
        bias_scale=0.5,
        norm_bounds=[(0.45, 0.55)] * (len(layers) + output),
        output_weights=OutputShape(_length(layers, side)) if output else None,
    )
    bloq = spec.cost_bloq(epsilon=0.3, **options)
    numbers, fixed = dict(sizes), {}
    numbers |= {f"b_{i}": bits for i, bits in enumerate(bits_of_pieces(bloq))}
    for i, layer in enumerate(bloq.facts.layers, 1):  # type: ignore[union-attr]
        numbers[f"q_{i}"] = int(layer.amplification or 1)
        if layer.degree is not None:
            numbers[f"d_{i}"] = layer.degree
    for name, degree in numbers.items():
        if (name[0], degree) in (("q", 1), ("d", 0)):
            fixed[name] = degree
    return bloq, numbers, fixed


def _length(layers: Sequence[Layer], side: int) -> int:
    geometry = Geometry((2, side, side))
    for layer in layers:
        geometry = layer.geometry_after(geometry)
    return geometry.length


def in_symbols(make: Make, fixed: Sizes, D: Any = D, **options: Any) -> ResidualNetwork:
    """The same with letters for C, E and m; two channels, the constant one included."""
    options.setdefault("output_layer", False)
    layers = make(C, D, E, None)
    options.setdefault(
        "angle_bits", sympy.symbols(f"b_:{1 + len(layers) + options['output_layer']}")
    )
    return symbolic_network(layers=layers, channels=2, degrees=fixed, **options)


def assert_the_same(symbolic: ResidualNetwork, bloq: ResidualNetwork, numbers: Sizes) -> None:
    put = Numbers(numbers).put
    gates = attrs.asdict(get_cost_value(symbolic, QECGatesCost()))
    found = GateCounts(**{name: int(put(value)) for name, value in gates.items()})
    assert found == get_cost_value(bloq, QECGatesCost())
    assert int(put(get_cost_value(symbolic, QubitCount()))) == get_cost_value(bloq, QubitCount())
    assert put(symbolic.system_bitsize) == bloq.system_bitsize


SIZES = [
    {"C": 3, "D": 3, "E": 2, "m": 3},
    {"C": 2, "D": 1, "E": 5, "m": 3},
    {"C": 8, "D": 5, "E": 1, "m": 6},
]


@pytest.mark.parametrize("name", ["stride 2", "pooling", "down-sampling", "bias"])
def test_each_layer_is_the_network_by_shape(name: str) -> None:
    """Kernels of D = 3 first, D as a letter in the slow test."""
    sizes = SIZES[0]
    bloq, numbers, fixed = by_shape(CASES[name], sizes, loading="qrom")
    assert_the_same(in_symbols(CASES[name], fixed, D=3, loading="qrom"), bloq, numbers)


@pytest.mark.slow
@pytest.mark.parametrize("loading", ["rotations", "qrom", "select-swap"])
@pytest.mark.parametrize(
    "name", [name for name in CASES if "mixed" not in name and "and" not in name]
)
def test_all_sizes_as_letters(name: str, loading: str) -> None:
    output = "heralded" if name == "two strides" else "coherent"
    options: Any = {"loading": loading, "output": output}
    for sizes in SIZES[1:2] if name == "two strides" else SIZES:
        bloq, numbers, fixed = by_shape(CASES[name], sizes, **options)
        assert_the_same(in_symbols(CASES[name], fixed, **options), bloq, numbers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "side"),
    [("stem", 28), ("stride 2", 5), ("pooling", 6), ("down-sampling", 28)],
)
def test_sides_that_are_no_powers_of_two(name: str, side: int) -> None:
    """Their number is given; channels and taps are letters all the same."""
    for sizes in SIZES[:2]:
        sizes = {**sizes, "M": side}
        bloq, numbers, fixed = by_shape(CASES[name], sizes, loading="qrom")
        assert_the_same(in_symbols(CASES[name], fixed, image_size=side), bloq, numbers)


@pytest.mark.slow
@pytest.mark.parametrize("convolution", ["balanced", "tap-lcu"])
def test_other_strategies(convolution: str) -> None:
    options: Any = {"convolution": convolution, "loading": "qrom"}
    bloq, numbers, fixed = by_shape(CASES["two strides"], SIZES[0], **options)
    assert_the_same(in_symbols(CASES["two strides"], fixed, **options), bloq, numbers)


@pytest.mark.slow
def test_report_of_everything_with_numbers_put_in() -> None:
    """T, Toffoli, rotations, qubits and calls of all layers in one network, with GELU and a bias."""
    gelu = Activation("gelu", gain=1.0)
    options: Any = {"activation": gelu, "output_layer": True, "loading": "qrom"}
    bloq, numbers, fixed = by_shape(mixed, SIZES[0], **options)
    conventions = Conventions(synthesis_epsilon=1e-3)  # a network in symbols has no budget
    symbolic = in_symbols(mixed, fixed, D=3, **options)
    report, expected = (estimate(one, conventions=conventions) for one in (symbolic, bloq))
    # Pooling, layer 4, loads nothing.
    letters = {"C", "E", "m", *(name for name in numbers if "_" in name)} - {"b_4", *fixed}
    assert {symbol.name for symbol in report.t_count.free_symbols} == letters
    found = report.subs(numbers)
    for figure in (
        "native",
        "t_count",
        "toffoli_count",
        "rotation_count",
        "logical_qubits",
        "input_calls",
    ):
        assert getattr(found, figure) == getattr(expected, figure), figure


def test_recurrence_of_other_layers_unrolls_to_the_cost() -> None:
    make = CASES["stem and pooling"]
    network = in_symbols(make, {}, D=3, loading="rotations")
    toffoli, rotations = unrolled(recurrence(network))
    gates = get_cost_value(network, QECGatesCost())
    put = Numbers({"C": 3, "m": 4, "d_1": 2, "q_1": 5, "q_2": 7}).put
    assert put(toffoli) == put(toffoli_like(gates))
    assert put(rotations) == put(gates.rotation)


def test_kernels_of_data_are_taken_by_their_sizes() -> None:
    """Of a specification with weights: what is left as letters are m, b and the degrees."""
    kernel = np.full((3, 2, 1, 1), 0.1)
    layers = [Stem(kernel), Residual(np.full((3, 3, 1, 1), 0.1)), AveragePool()]
    network = symbolic_network(layers=layers, channels=2, output_layer=False)
    letters = get_cost_value(network, QECGatesCost()).and_bloq.free_symbols
    assert {s.name for s in letters} == {"m", "b", "d_1", "d_2", "q_1", "q_2", "q_3"}
    by_hand = [Stem(MapShape(2, 3, 1)), Residual(KernelShape(3, 1)), AveragePool()]
    other = symbolic_network(layers=by_hand, channels=2, output_layer=False)
    assert get_cost_value(network, QECGatesCost()) == get_cost_value(other, QECGatesCost())


def test_powers_of_two_have_their_exponents_as_qubits() -> None:
    """No `ceil(log2(...))` where sizes are written as `2**c`."""
    c = sympy.Symbol("c")
    layers = [
        Stem(MapShape(1, 2**c, 3)),
        Downsample(MapShape(2**c, 2 ** (c + 1), 3)),
        AveragePool(),
    ]
    network = symbolic_network(layers=layers, channels=1, output_layer=False)
    assert network.system_bitsize == c + 1 + 2 * m - 4
    doubled = symbolic_network(
        layers=[Stem(MapShape(1, C, 3)), Downsample(MapShape(C, 2 * C, 3))],
        channels=1,
        output_layer=False,
    )
    assert not get_cost_value(doubled, QECGatesCost()).and_bloq.has(
        sympy.Max(C, 2 * C), sympy.Max(1, C)
    )
    assert not get_cost_value(network, QubitCount()).has(sympy.log, sympy.ceiling)


class NeedsNumbers(AveragePool):
    """A layer of somebody whose bloq is made entry by entry."""

    def load(self, stage: Any) -> Any:
        return [0.0] * stage.geometry.length


SHAPE = KernelShape(2, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give num_blocks or layers, not both; found num_blocks=None and no layers"),
        ({"num_blocks": 1, "layers": [AveragePool()]}, "not both"),
        ({"layers": []}, "at least one layer"),
        ({"layers": [AveragePool()], "kernel_size": 3}, "layers have their own"),
        ({"layers": [AveragePool(), Output(OutputShape(2))]}, "output_layer=True"),
        ({"layers": [KernelShape(2, 3)]}, "layer 1 of layers must be a bloqs.layers.Layer"),
        ({"layers": [Residual(SHAPE)]}, "block 1: kernel 1 must have C channels, found 2"),
        (
            {"layers": [AveragePool(), Stem(MapShape(E, 2, 3))]},
            "stem 2: kernel 2 must have C_in = C input channels.*found E",
        ),
        (
            {"layers": [Downsample(MapShape(2, 1, 3))], "channels": 2},
            "down-sampling block 1: .*C_out must be at least that, found 1",
        ),
        ({"layers": [NeedsNumbers()]}, "pooling 1 has no form in symbols: NeedsNumbers needs"),
        ({"num_blocks": 1, "convolution": "auto"}, "'auto' has no form in symbols.*'tap-lcu'"),
        ({"num_blocks": 1, "degrees": {"d_2": 2}}, "degrees may give d_1, q_1, q_2, found 'd_2'"),
        ({"num_blocks": 1, "degrees": {"q_1": 0}}, "degree q_1 must be odd, found 0"),
        ({"num_blocks": 1, "degrees": {"d_1": 1}}, "degree d_1 must be even, found 1"),
        (
            {
                "num_blocks": 1,
                "degrees": {"d_1": 2},
                "activation": Activation("gelu", gain=1.0),
            },
            "degree d_1 must be 0 or odd, found 2",
        ),
        ({"num_blocks": 1, "degrees": [1]}, r"degrees must be a mapping.*found \[1\]"),
        ({"num_blocks": 10**9}, "num_blocks must be an integer of at most 1000"),
        ({"num_blocks": 1, "channels": 0}, "channels must be an integer from 1"),
        ({"num_blocks": 1, "axis_bits": "m"}, "axis_bits must be an integer, found 'm'"),
        ({"num_blocks": 1, "row_bits": "r"}, "row_bits must be an integer, found 'r'"),
        ({"num_blocks": 1, "output_layer": "yes"}, "output_layer must be True or False"),
        ({"layers": [AveragePool()], "axis_bits": 0}, "pooling 1: .*even image size M, found 1"),
        ({"num_blocks": 1, "activation": "gelu"}, "activation must be an Activation"),
        ({"num_blocks": 1, "angle_bits": (9, 9)}, "angle_bits must be one, or 3: .*found 2"),
        ({"num_blocks": 1, "angle_bits": (9, 9, "b")}, "angle_bits must be an integer, found 'b'"),
        ({"num_blocks": 1, "angle_bits": "b"}, "angle_bits must be a whole number, an expression"),
        ({"num_blocks": 1.5}, "num_blocks must be an integer"),
        ({"num_blocks": 1, "image_size": m}, "image_size must be a number, found m: .*axis_bits"),
        ({"num_blocks": 1, "image_size": 6, "axis_bits": 3}, "axis_bits or image_size, not both"),
        ({"layers": [AveragePool()], "image_size": 5}, "pooling 1: .*even image size M, found 5"),
    ],
)
def test_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        symbolic_network(**arguments)


@pytest.mark.parametrize("shape", [MapShape(1, C, 3, ALPHA), MapShape(1, 2, 3)])
def test_a_specification_needs_numbers(shape: MapShape) -> None:
    with pytest.raises(ValueError, match=r"stem 1 is known by symbols.*symbolic_network"):
        NetworkSpec(input_shape=(1, 4, 4), layers=[Stem(shape)], num_groups=2)
