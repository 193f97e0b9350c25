import attrs
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from qualtran.resource_counting import get_cost_value

from bloqs.costs import TDepthUpperBound
from bloqs.loading import BucketBrigadeQRAM
from tests.loading.memory import classical_rows, lookup_matrix, toffoli_layers
from tests.loading.reference import GATES, QUBITS, assert_costs, assert_symbolic

SIZES = [(0, 2), (1, 1), (1, 3), (2, 2), (3, 1)]


def make(n, b, is_controlled=False, seed=0):
    table = np.random.default_rng(seed + n).integers(0, 2**b, 2**n)
    return BucketBrigadeQRAM(table, n, b, is_controlled)


@pytest.mark.parametrize(("n", "b"), SIZES)
@pytest.mark.parametrize("is_controlled", [False, True])
def test_contracts_to_the_table(n, b, is_controlled):
    bloq = make(n, b, is_controlled)
    expected = lookup_matrix(bloq.data, n, b, is_controlled)
    np.testing.assert_allclose(bloq.tensor_contract(), expected, atol=1e-12)


def test_superposed_addresses_stay_superposed():
    # Amplitudes, signs and phases of eight addresses at once; nothing else may be entangled with them.
    bloq = make(3, 2, seed=4)
    rng = np.random.default_rng(1)
    amplitudes = rng.normal(size=8) + 1j * rng.normal(size=8)
    state = np.kron(amplitudes / np.linalg.norm(amplitudes), [1, 0, 0, 0])
    found = (bloq.tensor_contract() @ state).reshape(8, 4)
    for j in range(8):
        expected = np.zeros(4, dtype=complex)
        expected[bloq.data[j]] = amplitudes[j] / np.linalg.norm(amplitudes)
        np.testing.assert_allclose(found[j], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("n", "b"),
    [*SIZES, *(pytest.param(*size, marks=pytest.mark.slow) for size in ((4, 5), (6, 3)))],
)
@pytest.mark.parametrize("is_controlled", [False, True])
def test_classical_action_of_the_circuit(n, b, is_controlled):
    bloq = make(n, b, is_controlled)
    circuit = bloq.decompose_bloq()
    for ctrl, j, v, inputs in classical_rows(bloq, bloq.data, (0, 2**b - 1)):
        out = circuit.call_classically(**inputs)
        assert out == bloq.call_classically(**inputs)
        assert out[-1] == v ^ (ctrl * bloq.data[j])


@pytest.mark.parametrize("n", range(1, 7))
@pytest.mark.parametrize("is_controlled", [False, True])
def test_formulas_are_those_of_the_circuit(n, is_controlled):
    b, cells = 3, 2**n
    bloq = make(n, b, is_controlled)
    by_shape = attrs.evolve(bloq, data=None)
    gates, qubits = assert_costs(by_shape)
    below, same = assert_costs(bloq)
    routers = cells - 1 if is_controlled else cells - 2
    layers = n if is_controlled else n - 1
    assert gates.and_bloq == below.and_bloq == bloq.num_routers == routers
    assert gates.total_t_count() == 4 * routers
    assert (gates.t, gates.toffoli, gates.cswap, gates.rotation) == (0, 0, 0, 0)
    assert qubits == same == n + b + 3 * cells // 2 - 2 + is_controlled
    assert bloq.toffoli_depth == toffoli_layers(bloq) == layers
    assert get_cost_value(bloq, TDepthUpperBound(toffoli_depth=2)) == 2 * layers


@pytest.mark.slow
@given(
    st.integers(0, 4), st.integers(1, 4), st.booleans(), st.booleans(), st.integers(0, 2**32 - 1)
)
def test_call_graph_equals_decomposition(n, b, is_controlled, by_shape, seed):
    bloq = make(n, b, is_controlled, seed)
    assert_costs(attrs.evolve(bloq, data=None) if by_shape else bloq)


def test_forty_address_bits_by_formula():
    bloq = BucketBrigadeQRAM(None, 40, 16)
    gates = get_cost_value(bloq, GATES)
    assert gates.total_t_count() == 4 * (2**40 - 2)
    assert get_cost_value(bloq, TDepthUpperBound()) == 39
    assert get_cost_value(bloq, QUBITS) == 56 + 3 * 2**39 - 2


def test_symbolic_equals_concrete():
    n, b = sympy.symbols("n b")
    for is_controlled in (False, True):
        symbolic = BucketBrigadeQRAM(None, n, b, is_controlled)
        for values in [(1, 3), (2, 1), (3, 4), (5, 2), (17, 8)]:
            assignment = dict(zip((n, b), values, strict=True))
            concrete = BucketBrigadeQRAM(None, *values, is_controlled)
            assert_symbolic(symbolic, concrete, assignment)
            depth = get_cost_value(symbolic, TDepthUpperBound())
            assert depth.subs(assignment) == concrete.toffoli_depth


def test_adjoint_and_control():
    bloq = make(2, 1)
    assert bloq.adjoint() == bloq
    assert bloq.controlled() == attrs.evolve(bloq, is_controlled=True)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (([1, 2, 3], 2, 2), "2 address qubits need 4 entries, got 3; pad with zeros"),
        (([1, 4], 1, 2), "entry 4 does not fit a word of 2 bits"),
        (([0.5, 1.0], 1, 2), "data must be an array of integers"),
        ((None, -1, 2), "address_bitsize must not be negative, got -1"),
        ((None, 2, 0), "word_bitsize must be at least 1, got 0"),
    ],
)
def test_bad_input_is_refused(args, message):
    with pytest.raises(ValueError, match=message):
        BucketBrigadeQRAM(*args)
