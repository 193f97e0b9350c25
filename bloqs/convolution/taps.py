"""The tap index of one axis as a few bits: which code stands for which offset, and what that leaves free.

The offset of tap `a` of `D` is `t = a - D//2`. It is held in two's complement, except that for `D = 3` two
qubits `(z, s)` are *prepared* (`z`: is there an offset; `s`: is it negative, of no account while `z = 0`) and
`(hi, lo) = (z and s, z)` is read: then `s` needs no control by `z`, and one And replaces it.
"""

from __future__ import annotations

from functools import cache

import attrs
import numpy as np
from numpy.typing import NDArray

from bloqs.core.encoding import FloatArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def tap_bitsize(kernel_size: int) -> int:
    """Qubits of a tap index, `ceil(log2 D)`.

    Args:
        kernel_size: `D >= 1`.

    Returns:
        Their number.

    Example:
        >>> [tap_bitsize(D) for D in (1, 2, 3, 5)]
        [0, 1, 2, 3]
    """
    return (kernel_size - 1).bit_length()


def effective_kernel_size(kernel_size: int, image_size: int) -> int:
    """Taps of an axis that can meet a pixel: those farther than `M - 1` only ever see the padding.

    Args:
        kernel_size: `D >= 1`.
        image_size: `M >= 1`.

    Returns:
        The number of taps that are left.

    Example:
        >>> [effective_kernel_size(D, 2) for D in (1, 2, 3, 4, 5)]
        [1, 2, 3, 3, 3]
    """
    return kernel_size if kernel_size // 2 < image_size else 2 * image_size - 1


def crop_taps(kernel: FloatArray, image_size: int) -> FloatArray:
    """The kernel without the taps that never meet a pixel; the convolution is the same.

    Args:
        kernel: float64 `(..., D, D)`.
        image_size: `M >= 1`.

    Returns:
        A view of the taps that are left, square as before.

    Example:
        >>> crop_taps(np.arange(25.0).reshape(5, 5), 2).tolist()
        [[6.0, 7.0, 8.0], [11.0, 12.0, 13.0], [16.0, 17.0, 18.0]]
    """
    size = kernel.shape[-1]
    kept = effective_kernel_size(size, image_size)
    start = size // 2 - kept // 2
    window = slice(start, start + kept)
    return kernel[..., window, window]


@attrs.frozen
class TapCode:
    """Codes of the taps of one axis.

    Parameters:
        kernel_size: `D >= 1`.

    Example:
        >>> TapCode(5).codes().tolist()  # of the offsets -2, -1, 0, 1, 2
        [6, 7, 0, 1, 2]
        >>> TapCode(5).spread(np.array([0.1, 0.2, 0.3, 0.2, 0.1]), axis=0).shape
        (8,)
    """

    kernel_size: int

    @property
    def bitsize(self) -> int:
        """Bits of a code."""
        return tap_bitsize(self.kernel_size)

    def codes(self) -> IntArray:
        """Code of each tap, int64 `(D,)`: bits (lo, hi) for `D = 3`, else two's complement of the offset."""
        if self.kernel_size == 3:
            return np.array([0b11, 0b00, 0b10])
        offsets = np.arange(self.kernel_size) - self.kernel_size // 2
        return np.remainder(offsets, 2**self.bitsize)

    def spread(self, table: FloatArray, axis: int) -> FloatArray:
        """Angles given for the taps, as a table over all codes.

        The codes that never occur are free. They are chosen so that of the `2**bits` Walsh coefficients
        along the axis only `D` are not zero: rotations along a Gray code then number `D`, not `2**bits`.

        Args:
            table: radians, float64, of length `D` along the axis.
            axis: which index is the tap.

        Returns:
            The same with length `2**bits` along the axis, the index being the code.
        """
        full = np.zeros((*table.shape[:axis], 2**self.bitsize, *table.shape[axis + 1 :]))
        np.moveaxis(full, axis, 0)[self.codes()] = np.moveaxis(table, axis, 0)
        return extend_table(full, axis, self.codes(), self.bitsize)

    def spread_prefix(self, table: FloatArray, axis: int, length: int) -> FloatArray:
        """The same for a table over all prefixes of codes, of which only some occur.

        Args:
            table: radians, float64, of length `2**length` along the axis.
            axis: which index is the prefix.
            length: bits of a prefix, the most significant of the code.

        Returns:
            A table of the same shape, equal to it at the prefixes that occur.
        """
        prefixes = np.unique(self.codes() >> (self.bitsize - length))
        return extend_table(table, axis, prefixes, length)

    def monomials(self) -> tuple[int, ...]:
        """Masks of code bits whose products, `D` of them, span all functions of the taps over F2.

        They are those of smallest degree, hence each comes with all its divisors (the standard monomials
        of a point set); the first is the constant 1.

        Returns:
            `D` masks, in the order of their degrees.
        """
        masks = sorted(range(2**self.bitsize), key=lambda mask: (mask.bit_count(), mask))
        return tuple(masks[j] for j in independent_columns(self._values(masks)))

    def _values(self, masks: list[int] | tuple[int, ...]) -> BoolArray:
        return (self.codes()[:, None] & np.array(masks)) == np.array(masks)

    def sign_polynomial(self, negative: BoolArray) -> BoolArray:
        """Coefficients over F2 of a function of two taps, in `monomials`.

        `negative[a, b] = xor_{k, l} coefficients[k, l] monomial_k(a) monomial_l(b)`.

        Args:
            negative: the function's values, bool `(D, D)`.

        Returns:
            The coefficients, bool `(D, D)`.
        """
        inverse = inverse_f2(self._values(self.monomials()))
        result = inverse.astype(int) @ negative.astype(int) @ inverse.T.astype(int)
        return result % 2 == 1


def extend_table(table: FloatArray, axis: int, codes: IntArray, bits: int) -> FloatArray:
    """A table that counts at some codes only, with its other values chosen by `walsh_extension`.

    Args:
        table: float64, of length `2**bits` along the axis.
        axis: which index is the code.
        codes: those whose values count, int64, distinct.
        bits: bits of a code.

    Returns:
        A table of the same shape, equal to it at the codes to the last bit.

    Example:
        >>> extend_table(np.array([1.0, 3.0, 2.0, 0.0]), 0, np.array([0, 1, 2]), 2).tolist()
        [1.0, 3.0, 2.0, 4.0]
    """
    if len(codes) == 2**bits:
        return table
    kept = np.moveaxis(table, axis, 0)[codes]
    extended = np.tensordot(walsh_extension(tuple(codes.tolist()), bits), kept, axes=1)
    # The values at the codes themselves are kept to the last bit.
    extended[codes] = kept
    return np.moveaxis(extended, 0, axis)


@cache
def walsh_extension(codes: tuple[int, ...], bits: int) -> FloatArray:
    """Matrix from values at some codes to values at all codes, of as few Walsh terms as there are values.

    The terms are the first Walsh functions that are independent on the codes, those of fewest bits first.

    Args:
        codes: distinct, each below `2**bits`.
        bits: bits of a code.

    Returns:
        float64 `(2**bits, len(codes))`.

    Example:
        >>> walsh_extension((0, 3), 2).tolist()  # constant, and the sign of the last bit
        [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    """
    masks = sorted(range(2**bits), key=lambda mask: (mask.bit_count(), mask))
    parities = np.array(
        [[(code & mask).bit_count() % 2 for mask in masks] for code in range(2**bits)]
    )
    walsh = 1.0 - 2.0 * parities
    chosen: list[int] = []
    for j in range(len(masks)):
        if np.linalg.matrix_rank(walsh[np.ix_(codes, [*chosen, j])]) > len(chosen):
            chosen.append(j)
        if len(chosen) == len(codes):
            break
    return walsh[:, chosen] @ np.linalg.inv(walsh[np.ix_(codes, chosen)])


def independent_columns(matrix: BoolArray) -> list[int]:
    """The first columns that are a basis of a column space over F2.

    Args:
        matrix: bool `(rows, columns)`.

    Returns:
        Their indices, in rising order.

    Example:
        >>> independent_columns(np.array([[1, 1, 0], [0, 0, 1]], dtype=bool))
        [0, 2]
    """
    basis: list[int] = []
    chosen = []
    for j in range(matrix.shape[1]):
        column = int("".join("1" if bit else "0" for bit in matrix[:, j]), 2)
        for vector in basis:
            column = min(column, column ^ vector)
        if column:
            basis = sorted([*basis, column], reverse=True)
            chosen.append(j)
    return chosen


def inverse_f2(matrix: BoolArray) -> BoolArray:
    """Inverse of a square matrix over F2, by Gauss-Jordan elimination.

    Args:
        matrix: bool `(size, size)`.

    Returns:
        bool `(size, size)`.

    Raises:
        ValueError: the matrix is singular.

    Example:
        >>> inverse_f2(np.array([[1, 1], [0, 1]], dtype=bool)).astype(int).tolist()
        [[1, 1], [0, 1]]
    """
    size = matrix.shape[0]
    work = np.concatenate([matrix, np.eye(size, dtype=bool)], axis=1)
    for column in range(size):
        pivots = np.flatnonzero(work[column:, column])
        if len(pivots) == 0:
            raise ValueError("the matrix is singular over F2")
        pivot = column + int(pivots[0])
        work[[column, pivot]] = work[[pivot, column]]
        others = work[:, column].copy()
        others[column] = False
        work[others] ^= work[column]
    return work[:, size:]
