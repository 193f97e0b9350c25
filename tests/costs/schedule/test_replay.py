"""The most qubits at once, from when they come and go, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bloqs.costs.schedule.replay import _peak

COMES, GOES = 1, 0


def peak(events: list[tuple[int, int]], held: list[tuple[int, int]], unit: int) -> int:
    """Of single qubits `(time, COMES or GOES)`, and of several held for a time `(time, change)`."""
    keys = np.array([2 * time + kind for time, kind in events], np.int64)
    return _peak(keys, np.array(held, np.int64).reshape(-1, 2), unit)


@pytest.mark.parametrize(("unit", "most"), [(2, 1), (1, 2)])
def test_one_goes_as_another_comes(unit: int, most: int) -> None:
    """Where steps are told apart a qubit is free before the next comes; else both are counted."""
    assert peak([(0, COMES), (1, COMES), (1, GOES)], [], unit) == most


@pytest.mark.parametrize(("unit", "most"), [(2, 4), (1, 7)])
def test_several_are_held(unit: int, most: int) -> None:
    assert peak([], [(0, 3), (1, -3), (1, 4)], unit) == most


@pytest.mark.parametrize(("unit", "most"), [(2, 6), (1, 8)])
def test_both_kinds_together(unit: int, most: int) -> None:
    """At time 1 one of two goes and another comes, three of four held go and one comes."""
    events = [(0, COMES), (0, COMES), (1, GOES), (1, COMES)]
    assert peak(events, [(0, 4), (1, -3), (1, 1)], unit) == most
    assert peak([(5, COMES), (7, GOES)], [(6, 2), (8, -2)], unit) == 3


def test_nothing_comes() -> None:
    assert peak([], [], 1) == peak([], [], 2) == 0
