"""Rows of whole networks: exact with numbers put in."""

from __future__ import annotations

import pytest
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value

from bloqs.core.counts import toffoli_like
from bloqs.formulas.rows import network_row
from bloqs.networks.symbolic import symbolic_network


@pytest.mark.slow
@pytest.mark.parametrize("output", ["coherent", "heralded"])
def test_whole_network_formula_is_exact(output: str) -> None:
    row, network = network_row(1, "qrom", output), symbolic_network(1, kernel_size=3, output=output)
    gates = get_cost_value(network, QECGatesCost())
    costs = toffoli_like(gates), gates.rotation, get_cost_value(network, QubitCount())
    for channels, axis, bits, degrees in ((3, 1, 4, (2, 5, 7)), (8, 4, 16, (6, 11, 31))):
        numbers = {"C": channels, "m": axis, "b": bits}
        numbers |= dict(zip(("d_1", "q_1", "q_2"), degrees, strict=True))
        numbers["c"] = (channels - 1).bit_length()
        found = [formula.subs(numbers) for formula in (row.toffoli, row.rotations, row.qubits)]
        assert found == [cost.subs(numbers) for cost in costs]
