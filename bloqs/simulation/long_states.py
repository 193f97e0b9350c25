"""Applying a map to a long state by compiled loops, in place where it keeps the number of qubits.

The counterpart of the tables of `runners`: nothing is prepared that is longer than the map itself, so the
memory is that of the state, and of half of it more while a qubit comes or goes.

All loops walk through the rows in which the qubits of the map are 0, by the step
`row -> ((row | mask) + 1) & ~mask`, which counts in the bits that are not in `mask`. A row stands for `run`
amplitudes that lie together: those of the qubits below the lowest one of the map, times the columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bloqs.simulation.buffers import Buffers
from bloqs.simulation.ops import (
    ComplexArray,
    IndexArray,
    Kernel,
    Runner,
    State,
    deposit_bits,
    extract_bits,
)

LOW_ROWS = 2**10
"""Labels are looked up for the lowest bits of a row by a table of this length."""

LARGE_BLOCK = 64
"""Blocks of at least so many entries are applied by matrix products, smaller ones entry by entry."""

STRIP = 64
"""Rows, or amplitudes of one, that are read together, mapped and written back."""

STRIP_ENTRIES = 2**15
"""Fewer, where each stands for so many amplitudes that they would not stay in the cache."""


def long_runner(
    kernel: Kernel,
    positions: Sequence[int],
    after: Sequence[int],
    n_qubits: int,
    dtype: np.dtype[Any],
    buffers: Buffers,
) -> tuple[Runner, int]:
    """A function that applies `kernel`, and the bytes that it holds.

    Args:
        kernel: any map with qubits.
        positions: bit position of each input slot.
        after: bit position of each output slot, in the state that results.
        n_qubits: qubits of the state that enters.
        dtype: complex64 or complex128.
        buffers: what a state of another length is held in.
    """
    low = min([*positions, *after])
    places = np.array([p - low for p in positions], dtype=np.int64)
    blocks = np.ascontiguousarray(kernel.blocks.astype(dtype))
    if kernel.is_diagonal or (
        kernel.preserves_labels and len(kernel.targets_in) == len(kernel.targets_out) == 1
    ):
        target = -1 if kernel.is_diagonal else int(places[kernel.targets_in[0]])
        labels = places[list(kernel.labels_in)]
        rows = 2 ** (n_qubits - low)
        below = _labels_below(labels, min(rows, LOW_ROWS))
        factors = blocks.reshape(len(blocks), -1)

        def in_place(state: State) -> State:
            flat = state.reshape(-1)
            run = state.shape[1] << low
            if target < 0:
                _multiply(flat, run, rows, labels, below, factors)
            else:
                _rotate(flat, run, rows, target, labels, below, factors)
            return state

        return in_place, factors.nbytes + below.nbytes
    mask_in = int(np.bitwise_or.reduce(1 << places)) if len(places) else 0
    if kernel.is_monomial and kernel.n_in == kernel.n_out:
        source, to, factor = _moves(kernel)
        spread = deposit_bits(np.arange(len(kernel.index), dtype=np.int64), places.tolist())
        source, to = np.where(source < 0, -1, spread[source]), spread[to]
        factor = factor.astype(dtype)
        n_rest = 2 ** (n_qubits - low - kernel.n_in)

        def permute(state: State) -> State:
            _permute(state.reshape(-1), state.shape[1] << low, n_rest, mask_in, source, to, factor)
            return state

        return permute, source.nbytes + to.nbytes + factor.nbytes
    n_after = n_qubits + kernel.n_out - kernel.n_in
    outs = np.array([p - low for p in after], dtype=np.int64)
    mask_out = int(np.bitwise_or.reduce(1 << outs)) if len(outs) else 0
    labels_in = _offsets(places, kernel.labels_in)
    labels_out = np.where(kernel.index < 0, -1, _offsets(outs, kernel.labels_out)[kernel.index])
    targets_in, targets_out = (
        _offsets(places, kernel.targets_in),
        _offsets(outs, kernel.targets_out),
    )
    n_rest = 2 ** (n_qubits - low - kernel.n_in)
    is_in_place = kernel.n_in == kernel.n_out and kernel.preserves_labels
    is_onto = np.count_nonzero(kernel.index >= 0) == 2 ** len(kernel.labels_out)

    def general(state: State) -> State:
        batch = state.shape[1]
        out = state if is_in_place else buffers.take((2**n_after, batch), state.dtype)
        if not is_onto:
            out[:] = 0
        _apply(
            state.reshape(-1),
            out.reshape(-1),
            batch << low,
            n_rest,
            (mask_in, mask_out),
            (labels_in, labels_out),
            (targets_in, targets_out),
            blocks,
        )
        return out

    return general, labels_in.nbytes + labels_out.nbytes + blocks.nbytes


def long_leak_weights(
    kernel: Kernel, positions: Sequence[int], n_qubits: int, state: State
) -> NDArray[np.float64]:
    """See `bloqs.simulation.leaks.leak_weights`."""
    assert kernel.leak is not None
    low = min(positions)
    places = np.array([p - low for p in positions], dtype=np.int64)
    leaking = np.flatnonzero(np.abs(kernel.leak).max(axis=(1, 2)))
    lost = np.zeros(state.shape[1])
    _weigh(
        state.reshape(-1),
        lost,
        state.shape[1] << low,
        2 ** (n_qubits - low - kernel.n_in),
        int(np.bitwise_or.reduce(1 << places)),
        _offsets(places, kernel.labels_in)[leaking],
        _offsets(places, kernel.targets_in),
        np.ascontiguousarray(kernel.leak[leaking]),
    )
    return lost


def _labels_below(labels: IndexArray, n_rows: int) -> IndexArray:
    """What the bits of the first rows give to the number of the label."""
    rows = np.arange(n_rows, dtype=np.int64)
    return extract_bits(rows, labels.tolist())


def _offsets(places: IndexArray, slots: Sequence[int]) -> IndexArray:
    """Row of each value of the qubits `slots`, all others being 0."""
    values = np.arange(2 ** len(slots), dtype=np.int64)
    return deposit_bits(values, [int(places[slot]) for slot in slots])


def _moves(kernel: Kernel) -> tuple[IndexArray, IndexArray, ComplexArray]:
    """Labels that something new comes to: from where (-1: nothing), to where, times what."""
    source = np.full(len(kernel.index), -1, dtype=np.int64)
    kept = np.flatnonzero(kernel.index >= 0)
    source[kernel.index[kept]] = kept
    factor = np.where(source < 0, 0, kernel.coefficients[source])
    to = np.flatnonzero((source != np.arange(len(source))) | (factor != 1))
    return source[to], to, factor[to]


@njit(cache=True)  # type: ignore[misc]
def _label_above(row: int, labels: IndexArray, n_below: int) -> int:
    """What the bits of a row from `n_below` on give to the number of the label."""
    label = 0
    for place in labels:
        label <<= 1
        if (1 << place) >= n_below:
            label |= (row >> place) & 1
    return label


@njit(cache=True)  # type: ignore[misc]
def _multiply(
    state: State, run: int, rows: int, labels: IndexArray, below: IndexArray, factors: State
) -> None:
    """Each row by the factor of its label."""
    n_below = len(below)
    for first in range(0, rows, n_below):
        above = _label_above(first, labels, n_below)
        if run == 1:
            for row in range(n_below):
                state[first + row] *= factors[above | below[row], 0]
            continue
        for row in range(n_below):
            factor = factors[above | below[row], 0]
            if factor != 1:
                start = (first + row) * run
                for i in range(start, start + run):
                    state[i] *= factor


@njit(cache=True)  # type: ignore[misc]
def _rotate(
    state: State,
    run: int,
    rows: int,
    target: int,
    labels: IndexArray,
    below: IndexArray,
    factors: State,
) -> None:
    """The 2x2 block of its label on each pair of rows that differ in the target."""
    n_below = len(below)
    bit = 1 << target
    step = bit * run
    # A target below the table splits it into stretches, a target above leaves it whole.
    stretch = min(bit, n_below)
    for first in range(0, rows, n_below):
        if first & bit:
            continue
        above = _label_above(first, labels, n_below)
        for begin in range(0, n_below, 2 * stretch):
            for row in range(begin, begin + stretch):
                label = above | below[row]
                f00, f01 = factors[label, 0], factors[label, 1]
                f10, f11 = factors[label, 2], factors[label, 3]
                start = (first + row) * run
                for i in range(start, start + run):
                    zero, one = state[i], state[i + step]
                    state[i] = f00 * zero + f01 * one
                    state[i + step] = f10 * zero + f11 * one


@njit(cache=True)  # type: ignore[misc]
def _strip(place: IndexArray, row: int, i: int, run: int, mask: int) -> tuple[int, int]:
    """Fill `place` with amplitudes at which the map's qubits are 0, from number `i` of `row` on; the next."""
    for c in range(len(place)):
        place[c] = row * run + i
        i += 1
        if i == run:
            i = 0
            row = ((row | mask) + 1) & ~mask
    return row, i


@njit(cache=True)  # type: ignore[misc]
def _permute(
    state: State,
    run: int,
    n_rest: int,
    mask: int,
    source: IndexArray,
    to: IndexArray,
    factor: State,
) -> None:
    """Rows to other rows, in place: what moves is read before anything is written."""
    n_moved = len(to)
    columns = min(STRIP, max(1, STRIP_ENTRIES // max(1, n_moved)), n_rest * run)
    held = np.empty((n_moved, columns), dtype=state.dtype)
    place = np.empty(columns, dtype=np.int64)
    row, i, done = 0, 0, 0
    while done < n_rest * run:
        n = min(columns, n_rest * run - done)
        row, i = _strip(place[:n], row, i, run, mask)
        for k in range(n_moved):
            if source[k] < 0:
                held[k, :n] = 0
                continue
            begin, times = source[k] * run, factor[k]
            for c in range(n):
                held[k, c] = state[place[c] + begin] * times
        for k in range(n_moved):
            begin = to[k] * run
            for c in range(n):
                state[place[c] + begin] = held[k, c]
        done += n


@njit(cache=True)  # type: ignore[misc]
def _apply(
    state: State,
    out: State,
    run: int,
    n_rest: int,
    masks: tuple[int, int],
    labels: tuple[IndexArray, IndexArray],
    targets: tuple[IndexArray, IndexArray],
    blocks: State,
) -> None:
    """Block by block; `out` may be the state itself if labels are kept."""
    n_labels, n_out, n_in = blocks.shape
    is_large = n_out * n_in >= LARGE_BLOCK
    columns = min(STRIP, n_rest * run)
    before = np.zeros((n_in, columns), dtype=state.dtype)
    after = np.empty((n_out, columns), dtype=state.dtype)
    place = np.empty(columns, dtype=np.int64)
    place_out = np.empty(columns, dtype=np.int64)
    row, i, row_out, i_out, done = 0, 0, 0, 0, 0
    while done < n_rest * run:
        n = min(columns, n_rest * run - done)
        row, i = _strip(place[:n], row, i, run, masks[0])
        row_out, i_out = _strip(place_out[:n], row_out, i_out, run, masks[1])
        for label in range(n_labels):
            if labels[1][label] < 0:
                continue
            for k in range(n_in):
                begin = (labels[0][label] + targets[0][k]) * run
                for c in range(n):
                    before[k, c] = state[place[c] + begin]
            if is_large:
                np.dot(blocks[label], before, after)
            else:
                for j in range(n_out):
                    for c in range(n):
                        after[j, c] = blocks[label, j, 0] * before[0, c]
                    for k in range(1, n_in):
                        for c in range(n):
                            after[j, c] += blocks[label, j, k] * before[k, c]
            for j in range(n_out):
                begin = (labels[1][label] + targets[1][j]) * run
                for c in range(n):
                    out[place_out[c] + begin] = after[j, c]
        done += n


@njit(cache=True)  # type: ignore[misc]
def _weigh(
    state: State,
    lost: NDArray[np.float64],
    run: int,
    n_rest: int,
    mask: int,
    labels: IndexArray,
    targets: IndexArray,
    leak: ComplexArray,
) -> None:
    """Add `sum_g <t|leak[g]|t>` of each column to `lost`."""
    n_labels, n, _ = leak.shape
    row = 0
    for _ in range(n_rest):
        for label in range(n_labels):
            start = (row + labels[label]) * run
            for i in range(run):
                total = 0.0
                for j in range(n):
                    left = state[start + i + targets[j] * run].conjugate()
                    for k in range(n):
                        right = state[start + i + targets[k] * run]
                        total += (left * leak[label, j, k] * right).real
                lost[i % len(lost)] += total
        row = ((row | mask) + 1) & ~mask
