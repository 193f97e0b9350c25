"""Measured unloads, gate by gate: every outcome of small tables, random ones of larger, and of loaders."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from bloqs.loading import LoadedVector, TableLookup
from bloqs.loading.measured import MeasuredUnload, is_measurable
from bloqs.loading.tabulated import TabulatedRotations
from bloqs.verify.unloads import unload_errors


def unload(
    n: int, width: int, words: int = 1, entries: int | None = None, **options
) -> TableLookup:
    rng = np.random.default_rng(n + width)
    data = rng.integers(0, 2**width, size=((entries or 2**n), words))
    return TableLookup(data, n, width, words, use="unload", **options)


@pytest.mark.parametrize("is_controlled", [False, True])
@pytest.mark.parametrize(
    ("n", "width", "words", "entries"),
    [
        (2, 3, 1, None),
        (3, 1, 1, None),
        (3, 2, 2, 7),
        pytest.param(4, 5, 1, 11, marks=pytest.mark.slow),
    ],
)
def test_every_outcome_of_small_tables(n, width, words, entries, is_controlled) -> None:
    lookup = unload(n, width, words, entries, is_controlled=is_controlled)
    errors = unload_errors(lookup)
    assert len(errors) == 2 ** (width * words)
    assert errors.max() < 1e-12


@pytest.mark.parametrize(
    ("n", "width", "words"), [(4, 9, 3), pytest.param(5, 18, 7, marks=pytest.mark.slow)]
)
def test_random_outcomes_of_larger_tables(n, width, words) -> None:
    errors = unload_errors(unload(n, width, words), outcomes=5, seed=3)
    assert len(errors) == 5
    assert errors.max() < 1e-12


def test_a_wrong_fix_up_is_seen(monkeypatch) -> None:
    """One row of another table: half of the outcomes leave a sign."""
    lookup = unload(3, 2)
    wrong = list(lookup.data)
    wrong[5] ^= 1
    right = MeasuredUnload.fix_up
    monkeypatch.setattr(
        MeasuredUnload,
        "fix_up",
        lambda self, m, later=None: right(MeasuredUnload(attrs.evolve(lookup, data=wrong)), m),
    )
    assert np.sum(unload_errors(lookup) > 1e-3) == 2


@pytest.mark.parametrize("loading", ["qrom", "select-swap"])
@pytest.mark.parametrize("is_controlled", [False, True])
def test_all_unloads_of_a_loader_and_of_its_adjoint(loading, is_controlled) -> None:
    """The last table of the tree; of the adjoint every retreat, from the table that is there."""
    rng = np.random.default_rng(4)
    tree = TabulatedRotations(
        rng.uniform(-3, 3, 2**5 - 1), 0, 5, loading, 4, is_controlled=is_controlled
    )
    tables: list[np.ndarray] = []  # what is in the words after each step
    before = np.zeros((1, 1), dtype=np.int64)
    for step in tree.steps:
        lookup = step.lookup
        data = np.array(lookup.data).reshape(lookup.entries, -1)
        held = np.zeros_like(data)
        held[:, : before.shape[1]] = np.repeat(before, len(data) // len(before), axis=0)[
            :, : data.shape[1]
        ]
        tables.append(held)
        before = held ^ data
    assert not before.any()
    tried = 0
    for i, step in enumerate(tree.steps):
        if step.lookup.use == "unload" and is_measurable(step.lookup):
            assert unload_errors(step.lookup, outcomes=2).max() < 1e-12
            tried += 1
        back = step.lookup.adjoint()
        if is_measurable(back):
            after = tables[i] ^ np.array(back.data).reshape(tables[i].shape)
            assert unload_errors(back, later=after.ravel(), outcomes=2).max() < 1e-12
            tried += 1
    assert tried >= 2


def test_what_is_refused() -> None:
    retreat = TableLookup(np.arange(32) % 16, 5, 4, 1, use="retreat", earlier=(2, 1))
    with pytest.raises(ValueError, match="give its later one"):
        unload_errors(retreat)
    with pytest.raises(ValueError, match="later must hold 32 words, as the lookup, got 3"):
        unload_errors(retreat, later=[1, 2, 3])
    with pytest.raises(ValueError, match="the lookup has none"):
        unload_errors(TableLookup(None, 4, 4, use="unload"))
    with pytest.raises(ValueError, match="cannot be unloaded by measurement"):
        unload_errors(unload(3, 3).adjoint())
    with pytest.raises(ValueError, match="lookup must be a TableLookup"):
        unload_errors(LoadedVector([1.0, 0.0]))
    with pytest.raises(ValueError, match="outcomes must be an integer of at least 1, found 0"):
        unload_errors(unload(3, 3), outcomes=0)
