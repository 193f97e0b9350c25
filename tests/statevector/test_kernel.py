"""Maps: their form, their application at any position, and their merging, against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloqs.statevector.apply import apply_map, leak_weights
from bloqs.statevector.buffers import Buffers
from bloqs.statevector.kernel import (
    Kernel,
    controlled_kernel,
    deposit_bits,
    extract_bits,
    kernel_from_matrix,
)
from bloqs.statevector.label_table import LabelTable, normal_form
from bloqs.statevector.merge import KernelStep, merge, merge_shape
from tests.statevector import kernels

SEED = st.integers(0, 2**32 - 1)
AND = np.zeros((8, 4), dtype=np.complex128)
AND[[0, 2, 4, 7], range(4)] = 1
HADAMARD = np.array([[1, 1], [1, -1]]) / np.sqrt(2)


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
        (HADAMARD, 1, 1, (), (0,), False),
        (np.kron(HADAMARD, np.diag([1, 1j])), 2, 2, (1,), (0,), False),
        (AND, 2, 3, (0, 1), (), False),
        (AND.T, 3, 2, (0, 1, 2), (), False),
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
    kernel = kernel_from_matrix(AND.T, 3, 2, is_freeing=True)
    assert kernel.leak is not None
    lost = kernel.leak[:, 0, 0].real
    np.testing.assert_array_equal(lost, 1 - np.diag(AND @ AND.T).real)
    # On a state whose third qubit is not the AND of the others, that part is lost.
    state = np.zeros((8, 2), dtype=np.complex128)
    state[0b110, 0], state[0b111, 1] = 0.6, 0.8
    np.testing.assert_allclose(leak_weights(kernel, (2, 1, 0), state), [0.36, 0])


def test_controlled_kernel_is_block_diagonal() -> None:
    kernel = controlled_kernel(kernel_from_matrix(HADAMARD, 1, 1), [False, True, True, False])
    expected = np.eye(8)
    expected[2:4, 2:4] = expected[4:6, 4:6] = HADAMARD
    np.testing.assert_allclose(kernel.matrix(), expected, atol=1e-15)
    with pytest.raises(ValueError, match="2 in and 3 out"):
        controlled_kernel(kernel_from_matrix(AND, 2, 3), [False, True])


@given(SEED)
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


@given(SEED)
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
    conjunction = kernel_from_matrix(AND, 2, 3)
    undone = kernel_from_matrix(AND.T, 3, 2)
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
    for matrix in (HADAMARD, np.diag([1, 1j]), np.eye(2)[::-1]):
        state = np.zeros((8, 1), dtype=dtype)
        state[0] = 1
        out = apply_map(kernel_from_matrix(matrix, 1, 1), (1,), state, Buffers())
        assert out.dtype == dtype
        np.testing.assert_allclose(out[[0, 2], 0], matrix[:, 0], atol=1e-7)


@given(SEED)
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
    conjunction = kernel_from_matrix(AND, 2, 3)
    undone = kernel_from_matrix(AND.T, 3, 2, is_freeing=True)
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
    h = kernel_from_matrix(HADAMARD, 1, 1)
    z = kernel_from_matrix(np.diag([1, -1]), 1, 1)
    hh = merge([KernelStep(kernel, (0,), (0,)) for kernel in (h, h, z)]).kernel
    assert hh.is_diagonal
    np.testing.assert_allclose(hh.coefficients, [1, -1], atol=1e-15)


@given(st.lists(st.booleans(), min_size=16, max_size=16))
def test_normal_form_evaluates_to_the_table(table: list[bool]) -> None:
    terms = normal_form(table)
    for argument, wanted in enumerate(table):
        value = sum((term & argument) == term for term in terms) % 2
        assert value == wanted


@given(SEED)
def test_label_table_follows_every_input(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    table, values = LabelTable(range(n)), np.arange(2**n, dtype=np.int64)
    for _ in range(5):
        k = int(rng.integers(1, n + 1))
        kernel = kernels.random_kernel(rng, k, 0, is_permuting=False)
        kernel = Kernel(k, k, (), (), rng.permutation(2**k).astype(np.int64), kernel.blocks)
        tracks = [int(t) for t in rng.permutation(n)[:k]]
        table.apply(kernel, tracks, tracks)
        places = [n - 1 - t for t in tracks]
        rest = [p for p in range(n) if p not in places]
        image = kernel.index[extract_bits(values, places)]
        values = deposit_bits(image, places) | deposit_bits(extract_bits(values, rest), rest)
    assert np.array_equal(table.local(range(n)), values)
