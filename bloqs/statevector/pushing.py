"""The basis states of a merged map's input, pushed through the maps that are merged."""

from __future__ import annotations

import numpy as np

from bloqs.statevector.kernel import LEAK_NOISE, NOISE, ComplexArray, Kernel, bit
from bloqs.statevector.label_table import LabelTable
from bloqs.statevector.steps import KernelStep, MergeShape


class PushedStates:
    """All basis states of the merged map's input, pushed through the steps so far.

    Parameters:
        shape: what the merged map looks like, from `merge_shape`.

    Example:
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> from bloqs.statevector.merge import merge_shape
        >>> hadamard = kernel_from_matrix(np.array([[1, 1], [1, -1]]) / 2**0.5, 1, 1)
        >>> steps = [KernelStep(hadamard, (0,), (0,))] * 2
        >>> pushed = PushedStates(merge_shape(steps))
        >>> for step in steps:
        ...     pushed.apply(step)
        >>> bool(np.allclose(pushed.kernel().blocks, np.eye(2)))
        True
    """

    def __init__(self, shape: MergeShape):
        self.shape = shape
        self.labels_in = [track for track in shape.ins if track not in shape.targets]
        self.live_targets = [track for track in shape.ins if track in shape.targets]
        self.labels = LabelTable(self.labels_in)
        dim = 2 ** len(self.live_targets)
        one = np.eye(dim, dtype=np.complex128)
        self.tensor: ComplexArray = np.broadcast_to(one, (self.labels.size, dim, dim)).copy()
        self.leak: ComplexArray | None = None

    def apply(self, step: KernelStep) -> None:
        """Push through one more step."""
        if self.shape.targets.isdisjoint(step.tracks):
            self._apply_labels(step)
        else:
            self._apply_targets(step)

    def _add_leak(self, form: ComplexArray) -> None:
        if self.leak is None:
            self.leak = np.zeros_like(form)
        self.leak += form

    def _apply_labels(self, step: KernelStep) -> None:
        kernel = step.kernel
        weights = self.labels.leaking(kernel, step.ins)
        if weights is not None:
            overlap = self.tensor.conj().transpose(0, 2, 1) @ self.tensor
            self._add_leak(weights[:, None, None] * overlap)
        if not kernel.has_unit_coefficients:
            self.tensor *= kernel.blocks[self.labels.local(step.ins)]
        if step.renamed or not kernel.preserves_labels:
            self.labels.apply(kernel, step.ins, step.outs)

    def _apply_targets(self, step: KernelStep) -> None:
        kernel, targets = step.kernel, self.shape.targets
        slots = frozenset(
            slot
            for side in (step.ins, step.outs)
            for slot, track in enumerate(side)
            if track in targets
        )
        blocks, leak = kernel.with_targets(slots)
        touched_in = [t for t in step.ins if t in targets]
        touched_out = [t for t in step.outs if t in targets]
        rest = [t for t in self.live_targets if t not in touched_in]
        n_labels, dim_in = self.labels.size, self.tensor.shape[2]
        tensor = self.tensor.reshape((n_labels, *(2,) * len(self.live_targets), dim_in))
        axes = [1 + self.live_targets.index(t) for t in [*touched_in, *rest]]
        tensor = tensor.transpose([0, *axes, tensor.ndim - 1])
        tensor = tensor.reshape(n_labels, 2 ** len(touched_in), -1)
        labels = [track for track in step.ins if track not in targets]
        if labels:
            local = self.labels.local(labels)
            blocks = blocks[local]
            leak = None if leak is None else leak[local]
        if leak is not None and leak.any():
            weighted = (leak @ tensor).reshape(n_labels, -1, dim_in)
            form = tensor.reshape(n_labels, -1, dim_in).conj().transpose(0, 2, 1) @ weighted
            form[self.labels.dropped] = 0
            self._add_leak(form)
        self.tensor = _small_matmul(blocks, tensor).reshape(n_labels, -1, dim_in)
        self.live_targets = [*touched_out, *rest]
        self.labels.rename(pair for pair in step.renamed if pair[0] not in targets)

    def kernel(self) -> Kernel:
        """The merged map."""
        shape = self.shape
        labels_out = [track for track in shape.outs if track not in shape.targets]
        targets_out = [track for track in shape.outs if track in shape.targets]
        n_labels, _, dim_in = self.tensor.shape
        tensor = self.tensor.reshape((n_labels, *(2,) * len(self.live_targets), dim_in))
        axes = [1 + self.live_targets.index(track) for track in targets_out]
        blocks = tensor.transpose([0, *axes, tensor.ndim - 1])
        blocks = np.ascontiguousarray(blocks).reshape(n_labels, -1, dim_in)
        dropped = self.labels.dropped
        index = np.where(dropped, -1, self.labels.local(labels_out))
        if dropped.any():
            blocks[dropped] = np.eye(*blocks.shape[1:])
        leak = self.leak
        if leak is not None and np.max(np.abs(leak)) < LEAK_NOISE:
            leak = None
        return Kernel(
            len(shape.ins),
            len(shape.outs),
            tuple(i for i, track in enumerate(shape.ins) if track in shape.targets),
            tuple(i for i, track in enumerate(shape.outs) if track in shape.targets),
            index,
            blocks,
            leak,
        )


def _small_matmul(blocks: ComplexArray, tensor: ComplexArray) -> ComplexArray:
    """`blocks @ tensor` over a leading axis; by elementwise sums where the blocks are small and many."""
    _, n_out, n_in = blocks.shape
    if len(blocks) == 1 or n_out * n_in > 16 or tensor.shape[2] > 64:
        return blocks @ tensor
    out = np.empty((len(tensor), n_out, tensor.shape[2]), dtype=np.complex128)
    for i in range(n_out):
        total = blocks[:, i, 0, None] * tensor[:, 0, :]
        for j in range(1, n_in):
            total += blocks[:, i, j, None] * tensor[:, j, :]
        out[:, i, :] = total
    return out


def simplified(kernel: Kernel) -> Kernel:
    """The same map with the targets that turn out to keep their value made labels.

    Args:
        kernel: a map.

    Returns:
        The map; itself where nothing can be made a label, or looking would take too long.

    Example:
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> phase = Kernel(1, 1, (0,), (0,), np.array([0]), np.diag([1, 1j])[None], None)
        >>> simplified(phase).labels_in
        (0,)
    """
    if not kernel.targets_in or kernel.blocks.size > 2**18 or kernel.labels_in != kernel.labels_out:
        return kernel
    if not kernel.preserves_labels:
        return kernel
    keep = [slot for slot in kernel.targets_in if slot < kernel.n_shared]
    n_in, n_out = len(kernel.targets_in), len(kernel.targets_out)
    _, t_out, t_in = np.nonzero(np.abs(kernel.blocks) >= NOISE)
    demoted = [
        slot
        for slot in keep
        if np.array_equal(
            bit(t_out, n_out - 1 - kernel.targets_out.index(slot)),
            bit(t_in, n_in - 1 - kernel.targets_in.index(slot)),
        )
    ]
    if not demoted or kernel.leak is not None:
        return kernel
    labels = sorted([*kernel.labels_in, *demoted])
    order = [*kernel.labels_in, *demoted]
    rest_in = [slot for slot in kernel.targets_in if slot not in demoted]
    rest_out = [slot for slot in kernel.targets_out if slot not in demoted]
    blocks = kernel.blocks.reshape((len(kernel.index), *(2,) * (n_out + n_in)))
    out_axes = [1 + kernel.targets_out.index(slot) for slot in [*demoted, *rest_out]]
    in_axes = [1 + n_out + kernel.targets_in.index(slot) for slot in [*demoted, *rest_in]]
    size = 2 ** len(demoted)
    blocks = blocks.transpose([0, *out_axes, *in_axes]).reshape(
        len(kernel.index), size, 2 ** len(rest_out), size, 2 ** len(rest_in)
    )
    diagonal = blocks[:, np.arange(size), :, np.arange(size), :]  # (size, labels, out, in)
    diagonal = diagonal.transpose(1, 0, 2, 3)
    tensor = diagonal.reshape((*(2,) * len(order), 2 ** len(rest_out), 2 ** len(rest_in)))
    axes = [order.index(slot) for slot in labels]
    tensor = tensor.transpose([*axes, len(order), len(order) + 1])
    return Kernel(
        kernel.n_in,
        kernel.n_out,
        tuple(rest_in),
        tuple(rest_out),
        np.arange(2 ** len(labels), dtype=np.int64),
        np.ascontiguousarray(tensor).reshape(2 ** len(labels), 2 ** len(rest_out), -1),
        None,
    )
