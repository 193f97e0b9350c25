"""Memory that long states take turns in.

Arrays of hundreds of megabytes are handed back to the operating system when they are freed, and to have them
back page by page takes longer than the arithmetic on them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

MIN_POOLED_BYTES = 2**17
"""Shorter arrays are not pooled: the C library keeps their memory itself."""


class Buffers:
    """A pool of blocks of memory, lent as arrays.

    Example:
        >>> buffers = Buffers()
        >>> first = buffers.take((2, 2**13), np.dtype(complex))
        >>> buffers.give(first)
        >>> second = buffers.take((2**14,), np.dtype(complex))
        >>> np.shares_memory(first, second)
        True
    """

    def __init__(self) -> None:
        self._free: list[NDArray[np.uint8]] = []
        self._lent: dict[int, NDArray[np.uint8]] = {}

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """An array in the smallest free block that holds it.

        Args:
            shape: of the array.
            dtype: of its entries.

        Returns:
            The array, with undefined entries.
        """
        nbytes = math.prod(shape) * dtype.itemsize
        if nbytes < MIN_POOLED_BYTES:
            return np.empty(shape, dtype)
        fitting = [block for block in self._free if block.nbytes >= nbytes]
        if fitting:
            block = min(fitting, key=lambda block: block.nbytes)
            self._free = [other for other in self._free if other is not block]
        else:
            # Whatever is free is too short, and a longer one serves in its place from now on.
            self._free = []
            block = np.empty(nbytes, dtype=np.uint8)
        self._lent[id(block)] = block
        return block[:nbytes].view(dtype).reshape(shape)

    def clear(self) -> None:
        """Let go of all memory; arrays that are still lent are not taken back any more."""
        self._free = []
        self._lent = {}

    def give(self, array: NDArray[Any]) -> None:
        """Take back an array and all views of it; nothing happens if it was not lent."""
        if not self._lent:
            return
        root = array
        while isinstance(root.base, np.ndarray):
            root = root.base
        block = self._lent.pop(id(root), None)
        if block is not None:
            self._free.append(block)
