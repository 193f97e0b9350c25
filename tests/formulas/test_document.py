"""The document is what the code gives."""

from __future__ import annotations

import pytest
from qualtran.resource_counting import QECGatesCost, get_cost_value

from bloqs.core.counts import Numbers, toffoli_like
from bloqs.formulas.document import PATH, document, other_layers
from bloqs.formulas.rows import by_degrees
from bloqs.networks.symbolic import recurrence


@pytest.mark.slow
def test_formulas_in_the_docs_are_those_of_the_code() -> None:
    assert PATH.read_text(encoding="utf-8") == document(), (
        "docs/formulas.md is not what the bloqs give: run `python -m bloqs.formulas` and "
        "look at the difference; a changed cost needs a line in the changelog"
    )


@pytest.mark.slow
@pytest.mark.parametrize("c", [2, 3])
def test_printed_recurrence_of_other_layers_is_the_cost(c: int) -> None:
    """Line by line with numbers, in the form that the document prints."""
    network = other_layers()
    sizes = {"C": 2**c - 1, "c": c, "m": 4, "b": 11}
    degrees = {"d_1": 2, "q_1": 3, "d_2": 4, "q_2": 7, "q_3": 5}
    known = {**sizes, **degrees}
    for line in recurrence(network):
        put = Numbers(known).put
        known[str(line.toffoli_symbol)] = put(by_degrees(line.toffoli))
        known[str(line.rotation_symbol)] = put(by_degrees(line.rotations))
    gates, put = get_cost_value(network, QECGatesCost()), Numbers({**sizes, **degrees}).put
    assert known["T_3"] == put(toffoli_like(gates))
    assert known["R_3"] == put(gates.rotation)
