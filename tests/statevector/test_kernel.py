"""The form of maps, against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from bloqs.statevector.apply import leak_weights
from bloqs.statevector.kernel import (
    Kernel,
    controlled_kernel,
    deposit_bits,
    extract_bits,
    kernel_from_matrix,
)
from tests.statevector import kernels


def test_bits_round_trip() -> None:
    values = np.arange(64, dtype=np.int64)
    positions = [4, 0, 5, 1, 3, 2]
    assert np.array_equal(deposit_bits(extract_bits(values, positions), positions), values)
    assert extract_bits(np.array([0b100110]), [5, 2, 0]).tolist() == [0b110]


@pytest.mark.parametrize(
    ("matrix", "n_in", "n_out", "labels", "targets", "is_diagonal"),
    [
        (np.diag([1, 1, 1, 1j]), 2, 2, (0, 1), (), True),
        (np.eye(4)[[0, 1, 3, 2]], 2, 2, (0, 1), (), False),
        (kernels.HADAMARD, 1, 1, (), (0,), False),
        (np.kron(kernels.HADAMARD, np.diag([1, 1j])), 2, 2, (1,), (0,), False),
        (kernels.AND, 2, 3, (0, 1), (), False),
        (kernels.AND.T, 3, 2, (0, 1, 2), (), False),
        (np.ones((1, 2)) / np.sqrt(2), 1, 0, (), (0,), False),
        (np.array([[0.0], [1.0]]), 0, 1, (), (), False),
    ],
)
def test_kernel_finds_form_and_keeps_matrix(
    matrix: np.ndarray,
    n_in: int,
    n_out: int,
    labels: tuple[int, ...],
    targets: tuple[int, ...],
    is_diagonal: bool,
) -> None:
    kernel = kernel_from_matrix(matrix, n_in, n_out)
    assert kernel.labels_in == labels
    assert kernel.targets_in == targets
    assert kernel.is_diagonal is is_diagonal
    np.testing.assert_allclose(kernel.matrix(), matrix, atol=1e-15)


def test_freeing_kernel_knows_what_it_loses() -> None:
    kernel = kernel_from_matrix(kernels.AND.T, 3, 2, is_freeing=True)
    assert kernel.leak is not None
    lost = kernel.leak[:, 0, 0].real
    np.testing.assert_array_equal(lost, 1 - np.diag(kernels.AND @ kernels.AND.T).real)
    # On a state whose third qubit is not the AND of the others, that part is lost.
    state = np.zeros((8, 2), dtype=np.complex128)
    state[0b110, 0], state[0b111, 1] = 0.6, 0.8
    np.testing.assert_allclose(leak_weights(kernel, (2, 1, 0), state), [0.36, 0])


def test_controlled_kernel_is_block_diagonal() -> None:
    kernel = controlled_kernel(
        kernel_from_matrix(kernels.HADAMARD, 1, 1), [False, True, True, False]
    )
    expected = np.eye(8)
    expected[2:4, 2:4] = expected[4:6, 4:6] = kernels.HADAMARD
    np.testing.assert_allclose(kernel.matrix(), expected, atol=1e-15)
    with pytest.raises(ValueError, match="2 in and 3 out"):
        controlled_kernel(kernel_from_matrix(kernels.AND, 2, 3), [False, True])


@given(kernels.SEED)
def test_more_targets_describe_the_same_map(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kernel = kernels.random_kernel(rng, 2, 1, is_permuting=bool(rng.integers(2)))
    changed = kernel.changed_slots | set(kernel.targets_in)
    extra = {slot for slot in range(3) if rng.integers(2)}
    targets = frozenset(changed | extra)
    blocks, _ = kernel.with_targets(targets)
    slots = tuple(sorted(targets))
    index = np.arange(2 ** (3 - len(slots)), dtype=np.int64)
    again = Kernel(3, 3, slots, slots, index, blocks)
    np.testing.assert_allclose(again.matrix(), kernel.matrix(), atol=1e-13)
