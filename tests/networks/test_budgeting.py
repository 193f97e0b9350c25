"""The error budget on layers whose errors are known: every share by hand."""

from __future__ import annotations

import pytest

from bloqs.core.budget import BudgetError, ErrorSplit
from bloqs.networks.budgeting import network_budget
from bloqs.networks.build import Build
from tests.networks.toys import Knob, plan_of

SPLIT = ErrorSplit(polynomial=0.5, data=0.2, synthesis=0.1, failure=0.2)
BUILD = Build(epsilon=0.1, split=SPLIT)


def rows(*layers: Knob, exact: float, input_error: float = 0.0) -> dict[str, tuple[float, object]]:
    plan = plan_of(*layers, input_error=input_error)
    degrees = (9,) * len(layers)  # an error of 1e-9 of each size
    budget = network_budget(plan, degrees, BUILD, exact)
    return {item.name: (item.given, item.used) for _, item in budget.rows()}


def test_shares_follow_the_error_at_the_end() -> None:
    """Roundings of 1, 2 and 4 thousandths, followed by factors 3 * 2, 2 and 1; the input by 5 * 3 * 2."""
    found = rows(
        Knob(factor=5, rounding=1e-3, size=1.0),
        Knob(factor=3, rounding=2e-3, size=0.0),
        Knob(factor=2, rounding=4e-3, size=3.0),
        exact=5e-3,
        input_error=1e-4,
    )
    # 30 * 0.1 + 6 * 1 + 2 * 2 + 4 = 17 thousandths at the end, 5 of them the polynomials', 12 of data.
    assert found["data precision"][1] == pytest.approx(12e-3, abs=1e-7)
    wanted = {"rounded input": 3, "rounding of a": 6, "rounding of b": 4, "rounding of c": 4}
    for name, thousandths in wanted.items():
        given, used = found[name]
        assert given == pytest.approx(0.02 * thousandths / 17)
        assert used == pytest.approx(12e-3 * thousandths / 17, abs=1e-7)
    # Polynomials: 1 * 6 and 3 * 1.
    for name, ninths in {"polynomial of a": 6, "polynomial of c": 3}.items():
        given, used = found[name]
        assert given == pytest.approx(0.05 * ninths / 9)
        assert used == pytest.approx(5e-3 * ninths / 9)
    assert "polynomial of b" not in found


def test_synthesis_and_failure() -> None:
    found = rows(Knob(rounding=1e-3), exact=1e-4)
    assert found["rotations of the circuit"] == (pytest.approx(0.99 * 0.01), None)
    assert found["phase-gradient state"] == (pytest.approx(0.01 * 0.01), None)
    assert found["magic-state and logical failure"] == (pytest.approx(0.2 * 0.1), None)
    assert found["network"][0] == 0.1


def test_data_that_need_more_are_handed_what_polynomials_leave() -> None:
    """25 thousandths of rounding, given 20: the missing 5 come from the polynomials' 50."""
    found = rows(Knob(rounding=26e-3), exact=1e-3)
    assert found["data precision"][0] == pytest.approx(25e-3, abs=1e-7)
    assert found["data precision"][1] == pytest.approx(25e-3, abs=1e-7)
    assert found["polynomials"] == (pytest.approx(45e-3, abs=1e-7), pytest.approx(1e-3))
    exactly = rows(Knob(rounding=20e-3), exact=0.0)
    assert exactly["polynomials"][0] == pytest.approx(50e-3, abs=1e-7)


def test_polynomials_use_no_more_than_is_stated() -> None:
    """With data the network may be better than by shape with exact data."""
    found = rows(Knob(rounding=1e-3), exact=2e-3)
    assert found["polynomials"][1] == pytest.approx(1e-3, abs=1e-7)
    assert "data precision" in found
    assert found["data precision"][1] == pytest.approx(0.0)


def test_more_than_both_shares_is_refused() -> None:
    assert rows(Knob(rounding=69e-3), exact=1e-3)
    with pytest.raises(BudgetError, match=r"polynomial of a uses 0\.001 of"):
        rows(Knob(rounding=71e-3), exact=1e-3)
