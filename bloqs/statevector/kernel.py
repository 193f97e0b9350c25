r"""Linear maps on a few qubits in the form in which the gate-level simulator applies and merges them.

One form covers every gate. The input qubits of a map fall in two sets, *labels* `g` and *targets* `t`, and

$$ |g\rangle|t\rangle \mapsto |\mathrm{index}(g)\rangle \otimes \mathrm{blocks}[g]\,|t\rangle, $$

where `index` is a partial injection (`-1`: the label is dropped). Without targets this is a *monomial* map:
X, CNOT, Toffoli, And and its adjoint, adders, QROM, Allocate, Free, and with an identity `index` a
*diagonal*: T, CZ, Rz, reflections. Without labels it is *dense*: H, Ry. With both and an identity
`index` it is *multiplexed*: controlled and multiplexed rotations. Which qubits are which is found from
the matrix; nothing is approximated, but entries below `NOISE` in modulus, which rounding leaves, are
taken to be zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

ComplexArray = NDArray[np.complex128]
IndexArray = NDArray[np.int64]

State: TypeAlias = NDArray[np.complexfloating[Any, Any]]
"""`(2**n, batch)`, C-contiguous: the columns are states of `n` qubits."""

NOISE = 1e-15
"""Matrix entries below this are rounding: the largest entry of every map here is at most about 1."""

LEAF_LEAK_NOISE = 1e-12
"""Entries of `1 - matrix^dagger matrix` of a leaf below this are rounding."""

MAX_REMEMBERED_ENTRIES = 256
"""What was found from the pattern of a matrix is kept if the matrix has at most so many entries."""

LEAK_NOISE = 1e-22
"""A probability (a square) below which a merged map that frees qubits counts as leaving them in |0>."""


def bit(values: IndexArray, position: int) -> IndexArray:
    """One bit of each of some numbers.

    Args:
        values: int64 of any shape.
        position: of the bit; its weight is `2**position`.

    Returns:
        0 or 1, int64 of the same shape.

    Example:
        >>> bit(np.array([4, 5, 6]), 1).tolist()
        [0, 0, 1]
    """
    return (values >> position) & 1


def extract_bits(values: IndexArray, positions: Sequence[int]) -> IndexArray:
    """The numbers that some bits of other numbers make.

    Args:
        values: int64 of any shape.
        positions: of the bits, the most significant of the result first.

    Returns:
        int64 of the same shape.

    Example:
        >>> extract_bits(np.array([0b1010]), [3, 0]).tolist()
        [2]
    """
    out = np.zeros_like(values)
    for position in positions:
        out = (out << 1) | bit(values, position)
    return out


def deposit_bits(values: IndexArray, positions: Sequence[int]) -> IndexArray:
    """The inverse of `extract_bits`: bits spread to their positions, zeros elsewhere.

    Args:
        values: int64 of any shape, each of `len(positions)` bits.
        positions: where the bits go, that of the most significant first.

    Returns:
        int64 of the same shape.

    Example:
        >>> deposit_bits(np.array([0b10]), [3, 0]).tolist()
        [8]
    """
    out = np.zeros_like(values)
    for weight, position in enumerate(reversed(positions)):
        out |= bit(values, weight) << position
    return out


def label_positions(slots: Sequence[int], n: int) -> list[int]:
    """Bit positions of slots, which are counted from the other end.

    Args:
        slots: big-endian, 0 being the most significant.
        n: number of all slots.

    Returns:
        The position of each.

    Example:
        >>> label_positions([0, 2], 3)
        [2, 0]
    """
    return [n - 1 - slot for slot in slots]


@attrs.frozen(eq=False)
class Kernel:
    """A linear map from `n_in` to `n_out` qubits, in the form of the module docstring.

    Slot `i` of the input and slot `i` of the output are the same qubit for `i < min(n_in, n_out)`; the
    others are consumed or created. Slots are big-endian: slot 0 is the most significant. A slot that is a
    target on one side is a target on the other.

    Parameters:
        n_in: number of input qubits.
        n_out: number of output qubits.
        targets_in: sorted input slots that are targets; all others are labels.
        targets_out: sorted output slots that are targets.
        index: int64 `(2**labels_in,)`, entries in `[0, 2**labels_out)` or -1.
        blocks: complex128 `(2**labels_in, 2**targets_out, 2**targets_in)`.
        leak: None, or complex128 `(2**labels_in, 2**targets_in, 2**targets_in)`: the positive form
            `<t|leak[g]|t>`, the probability that is lost because a freed qubit is not |0>.

    Example:
        >>> cnot = Kernel(2, 2, (), (), np.array([0, 1, 3, 2]), np.ones((4, 1, 1), dtype=complex))
        >>> cnot.is_monomial, cnot.is_diagonal, sorted(cnot.changed_slots)
        (True, False, [1])
        >>> cnot.matrix().real.astype(int).tolist()
        [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    """

    n_in: int
    n_out: int
    targets_in: tuple[int, ...]
    targets_out: tuple[int, ...]
    index: IndexArray
    blocks: ComplexArray
    leak: ComplexArray | None = None

    @cached_property
    def labels_in(self) -> tuple[int, ...]:
        """Input slots that are labels."""
        return tuple(i for i in range(self.n_in) if i not in self.targets_in)

    @cached_property
    def labels_out(self) -> tuple[int, ...]:
        """Output slots that are labels."""
        return tuple(i for i in range(self.n_out) if i not in self.targets_out)

    @cached_property
    def n_shared(self) -> int:
        """Number of slots that are the same qubit before and after."""
        return min(self.n_in, self.n_out)

    @cached_property
    def is_monomial(self) -> bool:
        """Whether there are no targets."""
        return not self.targets_in and not self.targets_out

    @cached_property
    def preserves_labels(self) -> bool:
        """Whether the value of every label survives and none is created, consumed or dropped."""
        return self.labels_in == self.labels_out and np.array_equal(
            self.index, np.arange(len(self.index))
        )

    @cached_property
    def is_diagonal(self) -> bool:
        """Whether the map multiplies each basis state by a number."""
        return self.is_monomial and self.preserves_labels

    @cached_property
    def changed_slots(self) -> frozenset[int]:
        """Label slots whose value may change, or that are created or consumed."""
        if self.preserves_labels:
            return frozenset()
        changed = set(range(self.n_shared, max(self.n_in, self.n_out)))
        changed -= set(self.targets_in) | set(self.targets_out)
        kept = np.flatnonzero(self.index >= 0)
        for slot in self.labels_in:
            if slot >= self.n_shared:
                continue
            before = bit(kept, len(self.labels_in) - 1 - self.labels_in.index(slot))
            after = bit(self.index[kept], len(self.labels_out) - 1 - self.labels_out.index(slot))
            if not np.array_equal(before, after):
                changed.add(slot)
        return frozenset(changed)

    @cached_property
    def has_unit_coefficients(self) -> bool:
        """Whether a monomial map has no factor but 1 on what it keeps."""
        return self.is_monomial and bool(np.all(self.blocks[self.index >= 0] == 1))

    @cached_property
    def leaks_by_dropping(self) -> bool:
        """Whether a monomial map loses by freeing qubits only what it drops, not by factors below 1."""
        if self.leak is None:
            return True
        return self.is_monomial and not self.leak[self.index >= 0].any()

    @cached_property
    def coefficients(self) -> ComplexArray:
        """Of a monomial map, the factor of each label, complex128 `(2**n_in,)`; 0 where dropped."""
        return np.where(self.index >= 0, self.blocks[:, 0, 0], 0)

    @cached_property
    def nbytes(self) -> int:
        """Memory held by the arrays."""
        return (
            self.index.nbytes + self.blocks.nbytes + (0 if self.leak is None else self.leak.nbytes)
        )

    def matrix(self) -> ComplexArray:
        """The whole map, complex128 `(2**n_out, 2**n_in)`; for small maps and for tests."""
        slots_in = label_positions(self.labels_in, self.n_in)
        slots_out = label_positions(self.labels_out, self.n_out)
        t_in = np.arange(2 ** len(self.targets_in), dtype=np.int64)
        t_out = np.arange(2 ** len(self.targets_out), dtype=np.int64)
        t_in = deposit_bits(t_in, label_positions(self.targets_in, self.n_in))
        t_out = deposit_bits(t_out, label_positions(self.targets_out, self.n_out))
        kept = np.flatnonzero(self.index >= 0)
        g_in, g_out = deposit_bits(kept, slots_in), deposit_bits(self.index[kept], slots_out)
        out = np.zeros((2**self.n_out, 2**self.n_in), dtype=np.complex128)
        rows = g_out[:, None, None] | t_out[None, :, None]
        out[rows, g_in[:, None, None] | t_in[None, None, :]] = self.blocks[kept]
        return out

    def with_targets(self, targets: frozenset[int]) -> tuple[ComplexArray, ComplexArray | None]:
        """`blocks` and `leak` of the same map when the slots `targets` too are targets.

        Args:
            targets: slots, all of this map's targets and changed slots among them, so that the labels that
                are left keep their value.

        Returns:
            complex128 `(2**labels, 2**targets_out, 2**targets_in)` with slots in order, and the leak or
            None.
        """
        if set(targets) == set(self.targets_in) | set(self.targets_out):
            if np.all(self.index >= 0):
                return self.blocks, self.leak
            return np.where((self.index >= 0)[:, None, None], self.blocks, 0), self.leak
        rest = [slot for slot in range(self.n_shared) if slot not in targets]
        promoted_in = [slot for slot in self.labels_in if slot in targets]
        promoted_out = [slot for slot in self.labels_out if slot in targets]
        labels = np.arange(len(self.index), dtype=np.int64)
        n_labels, n_labels_out = len(self.labels_in), len(self.labels_out)

        def positions(slots: Sequence[int], among: tuple[int, ...]) -> list[int]:
            return [len(among) - 1 - among.index(slot) for slot in slots]

        g_rest = extract_bits(labels, positions(rest, self.labels_in))
        g_in = extract_bits(labels, positions(promoted_in, self.labels_in))
        g_out = extract_bits(np.maximum(self.index, 0), positions(promoted_out, self.labels_out))
        assert n_labels == len(rest) + len(promoted_in)
        assert n_labels_out == len(rest) + len(promoted_out)
        kept = self.index >= 0
        dims_in = (2 ** len(promoted_in), 2 ** len(self.targets_in))
        dims_out = (2 ** len(promoted_out), 2 ** len(self.targets_out))
        blocks = np.zeros((2 ** len(rest), *dims_out, *dims_in), dtype=np.complex128)
        blocks[g_rest[kept], g_out[kept], :, g_in[kept], :] = self.blocks[kept]
        order_in = [*promoted_in, *self.targets_in]
        order_out = [*promoted_out, *self.targets_out]
        blocks = _sort_block_slots(blocks, order_out, order_in)
        if self.leak is None:
            return blocks, None
        leak = np.zeros((2 ** len(rest), *dims_in, *dims_in), dtype=np.complex128)
        leak[g_rest, g_in, :, g_in, :] = self.leak
        return blocks, _sort_block_slots(leak, order_in, order_in)


def _sort_block_slots(
    blocks: ComplexArray, order_out: Sequence[int], order_in: Sequence[int]
) -> ComplexArray:
    """Reorder the qubits of `(g, out..., in...)` blocks so that the slots ascend on both sides."""
    n_out, n_in = len(order_out), len(order_in)
    tensor = blocks.reshape((len(blocks), *(2,) * (n_out + n_in)))
    axes = [0]
    axes += [1 + order_out.index(slot) for slot in sorted(order_out)]
    axes += [1 + n_out + order_in.index(slot) for slot in sorted(order_in)]
    return np.ascontiguousarray(tensor.transpose(axes)).reshape(len(blocks), 2**n_out, 2**n_in)


def kernel_from_matrix(
    matrix: NDArray[np.complexfloating], n_in: int, n_out: int, *, is_freeing: bool = False
) -> Kernel:
    """The `Kernel` of a matrix, with as many labels as there can be.

    Args:
        matrix: `(2**n_out, 2**n_in)`, big-endian; slot `i < min(n_in, n_out)` is one qubit on both sides.
        n_in: number of input qubits.
        n_out: number of output qubits.
        is_freeing: whether norm that the map loses counts as a qubit freed while it is not |0>.

    Returns:
        The same map; entries below `NOISE` are zero.

    Example:
        >>> import numpy as np
        >>> controlled = np.eye(4, dtype=complex)
        >>> controlled[2:, 2:] = [[0.6, -0.8], [0.8, 0.6]]
        >>> kernel = kernel_from_matrix(controlled, 2, 2)
        >>> kernel.labels_in, kernel.targets_in, kernel.preserves_labels
        ((0,), (1,), True)
    """
    dense = np.array(matrix, dtype=np.complex128).reshape(2**n_out, 2**n_in)
    dense[np.abs(dense) < NOISE] = 0
    leak: ComplexArray | None = None
    if is_freeing:
        leak = np.eye(2**n_in) - dense.conj().T @ dense
        leak[np.abs(leak) < LEAF_LEAK_NOISE] = 0
        leak = leak if leak.any() else None
    pattern = (dense != 0).tobytes()
    is_small = dense.size <= MAX_REMEMBERED_ENTRIES
    index, select = (_form if is_small else _form.__wrapped__)(n_in, n_out, pattern)
    if select is None:
        blocks = dense[np.maximum(index, 0), np.arange(2**n_in)].reshape(-1, 1, 1)
        blocks[index < 0] = 1
        form = None if leak is None else np.diag(leak).copy().reshape(-1, 1, 1)
        return Kernel(n_in, n_out, (), (), index, blocks, form)
    return Kernel(
        n_in,
        n_out,
        tuple(slot for slot in range(n_in) if slot not in select),
        tuple(slot for slot in range(n_out) if slot not in select),
        index,
        _diagonal_blocks(dense, n_out, n_in, select),
        None if leak is None else _diagonal_blocks(leak, n_in, n_in, select),
    )


@lru_cache(maxsize=4096)
def _form(n_in: int, n_out: int, pattern: bytes) -> tuple[IndexArray, tuple[int, ...] | None]:
    """`Kernel.index` and the labels of a matrix, from where it is not zero; no labels if it is monomial."""
    nonzero = np.frombuffer(pattern, dtype=np.bool_).reshape(2**n_out, 2**n_in)
    if nonzero.sum(axis=0).max() <= 1 and nonzero.sum(axis=1).max() <= 1:
        index = np.where(nonzero.any(axis=0), nonzero.argmax(axis=0), -1).astype(np.int64)
        return index, None
    rows, columns = np.nonzero(nonzero)
    select = tuple(
        slot
        for slot in range(min(n_in, n_out))
        if np.array_equal(bit(rows, n_out - 1 - slot), bit(columns, n_in - 1 - slot))
    )
    return np.arange(2 ** len(select), dtype=np.int64), select


def _diagonal_blocks(
    matrix: ComplexArray, n_out: int, n_in: int, select: tuple[int, ...]
) -> ComplexArray:
    """Blocks of `matrix` on the diagonal of the qubits `select`, `(2**select, out, in)`."""
    if not select:
        return matrix[None]
    is_small = matrix.size <= MAX_REMEMBERED_ENTRIES
    rows, columns = (_block_entries if is_small else _block_entries.__wrapped__)(
        n_out, n_in, select
    )
    return np.ascontiguousarray(matrix[rows, columns])


@lru_cache(maxsize=4096)
def _block_entries(n_out: int, n_in: int, select: tuple[int, ...]) -> tuple[IndexArray, IndexArray]:
    """Row and column numbers of the entries of `_diagonal_blocks`."""
    rest_in = [slot for slot in range(n_in) if slot not in select]
    rest_out = [slot for slot in range(n_out) if slot not in select]
    g = np.arange(2 ** len(select), dtype=np.int64)
    t_in = np.arange(2 ** len(rest_in), dtype=np.int64)
    t_out = np.arange(2 ** len(rest_out), dtype=np.int64)
    rows = deposit_bits(g, label_positions(select, n_out))[:, None, None]
    columns = deposit_bits(g, label_positions(select, n_in))[:, None, None]
    rows = rows | deposit_bits(t_out, label_positions(rest_out, n_out))[None, :, None]
    columns = columns | deposit_bits(t_in, label_positions(rest_in, n_in))[None, None, :]
    return rows, columns


def controlled_kernel(kernel: Kernel, is_active: Sequence[bool]) -> Kernel:
    """A map under control of new leading label qubits.

    Args:
        kernel: a map with as many output as input qubits.
        is_active: for each of the `2**c` values of the controls, whether the map acts; else nothing happens.

    Returns:
        The map on the controls, then its own qubits.

    Raises:
        ValueError: the map creates or consumes qubits.

    Example:
        >>> x = kernel_from_matrix(np.eye(2)[::-1], 1, 1)
        >>> controlled_kernel(x, [False, True]).index.tolist()  # CNOT
        [0, 1, 3, 2]
    """
    if kernel.n_in != kernel.n_out:
        raise ValueError(
            f"only a map with equal numbers of qubits can be controlled, got {kernel.n_in} in and "
            f"{kernel.n_out} out; control its parts, or give the bloq a `get_ctrl_system`"
        )
    n_controls = len(is_active).bit_length() - 1
    size = len(kernel.index)
    index = np.arange(len(is_active) * size, dtype=np.int64).reshape(-1, size)
    one = np.eye(kernel.blocks.shape[1], dtype=np.complex128)
    blocks = np.broadcast_to(one, (len(is_active), *kernel.blocks.shape)).copy()
    leak = None
    if kernel.leak is not None:
        leak = np.zeros((len(is_active), *kernel.leak.shape), dtype=np.complex128)
    for value in np.flatnonzero(is_active):
        index[value] = np.where(kernel.index >= 0, kernel.index + value * size, -1)
        blocks[value] = kernel.blocks
        if leak is not None:
            leak[value] = kernel.leak
    return Kernel(
        kernel.n_in + n_controls,
        kernel.n_out + n_controls,
        tuple(slot + n_controls for slot in kernel.targets_in),
        tuple(slot + n_controls for slot in kernel.targets_out),
        index.reshape(-1),
        blocks.reshape(-1, *kernel.blocks.shape[1:]),
        None if leak is None else leak.reshape(-1, *leak.shape[2:]),
    )
