"""Loaders of a user: each one class and one registration, outside the package, and everything takes them."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import attrs
import numpy as np
import pytest
import sympy
from numpy.typing import NDArray
from qualtran import Bloq
from qualtran.resource_counting import QECGatesCost, get_cost_value

from bloqs.convolution import Conv2DBlockEncoding, RotationTree
from bloqs.costs import estimate
from bloqs.loading import (
    LOADERS,
    ColumnOracle,
    LoadedVector,
    Loader,
    MultiplexedRy,
    SegmentLoader,
    SparseVector,
    TableLoader,
    TableLookup,
)
from bloqs.loading.plan import Segment, TreeShape
from bloqs.loading.tabulated import Step
from bloqs.networks.regimes import data_access
from bloqs.networks.symbolic import symbolic_network
from bloqs.reference import convolution_matrix, forward_vectors
from bloqs.report import Settings, load_model, network_report
from bloqs.simulation import encoded_vector
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_encodes,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
    assert_symbolic_is_numeric,
)
from tests.report.toys import tiny_images, tiny_network, write_tiny

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@attrs.frozen
class Blocks(SegmentLoader):
    """Select-swap with blocks of one fixed width, whatever the table."""

    block_bitsize: int = 1

    @property
    def name(self) -> str:
        return f"blocks of {2**self.block_bitsize}"

    @property
    def summary(self) -> str:
        return f"select-swap QROM with blocks of {2**self.block_bitsize} words"

    def segments(self, shape: TreeShape) -> tuple[Segment, ...]:
        return tuple(
            Segment(i, i + 1, max(p - self.block_bitsize, 0)) for i, p in enumerate(shape.prefixes)
        )


@attrs.frozen
class Alone(TableLoader):
    """A QROM a rotation, loaded before it and unloaded after it: no load writes over another."""

    name = "alone"
    summary = "a QROM a rotation, loaded and unloaded for it alone"

    def steps(self, shape: TreeShape, codes: list[IntArray] | None) -> tuple[Step, ...]:
        tables = [None] * shape.num_rotations if codes is None else codes
        loads = [
            TableLookup(table, p, shape.angle_bits, is_controlled=shape.is_controlled, use="load")
            for table, p in zip(tables, shape.prefixes, strict=True)
        ]
        pairs = [(Step(load, 1, (i,)), Step(load.adjoint(), 0)) for i, load in enumerate(loads)]
        return tuple(chain.from_iterable(pairs))


@attrs.frozen
class WholeTree(Loader):
    """Exact, and in one bloq: a circuit of one's own, with symbols for its sizes."""

    name = "whole tree"
    summary = "exact angles, the whole tree as one bloq"
    is_exact = True

    def tree(self, shape: TreeShape, angles: FloatArray | None) -> RotationTree:
        c, n = shape.index_bitsize, shape.num_levels
        return RotationTree(
            angles, c, n, has_flag=shape.has_flag, is_controlled=shape.is_controlled
        )


BLOCKS, ALONE, WHOLE_TREE = (
    LOADERS.register(loader) for loader in (Blocks(), Alone(), WholeTree())
)
THEIRS = pytest.mark.parametrize("loader", [BLOCKS, ALONE, WHOLE_TREE], ids=lambda item: item.name)
TABLES = pytest.mark.parametrize("loader", [BLOCKS, ALONE], ids=lambda item: item.name)

KERNEL = np.array([[[[0.3, -0.1], [0.2, 0.4]], [[0.1, 0.5], [-0.2, 0.2]]]])
MATRIX = np.array([[0.6, 0.1], [-0.3, 0.5]])


def bloqs_of(loader: Loader, bits: int) -> list[Bloq]:
    """One bloq of every kind that loads data."""
    return [
        LoadedVector([0.5, -1.0, 2.0, 0.25], loader, bits),
        SparseVector([1.0, -2.0, 0.5], [6, 1, 3], 3, loader, bits),
        ColumnOracle(MATRIX, loader, bits),
        MultiplexedRy([0.1, -0.7, 1.9, 3.0], 2, loader, bits),
        Conv2DBlockEncoding(KERNEL, 2, loader, bits),
        LoadedVector(None, loader, bits, bitsize=5),
        ColumnOracle(None, loader, bits, bitsize=3),
        Conv2DBlockEncoding.from_shape(4, 3, image_size=8, loading=loader, angle_bits=bits),
    ]


@THEIRS
def test_bloqs_keep_the_name_and_take_the_object(loader: Loader) -> None:
    for by_object, by_name in zip(bloqs_of(loader, 4), bloqs_of(loader.name, 4), strict=True):  # type: ignore[arg-type]
        assert by_object == by_name
        assert by_object.loading == loader.name  # type: ignore[attr-defined]


@pytest.mark.slow
@THEIRS
def test_formula_is_decomposition(loader: Loader) -> None:
    for bloq in bloqs_of(loader, 5):
        for one in (bloq, bloq.controlled()):
            assert_formula_is_decomposition(one)
            assert_formula_is_decomposition(one.adjoint())
            assert_qubits_are_decomposition(one)


@THEIRS
def test_encodes_at_gate_level(loader: Loader) -> None:
    """Every gate against what is promised: within epsilon, and exactly the rounded angles."""
    vector = LoadedVector([0.5, -1.0, 2.0, 0.25], loader, 3)
    assert_encodes(vector, vector.target())
    assert_encodes(vector, vector.block(), epsilon=0.0)
    assert (vector.epsilon == 0) == loader.is_exact
    sparse = SparseVector([1.0, -2.0, 0.5], [6, 1, 3], 3, loader, 3)
    assert_encodes(sparse, sparse.target())
    convolution = Conv2DBlockEncoding(KERNEL[:, :1], 2, loader, 3)
    assert_encodes(convolution, convolution.target())
    assert_control_and_adjoint(LoadedVector([0.5, -1.0], loader, 3))


@THEIRS
def test_convolution_of_two_channels(loader: Loader) -> None:
    """At the semantic level it is the reference's, within the stated epsilon."""
    convolution = Conv2DBlockEncoding(KERNEL, 2, loader, 8)
    exact = convolution_matrix(KERNEL, 2)
    found = float(convolution.alpha) * convolution.apply_block(np.eye(8))
    error = np.linalg.norm(found[: len(exact)] - exact, 2)
    assert error <= float(convolution.epsilon) + 1e-12


def test_blocks_trade_and_gates_for_swaps() -> None:
    """`A(h) = 2**h - 2` And a load, `2 b (2**k - 1)` CSwap a rotation, by hand for 3 levels."""
    counts = get_cost_value(LoadedVector(None, "blocks of 2", 7, bitsize=4), QECGatesCost())
    # Heights 0, 0, 1, 2, and 2 again for the unloading; three rotations have a qubit left to swap on.
    assert counts.and_bloq == (0 + 0 + 0 + 2 + 2) + 4 * (7 - 2)
    assert counts.cswap == 3 * 2 * 7


def test_loads_that_are_not_shared_cost_more() -> None:
    theirs, ours = (
        get_cost_value(LoadedVector(None, name, 7, bitsize=6), QECGatesCost()).and_bloq
        for name in ("alone", "qrom")
    )
    assert theirs == 2 * sum(2**h - 2 for h in range(1, 6)) + 6 * (7 - 2)
    assert ours == sum(2**h - 2 for h in range(1, 6)) + 2**5 - 2 + 6 * (7 - 2)


@TABLES
def test_fewest_bits_for_an_error(loader: Loader) -> None:
    bloq = LoadedVector.for_epsilon(None, 1e-3, loader.name, bitsize=6)
    assert bloq.angle_bits == LoadedVector.for_epsilon(None, 1e-3, "qrom", bitsize=6).angle_bits
    assert bloq.epsilon <= 1e-3


def test_symbols_where_a_loader_has_them() -> None:
    """Exact loaders of one bloq go through; tables without closed forms say that they need numbers."""
    C, m = sympy.symbols("C m")
    symbolic = Conv2DBlockEncoding.from_shape(C, 3, axis_bits=m, loading="whole tree")
    for channels, axis_bits in [(2, 2), (4, 1), (3, 5)]:
        concrete = Conv2DBlockEncoding.from_shape(
            channels, 3, axis_bits=axis_bits, loading="whole tree"
        )
        assert_symbolic_is_numeric(symbolic, concrete, {C: channels, m: axis_bits})
    assert symbolic_network(1, loading="whole tree").assumptions["loading"] == "whole tree"
    with pytest.raises(ValueError, match="loading='alone' needs numbers for its sizes"):
        get_cost_value(symbolic_network(1, loading="alone"), QECGatesCost())


@THEIRS
def test_network_within_epsilon_and_its_estimate(loader: Loader) -> None:
    spec, image = tiny_network(), tiny_images()[0]
    network = spec.to_bloq(image, epsilon=0.1, loading=loader)  # type: ignore[arg-type]
    exact = forward_vectors(spec, image).output
    found = encoded_vector(network, level="semantic")
    assert np.linalg.norm(found - exact) <= float(network.epsilon) <= 0.1
    assert_formula_is_decomposition(network)
    report = estimate(network)
    assert report.assumptions["loading"] == loader.name
    assert report.assumptions[f"loader {loader.name}"] == loader.summary
    assert report.t_count <= estimate(spec.cost_bloq(epsilon=0.1, loading=loader.name)).t_count
    assert data_access(spec, 1, loader).uses_tables == (not loader.is_exact)


@pytest.mark.parametrize(
    "loader",
    [BLOCKS, *(pytest.param(loader, marks=pytest.mark.slow) for loader in (ALONE, WHOLE_TREE))],
    ids=lambda item: item.name,
)
def test_report(loader: Loader, tmp_path: Path) -> None:
    path, image = write_tiny(tmp_path)
    model = load_model(path)
    report = network_report(model, model.image(image), Settings(loading=loader.name, epsilon=0.1))
    assert report.verification.passed
    assert report.assumptions["loading"] == loader.name
    assert loader.summary in report.to_html()
