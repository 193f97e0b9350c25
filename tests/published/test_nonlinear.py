"""B18, NLAT and B19: the diagonal by a walk, the transformation by f itself, the series of erf."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf

from bloqs.activation import Activation, AmplitudeBlockEncoding, NonlinearTransform
from bloqs.loading import LoadedVector
from bloqs.published import (
    NonlinearAmplitudeTransformation,
    WalkDiagonal,
    bessel_chebyshev_erf,
)
from bloqs.published.erf_series import erf_series_degree, erf_series_error
from bloqs.simulation import encoded_matrix, encoded_vector
from bloqs.testing import (
    assert_control_and_adjoint,
    assert_encodes,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
    assert_symbolic_is_numeric,
)

VECTOR = LoadedVector([0.1, -0.5, 0.7, 0.5])
DAMPED = NonlinearTransform(
    LoadedVector([0.6, -0.8]), degree=2
)  # alpha above 1, ancillas of its own


@pytest.mark.parametrize("gain", [0.1, 0.8, 3.0, 12.0])
def test_erf_series_keeps_its_bound_tightly(gain: float) -> None:
    x = np.linspace(-1, 1, 4001)
    for degree in (1, 3, 7, 15, 31):
        series = bessel_chebyshev_erf(gain, degree)
        assert series.shape == (degree + 1,)
        measured = np.abs(np.polynomial.chebyshev.chebval(x, series) - erf(gain * x)).max()
        stated = erf_series_error(gain, degree)
        if stated > 1e-12:
            assert measured <= stated <= 3 * measured
    for delta in (1e-2, 1e-6):
        degree = erf_series_degree(gain, delta)
        assert erf_series_error(gain, degree) <= delta
        assert degree == 1 or erf_series_error(gain, degree - 2) > delta


@pytest.mark.parametrize(
    ("gain", "degree", "words"),
    [
        (0.0, 3, "gain must"),
        (math.nan, 3, "gain must"),
        (1e6, 3, "at most 100000"),
        (1.0, 0, "degree"),
    ],
)
def test_erf_series_refuses(gain: float, degree: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        bessel_chebyshev_erf(gain, degree)


def test_walk_diagonal() -> None:
    for vector in (VECTOR, DAMPED):
        walk = WalkDiagonal(vector)
        np.testing.assert_allclose(
            encoded_matrix(walk), float(vector.alpha) * np.diag(vector.block()), atol=1e-9
        )
        calls = walk.bloq_counts()
        assert calls[vector.controlled()] + calls[vector.controlled().adjoint()] == 6
        for one in (walk, walk.controlled()):
            assert_formula_is_decomposition(one)
            assert_qubits_are_decomposition(one)
    assert_control_and_adjoint(WalkDiagonal(LoadedVector([0.6, -0.8])))
    assert AmplitudeBlockEncoding(VECTOR).bloq_counts()[VECTOR] == 1  # ours


def test_symbolic_is_numeric() -> None:
    n, d = sympy.symbols("n d")

    def walk(n, d):
        return WalkDiagonal(LoadedVector(None, "qrom", 8, bitsize=n))

    def transformation(n, d):
        vector = LoadedVector(None, bitsize=n)
        return NonlinearAmplitudeTransformation(vector, norm=0.5, degree=2 * d + 1)

    for make in (walk, transformation):
        for numbers in ((2, 1), (3, 4), (5, 2)):
            substitution = dict(zip((n, d), numbers, strict=True))
            assert_symbolic_is_numeric(make(n, d), make(*numbers), substitution)
            both = make(n, d).controlled(), make(*numbers).controlled()
            assert_symbolic_is_numeric(*both, substitution)


@pytest.mark.parametrize("activation", ["erf", "tanh", "sigmoid2"])
@pytest.mark.parametrize("vector", [VECTOR, DAMPED], ids=["loaded", "damped"])
def test_transformation_at_gate_level(activation: str, vector) -> None:
    image = NonlinearAmplitudeTransformation(vector, activation=activation, epsilon=0.05)
    f = Activation(activation, gain=0.8)
    expected = f(vector.target()) / np.linalg.norm(f(vector.target()))
    assert np.linalg.norm(encoded_vector(image) - expected) <= image.epsilon
    assert_encodes(image, image.alpha * image.block(), epsilon=0.0)
    published = 4 * f.slope * float(vector.alpha) / np.linalg.norm(f(vector.target()))
    assert image.alpha == pytest.approx(published, rel=0.1)  # 4 gamma~/N, gamma~ = max |P(x)/x|
    a = vector.ancilla_bitsize
    assert image.ancilla_bitsize <= vector.system_bitsize + 2 * a + 4
    for one in (image, image.controlled()):
        assert_formula_is_decomposition(one)
        assert_qubits_are_decomposition(one)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.floats(-1, 1), min_size=2, max_size=4).filter(
        lambda x: len(x) != 3 and max(map(abs, x)) > 1e-2
    ),
    st.floats(0.2, 3.0),
)
def test_transformation_is_within_epsilon(data: list[float], gain: float) -> None:
    image = NonlinearAmplitudeTransformation(LoadedVector(data), gain=gain, epsilon=1e-2)
    measured = float(np.linalg.norm(image.alpha * image.block() - image.target()))
    assert measured <= image.absolute_error / image.image_norm <= image.epsilon


def test_epsilon_is_tight_over_the_sweep() -> None:
    worst = 0.0
    for gain in np.linspace(0.3, 3.0, 20):
        image = NonlinearAmplitudeTransformation(
            LoadedVector([0.3, -0.95]), gain=gain, epsilon=1e-2
        )
        gap = image.alpha * image.block() - image.target()
        worst = max(worst, float(np.linalg.norm(gap)))
    assert worst <= 1e-2 <= 10 * worst


def test_the_degree_grows_with_the_length_of_the_vector() -> None:
    degrees = []
    for n in (2, 8, 14):
        vector = LoadedVector(None, bitsize=n)
        image = NonlinearAmplitudeTransformation(vector, norm=0.8, epsilon=1e-3)
        degrees.append(image.transform.degree)
    assert degrees == sorted(degrees)
    assert degrees[-1] > degrees[0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: WalkDiagonal([0.6, 0.8]), "must be a VectorEncoding"),
        (lambda: WalkDiagonal(VECTOR.controlled()), "control of its own"),
        (lambda: NonlinearAmplitudeTransformation(VECTOR, epsilon=0), "epsilon must lie"),
        (lambda: NonlinearAmplitudeTransformation(VECTOR, degree=4), "degree must be odd"),
        (
            lambda: NonlinearAmplitudeTransformation(VECTOR, degree=1, epsilon=1e-6),
            "raise the degree",
        ),
        (lambda: NonlinearAmplitudeTransformation(VECTOR, activation="step"), "unknown activation"),
        (lambda: NonlinearAmplitudeTransformation(DAMPED, epsilon=1e-5), "leaves nothing"),
    ],
)
def test_bad_input(make, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()
