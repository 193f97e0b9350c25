import math

import attrs
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from qualtran.resource_counting import get_cost_value

from bloqs.loading import LoadedVector, tree_angle_bits_for
from tests.loading.reference import (
    BUILT_IN,
    GATES,
    QUBITS,
    assert_costs,
    assert_symbolic,
    controlled,
    decomposed_gates,
)

entries = st.floats(-5, 5).map(lambda x: 0.0 if abs(x) < 1e-6 else x)
# Queries of a memory are counted by table size: there a size must be a number.
SYMBOLIC_LOADERS = ("rotations", "qrom", "select-swap")
# No two entries alike, no symmetry: a wrong bit order or sign shows.
CANARY = [1.0, -2.0, 0.0, 0.5, 3.0, 0.25, -0.125, 4.0]


def first_column(bloq):
    return bloq.tensor_contract()[:, 0]


@pytest.mark.parametrize("loading", BUILT_IN)
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_encoded_vector(loading, padding, size):
    if size == 1 and padding == 0:
        return  # refused: see test_bad_input_is_refused
    data = np.array(CANARY[-size:]) if size > 1 else np.array([-3.0])
    bloq = LoadedVector(data, loading, 3 if size == 8 else 5, padding_bitsize=padding)
    assert (bloq.alpha, bloq.ancilla_bitsize) == (1.0, 0)
    expected = np.zeros(size * 2**padding)
    expected[:size] = data / np.linalg.norm(data)
    np.testing.assert_allclose(bloq.target(), expected, atol=1e-15)
    column = first_column(bloq)
    np.testing.assert_allclose(column, bloq.block(), atol=1e-13)
    assert np.linalg.norm(column - expected) <= bloq.epsilon + 1e-13
    if loading == "rotations":
        assert bloq.epsilon == 0.0


@given(st.lists(entries, min_size=8, max_size=8).filter(any))
def test_rotations_load_any_vector(data):
    bloq = LoadedVector(data)
    np.testing.assert_allclose(first_column(bloq), bloq.target(), atol=1e-12)


@given(st.lists(entries, min_size=16, max_size=16).filter(any), st.integers(3, 20))
def test_epsilon_bounds_the_block(data, bits):
    bloq = LoadedVector(data, "qrom", bits)
    error = np.linalg.norm(bloq.block() - bloq.target())
    shape = LoadedVector(None, "qrom", bits, bitsize=4)
    assert error <= bloq.epsilon + 1e-14
    assert bloq.epsilon <= shape.epsilon + 1e-14 <= math.sqrt(4) * math.pi / 2**bits + 2e-14


def test_epsilon_is_within_ten_of_the_worst_error_of_a_sweep():
    rng = np.random.default_rng(7)
    for bits in (4, 8, 12):
        bloqs = [LoadedVector(rng.normal(size=64), "qrom", bits) for _ in range(20)]
        worst = max(np.linalg.norm(bloq.block() - bloq.target()) for bloq in bloqs)
        assert worst <= max(bloq.epsilon for bloq in bloqs) <= 3 * worst
        assert LoadedVector(None, "qrom", bits, bitsize=6).epsilon <= 10 * worst


def test_bits_from_an_error_are_enough_and_one_fewer_is_worse():
    for epsilon in (1e-2, 1e-3, 1e-6):
        bits = tree_angle_bits_for(epsilon, 6)
        assert LoadedVector(None, "qrom", bits, bitsize=6).epsilon <= epsilon
        assert LoadedVector(None, "qrom", bits - 1, bitsize=6).epsilon > epsilon


@pytest.mark.parametrize("loading", ["qrom", "select-swap", "qram"])
@pytest.mark.parametrize("epsilon", [0.3, 1e-2, 1e-5])
@pytest.mark.parametrize("by_shape", [False, True])
def test_for_epsilon_takes_the_fewest_bits(loading, epsilon, by_shape):
    data = None if by_shape else np.random.default_rng(3).normal(size=64)
    options = {"bitsize": 6, "padding_bitsize": 1, "is_network_input": True}
    bloq = LoadedVector.for_epsilon(data, epsilon, loading, **options)
    assert (bloq.padding_bitsize, bloq.is_network_input, bloq.loading) == (1, True, loading)
    assert bloq.epsilon <= epsilon
    fewer = attrs.evolve(bloq, angle_bits=bloq.angle_bits - 1)
    assert fewer.epsilon > epsilon
    if not by_shape:
        assert np.linalg.norm(bloq.block() - bloq.target()) <= epsilon


def test_for_epsilon_at_the_ends():
    # Angles on the coarsest grid are exact with the fewest bits there are.
    assert LoadedVector.for_epsilon([1.0, 1.0], 1e-12, "qrom").angle_bits == 3
    exact = LoadedVector.for_epsilon(CANARY, 1e-12, "rotations")
    assert (exact.epsilon, exact.angle_bits) == (0.0, None)
    with pytest.raises(ValueError, match=r"50 angle bits give an error of .*asked was 1e-16"):
        LoadedVector.for_epsilon(None, 1e-16, "qrom", bitsize=6)
    with pytest.raises(ValueError, match="epsilon must be a finite positive number, found 0"):
        LoadedVector.for_epsilon(CANARY, 0, "qrom")


@pytest.mark.parametrize("loading", BUILT_IN)
def test_control_and_adjoint_agree_with_the_matrix(loading):
    bloq = LoadedVector([0.5, -2.0], loading, 3)
    matrix = bloq.tensor_contract()
    np.testing.assert_allclose(bloq.adjoint().tensor_contract(), matrix.conj().T, atol=1e-13)
    np.testing.assert_allclose(bloq.controlled().tensor_contract(), controlled(matrix), atol=1e-13)
    both = bloq.adjoint().controlled()
    assert both == bloq.controlled().adjoint()
    np.testing.assert_allclose(both.tensor_contract(), controlled(matrix.conj().T), atol=1e-13)


@pytest.mark.parametrize("loading", BUILT_IN)
@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize(("n", "padding"), [(0, 1), (1, 0), (2, 1), (5, 0)])
def test_formula_equals_decomposition(loading, is_controlled, n, padding):
    options = {"padding_bitsize": padding, "is_controlled": is_controlled}
    shape = LoadedVector(None, loading, 5, bitsize=n, **options)
    above, qubits = assert_costs(shape)
    data = -np.abs(np.random.default_rng(n).normal(size=2**n))
    bloq = LoadedVector(data, loading, 5, **options)
    below = get_cost_value(bloq, GATES)
    assert below == decomposed_gates(bloq, {})
    assert get_cost_value(bloq, QUBITS) == qubits
    assert (below.and_bloq, below.cswap) == (above.and_bloq, above.cswap)
    if n > 0:
        assert below.rotation == above.rotation
    if loading == "rotations":
        assert above.rotation == (max(2**n - 1, 1)) * (2 if is_controlled else 1)


def test_by_data_a_sparse_vector_costs_less():
    data = np.zeros(16)
    data[5] = -2.0
    gates, _ = assert_costs(LoadedVector(data[4:8]))
    assert gates.rotation == 0
    gates = get_cost_value(LoadedVector(data), GATES)
    assert (gates.rotation, gates.t) == (0, 0) or gates.rotation < 15
    dense = get_cost_value(LoadedVector(np.arange(1.0, 17.0)), GATES)
    assert dense.rotation == 15
    assert get_cost_value(LoadedVector([1.0, 0, 0, 0]), GATES).clifford == 0


@pytest.mark.parametrize("loading", SYMBOLIC_LOADERS)
@pytest.mark.parametrize("is_controlled", [False, True])
def test_symbolic_equals_by_shape(loading, is_controlled):
    n, b, p = sympy.symbols("n b p")
    symbolic = LoadedVector(
        None, loading, b, bitsize=n, padding_bitsize=p, is_controlled=is_controlled
    )
    for values in [(1, 3, 0), (2, 5, 1), (3, 8, 0), (6, 13, 2), (9, 20, 1)]:
        concrete = LoadedVector(
            None,
            loading,
            values[1],
            bitsize=values[0],
            padding_bitsize=values[2],
            is_controlled=is_controlled,
        )
        assignment = dict(zip((n, b, p), values, strict=True))
        assert_symbolic(symbolic, concrete, assignment)
        epsilon = sympy.sympify(symbolic.epsilon).subs(assignment)
        assert float(epsilon) == pytest.approx(float(concrete.epsilon), rel=1e-6, abs=1e-12)


def test_cost_by_shape_never_falls_when_a_size_grows():
    for loading in BUILT_IN:
        for n in range(1, 30):
            small, large = (
                get_cost_value(LoadedVector(None, loading, 12, bitsize=size), GATES)
                for size in (n, n + 1)
            )
            convert = {"ts_per_rotation": 30}
            assert small.total_t_count(**convert) <= large.total_t_count(**convert)
            assert small.clifford <= large.clifford


def test_extreme_magnitudes_load():
    for scale in (1e-300, 1e300):
        bloq = LoadedVector(np.array([3.0, -4.0]) * scale)
        np.testing.assert_allclose(bloq.block(), [0.6, -0.8], atol=1e-15)
        np.testing.assert_allclose(bloq.target(), [0.6, -0.8], atol=1e-15)


def test_equal_data_make_equal_bloqs():
    one = LoadedVector(np.array([[1.0, 2.0], [3.0, 4.0]]), is_network_input=True)
    other = LoadedVector([1, 2, 3, 4], is_network_input=True)
    assert one == other
    assert hash(one) == hash(other)
    assert one != LoadedVector([1, 2, 3, 4])
    assert one.component == "input loading"


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ([1.0, 2.0, 3.0], {}, r"power of two entries, got 3; pad it with zeros to 4"),
        ([], {}, "power of two entries, got 0"),
        ([1.0, math.nan], {}, "finite, found NaN"),
        ([1.0, math.inf], {}, "finite"),
        ([0.0, 0.0], {}, "all zero"),
        ([1.0, 1j], {}, "must be real"),
        ([1.0], {}, "one entry need no qubit"),
        (None, {}, "got neither"),
        ([1.0, 2.0], {"bitsize": 2}, "bitsize is 2, but data has 2 entries"),
        ([1.0, 2.0], {"loading": "tape"}, "unknown loading 'tape'.*'select-swap', 'qram'"),
        ([1.0, 2.0], {"loading": "qrom", "angle_bits": 1}, "angle_bits must be 3 to 50"),
        ([1.0, 2.0], {"padding_bitsize": -1}, "padding_bitsize must not be negative"),
    ],
)
def test_bad_input_is_refused(data, options, message):
    with pytest.raises(ValueError, match=message):
        LoadedVector(data, **options)


def test_by_shape_has_no_data():
    bloq = LoadedVector(None, bitsize=3)
    for method in (bloq.target, bloq.block):
        with pytest.raises(ValueError, match="given by shape"):
            method()
