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

    Example:
        >>> kernel = np.random.default_rng(0).normal(size=(2, 2, 3, 3))
        >>> factors = KernelFactors.of(kernel)
        >>> bool(np.allclose(factors.kernel(), kernel)), factors.taps.sum(axis=(1, 2)).round(6).tolist()
        (True, [1.0, 1.0])
    """

    alpha: float
    channel: FloatArray
    taps: FloatArray
    outputs: FloatArray

    @classmethod
    def of(cls, kernel: FloatArray) -> "KernelFactors":
        """The factors of a kernel.

        Args:
            kernel: float64 `(C, C, D, D)`, output channel first, not all zero.

        Returns:
            The three factors and alpha.
        """
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
    """A quotient that is 0 where the denominator is 0.

    Args:
        numerator: float64 of any shape.
        denominator: float64, of a shape that broadcasts to it.

    Returns:
        float64 of the numerator's shape.

    Example:
        >>> divide(np.array([1.0, 2.0]), np.array([4.0, 0.0])).tolist()
        [0.25, 0.0]
    """
    quotient: FloatArray = np.divide(
        numerator, denominator, out=np.zeros_like(numerator), where=denominator != 0
    )
    return quotient


def spread_channels(table: FloatArray, used: BoolArray) -> FloatArray:
    """A table of angles in which those of unused channels are chosen so that fewer rotations are needed.

    Args:
        table: radians, float64 `(C, ...)`, first index the channel.
        used: channels whose angles count, bool `(C,)`.

    Returns:
        A table of the same shape and the same angles for the channels in use; the others, which are free,
        leave as few Walsh coefficients as possible.

    Example:
        >>> spread_channels(np.array([0.5, 0.0]), np.array([True, False])).tolist()
        [0.5, 0.5]
    """
    return extend_table(table, 0, np.flatnonzero(used), (len(used) - 1).bit_length())


def split_three(weights: FloatArray) -> list[FloatArray]:
    """Angles that prepare three taps on the qubits `(z, s)` of `bloqs.convolution.taps`.

    Args:
        weights: probabilities of the offsets -1, 0, 1, float64 `(..., 3)`.

    Returns:
        The angles of z and of s in radians, two float64 arrays `(...)`.

    Example:
        >>> [round(float(angle), 4) for angle in split_three(np.array([0.25, 0.5, 0.25]))]
        [1.5708, 1.5708]
    """
    minus, centre, plus = np.moveaxis(np.sqrt(weights), -1, 0)
    return [2 * np.arctan2(np.hypot(minus, plus), centre), 2 * np.arctan2(minus, plus)]


def join_three(angles: list[FloatArray]) -> FloatArray:
    """The inverse of `split_three`.

    Args:
        angles: of z and of s in radians, two float64 arrays `(...)`.

    Returns:
        Probabilities of the offsets -1, 0, 1, float64 `(..., 3)`.

    Example:
        >>> join_three(split_three(np.array([0.2, 0.5, 0.3]))).round(6).tolist()
        [0.2, 0.5, 0.3]
    """
    on, negative = np.sin(angles[0] / 2) ** 2, np.sin(angles[1] / 2) ** 2
    centre = np.cos(angles[0] / 2) ** 2
    return np.stack([on * negative, centre, on * np.cos(angles[1] / 2) ** 2], axis=-1)


def vector_tables(vectors: FloatArray, code: TapCode, used: BoolArray) -> list[FloatArray]:
    """Tables of the angles that prepare one vector for each channel, with free angles well chosen.

    Args:
        vectors: unit vectors, float64 `(channels, D, D, C)`, on (row tap, column tap, channel).
        code: codes of the taps.
        used: channels whose vectors count, bool `(channels,)`.

    Returns:
        One flat table of radians for each qubit of (row code, column code, C), selected by the channel and
        the qubits before it; none where there is no qubit.

    Example:
        >>> vectors = np.array([0.6, 0.0, 0.8, 0.0]).reshape(1, 2, 2, 1)  # in the first column
        >>> tables = vector_tables(vectors, TapCode(2), np.array([True]))
        >>> [table.round(4).tolist() for table in tables]
        [[1.287], [3.1416, 3.1416]]
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
    """The inverse of `vector_tables`.

    Args:
        tables: radians, one flat array a qubit.
        code: codes of the taps.
        channels: number of vectors.

    Returns:
        Unit vectors, float64 `(channels, D, D, C)`.

    Example:
        >>> vectors = np.array([0.6, 0.0, 0.8, 0.0]).reshape(1, 2, 2, 1)
        >>> tables = vector_tables(vectors, TapCode(2), np.array([True]))
        >>> bool(np.allclose(table_vectors(tables, TapCode(2), channels=1), vectors))
        True
    """
    size, codes = 2**code.bitsize, code.codes()
    if not tables:
        return np.ones((channels, 1, 1, 1))
    vectors = tree_vectors([table.reshape(channels, -1) for table in tables])
    vectors = vectors.reshape(channels, size, size, -1)
    selected: FloatArray = vectors[:, codes[:, None], codes[None, :]]
    return selected


def tap_tables(factors: KernelFactors, code: TapCode) -> list[FloatArray]:
    """Tables of the angles that prepare `sum_t sqrt(taps[i, t]) |t>` for each channel i.

    Args:
        factors: of the kernel; its `taps` are used, and which channels occur.
        code: codes of the taps.

    Returns:
        Flat tables of radians. For `D = 3` those of `(z, s)` for rows, selected by the channel, then those of
        `(z, s)` for columns, selected by channel and row code; otherwise as `vector_tables`.

    Example:
        >>> kernel = np.full((1, 1, 3, 3), 1 / 9)
        >>> tables = tap_tables(KernelFactors.of(kernel), TapCode(3))
        >>> [len(table) for table in tables], round(float(tables[0][0]), 4)  # 2 arctan(sqrt(2))
        ([1, 1, 4, 4], 1.9106)
    """
    taps, used = factors.taps, factors.channel > 0
    if code.kernel_size != 3:
        return vector_tables(np.sqrt(taps)[..., None], code, used)
    rows = split_three(taps.sum(axis=2))
    columns = split_three(divide(taps, taps.sum(axis=2, keepdims=True)))
    tables = [*rows, *(code.spread(table, 1) for table in columns)]
    return [spread_channels(table, used).ravel() for table in tables]


def tap_probabilities(tables: list[FloatArray], code: TapCode, channels: int) -> FloatArray:
    """The inverse of `tap_tables`.

    Args:
        tables: radians, as `tap_tables` returns them.
        code: codes of the taps.
        channels: `C`.

    Returns:
        Probabilities, float64 `(C, D, D)`.

    Example:
        >>> factors = KernelFactors.of(np.random.default_rng(0).normal(size=(2, 2, 3, 3)))
        >>> tables = tap_tables(factors, TapCode(3))
        >>> bool(np.allclose(tap_probabilities(tables, TapCode(3), channels=2), factors.taps))
        True
    """
    if code.kernel_size != 3:
        return table_vectors(tables, code, channels)[..., 0] ** 2
    levels = [table.reshape(channels, -1) for table in tables]
    rows = join_three([table[:, 0] for table in levels[:2]])
    columns = join_three([table[:, code.codes()] for table in levels[2:]])
    return rows[:, :, None] * columns


def output_tables(factors: KernelFactors, code: TapCode) -> list[FloatArray]:
    """Tables of the angles that prepare `outputs[i, t]` for each channel i and tap t.

    Args:
        factors: of the kernel; its `outputs` are used, and which channels occur.
        code: codes of the taps.

    Returns:
        One flat table of radians for each channel qubit, selected by the input channel, the row code, the
        column code and the channel qubits before; none for one channel.

    Example:
        >>> factors = KernelFactors.of(np.random.default_rng(0).normal(size=(2, 2, 3, 3)))
        >>> [len(table) for table in output_tables(factors, TapCode(3))]  # 2 channels, 4 codes an axis
        [32]
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
    """The inverse of `output_tables`.

    Args:
        tables: radians, one flat array a channel qubit.
        code: codes of the taps.
        channels: `C`, at least 2.

    Returns:
        Unit vectors, float64 `(C, D, D, C)`, last index the output.

    Example:
        >>> factors = KernelFactors.of(np.random.default_rng(0).normal(size=(2, 2, 3, 3)))
        >>> tables = output_tables(factors, TapCode(3))
        >>> bool(np.allclose(output_vectors(tables, TapCode(3), channels=2), factors.outputs))
        True
    """
    size, codes = 2**code.bitsize, code.codes()
    vectors = tree_vectors([table.reshape(channels * size * size, -1) for table in tables])
    vectors = vectors.reshape(channels, size, size, channels)
    selected: FloatArray = vectors[:, codes[:, None], codes[None, :]]
    return selected


def channel_tables(factors: KernelFactors) -> list[FloatArray]:
    """Tables of the angles that prepare the unit vector over the channels.

    Args:
        factors: of the kernel; its `channel` is used.

    Returns:
        One table of radians a channel qubit; none for one channel.

    Example:
        >>> factors = KernelFactors.of(np.random.default_rng(0).normal(size=(4, 4, 1, 1)))
        >>> [len(table) for table in channel_tables(factors)]
        [1, 2]
    """
    if len(factors.channel) == 1:
        return []
    return [table.ravel() for table in tree_angles(factors.channel[None, :])]


def channel_vector(tables: list[FloatArray]) -> FloatArray:
    """The inverse of `channel_tables`.

    Args:
        tables: radians, one array a channel qubit.

    Returns:
        Unit vector, float64 `(C,)`.

    Example:
        >>> factors = KernelFactors.of(np.random.default_rng(0).normal(size=(4, 4, 1, 1)))
        >>> bool(np.allclose(channel_vector(channel_tables(factors)), factors.channel))
        True
    """
    if not tables:
        return np.ones(1)
    return tree_vectors([table.reshape(1, -1) for table in tables])[0]
