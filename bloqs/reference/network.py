"""Exact forward pass of a residual network, written from its definition.

With `x` the image scaled to unit 2-norm, `k` residual blocks and an optional output block:

    x <- (x + f(W_i x)) / ||x + f(W_i x)||_2                    i = 1, ..., k
    g  = tau * x + (1 - tau) * W_out (x o x)                    (g = x without W_out)
    p_c = sum_{j in group c} g_j^2 / ||g||_2^2                  c = 0, ..., G - 1

Other layers (`bloqs.reference.maps`) may stand among the blocks and change the shape of the tensor. `W_i`
is a stride-1 convolution with zero padding, `o` the entrywise product, and the groups are
the `G` equal runs of consecutive entries of the padded vector. `W_out` may have R rows, of `N` entries
each, for R a divisor of N: row r makes entry `r N/R` of the product, whose other entries are zero.

Length and order: a tensor `(C, M, M)` is held as `(C', M', M')`, every axis padded at its end to
a power of two, and flattened row-major, channels first.  The padding stays exactly zero through
the blocks.  With `paths = d` the network acts on the `d`-fold tensor power of the image,
`(C^d, M^d, M^d)` with index `(c_1..c_d, r_1..r_d, q_1..q_d)`; each path's axes are padded on
their own, and the convolution acts on the tensor `(C^d, M^d, M^d)` before padding.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bloqs.checks import real_array, sequence, whole_number
from bloqs.messages import shown
from bloqs.reference.activations import ActivationLike
from bloqs.reference.maps import MAPS, add_bias

FloatArray = npt.NDArray[np.float64]


RESIDUAL = "residual"
"""The kind of a layer that keeps several paths apart."""

ZERO = 1e-12
"""An argument of f below it counts as zero: a unit vector's entry is rounded by less."""


class _NetworkLike(Protocol):
    """What the forward pass reads from a network specification.

    Where they exist, `layers` with the `geometries` between them, and `bias_scale`, too.
    """

    @property
    def input_shape(self) -> tuple[int, int, int]: ...

    @property
    def kernels(self) -> tuple[Any, ...]: ...

    @property
    def activation(self) -> ActivationLike: ...

    @property
    def output_weights(self) -> Any: ...

    @property
    def skip_weight(self) -> float: ...

    @property
    def num_groups(self) -> int: ...

    @property
    def paths(self) -> int: ...


@dataclass(frozen=True, eq=False)
class ForwardVectors:
    """Every intermediate vector of a forward pass; all arrays float64 and read-only.

    With a batch of `B` images every attribute has a leading axis `B`; without, none has. `N` is
    the padded length.

    Attributes:
        input: unit-norm input vector, `(N,)`.
        blocks: the normalised output of each block, one `(N,)` per block.
        block_norms: `||x + f(W x)||_2` of each block, `(k,)`.
        amplitudes: `max_j |(W x)_j|` of each block, `(k,)`.
        argument_norms: `||W x||_2` of each block, `(k,)`; 0 without f, 1 of a layer that does not tell.
        least_arguments: the least `|(W x)_j|` that is not zero, of each block, `(k,)`; infinite without f.
        output: the normalised output `g / ||g||`, `(N,)`; without `W_out` that of the last block.
        output_norm: `||g||_2`, `()`; 1 without `W_out`.
        probabilities: group probabilities, `(G,)`.

    Example:
        >>> from bloqs.networks import load_example
        >>> example = load_example("digits-1")
        >>> found = forward_vectors(example.spec, example.images[:2])
        >>> found.input.shape, len(found.blocks), found.block_norms.shape, found.probabilities.shape
        ((2, 256), 1, (2, 1), (2, 16))
    """

    input: FloatArray
    blocks: tuple[FloatArray, ...]
    block_norms: FloatArray
    amplitudes: FloatArray
    argument_norms: FloatArray
    least_arguments: FloatArray
    output: FloatArray
    output_norm: FloatArray
    probabilities: FloatArray

    def __post_init__(self) -> None:
        arrays = (
            self.input,
            *self.blocks,
            self.block_norms,
            self.amplitudes,
            self.argument_norms,
            self.least_arguments,
            self.output,
            self.output_norm,
            self.probabilities,
        )
        for array in arrays:
            array.setflags(write=False)


def embed_images(images: npt.ArrayLike, input_shape: tuple[int, int, int]) -> FloatArray:
    """Images as unit-norm tensors `(B, C, M, M)`.

    Args:
        images: `(C, M, M)`, `(M, M)`, or a batch `(B, C, M, M)`, `(B, M, M)`. A shape without
            channels, or with one, as `(B, 1, M, M)`, is placed in channel 0, the others being zero.
            `(C, M, M)` is always one image; a batch of exactly `C` images needs its channel axis.
        input_shape: `(C, M, M)`.

    Returns:
        float64 `(B, C, M, M)`, each image of unit 2-norm; `B = 1` for a single image.

    Raises:
        ValueError: wrong shape, complex numbers, NaN or infinity, or an image that is all zero.

    Example:
        >>> embed_images([[3, 0], [0, 4]], (2, 2, 2))[0].tolist()
        [[[0.6, 0.0], [0.0, 0.8]], [[0.0, 0.0], [0.0, 0.0]]]
    """
    x = real_array(images, "an image")
    sizes = sequence(input_shape, "input_shape", "(C, M, M)")
    if len(sizes) != 3:
        raise ValueError(f"input_shape must be (C, M, M), found {shown(tuple(sizes))}")
    c, m, _ = (whole_number(size, "each of input_shape", low=1, high=2**62) for size in sizes)
    if x.shape == (m, m) or x.shape == (c, m, m):
        x = x[None]
    if x.ndim == 3 and x.shape[1:] == (m, m):
        channels = np.zeros((len(x), c, m, m))
        channels[:, 0] = x
        x = channels
    if x.ndim == 4 and x.shape[1:] == (1, m, m) and c > 1:
        x = np.concatenate([x, np.zeros((len(x), c - 1, m, m))], axis=1)
    if x.ndim != 4 or x.shape[1:] != (c, m, m):
        raise ValueError(
            f"an image must have shape {(c, m, m)} or {(m, m)} (channel 0, the others zero), or "
            f"be a batch of such images along a first axis; found {np.shape(images)}"
        )
    if not np.all(np.isfinite(x)):
        raise ValueError(
            f"an image must be finite, found {int(np.sum(~np.isfinite(x)))} NaN or infinite pixels"
        )
    # Dividing by the largest entry first keeps the squares in range.
    peak = np.abs(x).max(axis=(1, 2, 3), keepdims=True)
    if np.any(peak == 0):
        raise ValueError(
            "an image must not be all zero: it has no direction to encode as a unit vector; "
            "remove it or add a pixel"
        )
    x = x / peak
    return np.asarray(x / np.sqrt(np.sum(x * x, axis=(1, 2, 3), keepdims=True)))


def _pad_to_power_of_two(size: int) -> int:
    return 1 << (size - 1).bit_length()


def _tensor_power(x: FloatArray, paths: int) -> FloatArray:
    """`(B, C, M, M)` to `(B, C^d, M^d, M^d)`, index `(c_1..c_d, r_1..r_d, q_1..q_d)`."""
    t = x
    for _ in range(paths - 1):
        b, c, m, _ = t.shape
        t = np.einsum("bcrq,bdst->bcdrsqt", t, x)
        t = t.reshape(b, c * x.shape[1], m * x.shape[2], m * x.shape[3])
    return t


def _flatten(x: FloatArray, axes: tuple[int, ...], paths: int) -> FloatArray:
    """`(B, C^d, M^d, M^d)` to `(B, N)`, every axis of every path padded to a power of two."""
    split = [size for size in axes for _ in range(paths)]
    x = x.reshape(len(x), *split)
    x = np.pad(x, [(0, 0)] + [(0, _pad_to_power_of_two(size) - size) for size in split])
    return x.reshape(len(x), -1)


def group_probabilities(vectors: npt.ArrayLike, num_groups: int) -> FloatArray:
    """Squared amplitude in each of `num_groups` equal runs of consecutive entries.

    Args:
        vectors: unit vectors `(..., N)`.
        num_groups: `G`, a divisor of `N`.

    Returns:
        float64 `(..., G)`; sums to one over the last axis for unit vectors.

    Raises:
        ValueError: no array of numbers, or groups that do not divide it.

    Example:
        >>> group_probabilities([0.5, -0.5, 0.7, 0.1], 2).round(6).tolist()
        [0.5, 0.5]
    """
    try:
        v = np.asarray(vectors)
    except ValueError:
        v = np.asarray(None)  # ragged
    if isinstance(vectors, np.ma.MaskedArray) or v.dtype.kind not in "iufc" or not v.ndim:
        raise ValueError(f"vectors must be an array of numbers, found {shown(vectors)}")
    groups = whole_number(num_groups, "num_groups", low=1)
    if v.shape[-1] % groups:
        raise ValueError(f"num_groups must divide {v.shape[-1]} entries, found {groups}")
    v = np.abs(v)
    return np.asarray(
        np.sum((v * v).reshape(*v.shape[:-1], groups, v.shape[-1] // groups), axis=-1)
    )


@dataclass(frozen=True, eq=False)
class _Block:
    """A residual block of a network that is given by its kernels."""

    kernel: Any
    kind: str = RESIDUAL


def _steps(spec: Any) -> list[Any]:
    """The layers; refuses shapes."""
    layers = getattr(spec, "layers", None)
    steps: list[Any] = []
    steps += [_Block(kernel) for kernel in spec.kernels] if layers is None else layers
    if not all(
        isinstance(step.kernel, np.ndarray) if step.kind == RESIDUAL else step.has_weights
        for step in steps
    ):
        raise ValueError(
            "this spec has shapes but no weights, and cannot be evaluated; build a NetworkSpec "
            "with kernels"
        )
    return steps


def forward_vectors(spec: _NetworkLike, image: npt.ArrayLike) -> ForwardVectors:
    """All intermediate vectors of the exact forward pass.

    Args:
        spec: the network, with weights.
        image: one image or a batch; the shapes of `embed_images`.

    Returns:
        The vectors; a leading batch axis exactly when `image` is a batch.

    Raises:
        ValueError: a malformed image, or a spec that holds shapes but no weights.

    Example:
        >>> from bloqs.networks import load_example
        >>> example = load_example("digits-1")
        >>> found = forward_vectors(example.spec, example.images[0])
        >>> found.output.shape, round(float(np.linalg.norm(found.output)), 12)
        ((256,), 1.0)
    """
    if not isinstance(getattr(spec, "input_shape", None), tuple):
        raise ValueError(f"spec must be a NetworkSpec, found {shown(spec)}")
    steps = _steps(spec)
    c, m, _ = spec.input_shape
    shape = real_array(image, "an image").shape
    single = shape in ((m, m), (c, m, m))
    path = add_bias(embed_images(image, spec.input_shape), getattr(spec, "bias_scale", None))
    x, axes, paths = _tensor_power(path, spec.paths), path.shape[1:], spec.paths
    vector = _flatten(x, axes, paths)
    start = vector
    blocks, norms, amplitudes, argument_norms, least = [], [], [], [], []
    for i, layer in enumerate(steps):
        if layer.kind in MAPS:
            z, arguments = MAPS[layer.kind](layer, x, spec.activation)
            sizes = np.zeros((len(z), 1)) if arguments is None else np.abs(arguments)
            sizes = sizes.reshape(len(z), -1)
            amplitudes.append(sizes.max(axis=1))
            argument_norms.append(np.sqrt(np.sum(sizes * sizes, axis=1)))
            least.append(np.min(sizes, axis=1, where=sizes > ZERO, initial=np.inf))
            if layer.kind != RESIDUAL:
                # From here on the paths are one combined image.
                axes, paths = z.shape[1:], 1
        else:
            # A layer that this module does not know is taken at its word.
            before, after = spec.geometries[i : i + 2]  # type: ignore[attr-defined]
            z = after.to_tensors(layer.apply(vector, before, spec.activation))
            amplitudes.append(layer.amplitudes(vector, before, spec.activation))
            argument_norms.append(np.ones(len(z)))
            least.append(np.full(len(z), np.inf))
            axes, paths = after.input_shape, after.paths
        norm = np.sqrt(np.sum(z * z, axis=(1, 2, 3)))
        if np.any(norm == 0.0):
            raise ValueError("a layer's vector is zero for an image: it cannot be normalised")
        x = z / norm[:, None, None, None]
        vector = _flatten(x, axes, paths)
        blocks.append(vector)
        norms.append(norm)
    if spec.output_weights is None:
        g, output_norm = vector, np.ones(len(vector))
    else:
        tau = spec.skip_weight
        weights = np.asarray(spec.output_weights, dtype=np.float64)
        g = tau * vector
        rows = np.arange(len(weights)) * (vector.shape[1] // len(weights))
        g[:, rows] += (1.0 - tau) * (vector * vector) @ weights.T
        output_norm = np.sqrt(np.sum(g * g, axis=1))
        if np.any(output_norm == 0.0):
            raise ValueError("the output vector g is zero for an image: it cannot be normalised")
        g = g / output_norm[:, None]
    if vector.shape[1] % spec.num_groups:
        raise ValueError(f"num_groups={spec.num_groups} does not divide N={vector.shape[1]}")
    batch = len(vector)
    parts = {
        "input": start,
        "block_norms": np.stack(norms, axis=1) if norms else np.zeros((batch, 0)),
        "amplitudes": np.stack(amplitudes, axis=1) if amplitudes else np.zeros((batch, 0)),
        "argument_norms": np.stack(argument_norms, axis=1) if norms else np.zeros((batch, 0)),
        "least_arguments": np.stack(least, axis=1) if least else np.zeros((batch, 0)),
        "output": g,
        "output_norm": output_norm,
        "probabilities": group_probabilities(g, spec.num_groups),
    }
    if single:
        return ForwardVectors(
            blocks=tuple(b[0] for b in blocks),
            **{name: np.asarray(a[0]) for name, a in parts.items()},
        )
    return ForwardVectors(blocks=tuple(blocks), **parts)


def forward(spec: _NetworkLike, image: npt.ArrayLike) -> FloatArray:
    """Group probabilities of the exact forward pass.

    Args:
        spec: the network, with weights.
        image: `(C, M, M)` or `(M, M)`, or a batch along a first axis.

    Returns:
        float64 `(num_groups,)`, or `(B, num_groups)` for a batch; non-negative, sums to one.

    Raises:
        ValueError: a malformed image, or a spec without weights.

    Example:
        >>> from bloqs.networks import load_example
        >>> example = load_example("digits-1")
        >>> probabilities = forward(example.spec, example.images[0])
        >>> probabilities.shape, int(probabilities.argmax()), int(example.labels[0])
        ((16,), 2, 2)
    """
    return forward_vectors(spec, image).probabilities


def last_peak(vectors: ForwardVectors) -> FloatArray:
    """`max_j |x_j|` of the vector x that the output layer is given.

    Args:
        vectors: of `forward_vectors`.

    Returns:
        float64 `(B,)`, or `()` of one image.

    Example:
        >>> from bloqs.networks import load_example
        >>> example = load_example("digits-1")
        >>> found = forward_vectors(example.spec, example.images[:2])
        >>> bool(np.all(last_peak(found) < 0.5))
        True
    """
    last = vectors.blocks[-1] if vectors.blocks else vectors.input
    return np.asarray(np.abs(last).max(axis=-1))
