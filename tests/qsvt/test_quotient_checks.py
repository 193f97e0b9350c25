"""A quotient is held to what the fit of an even polynomial takes for granted."""

import math
from collections.abc import Callable

import attrs
import numpy as np
import pytest

from bloqs.qsvt.polynomials import activation_quotient
from bloqs.qsvt.quotient_checks import check_quotient


@attrs.frozen
class Quotient:
    """f(u)/u by a formula, with a slope that need not be its value at zero."""

    formula: Callable[[np.ndarray], np.ndarray]
    slope: float = 1.0

    def quotient(self, u: np.ndarray) -> np.ndarray:
        return self.formula(np.asarray(u, dtype=float))


def sinc(u: np.ndarray) -> np.ndarray:
    return np.sinc(u / np.pi)


GOOD = {
    "sine": sinc,
    "identity": np.ones_like,
    "corner at zero": lambda u: 1 / (1 + np.abs(u)),
    "noise": lambda u: sinc(u) * (1 + 1e-15 * np.cos(1e5 * u)),
}

BAD = {
    "sinh": (lambda u: 2 - sinc(u), 1.0, "largest at u = 0, found 1 at 0"),
    "negative": (lambda u: -sinc(u), -1.0, "positive and largest at u = 0, found -1 at 0"),
    "slope too large": (sinc, 1.0 + 1e-8, r"states f'\(0\) = 1, but f\(u\)/u tends to 1"),
    "odd part": (lambda u: sinc(u) - 0.1 * u, 1.0, r"differs by up to 0\.2"),
    "small odd part": (lambda u: sinc(u) - 1e-6 * u, 1.0, r"differs by up to 2e-06"),
    "odd part outside": (lambda u: np.where(u < 0, 2.0, sinc(u)), 1.0, "must be even"),
    "pole": (lambda u: np.where(u == 0, np.inf, sinc(u)), 1.0, "not finite on 0 <= u <= 1"),
    "step": (lambda u: np.where(u < 0.5, 1.0, 0.5), 1.0, "not smooth"),
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_quotient_passes(kind: str) -> None:
    check_quotient(Quotient(GOOD[kind]), 1.0)


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_quotient_is_refused_wherever_it_is_fitted(kind: str) -> None:
    formula, slope, message = BAD[kind]
    with pytest.raises(ValueError, match=message):
        check_quotient(Quotient(formula, slope), 1.0)
    with pytest.raises(ValueError, match=message):
        activation_quotient(Quotient(formula, slope), 2.0, 0.5, degree=2)


def test_only_the_interval_of_the_fit_counts() -> None:
    beyond = Quotient(lambda u: np.where(np.abs(u) > 0.5, 9.0, sinc(u)))
    check_quotient(beyond, 0.5)
    with pytest.raises(ValueError, match="largest at u = 0"):
        check_quotient(beyond, math.nextafter(0.5, 1))
