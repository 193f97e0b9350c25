"""The assumptions block: who is believed, and what is said where a budget is missed."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
import sympy
from qualtran import Bloq, Signature
from qualtran.bloqs.basic_gates import TGate
from qualtran.bloqs.rotations import PhaseGradientState

from bloqs.core.rotation import GenericRotation
from bloqs.costs.assumptions import collect_assumptions, least_stated, words
from bloqs.costs.conventions import Conventions
from bloqs.loading.phase_gradient import BorrowPhaseGradient


@attrs.frozen
class Teller(Bloq):
    """Says what it is told to say."""

    given: Any = None
    has_data: bool = True
    synthesis_epsilon: float | None = None

    @property
    def signature(self) -> Signature:
        return Signature([])

    @property
    def assumptions(self) -> Any:
        return self.given

    def __hash__(self) -> int:
        return id(self)


def block(*bloqs: Bloq, epsilon: float = 1e-3, **options: Any) -> dict[str, str]:
    conventions = Conventions(synthesis_epsilon=epsilon)
    return collect_assumptions(bloqs, conventions, memory=None, **options)


def test_the_outermost_is_believed() -> None:
    told = block(Teller({"norm": 0.123456789, "loader": "outer"}), Teller({"loader": "inner"}))
    assert told["loader"] == "outer"
    assert told["norm"] == "0.123457"
    assert told["QRAM model"] == "no hardware memory is queried"
    assert block(Teller({"QRAM model": "mine"}))["QRAM model"] == "mine"
    with pytest.raises(ValueError, match=r"Teller\.assumptions must be a mapping .* got 'words'"):
        block(Teller("words"))


@pytest.mark.parametrize(
    ("bloqs", "by_shape"),
    [
        ((Teller(), Teller()), False),
        ((Teller(), Teller(has_data=False)), True),
        ((TGate(),), False),
        ((TGate(), GenericRotation("Ry")), True),
        # Who knows whether it has data is asked first.
        ((Teller(), GenericRotation("Ry")), False),
    ],
)
def test_by_data_or_by_shape(bloqs: tuple[Bloq, ...], by_shape: bool) -> None:
    assert block(*bloqs)["gate counts"].startswith("by shape" if by_shape else "by data")


def test_phase_gradient_states() -> None:
    key = "phase-gradient state"
    assert block(TGate())[key] == "none used"
    assert block(PhaseGradientState(5))[key] == "its preparation is in the counts"
    found = block(BorrowPhaseGradient(5), BorrowPhaseGradient(7), PhaseGradientState(5))[key]
    # A hundredth of the share of synthesis: 1/99 of what the other rotations have.
    assert found.startswith("a catalyst of 7 qubits, prepared once to an error of 1.01e-05 by ")
    assert "symbolic" in block(BorrowPhaseGradient(sympy.Symbol("b")))[key]


def test_a_budget_that_is_missed_is_told() -> None:
    """From a billionth above what the budget leaves."""
    key, words = (
        "rotation synthesis error",
        "set by hand, above the 0.001 that the error budget leaves",
    )
    for epsilon, is_told in ((1e-3, False), (1e-3 * (1 + 1e-10), False), (1e-3 * (1 + 1e-8), True)):
        assert (words in block(TGate(), epsilon=epsilon, budgeted=1e-3)[key]) is is_told
    assert "set by hand" not in block(TGate(), epsilon=0.9)[key]


def test_least_stated() -> None:
    tellers = [Teller(synthesis_epsilon=e) for e in (None, 0.3, 0.2)]
    assert least_stated([TGate(), *tellers], "synthesis_epsilon") == 0.2
    assert least_stated([TGate(), tellers[0]], "synthesis_epsilon") is None


def test_words() -> None:
    assert [words(value) for value in (None, True, False, 3, 0.5, "x")] == [
        *("none", "yes", "no", "3", "0.5", "x")
    ]
    assert words([{"value": 2.0}, {"value": 3.5}]) == "value: 2 | value: 3.5"
    assert words((1, 2.5)) == "1, 2.5"
