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
from bloqs.simulation import encoded_matrix, unitary
from bloqs.testing import assert_encodes, assert_formula_is_decomposition


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
