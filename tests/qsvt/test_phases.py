"""QSVT phases: convention, P(A) on dense unitaries, no leak; and a leak where there must be one."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nlft_qsp.poly import ChebyshevTExpansion
from nlft_qsp.qsp import QSVTPhaseFactors
from numpy.typing import NDArray

from bloqs.qsvt import phases as phases_module
from bloqs.qsvt.phases import (
    PhaseError,
    phase_sum,
    residual_and_leak,
    sequence_matrix,
    solve_phases,
    unconverted_phases,
)
from bloqs.qsvt.polynomials import amplification
from bloqs.qsvt.symmetric_qsp import solve_symmetric

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
TOLERANCE = 1e-10


def random_chebyshev(degree: int, maximum: float, seed: int = 0) -> tuple[float, ...]:
    """Random coefficients of the degree's parity with max|P| just below `maximum`."""
    c = np.zeros(degree + 1)
    c[degree % 2 :: 2] = np.random.default_rng(seed).normal(size=degree // 2 + 1)
    x = np.cos(np.linspace(0, np.pi, 64 * (degree + 1)))
    highest = np.max(np.abs(np.polynomial.chebyshev.chebval(x, c)))
    # The grid misses the maximum by at most (pi/128)^2/2.
    return tuple(c * maximum / highest / 1.0004)


def random_unitary(size: int, rng: np.random.Generator, real: bool) -> ComplexArray:
    matrix = rng.normal(size=(size, size)) + (0 if real else 1j) * rng.normal(size=(size, size))
    return np.linalg.qr(matrix)[0].astype(np.complex128)


def random_projector(size: int, rank: int, rng: np.random.Generator) -> ComplexArray:
    basis = random_unitary(size, rng, real=False)[:, :rank]
    return basis @ basis.conj().T


def exponential(phase: float, projector: ComplexArray) -> ComplexArray:
    identity = np.eye(len(projector))
    return np.exp(1j * phase) * projector + np.exp(-1j * phase) * (identity - projector)


def time_ordered(
    unitary: ComplexArray, left: ComplexArray, right: ComplexArray, phases: FloatArray
) -> ComplexArray:
    """The sequence as a circuit would run it, written out step by step."""
    matrix = exponential(phases[-1], right)
    for k, phase in enumerate(phases[-2::-1]):
        if k % 2 == 0:
            matrix = exponential(phase, left) @ unitary @ matrix
        else:
            matrix = exponential(phase, right) @ unitary.conj().T @ matrix
    return matrix


def averaged(
    unitary: ComplexArray, left: ComplexArray, right: ComplexArray, phases: FloatArray
) -> ComplexArray:
    plus = time_ordered(unitary, left, right, phases)
    return (plus + time_ordered(unitary, left, right, -phases)) / 2


def polynomial_of(
    a: ComplexArray, right: ComplexArray, chebyshev: tuple[float, ...]
) -> ComplexArray:
    """P(A) by the recurrence T_{k+1} = 2 A T_k - T_{k-1} with A and its adjoint in turn."""
    terms = [right, a]
    for k in range(2, len(chebyshev)):
        step = a if k % 2 else a.conj().T
        terms.append(2 * step @ terms[-1] - terms[-2])
    parity = 1 - len(chebyshev) % 2
    return np.sum([chebyshev[k] * terms[k] for k in range(parity, len(chebyshev), 2)], axis=0)


RANKS = [(8, 4, 4), (12, 4, 4), (12, 5, 3), (12, 2, 6), (16, 8, 1), (16, 1, 8)]


@pytest.mark.parametrize("ranks", RANKS)
@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize("degree", [0, 1, 2, 3, 4, 5, 6, 7, 8, 21, 40])
def test_sequence_gives_the_polynomial_and_does_not_leak(
    degree: int, real: bool, ranks: tuple[int, int, int]
) -> None:
    rng = np.random.default_rng(degree)
    size, left_rank, right_rank = ranks
    unitary = random_unitary(size, rng, real)
    left, right = random_projector(size, left_rank, rng), random_projector(size, right_rank, rng)
    chebyshev = random_chebyshev(degree, 0.95, seed=degree)
    average = averaged(unitary, left, right, solve_phases(chebyshev))
    out = left if degree % 2 else right
    expected = polynomial_of(left @ unitary @ right, right, chebyshev)
    assert np.linalg.norm(out @ average @ right - expected, 2) < TOLERANCE
    assert np.linalg.norm(out @ average @ (np.eye(size) - right), 2) < TOLERANCE


@pytest.mark.parametrize("degree", [1, 2, 3, 6, 9])
def test_unconverted_phases_give_the_polynomial_but_leak(degree: int) -> None:
    rng = np.random.default_rng(degree)
    unitary = random_unitary(12, rng, real=False)
    left, right = random_projector(12, 5, rng), random_projector(12, 4, rng)
    chebyshev = random_chebyshev(degree, 0.8, seed=degree)
    average = averaged(unitary, left, right, unconverted_phases(chebyshev))
    out = left if degree % 2 else right
    expected = polynomial_of(left @ unitary @ right, right, chebyshev)
    assert np.linalg.norm(out @ average @ right - expected, 2) < TOLERANCE
    assert np.linalg.norm(out @ average @ (np.eye(12) - right), 2) > 0.1
    residual, leak = residual_and_leak(unconverted_phases(chebyshev), chebyshev)
    assert residual < TOLERANCE
    assert leak > 1e-3


@pytest.mark.parametrize("degree", [1, 2, 5, 6, 7, 8])
def test_unconverted_phases_are_what_a_solver_returns(degree: int) -> None:
    chebyshev = random_chebyshev(degree, 0.8)
    solver = np.array(QSVTPhaseFactors.solve(ChebyshevTExpansion(list(chebyshev))).phi, dtype=float)
    residual, leak = residual_and_leak(solver, chebyshev)
    assert residual < 1e-9
    assert leak > 1e-3
    # Equal up to the sign of all phases and half turns of an even number of them.
    half_turns = (unconverted_phases(chebyshev) + solver) / math.pi
    assert half_turns == pytest.approx(np.rint(half_turns), abs=1e-8)
    assert np.sum(np.rint(half_turns)) % 2 == 0


@pytest.mark.parametrize("degree", [1, 4, 7])
def test_sequence_matrix_is_the_documented_product(degree: int) -> None:
    rng = np.random.default_rng(degree)
    unitary = random_unitary(8, rng, real=False)
    left, right = random_projector(8, 3, rng), random_projector(8, 4, rng)
    phases = rng.normal(size=degree + 1)
    assert sequence_matrix(unitary, left, right, phases) == pytest.approx(
        time_ordered(unitary, left, right, phases)
    )


@settings(max_examples=40)
@given(st.integers(0, 60), st.floats(0.05, 0.999), st.integers(0, 10_000))
def test_phases_of_random_polynomials(degree: int, maximum: float, seed: int) -> None:
    chebyshev = random_chebyshev(degree, maximum, seed)
    phases = solve_phases(chebyshev)
    assert phases.shape == (degree + 1,)
    assert np.all((phases > -math.pi) & (phases <= math.pi))
    residual, leak = residual_and_leak(phases, chebyshev, np.random.default_rng(seed))
    assert residual < TOLERANCE
    assert leak < TOLERANCE
    for j in range(1, degree):
        assert phases[j] == pytest.approx(phases[degree - j], abs=1e-12)
    if degree:
        turns = (phases[0] - phases[-1] + degree * math.pi / 2) / (2 * math.pi)
        assert turns == pytest.approx(round(turns), abs=1e-12)


@pytest.mark.parametrize(
    "degree", [101, *(pytest.param(degree, marks=pytest.mark.slow) for degree in (300, 501, 1001))]
)
@pytest.mark.parametrize("maximum", [0.5, 0.9, 0.999])
def test_phases_of_high_degree(degree: int, maximum: float) -> None:
    chebyshev = random_chebyshev(degree, maximum)
    residual, leak = residual_and_leak(solve_phases(chebyshev), chebyshev)
    assert residual < 1e-11
    assert leak < 1e-11


@pytest.mark.parametrize("interval", [(0.6, 0.8), (0.05, 1.0), (0.5, 0.5), (0.02, 0.02)])
@pytest.mark.parametrize("bound", [0.999, 1.0])
def test_phases_of_amplification(interval: tuple[float, float], bound: float) -> None:
    polynomial = amplification(*interval, delta=1e-2, bound=bound).polynomial
    residual, leak = residual_and_leak(solve_phases(polynomial.chebyshev), polynomial.chebyshev)
    assert residual < TOLERANCE
    assert leak < TOLERANCE


@pytest.mark.parametrize("degree", [2, 5, 16, 31])
def test_solvers_agree(degree: int) -> None:
    """The Fourier transform and Newton's method, two libraries: the same phases."""
    c = np.array(random_chebyshev(degree, 0.9, seed=degree))
    first, second = solve_symmetric(c, 0.9)
    assert first == pytest.approx(second, abs=1e-8)
    (only,) = solve_symmetric(c, 1.0)  # too near 1 for the Fourier transform
    assert only == pytest.approx(second, abs=0)


@pytest.mark.parametrize("constant", [-1.0, -0.3, 0.0, 0.7, 1.0])
def test_constant_polynomial(constant: float) -> None:
    (phase,) = solve_phases((constant,))
    assert math.cos(phase) == pytest.approx(constant)


@pytest.mark.parametrize("degree", [1, 2, 3, 8])
def test_chebyshev_polynomial_at_full_height(degree: int) -> None:
    chebyshev = (0.0,) * degree + (1.0,)
    residual, leak = residual_and_leak(solve_phases(chebyshev), chebyshev)
    assert max(residual, leak) < TOLERANCE


@pytest.mark.parametrize("degree", [1, 2, 5, 6])
def test_highest_coefficients_may_be_zero(degree: int) -> None:
    chebyshev = random_chebyshev(degree, 0.9) + (0.0,) * 4
    assert len(solve_phases(chebyshev)) == degree + 5
    assert len(solve_phases((0.0,) * (degree + 1))) == degree + 1


@pytest.mark.parametrize("degree", [2, 4, 5, 7])
def test_phase_sum_is_what_is_left_when_projectors_are_off(degree: int) -> None:
    phases = solve_phases(random_chebyshev(degree, 0.9))
    rng = np.random.default_rng(degree)
    unitary, zero = random_unitary(6, rng, real=False), np.zeros((6, 6), dtype=complex)
    rest = unitary if degree % 2 else np.eye(6)
    expected = np.exp(-1j * phase_sum(phases)) * rest
    assert sequence_matrix(unitary, zero, zero, phases) == pytest.approx(expected)


def test_solution_is_cached_and_cannot_be_spoilt() -> None:
    chebyshev = random_chebyshev(4, 0.7, seed=99)
    first = solve_phases(chebyshev)
    hits = phases_module._checked_phases.cache_info().hits
    first[:] = 0.0
    second = solve_phases(chebyshev)
    assert phases_module._checked_phases.cache_info().hits == hits + 1
    assert np.any(second != 0.0)


def test_wrong_phases_are_refused_with_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def perturbed(chebyshev: FloatArray, maximum: float) -> Iterator[FloatArray]:
        for phases in solve_symmetric(chebyshev, maximum):
            phases[0] += 1e-6
            yield phases

    monkeypatch.setattr(phases_module, "solve_symmetric", perturbed)
    with pytest.raises(PhaseError, match=r"residual \d.*leak \d"):
        solve_phases((0.0, 0.31, 0.0, 0.17))


@pytest.mark.parametrize(
    ("chebyshev", "message"),
    [
        ((), "at least one"),
        ((0.0, math.nan), "finite"),
        ((0.1, 0.2), "parity"),
        ((0.0, 0.8, 0.0, 0.8), r"\|P\| reaches 1\.6"),
        ((1.5,), r"\|P\| reaches 1\.5"),
    ],
)
def test_bad_coefficients_are_refused(chebyshev: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        solve_phases(chebyshev)


def test_a_constant_has_no_unconverted_phases() -> None:
    with pytest.raises(ValueError, match="degree >= 1"):
        unconverted_phases((0.5,))
