import attrs
import numpy as np
import pytest
import sympy
from qualtran.resource_counting import get_cost_value

from bloqs.loading import ColumnOracle
from bloqs.loading.column_checks import rows_of
from tests.loading.reference import (
    BUILT_IN,
    GATES,
    QUBITS,
    assert_costs,
    assert_symbolic,
    controlled,
    decomposed_gates,
)

# Not symmetric, signs mixed, one zero column.
CANARY = np.array(
    [[0.5, -0.1, 0.0, 0.3], [0.2, 0.0, 0.0, -0.7], [-0.4, 0.6, 0.0, 0.1], [0.0, 0.25, 0.0, -0.2]]
)


def encoded(bloq):
    """`V |j>|0>|0>` of every j, shape (j', system, flag, j)."""
    size = 2**bloq.index_bitsize
    matrix = bloq.tensor_contract().reshape(size, size, 2, size, size, 2)
    return matrix[:, :, :, :, 0, 0]


def assert_loads(bloq, matrix):
    size = len(matrix)
    states = encoded(bloq)
    for j in range(size):
        for k in range(size):
            if j != k:
                np.testing.assert_allclose(states[k, :, :, j], 0, atol=1e-13)
    block = np.array([states[j, :, 0, j] for j in range(size)]).T
    np.testing.assert_allclose(block, bloq.block_matrix(), atol=1e-13)
    errors = np.linalg.norm(bloq.beta * block - matrix, axis=0)
    assert np.max(errors) <= bloq.epsilon + 1e-13


@pytest.mark.parametrize("scale", [None, 1.5])
def test_rotations_load_the_columns(scale):
    bloq = ColumnOracle(CANARY, scale=scale)
    assert bloq.epsilon == 0.0
    assert bloq.beta == (scale or pytest.approx(np.max(np.linalg.norm(CANARY, axis=0))))
    np.testing.assert_allclose(bloq.target_matrix(), CANARY)
    np.testing.assert_allclose(bloq.beta * bloq.block_matrix(), CANARY, atol=1e-14)
    assert_loads(bloq, CANARY)


@pytest.mark.parametrize("loading", ["qrom", "select-swap", "qram"])
@pytest.mark.parametrize("bits", [3, 4])
def test_tables_load_the_columns(loading, bits):
    matrix = CANARY[:2, :2]
    assert_loads(ColumnOracle(matrix, loading, bits), matrix)


@pytest.mark.parametrize("loading", BUILT_IN)
def test_control_and_adjoint_agree_with_the_matrix(loading):
    bloq = ColumnOracle(CANARY[:2, 2:], loading, 3, scale=1.0)
    matrix = bloq.tensor_contract()
    both = bloq.adjoint().controlled()
    assert both == bloq.controlled().adjoint()
    np.testing.assert_allclose(both.tensor_contract(), controlled(matrix.conj().T), atol=1e-13)


@pytest.mark.parametrize("loading", BUILT_IN)
@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize("n", [1, 2])
def test_formula_equals_decomposition(loading, is_controlled, n):
    above, qubits = assert_costs(
        ColumnOracle(None, loading, 4, bitsize=n, is_controlled=is_controlled)
    )
    matrix = np.random.default_rng(n).normal(size=(2**n, 2**n))
    bloq = ColumnOracle(matrix, loading, 4, is_controlled=is_controlled)
    below = get_cost_value(bloq, GATES)
    assert below == decomposed_gates(bloq, {})
    assert get_cost_value(bloq, QUBITS) == qubits
    assert (below.and_bloq, below.cswap) == (above.and_bloq, above.cswap)
    if loading == "rotations":
        assert above.rotation == 4**n * (2 if is_controlled else 1)


@pytest.mark.parametrize("loading", ["rotations", "qrom", "select-swap"])
@pytest.mark.parametrize("is_controlled", [False, True])
def test_symbolic_equals_by_shape(loading, is_controlled):
    n, b = sympy.symbols("n b")
    symbolic = ColumnOracle(None, loading, b, bitsize=n, is_controlled=is_controlled)
    for values in [(1, 3), (2, 7), (4, 5), (8, 13), (10, 16)]:
        assignment = dict(zip((n, b), values, strict=True))
        concrete = ColumnOracle(
            None, loading, values[1], bitsize=values[0], is_controlled=is_controlled
        )
        assert_symbolic(symbolic, concrete, assignment)
        epsilon = sympy.sympify(symbolic.epsilon).subs(assignment)
        assert float(epsilon) == pytest.approx(float(concrete.epsilon), rel=1e-6, abs=1e-12)


def test_the_digits_oracle_by_data_costs_what_its_shape_bounds():
    matrix = np.random.default_rng(0).normal(size=(256, 256)) / 32
    for loading, most_t in (("qrom", 400_000), ("select-swap", 16_100)):
        by_data = get_cost_value(ColumnOracle(matrix, loading, 14), GATES)
        by_shape = get_cost_value(ColumnOracle(None, loading, 14, bitsize=8), GATES)
        assert by_data.total_t_count() == by_shape.total_t_count() <= most_t
        assert by_data.clifford < by_shape.clifford
    rotations = get_cost_value(ColumnOracle(matrix), GATES)
    # The column of the largest norm, index bit by index bit, makes no coefficient vanish.
    assert rotations.rotation == 65_536


def test_epsilon_bounds_the_products_it_is_for():
    rng = np.random.default_rng(2)
    matrix = rng.normal(size=(16, 16))
    for bits in (5, 9, 13):
        bloq = ColumnOracle(matrix, "qrom", bits)
        loaded = bloq.beta * bloq.block_matrix()
        errors = []
        for _ in range(20):
            x, y = rng.normal(size=(2, 16))
            x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
            errors.append(np.linalg.norm((loaded - matrix) @ (x * y)))
        columns = np.max(np.linalg.norm(loaded - matrix, axis=0))
        assert max(errors) <= columns <= bloq.epsilon <= 10 * columns
        shape = ColumnOracle(None, "qrom", bits, bitsize=4, scale=bloq.beta)
        assert bloq.epsilon <= shape.epsilon


@pytest.mark.parametrize("loading", ["qrom", "qram"])
@pytest.mark.parametrize("epsilon", [0.1, 1e-4])
@pytest.mark.parametrize("by_shape", [False, True])
def test_for_epsilon_takes_the_fewest_bits(loading, epsilon, by_shape):
    matrix = None if by_shape else np.random.default_rng(5).normal(size=(8, 8))
    bloq = ColumnOracle.for_epsilon(matrix, epsilon, loading, bitsize=3, scale=7.0)
    assert (bloq.loading, bloq.scale) == (loading, 7.0)
    assert bloq.epsilon <= epsilon
    assert attrs.evolve(bloq, angle_bits=bloq.angle_bits - 1).epsilon > epsilon
    assert ColumnOracle.for_epsilon(CANARY, epsilon, "rotations").epsilon == 0.0


def test_matrix_of_zeros_with_a_scale_raises_the_flag():
    bloq = ColumnOracle(np.zeros((2, 2)), scale=1.0)
    states = encoded(bloq)
    np.testing.assert_allclose([states[j, 0, 1, j] for j in range(2)], 1, atol=1e-13)


@pytest.mark.parametrize(
    ("matrix", "options", "message"),
    [
        (
            np.ones((2, 3)),
            {},
            "of 2 rows with 2, 4, 8, ... columns and no more rows, got 6 entries",
        ),
        (np.ones((4, 2)), {}, "powers of two with R <= N, got 4 rows and 2 columns"),
        (np.ones((3, 4)), {}, "powers of two with R <= N, got 3 rows"),
        (np.ones((0, 4)), {}, "got 0 entries"),
        (np.ones(6), {}, "square with 2, 4, 8, ... columns and no more rows, got 6 entries"),
        (np.ones(8), {"row_bitsize": 2}, "of 4 rows with 2, 4, 8"),
        (np.ones(8), {"row_bitsize": -1}, "row_bitsize must be at least 0, got -1"),
        (np.ones(8), {"row_bitsize": sympy.Symbol("r")}, "must be a number, got r"),
        (None, {"bitsize": 2, "row_bitsize": 3}, "row_bitsize must be at most bitsize 2, got 3"),
        (np.ones((1, 1)), {}, "square"),
        ([[1.0, np.nan], [0, 0]], {}, "finite"),
        (np.zeros((2, 2)), {}, "all zero: give a scale"),
        (np.ones((2, 2)), {"scale": 1.0}, "scale 1.0 is below the largest column norm 1.41"),
        (np.ones((2, 2)), {"scale": -1.0}, "scale must be a positive number"),
        (np.ones((2, 2)), {"scale": sympy.Symbol("w")}, "must be a number"),
        (np.ones((2, 2)), {"bitsize": 3}, "bitsize is 3, but the matrix has 2 columns"),
        (np.ones((2, 2)), {"loading": "tape"}, "unknown loading"),
        (np.ones((2, 2)), {"loading": "qrom", "angle_bits": 99}, "angle_bits must be 3 to 50"),
        (None, {}, "got neither"),
        (None, {"bitsize": 0}, "bitsize must be at least 1"),
    ],
)
def test_bad_input_is_refused(matrix, options, message):
    with pytest.raises(ValueError, match=message):
        ColumnOracle(matrix, **options)


def test_by_shape_has_no_matrix():
    bloq = ColumnOracle(None, bitsize=3, scale=2.0)
    assert bloq.beta == 2.0
    assert bloq.component == "output columns"
    for method in (bloq.target_matrix, bloq.block_matrix):
        with pytest.raises(ValueError, match="given by shape"):
            method()


def test_rows_of_arrays_of_two_axes_only():
    assert rows_of(((1.0, 0.0), (0.0, 1.0), (0.0, 0.0))) == 3
    assert rows_of((1.0, 0.0)) is rows_of(()) is rows_of(np.ones((1, 2, 3))) is None
