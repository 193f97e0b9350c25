"""Maps applied at any position, against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from bloqs.statevector.apply import apply_map
from bloqs.statevector.buffers import Buffers
from bloqs.statevector.kernel import (
    Kernel,
    kernel_from_matrix,
)
from tests.statevector import kernels


@given(kernels.SEED)
def test_map_is_applied_as_its_matrix(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_labels, n_targets = int(rng.integers(0, 5)), int(rng.integers(0, 4))
    is_permuting = n_labels > 0 and bool(rng.integers(2))
    kernel = kernels.random_kernel(rng, n_labels, n_targets, is_permuting=is_permuting)
    n_qubits = kernel.n_in + int(rng.integers(0, 4))
    positions = tuple(int(p) for p in rng.permutation(n_qubits)[: kernel.n_in])
    state = kernels.complex_normal(rng, (2**n_qubits, int(rng.choice([1, 2, 3, 20]))))
    axes = [n_qubits - 1 - p for p in positions]
    expected = kernels.applied(kernel.matrix(), axes, state)
    found = apply_map(kernel, positions, state.copy(), Buffers())
    np.testing.assert_allclose(found, expected, atol=1e-10)


@pytest.mark.parametrize("is_permuting", [False, True])
@pytest.mark.parametrize(
    ("n_labels", "n_targets"), [(10, 0), (8, 1), (7, 3), (1, 0), (0, 1), (1, 1)]
)
@pytest.mark.parametrize("batch", [1, 3])
def test_long_state(n_labels: int, n_targets: int, is_permuting: bool, batch: int) -> None:
    # Long enough for tables of the lowest rows, for strips that are cut short, and for long runs.
    rng = np.random.default_rng(n_labels + n_targets)
    kernel = kernels.random_kernel(
        rng, n_labels, n_targets, is_permuting=is_permuting and n_labels > 0
    )
    state = kernels.complex_normal(rng, (2**13, batch))
    for _ in range(8):
        positions = tuple(int(p) for p in rng.permutation(13)[: kernel.n_in])
        expected = kernels.applied(kernel.matrix(), [12 - p for p in positions], state)
        found = apply_map(kernel, positions, state.copy(), Buffers())
        np.testing.assert_allclose(found, expected, atol=1e-10)


@pytest.mark.parametrize("positions", [(3, 1), (0, 4), (4, 3), (1, 0)])
def test_map_creates_and_consumes(positions: tuple[int, int]) -> None:
    n_qubits = 5
    state = kernels.complex_normal(np.random.default_rng(0), (2**n_qubits, 3))
    conjunction = kernel_from_matrix(kernels.AND, 2, 3)
    undone = kernel_from_matrix(kernels.AND.T, 3, 2)
    plus = kernel_from_matrix(np.full((2, 1), np.sqrt(0.5)), 0, 1)
    effect = kernel_from_matrix(np.array([[0.6, 0.8]]), 1, 0)

    def run(kernel: Kernel, where: tuple[int, ...], vector: np.ndarray) -> np.ndarray:
        return apply_map(kernel, where, vector.copy(), Buffers())

    longer = run(conjunction, positions, state)
    rows = np.arange(32)
    both = (rows >> positions[0]) & (rows >> positions[1]) & 1
    np.testing.assert_array_equal(longer[rows | (both << 5)], state)
    assert np.count_nonzero(longer) == state.size
    np.testing.assert_array_equal(run(undone, (*positions, 5), longer), state)
    longer = run(plus, (), state)
    np.testing.assert_allclose(longer, np.vstack([state, state]) * np.sqrt(0.5))
    shorter = run(effect, positions[:1], state)
    zeros = rows[(rows >> positions[0]) & 1 == 0]
    expected = 0.6 * state[zeros] + 0.8 * state[zeros | (1 << positions[0])]
    np.testing.assert_allclose(shorter, expected)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_map_keeps_dtype(dtype: type) -> None:
    for matrix in (kernels.HADAMARD, np.diag([1, 1j]), np.eye(2)[::-1]):
        state = np.zeros((8, 1), dtype=dtype)
        state[0] = 1
        out = apply_map(kernel_from_matrix(matrix, 1, 1), (1,), state, Buffers())
        assert out.dtype == dtype
        np.testing.assert_allclose(out[[0, 2], 0], matrix[:, 0], atol=1e-7)
