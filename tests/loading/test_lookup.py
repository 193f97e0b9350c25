import attrs
import numpy as np
import pytest
import sympy

from bloqs.loading import SwapToFront, TableLookup
from tests.loading.reference import assert_costs, assert_symbolic, controlled

# (entries, address qubits): powers of two, one less, one more, and a long unused tail.
TABLES = [(1, 0), (1, 2), (2, 1), (3, 2), (4, 2), (4, 4), (5, 3), (7, 3), (8, 3), (9, 4)]


@pytest.mark.parametrize(("entries", "bits"), TABLES)
@pytest.mark.parametrize("is_controlled", [False, True])
def test_lookup_costs_and_truth_table(entries, bits, is_controlled):
    rng = np.random.default_rng(entries)
    data = rng.integers(0, 8, (entries, 2))
    bloq = TableLookup(data, bits, 3, 2, is_controlled=is_controlled)
    gates, _ = assert_costs(bloq)
    assert gates.and_bloq == max(entries - 1 if is_controlled else entries - 2, 0)
    decomposed = bloq.decompose_bloq()
    for ctrl in (0, 1) if is_controlled else (1,):
        for j in range(entries):
            inputs = {"ctrl": ctrl, "address": j, "value": 0b101011}
            if not is_controlled:
                inputs.pop("ctrl")
            if bits == 0:
                inputs.pop("address")
            out = decomposed.call_classically(**inputs)
            assert out == bloq.call_classically(**inputs)
            assert out[-1] == 0b101011 ^ (ctrl * int(data[j, 0] << 3 | data[j, 1]))


@pytest.mark.parametrize(("entries", "bits"), TABLES)
@pytest.mark.parametrize("is_controlled", [False, True])
def test_lookup_by_shape_bounds_by_data(entries, bits, is_controlled):
    data = np.arange(entries) % 4
    by_data = TableLookup(data, bits, 2, is_controlled=is_controlled)
    by_shape = attrs.evolve(by_data, data=None, num_entries=entries)
    above, _ = assert_costs(by_shape)
    below, _ = assert_costs(by_data)
    assert (above.and_bloq, above.measurement) == (below.and_bloq, below.measurement)
    assert above.clifford >= below.clifford
    # Where every bit of the table is 1 the bound is met.
    ones = attrs.evolve(by_data, data=(3,) * entries)
    assert assert_costs(ones)[0] == above


@pytest.mark.parametrize("is_controlled", [False, True])
def test_lookup_unitary_is_its_own_adjoint(is_controlled):
    bloq = TableLookup([2, 1, 3], 2, 2, is_controlled=is_controlled)
    matrix = bloq.tensor_contract()
    used = slice(0, 12)
    block = matrix[16:, 16:][used, used] if is_controlled else matrix[used, used]
    assert np.allclose(block @ block, np.eye(12))
    assert bloq.adjoint() == bloq
    assert bloq.controlled() == attrs.evolve(bloq, is_controlled=True) or is_controlled


def test_lookup_symbolic_equals_by_shape():
    s, b, w = sympy.symbols("s b w")
    for is_controlled in (False, True):
        symbolic = TableLookup(None, s, b, w, is_controlled=is_controlled)
        for values in [(1, 3, 1), (2, 5, 3), (3, 1, 7), (5, 4, 2), (9, 13, 1)]:
            concrete = TableLookup(None, *values, is_controlled=is_controlled)
            assert_symbolic(symbolic, concrete, dict(zip((s, b, w), values, strict=True)))


def test_lookup_by_shape_cannot_be_run():
    with pytest.raises(ValueError, match="given by shape"):
        TableLookup(None, 2, 2).call_classically(address=1, value=0)
    with pytest.raises(NotImplementedError):
        TableLookup(None, 2, 2).tensor_contract()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (([0.5, 1.0], 1, 2), "data must be an array of integers, found dtype float64"),
        (([0, 4], 1, 2), "entry 4 does not fit a word of 2 bits: allowed are 0 to 3"),
        (([0, -1], 1, 2), "entry -1 does not fit"),
        (([0, 1, 2], 1, 2), "3 entries need more than 1 address qubits"),
        (([0, 1, 2], 2, 2, 2), "3 words do not fill rows of num_words = 2"),
        (([0, 1], 1, 63), "word_bitsize must be 1 to 62"),
        (([0, 1], 1, 2, 1, 3), "num_entries is 3, but data has 2 rows"),
        (
            ([0, 1], sympy.Symbol("s"), 2),
            "needs numbers for address_bitsize, word_bitsize and num_words",
        ),
    ],
)
def test_lookup_refuses_bad_input(args, message):
    with pytest.raises(ValueError, match=message):
        TableLookup(*args)


@pytest.mark.parametrize("is_controlled", [False, True])
def test_swap_to_front_brings_the_word(is_controlled):
    bloq = SwapToFront(2, 3, is_controlled)
    gates, _ = assert_costs(bloq)
    assert gates.cswap == 9
    assert gates.and_bloq == (2 if is_controlled else 0)
    words = [0b001, 0b010, 0b101, 0b111]
    packed = int("".join(f"{word:03b}" for word in words), 2)
    for address in range(4):
        inputs = {"ctrl": 1, "address": address, "words": packed}
        if not is_controlled:
            inputs.pop("ctrl")
        out = bloq.decompose_bloq().call_classically(**inputs)
        assert out == bloq.call_classically(**inputs)
        assert out[-1] >> 9 == words[address]
        back = bloq.adjoint().decompose_bloq().call_classically(**{**inputs, "words": out[-1]})
        assert back[-1] == packed
    if is_controlled:
        assert bloq.decompose_bloq().call_classically(ctrl=0, address=3, words=packed)[-1] == packed


def test_swap_to_front_control_matches_the_matrix():
    matrix = SwapToFront(1, 2).tensor_contract()
    np.testing.assert_allclose(
        SwapToFront(1, 2).controlled().tensor_contract(), controlled(matrix), atol=1e-15
    )


def test_swap_to_front_symbolic_equals_concrete():
    k, b = sympy.symbols("k b")
    for is_controlled in (False, True):
        for values in [(1, 3), (2, 5), (3, 1), (4, 4), (6, 13)]:
            assert_symbolic(
                SwapToFront(k, b, is_controlled),
                SwapToFront(*values, is_controlled),
                dict(zip((k, b), values, strict=True)),
            )


def test_swap_to_front_needs_an_address():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        SwapToFront(0, 3)
