"""Encodings whose error is chosen: of a vector, of a matrix, of columns. Blocks only, no circuits."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from bloqs.activation import Activation
from bloqs.convolution import DEFAULT_STRATEGY
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.encoding import FloatArray, MappedVector, VectorEncoding
from bloqs.layers import Layer, Stage
from bloqs.layers.geometry import Geometry
from bloqs.loading import ColumnOracle


def _floats(values: Any) -> tuple[float, ...]:
    return tuple(np.asarray(values, dtype=np.float64).ravel().tolist())


@attrs.frozen
class GivenVector(VectorEncoding):
    """Promises `data`, a unit vector, and encodes `(data + error)/alpha`."""

    data: tuple[float, ...] = attrs.field(converter=_floats)
    error: tuple[float, ...] = attrs.field(converter=_floats)
    alpha: float = 1.0  # type: ignore[misc]
    is_controlled: bool = False

    @property
    def system_bitsize(self) -> int:
        return len(self.data).bit_length() - 1

    @property
    def ancilla_bitsize(self) -> int:
        return 1

    @property
    def epsilon(self) -> float:
        return float(np.linalg.norm(self.error))

    def target(self) -> FloatArray:
        return np.array(self.data)

    def block(self) -> FloatArray:
        return (np.array(self.data) + np.array(self.error)) / self.alpha


@attrs.frozen
class GivenMatrix(RealBlockEncoding):
    """Promises `diagonal` I plus `swapped` X on the last qubit, encodes both off by their errors."""

    bitsize: int
    diagonal: float = 0.0
    diagonal_error: float = 0.0
    swapped_error: float = 0.0
    alpha: float = 1.0  # type: ignore[misc]
    is_controlled: bool = False

    @property
    def system_bitsize(self) -> int:
        return self.bitsize

    @property
    def ancilla_bitsize(self) -> int:
        return 1

    @property
    def epsilon(self) -> float:
        return abs(self.diagonal_error) + abs(self.swapped_error)

    def target(self) -> FloatArray:
        return self.diagonal * np.eye(2**self.bitsize)

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        swapped = vectors.reshape(-1, 2, *vectors.shape[1:])[:, ::-1].reshape(vectors.shape)
        total = (self.diagonal + self.diagonal_error) * vectors + self.swapped_error * swapped
        return np.asarray(total / self.alpha)


@attrs.frozen(cache_hash=True)
class GivenColumns(ColumnOracle):
    """Columns whose oracle promises them exactly and encodes column 0 off by `error`."""

    error: tuple[float, ...] = attrs.field(default=(), converter=_floats, kw_only=True)

    @property
    def epsilon(self) -> float:
        return float(np.linalg.norm(self.error))

    def block_matrix(self) -> FloatArray:
        matrix = self.target_matrix().copy()
        matrix[:, 0] += self.error
        return matrix / self.beta

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        return np.asarray(self.block_matrix() @ vectors)


def identity_columns(error: Any, beta: float = 1.0) -> GivenColumns:
    """The columns of the identity, divided by `beta`, column 0 off by `error`."""
    return GivenColumns(np.eye(len(error)), scale=beta, error=error)


def stage_of(layer: Layer, **changes: Any) -> Stage:
    """A layer as block 1 of a network on `(2, 2, 2)`, with norm bounds (0.5, 1.5)."""
    options: dict[str, Any] = {
        "layer": layer,
        "number": 1,
        "name": "block 1",
        "label": "block 1",
        "geometry": Geometry((2, 2, 2)),
        "activation": Activation("erf", gain=0.8),
        "norms": (0.5, 1.5),
        "amplitude": None,
        "convolution": DEFAULT_STRATEGY,
        "kernel_loading": "rotations",
        "column_loading": "rotations",
        "angle_bits": None,
    }
    return Stage(**{**options, **changes})


def spread(n: int) -> FloatArray:
    """The unit vector with `2**n` equal entries."""
    return np.full(2**n, 2 ** (-n / 2))


def one_hot(n: int, place: int = 0) -> FloatArray:
    """A unit vector of length `2**n`."""
    return np.eye(2**n)[place]


def measured_error(layer: MappedVector) -> float:
    """What `absolute_error` bounds: of the block times its scale, before it is normalised."""
    exact = layer.apply_target(layer.vector.target())
    return float(np.linalg.norm(float(layer.scale) * layer.block() - exact))
