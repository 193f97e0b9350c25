import numpy as np
import pytest
import sympy
from qualtran.resource_counting import GateCounts, QECGatesCost, QubitCount, get_cost_value

from bloqs.convolution.tree import ROTATION_TREE_DOC, RotationTree
from bloqs.core.encoding import ShapeOnlyError
from bloqs.loading.angles import tree_vectors
from bloqs.simulation import unitary
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
    assert_symbolic_is_numeric,
)
from tests.combine.toys import assert_conforms

LOADERS = [("rotations", None), ("qrom", 4), ("select-swap", 4)]


def gates(bloq):
    return get_cost_value(bloq, QECGatesCost())


def random_tree(seed, c, n, loading, bits, has_flag=False):
    rng = np.random.default_rng(seed)
    size = 2**c * (2**n - 1 + has_flag)
    return RotationTree(rng.uniform(-6, 6, size), c, n, loading, bits, has_flag)


@pytest.mark.parametrize(("loading", "bits"), LOADERS)
@pytest.mark.parametrize(("c", "n"), [(0, 1), (0, 3), (1, 2), (2, 1)])
def test_tree_prepares_the_vector_of_each_index(loading, bits, c, n):
    tree = random_tree(c + n, c, n, loading, bits)
    # Columns of system 0: index j goes to j and the vector of j.
    matrix = unitary(tree).reshape(2**c, 2**n, 2**c, 2**n)[:, :, :, 0]
    levels = [table.reshape(2**c, -1) for table in tree.effective_tables()]
    vectors = tree_vectors(levels)
    expected = np.einsum("jk,js->jsk", np.eye(2**c), vectors)
    np.testing.assert_allclose(matrix, expected, atol=1e-12)
    exact = tree_vectors([t.reshape(2**c, -1) for t in tree.tables(np.array(tree.angles))])
    error = np.linalg.norm(vectors - exact, axis=1).max()
    assert error <= tree.error + 1e-12
    assert tree.error <= RotationTree(None, c, n, loading, bits).error


@pytest.mark.parametrize(("loading", "bits"), LOADERS)
def test_flag_and_first_level_are_selected_by_the_index_alone(loading, bits):
    tree = random_tree(3, 1, 1, loading, bits, has_flag=True)
    flag, level = tree.effective_tables()
    matrix = unitary(tree)  # registers index, system, flag
    for j in range(2):
        block = matrix.reshape(2, 4, 2, 4)[j, :, j, :]
        half = [level[j] / 2, flag[j] / 2]
        rotations = [np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]) for t in half]
        np.testing.assert_allclose(block, np.kron(*rotations), atol=1e-12)


@pytest.mark.parametrize(("loading", "bits"), LOADERS)
@pytest.mark.parametrize("has_flag", [False, True])
def test_control_adjoint_and_counts(loading, bits, has_flag):
    tree = random_tree(1, 1, 1 if has_flag else 2, loading, bits, has_flag)
    assert_control_and_adjoint(tree)
    shape = RotationTree(None, 3, 2, loading, bits, has_flag)
    for one in (tree, tree.controlled(), shape, shape.controlled()):
        assert_formula_is_decomposition(one)
        assert_qubits_are_decomposition(one)


@pytest.mark.parametrize("loading", ["qrom", "select-swap"])
def test_tables_leave_out_what_no_angle_depends_on(loading):
    # Index (2 qubits): only the second matters; the last level is not rotated.
    first, second = np.array([0.3, -1.2]), np.array([0.5, 2.0, -0.7, 1.1])
    angles = np.concatenate([np.tile(first, 2), np.tile(second, 2), np.zeros(16)])
    tree = RotationTree(angles, 2, 3, loading, 4)
    assert (tree.tabulated.index_bitsize, tree.tabulated.num_levels) == (1, 2)
    levels = [table.reshape(4, -1) for table in tree.effective_tables()]
    matrix = unitary(tree).reshape(4, 8, 4, 8)[:, :, :, 0]
    expected = np.einsum("jk,js->jsk", np.eye(4), tree_vectors(levels))
    np.testing.assert_allclose(matrix, expected, atol=1e-12)
    for one in (tree, tree.controlled(), tree.adjoint()):
        assert_formula_is_decomposition(one)
    assert_control_and_adjoint(tree)
    # What is left out takes no qubits either: here two index qubits and a level.
    wide = RotationTree(np.concatenate([np.full(8, 0.3), np.zeros(16)]), 3, 2, loading, 4)
    assert_qubits_are_decomposition(wide)
    assert get_cost_value(wide, QubitCount()) == 5 + 2 * 4 + 2
    nothing = RotationTree(np.zeros(28), 2, 3, loading, 4)
    assert nothing.tabulated is None
    assert gates(nothing) == gates(RotationTree(np.zeros(28), 2, 3)) == GateCounts()


def test_by_data_rotations_that_are_not_there_cost_nothing():
    tree = RotationTree([0.0, 0.0, 1.0, 1.0, 1.0, 1.0], 1, 2)
    (rotation,) = tree.build_call_graph(None)
    assert rotation.angles == (1.0, 1.0, 1.0, 1.0)
    assert_formula_is_decomposition(tree)


@pytest.mark.parametrize("controlled", [False, True])
@pytest.mark.parametrize("has_flag", [False, True])
def test_symbolic_counts_are_the_numbers(controlled, has_flag):
    c, n = sympy.symbols("c n")
    symbolic = RotationTree(None, c, n, has_flag=has_flag, is_controlled=controlled)
    for values in ((0, 1), (0, 3), (1, 1), (2, 4), (5, 2)):
        concrete = RotationTree(None, *values, has_flag=has_flag, is_controlled=controlled)
        assert_symbolic_is_numeric(symbolic, concrete, dict(zip((c, n), values, strict=True)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RotationTree(None, 1, 0), "num_levels must be at least 1, got 0"),
        (lambda: RotationTree(None, -1, 1), "index_bitsize must not be negative, got -1"),
        (lambda: RotationTree([0.1], 1, 1), "this tree has 2 angles, got 1"),
        (lambda: RotationTree([np.nan, 1.0], 1, 1), "finite"),
        (lambda: RotationTree(None, 1, 1, "magic"), "unknown loading 'magic'"),
        (lambda: RotationTree(None, 1, 1, "qrom", 1), "angle_bits must be"),
        (lambda: RotationTree([0.1], sympy.Symbol("c"), 1), "sizes must be numbers"),
    ],
)
def test_bad_input_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_tree_by_shape_has_no_angles():
    with pytest.raises(ShapeOnlyError):
        RotationTree(None, 1, 1).effective_tables()


@pytest.mark.parametrize("example", ROTATION_TREE_DOC.examples[:2], ids=lambda e: e.name)
def test_examples_conform(example):
    assert_conforms(example)
