"""A value of the other network as ours holds it: its channels and, where there are biases, a constant one."""

from __future__ import annotations

import attrs
import numpy as np

from bloqs.interop.modules.graph import FloatArray
from bloqs.interop.modules.scale import Scale


@attrs.frozen(eq=False)
class Stream:
    """Tensors of the other network, in its own units, and the constant channel that ours carries beside them.

    Parameters:
        tensors: float64 `(B, C, M, M)`.
        constant: value of the constant channel for each image, in the same units, `(B,)`; None without.
        place: index of the constant channel among ours.
        is_normal: whether the other network itself makes the norm of `tensors` one number.

    Example:
        >>> stream = Stream(np.ones((1, 1, 2, 2)), np.array([0.5]), 1)
        >>> stream.joint.shape, round(stream.scale.factor ** 2, 9)
        ((1, 2, 2, 2), 5.0)
    """

    tensors: FloatArray
    constant: FloatArray | None = None
    place: int = 0
    is_normal: bool = False

    @property
    def side(self) -> int:
        """Rows of the image."""
        return int(self.tensors.shape[-1])

    @property
    def joint(self) -> FloatArray:
        """The tensors with the constant channel among them."""
        if self.constant is None:
            return self.tensors
        shape = (len(self.tensors), *self.tensors.shape[2:])
        level = np.broadcast_to(self.constant[:, None, None], shape)
        return np.insert(self.tensors, self.place, level, axis=1)

    @property
    def scale(self) -> Scale:
        """Norms of what ours holds as a unit vector."""
        return Scale.of(self.joint, is_constant=self.is_normal and self.constant_spread < 1e-9)

    @property
    def constant_value(self) -> float:
        """The constant, taken as one number: its geometric mean over the images."""
        assert self.constant is not None
        return float(np.exp(np.mean(np.log(self.constant))))

    @property
    def constant_spread(self) -> float:
        """Largest over smallest constant, minus 1; 0 without."""
        if self.constant is None:
            return 0.0
        return float(self.constant.max() / self.constant.min() - 1)

    def without_constant(self, joint: FloatArray) -> FloatArray:
        """The other channels of a tensor that is laid out as `joint`."""
        return joint if self.constant is None else np.delete(joint, self.place, axis=1)


def root_mean_square(tensors: FloatArray) -> FloatArray:
    """That of each image's entries.

    Args:
        tensors: float64 `(B, ...)`.

    Returns:
        float64 `(B,)`.

    Example:
        >>> root_mean_square(np.array([[3.0, 4.0, 0.0, 0.0]])).tolist()
        [2.5]
    """
    return np.asarray(np.sqrt(np.mean(tensors.reshape(len(tensors), -1) ** 2, axis=1)))


def with_constant(
    weight: FloatArray, bias: FloatArray, stream: Stream, row: float | None = None
) -> FloatArray:
    """The kernel of a stem with its bias as weights of the constant channel.

    Args:
        weight: float64 `(C_out, C_in, D, D)`.
        bias: float64 `(C_out,)`.
        stream: what it is applied to; without a constant the kernel is returned as it is.
        row: factor of the constant in one more channel of the result, the last; None for none.

    Returns:
        float64 `(C_out, C_in + 1, D, D)`, one channel more with a row.

    Example:
        >>> stream = Stream(np.ones((1, 1, 2, 2)), np.array([0.5]), 1)
        >>> with_constant(np.ones((1, 1, 1, 1)), np.array([2.0]), stream, row=3.0)[:, :, 0, 0].tolist()
        [[1.0, 4.0], [0.0, 3.0]]
    """
    if stream.constant is None:
        return weight
    middle = weight.shape[2] // 2
    wide = np.insert(weight, stream.place, 0.0, axis=1)
    wide[:, stream.place, middle, middle] = bias / stream.constant_value
    if row is not None:
        wide = np.concatenate([wide, np.zeros((1, *wide.shape[1:]))])
        wide[-1, stream.place, middle, middle] = row
    return wide


def with_constant_kept(weight: FloatArray, bias: FloatArray, stream: Stream) -> FloatArray:
    """The same for the kernel of a block, whose skip carries the constant: its own output there is zero.

    Args:
        weight: as in `with_constant`.
        bias: likewise.
        stream: likewise.

    Returns:
        float64 `(C_out + 1, C_in + 1, D, D)`.

    Example:
        >>> stream = Stream(np.ones((1, 1, 2, 2)), np.array([0.5]), 1)
        >>> with_constant_kept(np.ones((1, 1, 1, 1)), np.array([2.0]), stream)[:, :, 0, 0].tolist()
        [[1.0, 4.0], [0.0, 0.0]]
    """
    wide = with_constant(weight, bias, stream)
    return wide if stream.constant is None else np.insert(wide, stream.place, 0.0, axis=0)
