"""The norm of a vector of the other network: ours holds unit vectors, and the norm becomes a factor."""

from __future__ import annotations

import attrs
import numpy as np

from bloqs.interop.modules.graph import FloatArray


@attrs.frozen
class Scale:
    """The 2-norms of a value over the images.

    Parameters:
        factor: by which ours, a unit vector, is to be multiplied.
        spread: largest over smallest norm, minus 1.
        is_constant: whether the network itself makes it one number, whatever the image.

    Example:
        >>> scale = Scale.of(np.array([[3.0, 4.0], [0.0, 6.0]]), is_constant=False)
        >>> round(scale.factor, 3), round(scale.spread, 3)
        (5.477, 0.2)
    """

    factor: float
    spread: float
    is_constant: bool

    @classmethod
    def of(cls, values: FloatArray, *, is_constant: bool) -> Scale:
        """The scale of the values `(B, ...)`: the geometric mean of their norms.

        Args:
            values: of some images, each other than zero.
            is_constant: as in the class.

        Returns:
            The scale.

        Raises:
            ValueError: a value that is zero.
        """
        norms = np.linalg.norm(values.reshape(len(values), -1), axis=1)
        if not np.all(norms > 0):
            raise ValueError("a vector of the network is zero for one of the images")
        factor = float(np.exp(np.mean(np.log(norms))))
        return cls(factor, float(norms.max() / norms.min() - 1), is_constant)


def directions(values: FloatArray) -> FloatArray:
    """Values as unit vectors.

    Args:
        values: float64 `(B, ...)`, none of them zero.

    Returns:
        float64 `(B, N)`.

    Example:
        >>> directions(np.array([[3.0, 4.0]])).tolist()
        [[0.6, 0.8]]
    """
    flat = values.reshape(len(values), -1)
    return np.asarray(flat / np.linalg.norm(flat, axis=1, keepdims=True))
