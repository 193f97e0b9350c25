import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran.resource_counting import get_cost_value

from bloqs.loading import LoadedVector, PositionIndex, SparseVector
from bloqs.testing import assert_control_and_adjoint, assert_encodes
from tests.loading.reference import BUILT_IN, GATES, assert_costs

# Unordered positions, signs mixed, no symmetry.
CASES = [
    ([-3.0], [5], 3),
    ([2.0], [0], 1),
    ([1.0, -2.0], [6, 1], 3),
    ([0.5, -1.0, 3.0], [3, 0, 6], 3),
    ([0.5, -1.0, 3.0, 0.25, -0.75], [9, 2, 15, 3, 8], 4),
]


def dense(values, positions, n):
    vector = np.zeros(2**n)
    vector[positions] = values
    return vector / np.linalg.norm(vector)


@st.composite
def sparse(draw):
    n = draw(st.integers(1, 7))
    positions = draw(
        st.lists(st.integers(0, 2**n - 1), min_size=1, max_size=min(2**n, 12), unique=True)
    )
    values = draw(
        st.lists(
            st.floats(0.1, 5) | st.floats(-5, -0.1),
            min_size=len(positions),
            max_size=len(positions),
        )
    )
    return values, positions, n


@pytest.mark.parametrize(("values", "positions", "n"), CASES)
@pytest.mark.parametrize("loading", BUILT_IN)
def test_encodes_the_vector(values, positions, n, loading):
    bloq = SparseVector(values, positions, n, loading, 3 if len(values) > 4 else 4)
    assert (bloq.alpha, bloq.system_bitsize) == (1.0, n)
    assert bloq.ancilla_bitsize == max(1, int(np.ceil(np.log2(len(values)))))
    np.testing.assert_allclose(bloq.target(), dense(values, positions, n), atol=1e-15)
    assert_encodes(bloq, bloq.target())
    # Exactly what is stated, index returned: nothing of the norm is outside the good branch.
    column = bloq.tensor_contract()[:, 0].reshape(2**n, -1)[:, 0]
    np.testing.assert_allclose(column, bloq.block(), atol=1e-12)
    assert np.linalg.norm(column) == pytest.approx(1, abs=1e-12)
    if loading == "rotations":
        assert bloq.epsilon == 0.0


@pytest.mark.parametrize("loading", ["rotations", "qrom"])
def test_control_and_adjoint(loading):
    assert_control_and_adjoint(SparseVector([1.0, -2.0, 0.5], [3, 0, 2], 2, loading, 3))


@settings(max_examples=30)
@given(sparse(), st.sampled_from(BUILT_IN), st.booleans(), st.booleans())
def test_call_graph_equals_decomposition(case, loading, is_controlled, by_shape):
    values, positions, n = case
    bloq = SparseVector(values, positions, n, loading, 4, is_controlled=is_controlled)
    shape = SparseVector(
        None, None, n, loading, 4, num_nonzero=len(values), is_controlled=is_controlled
    )
    above, most = assert_costs(shape) if by_shape else (get_cost_value(shape, GATES), None)
    below, qubits = assert_costs(bloq)
    assert (below.and_bloq, below.cswap) == (above.and_bloq, above.cswap)
    assert below.clifford <= above.clifford
    assert below.rotation <= above.rotation
    if most is not None:
        assert qubits <= most


@given(sparse(), st.booleans())
def test_inverse_lookup_finds_every_position(case, is_controlled):
    _, positions, n = case
    bloq = PositionIndex(sorted(positions), n, is_controlled=is_controlled)
    gates, _ = assert_costs(bloq)
    s = len(positions)
    assert gates.and_bloq == (s - 1 if is_controlled else max(s - 2, 0))
    circuit = bloq.decompose_bloq()
    for i, position in enumerate(sorted(positions)):
        for ctrl in (0, 1) if is_controlled else (1,):
            inputs = {"position": position, "index": 1}
            if is_controlled:
                inputs["ctrl"] = ctrl
            out = circuit.call_classically(**inputs)
            assert out == bloq.call_classically(**inputs)
            assert out[-1] == 1 ^ (ctrl * i)


@pytest.mark.slow
@settings(max_examples=30)
@given(st.integers(1, 6), st.integers(1, 20), st.booleans())
def test_inverse_lookup_by_shape_bounds_the_depth(n, s, is_controlled):
    s = min(s, 2**n)
    shape = PositionIndex(None, n, s, is_controlled)
    _, most = assert_costs(shape)
    rng = np.random.default_rng(n * s)
    for _ in range(5):
        positions = np.sort(rng.choice(2**n, s, replace=False))
        bloq = PositionIndex(positions, n, is_controlled=is_controlled)
        assert assert_costs(bloq)[1] <= most
    # The bound is met by positions that are told apart one at a time.
    comb = sorted([0, *(2**i for i in range(min(n, s - 1)))])
    deep = PositionIndex(comb, n, is_controlled=is_controlled)
    assert deep.workspace == shape.workspace


def test_formula_of_the_rotations_loader():
    for s in (2, 4, 8, 16):
        gates = get_cost_value(SparseVector(None, None, 30, num_nonzero=s), GATES)
        assert (gates.rotation, gates.and_bloq) == (s - 1, 2 * s - 4)


@pytest.mark.parametrize(("n", "s"), [(12, 16), (16, 64)])
@pytest.mark.parametrize("loading", BUILT_IN)
def test_few_entries_cost_less_than_a_dense_load(n, s, loading):
    sparse_gates = get_cost_value(SparseVector(None, None, n, loading, 12, num_nonzero=s), GATES)
    dense_gates = get_cost_value(LoadedVector(None, loading, 12, bitsize=n), GATES)
    convert = {"ts_per_rotation": 30}
    assert 8 * sparse_gates.total_t_count(**convert) < dense_gates.total_t_count(**convert)
    # The length of the vector does not enter.
    longer = get_cost_value(SparseVector(None, None, n + 20, loading, 12, num_nonzero=s), GATES)
    assert longer.total_t_count(**convert) == sparse_gates.total_t_count(**convert)


def test_from_a_dense_vector():
    vector = np.zeros(32)
    vector[[3, 17, 30]] = [1.0, -2.0, 0.5]
    bloq = SparseVector.from_vector(vector, "qrom", angle_bits=10, is_network_input=True)
    assert (bloq.positions, bloq.bitsize, bloq.is_network_input) == ((3, 17, 30), 5, True)
    np.testing.assert_allclose(bloq.target(), vector / np.linalg.norm(vector), atol=1e-15)
    assert bloq.component == "input loading"


@pytest.mark.parametrize("epsilon", [1e-2, 1e-5])
def test_for_epsilon_takes_the_fewest_bits(epsilon):
    bloq = SparseVector.for_epsilon([0.5, -1.0, 3.0], [3, 0, 6], 3, epsilon, "qrom")
    assert bloq.epsilon <= epsilon
    assert attrs.evolve(bloq, angle_bits=bloq.angle_bits - 1).epsilon > epsilon
    assert SparseVector.for_epsilon([1.0], [2], 2, epsilon, "rotations").epsilon == 0.0


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        (([1.0, 2.0], [1], 2), {}, "got 2 values and 1 positions"),
        (([1.0, 2.0], [1, 4], 2), {}, "position 4 is out of range: 2 qubits hold 0 to 3"),
        (([1.0, 2.0], [1, 1], 2), {}, "position 1 is given twice; add its values up"),
        (([0.0, 0.0], [1, 2], 2), {}, "all zero"),
        (([np.nan], [1], 2), {}, "finite"),
        (([], [], 2), {}, "a position at least, got none"),
        (([1.0], None, 2), {}, "given together"),
        (([1.0], [1], 63), {}, "1 to 62 bits, got 63"),
        (([1.0], [1], 2), {"num_nonzero": 2}, "num_nonzero is 2, but there are 1 values"),
        (([1.0], [1], 2), {"loading": "tape"}, "unknown loading"),
        ((None, None, 2), {}, "num_positions must be 1 to 4, got None"),
        ((None, None, 2), {"num_nonzero": 5}, "num_positions must be 1 to 4, got 5"),
    ],
)
def test_bad_input_is_refused(args, options, message):
    with pytest.raises(ValueError, match=message):
        SparseVector(*args, **options)
    with pytest.raises(ValueError, match="positions must increase; sort them"):
        PositionIndex([2, 1], 2)


def test_one_qubit_and_the_most_positions_are_allowed():
    np.testing.assert_allclose(SparseVector([3.0, 4.0], [1, 0], 1).target(), [0.8, 0.6])
    assert SparseVector([1.0], [2**62 - 1], 62).bitsize == 62
    with pytest.raises(ValueError, match="1 to 62 bits, got 0"):
        SparseVector([1.0], [0], 0)


def test_by_shape_has_no_data():
    bloq = SparseVector(None, None, 4, num_nonzero=3)
    for method in (bloq.target, bloq.block):
        with pytest.raises(ValueError, match="given by shape"):
            method()
    with pytest.raises(ValueError, match="given by shape"):
        PositionIndex(None, 4, 3).call_classically(position=1, index=0)
