"""What a study measures: the values of each axis, and the points that they make."""

from __future__ import annotations

from typing import Any

import attrs

from bloqs.checks import real_number, sequence, whole_number
from bloqs.core.checks import checked, names_field
from bloqs.scaling.curves import AXES, CURVES, Curve
from bloqs.scaling.points import Point

MAX_LOG2_N = 128
"""Largest `log2 N` of a study, as any network's by shape."""

MAX_BLOCKS = 32
"""Most blocks of a network of a study: the degrees of each are solved for, and each critical path found."""

LEAST_EPSILON = 1e-15
"""Smallest epsilon of a study; below 1e-11 no polynomial is certified, and rows give that reason."""


def _whole(values: Any, what: str = "values") -> tuple[int, ...]:
    given = sequence(values, what, "a sequence of integers", most=10_000)
    return tuple(sorted({whole_number(value, f"each of {what}") for value in given}))


def _rising(values: Any, what: str = "values") -> tuple[float, ...]:
    given = sequence(values, what, "a sequence of numbers", most=10_000)
    return tuple(sorted({real_number(value, f"each of {what}") for value in given}))


def _falling(values: Any, what: str = "values") -> tuple[float, ...]:
    return _rising(values, what)[::-1]


def _rates(values: Any, what: str = "values") -> tuple[float, ...]:
    given = sequence(values, what, "a sequence of numbers", most=10_000)
    if not given:
        raise ValueError(f"{what} must hold at least one positive number, found none")
    return tuple(sorted({real_number(v, f"each of {what}", low=0, is_open=True) for v in given}))


for _converter in (_whole, _rising, _falling, _rates):
    names_field(_converter)  # by a call: mypy reads no converter that is decorated


@attrs.frozen(field_transformer=checked, kw_only=True)
class StudySettings:
    """One axis varies at a time, the other two stay at the reference point.

    Parameters:
        min_log2_n: smallest `log2 N` of the N axis.
        max_log2_n: largest. Every second value between them is measured: N = C M^2, and M is a power of two.
        blocks: values of the k axis.
        epsilons: values of the epsilon axis.
        regimes: 1, 2 and 3, or some of them.
        at_log2_n: N of the other two axes.
        at_blocks: k of the other two axes.
        at_epsilon: epsilon of the other two axes.
        channels: C of one path, a power of two.
        kernel_size: D.
        has_schedule: whether the critical path of every circuit is found as well (slow).
        clocks: ticks a second of the quantum computer; see `bloqs.scaling.crossovers`.
        flop_rates: operations a second of the classical computer.

    Raises:
        ValueError: an axis without values, or one out of range.

    >>> StudySettings(max_log2_n=10, regimes=[3]).log2_ns
    (6, 8, 10)
    """

    min_log2_n: int = 6
    max_log2_n: int = 40
    blocks: tuple[int, ...] = attrs.field(default=(1, 2, 3, 4, 5, 6), converter=_whole)
    epsilons: tuple[float, ...] = attrs.field(
        default=tuple(10.0**-i for i in range(1, 9)), converter=_falling
    )
    regimes: tuple[int, ...] = attrs.field(default=(1, 2, 3), converter=_whole)
    at_log2_n: int = 20
    at_blocks: int = 2
    at_epsilon: float = 1e-2
    channels: int = 4
    kernel_size: int = 3
    has_schedule: bool = False
    clocks: tuple[float, ...] = attrs.field(default=(1e6, 1e8), converter=_rates)
    flop_rates: tuple[float, ...] = attrs.field(default=(1e12, 1e15), converter=_rates)

    def __attrs_post_init__(self) -> None:
        for name in ("min_log2_n", "max_log2_n", "at_log2_n"):
            whole_number(getattr(self, name), name, low=0, high=MAX_LOG2_N)
        for value in self.blocks:
            whole_number(value, "each of blocks", low=1, high=MAX_BLOCKS)
        whole_number(self.at_blocks, "at_blocks", low=1, high=MAX_BLOCKS)
        for value in (self.channels, self.kernel_size):
            whole_number(value, "channels and kernel_size", low=1, high=2**62)
        if not self.log2_ns:
            raise ValueError(
                f"no N between 2^{self.min_log2_n} and 2^{self.max_log2_n}: with {self.channels} channels "
                f"log2 N is {self._offset % 2} plus an even number, and M at least 2"
            )
        wrong = [r for r in self.regimes if r not in (1, 2, 3)]
        if wrong or not self.regimes:
            raise ValueError(f"regimes are some of 1, 2 and 3, found {self.regimes}")
        if not self.blocks:
            raise ValueError("blocks must hold at least one number of blocks, found none")
        if not self.epsilons or not all(0 < e < 1 for e in (*self.epsilons, self.at_epsilon)):
            raise ValueError(
                f"epsilon is a 2-norm error in (0, 1), found {self.epsilons}, {self.at_epsilon}"
            )
        if min(*self.epsilons, self.at_epsilon) < LEAST_EPSILON:
            raise ValueError(
                f"epsilon is at least {LEAST_EPSILON:g} in a study, found "
                f"{min(*self.epsilons, self.at_epsilon):g}"
            )
        self.points()  # each refuses what it cannot be

    @property
    def _offset(self) -> int:
        return self.channels.bit_length() - 1

    @property
    def log2_ns(self) -> tuple[int, ...]:
        """Values of the N axis."""
        first = max(self.min_log2_n, self._offset + 2)
        first += (first - self._offset) % 2
        return tuple(range(first, self.max_log2_n + 1, 2))

    @property
    def curves(self) -> tuple[Curve, ...]:
        """The curves of the regimes asked for."""
        return tuple(curve for curve in CURVES if curve.regime in self.regimes)

    def points(self) -> list[tuple[str, Point]]:
        """Every (axis, point); a point that lies on several axes is there several times."""
        found: list[tuple[str, Point]] = []
        for axis in AXES:
            for log2_n, k, epsilon in self._along(axis):
                found += [
                    (
                        axis,
                        Point(
                            curve=curve,
                            log2_n=log2_n,
                            num_blocks=k,
                            epsilon=epsilon,
                            channels=self.channels,
                            kernel_size=self.kernel_size,
                            has_schedule=self.has_schedule,
                        ),
                    )
                    for curve in self.curves
                    if axis in curve.axes
                ]
        return found

    def _along(self, axis: str) -> list[tuple[int, int, float]]:
        n, k, epsilon = self.at_log2_n, self.at_blocks, self.at_epsilon
        if axis == "N":
            return [(value, k, epsilon) for value in self.log2_ns]
        if axis == "k":
            return [(n, value, epsilon) for value in self.blocks]
        return [(n, k, value) for value in self.epsilons]
