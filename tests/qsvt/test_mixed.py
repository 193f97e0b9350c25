"""QSVT by polynomials without parity: at gate level, controlled, with ancillas lent, and costed."""

import numpy as np
import pytest
from qualtran.resource_counting import SympySymbolAllocator

from bloqs.activation import AmplitudeBlockEncoding
from bloqs.loading import LoadedVector
from bloqs.qsvt import QSVT, MixedQSVT
from bloqs.simulation import encoded_matrix

DIAGONAL = AmplitudeBlockEncoding(LoadedVector([0.6, -0.8]))
CASES = {
    "constant, 1": ((1.0,), (0.0, 0.9), 0.5),
    "constant, 3": ((1.0,), (0.0, 0.5, 0.0, 0.3), 0.6),
    "both, 3": ((0.3, 0.0, -0.4), (0.0, 0.5, 0.0, 0.3), 0.4),
    "both, 5": ((0.1, 0.0, 0.2, 0.0, 0.5), (0.0, 0.1, 0.0, 0.2, 0.0, 0.5), 0.3),
    "odd alone": ((1.0,), (0.0, 0.2, 0.0, 0.7), 0.0),
    "even alone": ((0.3, 0.0, -0.4), (0.0, 0.5, 0.0, 0.3), 1.0),
}


@pytest.mark.parametrize("case", CASES)
def test_gate_level_is_the_polynomial(case: str) -> None:
    even, odd, weight = CASES[case]
    transform = MixedQSVT(DIAGONAL, even, odd, weight)
    x = np.array([0.6, -0.8])
    values = weight * np.polynomial.chebyshev.chebval(x, even)
    values = values + (1 - weight) * np.polynomial.chebyshev.chebval(x, odd)
    found = encoded_matrix(transform)
    np.testing.assert_allclose(found, np.diag(values), atol=1e-10)
    np.testing.assert_allclose(transform.target(), np.diag(values), atol=1e-12)
    np.testing.assert_allclose(transform.apply_block(np.eye(2)), np.diag(values), atol=1e-12)


def test_both_parts_share_their_calls() -> None:
    transform = MixedQSVT(DIAGONAL, *CASES["both, 5"])
    calls = transform.build_call_graph(SympySymbolAllocator())
    wanted = {DIAGONAL: 2, DIAGONAL.adjoint(): 2, DIAGONAL.controlled(): 1}
    assert {bloq: calls[bloq] for bloq in wanted} == wanted
    assert transform.ancilla_bitsize == QSVT(DIAGONAL, (0.0, 1.0)).ancilla_bitsize + 1


@pytest.mark.parametrize(
    ("even", "odd", "weight", "message"),
    [
        ((0.5,), (0.0, 0.5), 0.5, "a constant P_e must be 1"),
        ((1.0,), (0.1, 0.5), 0.5, "odd terms, or `odd` even ones"),
        ((1.0, 0.0, 0.1), (0.0, 0.5), 0.5, "P_e degree 0 or 0, got 1 and 2"),
        ((1.0,), (0.0, 0.5), 1.5, r"weight must lie in \[0, 1\], got 1.5"),
        ((1.0,), (0.0, 0.5), None, "all of even, odd and weight"),
        ((1.0,), (0.0, 0.5, 0.0), 0.5, "must be odd, got 2"),
    ],
)
def test_what_does_not_fit_is_refused(even, odd, weight, message) -> None:
    with pytest.raises(ValueError, match=message):
        MixedQSVT(DIAGONAL, even, odd, weight)
