"""The layers that normalise: intervals of amplitudes, choices and guards."""

from __future__ import annotations

import itertools
import math
from typing import Any

import attrs
import numpy as np
import pytest

from bloqs.activation import Activation
from bloqs.core.encoding import FloatArray, MappedVector
from bloqs.layers import HeraldedVector, NormalizedVector, ResidualBlock
from bloqs.layers.amplification import (
    HEIGHT,
    LARGEST_AMPLIFICATION_ERROR,
    LEAST_HEIGHT,
    Amplification,
    Heralding,
    amplitude_interval,
)
from bloqs.layers.facts import InadmissibleError
from bloqs.layers.geometry import Geometry
from bloqs.layers.heralded import expected_calls
from bloqs.layers.operations import OperationCounts
from bloqs.loading import LoadedVector
from bloqs.qsvt import amplification
from tests.layers.toys import GivenMatrix, GivenVector, one_hot, stage_of

PSI = one_hot(1)


@attrs.frozen
class Scaled(MappedVector):
    """The identity, its block divided by `given_scale`; `given_error` is what it states."""

    vector: GivenVector
    given_scale: float
    given_error: float = 0.0
    norm: float | None = None  # type: ignore[misc]
    is_controlled: bool = False

    @property
    def system_bitsize(self) -> int:
        return 1

    @property
    def ancilla_bitsize(self) -> int:
        return 1

    @property
    def scale(self) -> float:
        return self.given_scale

    @property
    def absolute_error(self) -> float:
        return self.given_error

    @property
    def sensitivity(self) -> float:
        return 1.0

    def apply_target(self, vector: FloatArray) -> FloatArray:
        return vector

    def block(self) -> FloatArray:
        return self.vector.block() / self.given_scale


class ByShape(Scaled):
    """As one without data."""

    @property
    def has_data(self) -> bool:
        return False


def scaled(scale: float, error: float = 0.0) -> Scaled:
    return Scaled(GivenVector(PSI, 0 * PSI), scale, error)


def stage(layer: Any, norms: tuple[float, float] | None) -> Any:
    return stage_of(layer, norms=norms, name="block 2", label="block 2")


def test_interval_by_hand() -> None:
    assert amplitude_interval(scaled(4.0, 0.1), (0.5, 1.5)) == pytest.approx((0.1, 0.4))
    # An amplitude is at most 1.
    assert amplitude_interval(scaled(1.0, 0.1), (0.5, 0.95)) == pytest.approx((0.4, 1.0))
    assert amplitude_interval(scaled(1.0, 0.499), (0.5, 0.95))[0] == pytest.approx(0.001)
    with pytest.raises(InadmissibleError, match=r"error 0\.5 of a layer reaches its smallest norm"):
        amplitude_interval(scaled(1.0, 0.5), (0.5, 0.95))


@pytest.mark.parametrize("layer", [Amplification(), Heralding()])
def test_what_all_share(layer: Any) -> None:
    x = np.array([[0.6, 0.8]])
    geometry, erf = Geometry((2, 1, 1)), Activation("erf")
    np.testing.assert_array_equal(layer.apply(x, geometry, erf), x)
    assert layer.operations(geometry) == OperationCounts()
    assert layer.worst_case_norms(erf) == (1.0, 1.0)
    assert layer.sensitivity(stage(layer, (0.5, 1.5))) == 1.0
    assert [layer.calls(6, q) for q in (None, 1, 7)] == [6, 6, 42]
    assert layer.rank == 1
    with pytest.raises(
        ValueError, match="only a layer can be amplified, a MappedVector, got Given"
    ):
        layer.encode(GivenVector(PSI, 0 * PSI), stage(layer, (0.5, 1.5)), 3)


def test_steps_of_an_amplification() -> None:
    steps = [Amplification().lowered(q) for q in (None, 1, 3, 5)]
    assert steps == [None, None, 1, 3]
    assert Amplification().has_polynomial
    assert Heralding().lowered(5) is None
    assert not Heralding().has_polynomial
    heralded = Heralding().encode(scaled(2.0), stage(Heralding(), (0.9, 1.1)), 1)
    assert Heralding().polynomial_error(heralded, stage(Heralding(), (0.9, 1.1))) is None


def test_amplified_on_the_interval_to_the_height() -> None:
    layer, place = Amplification(), stage(Amplification(), (0.9, 1.1))
    found = layer.encode(scaled(2.0, 0.1), place, 9)
    assert (found.s_lo, found.s_hi, found.degree) == (pytest.approx(0.4), pytest.approx(0.6), 9)
    assert found.height == HEIGHT == 0.98
    assert 0.98 >= found.amplification.height >= LEAST_HEIGHT == 0.999 * 0.98
    part = layer.polynomial_error(found, place)
    assert part.name == "amplification of block 2"
    # Worst over the interval: the block is off by delta of the height.
    p = found.amplification.polynomial
    worst = max(abs(p(s) / found.amplification.height - 1) for s in np.linspace(0.4, 0.6, 400))
    assert 0.98 <= worst / part.size <= 1


def test_a_degree_that_does_not_reach_the_height_is_refused() -> None:
    """Degree 1 multiplies by 0.999 at most: an amplitude of 0.98 just gets to `LEAST_HEIGHT`."""
    layer, place = Amplification(), stage(Amplification(), (1.0, 1.0))
    assert layer.encode(scaled(1 / 0.9802), place, 1).amplification.height >= LEAST_HEIGHT
    with pytest.raises(InadmissibleError, match=r"degree 1 amplifies block 2 to 0\.97\d* only"):
        layer.encode(ByShape(GivenVector(PSI, 0 * PSI), 1 / 0.9798), place, 1)
    # Degrees are chosen by shape; by data the interval hardly differs.
    assert layer.encode(scaled(1 / 0.9798), place, 1).amplification.height < LEAST_HEIGHT


def test_between_layers_degree_1_is_no_amplification() -> None:
    layer, place = Amplification(is_last=False), stage(Amplification(is_last=False), (1.2, 1.5))
    with pytest.raises(InadmissibleError, match="block 2 does not state the band"):
        layer.encode(scaled(2.0), place, 1)
    block = ResidualBlock(
        LoadedVector([0.6, 0.8]), GivenMatrix(1, 0.5), degree=2, norm_bounds=(1.2, 1.5)
    )
    assert layer.encode(block, place, 1) is block
    weak = layer.encode(block, place, 3)
    assert weak.amplitude_band[1] - weak.amplitude_band[0] > 0.01
    assert layer.polynomial_error(weak, place).size == 0  # the scale is no error
    assert weak.direction_error == block.direction_error


def test_no_odd_polynomial_is_higher_than_a_sine() -> None:
    layer, place = Amplification(is_last=False), stage(Amplification(is_last=False), (1.0, 1.0))
    for s, q in itertools.product((0.05, 0.3, 0.5), (1, 3, 7)):
        found = amplification(s, 1.05 * s, degree=q)
        assert found.height * (1 - found.delta) <= layer.height(s, place, q) + 1e-9
    lowest = min(expected_calls(0.1, m) for m in range(20))
    assert 0.98 * lowest <= Heralding().least_calls(0.1) <= lowest
    assert Heralding().least_calls(1.0) == Amplification().least_calls(1.0) * 0.98**2 == 1.0


@pytest.mark.parametrize("error", [1e-2, 1e-3])
def test_the_last_amplification_takes_what_the_direction_leaves(error: float) -> None:
    layer, place = Amplification(), stage(Amplification(), (0.9, 1.1))
    vector = scaled(2.0, 0.5 * error)
    (q,) = layer.choices(vector, place, error)
    assert (
        layer.encode(vector, place, q).epsilon <= error < layer.encode(vector, place, q - 2).epsilon
    )
    assert not list(layer.choices(scaled(2.0, 2 * error), place, error))


@pytest.mark.parametrize("share", [1e-2, 1e-4, 1e-7])
def test_smallest_degree_meets_its_share(share: float) -> None:
    layer, place = Amplification(), stage(Amplification(), (0.9, 1.1))
    vector = scaled(2.0)
    q = layer.smallest_degree(vector, place, share)
    assert q % 2 == 1
    assert layer.polynomial_error(layer.encode(vector, place, q), place).size <= share
    below = NormalizedVector(vector, s_lo=0.45, s_hi=0.55, degree=q - 2, height=HEIGHT)
    assert below.amplification.delta > share or below.amplification.height < LEAST_HEIGHT


def test_smallest_degree_at_both_ends_of_the_accuracy() -> None:
    layer, place = Amplification(), stage(Amplification(), (0.5, 1.5))
    largest = LARGEST_AMPLIFICATION_ERROR
    wanted = amplification(0.25, 0.75, delta=largest, height=HEIGHT).polynomial.degree
    assert layer.smallest_degree(scaled(2.0), place, 0.5) == wanted
    # At that error the height still fits under the bound of the polynomial, a hundredth above it does not.
    assert HEIGHT * (1 + largest) <= 0.999 < HEIGHT * (1 + largest + 0.01)
    with pytest.raises(InadmissibleError, match="1e-11 is the least"):
        layer.smallest_degree(scaled(2.0), place, 0.9e-11)


def test_heralding_takes_the_fewest_expected_calls() -> None:
    layer, place = Heralding(), stage(Heralding(), (0.9, 1.1))
    vector = scaled(10.0)
    q = layer.smallest_degree(vector, place, 0.1)
    cost = {m: max(expected_calls(0.09, m), expected_calls(0.11, m)) for m in range(14)}
    assert q == 2 * min(cost, key=cost.__getitem__) + 1
    found = layer.encode(vector, place, q)
    assert isinstance(found, HeraldedVector)
    assert found.rounds == (q - 1) // 2
    assert (found.s_lo, found.s_hi) == (pytest.approx(0.09), pytest.approx(0.11))
    assert layer.encode(vector, place, None).rounds == 0
    assert "heralded: 2 rounds" in layer.summary(layer.encode(vector, place, 5))
    success = math.sin(5 * math.asin(0.1)) ** 2
    assert f"success probability {success:.4g}" in layer.summary(layer.encode(vector, place, 5))


def test_heralding_refuses_a_half_turn() -> None:
    """An amplitude of 1/2 is sin 30 degrees: 5 calls turn it by 150, 7 by 210."""
    layer = Heralding()
    assert layer.encode(scaled(2.0), stage(layer, (0.9, 1.0)), 5).rounds == 2
    with pytest.raises(
        InadmissibleError, match=r"3 rounds turn an amplitude of 0.5 of block 2 past"
    ):
        layer.encode(scaled(2.0), stage(layer, (0.9, 1.0)), 7)


def test_summary_of_a_coherent_output() -> None:
    layer = Amplification()
    found = layer.encode(scaled(2.0), stage(layer, (0.9, 1.1)), 9)
    assert layer.summary(found) == "coherent: the last normalisation is a polynomial"
