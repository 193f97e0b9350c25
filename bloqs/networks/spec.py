"""A residual network as data: weights or shapes, activation, and calibrated bounds."""

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.activation.activation import Activation
from bloqs.convolution import shape_alpha_bound
from bloqs.costs.budget import DEFAULT_SPLIT, ErrorSplit
from bloqs.networks import storage
from bloqs.networks.checks import (
    check_amplitude_bounds,
    check_kernel_of,
    check_norm_bounds,
    check_output_weights,
    check_structure,
)
from bloqs.networks.shapes import Bounds, KernelShape, OutputShape
from bloqs.reference.checks import real_array, whole_number
from bloqs.reference.network import embed_images, forward_vectors

if TYPE_CHECKING:
    from bloqs.core.encoding import VectorEncoding

FloatArray = npt.NDArray[np.float64]


def _read_only(array: npt.ArrayLike, what: str) -> FloatArray:
    copy = real_array(array, what)
    copy.flags.writeable = False
    return copy


def _to_kernels(kernels: Sequence[Any]) -> tuple[FloatArray | KernelShape, ...]:
    return tuple(
        kernel if isinstance(kernel, KernelShape) else _read_only(kernel, f"kernel {i}")
        for i, kernel in enumerate(kernels, 1)
    )


def _to_output(weights: Any) -> FloatArray | OutputShape | None:
    if weights is None or isinstance(weights, OutputShape):
        return weights
    return _read_only(weights, "output_weights")


def _to_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"input_shape must be (C, M, M) with C, M >= 1, found {tuple(shape)}")
    c, rows, columns = (whole_number(size, "a size of input_shape") for size in shape)
    return c, rows, columns


def _to_num_groups(value: Any) -> int:
    return whole_number(value, "num_groups")


def _to_paths(value: Any) -> int:
    return whole_number(value, "paths")


def _to_amplitude_bounds(bounds: Sequence[float] | None) -> tuple[float, ...] | None:
    return None if bounds is None else tuple(float(bound) for bound in bounds)


def _to_norm_bounds(bounds: Sequence[Sequence[float]] | None) -> tuple[Bounds, ...] | None:
    if bounds is None:
        return None
    pairs = [tuple(float(end) for end in pair) for pair in bounds]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"norm_bounds must hold pairs (lo, hi), found {bounds!r}")
    return tuple((pair[0], pair[1]) for pair in pairs)


DEFAULT_ACTIVATION = Activation("erf", gain=0.8)
"""The activation of the paper cited in `NetworkSpec`."""


def _bits(size: int) -> int:
    return (size - 1).bit_length()


@attrs.frozen(eq=False, kw_only=True)
class NetworkSpec:
    r"""A residual network: `k` residual blocks, then an optional residual-linear-pooling block.

        x <- (x + f(W_i x)) / ||x + f(W_i x)||_2
        g  = tau * x + (1 - tau) * W_out (x o x),    p_c = sum_{j in group c} g_j^2 / ||g||_2^2

    `W_i` is the zero-padded convolution with `kernels[i]`.  Tensors are `(C, M, M)`, flattened
    row-major with channels first, every axis padded at its end to a power of two.

    Parameters:
        input_shape: `(C, M, M)` of one input path.
        kernels: float64 arrays `(C_out, C_in, D, D)` with `C_out = C_in = C**paths` and
            `||Conv||_2 <= 1` at this `M`; held as read-only copies.  (`KernelShape` in a spec
            made by `from_shapes`.)
        activation: `f`, applied to every amplitude.
        output_weights: `W_out`, float64 `(N, N)` with `||W_out||_2 <= 1`, or None for a network
            that ends with its last block.  (`OutputShape` in a spec made by `from_shapes`.)
        skip_weight: `tau`, in [0, 1].
        num_groups: `G`, a power of two, at most `N`: the leading `log2 G` qubits are measured.
        paths: number `d` of input encodings that are tensored before the blocks.
        norm_bounds: pairs `(lo, hi)`, `0 < lo <= hi`: for `||x + f(Wx)||_2` of each block, then,
            with an output block, for `||g||_2`.  None where the network was not calibrated.
        amplitude_bounds: for each block an upper bound of `max_j |(Wx)_j|`.  None where the
            network was not calibrated.

    Raises:
        ValueError: any of the above does not hold; the message gives the value found, what is
            allowed, and how to mend it.

    References:
        [Accelerating Inference for Multilayer Neural Networks with Quantum
        Computers](https://arxiv.org/abs/2510.07195). Rattew, Huang, Guo, Pira and Rebentrost
        (ICLR 2026), Theorem 2. Deviation: `tau`, the gain and the bounds are parameters.

    Example:
        >>> kernel = np.zeros((2, 2, 3, 3))
        >>> kernel[0, 1, 0, 0] = 0.5
        >>> spec = NetworkSpec(input_shape=(2, 4, 4), kernels=(kernel,), num_groups=2)
        >>> spec.length, spec.num_blocks
        (32, 1)
        >>> spec.calibrate([np.eye(4), np.ones((4, 4))]).norm_bounds
        ((0.99..., 1.00...),)
    """

    input_shape: tuple[int, int, int] = attrs.field(converter=_to_shape)
    kernels: tuple[FloatArray | KernelShape, ...] = attrs.field(converter=_to_kernels)
    activation: Activation = attrs.field(default=DEFAULT_ACTIVATION)
    output_weights: FloatArray | OutputShape | None = attrs.field(
        default=None, converter=_to_output
    )
    skip_weight: float = attrs.field(default=0.51, converter=float)
    num_groups: int = attrs.field(default=16, converter=_to_num_groups)
    paths: int = attrs.field(default=1, converter=_to_paths)
    norm_bounds: tuple[Bounds, ...] | None = attrs.field(default=None, converter=_to_norm_bounds)
    amplitude_bounds: tuple[float, ...] | None = attrs.field(
        default=None, converter=_to_amplitude_bounds
    )

    def __attrs_post_init__(self) -> None:
        check_structure(self)
        for index in range(self.num_blocks):
            check_kernel_of(self, index)
        check_output_weights(self)
        if self.norm_bounds is not None:
            check_norm_bounds(self, self.norm_bounds)
        if self.amplitude_bounds is not None:
            check_amplitude_bounds(self, self.amplitude_bounds)

    @classmethod
    def from_shapes(
        cls,
        *,
        input_shape: Sequence[int],
        num_blocks: int,
        kernel_size: int = 3,
        output_layer: bool = True,
        paths: int = 1,
        conv_alpha: str | float | Sequence[float] = "bound",
        activation: Activation = DEFAULT_ACTIVATION,
        skip_weight: float = 0.51,
        num_groups: int = 16,
        norm_bounds: Sequence[Sequence[float]] | None = None,
        amplitude_bounds: Sequence[float] | None = None,
        column_norm_bound: float = 1.0,
    ) -> "NetworkSpec":
        """A network without weights, for costs by shape; takes no memory at any size.

        Args:
            input_shape: `(C, M, M)` of one path.
            num_blocks: `k`, at least 1.
            kernel_size: `D`.
            output_layer: whether there is an output block with dense weights.
            paths: number of input paths.
            conv_alpha: subnormalisation of each convolution: `"bound"` for `D*sqrt(C**paths)`
                (where `D <= M`; see `shape_alpha_bound`), a number for all blocks, or one number per block.
            activation: as in the class.
            skip_weight: as in the class.
            num_groups: as in the class.
            norm_bounds: as in the class.
            amplitude_bounds: as in the class.
            column_norm_bound: upper bound of the column 2-norms of `W_out`, in (0, 1].

        Returns:
            A spec whose kernels are `KernelShape` and whose output weights are `OutputShape`.

        Raises:
            ValueError: as in the class; or `conv_alpha` of the wrong kind or length.

        Example:
            >>> spec = NetworkSpec.from_shapes(input_shape=(16, 2**20, 2**20), num_blocks=3)
            >>> spec.length == 2**44, spec.kernels[0].alpha
            (True, 12.0)
        """
        num_blocks = whole_number(num_blocks, "num_blocks")
        kernel_size = whole_number(kernel_size, "kernel_size")
        paths = whole_number(paths, "paths")
        if num_blocks < 1:
            raise ValueError(f"num_blocks must be at least 1, found {num_blocks}")
        if paths < 1:
            raise ValueError(f"paths must be at least 1, found {paths}")
        shape = _to_shape(input_shape)
        channels = shape[0] ** paths
        if isinstance(conv_alpha, str):
            if conv_alpha != "bound":
                raise ValueError(
                    f"conv_alpha must be 'bound', a number, or one number per block, found "
                    f"{conv_alpha!r}"
                )
            alphas = [shape_alpha_bound(channels, kernel_size, shape[1] ** paths)] * num_blocks
        elif np.ndim(conv_alpha):
            alphas = real_array(conv_alpha, "conv_alpha").ravel().tolist()
        else:
            alphas = [float(conv_alpha)] * num_blocks  # type: ignore[arg-type]
        if len(alphas) != num_blocks:
            raise ValueError(
                f"conv_alpha must hold one number for each of the {num_blocks} blocks, found "
                f"{len(alphas)}"
            )
        length = 1 << (paths * (_bits(shape[0]) + 2 * _bits(shape[1])))
        return cls(
            input_shape=input_shape,
            kernels=[KernelShape(channels, kernel_size, alpha) for alpha in alphas],
            activation=activation,
            output_weights=OutputShape(length, column_norm_bound) if output_layer else None,
            skip_weight=skip_weight,
            num_groups=num_groups,
            paths=paths,
            norm_bounds=norm_bounds,
            amplitude_bounds=amplitude_bounds,
        )

    @property
    def num_blocks(self) -> int:
        """The number `k` of residual blocks."""
        return len(self.kernels)

    @property
    def channel_bits(self) -> int:
        """Qubits of the channel index, over all paths."""
        return self.paths * _bits(self.input_shape[0])

    @property
    def axis_bits(self) -> int:
        """Qubits of the row index, and of the column index, over all paths."""
        return self.paths * _bits(self.input_shape[1])

    @property
    def length(self) -> int:
        """`N`: entries of the vectorised tensor, every axis padded to a power of two."""
        return 1 << (self.channel_bits + 2 * self.axis_bits)

    @property
    def has_weights(self) -> bool:
        """False for a spec made by `from_shapes`."""
        return not (
            any(isinstance(k, KernelShape) for k in self.kernels)
            or isinstance(self.output_weights, OutputShape)
        )

    @property
    def has_output_layer(self) -> bool:
        """Whether there is a residual-linear-pooling block."""
        return self.output_weights is not None

    @property
    def column_norm_bound(self) -> float | None:
        """Largest column 2-norm of `W_out`, or its bound by shape; None without `W_out`."""
        if self.output_weights is None:
            return None
        if isinstance(self.output_weights, OutputShape):
            return self.output_weights.column_norm_bound
        return float(np.sqrt(np.max(np.sum(self.output_weights**2, axis=0))))

    @property
    def layer_names(self) -> tuple[str, ...]:
        """`"block 1"`, ..., and `"output"` where there is one: the layers that have a norm."""
        names = [f"block {i}" for i in range(1, self.num_blocks + 1)]
        return (*names, "output") if self.has_output_layer else tuple(names)

    def check_image(self, image: npt.ArrayLike) -> FloatArray:
        """Check one image and scale it to unit 2-norm.

        Args:
            image: `(C, M, M)`, or `(M, M)` for channel 0 with the other channels zero.

        Returns:
            float64 `(C, M, M)` of unit 2-norm.

        Raises:
            ValueError: wrong shape, NaN or infinity, or all zero.
        """
        shape = np.shape(image)
        if shape not in (self.input_shape, self.input_shape[1:]):
            raise ValueError(
                f"an image must have shape {self.input_shape}, or {self.input_shape[1:]} (channel "
                f"0, the others zero), found {shape}"
            )
        return embed_images(image, self.input_shape)[0]

    def layer_norms(self, images: npt.ArrayLike | Sequence[npt.ArrayLike]) -> FloatArray:
        """The norms that are amplified, in the order of `layer_names`.

        Args:
            images: a sequence of images, each as in `check_image`.

        Returns:
            float64 `(B, number of layers)`: `||x + f(Wx)||_2` of each block, then `||g||_2`.

        Raises:
            ValueError: a malformed image, or a spec without weights.
        """
        vectors = forward_vectors(self, self._stack(images))
        norms = vectors.block_norms
        if self.has_output_layer:
            norms = np.concatenate([norms, vectors.output_norm[:, None]], axis=1)
        return norms

    def _stack(self, images: npt.ArrayLike | Sequence[npt.ArrayLike]) -> FloatArray:
        stack = [self.check_image(image) for image in np.asarray(images)]
        if not stack:
            raise ValueError("at least one image is needed, found none")
        return np.stack(stack)

    def calibrate(
        self, images: npt.ArrayLike | Sequence[npt.ArrayLike], margin: float = 0.1
    ) -> "NetworkSpec":
        """This network with norm and amplitude bounds measured on images.

        Norms: the smallest interval around the norms found, `[a, b]`, becomes `[a/w, b*w]` with
        `w = min(1 + margin, (b/a)**(1/8))`, at least 1.003.  The widening follows the spread:
        where the norms hardly vary between images, a wide interval would buy no coverage and
        cost amplification degree.  Amplitudes: the largest found, times `1 + margin`.

        Args:
            images: a sequence of images, each as in `check_image`; use training images.
            margin: the widening at most, at least 0.003.

        Returns:
            A new spec with `norm_bounds` and `amplitude_bounds`.

        Raises:
            ValueError: a malformed image, no images, a spec without weights, or `margin` < 0.003.
        """
        if not 0.003 <= margin < math.inf:
            raise ValueError(f"margin must be at least 0.003 and finite, found {margin}")
        stack = self._stack(images)
        norms = self.layer_norms(stack)
        bounds = []
        for lo, hi in zip(norms.min(axis=0), norms.max(axis=0), strict=True):
            factor = max(1.003, min(1.0 + margin, (hi / lo) ** 0.125))
            bounds.append((float(lo / factor), float(hi * factor)))
        peaks = forward_vectors(self, stack).amplitudes.max(axis=0)
        # A block whose convolution vanishes on every image still needs a positive bound.
        amplitudes = [float(max(peak * (1.0 + margin), 1e-12)) for peak in peaks]
        return attrs.evolve(self, norm_bounds=bounds, amplitude_bounds=amplitudes)

    def without_output_layer(self) -> "NetworkSpec":
        """This network ended after its last block, as regime 3 has it; the blocks keep their bounds.

        Raises:
            ValueError: the network has no block.
        """
        bounds = self.norm_bounds and self.norm_bounds[: self.num_blocks]
        return attrs.evolve(self, output_weights=None, norm_bounds=bounds)

    @property
    def digest(self) -> str:
        """SHA-256 of the whole specification; equal digests mean equal networks."""
        return storage.digest(self._arrays(), self._metadata())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NetworkSpec):
            return NotImplemented
        return self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def _arrays(self) -> dict[str, FloatArray]:
        arrays = {
            f"kernel_{i}": kernel
            for i, kernel in enumerate(self.kernels)
            if not isinstance(kernel, KernelShape)
        }
        if isinstance(self.output_weights, np.ndarray):
            arrays["output_weights"] = self.output_weights
        return arrays

    def _metadata(self) -> dict[str, Any]:
        output = self.output_weights
        return {
            "input_shape": list(self.input_shape),
            "kernels": [
                attrs.asdict(kernel) if isinstance(kernel, KernelShape) else f"kernel_{i}"
                for i, kernel in enumerate(self.kernels)
            ],
            "activation": attrs.asdict(self.activation),
            "output_weights": (
                attrs.asdict(output)
                if isinstance(output, OutputShape)
                else None
                if output is None
                else "output_weights"
            ),
            "skip_weight": self.skip_weight,
            "num_groups": self.num_groups,
            "paths": self.paths,
            "norm_bounds": None
            if self.norm_bounds is None
            else [list(b) for b in self.norm_bounds],
            "amplitude_bounds": (
                None if self.amplitude_bounds is None else list(self.amplitude_bounds)
            ),
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to one `.npz` file, atomically.

        The file holds the arrays and a JSON text with everything else and a SHA-256 digest of
        both; nothing is pickled.

        Args:
            path: the file, taken as it is (no suffix is added).
        """
        storage.write(path, self._arrays(), self._metadata())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "NetworkSpec":
        """Read a network written by `save`.

        Args:
            path: the file.

        Returns:
            The network, equal to the one saved.

        Raises:
            ValueError: the file is missing, truncated, altered, pickled, or holds no network.
        """
        arrays, metadata = storage.read(path)
        try:
            kernels = [
                arrays[k] if isinstance(k, str) else KernelShape(**k) for k in metadata["kernels"]
            ]
            output = metadata["output_weights"]
            if isinstance(output, dict):
                output = OutputShape(**output)
            elif output is not None:
                output = arrays[output]
            activation = metadata["activation"]
            return cls(
                input_shape=metadata["input_shape"],
                kernels=kernels,
                activation=Activation(activation["name"], gain=activation["gain"]),
                output_weights=output,
                skip_weight=metadata["skip_weight"],
                num_groups=metadata["num_groups"],
                paths=metadata["paths"],
                norm_bounds=metadata["norm_bounds"],
                amplitude_bounds=metadata["amplitude_bounds"],
            )
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"the model file {os.fspath(path)!r} is incomplete: {error}"
            ) from error

    def to_bloq(
        self,
        image: npt.ArrayLike,
        *,
        regime: int = 1,
        epsilon: float = 1e-2,
        norm_bounds: str | Sequence[Bounds] = "calibrated",
        loading: str = "rotations",
        output: str = "coherent",
        split: ErrorSplit = DEFAULT_SPLIT,
    ) -> "VectorEncoding":
        """The coherent network on one image, as one vector encoding.

        Args:
            image: as in `check_image`.
            regime: how data reach the machine: 1 (image and weights in QRAM), 2 (weights only; several
                input paths) or 3 (nothing; no output weights); see `bloqs.networks.regimes`.
            epsilon: 2-norm error of the encoded vector, at most.
            norm_bounds: `"calibrated"`, `"worst-case"`, or pairs as in the class.
            loading: how data are loaded: `"rotations"`, `"qrom"`, `"select-swap"`, `"qram"`.
            output: `"coherent"`, or `"heralded"`: the last normalisation is amplitude amplification whose
                flag is measured, cheaper where one sample at a time is wanted.
            split: how epsilon is shared out; see
                `bloqs.costs.splitting.optimise_network_split`.

        Returns:
            A `VectorEncoding` of the normalised `g` (of the last block's vector without `W_out`).

        Raises:
            NormBoundsError: a norm of this image lies outside the bounds.
            ValueError: a malformed argument.
        """
        from bloqs.networks.assembly import network_bloq

        return network_bloq(
            self,
            image,
            regime=regime,
            epsilon=epsilon,
            norm_bounds=norm_bounds,
            loading=loading,
            output=output,
            split=split,
        )

    def cost_bloq(
        self,
        *,
        regime: int = 1,
        epsilon: float = 1e-2,
        norm_bounds: str | Sequence[Bounds] = "calibrated",
        loading: str = "select-swap",
        output: str = "coherent",
        split: ErrorSplit = DEFAULT_SPLIT,
    ) -> "VectorEncoding":
        """The same network by shape: every data angle a generic rotation, no weights read.

        Args:
            regime: as in `to_bloq`.
            epsilon: as in `to_bloq`.
            norm_bounds: as in `to_bloq`.
            loading: as in `to_bloq`.
            output: as in `to_bloq`.
            split: as in `to_bloq`.

        Returns:
            A bloq whose costs bound those of `to_bloq` for every image within the bounds.

        Raises:
            ValueError: a malformed argument.
        """
        from bloqs.networks.assembly import network_cost_bloq

        return network_cost_bloq(
            self,
            regime=regime,
            epsilon=epsilon,
            norm_bounds=norm_bounds,
            loading=loading,
            output=output,
            split=split,
        )
