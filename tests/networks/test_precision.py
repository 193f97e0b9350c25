"""Bits of pieces: the search for them alone, and exchanged by price, against all that there are."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from bloqs.loading import LoadedVector
from bloqs.loading.angles import MAX_ANGLE_BITS, MIN_ANGLE_BITS
from bloqs.loading.charges import Charges
from bloqs.networks.plan import Plan
from bloqs.networks.precision import (
    REACH,
    Prices,
    fewer_bits,
    fewest_by_price,
    fewest_common_bits,
    more_for_less,
    of_layers,
    trades,
)
from tests.layers.toys import stage_of
from tests.networks.toys import Knob, plan_of


@pytest.mark.parametrize("least", [MIN_ANGLE_BITS, 4, 17, 49, MAX_ANGLE_BITS, MAX_ANGLE_BITS + 1])
def test_a_guess_changes_only_how_often_is_asked(least: int) -> None:
    asked: list[int] = []

    def is_enough(bits: int) -> bool:
        asked.append(bits)
        return bits >= least

    expected = None if least > MAX_ANGLE_BITS else least
    for guess in (-5, 3, 4, 16, 17, 18, 49, 50, 90):
        asked.clear()
        assert fewest_common_bits(is_enough, guess) == expected
        assert all(MIN_ANGLE_BITS <= bits <= MAX_ANGLE_BITS for bits in asked)
        assert len(asked) <= (2 if guess in (least, least - 1) else 8)


def test_trades_are_all_that_pay() -> None:
    """Every one that is neither dearer nor errs more than another, by trying all."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        alike = tuple(int(b) for b in [rng.integers(4, 20)] * 3)
        errors, weights = rng.random(3) * 1e-3, rng.integers(1, 50, 3)

        def price(i: int, bits: int, weights: np.ndarray = weights) -> float:
            return float(weights[i] * bits)

        room = 1.3 * errors.sum()
        most = 1.02 * sum(price(i, b) for i, b in enumerate(alike))
        found = list(trades(alike, errors.tolist(), room, most, price))
        ranges = [range(max(b - REACH, MIN_ANGLE_BITS), b + REACH + 1) for b in alike]
        every = [
            (
                sum(price(i, b) for i, b in enumerate(bits)),
                sum(e * 2.0 ** (a - b) for e, a, b in zip(errors, alike, bits, strict=True)),
                bits,
            )
            for bits in itertools.product(*ranges)
        ]
        allowed = sorted(one for one in every if one[1] <= room and one[0] <= most)
        expected, least = [], np.inf
        for one in allowed:
            if one[1] < least:
                expected.append(one)
                least = one[1]
        assert [one[0] for one in found] == [one[0] for one in expected]
        assert [one[1] for one in found] == pytest.approx([one[1] for one in expected])
        assert found[0][0] <= most
    assert [bits for *_, bits in trades((9, 9), (0.0, 1.0), 1.0, 18.0, lambda i, b: b)] == [(9, 9)]


def test_prices_are_what_the_pieces_cost() -> None:
    def plan(bits: tuple[int, ...]) -> Plan:
        vectors = [
            LoadedVector(None, "qrom", b, bitsize=n) for b, n in zip(bits, (4, 3), strict=True)
        ]
        stage = stage_of(Knob(), name="a", label="a", piece=vectors[1])
        return Plan(vectors[0], (stage, stage_of(Knob(), name="b", label="b")))

    known: dict[int, tuple[float, ...]] = {}
    prices = Prices(plan, (2, 1), 2, Charges(), known, {})
    # Two layers call it 3 and 2 times; what comes after a layer loads nothing.
    ours, layers = plan((12, 12)).piece_costs()[:2], plan((14, 14)).piece_costs()[:2]
    assert prices((12, 14)) == 6 * ours[0] + plan((12, 14)).calls_of_pieces((2, 1))[1] * layers[1]
    assert set(known) == {12, 14}
    assert known[12] == of_layers(plan((12, 12)).piece_costs())


def test_roundings_and_calls_to_first_order() -> None:
    plan = plan_of(Knob(factor=2, rounding=0.01), Knob(factor=3, rounding=0.02), input_error=0.1)
    assert plan.rounding_parts() == pytest.approx((0.6, 0.03, 0.02))
    assert plan.calls_of_pieces((1, 2))[0] == 2 * 3


def test_the_cheapest_beginning() -> None:
    """From exchanged bits it may end cheaper than from the same for all, and the other way round."""

    def is_enough(bits: tuple[int, ...]) -> bool:
        return sum(2.0**-b for b in bits) <= 2.0**-9

    starts = [(11, 11), (10, 12)]
    assert [fewer_bits(start, is_enough, (0, 1)) for start in starts] == [(10, 10), (10, 10)]
    starts = [(10, 10), (11, 10), (12, 10)]
    assert fewest_by_price(starts, is_enough, (), lambda bits: bits[0]) == (10, 10)
    assert fewest_by_price(starts, is_enough, (), lambda bits: -bits[0]) == (12, 10)


def test_more_bits_that_cost_less() -> None:
    """Of every piece by itself, as far as they are enough; the others come down for it."""

    def is_enough(bits: tuple[int, ...]) -> bool:
        return sum(2.0**-b for b in bits) <= 2.0**-9

    def price(bits: tuple[int, ...]) -> int:
        return 3 * bits[0] + (2 if bits[1] == 12 else bits[1])

    def found(bits: tuple[int, ...], pieces: tuple[int, ...] = (0, 1), **other: Any) -> Any:
        given = {"is_enough": is_enough, "price": price, "most": 15, **other}
        return more_for_less(bits, pieces=pieces, **given)

    assert found((10, 10)) == found((11, 10)) == (10, 12)
    assert found((10, 10), (0,)) == found((10, 10), most=11) == (10, 10)
    assert found((10, 10), is_enough=lambda bits: bits[1] < 12) == found((10, 10), price=sum)
    assert found((10, 10), price=sum) == (10, 10)
    assert found((10, 20), price=sum) == (10, 20)
