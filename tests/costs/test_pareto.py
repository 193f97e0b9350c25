"""The trade-off of qubits against hours: nothing on it is beaten, nothing better is missing."""

from __future__ import annotations

import itertools

import matplotlib.pyplot as plt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import (
    LogicalErrorModel,
    MultiFactory,
    QECScheme,
    iter_ccz2t_factories,
    iter_simple_data_blocks,
)

from bloqs.costs.surface_code import (
    FootprintError,
    ParetoCurve,
    pareto,
    surface_code_footprint,
)

# digits-1 by data: 285,803 Toffoli-like gates, 936 rotations of 32 T
DIGITS = GateCounts(and_bloq=221_543, cswap=64_260, t=29_952, measurement=221_543)
QUBITS = 1_337


@pytest.fixture(scope="module", params=["gidney-fowler", "beverland"])
def curve(request: pytest.FixtureRequest) -> ParetoCurve:
    return pareto(DIGITS, QUBITS, model=request.param)


def test_curve_is_monotone(curve: ParetoCurve) -> None:
    assert len(curve) >= 2
    for left, right in itertools.pairwise(curve):
        assert left.physical_qubits < right.physical_qubits
        assert left.hours > right.hours
    assert curve.fewest_qubits is curve[0]
    assert curve.fastest is curve[-1]
    assert all(f.failure_probability <= 1e-2 for f in curve)


def test_no_single_search_beats_the_curve(curve: ParetoCurve) -> None:
    for number in (*range(1, 20), 40, "auto"):
        footprint = surface_code_footprint(DIGITS, QUBITS, model=curve[0].model, factories=number)
        assert any(
            point.physical_qubits <= footprint.physical_qubits and point.hours <= footprint.hours
            for point in curve
        )


def test_every_point_is_a_footprint_of_its_number_of_factories(curve: ParetoCurve) -> None:
    for point in curve:
        alone = surface_code_footprint(DIGITS, QUBITS, model=point.model, factories=point.factories)
        assert alone.qubit_hours <= point.qubit_hours * (1 + 1e-12)


def test_curve_ends_where_factories_keep_up(curve: ParetoCurve) -> None:
    assert curve.fastest.limited_by != "magic states"
    assert all(point.limited_by == "magic states" for point in curve[:-1])
    many = pareto(DIGITS, QUBITS, model=curve[0].model, factories=range(1, 60))
    assert many.fastest.hours == curve.fastest.hours
    assert [p.physical_qubits for p in many] == [p.physical_qubits for p in curve]


def test_gidney_fowler_curve_is_that_of_qualtrans_functions() -> None:
    curve = pareto(DIGITS, QUBITS)
    scheme = QECScheme.make_gidney_fowler()
    error = LogicalErrorModel(1e-3, scheme)
    reaction = 10 * (DIGITS.and_bloq + DIGITS.cswap + DIGITS.t)
    points = set()
    for factory in iter_ccz2t_factories():
        if factory.factory_error(DIGITS, error) >= 1e-2:
            continue
        for number in range(1, 25):
            cycles = max(reaction, MultiFactory(factory, number).n_cycles(DIGITS, error))
            for block in iter_simple_data_blocks():
                total = factory.factory_error(DIGITS, error) + block.data_error(
                    QUBITS, cycles, error
                )
                if total <= 1e-2:
                    qubits = number * factory.n_physical_qubits() + block.n_physical_qubits(QUBITS)
                    points.add((qubits, cycles))
                    break
    front, least = [], float("inf")
    for qubits, cycles in sorted(points):
        if cycles < least:
            front.append((qubits, cycles))
            least = cycles
    assert front == [(point.physical_qubits, point.cycles) for point in curve]


def test_a_shorter_t_depth_reaches_further() -> None:
    serial = pareto(DIGITS, QUBITS)
    shallow = pareto(DIGITS, QUBITS, t_depth=20_000)
    assert shallow.fastest.hours < serial.fastest.hours / 5
    assert shallow.fastest.factories > 100
    assert shallow.fastest.limited_by == "reaction"


@settings(max_examples=15)
@given(
    t=st.integers(1, 10**9),
    toffoli=st.integers(0, 10**9),
    qubits=st.integers(1, 10**4),
    depth=st.floats(0.01, 1.0),
)
def test_curves_of_any_counts_are_monotone(t: int, toffoli: int, qubits: int, depth: float) -> None:
    counts = GateCounts(t=t, toffoli=toffoli)
    curve = pareto(counts, qubits, t_depth=max(1, int(depth * (t + toffoli))))
    hours = [point.hours for point in curve]
    sizes = [point.physical_qubits for point in curve]
    assert hours == sorted(hours, reverse=True)
    assert sizes == sorted(sizes)
    assert len(set(hours)) == len(set(sizes)) == len(curve)


def test_within(curve: ParetoCurve) -> None:
    middle = curve[len(curve) // 2]
    assert curve.within(physical_qubits=middle.physical_qubits) is middle
    assert curve.within(hours=middle.hours) is middle
    assert curve.within(physical_qubits=10**9) is curve.fastest
    with pytest.raises(FootprintError, match=r"^1,000 physical qubits are too few: the smallest"):
        curve.within(physical_qubits=1000)
    with pytest.raises(FootprintError, match=r"^1e-09 hours are too short: the fastest point"):
        curve.within(hours=1e-9)
    with pytest.raises(
        ValueError, match="give one of physical_qubits and hours, got None and None"
    ):
        curve.within()


def test_table_and_plot(curve: ParetoCurve) -> None:
    table = curve.to_dataframe()
    assert len(table) == len(curve)
    assert list(table["physical_qubits"]) == [point.physical_qubits for point in curve]
    assert list(table["hours"]) == [point.hours for point in curve]
    assert set(table["model"]) == {curve[0].model}
    assert list(table["factory_distances"]) == [str(p.factory_distances) for p in curve]
    ax = curve.plot(label="digits-1")
    x, y = ax.lines[0].get_data()
    assert list(x) == list(table["physical_qubits"])
    assert list(y) == list(table["hours"])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert curve.plot(ax) is ax
    plt.close(ax.figure)


def test_refusals() -> None:
    with pytest.raises(FootprintError, match="two levels of distillation are too weak"):
        pareto(GateCounts(t=10**13), 100, factory="ccz2t")
    with pytest.raises(FootprintError, match="cannot be met by data of code distance up to 99"):
        pareto(GateCounts(t=1), 10**60, failure_probability=1e-4)
    with pytest.raises(
        ValueError, match=r"each of factories must be an integer from 1 to .*found 0"
    ):
        pareto(DIGITS, QUBITS, factories=[2, 0])
    with pytest.raises(ValueError, match="consumes magic states at any rate"):
        pareto(DIGITS, QUBITS, reaction_time_us=0.0)
    with pytest.raises(ValueError, match="at least one point"):
        ParetoCurve(())
    with pytest.raises(TypeError, match="colour"):
        pareto(DIGITS, QUBITS, colour="blue")
