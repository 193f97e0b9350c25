"""The output layer: `tau x + (1 - tau) W_out (x o x)`, whose leading qubits are measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from qualtran.symbolics import SymbolicInt

from bloqs.activation import Activation
from bloqs.checks import number
from bloqs.convolution import ConvolutionStrategy
from bloqs.core.encoding import VectorEncoding
from bloqs.layers.facts import ErrorPart, LayerFacts
from bloqs.layers.geometry import Geometry, bits_of
from bloqs.layers.layer import FloatArray, Layer, Stage
from bloqs.layers.operations import OperationCounts, normalisation_operations
from bloqs.layers.pooling import ResidualLinearPooling
from bloqs.layers.sequence import register_layer
from bloqs.layers.shapes import Bounds, OutputShape, check_rows, check_unit_norm, read_only
from bloqs.loading import ColumnOracle
from bloqs.reference.norms import matrix_norm

WIDE = 1.5
"""Norms within this factor are heralded about as well as one."""
NEXT_TO_NOTHING = 1e-15
"""An entry of a block that is this small is rounding: a table of b bits has none below `2**-b` a level."""


def _to_weights(weights: Any) -> FloatArray | OutputShape:
    return weights if isinstance(weights, OutputShape) else read_only(weights, "output_weights")


def _to_skip_weight(value: float) -> float:
    return number(value, "skip_weight")


@register_layer
@attrs.frozen(eq=False)
class Output(Layer):
    r"""`g / ||g||_2` with `g = tau x + (1 - tau) W_out (x o x)`.

    `W_out` has R rows, a power of two: it is the N x N matrix whose row number `r N/R` is row r and whose
    other rows are zero. A classifier has as many outputs as classes, and its columns are then short.

    Parameters:
        weights: `W_out`, float64 `(R, N)`, `||W_out||_2 <= 1`; held as a read-only copy. By shape an
            `OutputShape`.
        skip_weight: `tau`, in [0, 1].

    References:
        Rattew et al. (ICLR 2026), Corollary 1; `ResidualLinearPooling` is its encoding.

    Example:
        >>> layer = Output(0.5 * np.eye(4), skip_weight=0.2)
        >>> image = np.array([[0.6, 0.8, 0.0, 0.0]])
        >>> layer.apply(image, Geometry((1, 2, 2)), Activation("erf")).round(3).tolist()
        [[0.264, 0.416, 0.0, 0.0]]
        >>> head = Output([[0.5, 0.0, 0.0, 0.0], [0.0, 0.5, 0.0, 0.0]], skip_weight=0.2)  # rows 0 and 2
        >>> head.apply(image, Geometry((1, 2, 2)), Activation("erf")).round(3).tolist()
        [[0.264, 0.16, 0.256, 0.0]]
    """

    kind = "output"
    noun = "output"
    is_numbered = False
    fills_padding = True

    weights: FloatArray | OutputShape = attrs.field(converter=_to_weights)
    skip_weight: float = attrs.field(default=0.51, converter=_to_skip_weight, kw_only=True)

    # --- the exact map ---------------------------------------------------------------------------

    def apply(self, vectors: FloatArray, geometry: Geometry, activation: Activation) -> FloatArray:
        """`g`."""
        if isinstance(self.weights, OutputShape):
            raise ValueError("this layer is known by its shape only; give it output weights")
        tau = self.skip_weight
        result: FloatArray = tau * vectors
        result[..., :: self._spacing(geometry)] += (1 - tau) * (vectors * vectors) @ self.weights.T
        return result

    @property
    def num_rows(self) -> SymbolicInt:
        """`R`, rows of the weights as they are given."""
        weights = self.weights
        return weights.num_rows if isinstance(weights, OutputShape) else len(weights)

    @property
    def is_square(self) -> bool:
        """Whether there are as many rows as columns."""
        weights = self.weights
        columns = weights.length if isinstance(weights, OutputShape) else weights.shape[-1]
        return self.num_rows == columns

    def _spacing(self, geometry: Geometry) -> int:
        """`N/R`, from one row of the weights to the next."""
        return geometry.length // self.num_rows

    def support(self, geometry: Geometry) -> int:
        """Entries that are no padding, and those where a row stands."""
        spacing = self._spacing(geometry)
        return geometry.entries + self.num_rows - geometry.entries_at(spacing)

    def operations(self, geometry: Geometry) -> OperationCounts:
        """Squares of x, n; W_out, `R n` products and `R (n - 1)` sums; the weighted sum; normalisation.

        Rows of the weights that belong to padding count, because g need not vanish there.
        """
        entries, rows = geometry.entries, self.num_rows
        support = self.support(geometry)
        both = entries + rows - support  # entries of g that are sums of two terms
        return (
            OperationCounts(multiplications=entries)
            + OperationCounts(multiplications=rows * entries, additions=rows * (entries - 1))
            + OperationCounts(multiplications=rows + entries, additions=both)
            + normalisation_operations(support)
        )

    def worst_case_norms(self, activation: Activation) -> Bounds:
        """`[2 tau - 1, 1]` for unit x and `||W_out|| <= 1`."""
        tau = self.skip_weight
        if tau <= 0.5:
            raise ValueError(
                f"no worst-case bound for the output layer: with skip_weight tau = {tau} <= 1/2 the vector "
                f"g = tau x + (1-tau) W(x*x) may vanish; use calibrated bounds"
            )
        return 2 * tau - 1, 1.0

    # --- its weights -----------------------------------------------------------------------------

    def map_norm(self, geometry: Geometry) -> float | None:
        """`||W_out||_2`."""
        return None if isinstance(self.weights, OutputShape) else matrix_norm(self.weights)

    @property
    def has_weights(self) -> bool:
        """False by shape."""
        return not isinstance(self.weights, OutputShape)

    @property
    def is_symbolic(self) -> bool:
        """Whether sizes of the weights are symbols."""
        return isinstance(self.weights, OutputShape) and self.weights.is_symbolic

    @property
    def column_norm_bound(self) -> float:
        """Largest column 2-norm of the weights, or its bound by shape."""
        if isinstance(self.weights, OutputShape):
            return self.weights.column_norm_bound
        return float(np.sqrt(np.max(np.sum(self.weights**2, axis=0))))

    def weights_name(self, number: int) -> str:
        """A network has them once."""
        return "output_weights"

    def check(self, geometry: Geometry, name: str) -> None:
        """Shape, finite entries, spectral norm."""
        weights, n = self.weights, geometry.length
        if isinstance(weights, OutputShape):
            if weights.length != n:
                raise ValueError(f"{name} must have length {n}, found {weights.length}")
            return
        if weights.ndim != 2 or weights.shape[1] != n or weights.shape[0] > n:
            raise ValueError(
                f"{name} must have shape (N, N) = {(n, n)} (C and M padded to powers of two), or (R, N) with "
                f"R a power of two, found {weights.shape}"
            )
        check_rows(len(weights), n, name)
        if not np.all(np.isfinite(weights)):
            raise ValueError(
                f"{name} must be finite, found {int(np.sum(~np.isfinite(weights)))} NaN or infinite "
                "entries"
            )
        if np.linalg.norm(weights) > 1.0:  # the Frobenius norm, an upper bound
            norm = matrix_norm(weights)
            tau = self.skip_weight / (self.skip_weight + (1 - self.skip_weight) * norm)
            also = f" and take skip_weight={tau:.6g}, or the network changes," if tau else ""
            check_unit_norm("||W_out||_2", norm, f"{name}{also}")

    def by_shape(self, geometry: Geometry, number: int, convolution: ConvolutionStrategy) -> Output:
        """An `OutputShape` with the largest column norm; weights that are all zero are refused."""
        if isinstance(self.weights, OutputShape):
            return self
        if not np.any(self.weights):
            raise ValueError(
                "output_weights are all zero: there is nothing to encode; pass output_weights=None, which "
                "gives the same class probabilities"
            )
        rows = None if self.is_square else self.num_rows
        shape = OutputShape(geometry.length, self.column_norm_bound, rows=rows)
        return Output(shape, skip_weight=self.skip_weight)

    def quantized(
        self, geometry: Geometry, angle_bits: int, convolution: ConvolutionStrategy
    ) -> Output:
        """Column norms over their largest, and the columns, by their rounded angles; zeros stay."""
        if isinstance(self.weights, OutputShape):
            raise ValueError("this layer is known by its shape only; give it output weights")
        if not np.any(self.weights):
            return self
        rows = self.num_rows.bit_length() - 1
        columns = ColumnOracle(self.weights, "qrom", angle_bits, row_bitsize=rows)
        block = columns.block_matrix()[:: self._spacing(geometry)]
        # The cosine of a quarter turn is 0, which floating point misses.
        weights = columns.beta * np.where(np.abs(block) < NEXT_TO_NOTHING, 0.0, block)
        if np.linalg.norm(weights) > 1.0:  # the Frobenius norm, an upper bound
            weights /= max(1.0, matrix_norm(weights))
        return attrs.evolve(self, weights=weights)

    def stored(self) -> Mapping[str, Any]:
        """The weights, an array or the fields of their shape, and tau."""
        return {"weights": self.weights, "skip_weight": self.skip_weight}

    @classmethod
    def restored(cls, fields: Mapping[str, Any]) -> Output:
        """As `stored`."""
        weights = fields["weights"]
        shape = OutputShape(**weights) if isinstance(weights, Mapping) else weights
        return cls(shape, skip_weight=fields["skip_weight"])

    # --- its encoding ----------------------------------------------------------------------------

    def load(self, stage: Stage) -> ColumnOracle:
        """The column oracle."""
        loading, bits = stage.column_loading or "rotations", stage.angle_bits
        if isinstance(self.weights, OutputShape):
            n, scale = stage.geometry.bitsize, self.column_norm_bound
            rows = bits_of(self.num_rows)
            return ColumnOracle(None, loading, bits, bitsize=n, row_bitsize=rows, scale=scale)
        return ColumnOracle(self.weights, loading, bits)

    def encode(
        self, vector: VectorEncoding, stage: Stage, degree: SymbolicInt | None
    ) -> ResidualLinearPooling:
        """`ResidualLinearPooling`, not amplified."""
        return ResidualLinearPooling(
            vector,
            stage.piece,
            skip_weight=self.skip_weight,
            norm_bounds=stage.norms,
            peak=stage.peak or 1.0,
        )

    def sensitivity(self, stage: Stage) -> float:
        """`(tau + 2 (1 - tau) peak)/lo`."""
        tau, peak = self.skip_weight, min(1.0, stage.peak or 1.0)
        return (tau + 2 * (1 - tau) * peak) / stage.lower_bound

    def calls(self, before: float, degree: int | None) -> float:
        """Two of the input, one of the columns."""
        return 2 * before + 1

    def height(self, amplitude: float, stage: Stage, degree: int | None) -> float:
        """`lo/(tau/s + (1 - tau) beta/s^2)`."""
        tau, beta = self.skip_weight, float(stage.piece.beta)
        return stage.lower_bound / (tau / amplitude + (1 - tau) * beta / amplitude**2)

    # --- what it tells ---------------------------------------------------------------------------

    def rounding_error(self, stage: Stage) -> ErrorPart:
        """The error of the columns, times `(1 - tau)/lo`."""
        weight = (1 - self.skip_weight) / stage.lower_bound
        return ErrorPart("rounded output columns", weight * float(stage.piece.epsilon))

    def advice(self, stage: Stage, degree: int | None) -> str:
        """A longer g, shorter columns, fewer rows, a narrower band."""
        lo, hi = stage.bounds
        parts = [f"a longer g (its norm may be {lo:.3g})"]
        if hi / lo > WIDE:
            parts.append(f"norms in a narrower band than a factor {hi / lo:.3g}")
        if self.is_square:
            parts.append("a head of few rows, whose columns load for less")
        return ", ".join(parts)

    def facts(self, stage: Stage, degree: int | None) -> LayerFacts:
        """tau, the column norm that the weights are divided by, and the rows where they are not all."""
        beta = {
            "value": float(stage.piece.beta),
            "origin": "measured" if self.has_weights else "from shapes",
        }
        notes: dict[str, Any] = {
            "skip weight tau": self.skip_weight,
            "column norm bound beta": beta,
        }
        if not self.is_square:
            notes["rows of the output weights"] = self.num_rows
        return LayerFacts(name=stage.name, norms=stage.bounds, notes=notes)
