import itertools

import attrs
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from qualtran.bloqs.data_loading.qroam_clean import QROAMCleanAdjoint
from qualtran.resource_counting import get_cost_value

from bloqs.loading import (
    ColumnOracle,
    LoadedVector,
    MeasuredUnload,
    MeasureRow,
    PhaseFixUp,
    QRAMQuery,
    TableLookup,
    TabulatedRotations,
    measured_uncomputation,
)
from tests.loading.reference import GATES, QUBITS, assert_costs, controlled, decomposed_gates


def measured(bloq):
    return get_cost_value(bloq, GATES, generalizer=measured_uncomputation)


def unload(entries, width, is_controlled=False, data=None):
    bits = (entries - 1).bit_length()
    return MeasuredUnload(
        TableLookup(
            data, bits, width, num_entries=entries, is_controlled=is_controlled, use="unload"
        )
    )


@pytest.mark.parametrize(
    ("entries", "n", "k"), [(2, 1, 1), (4, 2, 1), (4, 2, 2), (7, 3, 2), (8, 3, 1)]
)
@pytest.mark.parametrize("is_controlled", [False, True])
def test_fix_up_is_the_diagonal_of_its_bits(entries, n, k, is_controlled):
    bits = np.random.default_rng(entries).integers(0, 2, entries)
    bits[-1] = 1
    bloq = PhaseFixUp(bits, n, k, is_controlled=is_controlled)
    diagonal = np.ones(2**n)
    diagonal[:entries] = (-1.0) ** bits
    matrix = bloq.tensor_contract()
    used = np.arange(entries)
    if is_controlled:
        expected = controlled(np.diag(diagonal))
        used = np.concatenate([np.arange(2**n), 2**n + used])
    else:
        expected = np.diag(diagonal)
    np.testing.assert_allclose(matrix[np.ix_(used, used)], expected[np.ix_(used, used)], atol=1e-12)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 32), st.booleans(), st.booleans())
def test_fix_up_formula_equals_decomposition(n, k, entries, is_controlled, by_shape):
    k, entries = min(k, n), min(entries, 2**n)
    bits = np.random.default_rng(entries).integers(0, 2, entries)
    bloq = PhaseFixUp(None if by_shape else bits, n, k, entries, is_controlled)
    gates, _ = assert_costs(bloq)
    rows = -(-entries // 2**k)
    table = rows - 1 if is_controlled else max(rows - 2, 0)
    assert gates.and_bloq == table + 2**k - 2


def test_every_outcome_is_fixed():
    # A row measured in X leaves <m|_X |row> = (-1)**(m . row) / sqrt(2**W): the fix-up undoes the sign.
    table = [5, 0, 7, 2, 6, 3, 1]
    bloq = unload(7, 3, data=table)
    amplitudes = np.array([0.3, -0.5, 0.1, 0.4, -0.2, 0.6, 0.25, 0.0])
    hadamard = np.array([[1.0]])
    for _ in range(3):
        hadamard = np.kron(hadamard, [[1, 1], [1, -1]]) / np.sqrt(2)
    for outcome in range(8):
        after = np.array([hadamard[outcome, row] for row in [*table, 0]]) * amplitudes
        fixed = bloq.fix_up(outcome).tensor_contract() @ after
        np.testing.assert_allclose(fixed * np.sqrt(8), amplitudes, atol=1e-12)


@pytest.mark.parametrize("entries", [4, 16, 64, 256, 1024])
@pytest.mark.parametrize("is_controlled", [False, True])
def test_costs_as_the_stock_bloq(entries, is_controlled):
    # With words wide enough to make room, the best block of Qualtran's own formula.
    bloq = unload(entries, entries, is_controlled)
    best = min(
        get_cost_value(
            QROAMCleanAdjoint.build_from_bitsize(
                entries, (entries,), num_controls=int(is_controlled), log_block_sizes=k
            ),
            GATES,
        ).toffoli
        for k in range(1, entries.bit_length())
    )
    gates = get_cost_value(bloq, GATES)
    assert gates.and_bloq == best
    # One measurement a bit; the other measurements undo And gates.
    assert gates.measurement == entries + gates.and_bloq


def test_an_unload_costs_the_root_of_its_entries():
    sizes = np.arange(8, 32, 2)
    counts = [get_cost_value(unload(2**n, 2**n), GATES).and_bloq for n in map(int, sizes)]
    assert counts == [2 * 2 ** (n // 2) - 4 for n in map(int, sizes)]


@given(
    st.integers(2, 5),
    st.integers(1, 9),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_measured_formula_equals_decomposition(n, b, words, retreat, is_controlled, by_shape):
    lookup = TableLookup(
        None if by_shape else np.arange(2**n * words) % 2**b,
        n,
        b,
        words,
        is_controlled=is_controlled,
        use="retreat" if retreat else "unload",
        earlier=(n - 2, 1 + words // 2) if retreat else None,
    )
    bloq = MeasuredUnload(lookup)
    gates = get_cost_value(bloq, GATES)
    assert gates == decomposed_gates(bloq, {})
    assert get_cost_value(bloq, QUBITS) == get_cost_value(bloq.decompose_bloq(), QUBITS)
    assert gates.and_bloq < get_cost_value(lookup, GATES).and_bloq


@given(st.integers(3, 500), st.integers(1, 40), st.booleans())
def test_never_more_gates_or_qubits_than_the_lookup(entries, width, is_controlled):
    bloq = unload(entries, width, is_controlled)
    above, below = get_cost_value(bloq.lookup, GATES), get_cost_value(bloq, GATES)
    assert below.and_bloq < above.and_bloq
    assert get_cost_value(bloq, QUBITS) <= get_cost_value(bloq.lookup, QUBITS)


@pytest.mark.parametrize("loading", ["qrom", "select-swap"])
@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize("by_shape", [False, True])
def test_the_last_load_of_a_loader_is_charged_as_measured(loading, is_controlled, by_shape):
    angles = None if by_shape else np.random.default_rng(0).uniform(-3, 3, 2**7 - 1)
    bloq = TabulatedRotations(angles, 0, 7, loading, 6, is_controlled=is_controlled)
    last = bloq.steps[-1].lookup
    assert last.use == "unload"
    saved = get_cost_value(last, GATES).and_bloq - measured(last).and_bloq
    assert saved > 0
    assert measured(bloq).and_bloq == get_cost_value(bloq, GATES).and_bloq - saved
    assert measured(bloq).cswap == get_cost_value(bloq, GATES).cswap


@pytest.mark.parametrize("loading", ["qrom", "select-swap", "qram", "rotations"])
def test_measured_never_costs_more(loading):
    for n in range(1, 12):
        for bloq in (
            LoadedVector(None, loading, 10, bitsize=n),
            ColumnOracle(None, loading, 10, bitsize=n),
        ):
            for one in (bloq, bloq.adjoint(), bloq.controlled(), bloq.controlled().adjoint()):
                above, below = get_cost_value(one, GATES), measured(one)
                assert below.total_t_count() <= above.total_t_count()


@pytest.mark.parametrize("loading", ["qrom", "select-swap"])
@pytest.mark.parametrize("is_controlled", [False, True])
def test_an_adjoint_gains_as_much(loading, is_controlled):
    # Backwards: load the last table, then measure each and load the one before, measure the first.
    bloq = TabulatedRotations(None, 2, 8, loading, 6, True, is_controlled)
    loads = [step.lookup for step in bloq.steps]
    assert [load.use for load in loads] == ["load", *["advance"] * (len(loads) - 2), "unload"]
    steps = [loads[-1].adjoint(), *(load.adjoint() for load in reversed(loads[:-1]))]
    expected = 0
    for step in steps:
        whole = get_cost_value(step, GATES).and_bloq
        if step.use == "retreat":
            height, words = step.earlier
            again = TableLookup(None, height, 6, words, is_controlled=is_controlled)
            alone = attrs.evolve(step, use="unload", earlier=None)
            reload = get_cost_value(again, GATES).and_bloq
            whole = min(whole, measured(alone).and_bloq + reload)
        else:
            whole = measured(step).and_bloq
        expected += whole
    additions = 9 * (6 - 2)
    assert measured(bloq.adjoint()).and_bloq == expected + additions
    forwards = measured(bloq).and_bloq
    plain = get_cost_value(bloq, GATES).and_bloq
    assert measured(bloq.adjoint()).and_bloq - additions < 0.85 * (plain - additions)
    assert forwards < plain


def test_the_circuit_stays_as_it_is():
    bloq = LoadedVector(np.arange(1.0, 9.0), "qrom", 3)
    before = bloq.tensor_contract()
    assert measured(bloq).and_bloq < get_cost_value(bloq, GATES).and_bloq
    np.testing.assert_array_equal(bloq.tensor_contract(), before)
    assert get_cost_value(bloq, GATES) == assert_costs(bloq)[0]


def test_what_is_no_unload_stays():
    load = TableLookup(None, 4, 6, use="load")
    symbolic = TableLookup(None, sympy.Symbol("n"), 6, use="unload")
    small = TableLookup(None, 1, 6, use="unload")
    for bloq in (load, attrs.evolve(load, use="xor"), symbolic, small, QRAMQuery(None, 4, 6)):
        assert measured_uncomputation(bloq) == bloq
        if isinstance(bloq, TableLookup):
            with pytest.raises(ValueError, match="cannot be unloaded by measurement"):
                MeasuredUnload(bloq)
    assert measured_uncomputation(load.adjoint()) == MeasuredUnload(load.adjoint())
    assert MeasuredUnload(load.adjoint()).adjoint() == load
    assert "appendix C" in MeasuredUnload(load.adjoint()).assumptions["uncomputation"]


def test_there_are_no_tensors():
    with pytest.raises(NotImplementedError, match="no pure-state tensors: it is a costed option"):
        unload(8, 3).tensor_contract()
    with pytest.raises(ValueError, match="the lookup has none"):
        unload(8, 3).fix_up(1)


@pytest.mark.parametrize("use", ["unload", "retreat"])
def test_by_data_is_charged_as_by_shape_and_says_by_data(use):
    earlier = (2, 2) if use == "retreat" else None
    by_shape = TableLookup(None, 5, 4, 3, use=use, earlier=earlier)
    data = np.random.default_rng(2).integers(0, 16, (32, 3))
    by_data = MeasuredUnload(attrs.evolve(by_shape, data=data))
    parts = [
        by_data,
        *(part for part in by_data.build_call_graph(None) if not isinstance(part, MeasureRow)),
    ]
    assert all(part.has_data for part in parts)
    assert len(parts) == (3 if use == "retreat" else 2)
    assert not MeasuredUnload(by_shape).has_data
    assert get_cost_value(by_data, GATES) == get_cost_value(MeasuredUnload(by_shape), GATES)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (([0, 1], 1, 2), "block_bitsize must be 1 to the 1 address bits, got 2"),
        (([0, 2], 1, 1), "phases are bits, 0 or 1, got 2"),
        (([0, 1, 1], 1, 1), "1 address qubits hold 1 to 2 entries, got 3"),
        (([0, 1], 1, 1, 1), "num_entries is 1, but there are 2 bits"),
    ],
)
def test_bad_input_is_refused(args, message):
    with pytest.raises(ValueError, match=message):
        PhaseFixUp(*args)
    with pytest.raises(
        ValueError, match="unknown use 'store'; allowed are 'xor', 'load', 'unload'"
    ):
        TableLookup(None, 2, use="store")


def test_an_unload_is_measured_where_that_saves_an_and():
    """By the best of all blocks of the fix-up whose rows fit where the value was."""
    seen = set()
    for entries, width in itertools.product(range(2, 34), range(1, 7)):
        for is_controlled in (False, True):
            n = (entries - 1).bit_length()
            lookup = TableLookup(
                None, n, width, num_entries=entries, is_controlled=is_controlled, use="unload"
            )
            blocks = [k for k in range(1, n + 1) if k == 1 or 2**k <= width + 1]
            least = min(PhaseFixUp(None, n, k, entries, is_controlled).num_ands for k in blocks)
            saved = lookup.num_ands - least
            found = measured_uncomputation(lookup)
            assert found == (MeasuredUnload(lookup) if saved > 0 else lookup)
            seen.add(min(max(saved, -1), 2))
    assert seen >= {0, 1, 2}
