"""The paper's forms beside ours, lemma by lemma, in numbers: `compare`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pandas as pd

from bloqs.activation import AmplitudeBlockEncoding, NonlinearTransform
from bloqs.checks import instance
from bloqs.convolution import Conv2DBlockEncoding, CoordinateShift
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.encoding import FloatArray, VectorEncoding
from bloqs.costs.estimate import estimate
from bloqs.layers import OUTPUTS, NormalizedVector, ResidualBlock, ResidualLinearPooling
from bloqs.loading.columns import ColumnOracle
from bloqs.loading.vector import LoadedVector
from bloqs.networks import natural_regime
from bloqs.networks.admission import check_form
from bloqs.networks.spec import NetworkSpec
from bloqs.published.amplified_conv2d import AmplifiedConv2D
from bloqs.published.checks import check_epsilon
from bloqs.published.cyclic_shift import CyclicShift
from bloqs.published.entrywise_conv2d import EntrywiseConv2D
from bloqs.published.erf_series import bessel_chebyshev_erf, erf_series_degree, erf_series_error
from bloqs.published.forms import OUR_BOUNDS, PAPER_BOUNDS, PUBLISHED_FORM
from bloqs.published.kp_tree import KPTreeState
from bloqs.published.nonlinear_amplitudes import NonlinearAmplitudeTransformation
from bloqs.published.oblivious_amplification import ObliviousAmplification
from bloqs.published.one_sided_shift import OneSidedShift, ShiftPower
from bloqs.published.pooling import PublishedPooling
from bloqs.published.shift_difference import ShiftDifference
from bloqs.published.skip_norm_block import SkipNormBlock
from bloqs.published.walk_diagonal import WalkDiagonal
from bloqs.qsvt import activation_quotient, amplification
from bloqs.reference import convolution_norm
from bloqs.verify import encoded_matrix

COLUMNS = (
    "lemma", "form", "size", "alpha", "ancillas", "calls", "t_count", "stated", "measured",
)  # fmt: skip
"""Columns of the table."""

PUBLISHED, OURS = "published", "ours"

GATE_LEVEL_QUBITS = 9
"""Matrices of encodings of up to so many qubits are measured gate by gate, larger ones block by block."""

LARGEST_LENGTH = 1024
"""Vectors of more entries are costed and not measured."""


@attrs.frozen
class _Data:
    """What the rows are made from."""

    spec: NetworkSpec
    image: FloatArray | None
    epsilon: float
    kernel: FloatArray
    channels: int
    size: int

    @property
    def sizes(self) -> list[int]:
        """Three image sizes about the network's."""
        return [size for size in (self.size // 2, self.size, 2 * self.size) if size > 1]

    def vector(self, length: int) -> FloatArray:
        """The image at its own length, else a random unit vector, the same at every call."""
        if self.image is not None and length == self.image.size:
            return np.asarray(self.image.ravel() / np.linalg.norm(self.image))
        found = np.random.default_rng(length).normal(size=length)
        return np.asarray(found / np.linalg.norm(found))


def compare(
    spec: NetworkSpec, image: npt.ArrayLike | None = None, epsilon: float = 1e-2
) -> pd.DataFrame:
    """Every published form beside ours, on the sizes of a network.

    Parts are compared at half, once and twice the network's image size, with its first kernel (without
    weights a Gaussian one of norm 1, seed 0), and on its image where the length is the image's, else on a
    random vector. All angles are loaded by rotations. "calls" are those of what the form is built on: of the
    vector, of the LCU, of the LCU's shift; of a network, of its input. The last rows are the network itself,
    in two published variants: with the paper's bounds of the blocks, and with our calibrated ones.

    Args:
        spec: a network of residual blocks, with a power of two of channels and of pixels a row.
        image: as in `NetworkSpec.check_image`; None for random vectors.
        epsilon: bound of the error of every approximate form, in (0, 1).

    Returns:
        A data frame with the columns lemma, form, size, alpha, ancillas (flagged qubits), calls, t_count
        (total T under the default conventions), stated (error bound) and measured (2-norm or spectral-norm
        error; NaN where it is not measured).

    Raises:
        ValueError: a network that the published forms cannot encode, or an argument out of range.

    Example:
        >>> from bloqs.networks import NetworkSpec
        >>> kernel = np.array([[0.4, 0.1], [-0.3, 0.5]]).reshape(2, 2, 1, 1)
        >>> spec = NetworkSpec(input_shape=(2, 2, 2), kernels=(kernel,), num_groups=2)
        >>> table = compare(spec.calibrate([np.eye(2)]))
        >>> sorted(set(table["lemma"]))[:4], bool((table["measured"] > table["stated"] + 1e-9).any())
        (['B14', 'B15', 'B16', 'B17'], False)
    """
    instance(spec, "spec", NetworkSpec, "a NetworkSpec")
    epsilon = check_epsilon(epsilon)
    pixels = None if image is None else spec.check_image(image)
    channels, size = spec.input_shape[0] ** spec.paths, spec.input_shape[1] ** spec.paths
    kernel = next((k for k in spec.kernels if isinstance(k, np.ndarray)), None)
    if kernel is None:
        taps = spec.kernels[0].size if spec.kernels else 1
        kernel = np.random.default_rng(0).normal(size=(channels, channels, taps, taps))
        kernel /= convolution_norm(kernel, size)
    whole = list(network_rows(spec, epsilon))  # first: it refuses what cannot be compared
    data = _Data(spec, pixels if spec.paths == 1 else None, epsilon, kernel, channels, size)
    parts = (_shift_rows, _convolution_rows, _amplitude_rows, _block_rows)
    rows = [row for part in parts for row in part(data)] + whole
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(
    lemma: str, form: str, size: str, bloq: Any, calls: float, measured: float
) -> tuple[Any, ...]:
    alpha, ancillas = float(bloq.alpha), int(bloq.ancilla_bitsize)
    cost = int(estimate(bloq).t_count)
    return lemma, form, size, alpha, ancillas, calls, cost, float(bloq.epsilon), measured


def _matrix_error(encoding: RealBlockEncoding) -> float:
    """Spectral-norm error: by gates where it is small; by blocks; on one vector where it is large."""
    length = 2 ** int(encoding.system_bitsize)
    if encoding.signature.n_qubits() <= GATE_LEVEL_QUBITS:
        return float(np.linalg.norm(encoded_matrix(encoding) - encoding.target(), 2))
    if length > LARGEST_LENGTH:
        return math.nan
    gap = float(encoding.alpha) * encoding.apply_block(np.eye(length))
    return float(np.linalg.norm(gap - encoding.target(), 2))


def _vector_error(encoding: VectorEncoding) -> float:
    if 2 ** int(encoding.system_bitsize) > LARGEST_LENGTH:
        return math.nan
    return float(np.linalg.norm(float(encoding.alpha) * encoding.block() - encoding.target()))


def _shift_rows(data: _Data) -> Iterator[tuple[Any, ...]]:
    """B4, B14 to B16 against one adder."""
    for size in data.sizes:
        m, words = size.bit_length() - 1, f"M = {size}"
        adder = CoordinateShift(m, 2)
        cost = int(estimate(adder).t_count)
        wrong = _adder_error(adder) if m <= 6 else math.nan
        published: tuple[tuple[str, Any, int], ...] = (
            ("B14", CyclicShift(m), 1),
            ("B4", ObliviousAmplification(ShiftDifference(m)), 3),
            ("B15", OneSidedShift(m), 3),
            ("B16", ShiftPower(m, 2), 6),
        )
        for lemma, bloq, calls in published:
            yield _row(lemma, PUBLISHED, words, bloq, calls, _matrix_error(bloq))
            yield lemma, OURS, words, 1.0, 1, 1, cost, 0.0, wrong


def _adder_error(adder: CoordinateShift) -> float:
    """How many of the coordinates are added to wrongly, by the classical action."""
    size = 2 ** int(adder.axis_bitsize)
    found = [adder.call_classically(offset=1, coordinate=x, overflow=0)[1:] for x in range(size)]
    expected = [((x + 1) % size, int(x + 1 == size)) for x in range(size)]
    return float(sum(tuple(map(int, f)) != e for f, e in zip(found, expected, strict=True)))


def _convolution_rows(data: _Data) -> Iterator[tuple[Any, ...]]:
    """B17, B3 and L5 against the column preparation."""
    for size in data.sizes:
        words = f"C = {data.channels}, D = {data.kernel.shape[-1]}, M = {size}"
        ours = Conv2DBlockEncoding(data.kernel, size)
        plain = EntrywiseConv2D(data.kernel, size)
        amplified = AmplifiedConv2D(data.kernel, size, data.epsilon)
        degree = int(amplified.amplified.transform.degree)
        own = _matrix_error(ours)
        strong_error = _matrix_error(amplified)
        for lemma, bloq, calls, error in (
            ("B17", plain, 1, _matrix_error(plain)),
            ("B3", amplified.amplified, degree, strong_error),
            ("L5", amplified, degree, strong_error),
        ):
            yield _row(lemma, PUBLISHED, words, bloq, calls, error)
            yield _row(lemma, OURS, words, ours, 1, own)


def _amplitude_rows(data: _Data) -> Iterator[tuple[Any, ...]]:
    """D1, B18, NLAT and B19."""
    f, epsilon = data.spec.activation, data.epsilon
    options: dict[str, Any] = {"activation": f.name, "gain": f.gain}
    for size in data.sizes:
        length = data.channels * size * size
        words = f"N = {length}"
        vector = LoadedVector(data.vector(length))
        tree, plain = KPTreeState(vector.data), LoadedVector(vector.data, "qram", 34)
        yield _row("D1", PUBLISHED, words, tree, 1, _vector_error(tree))
        yield _row("D1", OURS, words, plain, 1, _vector_error(plain))
        for form, diagonal, calls in (
            (PUBLISHED, WalkDiagonal(vector), 6),
            (OURS, AmplitudeBlockEncoding(vector), 1),
        ):
            yield _row("B18", form, words, diagonal, calls, _matrix_error(diagonal))
        image = NonlinearAmplitudeTransformation(vector, epsilon=epsilon, **options)
        error = _vector_error(image)
        yield _row("B18/NLAT", PUBLISHED, words, image, int(image.num_calls), error)
        ours = _smallest(lambda d, v=vector: NonlinearTransform(v, degree=d, **options), epsilon)
        yield _row("B18/NLAT", OURS, words, ours, int(ours.degree) + 1, _vector_error(ours))
    if f.name == "erf":
        yield from _polynomial_rows(f.gain, epsilon, data.spec)


def _polynomial_rows(gain: float, epsilon: float, spec: NetworkSpec) -> Iterator[tuple[Any, ...]]:
    """B19: degree for an error of epsilon of f (ours: of f(x)/x), at three subnormalisations."""
    x = np.linspace(-1, 1, 4001)
    for kappa in (1.0, 2.0, 8.0):
        words, f = f"kappa = {kappa:g}", spec.activation
        degree = erf_series_degree(gain * kappa, epsilon)
        series = np.polynomial.chebyshev.chebval(x, bessel_chebyshev_erf(gain * kappa, degree))
        measured = float(np.abs(series - f(kappa * x)).max())
        bound = erf_series_error(gain * kappa, degree)
        yield "B19", PUBLISHED, words, 1.0, 0, degree, math.nan, bound, measured
        ours = activation_quotient(f, kappa, delta=epsilon)
        y = x * ours.y_max
        gap = ours.polynomial(y) - kappa * f.quotient(kappa * y) / ours.gamma
        degree = ours.polynomial.degree
        measured = float(np.abs(gap).max())
        yield "B19", OURS, words, ours.gamma, 0, degree, math.nan, ours.delta, measured


def _smallest(make: Any, epsilon: float) -> Any:
    """The encoding of the smallest even degree with an error of at most epsilon."""
    for degree in range(0, 64, 2):
        found = make(degree)
        if found.epsilon <= epsilon:
            return found
    raise ValueError(f"no degree up to 62 reaches an error of {epsilon:g}")


def _block_rows(data: _Data) -> Iterator[tuple[Any, ...]]:
    """L6 and C1: by data where that is measured; what a normalised block of ours is, beside it."""
    f, epsilon = data.spec.activation, data.epsilon
    options: dict[str, Any] = {"activation": f.name, "gain": f.gain}
    for size in data.sizes:
        length = data.channels * size * size
        if length > LARGEST_LENGTH:
            continue
        words = f"N = {length}"
        vector, shape = (
            LoadedVector(data.vector(length)),
            LoadedVector(None, bitsize=length.bit_length() - 1),
        )
        block = SkipNormBlock.of_kernel(vector, data.kernel, size, epsilon=epsilon, **options)
        # By shape: the phases of thousands of calls, and their gates one by one, change no count of T.
        cost = int(estimate(attrs.evolve(block, vector=shape)).t_count)
        error = _vector_error(block)
        yield (
            "L6", PUBLISHED, words, block.alpha, block.ancilla_bitsize, int(block.num_calls), cost,
            float(block.epsilon), error,
        )  # fmt: skip
        convolution = Conv2DBlockEncoding(data.kernel, size)
        mine = _smallest(
            lambda d, v=vector, w=convolution: ResidualBlock(v, w, degree=d, **options), epsilon / 2
        )
        normalised = _normalised(mine, epsilon)
        calls = int(normalised.degree) * (int(mine.degree) + 1)
        yield _row("L6", OURS, words, normalised, calls, _vector_error(normalised))
        yield from _pooling_rows(vector, epsilon, words)


def _normalised(layer: Any, epsilon: float) -> NormalizedVector:
    """Amplified at its own amplitude, give or take ten per cent, as calibrated bounds would have it."""
    amplitude = 1 / float(layer.alpha)
    s_lo, s_hi = 0.9 * amplitude, min(1.0, 1.1 * amplitude)
    degree = amplification(s_lo, s_hi, delta=epsilon / 3).polynomial.degree
    return NormalizedVector(layer, s_lo=s_lo, s_hi=s_hi, degree=degree)


def _pooling_rows(vector: LoadedVector, epsilon: float, words: str) -> Iterator[tuple[Any, ...]]:
    """C1, at tau = 0.51, with random weights of norm 1."""
    length = 2 ** int(vector.system_bitsize)
    if length > LARGEST_LENGTH // 4:
        return
    matrix = np.random.default_rng(1).normal(size=(length, length))
    columns = ColumnOracle(matrix / np.linalg.norm(matrix, 2))
    output = PublishedPooling(vector, columns, epsilon=epsilon)
    bitsize = int(vector.system_bitsize)
    by_shape = attrs.evolve(
        output,
        vector=LoadedVector(None, bitsize=bitsize),
        columns=ColumnOracle(None, bitsize=bitsize, scale=float(columns.beta)),
    )
    calls = 3 * int(output.amplification.num_calls)
    cost = int(estimate(by_shape).t_count)
    yield (
        "C1", PUBLISHED, words, output.alpha, output.ancilla_bitsize, calls, cost, output.epsilon,
        _vector_error(output),
    )  # fmt: skip
    ours = _normalised(ResidualLinearPooling(vector, columns), epsilon)
    yield _row("C1", OURS, words, ours, 2 * int(ours.degree), _vector_error(ours))


def network_rows(spec: NetworkSpec, epsilon: float) -> Iterator[tuple[Any, ...]]:
    """The rows of whole networks, by shape: the blocks (L7), and with the output layer (Theorem 2).

    Args:
        spec: as in `compare`.
        epsilon: as there.

    Yields:
        Rows in the columns of `COLUMNS`.

    Raises:
        ValueError: a network that the published forms cannot encode.

    Example:
        >>> from bloqs.networks import load_example
        >>> [row[1] for row in network_rows(load_example("digits-1").spec, 1e-2)][:3]
        ["published circuits, the paper's bounds", 'published circuits, our bounds', 'ours']
    """
    words = f"N = {spec.length}, k = {spec.num_blocks}"
    check_sizes(spec)
    calibrated = spec.norm_bounds is not None
    own = "calibrated" if calibrated else "worst-case"
    for lemma, output in (("L7", False), ("Th2", True)):
        if output and not spec.has_output_layer:
            continue
        part = spec if output else spec.without_output_layer() if spec.has_output_layer else spec
        has_paper_bounds = calibrated or not output or spec.skip_weight > 0.5
        variants = [(PAPER_BOUNDS, "published", "worst-case")] if has_paper_bounds else []
        variants += [(OUR_BOUNDS, "published", "calibrated")] if calibrated else []
        for words_of_form, form, norm_bounds in (*variants, (OURS, "ours", own)):
            bloq = part.cost_bloq(
                regime=natural_regime(part),
                epsilon=epsilon,
                norm_bounds=norm_bounds,
                loading="rotations",
                form=form,
            )
            cost = estimate(bloq)
            yield (
                lemma, words_of_form, words, float(bloq.alpha), int(bloq.ancilla_bitsize),
                int(cost.input_calls), int(cost.t_count), float(bloq.epsilon), math.nan,
            )  # fmt: skip


def check_sizes(spec: NetworkSpec) -> None:
    """Refuse a network that the published forms cannot encode.

    Args:
        spec: the network.

    Raises:
        ValueError: layers or an activation that the paper does not have, a bias, or a size that is no power
            of two.

    Example:
        >>> check_sizes(NetworkSpec.from_shapes(input_shape=(2, 4, 4), num_blocks=1))
    """
    check_form(spec, PUBLISHED_FORM, OUTPUTS["coherent"])
    if spec.bias_scale is not None:
        raise ValueError(
            "the lemmas are compared on residual blocks without bias, found bias_scale = "
            f"{spec.bias_scale:g}: cost the whole network by forms 'published' and 'ours', which take it "
            "(estimate --form, cost_bloq(form=)); without its bias it is another network"
        )
    channels = spec.input_shape[0] ** spec.paths
    if channels & (channels - 1):
        raise ValueError(
            f"the lemmas are compared on a power of two of channels, found {channels}: cost the whole "
            "network by forms 'published' and 'ours', which take it (estimate --form, cost_bloq(form=)); "
            "channels of zeros beside these leave the network as it is"
        )
