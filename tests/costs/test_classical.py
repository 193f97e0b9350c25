"""The formulas against a forward pass of counting numbers, which is checked against the reference."""

from __future__ import annotations

import math
from collections import Counter
from itertools import product
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloqs.costs.classical import OperationCounts, forward_cost, in_range_taps
from bloqs.networks import NetworkSpec, load_example
from bloqs.reference import forward
from bloqs.testing import random_network


class Counted:
    """A real number that counts what is done with it."""

    tally: ClassVar[Counter[str]] = Counter()

    def __init__(self, value: float) -> None:
        self.value = float(value)

    def __mul__(self, other: Counted) -> Counted:
        Counted.tally["multiplications"] += 1
        return Counted(self.value * other.value)

    def __add__(self, other: Counted) -> Counted:
        Counted.tally["additions"] += 1
        return Counted(self.value + other.value)

    def __truediv__(self, other: Counted) -> Counted:
        Counted.tally["divisions"] += 1
        return Counted(self.value / other.value)

    def root(self) -> Counted:
        Counted.tally["roots"] += 1
        return Counted(math.sqrt(self.value))

    def erf(self, gain: float) -> Counted:
        Counted.tally["activations"] += 1
        return Counted(math.erf(gain * self.value))


def total(terms: list[Counted]) -> Counted:
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


def normalised(x: dict[tuple[int, ...], Counted]) -> dict[tuple[int, ...], Counted]:
    norm = total([v * v for v in x.values()]).root()
    return {index: v / norm for index, v in x.items()}


def padded_index(spec: NetworkSpec, index: tuple[int, ...]) -> int:
    """Place of (c_1..c_d, r_1..r_d, q_1..q_d) in the padded vector."""
    place = 0
    for i, entry in enumerate(index):
        size = spec.input_shape[i // spec.paths]
        place = place * (1 << (size - 1).bit_length()) + entry
    return place


def instrumented(spec: NetworkSpec, image: np.ndarray) -> np.ndarray:
    """The forward pass from its definition, entry by entry."""
    c, m, d = spec.input_shape[0], spec.input_shape[1], spec.paths
    one = normalised({i: Counted(image[i]) for i in product(range(c), range(m), range(m))})
    x = one
    for _ in range(d - 1):  # keys ((c..), (r..), (q..)), flattened at the end
        x = {
            tuple(combined): left * right
            for (a, left), (b, right) in product(x.items(), one.items())
            for combined in [[_join(a, b, axis, (c, m, m)[axis]) for axis in range(3)]]
        }
    side = m**d
    for kernel in spec.kernels:
        assert isinstance(kernel, np.ndarray)
        window = kernel.shape[2]
        weights = {i: Counted(kernel[i]) for i in np.ndindex(*kernel.shape)}
        z = {}
        for o, r, q in x:
            terms = [
                weights[o, i, a, b] * x[i, r + a - window // 2, q + b - window // 2]
                for i, a, b in product(range(c**d), range(window), range(window))
                if 0 <= r + a - window // 2 < side and 0 <= q + b - window // 2 < side
            ]
            z[o, r, q] = x[o, r, q] + total(terms).erf(spec.activation.gain)
        x = normalised(z)
    # Combined indices back to one a path, then to places of the padded vector.
    entries = {
        padded_index(
            spec,
            tuple(
                digit
                for axis, value in enumerate(index)
                for digit in _digits(value, (c, m, m)[axis], d)
            ),
        ): v
        for index, v in x.items()
    }
    if spec.output_weights is None:
        g = entries
    else:
        matrix = spec.output_weights
        assert isinstance(matrix, np.ndarray)
        squares = {j: v * v for j, v in entries.items()}
        tau, rest = Counted(spec.skip_weight), Counted(1 - spec.skip_weight)
        g = {}
        for i, row in enumerate(matrix):
            place = i * spec.length // len(matrix)
            y = rest * total([Counted(row[j]) * v for j, v in squares.items()])
            g[place] = tau * entries[place] + y if place in entries else y
        for i in set(entries) - set(g):
            g[i] = tau * entries[i]
        g = {i: v for (i,), v in normalised({(i,): v for i, v in g.items()}).items()}
    groups: dict[int, list[Counted]] = {}
    for i, v in g.items():
        groups.setdefault(i * spec.num_groups // spec.length, []).append(v * v)
    result = np.zeros(spec.num_groups)
    for group, terms in groups.items():
        result[group] = total(terms).value
    return result


def _join(a: tuple[int, ...], b: tuple[int, ...], axis: int, size: int) -> int:
    return a[axis] * size + b[axis]


def _digits(value: int, size: int, count: int) -> list[int]:
    digits = []
    for _ in range(count):
        value, digit = divmod(value, size)
        digits.append(digit)
    return digits[::-1]


@pytest.mark.parametrize(
    ("shape", "window", "blocks", "paths", "has_output", "num_groups", "rows"),
    [
        ((1, 2, 2), 1, 1, 1, False, 2, None),
        ((2, 4, 4), 3, 2, 1, True, 4, None),
        ((1, 3, 3), 3, 1, 1, True, 2, None),  # padding: rows of W_out beyond the image
        ((3, 2, 2), 2, 1, 1, True, 8, None),
        ((2, 2, 2), 5, 1, 1, False, 2, None),  # a window wider than the image
        ((1, 2, 2), 3, 1, 2, True, 4, None),
        ((2, 2, 2), 3, 1, 2, False, 2, None),
        ((1, 2, 2), 2, 1, 3, False, 2, None),
        ((3, 2, 2), 3, 1, 1, False, 4, None),  # a group that is all padding
        ((1, 5, 5), 3, 1, 1, False, 16, None),
        ((2, 4, 4), 3, 1, 1, True, 4, 8),
        ((3, 3, 3), 3, 1, 1, True, 2, 4),  # a row that is all padding, others that meet some
        ((3, 5, 5), 3, 1, 1, True, 2, 32),
        ((1, 2, 2), 3, 1, 2, True, 1, 1),
    ],
)
def test_formula_counts_what_a_forward_pass_does(
    shape: tuple[int, int, int],
    window: int,
    blocks: int,
    paths: int,
    has_output: bool,
    num_groups: int,
    rows: int | None,
) -> None:
    made = random_network(
        7,
        shape,
        num_blocks=blocks,
        kernel_size=window,
        output_layer=has_output,
        paths=paths,
        num_groups=num_groups,
        output_rows=rows,
        output_norms=(0.99, 0.99),
        skip_weights=(0.3, 0.3),
    )
    spec, image = made.spec, made.image
    Counted.tally = Counter()
    found = instrumented(spec, image)
    assert forward(spec, image) == pytest.approx(found, abs=1e-12)
    cost = forward_cost(spec)
    assert cost.total == OperationCounts(**Counted.tally)
    assert cost.flops == sum(Counted.tally.values())
    assert sum(part.flops() for part in cost.parts.values()) == cost.flops


@given(st.integers(1, 40), st.integers(1, 9))
def test_taps_are_those_inside(size: int, window: int) -> None:
    inside = sum(0 <= r + a - window // 2 < size for r, a in product(range(size), range(window)))
    assert in_range_taps(size, window) == inside


def test_by_shape_as_by_data() -> None:
    spec = load_example("digits-1").spec
    shape = NetworkSpec.from_shapes(
        input_shape=spec.input_shape, num_blocks=1, kernel_size=3, num_groups=spec.num_groups
    )
    assert forward_cost(shape) == forward_cost(spec)


def test_dense_output_weights_dominate() -> None:
    """`2 N^2` to leading order; without them `2 C D^2 N`."""
    for output, expected in ((True, 2 * 2.0**80), (False, 2 * 4 * 9 * 2.0**40)):
        spec = NetworkSpec.from_shapes(
            input_shape=(4, 2**19, 2**19), num_blocks=1, output_layer=output, num_groups=1
        )
        assert forward_cost(spec).flops == pytest.approx(expected, rel=0.15)


def test_weights_of_the_special_functions() -> None:
    counts = OperationCounts(multiplications=1, divisions=2, roots=3, activations=4)
    assert counts.flops() == 10
    assert counts.flops(per_division=4, per_root=8, per_activation=20) == 1 + 8 + 24 + 80
