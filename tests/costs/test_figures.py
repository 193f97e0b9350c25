"""Figures that cost keys count, as numbers, as rows and as JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest
import sympy

from bloqs.costs.figures import (
    COST_KEYS,
    INPUT_CALLS,
    MEMORY_QUERIES,
    as_figure,
    map_figure,
    plain_figure,
)

N = sympy.Symbol("n")


def test_rows() -> None:
    assert INPUT_CALLS.rows(1234) == [("calls of the input encoding", "1,234")]
    rows = MEMORY_QUERIES.rows({2048: 3, N: 2 * N})
    assert rows == [("QRAM queries, 2,048 entries", "3"), ("QRAM queries, n entries", "2*n")]
    assert MEMORY_QUERIES.rows({}) == []
    assert [COST_KEYS[key.name] for key in (INPUT_CALLS, MEMORY_QUERIES)] == [
        *(INPUT_CALLS, MEMORY_QUERIES)
    ]


def test_whole_numbers_become_integers() -> None:
    for value in (7, np.int64(7), sympy.Integer(7)):
        assert as_figure(value) == 7
        assert type(as_figure(value)) is int
    assert as_figure(True) is True
    assert as_figure(0.5) == 0.5
    assert as_figure(N) is N
    with pytest.raises(ValueError, match="-1"):
        as_figure(-1)


def test_mappings_are_changed_through_and_through() -> None:
    assert map_figure({2: 3}, lambda n: 10 * n) == {20: 30}
    assert map_figure(3, lambda n: 10 * n) == 30


def test_plain_figures_are_json() -> None:
    given = {8: N, N: None, "flag": True, 1: {2: 0.5}}
    plain = plain_figure(given)
    assert plain == {"8": "n", "n": None, "flag": True, "1": {"2": 0.5}}
    assert json.loads(json.dumps(plain)) == plain
    assert plain_figure("word") == "word"
