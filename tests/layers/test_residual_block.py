"""The residual block: each term of its error in an instance where it is the one that counts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bloqs.layers import ResidualBlock
from bloqs.qsvt.phases import TOLERANCE
from tests.layers.toys import GivenMatrix, GivenVector, measured_error, one_hot, spread

LIPSCHITZ = 2 * 0.8 / math.sqrt(math.pi)


def aligned(e: float, e_w: float, *, n: int = 10, gain: float = 0.8) -> ResidualBlock:
    """W = I on a vector of small equal entries, where f is a straight line; each is encoded too long.

    So all errors point along the vector, and nothing is lost by adding their norms.
    """
    psi = spread(n)
    vector = GivenVector(psi, e * psi, alpha=1 + e)
    weights = GivenMatrix(n, 1.0, e_w, alpha=1 + e_w)
    return ResidualBlock(vector, weights, gain=gain, degree=4, amplitude_bound=float(psi[0]))


@pytest.mark.parametrize(
    ("e", "e_w", "gain"),
    [
        (0.1, 0.0, 1e-3),  # the skip branch's
        (0.1, 0.0, 0.8),  # and the vector's through f
        (0.0, 0.1, 0.8),  # the convolution's through f
        (0.3, 0.3, 0.8),  # and what the convolution makes of the vector's
    ],
)
def test_errors_of_the_parts_are_reached(e: float, e_w: float, gain: float) -> None:
    block = aligned(e, e_w, gain=gain)
    assert 0.999 <= measured_error(block) / block.absolute_error <= 1 + 1e-9


@pytest.mark.parametrize("n", [1, 2])
def test_error_of_the_polynomial_is_reached(n: int) -> None:
    """Exact parts, degree 0, all amplitudes at the end of the interval, where it is worst."""
    psi = spread(n)
    block = ResidualBlock(
        GivenVector(psi, 0 * psi),
        GivenMatrix(n, 1.0),
        degree=0,
        amplitude_bound=float(psi[0]),
    )
    assert block.absolute_error > 1e-3
    assert 0.999 <= measured_error(block) / block.absolute_error <= 1


def test_bound_by_hand() -> None:
    """Errors of 1/4 and 1/2: argument 1.5 * 0.25 + 0.5 = 7/8, amplitudes up to 1.25 * 1.5 = 15/8 as long."""
    psi = one_hot(1)
    block = ResidualBlock(
        GivenVector(psi, 0.25 * psi, alpha=1.5), GivenMatrix(1, 1.0, 0.5, alpha=2.0), degree=2
    )
    assert block.kappa == 3.0
    assert block.argument_error == 0.875
    q = block.quotient
    assert q.kappa == 3.0
    assert q.y_max == pytest.approx(1.875 / 3)
    polynomial = 15 / 8 * q.gamma / 3 * (q.delta + TOLERANCE)
    assert polynomial > 0.01
    assert block.absolute_error == pytest.approx(0.25 + 0.875 * LIPSCHITZ + polynomial)
    norm = 1 + math.erf(0.8)
    assert block.image_norm == pytest.approx(norm)
    assert block.epsilon == pytest.approx(block.absolute_error / norm)
    assert block.sensitivity == pytest.approx((1 + 1.5 * LIPSCHITZ) / norm)


def test_amplitudes_and_scale_by_hand() -> None:
    """`psi/alpha_psi` and `f(W psi)/gamma` under weights that make both share one scale."""
    psi = np.array([0.6, -0.8])
    block = ResidualBlock(GivenVector(psi, 0 * psi, alpha=1.5), GivenMatrix(1, 0.5, alpha=2.0))
    gamma = block.gamma
    assert gamma >= 3 * LIPSCHITZ
    assert block.scale == pytest.approx(1.5 + gamma)
    assert block.skip_amplitude == pytest.approx(1.5 / (1.5 + gamma))
    exact = psi + np.array([math.erf(0.24), -math.erf(0.32)])
    assert block.alpha == pytest.approx((1.5 + gamma) / np.linalg.norm(exact))
    np.testing.assert_allclose(block.target(), exact / np.linalg.norm(exact))
    np.testing.assert_allclose(block.block() * block.scale, exact, atol=block.absolute_error)
    assert block.ancilla_bitsize == 2 + 1 + 1 + 1


def test_an_amplitude_bound_is_widened_by_the_error_of_the_argument() -> None:
    block = aligned(0.1, 0.0, n=4)
    assert block.quotient.y_max == pytest.approx((0.25 + 0.1) / 1.1)
    wide = ResidualBlock(block.vector, block.convolution, amplitude_bound=7.0)
    assert wide.quotient.y_max == pytest.approx(1.0)  # (1 + 0.1)/1.1


def test_defaults() -> None:
    block = ResidualBlock(GivenVector(one_hot(1), [0, 0]), GivenMatrix(1))
    assert (block.activation, block.gain, block.degree) == ("erf", 0.8, 4)
    assert (block.amplitude_bound, block.norm) == (None, None)


def test_bad_parts() -> None:
    vector = GivenVector(one_hot(1), [0, 0])
    with pytest.raises(ValueError, match="must be a RealBlockEncoding, got GivenVector"):
        ResidualBlock(vector, vector)
    with pytest.raises(ValueError, match="the vector has 1 qubits, the convolution acts on 2"):
        ResidualBlock(vector, GivenMatrix(2))
