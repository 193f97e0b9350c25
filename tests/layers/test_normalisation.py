"""Amplified vectors: both terms of their error where they count, guards at their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bloqs.core.scale import direction_error
from bloqs.layers import NormalizedVector
from bloqs.layers.heralded import HeraldedVector
from bloqs.qsvt.phases import TOLERANCE
from tests.layers.toys import GivenVector, one_hot


def turned(error: float, amplitude: float) -> GivenVector:
    """As near to the first axis as its direction allows, which is `asin(error)` off."""
    angle = math.asin(error)
    x = math.cos(angle) * np.array([math.cos(angle), math.sin(angle)])
    return GivenVector(one_hot(1), x - one_hot(1), alpha=1 / amplitude)


def error_of(vector: NormalizedVector | HeraldedVector) -> float:
    return float(np.linalg.norm(float(vector.alpha) * vector.block() - vector.target()))


@pytest.mark.parametrize("error", [1e-3, 0.1, 0.5])
def test_error_of_the_direction_is_reached(error: float) -> None:
    vector = turned(error, 0.7)
    s = float(np.linalg.norm(vector.block()))
    amplified = NormalizedVector(vector, s_lo=0.6, s_hi=0.71, degree=15)
    assert amplified.s_lo <= s
    assert 0.999 <= error_of(amplified) / amplified.epsilon <= 1
    heralded = HeraldedVector(vector, rounds=1, s_lo=0.6, s_hi=0.71)
    assert error_of(heralded) == pytest.approx(heralded.epsilon) == direction_error(error)


def test_error_of_the_polynomial_is_reached() -> None:
    """Exact vectors: over the interval the worst length is off by delta."""
    found = [
        NormalizedVector(turned(0.0, float(s)), s_lo=0.5, s_hi=0.7, degree=5)
        for s in np.linspace(0.5, 0.7, 200)
    ]
    assert found[0].epsilon == found[0].amplification.delta + 2 * TOLERANCE
    assert 0.99 <= max(map(error_of, found)) / found[0].epsilon <= 1
    assert found[0].alpha == 1 / found[0].amplification.height


def test_both_errors_by_hand() -> None:
    vector = NormalizedVector(turned(0.5, 0.6), s_lo=0.5, s_hi=0.7, degree=3)
    delta, chord = vector.amplification.delta, 2 * math.sin(math.radians(15))
    assert delta > 0.01
    length = delta + 2 * TOLERANCE
    assert vector.epsilon == pytest.approx(math.sqrt(length**2 + (1 + length) * chord**2))
    assert vector.direction_error == pytest.approx(chord)
    height = vector.amplification.height
    assert vector.amplitude_band == pytest.approx((height * (1 - length), height * (1 + length)))
    known = vector.scaled_error
    assert (known.error, known.low, known.high) == pytest.approx((chord, 1 - length, 1 + length))


def test_direction_error_by_hand() -> None:
    assert direction_error(0.5) == pytest.approx(2 * math.sin(math.radians(15)))
    assert direction_error(0.0) == 0
    assert direction_error(1.0) == direction_error(3.0) == 2.0
    assert direction_error(1 - 1e-12) == pytest.approx(math.sqrt(2), abs=1e-5)


def normalized(amplitude: float, error: float = 0.0) -> NormalizedVector:
    return NormalizedVector(turned(error, amplitude), s_lo=0.5, s_hi=0.7, degree=3)


def heralded(amplitude: float, error: float = 0.0) -> HeraldedVector:
    return HeraldedVector(turned(error, amplitude), rounds=1, s_lo=0.5, s_hi=0.7)


@pytest.mark.parametrize("make", [normalized, heralded])
def test_amplitudes_just_inside_and_just_outside(make) -> None:  # type: ignore[no-untyped-def]
    for amplitude in (0.5, 0.7, 0.5 * (1 - 0.9e-9), 0.7 * (1 + 0.9e-9)):
        assert make(amplitude)
    for amplitude in (0.5 * (1 - 2e-9), 0.7 * (1 + 2e-9)):
        with pytest.raises(ValueError, match=r"the vector has amplitude 0\.[57]"):
            make(amplitude)
    # An error of the vector carries its amplitude by as much.
    for amplitude in (0.5 * (1 - 0.0099), 0.7 * (1 + 0.0099)):
        assert make(amplitude, 0.01)
    for amplitude in (0.5 * (1 - 0.0101), 0.7 * (1 + 0.0101)):
        with pytest.raises(ValueError, match="outside"):
            make(amplitude, 0.01)


@pytest.mark.parametrize("bounds", [(0.0, 0.7), (0.7, 0.5), (0.5, 1 + 1e-9)])
def test_bounds_out_of_order_are_refused(bounds: tuple[float, float]) -> None:
    for make in (
        lambda lo, hi: NormalizedVector(turned(0.0, 0.6), s_lo=lo, s_hi=hi, degree=3),
        lambda lo, hi: HeraldedVector(turned(0.0, 0.6), rounds=1, s_lo=lo, s_hi=hi),
    ):
        with pytest.raises(ValueError, match="0 < s_lo <= s_hi <= 1, got"):
            make(*bounds)


def test_one_amplitude_is_an_interval() -> None:
    vector = turned(0.0, 0.6)
    assert NormalizedVector(vector, s_lo=0.6, s_hi=0.6, degree=3).degree == 3
    assert HeraldedVector(vector, rounds=1, s_lo=0.6, s_hi=0.6).amplitude_bounds == (0.6, 0.6)
    assert NormalizedVector(turned(0.0, 1.0), degree=3).s_hi == 1.0
