"""Weights by shape, and the guards of norms."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import sympy

from bloqs.layers.geometry import bits_of
from bloqs.layers.shapes import (
    NORM_TOLERANCE,
    KernelShape,
    OutputShape,
    check_unit_norm,
    larger,
    read_only,
)


@pytest.mark.parametrize(("channels", "size"), [(0, 1), (1, 0)])
def test_empty_kernels_are_refused(channels: int, size: int) -> None:
    KernelShape(1, 1, 1e-9)
    with pytest.raises(ValueError, match="at least one channel and a window of at least 1"):
        KernelShape(channels, size, 1.0)


@pytest.mark.parametrize("alpha", [0.0, -1.0, math.inf, math.nan])
def test_alphas_that_are_none(alpha: float) -> None:
    with pytest.raises(ValueError, match="conv_alpha must be finite and positive"):
        KernelShape(1, 1, alpha)


def test_column_norm_bound() -> None:
    assert OutputShape(4).column_norm_bound == 1.0
    assert OutputShape(4, 1 + NORM_TOLERANCE).length == 4
    for bound in (0.0, 1 + 2 * NORM_TOLERANCE, -0.5):
        with pytest.raises(ValueError, match=r"column_norm_bound must lie in \(0, 1\]"):
            OutputShape(4, bound)


def test_unit_norm() -> None:
    assert NORM_TOLERANCE == 1e-6
    check_unit_norm("it", 1 + 0.9e-6, "the array")
    with pytest.raises(
        ValueError, match=r"it must be at most 1, found 1\.0000011; divide the array"
    ):
        check_unit_norm("it", 1 + 1.1e-6, "the array")


def test_read_only_is_a_copy() -> None:
    given = np.array([1.0, 2.0])
    kept = read_only(given, "it")
    given[0] = 7
    assert kept.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 7


def test_larger_of_expressions_is_that_of_their_numbers() -> None:
    C, E = sympy.symbols("C E")
    sizes = [1, 3, C, 2 * C, C + 1, C * E, 2**C, 2 ** (E + 1)]
    for first, second in itertools.product(sizes, repeat=2):
        for at in ({C: 1, E: 1}, {C: 5, E: 2}):
            found, one, two = (
                sympy.sympify(value).subs(at) for value in (larger(first, second), first, second)
            )
            assert found == max(one, two), (first, second)


def test_bits_of_expressions_are_those_of_their_numbers() -> None:
    C, E = sympy.symbols("C E")
    for size in (
        C,
        4 * C,
        6 * C,
        2**E * C,
        12 * 2**E,
        2 ** (E - 1),
        C + E,
        2 * C + 2,
        3 * 2**C * E,
    ):
        for at in ({C: 1, E: 1}, {C: 3, E: 4}, {C: 8, E: 3}):
            found, number = (sympy.sympify(value).subs(at) for value in (bits_of(size), size))
            assert found == bits_of(int(number)), size
