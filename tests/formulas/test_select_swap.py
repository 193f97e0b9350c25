"""Select-swap in formulas: exact by name, and bounds that hold above the exact planner."""

from __future__ import annotations

import itertools

import pytest
import sympy
from qualtran.resource_counting import QECGatesCost, QubitCount, get_cost_value

from bloqs.core.counts import toffoli_like
from bloqs.formulas.select_swap import (
    SelectSwapToffolis,
    lookup_bound,
    named_select_swap,
    select_swap_bound,
)
from bloqs.loading.plan import (
    SelectSwapAnds,
    SelectSwapSwaps,
    SelectSwapWorkspace,
    TreeShape,
    segment_counts,
    select_swap_segments,
)
from bloqs.loading.select_swap import SelectSwapLookup

NAMES = "C D m n b c t"
C, D, m, n, b, c, t = sympy.symbols(NAMES)


def test_named_select_swap_is_exact_and_refuses_unequal_coefficients() -> None:
    args = (c, n, 1, b, 0)
    joined = named_select_swap(3 * SelectSwapAnds(*args) + 3 * SelectSwapSwaps(*args) + n)
    assert joined == 3 * SelectSwapToffolis(*args) + n
    shape = TreeShape(2, 3, True, 7, False)
    counts = segment_counts(shape, select_swap_segments(shape))
    assert joined.subs({c: 2, n: 3, b: 7}) == 3 * (counts.ands + counts.swaps) + 3
    with pytest.raises(ValueError, match="different coefficients"):
        named_select_swap(SelectSwapAnds(*args) + 2 * SelectSwapSwaps(*args))


@pytest.mark.parametrize("bits", [3, 16, 50])
def test_select_swap_bound_holds_for_every_plan(bits: int) -> None:
    """Up to 20 address qubits in all; and it is no empty promise."""
    gates = sympy.lambdify((c, n), select_swap_bound(SelectSwapToffolis(c, n, 0, bits, 0)))
    ratios = []
    for total in range(1, 21):
        for index in range(total):
            levels = total - index
            for flag, control in ((0, 0), (1, 1)):
                shape = TreeShape(index, levels, bool(flag), bits, bool(control))
                counts = segment_counts(shape, select_swap_segments(shape))
                ratios.append((counts.ands + counts.swaps) / gates(index, levels))
                assert ratios[-1] <= 1, f"{shape}: {counts}"
                workspace = select_swap_bound(
                    SelectSwapWorkspace(c, levels, flag, bits, control)
                ).subs(c, index)
                assert counts.workspace <= float(workspace), f"{shape}: {counts}"
    assert max(ratios) > 0.8


def test_lookup_bound_holds() -> None:
    ratios = []
    for size, bits in itertools.product(range(21), (1, 2, 3, 7, 16, 31, 62)):
        bloq = SelectSwapLookup(None, size, bits)
        gates, qubits = (float(bound) for bound in lookup_bound(size, bits))
        exact = toffoli_like(get_cost_value(bloq, QECGatesCost()))
        ratios.append(exact / gates)
        assert exact <= gates, (size, bits)
        assert get_cost_value(bloq, QubitCount()) <= qubits, (size, bits)
    assert max(ratios) > 0.8
