"""Fixed-point amplification by a polynomial near the sign function."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from bloqs.combine import VectorSum
from bloqs.layers import NormalizedVector
from bloqs.loading import LoadedVector
from bloqs.published.sign_amplification import SignAmplification
from bloqs.simulation import assert_encodes
from bloqs.testing import assert_formula_is_decomposition, assert_symbolic_is_numeric

HALF = VectorSum(LoadedVector([1.0, 0.2]), LoadedVector([-0.3, 1.0]), weight=0.5)  # amplitude 0.673


@pytest.mark.parametrize(("s_lo", "delta"), [(0.5, 0.1), (0.6, 1e-4), (0.1, 1e-2)])
def test_gate_level(s_lo: float, delta: float) -> None:
    strong = SignAmplification(HALF, s_lo=s_lo, delta=delta)
    assert strong.epsilon <= delta + 1e-8
    assert_encodes(strong, HALF.target())
    assert_encodes(strong, strong.alpha * strong.block(), epsilon=0.0)
    assert_formula_is_decomposition(strong.controlled())


def test_the_bound_holds_over_all_amplitudes_and_is_tight_at_the_lowest() -> None:
    for s_lo in (0.0025, 0.02, 0.3):
        for delta in (0.1, 1e-3, 1e-6):
            strong = SignAmplification(LoadedVector([1.0, 0.0]), s_lo=s_lo, delta=delta)
            polynomial, error = strong.series
            s = np.concatenate([np.geomspace(s_lo, 1, 400), np.linspace(s_lo, 2 * s_lo, 100)])
            values = np.polynomial.chebyshev.chebval(s, polynomial) * strong.alpha
            worst = np.abs(values - 1).max()
            assert worst <= error <= delta <= 10 * worst
            whole = np.polynomial.chebyshev.chebval(np.linspace(-1, 1, 2001), polynomial)
            assert np.abs(whole).max() < 1


def test_the_minimax_polynomial_of_ours_is_shorter() -> None:
    published = SignAmplification(HALF, s_lo=0.3, delta=1e-3)
    ours = NormalizedVector(HALF, s_lo=0.6, s_hi=0.75, degree=7)
    assert ours.epsilon < 1e-3
    assert published.num_calls > 5 * 7


def test_symbolic_is_numeric() -> None:
    n, d = sympy.symbols("n d")

    def strong(n, d):
        return SignAmplification(LoadedVector(None, bitsize=n), s_lo=0.5, degree=2 * d + 1)

    for numbers in ((2, 3), (4, 11)):
        substitution = dict(zip((n, d), numbers, strict=True))
        assert_symbolic_is_numeric(strong(n, d), strong(*numbers), substitution)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"s_lo": 0.7}, "lower s_lo"),
        ({"s_lo": 0.0}, "s_lo must lie"),
        ({"s_lo": 0.5, "delta": 0.0}, "delta must lie"),
    ],
)
def test_bad_input(options, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SignAmplification(HALF, **options)
