import attrs
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran import BloqBuilder
from qualtran.bloqs.basic_gates import IntState
from qualtran.bloqs.state_preparation import StatePreparationAliasSampling
from qualtran.resource_counting import get_cost_value

from bloqs.loading import AliasSampling
from tests.loading.reference import GATES, QUBITS, assert_costs

# Signs mixed, one zero, nothing on the grid of the few bits.
WEIGHTS = [0.9, -0.35, 0.0, -2.1]


def state(bloq):
    """What the circuit makes of |0>, shape (selection, garbage)."""
    bb = BloqBuilder()
    zeros = {reg.name: bb.add(IntState(0, reg.bitsize)) for reg in bloq.signature}
    out = bb.add_d(bloq, **zeros)
    vector = bb.finalize(**out).tensor_contract()
    return vector.reshape(bloq.num_weights, -1)


@pytest.mark.parametrize(("weights", "bits"), [(WEIGHTS, 2), (WEIGHTS, 3), ([1.0, -2.0], 3)])
@pytest.mark.parametrize("apply_sign", [False, True])
def test_reduced_probabilities(weights, bits, apply_sign):
    bloq = AliasSampling(weights, bits, apply_sign=apply_sign)
    found = np.sum(np.abs(state(bloq)) ** 2, axis=1)
    np.testing.assert_allclose(found, bloq.probabilities(), atol=1e-12)
    exact = np.abs(weights) / np.sum(np.abs(weights))
    assert np.max(np.abs(found - exact)) <= 2.0**-bits / len(weights) + 1e-12
    assert np.sum(np.abs(found - exact)) <= bloq.epsilon + 1e-12 <= 2.0**-bits + 2e-12


@pytest.mark.parametrize("bits", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_between_two_prepares_stands_the_signed_combination(bits):
    bloq = AliasSampling(WEIGHTS, bits)
    plain = attrs.evolve(bloq, apply_sign=False)
    # <P| (sum_j |j><j| (x) U_j) |P'> = sum_j <g_j|g_j'> U_j.
    overlaps = np.sum(state(plain).conj() * state(bloq), axis=1)
    np.testing.assert_allclose(overlaps, bloq.signs() * bloq.probabilities(), atol=1e-12)
    unitaries = [
        np.eye(2),
        np.array([[0, 1], [1, 0]]),
        np.array([[0, -1], [1, 0]]),
        np.diag([1, -1]),
    ]
    made = bloq.l1_norm_of_coeffs * sum(c * u for c, u in zip(overlaps, unitaries, strict=True))
    wanted = sum(w * u for w, u in zip(WEIGHTS, unitaries, strict=True))
    assert np.linalg.norm(made - wanted, 2) <= bloq.l1_norm_of_coeffs * bloq.epsilon + 1e-12
    # With the signs on both sides they would be lost.
    both = np.sum(np.abs(state(bloq)) ** 2, axis=1)
    assert np.all(both >= 0)
    assert np.linalg.norm(both - overlaps) > 0.5


def test_garbage_is_why_it_is_no_vector_encoding():
    bloq = AliasSampling(WEIGHTS, 3)
    vector = np.sign(WEIGHTS) * np.sqrt(np.abs(WEIGHTS) / np.sum(np.abs(WEIGHTS)))
    # No state of the garbage leaves the vector behind: the largest singular value is well below 1.
    assert np.max(np.linalg.norm(vector @ state(bloq))) < 0.9


@pytest.mark.slow
@settings(max_examples=25)
@given(
    st.integers(1, 4), st.integers(1, 8), st.booleans(), st.booleans(), st.integers(0, 2**32 - 1)
)
def test_call_graph_equals_decomposition(n, bits, apply_sign, by_shape, seed):
    data = None if by_shape else np.random.default_rng(seed).normal(size=2**n)
    bloq = AliasSampling(data, bits, bitsize=n, apply_sign=apply_sign)
    gates, _ = assert_costs(bloq)
    assert gates.and_bloq == 2**n - 2 + 2 * bits - 1
    assert (gates.cswap, gates.rotation, gates.t) == (n + 1, 0, 0)


@given(st.lists(st.floats(-5, 5), min_size=8, max_size=8).filter(any), st.integers(1, 12))
def test_epsilon_bounds_the_probabilities(weights, bits):
    bloq = AliasSampling(weights, bits)
    assert np.sum(bloq.probabilities()) == pytest.approx(1, abs=1e-12)
    assert bloq.epsilon <= AliasSampling(None, bits, bitsize=3).epsilon == 2.0**-bits


@pytest.mark.parametrize("epsilon", [0.1, 1e-3, 1e-6])
@pytest.mark.parametrize("by_shape", [False, True])
def test_for_epsilon_takes_the_fewest_bits(epsilon, by_shape):
    data = None if by_shape else np.random.default_rng(0).normal(size=32)
    bloq = AliasSampling.for_epsilon(data, epsilon, bitsize=5)
    assert bloq.epsilon <= epsilon
    assert attrs.evolve(bloq, keep_bits=bloq.keep_bits - 1).epsilon > epsilon


def test_error_halves_with_every_bit():
    rng = np.random.default_rng(4)
    bits = np.arange(3, 16)
    errors = np.zeros(len(bits))
    for _ in range(8):
        weights = rng.normal(size=64)
        errors += [AliasSampling(weights, int(b)).epsilon for b in bits]
    assert np.polyfit(bits, np.log2(errors), 1)[0] == pytest.approx(-1, abs=0.05)


def test_costs_against_the_stock_bloq():
    # The same table, comparison and swap, and one more CSwap for the signs.
    weights = np.abs(np.random.default_rng(1).normal(size=64))
    stock = StatePreparationAliasSampling.from_probabilities(weights.tolist(), precision=1e-3)
    ours = AliasSampling(weights, stock.mu)
    theirs, found = get_cost_value(stock, GATES), get_cost_value(ours, GATES)
    assert (found.and_bloq, found.cswap) == (theirs.and_bloq, theirs.cswap + 1)
    assert get_cost_value(ours, QUBITS) == get_cost_value(stock, QUBITS) + 2


def test_a_prepare_is_not_controlled():
    with pytest.raises(ValueError, match="control the SELECT"):
        AliasSampling(WEIGHTS, 3).controlled()


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        (([1.0, 2.0, 3.0],), {}, "2, 4, 8, ... weights, got 3; pad them"),
        (([1.0],), {}, "2, 4, 8"),
        (([1.0, np.inf],), {}, "finite"),
        (([0.0, 0.0],), {}, "all zero"),
        (([1.0, 2.0], 0), {}, "keep_bits must be 1 to 59, got 0"),
        (([1.0, 2.0], 60), {}, "keep_bits must be 1 to 59, got 60"),
        (([1.0, 2.0],), {"bitsize": 2}, "bitsize is 2, but there are 2 weights"),
        (([1.0, 2.0],), {"scale": 2.0}, "by shape only"),
        ((None,), {}, "bitsize >= 1, are needed; got None"),
        ((None,), {"bitsize": 2, "scale": -1.0}, "scale must be a positive number"),
        ((None,), {"bitsize": 2, "scale": 0.0}, r"positive number, got 0\.0"),
        ((None,), {"bitsize": 2, "scale": np.inf}, "scale must be a finite real number, found inf"),
        ((None,), {"bitsize": 0}, "needed; got 0"),
        ((None, sympy.Symbol("mu")), {"bitsize": 2}, "keep_bits must be an integer, found mu"),
    ],
)
def test_bad_input_is_refused(args, options, message):
    with pytest.raises(ValueError, match=message):
        AliasSampling(*args, **options)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_weights_of_any_size(size):
    weights = np.array([1.0, -3.0, 0.5, 2.0])
    found = AliasSampling(size * weights, 9).probabilities()
    np.testing.assert_allclose(found, AliasSampling(weights, 9).probabilities(), atol=1e-12)


def test_most_bits_are_allowed():
    assert AliasSampling([1.0, 2.0], 59).keep_bits == 59
    assert AliasSampling(None, 40, bitsize=20).keep_bits == 40


def test_for_epsilon_stops_at_the_widest_table():
    with pytest.raises(
        ValueError, match=r"40 bits give an error of 9\.09e-13, epsilon asked was 1e-13"
    ):
        AliasSampling.for_epsilon(None, 1e-13, bitsize=20)


def test_for_epsilon_refuses_what_cannot_be_met():
    with pytest.raises(ValueError, match="positive number"):
        AliasSampling.for_epsilon(WEIGHTS, 0.0)
    with pytest.raises(ValueError, match=r"52 bits give an error of .*asked was 1e-30"):
        AliasSampling.for_epsilon(None, 1e-30, bitsize=2)


def test_by_shape_has_no_weights():
    bloq = AliasSampling(None, 4, bitsize=3, scale=2.5)
    assert bloq.l1_norm_of_coeffs == 2.5
    for method in (bloq.probabilities, bloq.signs):
        with pytest.raises(ValueError, match="given by shape"):
            method()
