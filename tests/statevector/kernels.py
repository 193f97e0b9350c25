"""Random maps and their dense counterparts, for the tests of the simulator."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from bloqs.statevector.kernel import Kernel

ComplexArray = NDArray[np.complex128]

SEED = st.integers(0, 2**32 - 1)
AND = np.zeros((8, 4), dtype=np.complex128)
AND[[0, 2, 4, 7], range(4)] = 1
HADAMARD = np.array([[1, 1], [1, -1]]) / np.sqrt(2)


def complex_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> ComplexArray:
    """Independent complex Gaussian entries."""
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def random_kernel(
    rng: np.random.Generator, n_labels: int, n_targets: int, *, is_permuting: bool
) -> Kernel:
    """A map with so many labels and targets on random slots; `is_permuting` labels may also be dropped."""
    n = n_labels + n_targets
    targets = tuple(sorted(int(slot) for slot in rng.choice(n, n_targets, replace=False)))
    index = np.arange(2**n_labels)
    if is_permuting:
        index = rng.permutation(2**n_labels)
        if rng.random() < 0.5:
            index[rng.integers(len(index))] = -1
    blocks = complex_normal(rng, (2**n_labels, 2**n_targets, 2**n_targets))
    return Kernel(n, n, targets, targets, index.astype(np.int64), blocks)


def on_all_qubits(matrix: ComplexArray, axes: list[int], n_qubits: int) -> ComplexArray:
    """The matrix on qubits `axes` (0 the most significant) of `n_qubits`, identity on the others."""
    return applied(matrix, axes, np.eye(2**n_qubits, dtype=np.complex128))


def applied(matrix: ComplexArray, axes: list[int], state: ComplexArray) -> ComplexArray:
    """The matrix applied to qubits `axes` (0 the most significant) of `state`, `(2**n, batch)`."""
    n, n_qubits = len(axes), len(state).bit_length() - 1
    tensor = np.moveaxis(state.reshape((2,) * n_qubits + (-1,)), axes, range(n))
    tensor = (matrix @ tensor.reshape(2**n, -1)).reshape((2,) * n_qubits + (-1,))
    return np.moveaxis(tensor, range(n), axes).reshape(state.shape)
