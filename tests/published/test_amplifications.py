"""B3 and B4: oblivious amplitude amplification and uniform singular value amplification."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from bloqs.activation import AmplitudeBlockEncoding
from bloqs.loading import LoadedVector
from bloqs.published import CyclicShift, ObliviousAmplification, UniformAmplification
from bloqs.published.shift_difference import ShiftDifference
from bloqs.published.uniform_amplification import amplifying_polynomial
from bloqs.simulation import encoded_matrix
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
    assert_symbolic_is_numeric,
)


def diagonal(*entries: float) -> AmplitudeBlockEncoding:
    return AmplitudeBlockEncoding(LoadedVector(entries))


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_oblivious_amplification_multiplies_the_angle(rounds: int) -> None:
    values = np.array([0.1, -0.5, 0.7, 0.5])
    amplified = ObliviousAmplification(diagonal(*values), rounds)
    expected = np.diag(np.sin((2 * rounds + 1) * np.arcsin(values)))
    np.testing.assert_allclose(encoded_matrix(amplified), expected, atol=1e-9)
    np.testing.assert_allclose(amplified.target(), expected, atol=1e-9)
    for one in (amplified, amplified.controlled(), amplified.adjoint()):
        assert_formula_is_decomposition(one)
    assert_qubits_are_decomposition(amplified.controlled())


def test_oblivious_amplification_in_symbols() -> None:
    r = sympy.Symbol("r")
    for is_controlled in (False, True):
        for rounds in (1, 2, 5):
            both = [
                ObliviousAmplification(diagonal(0.6, 0.8), k, is_controlled) for k in (r, rounds)
            ]
            assert_symbolic_is_numeric(*both, {r: rounds})


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda x: max(map(abs, x)) > 1e-3),
    st.floats(0.05, 0.9),
    st.sampled_from([1e-1, 1e-2, 1e-4]),
)
def test_uniform_amplification_is_within_epsilon(values, end: float, epsilon: float) -> None:
    """The largest singular value ends at `end`; every one is multiplied alike."""
    encoding = diagonal(*values)
    largest = np.max(np.abs(encoding.target()))
    amplified = UniformAmplification(encoding, end / largest, epsilon)
    measured = np.abs(amplified.apply_block(np.eye(4)) - amplified.target()).max()
    assert measured <= amplified.polynomial.error * (1 + 1e-6) + 1e-12 <= epsilon
    assert amplified.polynomial.bound < 1


def test_uniform_amplification_at_gate_level() -> None:
    amplified = UniformAmplification(diagonal(0.2, -0.1, 0.3, 0.927), 1.05, 2e-2, degree=None)
    error = np.linalg.norm(encoded_matrix(amplified) - amplified.target(), 2)
    assert error <= amplified.epsilon <= 10 * error
    assert_control_and_adjoint(UniformAmplification(ShiftDifference(1), 1.8, 3e-2))


def test_degree_is_the_smallest_and_grows_with_gain_and_accuracy() -> None:
    degrees = [amplifying_polynomial(g, 0.5 / g, delta=1e-3).degree for g in (0.5, 2.0, 8.0, 32.0)]
    assert degrees == sorted(set(degrees))
    assert degrees[0] == 1
    for gain in (2.0, 8.0):
        found = amplifying_polynomial(gain, 0.5 / gain, delta=1e-3)
        assert amplifying_polynomial(gain, 0.5 / gain, degree=found.degree - 2).error > 1e-3
    # Published: O(gain log(gain/epsilon)) at a fixed margin: four times the gain, four times the degree.
    assert 3 < degrees[3] / degrees[2] < 6


def test_uniform_amplification_in_symbols() -> None:
    d = sympy.Symbol("d")
    vector = LoadedVector(None, bitsize=3)
    for number in (3, 7):
        both = [
            UniformAmplification(AmplitudeBlockEncoding(vector), 4.0, degree=k) for k in (d, number)
        ]
        assert_symbolic_is_numeric(*both, {d: number})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: UniformAmplification(diagonal(0.6, 0.8), 1.3), "must be below 0.998"),
        (lambda: UniformAmplification(diagonal(0.6, 0.8), -1), "gain must be positive"),
        (lambda: UniformAmplification(diagonal(0.6, 0.8), 1.1, 0.0), "epsilon must lie"),
        (lambda: UniformAmplification(3, 1.1), "encoding must be a block encoding"),
        (
            lambda: UniformAmplification(diagonal(0.6, 0.8), 1.2, singular_bound=2.0),
            "singular_bound must lie in",
        ),
        (lambda: ObliviousAmplification(CyclicShift(2)), "no ancilla"),
        (lambda: ObliviousAmplification(diagonal(0.6, 0.8), 0), "rounds must be at least 1"),
        (lambda: ObliviousAmplification(diagonal(0.6, 0.8).controlled()), "control of its own"),
    ],
)
def test_bad_input(make, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(("gain", "share"), [(1.2, 0.5), (3.3, 0.9), (12.0, 0.5), (24.0, 0.5)])
@pytest.mark.parametrize("delta", [1e-2, 1e-5])
def test_the_degree_found_is_the_smallest_wherever_the_search_starts(
    gain: float, share: float, delta: float
) -> None:
    found = amplifying_polynomial(gain, share / gain, delta)
    assert found.error <= delta
    if found.degree > 1:
        shorter = amplifying_polynomial(gain, share / gain, degree=found.degree - 2)
        assert shorter.error > delta
