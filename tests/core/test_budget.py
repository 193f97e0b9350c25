"""The budget: parts add up, or it is refused."""

from __future__ import annotations

import json
import math

import attrs
import pytest

from bloqs.core.budget import DEFAULT_SPLIT, BudgetError, BudgetItem, ErrorBudget, ErrorSplit


def leaf(name: str, share: float, used: float = 0.5) -> BudgetItem:
    return BudgetItem(name=name, given=share, used=used * share)


def budget(*parts: BudgetItem, epsilon: float = 1e-2) -> ErrorBudget:
    root = BudgetItem.of("network", parts, given=epsilon)
    return ErrorBudget(epsilon=epsilon, root=root, split=DEFAULT_SPLIT)


def test_parts_sum_to_the_whole() -> None:
    made = budget(leaf("a", 4e-3), BudgetItem.of("b", (leaf("b1", 1e-3), leaf("b2", 2e-3))))
    assert made.part("b").given == pytest.approx(3e-3)
    assert made.root.used == pytest.approx(0.5 * 7e-3)
    assert [item.name for _, item in made.rows()] == ["network", "a", "b", "b1", "b2"]
    with pytest.raises(KeyError, match="b1"):
        made.part("c")


def test_overspending_is_refused_and_named() -> None:
    with pytest.raises(BudgetError, match=r"a uses 0\.002 of 0\.001"):
        budget(leaf("a", 1e-3, used=2))
    with pytest.raises(BudgetError, match="the parts of network are given"):
        budget(leaf("a", 6e-3), leaf("b", 6e-3))
    root = BudgetItem.of("network", (leaf("a", 6e-3),))
    with pytest.raises(BudgetError, match="more than epsilon"):
        ErrorBudget(epsilon=1e-3, root=root, split=DEFAULT_SPLIT)
    with pytest.raises(BudgetError, match="its parts use"):
        BudgetItem(name="a", given=1.0, used=0.9, parts=(leaf("b", 0.2),)).check()


def test_json_round_trip_and_tables() -> None:
    made = budget(leaf("a", 4e-3), leaf("b", 5e-3))
    assert ErrorBudget.from_dict(json.loads(json.dumps(made.to_dict()))) == made
    assert "network" in str(made)
    assert "50%" in str(made)
    assert made._repr_html_().startswith("<pre")


def test_splits() -> None:
    assert math.isclose(sum(attrs.astuple(ErrorSplit.even())), 1)
    assert math.isclose(sum(attrs.astuple(DEFAULT_SPLIT)), 1)
    with pytest.raises(ValueError, match=r"share of data must lie in \(0, 1\), got 0"):
        ErrorSplit(polynomial=0.5, data=0, synthesis=0.1, failure=0.1)
    with pytest.raises(ValueError, match=r"add to 1\.2 > 1"):
        ErrorSplit(polynomial=0.9, data=0.1, synthesis=0.1, failure=0.1)
