"""Which row of a state goes where: index tables of maps at given bit positions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bloqs.simulation.ops import IndexArray, Kernel


def row_sources(
    kernel: Kernel, positions: Sequence[int], span: int, above: int
) -> tuple[IndexArray, IndexArray]:
    """For each row after a monomial map: the row before that it comes from (-1: none), and its label.

    For equal numbers of qubits the rows are those of the window alone, else all rows from it upwards.
    """
    inverse = np.full(2**kernel.n_out, -1, dtype=np.int64)
    kept = np.flatnonzero(kernel.index >= 0)
    inverse[kernel.index[kept]] = kept
    n_before = span.bit_length() - 1
    if kernel.n_in != kernel.n_out:
        n_before += above.bit_length() - 1
    after, keep_before, keep_after = slot_layout(kernel, positions, n_before)
    packed = pack_table([*after, *keep_after])
    n_rest = len(keep_after)
    label = inverse[packed >> n_rest]
    rest = unpack_table([*positions, *keep_before])
    source = rest[(np.maximum(label, 0) << n_rest) | (packed & ((1 << n_rest) - 1))]
    return np.where(label < 0, -1, source), np.maximum(label, 0)


def slot_layout(
    kernel: Kernel, positions: Sequence[int], n_before: int
) -> tuple[list[int], list[int], list[int]]:
    """Positions of the output slots, and of the untouched qubits before and after, most significant first."""
    consumed = positions[kernel.n_shared :]
    after = [p - sum(q < p for q in consumed) for p in positions[: kernel.n_shared]]
    top = n_before - len(consumed)
    after += reversed(range(top, top + kernel.n_out - kernel.n_shared))
    keep_before = [p for p in range(n_before - 1, -1, -1) if p not in positions]
    keep_after = [p - sum(q < p for q in consumed) for p in keep_before]
    return after, keep_before, keep_after


def unpack_table(order: Sequence[int]) -> IndexArray:
    """`deposit_bits` of 0, 1, ... for an `order` that names every position."""
    n = len(order)
    numbers = np.arange(2**n, dtype=np.int64).reshape((2,) * n)
    return np.ascontiguousarray(numbers.transpose([n - 1 - p for p in order])).reshape(-1)


def pack_table(order: Sequence[int]) -> IndexArray:
    """`extract_bits` of 0, 1, ... for an `order` that names every position."""
    n = len(order)
    numbers = np.arange(2**n, dtype=np.int64).reshape((2,) * n)
    axes = [order.index(n - 1 - j) for j in range(n)]
    return np.ascontiguousarray(numbers.transpose(axes)).reshape(-1)
