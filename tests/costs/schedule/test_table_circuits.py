"""Tables that are written as code, against their decomposition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bloqs.loading.lookup import TableLookup
from bloqs.loading.multiplexed import MultiplexedRy
from tests.costs.schedule.circuits import assert_is_brute_force


@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize("by_shape", [False, True])
@pytest.mark.parametrize("entries", [1, 2, 3, 6, 11, 16])
def test_lookup_tables_are_those_of_the_decomposition(
    entries: int, by_shape: bool, is_controlled: bool
) -> None:
    rng = np.random.default_rng(entries)
    bits = (entries - 1).bit_length()
    data = rng.integers(0, 8, size=(entries, 2))
    table = TableLookup(
        None if by_shape else data,
        bits,
        3,
        2,
        num_entries=entries if by_shape else None,
        is_controlled=is_controlled,
    )
    assert_is_brute_force(table)


@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize("angles", ["data", "special", None])
@pytest.mark.parametrize("bits", [0, 1, 3])
def test_multiplexed_rotations_are_those_of_the_decomposition(
    bits: int, angles: str | None, is_controlled: bool
) -> None:
    rng = np.random.default_rng(bits)
    values: Any = None
    if angles == "data":
        values = rng.normal(size=2**bits)
    elif angles == "special":
        values = rng.choice([0.0, np.pi / 2, np.pi / 4, np.pi, 0.3], size=2**bits)
    bloq = MultiplexedRy(values, bits, is_controlled=is_controlled)
    for one in (bloq, bloq.adjoint()):
        assert_is_brute_force(one)
