"""Costs of whole networks: calls, qubits, the T bar, formula against decomposition."""

from __future__ import annotations

import numpy as np
import pytest
from qualtran import (
    Adjoint,
    Bloq,
    CtrlSpec,
    DecomposeNotImplementedError,
    DecomposeTypeError,
)
from qualtran.resource_counting import QubitCount, get_cost_value

from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.encoding import VectorEncoding
from bloqs.costs import estimate
from bloqs.layers import NormalizedVector, ResidualBlock
from bloqs.loading import LoadedVector
from bloqs.networks import NetworkSpec, load_example
from bloqs.testing import (
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
    decomposed_qubits,
)
from tests.golden.regenerate import stored

BOUNDS_ONE_BLOCK = (1.2, 1.35)


def shapes(num_blocks: int, *, output_layer: bool = True) -> NetworkSpec:
    """The digits shape, N = 256, with plausible bounds."""
    return NetworkSpec.from_shapes(
        input_shape=(4, 8, 8),
        num_blocks=num_blocks,
        kernel_size=3,
        output_layer=output_layer,
        conv_alpha=1.5,
        norm_bounds=(BOUNDS_ONE_BLOCK,) * num_blocks + (((0.1, 0.2),) if output_layer else ()),
        skip_weight=0.02,
    )


def is_input(bloq: Bloq) -> bool:
    while isinstance(bloq, Adjoint):
        bloq = bloq.subbloq
    return isinstance(bloq, LoadedVector)


def calls_by_decomposition(bloq: Bloq) -> int:
    """Calls of the input's encoding, counted by decomposing everything, no call graph read."""
    memo: dict[Bloq, int] = {}

    def count(b: Bloq) -> int:
        if is_input(b):
            return 1
        inner = b.subbloq if isinstance(b, Adjoint) else b
        if not isinstance(inner, (VectorEncoding, RealBlockEncoding)):
            return 0  # gates, tables, phases: no encoding inside
        if b not in memo:
            try:
                instances = b.decompose_bloq().bloq_instances
            except (DecomposeTypeError, DecomposeNotImplementedError):  # a leaf
                instances = set()
            memo[b] = sum(count(instance.bloq) for instance in instances)
        return memo[b]

    return count(bloq)


def test_block_calls_previous_layer_q_times_d_plus_one() -> None:
    from bloqs.convolution import Conv2DBlockEncoding

    image = LoadedVector([0.6, -0.8], is_network_input=True)
    weights = np.array([[0.3, -0.2], [0.1, 0.4]]).reshape(2, 2, 1, 1)
    for d, q in ((2, 3), (4, 7), (0, 5)):
        block = ResidualBlock(image, Conv2DBlockEncoding(weights, 1), degree=d)
        layer = NormalizedVector(block, s_lo=0.3, s_hi=1.0, degree=q)
        assert estimate(layer).input_calls == q * (d + 1)
        assert calls_by_decomposition(layer) == q * (d + 1)
        controlled = layer.controlled(CtrlSpec())
        assert estimate(controlled).input_calls == q * (d + 1)


@pytest.mark.slow
def test_network_calls_are_the_product_of_the_layers() -> None:
    network = shapes(2).cost_bloq(epsilon=1e-2)
    notes = network.assumptions  # type: ignore[attr-defined]
    d, q = notes["activation degrees"], notes["amplification degrees"]
    expected = q[0] * (d[0] + 1) * q[1] * (d[1] + 1) * q[2] * 2
    assert estimate(network).input_calls == expected == calls_by_decomposition(network)


@pytest.mark.slow
def test_qubits_are_linear_in_the_number_of_blocks() -> None:
    """N = 256, k = 1..6: each block adds 19 register qubits and as many ladder temporaries, exactly."""
    networks = [shapes(k).cost_bloq(loading="rotations", epsilon=0.3) for k in range(1, 7)]
    counts = [int(get_cost_value(network, QubitCount())) for network in networks]
    assert set(np.diff(counts).tolist()) == {38}, counts


@pytest.mark.slow
def test_registers_grow_by_the_stated_number_a_block() -> None:
    """A block adds n + a_W + 3 ancillas: 8 + 8 + 3."""
    ancillas = [shapes(k).cost_bloq(epsilon=0.3).ancilla_bitsize for k in range(1, 4)]
    assert set(np.diff(ancillas).tolist()) == {8 + 8 + 3}


@pytest.mark.slow
@pytest.mark.parametrize("loading", ["rotations", "qrom", "select-swap"])
def test_whole_network_by_shape_formula_is_decomposition(loading: str) -> None:
    spec = NetworkSpec.from_shapes(
        input_shape=(2, 2, 2),
        num_blocks=2,
        kernel_size=3,
        norm_bounds=(BOUNDS_ONE_BLOCK, BOUNDS_ONE_BLOCK, (0.1, 0.2)),
        num_groups=2,
    )
    network = spec.cost_bloq(loading=loading)
    assert_formula_is_decomposition(network)
    assert_qubits_are_decomposition(network.encoding)  # type: ignore[attr-defined]


@pytest.mark.slow
def test_digits_1_formula_is_decomposition() -> None:
    """N = 256 by data: every table entry of the column oracle is decomposed into its gates."""
    example = load_example("digits-1")
    network = example.spec.to_bloq(example.images[0], loading="select-swap")
    assert_formula_is_decomposition(network)
    assert decomposed_qubits(network) == estimate(network).logical_qubits


def test_digits_1_costs_what_is_on_file() -> None:
    """One coherent inference of an accurate model, by data at most what it is by shape."""
    example = load_example("digits-1")
    assert example.accuracy() >= 0.94
    by_data = estimate(example.spec.to_bloq(example.images[0], loading="select-swap"))
    by_shape = estimate(example.spec.cost_bloq(loading="select-swap"))
    golden = stored("digits-1")
    assert by_data.t_count == golden["regime 1, select-swap, coherent, by data"]["t_count"]
    assert by_shape.t_count == golden["regime 1, select-swap, coherent, by shape"]["t_count"]
    assert by_data.t_count <= by_shape.t_count
    assert sum(part.t_count for part in by_data.breakdown()) == by_data.t_count


@pytest.mark.parametrize("loading", ["rotations", "qrom", "select-swap"])
def test_report_says_whether_counts_are_by_data(loading: str) -> None:
    kernel = np.array([[0.3, -0.2], [0.1, 0.4]]).reshape(2, 2, 1, 1)
    spec = NetworkSpec(
        input_shape=(2, 1, 1), kernels=(kernel,), num_groups=2, norm_bounds=((0.5, 1.9),)
    )
    by_data = estimate(spec.to_bloq([[[0.6]], [[-0.8]]], loading=loading))
    by_shape = estimate(spec.cost_bloq(loading=loading))
    assert by_data.assumptions["gate counts"].startswith("by data")
    assert by_shape.assumptions["gate counts"].startswith("by shape")


def test_worst_case_bounds_refused_where_none_exist() -> None:
    spec = load_example("digits-1").spec
    with pytest.raises(ValueError, match="no worst-case bound for the output layer"):
        spec.cost_bloq(norm_bounds="worst-case")


@pytest.mark.slow
def test_cost_by_shape_grows_with_qubits_not_with_weights() -> None:
    """2**8 amplitudes against 2**40: no more nodes of the call graph per qubit."""

    def nodes_per_qubit(side: int) -> float:
        spec = NetworkSpec.from_shapes(
            input_shape=(4, side, side),
            num_blocks=1,
            kernel_size=3,
            norm_bounds=(BOUNDS_ONE_BLOCK, (0.1, 0.2)),
        )
        bloq = spec.cost_bloq(loading="select-swap")
        return len(bloq.call_graph()[0]) / float(bloq.system_bitsize)

    assert nodes_per_qubit(2**19) <= nodes_per_qubit(2**3)
