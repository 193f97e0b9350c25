"""The QSVT bloq on vector and block encodings, even and odd, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qualtran import Bloq

from bloqs.activation import AmplitudeBlockEncoding, NonlinearTransform
from bloqs.convolution import Conv2DBlockEncoding
from bloqs.loading import LoadedVector
from bloqs.qsvt import QSVT
from bloqs.qsvt.phases import TOLERANCE
from bloqs.qsvt.projector_phase import ProjectorPhase
from bloqs.simulation import encoded_matrix, unitary
from bloqs.testing import (
    assert_encodes,
    assert_formula_is_decomposition,
    assert_qubits_are_decomposition,
)
from tests.layers.toys import GivenMatrix


def random_polynomial(rng: np.random.Generator, degree: int, bound: float = 0.9) -> list[float]:
    """Chebyshev coefficients of the degree's parity with max|P| at most the bound."""
    coefficients = np.zeros(degree + 1)
    coefficients[degree % 2 :: 2] = rng.normal(size=degree // 2 + 1)
    x = np.linspace(-1, 1, 4001)
    top = np.max(np.abs(np.polynomial.chebyshev.chebval(x, coefficients)))
    return list(bound * coefficients / (1.001 * top))


@given(seed=st.integers(0, 10_000), degree=st.integers(1, 9))
def test_singular_values_of_a_convolution(seed: int, degree: int) -> None:
    """Neither Hermitian nor normal: a matrix polynomial or a transposed factor would show."""
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(2, 2, 1, 1))
    encoding = Conv2DBlockEncoding(kernel, 1)
    transform = QSVT(encoding, random_polynomial(rng, degree))
    assert_encodes(transform, transform.target())
    assert_encodes(transform, transform.target(), level="semantic")


@pytest.mark.slow
@given(seed=st.integers(0, 10_000), degree=st.integers(1, 8))
def test_diagonal_takes_signed_amplitudes(seed: int, degree: int) -> None:
    rng = np.random.default_rng(seed)
    vector = LoadedVector(rng.normal(size=4))
    coefficients = random_polynomial(rng, degree)
    found = encoded_matrix(QSVT(AmplitudeBlockEncoding(vector), coefficients))
    expected = np.polynomial.chebyshev.chebval(vector.target(), coefficients)
    np.testing.assert_allclose(found, np.diag(expected), atol=1e-9)


def test_vector_encoding_is_amplified() -> None:
    vector = NonlinearTransform(LoadedVector([0.6, -0.8]), degree=2)
    coefficients = [0.0, 0.5, 0.0, 0.3]
    matrix = unitary(QSVT(vector, coefficients))
    block = matrix.reshape(2, 8, 2, 8)[:, 0, 0, 0]
    s = float(np.linalg.norm(vector.block()))
    expected = np.polynomial.chebyshev.chebval(s, coefficients) * vector.block() / s
    np.testing.assert_allclose(block, expected, atol=1e-9)


def from_dirty_to_clean(transform: QSVT) -> float:
    """Largest amplitude by which the encoding's ancillas come in dirty and leave clean; the sign is clean."""
    system, half = 2**transform.system_bitsize, 2 ** (transform.ancilla_bitsize - 1)
    matrix = unitary(transform).reshape(system, 2, half, system, 2, half)
    return float(np.max(np.abs(matrix[:, 0, 0, :, 0, 1:])))


@pytest.mark.parametrize("degree", [1, 2, 5, 6])
def test_the_last_phase_needs_no_ladder(degree: int) -> None:
    """The ladder before the last call keeps what came in dirty apart; a bare first phase would not."""
    rng = np.random.default_rng(degree)
    diagonal = AmplitudeBlockEncoding(LoadedVector(rng.normal(size=4)))
    blocks = QSVT(diagonal, random_polynomial(rng, degree))
    for bloq in (blocks, QSVT(diagonal, degree=degree)):
        sizes = [
            int(called.bitsize)
            for called, number in bloq.bloq_counts().items()
            if isinstance(called, ProjectorPhase)
            for _ in range(int(number))
        ]
        assert sorted(sizes) == [0] + [int(diagonal.ancilla_bitsize)] * degree
    assert from_dirty_to_clean(blocks) < 1e-9
    if degree % 2:
        vector = NonlinearTransform(LoadedVector([0.6, -0.8]), degree=2)
        assert from_dirty_to_clean(QSVT(vector, random_polynomial(rng, degree))) > 1e-3


def test_qsvt_of_qsvt_composes() -> None:
    """`P(Q(A))`, a nested polynomial."""
    inner = QSVT(
        Conv2DBlockEncoding([[[[0.3]], [[-0.2]]], [[[0.1]], [[0.4]]]], 1), [0, 0.6, 0, 0.2]
    )
    outer = QSVT(inner, [0.2, 0.0, 0.5])
    left, s, right = np.linalg.svd(inner.target())
    del left
    expected = right.T @ np.diag(np.polynomial.chebyshev.chebval(s, [0.2, 0, 0.5])) @ right
    np.testing.assert_allclose(encoded_matrix(outer), expected, atol=1e-8)


@pytest.mark.parametrize("degree", [0, 1, 2, 5, 6])
def test_formula_is_decomposition_with_control(degree: int) -> None:
    rng = np.random.default_rng(degree)
    encoding = Conv2DBlockEncoding(rng.normal(size=(2, 2, 1, 1)), 1)
    bloqs: list[Bloq] = [
        QSVT(encoding, random_polynomial(rng, degree)),
        QSVT(encoding, degree=degree),
    ]
    for bloq in bloqs:
        for one in (bloq, bloq.controlled(), bloq.adjoint(), bloq.adjoint().controlled()):
            assert_formula_is_decomposition(one)


def test_bad_input() -> None:
    vector = LoadedVector([0.6, -0.8])
    encoding = AmplitudeBlockEncoding(vector)
    with pytest.raises(ValueError, match="needs `chebyshev` coefficients, or a `degree`"):
        QSVT(encoding)
    with pytest.raises(ValueError, match="do not make degree 4"):
        QSVT(encoding, (0.1, 0.2), degree=4)
    with pytest.raises(ValueError, match=r"terms of parity 0, largest 0\.2"):
        QSVT(encoding, (0.2, 0.5))
    with pytest.raises(ValueError, match="use odd degree"):
        QSVT(vector, (0.1, 0.0, 0.5))
    with pytest.raises(ValueError, match=r"\|P\| reaches"):
        encoded_matrix(QSVT(encoding, (0.0, 1.5)))
    with pytest.raises(
        ValueError, match=r"got LoadedVector|got ProjectorPhase|acts on a BlockEncoding"
    ):
        QSVT(QSVT(encoding, (0.0, 0.5))._phase(0), (0.0, 0.5))


def test_stated_error_by_hand() -> None:
    """Degree 3 of an encoding that is a hundredth off, relative to alpha: 4 * 3 * sqrt(0.01)."""
    encoding = GivenMatrix(1, 0.5, 0.02, alpha=2.0)
    transform = QSVT(encoding, (0.0, 0.5, 0.0, 0.3))
    assert transform.epsilon == pytest.approx(1.2)
    assert transform.alpha == 1.0
    assert QSVT(GivenMatrix(1, 0.5), (0.0, 0.5)).epsilon == TOLERANCE
    # P(A/alpha) of a multiple of the identity.
    wanted = np.polynomial.chebyshev.chebval(0.25, (0.0, 0.5, 0.0, 0.3))
    np.testing.assert_allclose(transform.target(), wanted * np.eye(2), atol=1e-14)
    wanted = np.polynomial.chebyshev.chebval(0.26, (0.0, 0.5, 0.0, 0.3))
    np.testing.assert_allclose(transform.apply_block(np.eye(2)), wanted * np.eye(2), atol=1e-14)


def test_parity_and_degree_just_outside() -> None:
    vector = LoadedVector(None, bitsize=1)
    encoding = AmplitudeBlockEncoding(vector)
    assert QSVT(encoding, degree=0).parity == 0
    assert QSVT(vector, degree=1).parity == 1
    for options, message in [
        ({"degree": -1, "parity": 1}, "degree -1 does not have parity 1"),
        ({"degree": 2, "parity": 1}, "degree 2 does not have parity 1"),
        ({"degree": 2, "parity": 2}, r"parity is 0 \(even\) or 1 \(odd\), got 2"),
    ]:
        with pytest.raises(ValueError, match=message):
            QSVT(encoding, **options)


@pytest.mark.parametrize("parity", [0, 1])
@pytest.mark.parametrize("controlled", [False, True])
def test_qubits_are_those_of_the_decomposition(parity: int, controlled: bool) -> None:
    """The wider ladder, the encoding, or the one call that is controlled: whichever needs most."""
    vector = LoadedVector([1.0, 2.0, 3.0, 4.0], "qrom", 4)
    diagonal = QSVT(AmplitudeBlockEncoding(vector), degree=4 + parity)
    assert_qubits_are_decomposition(diagonal.controlled() if controlled else diagonal)
    if parity:
        amplified = QSVT(LoadedVector([1.0, 2.0, 3.0, 4.0]), degree=3)
        assert_qubits_are_decomposition(amplified.controlled() if controlled else amplified)
