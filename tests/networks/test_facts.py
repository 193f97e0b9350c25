"""The facts of a network: the block of assumptions word for word, and their stored forms 1 and 2."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from bloqs.core.budget import BudgetItem, ErrorBudget, ErrorSplit
from bloqs.layers import LayerFacts
from bloqs.networks.facts import VERSION, NetworkFacts, SymbolicFacts

SPLIT = ErrorSplit(polynomial=0.5, data=0.2, synthesis=0.1, failure=0.2)
BUDGET = ErrorBudget(
    epsilon=0.01,
    split=SPLIT,
    root=BudgetItem.of(
        "network",
        (
            BudgetItem(name="polynomials", given=4e-3, used=1e-3, rule="certified"),
            BudgetItem(name="machine", given=2e-3, used=None),
        ),
        given=0.01,
    ),
)
BETA = {"value": 0.7, "origin": "measured"}
FACTS = NetworkFacts(
    regime="1: all",
    loading="qram",
    loaders={"input": "qram", "kernels": "select-swap"},
    convolution="columns-or-rows",
    paths=2,
    angle_bits=9,
    has_data=False,
    epsilon=0.01,
    stated_epsilon=0.008,
    output="coherent",
    bounds_origin="given",
    activation="tanh",
    gain=0.75,
    layers=(
        LayerFacts(
            name="block 1",
            norms=(0.5, 1.5),
            degree=4,
            amplitude=0.3,
            alpha=2.5,
            is_alpha_measured=False,
            amplification=7,
        ),
        LayerFacts(
            name="block 2", norms=(0.6, 1.6), degree=2, amplitude=1.0, alpha=3.5, amplification=5
        ),
        LayerFacts(
            name="output",
            norms=(0.1, 0.2),
            amplification=31,
            notes={"skip weight tau": 0.25, "column norm bound beta": BETA},
        ),
    ),
    budget=BUDGET,
    synthesis_epsilon=9e-4,
    failure_probability=1e-3,
    remarks={"image size": "padded"},
)
ASSUMPTIONS: dict[str, Any] = {
    "regime": "1: all",
    "loading": "qram",
    "loaders": {"input": "qram", "kernels": "select-swap"},
    "input paths": 2,
    "angle bits": 9,
    "data": "by shape (upper bound)",
    "epsilon asked": 0.01,
    "epsilon stated": 0.008,
    "epsilon for rotation synthesis": 9e-4,
    "failure probability allowed in a run": 1e-3,
    "output": "coherent",
    "norm bounds": {
        "origin": "given",
        "block 1": [0.5, 1.5],
        "block 2": [0.6, 1.6],
        "output": [0.1, 0.2],
    },
    "amplitude bounds": [0.3, 1.0],
    "convolution": "columns-or-rows",
    "convolution alpha": [
        {"value": 2.5, "origin": "from shapes"},
        {"value": 3.5, "origin": "measured"},
    ],
    "activation": "tanh, gain 0.75",
    "activation degrees": [4, 2],
    "amplification degrees": [7, 5, 31],
    "skip weight tau": 0.25,
    "column norm bound beta": BETA,
    "image size": "padded",
}


def test_assumptions() -> None:
    assert FACTS.assumptions == ASSUMPTIONS
    assert attrs.evolve(FACTS, has_data=True).assumptions["data"] == "by data"
    assert FACTS.layer_names == ("block 1", "block 2", "output")
    assert FACTS.activation_degrees == [4, 2]
    assert FACTS.amplification_degrees == [7, 5, 31]


def test_stored_form_is_read_again() -> None:
    text = FACTS.to_json()
    assert NetworkFacts.is_current(text)
    assert NetworkFacts.from_json(text) == FACTS
    assert json.loads(text)["version"] == VERSION == 2
    assert NetworkFacts.from_json("{}") is None


def version_1(**changes: Any) -> str:
    """What version 1 stored: the assumptions, which had no convolution, and the budget."""
    notes = {**ASSUMPTIONS, **changes}
    del notes["convolution"]
    if notes["image size"] is None:
        del notes["image size"]
    return json.dumps({"assumptions": notes, "budget": BUDGET.to_dict()})


def test_version_1_is_read() -> None:
    text = version_1()
    assert not NetworkFacts.is_current(text)
    assert NetworkFacts.from_json(text) == FACTS
    without = NetworkFacts.from_json(version_1(**{"image size": None, "data": "by data"}))
    assert without == attrs.evolve(FACTS, remarks={}, has_data=True)


SYMBOLIC = SymbolicFacts(loading="qrom", output="heralded", symbols={"n": "qubits"})


def test_symbols_are_read_in_both_versions() -> None:
    assert NetworkFacts.from_json(SYMBOLIC.to_json()) == SYMBOLIC
    notes = SYMBOLIC.assumptions
    assert notes["data"] == "by shape (upper bound), sizes and degrees as symbols"
    old = json.dumps({"assumptions": notes, "budget": None})
    assert NetworkFacts.from_json(old) == SYMBOLIC
    assert (SYMBOLIC.budget, SYMBOLIC.synthesis_epsilon, SYMBOLIC.layer_names) == (None, None, ())


@pytest.mark.parametrize("version", [3, 0])
def test_other_versions_are_refused(version: int) -> None:
    text = json.dumps({**json.loads(FACTS.to_json()), "version": version})
    with pytest.raises(ValueError, match=rf"have version {version}; .* reads 2 and 1"):
        NetworkFacts.from_json(text)


def test_a_record_with_a_hole_is_refused() -> None:
    values = json.loads(FACTS.to_json())
    del values["regime"]
    with pytest.raises(ValueError, match="the facts of a network cannot be read"):
        NetworkFacts.from_json(json.dumps(values))
