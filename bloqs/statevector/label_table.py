"""The values of label qubits for all inputs at once, 64 inputs to a machine word.

Pushing every basis state of `w` qubits through X, CNOT, Toffoli and And gates is then a few bitwise
operations on `2**w / 64` words for each gate: a map is compiled once to the exclusive-or of conjunctions
(its algebraic normal form). Maps on many qubits, whose normal form is long, go through a table instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import attrs
import numpy as np
from numpy.typing import NDArray

from bloqs.statevector.kernel import IndexArray, Kernel, bit

Words = NDArray[np.uint64]

MAX_LOGIC_INPUTS = 6
MAX_LOGIC_TERMS = 24
"""A map with more inputs, or a longer normal form, goes through a table."""

_ALL = np.uint64(2**64 - 1)
_PATTERNS = [
    np.uint64(sum(1 << i for i in range(64) if (i >> position) & 1)) for position in range(6)
]
"""Word of the bits of weight `2**position` of 0, ..., 63."""


@attrs.frozen
class Logic:
    """Normal forms of a monomial map: a set of terms, each a bit mask of the input slots that it conjoins.

    Parameters:
        outputs: output slot and terms, for slots that change or are created.
        dropped: terms of "this input is dropped".

    Example:
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> toffoli = kernel_from_matrix(np.eye(8)[[0, 1, 2, 3, 4, 5, 7, 6]], 3, 3)
        >>> kernel_logic(toffoli)  # slot 2 becomes itself (mask 1) xor the AND of the others (mask 6)
        Logic(outputs=((2, (1, 6)),), dropped=())
    """

    outputs: tuple[tuple[int, tuple[int, ...]], ...]
    dropped: tuple[int, ...]


def normal_form(table: Sequence[bool] | NDArray[np.bool_]) -> tuple[int, ...]:
    """Terms whose exclusive-or is a boolean function (its algebraic normal form).

    Args:
        table: the function's truth table, `(2**n,)`; bit `i` of an entry's number is argument `i`.

    Returns:
        The terms as numbers, whose bit `i` says that argument `i` is conjoined.

    Example:
        >>> normal_form([False, False, False, True])  # and
        (3,)
        >>> normal_form([False, True, True, False])  # exclusive or
        (1, 2)
    """
    values = np.array(table, dtype=np.bool_)
    step = 1
    while step < len(values):
        view = values.reshape(-1, 2, step)
        view[:, 1] ^= view[:, 0]
        step *= 2
    return tuple(int(term) for term in np.flatnonzero(values))


def kernel_logic(kernel: Kernel) -> Logic | None:
    """The normal forms of a monomial map.

    Args:
        kernel: without targets.

    Returns:
        Its normal forms; None where a table is better (see `MAX_LOGIC_TERMS`).

    Example:
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> kernel_logic(kernel_from_matrix(np.eye(2)[::-1], 1, 1))  # NOT: 1 xor the input
        Logic(outputs=((0, (0, 1)),), dropped=())
    """
    return None if kernel.n_in > MAX_LOGIC_INPUTS else _small_logic(kernel)


@lru_cache(maxsize=4096)
def _small_logic(kernel: Kernel) -> Logic | None:
    image = np.maximum(kernel.index, 0)
    outputs = []
    for slot in sorted(kernel.changed_slots):
        if slot < kernel.n_out:
            outputs.append((slot, normal_form(bit(image, kernel.n_out - 1 - slot) == 1)))
    dropped = normal_form(kernel.index < 0)
    if len(dropped) + sum(len(terms) for _, terms in outputs) > MAX_LOGIC_TERMS:
        return None
    return Logic(tuple(outputs), dropped)


class LabelTable:
    """The present values of named label tracks, for each of `2**n` inputs.

    Parameters:
        tracks: the tracks that enter; the first is the most significant bit of the input's number.

    Example:
        >>> from bloqs.statevector.kernel import kernel_from_matrix
        >>> table = LabelTable([7, 8])
        >>> table.apply(kernel_from_matrix(np.eye(4)[[0, 1, 3, 2]], 2, 2), ins=[7, 8], outs=[7, 8])
        >>> table.local([7, 8]).tolist()  # where CNOT takes 0, 1, 2, 3
        [0, 1, 3, 2]
    """

    def __init__(self, tracks: Sequence[int]):
        self.size = 2 ** len(tracks)
        self.n_words = max(1, self.size // 64)
        self._words: dict[int, Words] = {}
        for i, track in enumerate(tracks):
            self._words[track] = self._counter(len(tracks) - 1 - i)
        self._dropped: Words = np.zeros(self.n_words, dtype=np.uint64)

    def _counter(self, position: int) -> Words:
        """The bit of weight `2**position` of each input's number."""
        if position < 6:
            return np.full(self.n_words, _PATTERNS[position])
        number = np.arange(self.n_words, dtype=np.uint64) >> np.uint64(position - 6)
        return np.where(number & np.uint64(1), _ALL, np.uint64(0))

    def _unpacked(self, words: Words) -> NDArray[np.uint8]:
        # Bit i of a word is input i of its 64: little-endian bytes, little-endian bits.
        raw = words.astype("<u8").view(np.uint8)
        return np.unpackbits(raw, bitorder="little")[: self.size]

    def _packed(self, bits: NDArray[np.bool_]) -> Words:
        padded = np.zeros(64 * self.n_words, dtype=np.bool_)
        padded[: self.size] = bits
        raw = np.packbits(padded, bitorder="little").view("<u8")
        return np.asarray(raw, dtype=np.uint64)

    @property
    def dropped(self) -> NDArray[np.bool_]:
        """Which inputs have been dropped, bool `(2**n,)`."""
        return self._unpacked(self._dropped).astype(np.bool_)

    def local(self, tracks: Iterable[int]) -> IndexArray:
        """The number that the bits of `tracks` make, most significant first, int64 `(2**n,)`."""
        out = np.zeros(self.size, dtype=np.int64)
        for track in tracks:
            out <<= 1
            out |= self._unpacked(self._words[track])
        return out

    def _evaluate(self, terms: Iterable[int], inputs: Sequence[Words]) -> Words:
        """Exclusive-or of the conjunctions `terms`; `inputs[-1]` is bit 0 of a term."""
        total = np.zeros(self.n_words, dtype=np.uint64)
        for term in terms:
            factor: Words | None = None
            for position, words in enumerate(reversed(inputs)):
                if (term >> position) & 1:
                    factor = words if factor is None else factor & words
            total ^= _ALL if factor is None else factor
        return total

    def leaking(self, kernel: Kernel, ins: Sequence[int]) -> NDArray[np.float64] | None:
        """What a map loses by freeing a qubit that is not |0>, for each input.

        Args:
            kernel: monomial.
            ins: track of each input slot.

        Returns:
            The probabilities, float64 `(2**n,)`; None where all are zero.
        """
        if kernel.leak is None:
            return None
        logic = kernel_logic(kernel)
        if logic is not None and kernel.leaks_by_dropping:
            lost = self._evaluate(logic.dropped, [self._words[track] for track in ins])
            if not np.any(self._significant(lost & ~self._dropped)):
                return None
        weights = kernel.leak[self.local(ins), 0, 0].real
        weights = np.where(self.dropped, 0.0, weights)
        return weights if weights.any() else None

    def _significant(self, words: Words) -> Words:
        return words if self.size >= 64 else words & np.uint64((1 << self.size) - 1)

    def rename(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Give tracks other names: pairs of the old one and the new one."""
        words = [(after, self._words.pop(before)) for before, after in pairs]
        self._words.update(words)

    def apply(self, kernel: Kernel, ins: Sequence[int], outs: Sequence[int]) -> None:
        """Push all inputs through a monomial map; its factors are not seen here.

        Args:
            kernel: the map.
            ins: track of each input slot.
            outs: track of each output slot.
        """
        logic = kernel_logic(kernel)
        words = [self._words.pop(track) for track in ins]
        new = dict(zip(outs, words, strict=False))
        if logic is not None:
            if logic.dropped:
                self._dropped = self._dropped | self._evaluate(logic.dropped, words)
            for slot, terms in logic.outputs:
                new[outs[slot]] = self._evaluate(terms, words)
        else:
            local = np.zeros(self.size, dtype=np.int64)
            for word in words:
                local <<= 1
                local |= self._unpacked(word)
            image = kernel.index[local]
            if np.any(kernel.index < 0):
                self._dropped = self._dropped | self._packed(image < 0)
                image = np.maximum(image, 0)
            for slot in kernel.changed_slots:
                if slot < kernel.n_out:
                    new[outs[slot]] = self._packed(bit(image, kernel.n_out - 1 - slot) == 1)
        self._words.update(new)
