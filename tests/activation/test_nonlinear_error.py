"""The error of the non-linear transform: each term where it is reached."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bloqs.activation import NonlinearTransform
from bloqs.qsvt.phases import TOLERANCE
from tests.layers.toys import GivenVector, measured_error, one_hot, spread

LIPSCHITZ = 2 * 0.8 / math.sqrt(math.pi)


def test_error_of_the_vector_is_reached() -> None:
    """Small entries, where f is a straight line; the vector is encoded too long."""
    psi = spread(10)
    transform = NonlinearTransform(
        GivenVector(psi, 0.2 * psi, alpha=1.2), degree=4, amplitude_bound=float(psi[0])
    )
    assert 0.99 <= measured_error(transform) / transform.absolute_error <= 1 + 1e-9


def test_error_of_the_polynomial_is_reached() -> None:
    """An exact vector, degree 0, all amplitudes at the end of the interval, where it is worst."""
    psi = spread(2)
    transform = NonlinearTransform(GivenVector(psi, 0 * psi), degree=0, amplitude_bound=0.5)
    assert transform.absolute_error > 1e-3
    assert 0.999 <= measured_error(transform) / transform.absolute_error <= 1


def test_bound_by_hand() -> None:
    """An error of 1/4 at alpha 3/2: L/4, and amplitudes that are 5/4 as long."""
    psi = one_hot(1)
    transform = NonlinearTransform(GivenVector(psi, 0.25 * psi, alpha=1.5), degree=0)
    q = transform.quotient
    assert q.y_max == pytest.approx(1.25 / 1.5)
    polynomial = q.gamma * (q.delta + TOLERANCE) * 1.25 / 1.5
    assert polynomial > 0.05
    assert transform.absolute_error == pytest.approx(LIPSCHITZ / 4 + polynomial)
    assert transform.sensitivity == pytest.approx(LIPSCHITZ / math.erf(0.8))
    assert transform.epsilon == pytest.approx(transform.absolute_error / math.erf(0.8))
    assert transform.scale == q.gamma >= 1.5 * LIPSCHITZ
    np.testing.assert_allclose(transform.target(), psi)
