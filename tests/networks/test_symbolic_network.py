"""Networks in symbols: with numbers put in, the cost of the network by shape, gates and qubits."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
import sympy
from qualtran import Bloq
from qualtran.resource_counting import GateCounts, QECGatesCost, QubitCount, get_cost_value

from bloqs.convolution import Conv2DBlockEncoding
from bloqs.core.counts import toffoli_like
from bloqs.core.encoding import VectorEncoding
from bloqs.costs import Conventions, estimate
from bloqs.layers import NormalizedVector, ResidualBlock, ResidualLinearPooling
from bloqs.loading import ColumnOracle, LoadedVector
from bloqs.networks import NetworkSpec, precision
from bloqs.networks.network import ResidualNetwork
from bloqs.networks.symbolic import recurrence, symbolic_network, unrolled
from tests.networks.toys import bits_of_pieces

Numbers = dict[str, int]


def put(value: Any, numbers: Numbers) -> int:
    """The number of an expression."""
    return int(sympy.sympify(value).subs(numbers))


def by_shape(k: int, numbers: Numbers, loading: str, output_layer: bool = True) -> ResidualNetwork:
    """The network of these numbers, layer by layer."""
    bits = numbers["b"]
    kernel = Conv2DBlockEncoding.from_shape(
        numbers["C"], numbers["D"], image_size=2 ** numbers["m"], loading=loading, angle_bits=bits
    )
    size = kernel.system_bitsize
    vector: VectorEncoding = LoadedVector(None, loading, bits, bitsize=size, is_network_input=True)
    for i in range(1, k + 1):
        block = ResidualBlock(vector, kernel, degree=numbers[f"d_{i}"], norm=1.0)
        vector = NormalizedVector(block, s_lo=0.5, s_hi=0.9, degree=numbers[f"q_{i}"])
    if output_layer:
        pooling = ResidualLinearPooling(vector, ColumnOracle(None, loading, bits, bitsize=size))
        vector = NormalizedVector(pooling, s_lo=0.3, s_hi=0.7, degree=numbers[f"q_{k + 1}"])
    return ResidualNetwork(vector)


def assert_equal_costs(symbolic: Bloq, concrete: list[tuple[Bloq, Numbers]]) -> None:
    gates, qubits = (get_cost_value(symbolic, key) for key in (QECGatesCost(), QubitCount()))
    for bloq, numbers in concrete:
        found = GateCounts(**{name: put(v, numbers) for name, v in attrs.asdict(gates).items()})
        assert found == get_cost_value(bloq, QECGatesCost()), numbers
        assert put(qubits, numbers) == get_cost_value(bloq, QubitCount()), numbers


def numbers_of(sizes: str, degrees: str) -> Numbers:
    """From "C D m b" and "d_1 q_1 d_2 q_2 ...", the output's q last."""
    result = dict(zip("CDmb", map(int, sizes.split()), strict=True))
    pairs = [int(degree) for degree in degrees.split()]
    for i in range(0, len(pairs) - 1, 2):
        result[f"d_{i // 2 + 1}"], result[f"q_{i // 2 + 1}"] = pairs[i : i + 2]
    if len(pairs) % 2:
        result[f"q_{len(pairs) // 2 + 1}"] = pairs[-1]
    return result


@pytest.mark.slow
@pytest.mark.parametrize("loading", ["rotations", "qrom", "select-swap"])
def test_one_block_is_the_network_by_shape(loading: str) -> None:
    """All sizes as letters, the special values of C and D among the numbers."""
    sizes = ["4 3 3 9", "1 3 2 7", "3 5 3 12", "2 1 2 6", "1 4 3 5", "8 2 2 20"]
    cases = [numbers_of(size, "2 5 7") for size in sizes] + [numbers_of("4 3 3 9", "8 11 31")]
    assert_equal_costs(
        symbolic_network(1, loading=loading),
        [(by_shape(1, numbers, loading), numbers) for numbers in cases],
    )


def test_without_output_layer() -> None:
    cases = [numbers_of("4 3 3 9", "2 5"), numbers_of("2 5 3 16", "6 9")]
    assert_equal_costs(
        symbolic_network(1, output_layer=False),
        [(by_shape(1, numbers, "qrom", output_layer=False), numbers) for numbers in cases],
    )


@pytest.mark.slow
@pytest.mark.parametrize("loading", ["qrom", "select-swap"])
def test_two_blocks_are_the_network_by_shape(loading: str) -> None:
    cases = [
        numbers_of(size, degrees)
        for size, degrees in (
            ("4 3 3 9", "2 5 4 7 9"),
            ("2 3 5 14", "4 11 2 9 21"),
            ("3 3 1 4", "2 3 2 3 3"),
        )
    ]
    assert_equal_costs(
        symbolic_network(2, kernel_size=3, loading=loading),
        [(by_shape(2, numbers, loading), numbers) for numbers in cases],
    )


@pytest.mark.slow
@pytest.mark.parametrize("loading", ["rotations", "qrom", "select-swap"])
def test_three_blocks_are_the_network_by_shape(loading: str) -> None:
    cases = [
        numbers_of(size, degrees)
        for size, degrees in (("4 3 3 9", "2 5 4 7 2 9 11"), ("2 3 6 16", "4 9 2 7 6 5 21"))
    ]
    assert_equal_costs(
        symbolic_network(3, kernel_size=3, loading=loading),
        [(by_shape(3, numbers, loading), numbers) for numbers in cases],
    )


@pytest.mark.slow
@pytest.mark.parametrize("output", ["coherent", "heralded"])
def test_report_with_numbers_put_in_is_the_report_of_the_specification(
    output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`NetworkSpec.cost_bloq` solves its degrees and bits; put into the symbolic report they give its own."""
    monkeypatch.setattr(precision, "REACH", 0)  # one letter for the bits of all pieces
    spec = NetworkSpec.from_shapes(
        input_shape=(4, 8, 8), num_blocks=1, kernel_size=3, conv_alpha=2.0
    )
    bounds = [(0.8, 1.5), (0.3, 0.6)]
    bloq = spec.cost_bloq(loading="qrom", output=output, epsilon=0.1, norm_bounds=bounds)
    told = bloq.assumptions
    numbers = {"C": 4, "D": 3, "m": 3}
    numbers |= {f"b_{i}": bits for i, bits in enumerate(bits_of_pieces(bloq))}
    for letter, name in (("d", "activation degrees"), ("q", "amplification degrees")):
        numbers |= {f"{letter}_{i}": degree for i, degree in enumerate(told[name], start=1)}
    conventions = Conventions(synthesis_epsilon=1e-3)  # a network in symbols has no budget
    network = symbolic_network(1, output=output, angle_bits=sympy.symbols("b_:3"))
    symbolic = estimate(network, conventions=conventions)
    found, expected = symbolic.subs(numbers), estimate(bloq, conventions=conventions)
    assert found.native == expected.native
    assert found.logical_qubits == expected.logical_qubits
    assert found.t_count == expected.t_count
    assert found.toffoli_count == expected.toffoli_count
    assert found.rotation_count == expected.rotation_count
    assert found.input_calls == expected.input_calls


def test_call_graph_has_symbols_for_counts() -> None:
    network = symbolic_network(2)
    graph, totals = network.call_graph()
    assert len(graph.nodes) > 20
    letters = set().union(*(sympy.sympify(count).free_symbols for count in totals.values()))
    assert {symbol.name for symbol in letters} >= {"C", "D", "m", "d_1", "d_2", "q_1", "q_2", "q_3"}


@pytest.mark.parametrize("output", ["coherent", "heralded"])
@pytest.mark.parametrize("k", [1, 2])
def test_recurrence_unrolls_to_the_cost(k: int, output: str) -> None:
    network = symbolic_network(k, loading="rotations", output=output)
    toffoli, rotations = unrolled(recurrence(network))
    gates = get_cost_value(network, QECGatesCost())
    for sizes, degrees in (("4 3 3 9", "2 5 4 7 9"), ("1 5 4 9", "4 3 2 11 5")):
        numbers = numbers_of(sizes, degrees if k == 2 else degrees[:5])
        assert put(toffoli, numbers) == put(toffoli_like(gates), numbers)
        assert put(rotations, numbers) == put(gates.rotation, numbers)


def test_recurrence_has_its_form() -> None:
    """`T_i = q_i [(d_i + 1) T_{i-1} + d_i T_W + T_Wc + ...]`, for rotations too."""
    lines = {str(line.toffoli_symbol): line for line in recurrence(symbolic_network(2))}
    for i in (1, 2):
        line, (d, q) = lines[f"T_{i}"], sympy.symbols(f"d_{i} q_{i}")
        for letter, formula in (("T", line.toffoli), ("R", line.rotations)):
            flat = sympy.expand(formula)
            expected = {f"{i - 1}": q * (d + 1), "W": q * d, "Wc": q}
            for name, calls in expected.items():
                found = flat.coeff(sympy.Symbol(f"{letter}_{name}"))
                assert sympy.expand(found - calls) == 0, (line.part, letter, name)
    assert "T_2c" in lines, "the output layer calls the last block with a control"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_blocks": 0}, "num_blocks must be at least 1, got 0"),
        ({"num_blocks": 1, "output": "loud"}, "unknown output 'loud'; choose one"),
        ({"num_blocks": 1, "loading": "tape"}, "unknown loading 'tape'"),
        ({"num_blocks": 1, "loading": "qram"}, "needs numbers for its sizes"),
    ],
)
def test_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        get_cost_value(symbolic_network(**arguments), QECGatesCost())
