"""Labels of all inputs at once."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bloqs.statevector.kernel import (
    Kernel,
    deposit_bits,
    extract_bits,
)
from bloqs.statevector.label_table import LabelTable, normal_form
from tests.statevector import kernels


@given(st.lists(st.booleans(), min_size=16, max_size=16))
def test_normal_form_evaluates_to_the_table(table: list[bool]) -> None:
    terms = normal_form(table)
    for argument, wanted in enumerate(table):
        value = sum((term & argument) == term for term in terms) % 2
        assert value == wanted


@given(kernels.SEED)
def test_label_table_follows_every_input(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    table, values = LabelTable(range(n)), np.arange(2**n, dtype=np.int64)
    for _ in range(5):
        k = int(rng.integers(1, n + 1))
        kernel = kernels.random_kernel(rng, k, 0, is_permuting=False)
        kernel = Kernel(k, k, (), (), rng.permutation(2**k).astype(np.int64), kernel.blocks)
        tracks = [int(t) for t in rng.permutation(n)[:k]]
        table.apply(kernel, tracks, tracks)
        places = [n - 1 - t for t in tracks]
        rest = [p for p in range(n) if p not in places]
        image = kernel.index[extract_bits(values, places)]
        values = deposit_bits(image, places) | deposit_bits(extract_bits(values, rest), rest)
    assert np.array_equal(table.local(range(n)), values)
