"""The taps of a kernel as matrices over channels, and the angles that encode each of them."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np

from bloqs.convolution.orthogonal import RotationLayer, layers_product, rotation_layers
from bloqs.convolution.taps import TapCode
from bloqs.core.encoding import FloatArray
from bloqs.loading.angles import tree_angles, tree_vectors


@attrs.frozen(eq=False, slots=False)
class TapMatrices:
    """Norm, singular values and singular vectors of `K_t = K[:, :, t]` for each tap t.

    Parameters:
        norms: `||K_t||_2`, float64 `(D, D)`.
        values: singular values of `K_t/||K_t||`, float64 `(D, D, C)`; 1 for a tap of zeros.
        left: their vectors `U_t`, float64 `(D, D, C, C)`.
        right: `V_t` likewise, `K_t = ||K_t|| U_t Sigma_t V_t^T`.

    Example:
        >>> taps = TapMatrices.of(np.random.default_rng(0).normal(size=(2, 2, 3, 3)))
        >>> taps.norms.shape, taps.values[..., 0].max().round(9)
        ((3, 3), np.float64(1.0))
    """

    norms: FloatArray
    values: FloatArray
    left: FloatArray
    right: FloatArray

    @classmethod
    def of(cls, core: FloatArray) -> TapMatrices:
        """The matrices of a kernel.

        Args:
            core: float64 `(C, C, D, D)`, C a power of two, not all zero.

        Returns:
            Their decompositions.
        """
        matrices = np.moveaxis(core, (2, 3), (0, 1))
        left, values, right = np.linalg.svd(matrices)
        norms = values[..., 0]
        empty = norms == 0
        values = np.where(empty[..., None], 1.0, values / np.where(empty, 1.0, norms)[..., None])
        return cls(norms, values, left, np.swapaxes(right, -1, -2))

    @property
    def alpha(self) -> float:
        """`sum_t ||K_t||_2`."""
        return float(self.norms.sum())

    @property
    def _code(self) -> TapCode:
        return TapCode(self.norms.shape[0])

    @property
    def _channel_bitsize(self) -> int:
        return self.values.shape[-1].bit_length() - 1

    def _over_codes(self, table: FloatArray) -> FloatArray:
        """A table `(D, D, ...)` over the codes of both taps."""
        return self._code.spread(self._code.spread(table, axis=0), axis=1)

    def _at_taps(self, table: FloatArray) -> FloatArray:
        """The inverse of `_over_codes`, for a flat table."""
        codes, size = self._code.codes(), 2**self._code.bitsize
        return table.reshape(size, size, -1)[np.ix_(codes, codes)]

    def tap_angles(self) -> FloatArray:
        """Angles of the tree that prepares `sqrt(||K_t||/alpha)` over the codes; empty for a single tap."""
        size, codes = 2**self._code.bitsize, self._code.codes()
        amplitudes = np.zeros((size, size))
        amplitudes[np.ix_(codes, codes)] = np.sqrt(self.norms / self.alpha)
        if self._code.bitsize == 0:
            return np.zeros(1)
        return np.concatenate([np.ravel(t) for t in tree_angles(amplitudes.reshape(1, -1))])

    @cached_property
    def _sides(self) -> tuple[list[RotationLayer], list[RotationLayer], FloatArray]:
        """Layers of U and of V by tap, and their signs' product, `(D D, C)`."""
        size = self.values.shape[-1]
        left, left_signs = rotation_layers(self.left.reshape(-1, size, size))
        right, right_signs = rotation_layers(self.right.reshape(-1, size, size))
        return left, right, left_signs * right_signs

    def _spread_layers(self, layers: list[RotationLayer]) -> list[RotationLayer]:
        d = self.norms.shape[0]
        return [
            RotationLayer(layer.target, self._over_codes(layer.angles.reshape(d, d, -1)))
            for layer in layers
        ]

    def left_layers(self) -> list[RotationLayer]:
        """`U_t` up to signs, the leftmost factor first, angles over the codes of both taps."""
        return self._spread_layers(self._sides[0])

    def right_layers(self) -> list[RotationLayer]:
        """`V_t` likewise."""
        return self._spread_layers(self._sides[1])

    def singular_angles(self) -> FloatArray:
        """`2 arccos` of the singular values with the signs of both sides, over codes and channels."""
        signed = self.values.reshape(-1, self.values.shape[-1]) * self._sides[2]
        angles = 2 * np.arccos(np.clip(signed, -1.0, 1.0))
        return self._over_codes(angles.reshape(self.values.shape))

    def effective_core(
        self,
        taps: list[FloatArray],
        singular: FloatArray,
        right: list[FloatArray],
        left: list[FloatArray],
    ) -> FloatArray:
        """The kernel that angles make up.

        Args:
            taps: of the tree of the taps, a table a level; none for a single tap.
            singular: as `singular_angles`, flat.
            right: as those of `right_layers`, flat.
            left: as those of `left_layers`, flat.

        Returns:
            float64 `(C, C, D, D)`.
        """
        d, c = self.norms.shape[0], self._channel_bitsize
        values = np.cos(self._at_taps(singular) / 2).reshape(d * d, -1)
        matrices = np.einsum("kc,cd->kcd", values, np.eye(2**c))
        if c:
            u, v = (
                layers_product(
                    [
                        RotationLayer(layer.target, self._at_taps(table).reshape(d * d, -1))
                        for layer, table in zip(layers, tables, strict=True)
                    ],
                    c,
                )
                for layers, tables in ((self._sides[0], left), (self._sides[1], right))
            )
            matrices = u @ matrices @ np.swapaxes(v, -1, -2)
        amplitudes = tree_vectors([t[None] for t in taps]) if taps else np.ones(1)
        weights = self._at_taps(amplitudes**2).reshape(-1, 1, 1)
        core = self.alpha * weights * matrices
        return np.moveaxis(core.reshape(d, d, 2**c, 2**c), (0, 1), (2, 3))
