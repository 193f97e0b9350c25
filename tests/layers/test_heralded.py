"""Heralded amplification: exact at every number of rounds, cheapest at the known optimum."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest

from bloqs.layers import SquaredMatrixVectorProduct
from bloqs.layers.heralded import HeraldedVector, best_rounds, expected_calls
from bloqs.loading import ColumnOracle, LoadedVector
from bloqs.simulation import encoded_vector
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_encodes,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
)
from tests.layers.toys import GivenVector


def weak_vector(loading: str = "rotations", angle_bits: int | None = None) -> HeraldedVector:
    columns = ColumnOracle([[0.2, 0.1], [-0.1, 0.2]], loading, angle_bits, scale=1.0)
    vector = LoadedVector([0.8, 0.6], loading, angle_bits)
    return HeraldedVector(SquaredMatrixVectorProduct(vector, columns), rounds=2)


@pytest.mark.parametrize("rounds", range(5))
def test_amplitude_turns_and_the_direction_stays(rounds: int) -> None:
    heralded = attrs.evolve(weak_vector(), rounds=rounds)
    s = 1 / float(heralded.vector.alpha)
    assert math.isclose(1 / float(heralded.alpha), math.sin((2 * rounds + 1) * math.asin(s)))
    assert_encodes(heralded, heralded.target())
    np.testing.assert_allclose(
        encoded_vector(heralded), encoded_vector(heralded, "semantic"), atol=1e-10
    )


@pytest.mark.parametrize("rounds", range(4))
def test_costs_control_and_adjoint(rounds: int) -> None:
    heralded = attrs.evolve(weak_vector(), rounds=rounds)
    for bloq in (heralded, heralded.controlled(), heralded.adjoint()):
        assert_formula_is_decomposition(bloq)
    assert_qubits_are_decomposition(heralded)
    assert_qubits_are_decomposition(heralded.controlled())
    if rounds < 3:
        assert_control_and_adjoint(heralded)


def test_rounds_take_no_rotation() -> None:
    """All rotations are those of the 2m + 1 calls."""
    from qualtran.resource_counting import QECGatesCost, get_cost_value

    def rotations(bloq: object) -> int:
        return int(get_cost_value(bloq, QECGatesCost()).rotation)

    heralded = weak_vector()
    assert rotations(heralded) == 5 * rotations(heralded.vector)


def test_error_of_an_inexact_vector_stays_within_the_bounds() -> None:
    """The heralded branch is as good as the vector; the stated epsilon holds for every number of rounds."""
    inexact = weak_vector("qrom", 5)
    assert float(inexact.vector.epsilon) > 0
    for rounds in range(6):
        heralded = attrs.evolve(inexact, rounds=rounds)
        block = heralded.block()
        found = float(np.linalg.norm(float(heralded.alpha) * block - heralded.target()))
        assert found <= float(heralded.epsilon)
        assert heralded.success_probability == pytest.approx(float(block @ block))


def test_by_shape_the_success_probability_is_the_lowest() -> None:
    """Over a sweep of amplitudes within the bounds."""
    columns = ColumnOracle(None, bitsize=1)
    weak = SquaredMatrixVectorProduct(LoadedVector(None, bitsize=1), columns, norm=0.1)
    for s_lo, s_hi, rounds in [(0.1, 0.1, 7), (0.05, 0.2, 5), (0.1, 0.25, 5)]:
        shape = HeraldedVector(weak, rounds=rounds, s_lo=s_lo, s_hi=s_hi)
        swept = [
            math.sin((2 * rounds + 1) * math.asin(float(s))) ** 2
            for s in np.linspace(s_lo, s_hi, 300)
        ]
        assert shape.success_probability == pytest.approx(min(swept))


def test_the_optimum_is_1_38_calls_over_the_amplitude() -> None:
    for s in (1e-2, 1e-3, 1e-5):
        rounds = best_rounds(s, s)
        assert expected_calls(s, rounds) * s == pytest.approx(1.38, abs=5e-3)
        success = math.sin((2 * rounds + 1) * math.asin(s)) ** 2
        assert success == pytest.approx(0.845, abs=0.02)
        assert expected_calls(s, rounds) <= min(
            expected_calls(s, m) for m in (rounds - 1, rounds + 1)
        )


def test_best_rounds_minimise_the_worst_case() -> None:
    for s_lo, s_hi in [(0.01, 0.02), (0.05, 0.2), (0.3, 0.9)]:
        grid = np.linspace(s_lo, s_hi, 200)
        worst = [
            max(expected_calls(float(s), m) for s in grid)
            for m in range(int(math.pi / (2 * math.asin(s_hi))) + 1)
        ]
        assert int(np.argmin(worst)) == best_rounds(s_lo, s_hi)


def test_an_amplitude_that_rounding_lifts_above_1_is_1() -> None:
    vector = GivenVector([1.0, 0.0], [0.0, 0.0], alpha=1 - 1e-12)
    assert HeraldedVector(vector, rounds=0).amplitude_bounds == (1.0, 1.0)


def test_edges_of_the_rounds() -> None:
    """sin 60 degrees: three calls are a half turn; a hair below, they are not."""
    at = GivenVector([1.0, 0.0], [0.0, 0.0], alpha=2 / math.sqrt(3))
    below = attrs.evolve(at, alpha=(1 + 1e-6) * 2 / math.sqrt(3))
    with pytest.raises(ValueError, match=r"1 rounds turn an amplitude of 0.866 past a half turn"):
        HeraldedVector(at, rounds=1, s_hi=math.sqrt(3) / 2 + 1e-12)
    assert HeraldedVector(below, rounds=1).rounds == 1


def test_expected_calls_by_hand() -> None:
    """Amplitude 1/2 is sin 30 degrees: 1 call succeeds with 1/4, 3 with 1; 6 degrees with none to spare."""
    assert expected_calls(0.5, 0) == pytest.approx(4)
    assert expected_calls(0.5, 1) == pytest.approx(3)
    assert expected_calls(0.0, 1) == math.inf
    assert expected_calls(1.5, 0) == pytest.approx(1)
    # Of [1/4, 1/2]: 1 call 16 at worst, 3 calls 6.3, and 5 turn 1/2 by 150 degrees: 20.
    assert best_rounds(0.25, 0.5) == 1


def test_edge_of_sensible_amplitudes() -> None:
    weak = GivenVector([1.0, 0.0], [0.0, 0.0], alpha=1e6)
    assert HeraldedVector(weak, rounds=785_398).success_probability == pytest.approx(1)
    assert HeraldedVector(
        GivenVector([1.0, 0.0], [0.0, 0.0], alpha=10.0), rounds=7
    ).success_probability == pytest.approx(math.sin(15 * math.asin(0.1)) ** 2)
    with pytest.raises(ValueError, match=r"would need 10,471,97[0-9] rounds"):
        best_rounds(1.5e-7, 1.5e-7)


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="negative, got -1"):
        attrs.evolve(weak_vector(), rounds=-1)
    with pytest.raises(ValueError, match="past a half turn; take"):
        attrs.evolve(weak_vector(), rounds=30)
    with pytest.raises(ValueError, match=r"amplitude 0\.1\d+, outside \[0\.3, 0\.4\]"):
        attrs.evolve(weak_vector(), s_lo=0.3, s_hi=0.4)
    with pytest.raises(ValueError, match=r"got \[0, 0\.5\]"):
        best_rounds(0, 0.5)
    with pytest.raises(ValueError, match="train the network"):
        best_rounds(1e-9, 1e-9)
