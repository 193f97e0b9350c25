"""Column oracles of few rows: R by N, and square matrices whose other rows are zero."""

import attrs
import numpy as np
import pytest
import sympy
from qualtran.resource_counting import get_cost_value

from bloqs.loading import ColumnOracle
from tests.loading.reference import (
    BUILT_IN,
    GATES,
    QUBITS,
    assert_costs,
    assert_symbolic,
    controlled,
    decomposed_gates,
)
from tests.loading.test_columns import assert_loads

RNG = np.random.default_rng(11)
ROWS = RNG.normal(size=(8, 8))


def spread(rows):
    """The square matrix whose row number `r N/R` is row r."""
    square = np.zeros((rows.shape[1], rows.shape[1]))
    square[:: rows.shape[1] // len(rows)] = rows
    return square


@pytest.mark.parametrize(("rows", "columns"), [(1, 2), (1, 4), (2, 4), (2, 8), (4, 8)])
def test_rotations_load_the_rows_where_they_belong(rows, columns):
    matrix = ROWS[:rows, :columns]
    bloq = ColumnOracle(matrix)
    np.testing.assert_array_equal(bloq.target_matrix(), spread(matrix))
    x = RNG.normal(size=(columns, 3))
    np.testing.assert_allclose(bloq.apply_target(x), spread(matrix) @ x, atol=1e-14)
    np.testing.assert_allclose(bloq.apply_block(x), bloq.block_matrix() @ x, atol=1e-14)
    if columns < 8:
        assert_loads(bloq, spread(matrix))


@pytest.mark.parametrize("loading", ["qrom", "select-swap", "qram"])
@pytest.mark.parametrize(("rows", "columns"), [(1, 2), (2, 4)])
def test_tables_load_the_rows_where_they_belong(loading, rows, columns):
    matrix = ROWS[:rows, :columns]
    assert_loads(ColumnOracle(matrix, loading, 3), spread(matrix))


@pytest.mark.parametrize("loading", BUILT_IN)
def test_control_and_adjoint(loading):
    bloq = ColumnOracle(ROWS[:1, 2:4], loading, 3, scale=2.0)
    both = bloq.adjoint().controlled()
    assert both == bloq.controlled().adjoint()
    matrix = bloq.tensor_contract().conj().T
    np.testing.assert_allclose(both.tensor_contract(), controlled(matrix), atol=1e-13)


@pytest.mark.parametrize("loading", BUILT_IN)
@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize(("r", "n"), [(0, 1), (0, 2), (1, 3), (2, 3)])
def test_costs_by_shape_by_data_and_of_the_square_with_zero_rows(loading, is_controlled, r, n):
    options = {"is_controlled": is_controlled}
    above, qubits = assert_costs(
        ColumnOracle(None, loading, 4, bitsize=n, row_bitsize=r, **options)
    )
    matrix = ROWS[: 2**r, : 2**n]
    bloq = ColumnOracle(matrix, loading, 4, **options)
    below = get_cost_value(bloq, GATES)
    assert below == decomposed_gates(bloq, {})
    assert get_cost_value(bloq, QUBITS) == qubits
    assert (below.and_bloq, below.cswap) == (above.and_bloq, above.cswap)
    if loading == "rotations":  # N R angles
        assert above.rotation == 2 ** (n + r) * (2 if is_controlled else 1)
    square = ColumnOracle(spread(matrix), loading, 4, **options)
    assert square.row_bitsize is None
    assert get_cost_value(square, GATES) == below
    np.testing.assert_array_equal(square.block_matrix(), bloq.block_matrix())


@pytest.mark.parametrize("loading", ["rotations", "qrom", "select-swap"])
@pytest.mark.parametrize("is_controlled", [False, True])
def test_symbolic_equals_by_shape(loading, is_controlled):
    n, r, b = sympy.symbols("n r b")
    options = {"is_controlled": is_controlled}
    symbolic = ColumnOracle(None, loading, b, bitsize=n, row_bitsize=r, **options)
    one_row = ColumnOracle(None, loading, b, bitsize=n, row_bitsize=0, **options)
    for n_, r_, b_ in [(1, 1, 3), (2, 1, 7), (4, 3, 5), (8, 4, 13), (10, 2, 16)]:
        assignment = {n: n_, r: r_, b: b_}
        for bloq in (symbolic, one_row):
            rows = r_ if bloq is symbolic else 0
            concrete = ColumnOracle(None, loading, b_, bitsize=n_, row_bitsize=rows, **options)
            assert_symbolic(bloq, concrete, assignment)
            epsilon = sympy.sympify(bloq.epsilon).subs(assignment)
            assert float(epsilon) == pytest.approx(float(concrete.epsilon), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("loading", ["rotations", "qrom", "qram"])
@pytest.mark.parametrize("kept", [[0, 1], [0, 2], [1], [0, 1, 4, 5], [3, 7], []])
def test_any_zero_rows_are_found(loading, kept):
    """Qubits that are 0 in every row which is not zero: fewer levels, the same matrix."""
    matrix = np.zeros((8, 8))
    matrix[kept] = ROWS[: len(kept)]
    bloq = ColumnOracle(matrix, loading, 12, scale=6.0)
    union = int(np.bitwise_or.reduce(np.array([0, *kept])))
    assert bloq.num_levels == union.bit_count()
    assert np.max(np.linalg.norm(6 * bloq.block_matrix() - matrix, axis=0)) <= bloq.epsilon + 1e-12
    full = ColumnOracle(ROWS, loading, 12, scale=6.0)
    costs = [get_cost_value(b, GATES).total_t_and_ccz_count() for b in (bloq, full)]
    assert costs[0]["n_ccz"] <= costs[1]["n_ccz"]


def test_rows_are_read_off_a_two_dimensional_matrix_alone():
    flat = ROWS[:2].ravel()
    assert ColumnOracle(ROWS[:2]) == ColumnOracle(flat, row_bitsize=1)
    assert ColumnOracle(flat).index_bitsize == 2  # 16 numbers are a square
    assert ColumnOracle(ROWS) == ColumnOracle(ROWS.ravel(), row_bitsize=3)
    assert ColumnOracle(None, bitsize=3, row_bitsize=3) == ColumnOracle(None, bitsize=3)
    bloq = ColumnOracle(ROWS[:2].tolist(), "qrom", 5)
    assert attrs.evolve(bloq, is_controlled=True) == bloq.controlled()
    assert hash(bloq) == hash(attrs.evolve(bloq)) != hash(bloq.controlled())
    found = ColumnOracle.for_epsilon(ROWS[:2], 1e-2, "qrom")
    assert (found.row_bitsize, found.index_bitsize) == (1, 3)
    assert attrs.evolve(found, angle_bits=found.angle_bits - 1).epsilon > 1e-2 >= found.epsilon


def test_a_head_of_sixteen_rows():
    """Columns of 16 rows against 256, at the bits that each needs for the same error."""
    costs = [
        get_cost_value(
            ColumnOracle.for_epsilon(None, 1e-4, bitsize=8, row_bitsize=r).controlled(), GATES
        ).total_t_count()
        for r in (4, 8)
    ]
    assert costs[0] <= 0.45 * costs[1]
