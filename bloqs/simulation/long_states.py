"""Applying a map to a long state by strided views, where index tables as long as the state would not pay.

The counterpart of the tables of `runners`: nothing is prepared that is longer than the map itself, but the
strided copies are slower than gathering by a table that is at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bloqs.simulation.buffers import Buffers
from bloqs.simulation.ops import Kernel, deposit_bits, extract_bits

State = NDArray[np.complexfloating[Any, Any]]
Runner = Callable[[State], State]

LOW_BITS = 8
"""A diagonal is written out over this many lowest qubits, for long inner loops."""


def grouped(positions: Sequence[int], n_qubits: int) -> tuple[list[int], dict[int, int]]:
    """Shape with an axis of 2 for each of `positions` and one axis for each run of others; where each is.

    >>> grouped([1, 3], 5)
    ([2, 2, 2, 2, 2], {3: 1, 1: 3})
    """
    dims: list[int] = []
    axis: dict[int, int] = {}
    high = n_qubits
    for position in sorted(positions, reverse=True):
        dims.append(2 ** (high - 1 - position))
        axis[position] = len(dims)
        dims.append(2)
        high = position
    return [*dims, 2**high], axis


def long_diagonal(
    kernel: Kernel, positions: Sequence[int], n_qubits: int, dtype: np.dtype[Any]
) -> tuple[Runner, int]:
    """Multiply by a diagonal, written out over its own and the lowest qubits."""
    low = min(LOW_BITS, n_qubits)
    every = sorted({*positions, *range(low)}, reverse=True)
    numbers = deposit_bits(np.arange(2 ** len(every), dtype=np.int64), every)
    factors = kernel.coefficients[extract_bits(numbers, positions)].astype(dtype)
    high = [position for position in every if position >= low]
    dims, axis = grouped([position - low for position in high], n_qubits - low)
    shape = [2 if i in axis.values() else 1 for i in range(len(dims))]
    factors = factors.reshape(*shape, 2**low, 1)

    def runner(state: State) -> State:
        view = state.reshape(*dims, 2**low, state.shape[1])
        np.multiply(view, factors, out=view)
        return state

    return runner, factors.nbytes


def long_general(
    kernel: Kernel,
    positions: Sequence[int],
    after: Sequence[int],
    n_qubits: int,
    dtype: np.dtype[Any],
    buffers: Buffers,
) -> tuple[Runner, int]:
    """Bring labels and targets to the front, multiply block by block, and put everything back.

    Args:
        kernel: any map with input qubits.
        positions: bit position of each input slot.
        after: bit position of each output slot, in the state that results.
        n_qubits: qubits of the state that enters.
        dtype: complex64 or complex128.
        buffers: what the results and what is on the way are held in.
    """
    n_after = n_qubits + kernel.n_out - kernel.n_in
    dims_in, axis_in = grouped(positions, n_qubits)
    dims_out, axis_out = grouped(after, n_after)
    front_in = [axis_in[positions[slot]] for slot in (*kernel.labels_in, *kernel.targets_in)]
    front_out = [axis_out[after[slot]] for slot in (*kernel.labels_out, *kernel.targets_out)]
    order_in = front_in + [i for i in range(len(dims_in)) if i not in front_in]
    order_out = front_out + [i for i in range(len(dims_out)) if i not in front_out]
    blocks = kernel.blocks.astype(dtype)
    n_labels, n_out, n_in = blocks.shape
    source = np.full(2 ** len(kernel.labels_out), -1, dtype=np.int64)
    kept = np.flatnonzero(kernel.index >= 0)
    source[kernel.index[kept]] = kept
    missing = np.flatnonzero(source < 0)
    source = np.maximum(source, 0)

    def runner(state: State) -> State:
        batch = state.shape[1]
        view = state.reshape(*dims_in, batch).transpose([*order_in, len(dims_in)])
        new = buffers.take((n_labels, n_in, state.size // (n_labels * n_in)), dtype)
        np.copyto(new.reshape(view.shape), view)
        buffers.give(state)
        if n_in == n_out == 1:
            if not kernel.has_unit_coefficients:
                np.multiply(new, blocks, out=new)
        else:
            front = new
            new = buffers.take((n_labels, n_out, front.shape[2]), dtype)
            np.matmul(blocks, front, out=new)
            buffers.give(front)
        if not kernel.preserves_labels:
            before = new
            new = buffers.take((len(source), *before.shape[1:]), dtype)
            np.take(before, source, axis=0, out=new, mode="clip")
            new[missing] = 0
            buffers.give(before)
        out = buffers.take((2**n_after, batch), dtype)
        target = out.reshape(*dims_out, batch).transpose([*order_out, len(dims_out)])
        np.copyto(target, new.reshape(target.shape))
        buffers.give(new)
        return out

    return runner, blocks.nbytes
