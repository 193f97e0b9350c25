"""Qubits against hours: the runs that no other one beats in both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, overload

import attrs
from qualtran.resource_counting import GateCounts

from bloqs.checks import sequence, whole_number
from bloqs.costs.surface_code.footprint import FootprintError, SurfaceCodeFootprint
from bloqs.costs.surface_code.run import Run
from bloqs.costs.surface_code.search import MAX_FACTORIES, Search, make_search

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

DENSE_UP_TO = 32
"""Every number of factories is tried up to here, then steps of a tenth."""

COLUMNS = (
    "model",
    "physical_qubits",
    "hours",
    "code_distance",
    "factories",
    "factory",
    "factory_distances",
    "factory_qubits",
    "data_qubits",
    "failure_probability",
    "target_failure_probability",
    "limited_by",
    "logical_qubits",
    "ccz_states",
    "t_states",
    "t_depth",
    "physical_error",
    "cycle_time_us",
    "reaction_time_us",
)


@attrs.frozen(repr=False)
class ParetoCurve(Sequence[SurfaceCodeFootprint]):
    """Footprints by rising number of qubits and falling time, none beaten by another in both.

    Parameters:
        footprints: at least one, in that order.

    Raises:
        ValueError: there is none.

    Example:
        >>> curve = pareto(GateCounts(and_bloq=10**6), 100)
        >>> budget = curve.fewest_qubits.hours / 2
        >>> curve.within(hours=budget).hours <= budget
        True
    """

    footprints: tuple[SurfaceCodeFootprint, ...]

    def __attrs_post_init__(self) -> None:
        if not self.footprints:
            raise ValueError("a curve has at least one point, got none")

    @overload
    def __getitem__(self, index: int) -> SurfaceCodeFootprint: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[SurfaceCodeFootprint, ...]: ...

    def __getitem__(
        self, index: int | slice
    ) -> SurfaceCodeFootprint | tuple[SurfaceCodeFootprint, ...]:
        return self.footprints[index]

    def __len__(self) -> int:
        return len(self.footprints)

    def __repr__(self) -> str:
        first, last = self.fewest_qubits, self.fastest
        return (
            f"ParetoCurve({len(self)} runs: {first.physical_qubits:,} qubits for {first.hours:.3g} h ... "
            f"{last.physical_qubits:,} qubits for {last.hours:.3g} h)"
        )

    def _repr_html_(self) -> str:
        shown = ["factories", "physical_qubits", "hours", "code_distance", "limited_by"]
        return str(self.to_dataframe()[shown].to_html(index=False))

    @property
    def fewest_qubits(self) -> SurfaceCodeFootprint:
        """The slowest."""
        return self.footprints[0]

    @property
    def fastest(self) -> SurfaceCodeFootprint:
        """The one with the most qubits."""
        return self.footprints[-1]

    @property
    def fewest_qubit_hours(self) -> SurfaceCodeFootprint:
        """The smallest spacetime volume on the curve."""
        return min(self.footprints, key=lambda footprint: footprint.qubit_hours)

    def within(
        self, *, physical_qubits: int | None = None, hours: float | None = None
    ) -> SurfaceCodeFootprint:
        """The fastest of at most so many qubits, or the smallest of at most so many hours.

        Args:
            physical_qubits: what there is.
            hours: what there is.

        Returns:
            A point of the curve.

        Raises:
            ValueError: not exactly one of the two is given.
            FootprintError: there is no such point; the message tells the nearest.
        """
        if (physical_qubits is None) == (hours is None):
            raise ValueError(
                f"give one of physical_qubits and hours, got {physical_qubits} and {hours}"
            )
        if physical_qubits is not None:
            few = [f for f in self.footprints if f.physical_qubits <= physical_qubits]
            if not few:
                raise FootprintError(
                    f"{physical_qubits:,} physical qubits are too few: the smallest point of the curve takes "
                    f"{self.fewest_qubits.physical_qubits:,}; raise the qubits or the failure probability"
                )
            return few[-1]
        assert hours is not None
        quick = [f for f in self.footprints if f.hours <= hours]
        if not quick:
            raise FootprintError(
                f"{hours:g} hours are too short: the fastest point of the curve takes "
                f"{self.fastest.hours:.3g}, limited by {self.fastest.limited_by}; give more hours, or a "
                "shorter T-depth or reaction time"
            )
        return quick[0]

    def to_dataframe(self) -> pd.DataFrame:
        """One row a point, in the order of the curve; columns as the attributes of a footprint."""
        import pandas as pd

        rows = [
            [
                str(value) if isinstance(value := getattr(footprint, name), tuple) else value
                for name in COLUMNS
            ]
            for footprint in self.footprints
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def plot(self, ax: Axes | None = None, **line: Any) -> Axes:
        """Hours against physical qubits, both logarithmic.

        Args:
            ax: where to draw; new axes when None.
            line: passed to matplotlib's `step`, such as `label`.

        Returns:
            The axes.
        """
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots(layout="constrained")
        qubits = [footprint.physical_qubits for footprint in self.footprints]
        hours = [footprint.hours for footprint in self.footprints]
        first = self.footprints[0]
        style = {"label": f"{first.model}, p = {first.physical_error:g}", "marker": "o", **line}
        # A step: between two points the machine of the left one is the best that fits.
        ax.step(qubits, hours, where="post", markersize=3, **style)
        ends = {self.fewest_qubits: "left", self.fastest: "right"}
        for footprint, side in ends.items():
            ax.annotate(
                f"{footprint.factories} factor{'y' if footprint.factories == 1 else 'ies'}",
                (footprint.physical_qubits, footprint.hours),
                xytext=(0, 6 if side == "left" else -12),
                textcoords="offset points",
                horizontalalignment=side,
                fontsize=8,
            )
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xlabel("physical qubits")
        ax.set_ylabel("hours")
        ax.set_title(f"{first.logical_qubits:,} logical qubits")
        ax.legend()
        return ax


def pareto(
    gate_counts: GateCounts,
    logical_qubits: int,
    *,
    factories: Iterable[int] | None = None,
    **physical: Any,
) -> ParetoCurve:
    """The trade-off of physical qubits against hours, from one factory to as many as keep up.

    Every factory, every number of it and the smallest code distance that meets the target make one run; those
    that no other run beats in both qubits and hours are the curve. More factories than keep up with
    consumption and reaction gain nothing, which ends it.

    Args:
        gate_counts: native counts without rotations (`with_rotations_as_t`).
        logical_qubits: qubits of the algorithm.
        factories: the numbers of factories that are tried. When None 1, 2, ... 32, then steps of a tenth, up
            to the number that keeps up.
        physical: as `surface_code_footprint`, but `factories`.

    Returns:
        The curve, fewest qubits first.

    Raises:
        FootprintError: no run meets the target.
        ValueError: as `surface_code_footprint`.
        TypeError: unknown parameter.

    Example:
        >>> curve = pareto(GateCounts(and_bloq=10**6, t=10**5), 100)
        >>> curve.fewest_qubits.factories, curve.fastest.limited_by
        (1, 'reaction')
    """
    search = make_search(gate_counts, logical_qubits, **physical)
    numbers = None if factories is None else _checked_numbers(factories)
    runs: list[Run] = []
    for candidate in search.candidates():
        first = None if numbers is not None else search.first_distances(candidate)
        for number in numbers if numbers is not None else _numbers(search, candidate):
            run = search.run(candidate, number, first)
            if run is not None:
                runs.append(run)
    if not runs:
        raise FootprintError(search.data_too_noisy())
    return ParetoCurve(tuple(search.footprint(run, "pareto") for run in _undominated(runs)))


def _numbers(search: Search, candidate: Any) -> list[int]:
    """1, 2, ... up to the number of factories that keeps up."""
    fastest = search.run(candidate, "auto")
    if fastest is None:
        return [1]
    numbers, number = [], 1
    while number < fastest.factories:
        numbers.append(number)
        number = number + 1 if number < DENSE_UP_TO else max(number + 1, round(1.1 * number))
    return [*numbers, fastest.factories]


def _undominated(runs: list[Run]) -> list[Run]:
    """By rising qubits and strictly falling cycles."""
    kept: list[Run] = []
    for run in sorted(runs, key=lambda r: (r.qubits, r.cycles)):
        if not kept or run.cycles < kept[-1].cycles:
            kept.append(run)
    return kept


def _checked_numbers(factories: Iterable[int]) -> list[int]:
    """Each number of factories once, rising."""
    words = "integers, 1 or more"
    given = sequence(factories, "factories", words)
    if not given:
        raise ValueError(f"factories must be {words}, found none")
    return sorted({whole_number(n, "each of factories", low=1, high=MAX_FACTORIES) for n in given})
