"""The output layers: each term of their error in an instance where it is reached."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bloqs.layers import ResidualLinearPooling, SquaredMatrixVectorProduct
from bloqs.layers.pooling import square_error
from tests.layers.toys import GivenVector, identity_columns, measured_error, one_hot, spread


def pooling(
    tau: float, e: float, e_w: float, *, n: int = 2, beta: float = 1.0
) -> ResidualLinearPooling:
    """One entry alone, at which the square is steepest; vector and column are encoded too long."""
    psi = one_hot(n)
    vector = GivenVector(psi, e * psi, alpha=1 + e)
    columns = identity_columns(e_w * psi, beta)
    return ResidualLinearPooling(vector, columns, skip_weight=tau)


@pytest.mark.parametrize("tau", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(("e", "e_w"), [(0.2, 0.0), (0.0, 0.2), (0.3, 0.3)])
def test_every_term_is_reached(tau: float, e: float, e_w: float) -> None:
    """tau e + (1 - tau)((2 + e) e + e_w (1 + e)^2), to the last digit."""
    layer = pooling(tau, e, e_w, beta=1 + e_w)
    assert measured_error(layer) == pytest.approx(layer.absolute_error, abs=1e-12)
    assert layer.epsilon == pytest.approx(layer.absolute_error)  # g = psi
    if tau == 0.0:
        product = SquaredMatrixVectorProduct(layer.vector, layer.columns)
        assert measured_error(product) == pytest.approx(product.absolute_error, abs=1e-12)


@pytest.mark.parametrize("n", [2, 4])
def test_a_smaller_peak_is_reached(n: int) -> None:
    """Equal entries: the error of the square is 2 peak e, to first order."""
    psi, e = spread(n), 1e-4
    vector = GivenVector(psi, e * psi, alpha=1 + e)
    columns = identity_columns(0 * psi)
    peak = float(psi[0])
    for layer in (
        ResidualLinearPooling(vector, columns, skip_weight=0.0, peak=peak),
        SquaredMatrixVectorProduct(vector, columns, peak=peak),
    ):
        assert 0.999 <= measured_error(layer) / layer.absolute_error <= 1


def test_square_error_by_hand() -> None:
    assert square_error(0.5, 0.0, 0.0) == 0
    assert square_error(0.5, 0.1, 0.0) == pytest.approx(0.11)
    assert square_error(0.5, 0.0, 0.1) == pytest.approx(0.1)
    assert square_error(0.5, 0.1, 0.2) == pytest.approx(0.11 + 0.2 * 1.21)


def test_scale_and_amplitude_by_hand() -> None:
    """c = tau alpha + (1 - tau) beta alpha^2 with alpha 3/2, beta 2: 0.45 + 0.7 * 4.5 = 3.6."""
    layer = pooling(0.3, 0.5, 0.0, beta=2.0)
    assert layer.scale == pytest.approx(3.6)
    assert layer._lcu_angle == pytest.approx(2 * math.acos(math.sqrt(0.45 / 3.6)))
    assert layer.alpha == pytest.approx(3.6)
    product = SquaredMatrixVectorProduct(layer.vector, layer.columns)
    assert product.scale == pytest.approx(4.5)
    assert layer.ancilla_bitsize == 3 + 2 + 1
    assert product.ancilla_bitsize == 2 + 2 + 1


def test_sensitivity_by_hand() -> None:
    psi = np.array([0.6, 0.8])
    vector, columns = GivenVector(psi, [0, 0]), identity_columns([0, 0])
    layer = ResidualLinearPooling(vector, columns, skip_weight=0.25, peak=0.8)
    norm = np.linalg.norm(0.25 * psi + 0.75 * psi**2)
    assert layer.sensitivity == pytest.approx((0.25 + 2 * 0.75 * 0.8) / norm)
    np.testing.assert_allclose(layer.apply_target(2 * psi), 0.5 * psi + 0.75 * 4 * psi**2)
    product = SquaredMatrixVectorProduct(vector, columns, peak=0.8)
    assert product.sensitivity == pytest.approx(1.6 / np.linalg.norm(psi**2))


@pytest.mark.parametrize("tau", [0.0, 1.0])
def test_skip_weight_at_the_ends_is_allowed(tau: float) -> None:
    assert pooling(tau, 0.0, 0.0).skip_weight == tau


def test_defaults_are_the_published_weight_and_the_proved_peak() -> None:
    vector, columns = GivenVector(one_hot(1), [0, 0]), identity_columns([0, 0])
    layer = ResidualLinearPooling(vector, columns)
    assert (layer.skip_weight, layer.peak) == (0.51, 1.0)
    assert SquaredMatrixVectorProduct(vector, columns).peak == 1.0


@pytest.mark.parametrize("tau", [-1e-9, 1 + 1e-9])
def test_skip_weight_outside_is_refused(tau: float) -> None:
    with pytest.raises(ValueError, match=r"skip_weight is tau in \[0, 1\]"):
        pooling(tau, 0.0, 0.0)


def test_sizes_that_differ_are_refused() -> None:
    vector = GivenVector(one_hot(2), np.zeros(4))
    for layer in (ResidualLinearPooling, SquaredMatrixVectorProduct):
        with pytest.raises(
            ValueError, match="the vector has 2 qubits, the output weights act on 1"
        ):
            layer(vector, identity_columns([0, 0]))
