"""Applying one map to a state vector whose qubits sit at given bit positions.

A state is a C-contiguous array `(2**n, batch)`; the qubit at bit position `p` has weight `2**p` in the row
number. A shared qubit keeps its position, created ones go on top (the first highest), and a consumed one
leaves a gap that closes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bloqs.statevector.buffers import Buffers
from bloqs.statevector.kernel import Kernel, State
from bloqs.statevector.loops import multiply, permute, resize, rotate, transform, weigh

MAX_HELD = 2**14
"""A map that moves more rows than this writes to a second state. In place it would have to hold them all
before it writes the first.

"""


def apply_map(kernel: Kernel, positions: Sequence[int], state: State, buffers: Buffers) -> State:
    """The state after a map; the one that is given may be overwritten.

    Args:
        kernel: the map.
        positions: bit position of each input slot.
        state: complex64 or complex128, `(2**n, batch)`, C-contiguous.
        buffers: where a state of another length is held.

    Returns:
        The new state, of the same type and number of columns.

    Example:
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> cnot = kernel_from_matrix(np.eye(4)[[0, 1, 3, 2]], 2, 2)
        >>> state = np.array([[0.0], [0.6], [0.0], [0.8j]])  # 0.6|01> + 0.8i|11>
        >>> apply_map(cnot, [1, 0], state, Buffers()).ravel().tolist()
        [0j, (0.6+0j), 0.8j, 0j]
    """
    # The loops check no bounds, and write to the memory that they are given.
    assert len(positions) == kernel.n_in
    assert state.flags.c_contiguous
    places, flat, batch = np.array(positions, dtype=np.int64), state.reshape(-1), state.shape[1]
    is_keeping = kernel.n_in == kernel.n_out and kernel.preserves_labels
    if is_keeping and len(kernel.targets_in) == 1:
        blocks = np.ascontiguousarray(kernel.blocks)
        rotate(flat, flat.view(flat.real.dtype), batch, places, kernel.targets_in[0], blocks)
        return state
    blocks = np.ascontiguousarray(kernel.blocks, dtype=state.dtype)
    if kernel.n_in == kernel.n_out:
        if not kernel.n_in:
            state *= kernel.coefficients[0]
            return state
        if kernel.is_diagonal:
            multiply(flat, batch, places, blocks.reshape(-1))
            return state
        if is_keeping or blocks.shape[0] * blocks.shape[1] <= MAX_HELD:
            if kernel.is_monomial:
                permute(flat, batch, places, kernel.index, blocks.reshape(-1))
            else:
                transform(flat, batch, places, _set_of(kernel.targets_in), kernel.index, blocks)
            return state
    n_qubits = len(state).bit_length() - 1
    out = buffers.take((2 ** (n_qubits + kernel.n_out - kernel.n_in), batch), state.dtype)
    resize(
        flat,
        out.reshape(-1),
        batch,
        np.array([*positions, *_after(kernel, positions, n_qubits)], dtype=np.int64),
        kernel.n_in,
        _set_of(kernel.targets_in),
        _set_of(kernel.targets_out),
        kernel.index,
        blocks,
    )
    buffers.give(state)
    return out


def leak_weights(kernel: Kernel, positions: Sequence[int], state: State) -> NDArray[np.float64]:
    """What an application of a map loses because it frees qubits that are not |0>.

    Args:
        kernel: the map.
        positions: bit position of each input slot.
        state: complex, `(2**n, batch)`; not changed.

    Returns:
        The probability lost, float64 `(batch,)`.

    Example:
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> free = kernel_from_matrix(np.array([[1.0, 0.0]]), 1, 0, is_freeing=True)
        >>> leak_weights(free, [0], np.array([[0.6], [0.8j]])).round(6).tolist()
        [0.64]
    """
    batch = state.shape[1]
    if kernel.leak is None:
        return np.zeros(batch)
    if not kernel.n_in:
        return np.asarray(kernel.leak[0, 0, 0].real * np.sum(np.abs(state) ** 2, axis=0))
    places = np.array(positions, dtype=np.int64)
    lost: NDArray[np.float64] = weigh(
        state.reshape(-1), batch, places, _set_of(kernel.targets_in), kernel.leak
    )
    return lost


def _set_of(slots: Sequence[int]) -> int:
    """Slots as bits of a number."""
    return sum([1 << slot for slot in slots])


def _after(kernel: Kernel, positions: Sequence[int], n_qubits: int) -> list[int]:
    """Bit position of each output slot."""
    consumed = positions[kernel.n_shared :]
    shared = positions[: kernel.n_shared]
    after = [p - sum([q < p for q in consumed]) for p in shared] if consumed else [*shared]
    top = n_qubits - len(consumed)
    return [*after, *reversed(range(top, top + kernel.n_out - kernel.n_shared))]
