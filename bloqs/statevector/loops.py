"""Compiled loops that apply a map to a state, in place unless it changes the number of qubits.

Nothing is kept from call to call, and no array is longer than the map or a strip of the state.
`bloqs.statevector.apply` chooses the loop for a map. All loops are in one file, because numba compiles a
function again when its own file changes, but not when that of a function it calls does.

A state is seen as *rows* of `run` amplitudes that lie together: those of the qubits below the lowest one of
the map, times the columns. Loops walk through the rows in which the qubits of the map are 0 by the step
`row -> ((row | mask) + 1) & ~mask`, which counts in the bits that are not in `mask`. Long runs are taken as
slices, over which the compiler vectorises. Maps whose qubits lie apart are applied to strips of amplitudes,
so that what one label leaves in the cache is there for the next.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bloqs.statevector.kernel import IndexArray

Amplitudes = NDArray[Any]
"""Complex numbers of either precision: a state as `(2**n * batch,)`, or the entries of a map."""

LOW_ROWS = 2**8
"""Where several labels act, they are looked up for the lowest bits of a row by a table of this length."""

SHORT_RUN = 16
"""Rows of fewer amplitudes are taken entry by entry, longer ones as slices."""

LONG_RUN = 128
"""Rows of so many amplitudes are worth the call of a function."""

LARGE_BLOCK = 64
"""Blocks of at least so many entries are applied by matrix products, smaller ones row by row."""

STRIP = 64
"""Amplitudes that are read together, mapped and written back."""

STRIP_ENTRIES = 2**15
"""Fewer, where each stands for so many amplitudes that they would not stay in the cache."""

ALL = -1
"""Every slot, as a set of slots: bit `i` says whether slot `i` is in it."""


@njit(cache=True)  # type: ignore[misc]
def _mask_of(positions: IndexArray, low: int) -> int:
    """The bits of `positions`, counted from `low`."""
    mask = 0
    for position in positions:
        mask |= 1 << (position - low)
    return mask


@njit(cache=True)  # type: ignore[misc]
def _rows_of(positions: IndexArray, batch: int) -> tuple[int, int, int]:
    """The lowest of `positions`, the mask of all of them counted from it, and the amplitudes of a row."""
    low = positions.min()
    return low, _mask_of(positions, low), batch << low


@njit(cache=True)  # type: ignore[misc]
def _offsets(positions: IndexArray, low: int, chosen: int) -> IndexArray:
    """Row of each value of the chosen slots, all others being 0; the first slot is the most significant."""
    n = 0
    for slot in range(len(positions)):
        n += (chosen >> slot) & 1
    rows = np.zeros(1 << n, dtype=np.int64)
    size = 1
    for slot in range(len(positions) - 1, -1, -1):
        if (chosen >> slot) & 1:
            bit = 1 << (positions[slot] - low)
            for value in range(size):
                rows[size + value] = rows[value] | bit
            size <<= 1
    return rows


@njit(cache=True)  # type: ignore[misc]
def _offset(positions: IndexArray, low: int, chosen: int, label: int) -> int:
    """Row of one value of the chosen slots."""
    row = 0
    for slot in range(len(positions) - 1, -1, -1):
        if (chosen >> slot) & 1:
            row |= (label & 1) << (positions[slot] - low)
            label >>= 1
    return row


@njit(cache=True)  # type: ignore[misc]
def _labels_below(positions: IndexArray, low: int, chosen: int, n_rows: int) -> IndexArray:
    """What the bits of each of the first rows give to the value of the chosen slots."""
    labels = np.zeros(n_rows, dtype=np.int64)
    row = 1
    while row < n_rows:
        weight, part = 1, 0
        for slot in range(len(positions) - 1, -1, -1):
            if (chosen >> slot) & 1:
                if 1 << (positions[slot] - low) == row:
                    part = weight
                weight <<= 1
        for below in range(row):
            labels[row + below] = labels[below] | part
        row <<= 1
    return labels


@njit(cache=True)  # type: ignore[misc]
def _label_above(row: int, positions: IndexArray, low: int, chosen: int, n_below: int) -> int:
    """What the bits of a row from `n_below` on give to the value of the chosen slots."""
    label = 0
    for slot in range(len(positions)):
        if (chosen >> slot) & 1:
            label <<= 1
            if (1 << (positions[slot] - low)) >= n_below:
                label |= (row >> (positions[slot] - low)) & 1
    return label


@njit(cache=True)  # type: ignore[misc]
def multiply(state: Amplitudes, batch: int, positions: IndexArray, factors: Amplitudes) -> None:
    """Multiply each row by the factor of its label.

    Args:
        state: complex64 or complex128, `(2**n * batch,)`; changed in place.
        batch: columns.
        positions: bit position of each slot, int64.
        factors: `(2**slots,)`, of the type of the state.

    Example:
        >>> state = np.array([0.6 + 0j, 0.8])
        >>> multiply(state, 1, np.array([0]), np.array([1, 1j]))  # the gate S
        >>> state.tolist()
        [(0.6+0j), 0.8j]
    """
    n_active, active = 0, 0
    for label in range(len(factors)):
        if factors[label] != 1:
            n_active, active = n_active + 1, label
    if not n_active:
        return
    low, mask, run = _rows_of(positions, batch)
    rows = len(state) // run
    if n_active == 1:
        factor = factors[active]
        offset = _offset(positions, low, ALL, active)
        row = 0
        for _ in range(rows >> len(positions)):
            _scale(state, (row | offset) * run, run, factor)
            row = ((row | mask) + 1) & ~mask
        return
    n_below = min(rows, LOW_ROWS)
    below = _labels_below(positions, low, ALL, n_below)
    for first in range(0, rows, n_below):
        above = _label_above(first, positions, low, ALL, n_below)
        if run == 1:
            part = state[first : first + n_below]
            for i in range(n_below):
                part[i] *= factors[above | below[i]]
            continue
        for i in range(n_below):
            _scale(state, (first + i) * run, run, factors[above | below[i]])


@njit(cache=True, inline="always")  # type: ignore[misc]
def _scale(state: Amplitudes, start: int, run: int, factor: complex) -> None:
    """`run` amplitudes times a number."""
    if factor == 1:
        return
    if run < SHORT_RUN:
        for i in range(start, start + run):
            state[i] *= factor
    else:
        part = state[start : start + run]
        for i in range(run):
            part[i] *= factor


@njit(cache=True)  # type: ignore[misc]
def rotate(
    state: Amplitudes,
    real: Amplitudes,
    batch: int,
    positions: IndexArray,
    target: int,
    blocks: Amplitudes,
) -> None:
    """Apply the 2x2 block of its label to each pair of rows that differ in the target.

    Args:
        state: complex64 or complex128, `(2**n * batch,)`; changed in place.
        real: the same memory as real numbers.
        batch: columns.
        positions: bit position of each slot, int64.
        target: slot of the target; all others are labels.
        blocks: complex128, `(2**labels, 2, 2)`.

    Example:
        >>> state = np.array([1.0 + 0j, 0.0])
        >>> turn = np.array([[[0.6, -0.8], [0.8, 0.6]]], dtype=complex)
        >>> rotate(state, state.view(float), 1, np.array([0]), 0, turn)
        >>> state.real.tolist()
        [0.6, 0.8]
    """
    is_real = True
    for block in blocks.reshape(-1):
        if block.imag != 0:
            is_real = False
            break
    if is_real:
        # Real and imaginary parts alike, as if they were columns.
        _rotate(real, 2 * batch, positions, target, blocks.real.astype(real.dtype))
    else:
        _rotate(state, batch, positions, target, blocks.astype(state.dtype))


@njit(cache=True)  # type: ignore[misc]
def _rotate(
    state: Amplitudes, batch: int, positions: IndexArray, target: int, blocks: NDArray[Any]
) -> None:
    n_active, active = 0, 0
    for label in range(len(blocks)):
        if (
            blocks[label, 0, 1] != 0
            or blocks[label, 1, 0] != 0
            or blocks[label, 0, 0] != 1
            or blocks[label, 1, 1] != 1
        ):
            n_active, active = n_active + 1, label
    if not n_active:
        return
    low, mask, run = _rows_of(positions, batch)
    rows = len(state) // run
    bit = 1 << (positions[target] - low)
    step = bit * run
    labels = ~(1 << target)
    if n_active == 1:
        block = blocks[active]
        offset = _offset(positions, low, labels, active)
        row = 0
        for _ in range(rows >> len(positions)):
            _mix(state, (row | offset) * run, step, run, block)
            row = ((row | mask) + 1) & ~mask
        return
    n_below = min(rows, LOW_ROWS)
    below = _labels_below(positions, low, labels, n_below)
    # A target below the table splits it into stretches, a target above leaves it whole.
    stretch = min(bit, n_below)
    for first in range(0, rows, n_below):
        if first & bit:
            continue
        above = _label_above(first, positions, low, labels, n_below)
        for begin in range(0, n_below, 2 * stretch):
            for i in range(begin, begin + stretch):
                _mix(state, (first + i) * run, step, run, blocks[above | below[i]])


@njit(cache=True, inline="always")  # type: ignore[misc]
def _mix(state: Amplitudes, start: int, step: int, run: int, block: NDArray[Any]) -> None:
    """A 2x2 block on `run` amplitudes and those `step` further on."""
    f00, f01, f10, f11 = block[0, 0], block[0, 1], block[1, 0], block[1, 1]
    if run < SHORT_RUN:
        for i in range(start, start + run):
            zero, one = state[i], state[i + step]
            state[i] = f00 * zero + f01 * one
            state[i + step] = f10 * zero + f11 * one
    elif run < LONG_RUN:
        zeros, ones = state[start : start + run], state[start + step : start + step + run]
        for i in range(run):
            zero, one = zeros[i], ones[i]
            zeros[i] = f00 * zero + f01 * one
            ones[i] = f10 * zero + f11 * one
    else:
        _mix_parts(state[start : start + run], state[start + step : start + step + run], block)


@njit(cache=True)  # type: ignore[misc]
def _mix_parts(zeros: Amplitudes, ones: Amplitudes, block: NDArray[Any]) -> None:
    """`_mix` of two slices; as a function of its own it is vectorised for complex numbers too."""
    f00, f01, f10, f11 = block[0, 0], block[0, 1], block[1, 0], block[1, 1]
    for i in range(len(zeros)):
        zero, one = zeros[i], ones[i]
        zeros[i] = f00 * zero + f01 * one
        ones[i] = f10 * zero + f11 * one


@njit(cache=True)  # type: ignore[misc]
def permute(
    state: Amplitudes,
    batch: int,
    positions: IndexArray,
    index: IndexArray,
    factors: Amplitudes,
) -> None:
    """Move each row to that of its label's image, times the label's factor.

    Rows that nothing moves to become zero.

    Args:
        state: complex64 or complex128, `(2**n * batch,)`; changed in place.
        batch: columns.
        positions: bit position of each slot, int64.
        index: `(2**slots,)`, the image of each label; -1 where it is dropped.
        factors: `(2**slots,)`, of the type of the state.

    Example:
        >>> state = np.array([0.0, 0.6 + 0j, 0.0, 0.8])
        >>> permute(state, 1, np.array([1, 0]), np.array([0, 1, 3, 2]), np.ones(4, dtype=complex))  # CNOT
        >>> state.real.tolist()
        [0.0, 0.6, 0.8, 0.0]
    """
    source = np.full(len(index), -1, dtype=np.int64)
    for label in range(len(index)):
        if index[label] >= 0:
            source[index[label]] = label
    to = np.empty(len(index), dtype=np.int64)
    n_moved = 0
    for label in range(len(index)):
        if source[label] != label or factors[label] != 1:
            to[n_moved] = label
            n_moved += 1
    to = to[:n_moved]
    low, mask, run = _rows_of(positions, batch)
    amplitudes = len(state) >> len(positions)
    if n_moved == 2 and source[to[0]] == to[1] and source[to[1]] == to[0]:
        first = _offset(positions, low, ALL, to[0])
        second = _offset(positions, low, ALL, to[1])
        is_plain = factors[to[0]] == 1 and factors[to[1]] == 1
        row = 0
        for _ in range(amplitudes // run):
            a, b = (row | first) * run, (row | second) * run
            if run < SHORT_RUN and is_plain:
                for i in range(run):
                    state[a + i], state[b + i] = state[b + i], state[a + i]
            elif run < SHORT_RUN:
                for i in range(run):
                    kept = state[a + i] * factors[to[0]]
                    state[a + i] = state[b + i] * factors[to[1]]
                    state[b + i] = kept
            else:
                _swap(state[a : a + run], state[b : b + run], factors[to[0]], factors[to[1]])
            row = ((row | mask) + 1) & ~mask
        return
    rows = _offsets(positions, low, ALL)
    columns = min(STRIP, max(1, STRIP_ENTRIES // max(1, n_moved)), amplitudes)
    held = np.empty((n_moved, columns), dtype=state.dtype)
    place = np.empty(columns, dtype=np.int64)
    row, i, done = 0, 0, 0
    while done < amplitudes:
        n = min(columns, amplitudes - done)
        row, i = _strip(place[:n], row, i, run, mask)
        # What moves is read before anything is written.
        for k in range(n_moved):
            label = source[to[k]]
            if label < 0:
                held[k, :n] = 0
                continue
            begin, factor = rows[label] * run, factors[label]
            for c in range(n):
                held[k, c] = state[place[c] + begin] * factor
        for k in range(n_moved):
            begin = rows[to[k]] * run
            for c in range(n):
                state[place[c] + begin] = held[k, c]
        done += n


@njit(cache=True)  # type: ignore[misc]
def _swap(part: Amplitudes, other: Amplitudes, factor: complex, other_factor: complex) -> None:
    """Two slices change places, each times its factor."""
    if factor == 1 and other_factor == 1:
        for i in range(len(part)):
            part[i], other[i] = other[i], part[i]
    else:
        for i in range(len(part)):
            kept = part[i] * factor
            part[i] = other[i] * other_factor
            other[i] = kept


@njit(cache=True)  # type: ignore[misc]
def _strip(place: IndexArray, row: int, i: int, run: int, mask: int) -> tuple[int, int]:
    """Fill `place` with amplitudes at which the map's qubits are 0, from number `i` of `row` on; the next."""
    for c in range(len(place)):
        place[c] = row * run + i
        i += 1
        if i == run:
            i = 0
            row = ((row | mask) + 1) & ~mask
    return row, i


@njit(cache=True)  # type: ignore[misc]
def transform(
    state: Amplitudes,
    batch: int,
    positions: IndexArray,
    targets: int,
    index: IndexArray,
    blocks: Amplitudes,
) -> None:
    """Apply any map that keeps the number of qubits.

    Args:
        state: complex64 or complex128, `(2**n * batch,)`; changed in place.
        batch: columns.
        positions: bit position of each slot, int64.
        targets: set of slots, as bits of a number.
        index: as in `Kernel`.
        blocks: as in `Kernel`, of the type of the state.

    Example:
        >>> state = np.array([1.0 + 0j, 0.0, 0.0, 0.0])
        >>> bell = np.array([[[1, 0, 1, 0], [0, 1, 0, 1], [0, 1, 0, -1], [1, 0, -1, 0]]]) / 2**0.5
        >>> transform(state, 1, np.array([1, 0]), 0b11, np.array([0]), bell.astype(complex))
        >>> state.real.round(4).tolist()
        [0.7071, 0.0, 0.0, 0.7071]
    """
    low, mask, run = _rows_of(positions, batch)
    from_label = _offsets(positions, low, ~targets) * run
    from_target = _offsets(positions, low, targets) * run
    n_labels, n_rows, _ = blocks.shape
    keeps = True
    is_reached = np.zeros(n_labels, dtype=np.bool_)
    for label in range(n_labels):
        keeps = keeps and index[label] == label
        if index[label] >= 0:
            is_reached[index[label]] = True
    # Labels that stay where they are need not all be read before the first is written.
    group = 1 if keeps else n_labels
    amplitudes = len(state) >> len(positions)
    columns = min(STRIP, max(1, STRIP_ENTRIES // (group * n_rows)), amplitudes)
    before = np.zeros((group, n_rows, columns), dtype=state.dtype)
    after = np.empty((n_rows, columns), dtype=state.dtype)
    place = np.empty(columns, dtype=np.int64)
    row, i, done = 0, 0, 0
    while done < amplitudes:
        n = min(columns, amplitudes - done)
        row, i = _strip(place[:n], row, i, run, mask)
        for first in range(0, n_labels, group):
            for label in range(group):
                for k in range(n_rows):
                    start = from_label[first + label] + from_target[k]
                    for c in range(n):
                        before[label, k, c] = state[place[c] + start]
                    if not is_reached[first + label]:
                        for c in range(n):
                            state[place[c] + start] = 0
            for label in range(group):
                if index[first + label] < 0:
                    continue
                _product(blocks[first + label], before[label], after, n)
                for j in range(n_rows):
                    start = from_label[index[first + label]] + from_target[j]
                    for c in range(n):
                        state[place[c] + start] = after[j, c]
        done += n


@njit(cache=True)  # type: ignore[misc]
def _product(block: Amplitudes, before: Amplitudes, after: Amplitudes, n: int) -> None:
    """The first `n` columns of `block @ before`."""
    n_out, n_in = block.shape
    if n_out * n_in >= LARGE_BLOCK:
        np.dot(block, before, after)
        return
    for j in range(n_out):
        factor = block[j, 0]
        for c in range(n):
            after[j, c] = factor * before[0, c]
        for k in range(1, n_in):
            factor = block[j, k]
            for c in range(n):
                after[j, c] += factor * before[k, c]


@njit(cache=True)  # type: ignore[misc]
def resize(
    state: Amplitudes,
    out: Amplitudes,
    batch: int,
    positions: IndexArray,
    n_in: int,
    targets_in: int,
    targets_out: int,
    index: IndexArray,
    blocks: Amplitudes,
) -> None:
    """Apply any map that changes the number of qubits.

    Args:
        state: complex64 or complex128, `(2**n_before * batch,)`; not changed.
        out: the result, `(2**n_after * batch,)`, of the same type; overwritten.
        batch: columns.
        positions: bit position of each input slot in `state`, then of each output slot in `out`, int64.
        n_in: input slots.
        targets_in: set of input slots, as bits of a number.
        targets_out: set of output slots.
        index: as in `Kernel`.
        blocks: as in `Kernel`, of the type of the state.

    Example:
        >>> state, out = np.array([0.6 + 0j, 0.8]), np.empty(4, dtype=complex)
        >>> one = np.ones((2, 1, 1), dtype=complex)
        >>> resize(state, out, 1, np.array([0, 0, 1]), 1, 0, 0, np.array([0, 3]), one)  # |x> to |x>|x>
        >>> out.real.tolist()
        [0.6, 0.0, 0.0, 0.8]
    """
    low = positions.min()
    ins, outs = positions[:n_in], positions[n_in:]
    mask, mask_out = _mask_of(ins, low), _mask_of(outs, low)
    run = batch << low
    from_label = _offsets(ins, low, ~targets_in) * run
    from_target = _offsets(ins, low, targets_in) * run
    to_label = _offsets(outs, low, ~targets_out) * run
    to_target = _offsets(outs, low, targets_out) * run
    n_kept = 0
    for label in index:
        n_kept += label >= 0
    if n_kept < len(to_label):
        out[:] = 0
    n_labels, n_rows_out, n_rows = blocks.shape
    amplitudes = len(state) >> n_in
    columns = min(STRIP, amplitudes)
    before = np.zeros((n_rows, columns), dtype=state.dtype)
    after = np.empty((n_rows_out, columns), dtype=state.dtype)
    place, place_out = np.empty(columns, dtype=np.int64), np.empty(columns, dtype=np.int64)
    row, i, row_out, i_out, done = 0, 0, 0, 0, 0
    while done < amplitudes:
        n = min(columns, amplitudes - done)
        row, i = _strip(place[:n], row, i, run, mask)
        row_out, i_out = _strip(place_out[:n], row_out, i_out, run, mask_out)
        for label in range(n_labels):
            if index[label] < 0:
                continue
            start, begin = from_label[label], to_label[index[label]]
            if n_rows_out == n_rows == 1:
                factor = blocks[label, 0, 0]
                for c in range(n):
                    out[place_out[c] + begin] = state[place[c] + start] * factor
                continue
            for k in range(n_rows):
                for c in range(n):
                    before[k, c] = state[place[c] + start + from_target[k]]
            _product(blocks[label], before, after, n)
            for j in range(n_rows_out):
                for c in range(n):
                    out[place_out[c] + begin + to_target[j]] = after[j, c]
        done += n


@njit(cache=True)  # type: ignore[misc]
def weigh(
    state: Amplitudes,
    batch: int,
    positions: IndexArray,
    targets: int,
    leak: Amplitudes,
) -> NDArray[np.float64]:
    """What each column loses by a map that frees qubits: `sum_g <t|leak[g]|t>`.

    Args:
        state: complex64 or complex128, `(2**n * batch,)`; not changed.
        batch: columns.
        positions: bit position of each slot, int64.
        targets: set of slots, as bits of a number.
        leak: as in `Kernel`.

    Returns:
        float64 `(batch,)`.

    Example:
        >>> state = np.array([0.6 + 0j, 0.8])
        >>> weigh(state, 1, np.array([0]), 0, np.array([0, 1 + 0j]).reshape(2, 1, 1)).round(6).tolist()
        [0.64]
    """
    lost = np.zeros(batch)
    low, mask, run = _rows_of(positions, batch)
    from_label = _offsets(positions, low, ~targets)
    from_target = _offsets(positions, low, targets)
    n_labels, n, _ = leak.shape
    amplitudes = len(state) >> len(positions)
    columns = min(STRIP, amplitudes)
    place = np.empty(columns, dtype=np.int64)
    row, i, done = 0, 0, 0
    while done < amplitudes:
        m = min(columns, amplitudes - done)
        row, i = _strip(place[:m], row, i, run, mask)
        for label in range(n_labels):
            for j in range(n):
                for k in range(j + 1):
                    # The form is Hermitian: an entry off the diagonal stands for two.
                    factor = leak[label, j, k] * (1 if j == k else 2)
                    if factor == 0:
                        continue
                    left = (from_label[label] + from_target[j]) * run
                    right = (from_label[label] + from_target[k]) * run
                    if batch == 1:
                        lost[0] += _overlap(state, place[:m], left, right, factor)
                        continue
                    for c in range(m):
                        product = state[place[c] + left].conjugate() * state[place[c] + right]
                        lost[(done + c) % batch] += (product * factor).real
        done += m
    return lost


@njit(cache=True, fastmath={"reassoc"})  # type: ignore[misc]
def _overlap(state: Amplitudes, place: IndexArray, left: int, right: int, factor: complex) -> float:
    """The real part of `sum_p conj(state[p + left]) factor state[p + right]`, added up in any order."""
    total = 0.0
    if left == right:
        for p in place:
            amplitude = state[p + left]
            total += amplitude.real * amplitude.real + amplitude.imag * amplitude.imag
        return total * factor.real
    for p in place:
        total += (state[p + left].conjugate() * factor * state[p + right]).real
    return total
