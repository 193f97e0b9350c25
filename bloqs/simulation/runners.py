"""Applying one map to a state vector whose qubits sit at given bit positions.

A state is a C-contiguous array `(2**n, batch)`; the qubit at bit position `p` has weight `2**p` in the
row number. A shared qubit keeps its position, created ones go on top (the first highest), and a consumed
one leaves a gap that closes. `make_runner` looks up once what a map needs at those positions (index
tables, expanded factors) and returns a function of the state alone. The function may overwrite the state
that it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bloqs.simulation.buffers import Buffers
from bloqs.simulation.index_tables import pack_table, row_sources, slot_layout, unpack_table
from bloqs.simulation.ops import LONG, Kernel, Runner, State, extract_bits

CONTIGUOUS_RUN = 16
"""Runs of at least this many amplitudes are worth broadcasting over; shorter ones are expanded."""

MAX_SLICED_QUBITS = 3
"""Up to this many qubits, an unmultiplied permutation moves slices in place."""


def make_runner(
    kernel: Kernel,
    positions: Sequence[int],
    n_qubits: int,
    batch: int,
    dtype: np.dtype[Any],
    *,
    long: int = LONG,
    buffers: Buffers | None = None,
) -> tuple[Runner, int]:
    """A function that applies `kernel`, and the bytes of the tables that it holds.

    Args:
        kernel: the map.
        positions: bit position of each input slot.
        n_qubits: qubits of the state.
        batch: columns of the state, which has the shape `(2**n_qubits, batch)`.
        dtype: complex64 or complex128.
        long: amplitudes from which on the compiled loops take over.
        buffers: memory for long states; by default the map has its own.
    """
    buffers = Buffers() if buffers is None else buffers
    if not kernel.n_in and not kernel.n_out:
        factor = dtype.type(kernel.coefficients[0])
        return (lambda state: np.multiply(state, factor, out=state)), 0
    if kernel.is_monomial and not kernel.n_in:
        return _create(kernel, dtype), 0
    n_after = n_qubits + kernel.n_out - kernel.n_in
    if 2 ** max(n_qubits, n_after) * batch >= long:
        from bloqs.simulation.long_states import long_runner

        after, _, _ = slot_layout(kernel, positions, n_qubits)
        return long_runner(kernel, positions, after, n_qubits, dtype, buffers)
    if kernel.is_diagonal:
        return _diagonal(kernel, positions, n_qubits, batch, dtype)
    if kernel.n_in == kernel.n_out <= MAX_SLICED_QUBITS and kernel.has_unit_coefficients:
        runner = _sliced(kernel, positions, n_qubits)
        if runner is not None:
            return runner, 0
    if kernel.preserves_labels and len(kernel.targets_in) == len(kernel.targets_out) == 1:
        return _one_target(kernel, positions, n_qubits, batch, dtype, buffers)
    if not kernel.labels_in and kernel.preserves_labels and kernel.n_in == kernel.n_out:
        runner = _contiguous(kernel, positions, n_qubits, batch, dtype)
        if runner is not None:
            return runner, kernel.blocks.nbytes
    if kernel.is_monomial:
        return _monomial(kernel, positions, n_qubits, dtype, buffers)
    return _general(kernel, positions, n_qubits, dtype, buffers)


def _window(positions: Sequence[int], n_qubits: int) -> tuple[int, int, int]:
    """Lowest position, number of rows between lowest and highest, and rows above."""
    if not positions:
        return n_qubits, 1, 1
    low, high = min(positions), max(positions)
    return low, 2 ** (high + 1 - low), 2 ** (n_qubits - 1 - high)


def _diagonal(
    kernel: Kernel, positions: Sequence[int], n_qubits: int, batch: int, dtype: np.dtype[Any]
) -> tuple[Runner, int]:
    low, span, above = _window(positions, n_qubits)
    rows = np.arange(span, dtype=np.int64)
    factors = kernel.coefficients[extract_bits(rows, [p - low for p in positions])].astype(dtype)
    run = 2**low * batch
    if run < CONTIGUOUS_RUN:
        factors, run = np.repeat(factors, run), 1
    table = factors[None, :, None]

    def runner(state: State) -> State:
        view = state.reshape(above, len(factors), run)
        np.multiply(view, table, out=view)
        return state

    return runner, factors.nbytes


def _create(kernel: Kernel, dtype: np.dtype[Any]) -> Runner:
    """New qubits in a basis state."""
    size, value = 2**kernel.n_out, int(kernel.index[0])
    factor = dtype.type(kernel.coefficients[0])

    def runner(state: State) -> State:
        out = np.zeros((size, *state.shape), dtype=state.dtype)
        if value >= 0:
            out[value] = state if factor == 1 else state * factor
        return out.reshape(-1, state.shape[1])

    return runner


def _sliced(kernel: Kernel, positions: Sequence[int], n_qubits: int) -> Runner | None:
    """Move slices in place along the cycles of a permutation, where that touches at most half of it."""
    if np.any(kernel.index < 0):
        return None
    order = sorted(range(kernel.n_in), key=lambda slot: -positions[slot])
    dims: list[int] = []
    high = n_qubits
    for slot in order:
        dims += [2 ** (high - 1 - positions[slot]), 2]
        high = positions[slot]
    shape = (*dims, 2**high)

    def where(label: int) -> tuple[slice | int, ...]:
        out: list[slice | int] = []
        for slot in order:
            out += [slice(None), (label >> (kernel.n_in - 1 - slot)) & 1]
        return tuple(out)

    pending = {label for label, image in enumerate(kernel.index.tolist()) if label != image}
    if 2 * len(pending) > len(kernel.index) and kernel.n_in > 1:
        return None
    inverse = {image: label for label, image in enumerate(kernel.index.tolist())}
    cycles = []
    while pending:
        cycle = [min(pending)]
        while (source := inverse[cycle[-1]]) != cycle[0]:
            cycle.append(source)
        pending.difference_update(cycle)
        cycles.append([where(label) for label in cycle])

    def runner(state: State) -> State:
        view = state.reshape(*shape, state.shape[1])
        for first, *others in cycles:
            kept = view[first].copy()
            to = first
            for source in others:
                view[to] = view[source]
                to = source
            view[to] = kept
        return state

    return runner


def _monomial(
    kernel: Kernel,
    positions: Sequence[int],
    n_qubits: int,
    dtype: np.dtype[Any],
    buffers: Buffers,
) -> tuple[Runner, int]:
    """Gather rows by a table; rows that nothing reaches are set to zero."""
    low, span, above = _window(positions, n_qubits)
    source, label = row_sources(kernel, [p - low for p in positions], span, above)
    full = len(source)
    reached = source >= 0
    everywhere = bool(reached.all())
    has_factors = not (everywhere and kernel.has_unit_coefficients)
    factors = np.where(reached, kernel.coefficients[label], 0).astype(dtype)[:, None]
    table = np.maximum(source, 0)
    # A map between equal numbers of qubits repeats itself above its highest qubit.
    repeats = above if kernel.n_in == kernel.n_out else 1

    def runner(state: State) -> State:
        width = state.shape[1] << low
        view = state.reshape(repeats, -1, width)
        out = buffers.take((repeats, full, width), state.dtype)
        np.take(view, table, axis=1, out=out, mode="clip")
        if has_factors:
            np.multiply(out, factors, out=out)
        return out.reshape(-1, state.shape[1])

    return runner, table.nbytes + (factors.nbytes if has_factors else 0)


def _one_target(
    kernel: Kernel,
    positions: Sequence[int],
    n_qubits: int,
    batch: int,
    dtype: np.dtype[Any],
    buffers: Buffers,
) -> tuple[Runner, int]:
    """A 2x2 block on one qubit, chosen by the labels: two half states combined."""
    low, span, above = _window(positions, n_qubits)
    target = positions[kernel.targets_in[0]] - low
    tables: list[Any]
    if not kernel.labels_in:
        shape = (1, 2 ** (n_qubits - 1 - low), 2, 1, 2**low * batch)
        tables = [dtype.type(value) for value in kernel.blocks.reshape(-1)]
        nbytes = 0
    else:
        rows = np.arange(span // 2, dtype=np.int64)
        rows = ((rows >> target) << (target + 1)) | (rows & ((1 << target) - 1))
        label = extract_bits(rows, [positions[slot] - low for slot in kernel.labels_in])
        run = 2**low * batch
        factors = kernel.blocks[label].reshape(-1, 4).astype(dtype).T
        if run < CONTIGUOUS_RUN:
            factors, run = np.repeat(factors, run, axis=1), 1
        rows_below = factors.shape[1] // (span // 2 >> target)
        tables = list(np.ascontiguousarray(factors).reshape(4, 1, -1, rows_below, 1))
        shape = (above, span // 2 >> target, 2, rows_below, run)
        nbytes = factors.nbytes
    t00, t01, t10, t11 = tables

    def runner(state: State) -> State:
        view = state.reshape(shape)
        zero, one = view[:, :, 0], view[:, :, 1]
        scratch = buffers.take((2, *zero.shape), state.dtype)
        new_one = np.multiply(zero, t10, out=scratch[0])
        part = np.multiply(one, t11, out=scratch[1])
        new_one += part
        np.multiply(one, t01, out=part)
        zero *= t00
        zero += part
        view[:, :, 1] = new_one
        buffers.give(scratch)
        return state

    return runner, nbytes


def _contiguous(
    kernel: Kernel, positions: Sequence[int], n_qubits: int, batch: int, dtype: np.dtype[Any]
) -> Runner | None:
    """A dense map on neighbouring qubits: one matrix product, no move. None where that does not fit."""
    n, low = kernel.n_in, min(positions)
    if max(positions) - low != n - 1:
        return None
    above, below = 2 ** (n_qubits - n - low), 2**low * batch
    if 1 < below < CONTIGUOUS_RUN and above > 1:
        return None
    order = sorted(range(n), key=lambda slot: -positions[slot])
    tensor = kernel.blocks.reshape((2,) * (2 * n)).transpose([*order, *(n + i for i in order)])
    matrix = np.ascontiguousarray(tensor).reshape(2**n, 2**n).astype(dtype)
    if below == 1:
        transposed = np.ascontiguousarray(matrix.T)
        return lambda state: (state.reshape(above, 2**n) @ transposed).reshape(state.shape)
    return lambda state: np.matmul(matrix, state.reshape(above, 2**n, below)).reshape(state.shape)


def _general(
    kernel: Kernel,
    positions: Sequence[int],
    n_qubits: int,
    dtype: np.dtype[Any],
    buffers: Buffers,
) -> tuple[Runner, int]:
    """Gather to (labels, targets, rest), multiply block by block, and scatter back by a second gather."""
    low = min(positions, default=0) if len(positions) else n_qubits
    shifted = [p - low for p in positions]
    n_before = n_qubits - low
    after, keep_before, keep_after = slot_layout(kernel, shifted, n_before)
    n_rest = len(keep_before)
    targets_before = [shifted[slot] for slot in kernel.targets_in]
    labels_before = [shifted[slot] for slot in kernel.labels_in]
    targets_after = [after[slot] for slot in kernel.targets_out]
    labels_after = [after[slot] for slot in kernel.labels_out]
    gather = unpack_table([*labels_before, *targets_before, *keep_before])
    scatter = pack_table([*labels_after, *targets_after, *keep_after])
    missing = np.zeros(0, dtype=np.int64)
    if not kernel.preserves_labels:
        inverse = np.full(2 ** len(labels_after), -1, dtype=np.int64)
        kept = np.flatnonzero(kernel.index >= 0)
        inverse[kernel.index[kept]] = kept
        low_bits = len(targets_after) + n_rest
        label = inverse[scatter >> low_bits]
        scatter = (np.maximum(label, 0) << low_bits) | (scatter & ((1 << low_bits) - 1))
        missing = np.flatnonzero(label < 0)
    blocks = kernel.blocks.astype(dtype)
    n_labels, n_out, n_in = blocks.shape
    elementwise = n_labels > 1 and n_out * n_in <= 16

    def runner(state: State) -> State:
        width = state.shape[1] << low
        front = buffers.take((len(gather), width), state.dtype)
        np.take(state.reshape(-1, width), gather, axis=0, mode="clip", out=front)
        view = front.reshape(n_labels, n_in, -1)
        buffers.give(state)
        new = buffers.take((n_labels, n_out, view.shape[2]), state.dtype)
        if elementwise and view.shape[2] < 64:
            for i in range(n_out):
                total = blocks[:, i, 0, None] * view[:, 0]
                for j in range(1, n_in):
                    total += blocks[:, i, j, None] * view[:, j]
                new[:, i] = total
        else:
            np.matmul(blocks, view, out=new)
        buffers.give(front)
        out = buffers.take((len(scatter), width), state.dtype)
        np.take(new.reshape(-1, width), scatter, axis=0, mode="clip", out=out)
        buffers.give(new)
        if len(missing):
            out[missing] = 0
        return out.reshape(-1, state.shape[1])

    return runner, gather.nbytes + scatter.nbytes + missing.nbytes + blocks.nbytes
