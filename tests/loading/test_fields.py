"""Long tables are arrays, and the bloqs that hold them are the same as with tuples."""

from __future__ import annotations

import copy
from collections.abc import Callable

import attrs
import numpy as np
import pytest
from qualtran.serialization.bloq import bloqs_from_proto, bloqs_to_proto

import bloqs.catalogue  # noqa: F401  # what Qualtran reads back
from bloqs.core.control import ControllableBloq
from bloqs.costs import estimate
from bloqs.loading import (
    ColumnOracle,
    LoadedVector,
    MultiplexedRy,
    SparseVector,
    TableLookup,
    TabulatedRotations,
    fields,
)

NUMBERS = np.random.default_rng(3)
VECTOR, MATRIX = NUMBERS.normal(size=16), NUMBERS.normal(size=(4, 8))
MATRIX[:, 3] = 0.0
MAKERS = {
    "loaded": lambda: LoadedVector(VECTOR, "select-swap", 6),
    "multiplexed": lambda: MultiplexedRy(VECTOR, 4),
    "columns": lambda: ColumnOracle(MATRIX, "select-swap", 5),
    "columns by rotations": lambda: ColumnOracle(MATRIX),
    "tabulated": lambda: TabulatedRotations(VECTOR[:15], 0, 4, "qrom", 5),
    "lookup": lambda: TableLookup([5, 0, 7, 1, 2, 6], 3, 3),
    "sparse": lambda: SparseVector(VECTOR[:4], [3, 0, 9, 7], bitsize=4),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_bloq_with_long_tables(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make: Callable[[], ControllableBloq] = MAKERS[name]
    short = make()
    monkeypatch.setattr(fields, "LONG", 1)
    one, other = make(), make()
    held = [v for v in attrs.astuple(one, recurse=False) if isinstance(v, fields.LongTable)]
    assert held
    assert one == other
    assert hash(one) == hash(other)
    assert attrs.evolve(one) == one
    (stored, *_) = bloqs_from_proto(bloqs_to_proto(one))
    assert stored == one
    assert estimate(one).native == estimate(short).native
    assert estimate(one.controlled()).native == estimate(short.controlled()).native
    assert one.decompose_bloq().bloq_counts().keys()
    if one.signature.n_qubits() + one.workspace <= 12:
        np.testing.assert_array_equal(one.tensor_contract(), short.tensor_contract())


def test_a_long_table_is_equal_and_hashed_by_content() -> None:
    entries = np.arange(fields.LONG + 1) / 7
    table = fields.floats(entries)
    assert isinstance(table, fields.LongTable)
    assert table == fields.floats(tuple(entries.tolist())) == fields.floats(list(entries))
    assert hash(table) == hash(fields.floats(entries))
    make, arguments = table.__reduce__()
    for copied in (copy.copy(table), copy.deepcopy(table), make(*arguments)):
        assert copied == table
    changed = entries.copy()
    changed[-1] += 1e-9
    assert table != fields.floats(changed)
    assert table != tuple(entries)
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 1.0
    entries[0] = 5.0
    assert table[0] == 0.0
    signed = np.array(table)
    signed[0] = -0.0
    assert hash(fields.floats(signed)) == hash(table)
    whole = fields.ints(np.arange(fields.LONG + 1, dtype=np.uint8))
    assert isinstance(whole, fields.LongTable)
    assert whole.dtype == np.int64
    assert fields.ints(whole) is whole
    assert fields.floats(table) is table


@pytest.mark.parametrize("entries", [np.array([0.5]), np.array([2**63], np.uint64)])
def test_long_tables_of_integers_refuse_what_short_ones_do(entries: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"must be an array of integers|does not fit"):
        TableLookup(np.resize(entries, fields.LONG + 1), 20, 62)
