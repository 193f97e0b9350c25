"""How much of a state a map loses because qubits that it frees are not |0>."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bloqs.simulation.ops import LONG, Kernel, State

MAX_SLICES = 256
"""Up to this many labels that lose anything, only their slices of the state are looked at."""


def leak_weights(
    kernel: Kernel, positions: Sequence[int], n_qubits: int, state: State, *, long: int = LONG
) -> NDArray[np.float64]:
    """Probability, `(batch,)`, that this application of `kernel` loses by freeing qubits that are not |0>.

    Args:
        kernel: the map.
        positions: bit position of each input slot.
        n_qubits: qubits of the state.
        state: `(2**n_qubits, batch)`; not changed.
        long: amplitudes from which on the compiled loops take over.
    """
    batch = state.shape[1]
    lost = np.zeros(batch)
    if kernel.leak is None:
        return lost
    if state.size >= long:
        from bloqs.simulation.long_states import long_leak_weights

        return long_leak_weights(kernel, positions, n_qubits, state)
    dims, axis = _grouped(positions, n_qubits)
    labels = [axis[positions[slot]] for slot in kernel.labels_in]
    targets = [axis[positions[slot]] for slot in kernel.targets_in]
    rest = [i for i in range(len(dims) + 1) if i not in labels and i not in targets]
    view = state.reshape(*dims, batch).transpose([*labels, *targets, *rest])
    leaking = np.flatnonzero(np.abs(kernel.leak).max(axis=(1, 2)))
    dim = kernel.leak.shape[1]
    if len(leaking) > MAX_SLICES:
        parts = view.reshape(len(kernel.leak), dim, -1)
        return _weights(kernel.leak, parts, batch)
    for label in leaking:
        bits = tuple(int(label) >> i & 1 for i in reversed(range(len(labels))))
        part = np.ascontiguousarray(view[bits]).reshape(1, dim, -1)
        lost += _weights(kernel.leak[label : label + 1], part, batch)
    return lost


def _weights(leak: NDArray[np.complex128], parts: State, batch: int) -> NDArray[np.float64]:
    """`sum_g <t|leak[g]|t>` over `(labels, targets, rest * batch)`, for each column."""
    if leak.shape[1] == 1:
        form = (parts.real**2 + parts.imag**2) * leak.real
    else:
        form = (parts.conj() * (leak @ parts)).real
    return np.asarray(form.reshape(-1, batch).sum(axis=0), dtype=np.float64)


def _grouped(positions: Sequence[int], n_qubits: int) -> tuple[list[int], dict[int, int]]:
    """Shape with an axis of 2 for each of `positions` and one axis for each run of others; where each is."""
    dims: list[int] = []
    axis: dict[int, int] = {}
    high = n_qubits
    for position in sorted(positions, reverse=True):
        dims.append(2 ** (high - 1 - position))
        axis[position] = len(dims)
        dims.append(2)
        high = position
    return [*dims, 2**high], axis
