"""Merged maps against the product of their matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from bloqs.statevector.kernel import (
    kernel_from_matrix,
)
from bloqs.statevector.merge import merge, merge_shape
from bloqs.statevector.steps import KernelStep
from tests.statevector import kernels


@given(kernels.SEED)
def test_merged_maps_equal_their_product(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_qubits = int(rng.integers(2, 6))
    steps, product = [], np.eye(2**n_qubits)
    for _ in range(int(rng.integers(1, 9))):
        n = int(rng.integers(1, min(n_qubits, 3) + 1))
        n_targets = min(n, int(rng.integers(0, 2)))
        kernel = kernels.random_kernel(
            rng, n - n_targets, n_targets, is_permuting=n_targets == 0 and bool(rng.integers(2))
        )
        tracks = tuple(int(t) for t in rng.permutation(n_qubits)[:n])
        steps.append(KernelStep(kernel, tracks, tracks))
        product = kernels.on_all_qubits(kernel.matrix(), list(tracks), n_qubits) @ product
    merged = merge(steps)
    assert merged.ins == merged.outs
    found = kernels.on_all_qubits(merged.kernel.matrix(), list(merged.ins), n_qubits)
    np.testing.assert_allclose(found, product, atol=1e-9 * np.abs(product).max())


def and_ladder(n: int, angle: float) -> list[KernelStep]:
    """A phase on |1...1>: And ladder on tracks 0..n-1, a phase on its top, the ladder undone."""
    conjunction = kernel_from_matrix(kernels.AND, 2, 3)
    undone = kernel_from_matrix(kernels.AND.T, 3, 2, is_freeing=True)
    phase = kernel_from_matrix(np.diag([1, np.exp(1j * angle)]), 1, 1)
    pairs = [(0 if i == 1 else n + i - 2, i, n + i - 1) for i in range(1, n)]
    steps = [KernelStep(conjunction, pair[:2], pair) for pair in pairs]
    steps.append(KernelStep(phase, (pairs[-1][2],), (pairs[-1][2],)))
    return steps + [KernelStep(undone, pair, pair[:2]) for pair in reversed(pairs)]


@pytest.mark.parametrize("n", [2, 3, 7, 9])
def test_ladder_merges_to_a_diagonal_without_temporaries(n: int) -> None:
    steps = and_ladder(n, 0.7)
    shape = merge_shape(steps)
    assert shape.is_diagonal
    assert shape.log2_size == n
    kernel = merge(steps).kernel
    expected = np.ones(2**n, dtype=np.complex128)
    expected[-1] = np.exp(0.7j)
    assert kernel.is_diagonal
    assert kernel.leak is None
    np.testing.assert_allclose(kernel.coefficients, expected, atol=1e-15)


def test_merging_keeps_what_a_free_would_lose() -> None:
    # Undoing an And on changed controls leaves the target dirty for exactly two of the four inputs.
    not_ = kernel_from_matrix(np.eye(2)[::-1], 1, 1)
    steps = and_ladder(2, 0.0)
    steps.insert(1, KernelStep(not_, (0,), (0,)))
    kernel = merge(steps).kernel
    assert kernel.leak is not None
    np.testing.assert_allclose(kernel.leak[:, 0, 0].real, [0, 1, 0, 1])


def test_targets_that_keep_their_value_become_labels() -> None:
    h = kernel_from_matrix(kernels.HADAMARD, 1, 1)
    z = kernel_from_matrix(np.diag([1, -1]), 1, 1)
    hh = merge([KernelStep(kernel, (0,), (0,)) for kernel in (h, h, z)]).kernel
    assert hh.is_diagonal
    np.testing.assert_allclose(hh.coefficients, [1, -1], atol=1e-15)
