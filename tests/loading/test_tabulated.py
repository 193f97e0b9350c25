import numpy as np
import pytest
import sympy
from qualtran.resource_counting import QECGatesCost, get_cost_value

from bloqs.costs import Charges, QRAMQueries, logical_qubits
from bloqs.loading import LOADERS, SegmentLoader, TabulatedRotations
from bloqs.loading.plan import (
    Segment,
    TreeShape,
    segment_counts,
    segment_words,
    select_swap_segments,
)
from tests.loading.reference import assert_costs, assert_symbolic, controlled, tree_matrix

SMALL = [(0, 1, False), (0, 2, False), (0, 3, False), (1, 1, True), (1, 2, False), (2, 1, False)]
LARGER = [(0, 5, False), (2, 3, True), (5, 1, False), (0, 1, True)]


def make(c, n, flag, loading, bits, is_controlled=False, seed=0):
    size = sum(2 ** (c + level) for level in range(n)) + flag * 2**c
    angles = np.random.default_rng(seed).uniform(-9, 9, size)
    return TabulatedRotations(angles, c, n, loading, bits, flag, is_controlled)


@pytest.mark.parametrize(("c", "n", "flag"), SMALL)
@pytest.mark.parametrize("loading", ["qrom", "select-swap", "qram"])
@pytest.mark.parametrize("is_controlled", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_contracts_to_the_rounded_rotations(c, n, flag, loading, is_controlled):
    bloq = make(c, n, flag, loading, 3, is_controlled)
    expected = tree_matrix(bloq)
    np.testing.assert_allclose(
        bloq.tensor_contract(), controlled(expected) if is_controlled else expected, atol=1e-13
    )


class OneAndTheRest(SegmentLoader):
    """The first rotation by itself, all others from one table: swaps, and a load over another."""

    name = "one-and-the-rest"
    summary = "for the tests of this file"

    def segments(self, shape):
        return (Segment(0, 1, 0), Segment(1, shape.num_rotations, 1))


ONE_AND_THE_REST = OneAndTheRest()


def test_segments_with_swaps_and_overwritten_loads_contract():
    # Small tables would be loaded word by word: this is a plan that the large ones take.
    LOADERS.register(ONE_AND_THE_REST)
    bloq = make(0, 3, False, "one-and-the-rest", 3)
    segments = ONE_AND_THE_REST.segments(bloq.shape)
    assert [segment_words(bloq.shape, segment) for segment in segments] == [1, 3]
    counts, qubits = assert_costs(bloq)
    expected = segment_counts(bloq.shape, segments)
    assert (counts.and_bloq, counts.cswap) == (expected.ands + 3, expected.swaps)
    assert qubits == 3 + expected.workspace
    matrix = bloq.decompose_bloq().tensor_contract()
    np.testing.assert_allclose(matrix, tree_matrix(bloq), atol=1e-13)


def test_only_loaders_of_tables_are_taken():
    LOADERS.register(ONE_AND_THE_REST)
    with pytest.raises(ValueError, match=r"loaded by 'qrom' or .*, got 'rotations'"):
        TabulatedRotations(None, 0, 2, "rotations")
    with pytest.raises(ValueError, match="loading='one-and-the-rest' needs numbers for its sizes"):
        TabulatedRotations(None, 0, sympy.Symbol("n"), "one-and-the-rest")


@pytest.mark.parametrize("loading", ["qrom", "select-swap", "qram"])
def test_adjoint_and_control_match_the_matrix(loading):
    bloq = make(1, 1, True, loading, 3)
    matrix = tree_matrix(bloq)
    np.testing.assert_allclose(bloq.adjoint().tensor_contract(), matrix.T, atol=1e-13)
    both = bloq.adjoint().controlled()
    assert both == bloq.controlled().adjoint()
    np.testing.assert_allclose(both.tensor_contract(), controlled(matrix.T), atol=1e-13)


@pytest.mark.parametrize(("c", "n", "flag"), SMALL + LARGER)
@pytest.mark.parametrize("loading", ["qrom", "select-swap"])
@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize("bits", [3, pytest.param(5, marks=pytest.mark.slow)])
def test_formula_equals_decomposition(c, n, flag, loading, is_controlled, bits):
    by_data, qubits = assert_costs(make(c, n, flag, loading, bits, is_controlled))
    shape = TabulatedRotations(None, c, n, loading, bits, flag, is_controlled)
    by_shape, shape_qubits = assert_costs(shape)
    assert qubits == shape_qubits
    assert (by_data.and_bloq, by_data.cswap) == (by_shape.and_bloq, by_shape.cswap)
    assert by_data.clifford <= by_shape.clifford
    counts = segment_counts(shape.shape, LOADERS[loading].segments(shape.shape))
    assert by_shape.and_bloq == counts.ands + (n + flag) * (bits - 2)
    assert by_shape.cswap == counts.swaps


@pytest.mark.parametrize(("c", "n", "flag"), SMALL + LARGER)
@pytest.mark.parametrize("is_controlled", [False, True])
def test_queries_by_table_size(c, n, flag, is_controlled):
    by_data, qubits = assert_costs(make(c, n, flag, "qram", 5, is_controlled))
    shape = TabulatedRotations(None, c, n, "qram", 5, flag, is_controlled)
    by_shape, shape_qubits = assert_costs(shape)
    assert (qubits, by_data.and_bloq, by_data.cswap) == (
        shape_qubits,
        by_shape.and_bloq,
        by_shape.cswap,
    )
    expected = {2 ** (c + level): 2 for level in range(n)}
    if flag:
        expected[2**c] += 2
    assert get_cost_value(shape, QRAMQueries()) == expected
    assert get_cost_value(shape.adjoint(), QRAMQueries()) == expected
    # With the queries left to an oracle, the additions remain.
    oracle = get_cost_value(shape, QECGatesCost(), generalizer=Charges("oracle"))
    assert (oracle.and_bloq, oracle.cswap) == ((n + flag) * (5 - 2), 0)
    registers = c + n + flag + is_controlled
    assert logical_qubits(shape, Charges("oracle")) == registers + 2 * 5 + (5 - 2)


@pytest.mark.parametrize("loading", ["qrom", "select-swap"])
@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize("flag", [False, True])
def test_symbolic_equals_by_shape(loading, is_controlled, flag):
    c, n, b = sympy.symbols("c n b")
    symbolic = TabulatedRotations(None, c, n, loading, b, flag, is_controlled)
    for values in [(1, 1, 3), (2, 1, 14), (1, 4, 5), (4, 4, 9), (8, 8, 13)]:
        concrete = TabulatedRotations(
            None, values[0], values[1], loading, values[2], flag, is_controlled
        )
        assert_symbolic(symbolic, concrete, dict(zip((c, n, b), values, strict=True)))
    # No index: tables of one entry take no And.
    symbolic = TabulatedRotations(None, 0, n, loading, b, flag, is_controlled)
    for values in [(1, 3), (2, 5), (3, 8), (6, 13), (10, 20)]:
        concrete = TabulatedRotations(None, 0, values[0], loading, values[1], flag, is_controlled)
        assert_symbolic(symbolic, concrete, dict(zip((n, b), values, strict=True)))


def all_plans(shape):
    """Every sequence of segments with heights that do not decrease, by brute force."""
    prefixes = shape.prefixes

    def extend(first, lowest):
        if first == len(prefixes):
            yield ()
            return
        for stop in range(first + 1, len(prefixes) + 1):
            for h in range(lowest, prefixes[first] + 1):
                for rest in extend(stop, h):
                    yield (Segment(first, stop, h), *rest)

    return extend(0, 0)


def plan_cost(shape, segments):
    heights = [segment.address_bitsize for segment in segments]
    swaps = sum(
        2 * shape.angle_bits * (2 ** (shape.prefixes[i] - segment.address_bitsize) - 1)
        for segment in segments
        for i in range(segment.first, segment.stop)
    )
    return sum(shape.table_ands(h) for h in [*heights, heights[-1]]) + swaps


@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize(
    ("c", "n", "flag"), [(0, 5, False), (3, 3, True), (6, 1, False), (2, 4, True)]
)
@pytest.mark.parametrize("bits", [3, 5, 13])
def test_plan_is_the_best_of_all(c, n, flag, bits, is_controlled):
    shape = TreeShape(c, n, flag, bits, is_controlled)
    best = min(plan_cost(shape, segments) for segments in all_plans(shape))
    assert plan_cost(shape, select_swap_segments(shape)) == best
    counts = segment_counts(shape, select_swap_segments(shape))
    assert counts.ands + counts.swaps == best


def test_plan_covers_every_rotation_once():
    shape = TreeShape(8, 8, True, 14, False)
    for loading in ("qrom", "select-swap"):
        segments = LOADERS[loading].segments(shape)
        assert [i for s in segments for i in range(s.first, s.stop)] == list(range(9))
    # Far below one And an entry and level: 65,536 weights.
    counts = segment_counts(shape, select_swap_segments(shape))
    assert counts.ands + counts.swaps < 4000


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (([0.1, 0.2], 0, 1), "this tree has 1 angles, got 2"),
        (([0.1], 0, 0), "num_levels must be at least 1"),
        (([0.1], -1, 1), "index_bitsize must not be negative"),
        (([float("inf")], 0, 1), "finite"),
        (([0.1], 0, 1, "qrom", 60), "angle_bits must be 3 to 50"),
        (([0.1], 0, sympy.Symbol("n")), "all sizes must be numbers"),
        (
            (None, 0, sympy.Symbol("n"), "qram"),
            "counted by table size.*needs numbers for its sizes",
        ),
    ],
)
def test_bad_input_is_refused(args, message):
    with pytest.raises(ValueError, match=message):
        TabulatedRotations(*args)
