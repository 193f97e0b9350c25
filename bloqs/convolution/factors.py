"""The factors of a kernel: channel weights, tap probabilities, output vectors, and their rotation angles.

With `n[i, t] = ||K[:, i, t]||_2`, `s_i = sum_t n[i, t]` and `alpha = sqrt(sum_i s_i**2)`,

    K[o, i, t] = alpha * (s_i / alpha) * (n[i, t] / s_i) * (K[o, i, t] / n[i, t]):

a unit vector over `i`, a probability distribution over the taps `t` for each `i`, and a unit vector over
`o` for each `(i, t)`. Kernels here are padded to `C` a power of two and cropped to the taps that meet a
pixel.
"""

import attrs
import numpy as np

from bloqs.convolution.taps import BoolArray, TapCode, extend_table
from bloqs.core.encoding import FloatArray
from bloqs.loading.angles import tree_angles, tree_vectors


@attrs.frozen(eq=False)
class KernelFactors:
    """The three factors of a kernel.

    Parameters:
        alpha: the subnormalisation.
        channel: unit vector, float64 `(C,)`.
        taps: probabilities, float64 `(C, D, D)`; all zero for a channel that has no taps.
        outputs: unit vectors, float64 `(C, D, D, C)`, last index the output; zero for a tap that is zero.
    """

    alpha: float
    channel: FloatArray
    taps: FloatArray
    outputs: FloatArray

    @classmethod
    def of(cls, kernel: FloatArray) -> "KernelFactors":
        """Factors of a kernel `(C, C, D, D)`, output channel first, that is not all zero."""
        scale = float(np.max(np.abs(kernel)))
        columns = np.moveaxis(kernel / scale, 0, -1)
        norms = np.linalg.norm(columns, axis=-1)
        sums = norms.sum(axis=(1, 2))
        total = float(np.linalg.norm(sums))
        return cls(
            alpha=scale * total,
            channel=sums / total,
            taps=divide(norms, sums[:, None, None]),
            outputs=divide(columns, norms[..., None]),
        )

    def kernel(self) -> FloatArray:
        """The kernel that the factors make up, float64 `(C, C, D, D)`."""
        product: FloatArray = self.alpha * np.einsum(
            "i,iab,iabo->oiab", self.channel, self.taps, self.outputs
        )
        return product


def divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Quotient that is 0 where the denominator is 0."""
    quotient: FloatArray = np.divide(
        numerator, denominator, out=np.zeros_like(numerator), where=denominator != 0
    )
    return quotient


def spread_channels(table: FloatArray, used: BoolArray) -> FloatArray:
    """Angles of channels (index 0) that are not used are free: fewer Walsh coefficients."""
    return extend_table(table, 0, np.flatnonzero(used), (len(used) - 1).bit_length())


def split_three(weights: FloatArray) -> list[FloatArray]:
    """Angles of the qubits `(z, s)` for three taps, weights `(..., 3)` to two arrays `(...)`."""
    minus, centre, plus = np.moveaxis(np.sqrt(weights), -1, 0)
    return [2 * np.arctan2(np.hypot(minus, plus), centre), 2 * np.arctan2(minus, plus)]


def join_three(angles: list[FloatArray]) -> FloatArray:
    """The inverse of `split_three`, probabilities `(..., 3)`."""
    on, negative = np.sin(angles[0] / 2) ** 2, np.sin(angles[1] / 2) ** 2
    centre = np.cos(angles[0] / 2) ** 2
    return np.stack([on * negative, centre, on * np.cos(angles[1] / 2) ** 2], axis=-1)


def vector_tables(vectors: FloatArray, code: TapCode, used: BoolArray) -> list[FloatArray]:
    """Tables of angles that prepare `vectors[i]` of shape `(D, D, C)` on (row code, column code, C).

    One table a qubit, selected by the channel `i` and the qubits before, with free angles well chosen.
    """
    channels, outputs = vectors.shape[0], vectors.shape[-1]
    b, size, codes = code.bitsize, 2**code.bitsize, code.codes()
    if size * size * outputs == 1:
        return []
    amplitudes = np.zeros((channels, size, size, outputs))
    amplitudes[:, codes[:, None], codes[None, :]] = vectors
    tables: list[FloatArray] = []
    for level, table in enumerate(tree_angles(amplitudes.reshape(channels, -1))):
        if level < b:
            spread = code.spread_prefix(table, 1, level)
        elif level < 2 * b:
            rows = code.spread(table.reshape(channels, size, -1)[:, codes], 1)
            spread = code.spread_prefix(rows, 2, level - b)
        else:
            taps = table.reshape(channels, size, size, -1)[:, codes[:, None], codes[None, :]]
            spread = code.spread(code.spread(taps, 1), 2)
        tables.append(spread_channels(spread, used).ravel())
    return tables


def table_vectors(tables: list[FloatArray], code: TapCode, channels: int) -> FloatArray:
    """The inverse of `vector_tables`, float64 `(channels, D, D, C)`."""
    size, codes = 2**code.bitsize, code.codes()
    if not tables:
        return np.ones((channels, 1, 1, 1))
    vectors = tree_vectors([table.reshape(channels, -1) for table in tables])
    vectors = vectors.reshape(channels, size, size, -1)
    selected: FloatArray = vectors[:, codes[:, None], codes[None, :]]
    return selected


def tap_tables(factors: KernelFactors, code: TapCode) -> list[FloatArray]:
    """Tables of angles that prepare `sum_t sqrt(taps[i, t]) |t>`.

    For `D = 3` of `(z, s)` for rows, by channel, and `(z, s)` for columns, by channel and row code; else as
    `vector_tables`.
    """
    taps, used = factors.taps, factors.channel > 0
    if code.kernel_size != 3:
        return vector_tables(np.sqrt(taps)[..., None], code, used)
    rows = split_three(taps.sum(axis=2))
    columns = split_three(divide(taps, taps.sum(axis=2, keepdims=True)))
    tables = [*rows, *(code.spread(table, 1) for table in columns)]
    return [spread_channels(table, used).ravel() for table in tables]


def tap_probabilities(tables: list[FloatArray], code: TapCode, channels: int) -> FloatArray:
    """The inverse of `tap_tables`: probabilities `(C, D, D)`."""
    if code.kernel_size != 3:
        return table_vectors(tables, code, channels)[..., 0] ** 2
    levels = [table.reshape(channels, -1) for table in tables]
    rows = join_three([table[:, 0] for table in levels[:2]])
    columns = join_three([table[:, code.codes()] for table in levels[2:]])
    return rows[:, :, None] * columns


def output_tables(factors: KernelFactors, code: TapCode) -> list[FloatArray]:
    """Tables of angles that prepare `outputs[i, t]`, one a channel qubit.

    Index: channel, row code, column code, channel qubits before.
    """
    outputs = factors.outputs
    channels, d = outputs.shape[:2]
    if channels == 1:
        return []
    tables = []
    for table in tree_angles(outputs.reshape(-1, channels)):
        split = spread_channels(table.reshape(channels, d, d, -1), factors.channel > 0)
        tables.append(code.spread(code.spread(split, 1), 2).ravel())
    return tables


def output_vectors(tables: list[FloatArray], code: TapCode, channels: int) -> FloatArray:
    """The inverse of `output_tables`: unit vectors `(C, D, D, C)`."""
    size, codes = 2**code.bitsize, code.codes()
    vectors = tree_vectors([table.reshape(channels * size * size, -1) for table in tables])
    vectors = vectors.reshape(channels, size, size, channels)
    selected: FloatArray = vectors[:, codes[:, None], codes[None, :]]
    return selected


def channel_tables(factors: KernelFactors) -> list[FloatArray]:
    """Tables of angles that prepare the unit vector over the channels."""
    if len(factors.channel) == 1:
        return []
    return [table.ravel() for table in tree_angles(factors.channel[None, :])]


def channel_vector(tables: list[FloatArray]) -> FloatArray:
    """The inverse of `channel_tables`."""
    if not tables:
        return np.ones(1)
    return tree_vectors([table.reshape(1, -1) for table in tables])[0]
