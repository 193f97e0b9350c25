from concurrent.futures import ThreadPoolExecutor

import attrs
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from qualtran.resource_counting import GateCounts, get_cost_value

from bloqs.costs import Charges, QRAMQueries, TDepthUpperBound, estimate, logical_qubits
from bloqs.loading import (
    MEMORY_MODELS,
    BucketBrigadeQRAM,
    MultiplexedRy,
    QRAMQuery,
    SelectSwapLookup,
    select_swap_toffolis,
)
from tests.loading.memory import classical_rows, lookup_matrix
from tests.loading.reference import GATES, QUBITS, assert_costs


def table_of(n, b, seed=0):
    return np.random.default_rng(seed + n).integers(0, 2**b, 2**n)


@pytest.mark.parametrize(("n", "b", "k"), [(0, 2, 0), (1, 2, 1), (2, 1, 0), (2, 1, 1), (2, 1, 2)])
@pytest.mark.parametrize("is_controlled", [False, True])
def test_select_swap_contracts_to_the_table(n, b, k, is_controlled):
    bloq = SelectSwapLookup(table_of(n, b), n, b, k, is_controlled)
    expected = lookup_matrix(bloq.data, n, b, is_controlled)
    np.testing.assert_allclose(bloq.tensor_contract(), expected, atol=1e-12)


@pytest.mark.parametrize("k", range(5))
@pytest.mark.parametrize("is_controlled", [False, True])
def test_select_swap_circuit_and_formula(k, is_controlled):
    n, b = 4, 3
    bloq = SelectSwapLookup(table_of(n, b), n, b, k, is_controlled)
    circuit = bloq.decompose_bloq()
    for ctrl, j, v, inputs in classical_rows(bloq, bloq.data, (0, 5)):
        out = circuit.call_classically(**inputs)
        assert out == bloq.call_classically(**inputs)
        assert out[-1] == v ^ (ctrl * bloq.data[j])
    gates, qubits = assert_costs(bloq)
    assert gates.and_bloq + gates.cswap == select_swap_toffolis(n, b, k, is_controlled)
    by_shape, same = assert_costs(attrs.evolve(bloq, data=None))
    assert (by_shape.and_bloq, by_shape.cswap, same) == (gates.and_bloq, gates.cswap, qubits)


@given(st.integers(0, 8), st.integers(1, 24), st.booleans())
def test_select_swap_takes_the_best_block(n, b, is_controlled):
    gates = get_cost_value(SelectSwapLookup(None, n, b, is_controlled=is_controlled), GATES)
    all_blocks = [select_swap_toffolis(n, b, k, is_controlled) for k in range(n + 1)]
    assert gates.and_bloq + gates.cswap == min(all_blocks)


def test_select_swap_grows_as_the_root():
    counts = [select_swap_toffolis(n, 16, (n - 4) // 2) for n in range(20, 42, 2)]
    best = [
        get_cost_value(SelectSwapLookup(None, n, 16), GATES).total_t_count()
        for n in range(20, 42, 2)
    ]
    assert all(t <= 4 * count for t, count in zip(best, counts, strict=True))
    slope = np.polyfit(np.arange(20, 42, 2), np.log2(best), 1)[0]
    assert 0.49 < slope < 0.51


@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize(("n", "b"), [(0, 2), (1, 2), (2, 2), (3, 1)])
def test_query_contracts_and_costs(n, b, is_controlled):
    bloq = QRAMQuery(table_of(n, b), n, b, is_controlled)
    expected = lookup_matrix(bloq.data, n, b, is_controlled)
    np.testing.assert_allclose(bloq.tensor_contract(), expected, atol=1e-12)
    assert_costs(bloq)
    assert bloq.adjoint() == bloq
    assert MEMORY_MODELS["oracle"].circuit(bloq) is None
    for model, cls in (("select-swap", SelectSwapLookup), ("bucket-brigade", BucketBrigadeQRAM)):
        circuit = MEMORY_MODELS[model].circuit(bloq)
        assert isinstance(circuit, cls)
        assert circuit.signature == bloq.signature
        for inputs in [row[-1] for row in classical_rows(bloq, bloq.data, (1,))]:
            assert circuit.call_classically(**inputs) == bloq.call_classically(**inputs)


@given(st.integers(0, 5), st.integers(1, 5), st.booleans(), st.booleans())
def test_call_graph_equals_decomposition(n, b, is_controlled, by_shape):
    data = None if by_shape else table_of(n, b)
    assert_costs(QRAMQuery(data, n, b, is_controlled))


def test_the_three_models_at_256_entries_of_16_bits():
    # Two queries of 256 entries, and one addition of 14 And.
    rotation = MultiplexedRy(None, 8, "qram", 16)
    found = {model: estimate(rotation, qram=model) for model in MEMORY_MODELS}
    assert {model: report.t_count - 4 * 14 for model, report in found.items()} == {
        "select-swap": 2 * 4 * 220,
        "oracle": 0,
        "bucket-brigade": 2 * 4 * 254,
    }
    for model, report in found.items():
        assert report.qram_queries == {256: 2}
        assert report.assumptions["QRAM model"].startswith(model)
    assert "closed by measurement" in found["bucket-brigade"].assumptions["bucket-brigade circuit"]


def test_depth_of_the_models():
    key = TDepthUpperBound()
    # One part after another: two queries around an addition.
    rotation = MultiplexedRy(None, 8, "qram", 16)
    depth = {
        model: get_cost_value(rotation, key, generalizer=Charges(model)) for model in MEMORY_MODELS
    }
    assert depth == {"oracle": 14, "bucket-brigade": 14 + 2 * 7, "select-swap": 14 + 2 * 220}
    query = QRAMQuery(None, 40, 16)
    brigade = get_cost_value(query, key, generalizer=Charges("bucket-brigade"))
    swap = get_cost_value(query, key, generalizer=Charges("select-swap"))
    assert brigade == 39 < swap
    assert get_cost_value(query, key, generalizer=Charges("oracle")) == 0


def test_qubits_follow_the_model():
    query = QRAMQuery(None, 8, 16)
    registers = 8 + 16
    assert logical_qubits(query, Charges("oracle")) == registers
    brigade = logical_qubits(query, Charges("bucket-brigade"))
    assert brigade == get_cost_value(BucketBrigadeQRAM(None, 8, 16), QUBITS) == registers + 382
    swap = logical_qubits(query, Charges("select-swap"))
    assert swap == get_cost_value(query, QUBITS) == get_cost_value(query.decompose_bloq(), QUBITS)
    assert swap == registers + query.workspace == logical_qubits(query)


def test_models_are_costed_side_by_side_in_threads():
    rotation = MultiplexedRy(None, 9, "qram", 12)
    models = list(MEMORY_MODELS) * 20
    alone = {model: estimate(rotation, qram=model).logical_qubits for model in MEMORY_MODELS}
    assert len(set(alone.values())) == 3
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda model: estimate(rotation, qram=model).logical_qubits, models)
    assert list(found) == [alone[model] for model in models]


def test_an_oracle_is_costed_with_symbols():
    n, b = sympy.symbols("n b")
    query = QRAMQuery(None, n, b)
    assert get_cost_value(query, QRAMQueries()) == {2**n: 1}
    assert logical_qubits(query, Charges("oracle")) == n + b
    assert get_cost_value(query, GATES, generalizer=Charges("oracle")) == GateCounts()
    brigade = get_cost_value(query, GATES, generalizer=Charges("bucket-brigade"))
    assert sympy.expand(brigade.and_bloq - 2**n + 2) == 0
    with pytest.raises(ValueError, match="address_bitsize must be an integer, found n"):
        estimate(query)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (([1, 2, 3], 2, 2), "2 address qubits need 4 entries, got 3"),
        (([1, 9], 1, 3), "entry 9 does not fit"),
        ((None, 1, 0), "word_bitsize must be at least 1"),
    ],
)
def test_bad_input_is_refused(args, message):
    for cls in (QRAMQuery, SelectSwapLookup):
        with pytest.raises(ValueError, match=message):
            cls(*args)
    with pytest.raises(ValueError, match="block_bitsize must be 0 to 1, got 2"):
        SelectSwapLookup([0, 1], 1, 1, 2)
