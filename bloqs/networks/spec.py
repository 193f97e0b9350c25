"""A network as data: a sequence of layers with weights or shapes, an activation, and calibrated bounds."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy.typing as npt

from bloqs.activation.activation import Activation
from bloqs.checks import sequence, whole_number
from bloqs.convolution import DEFAULT_STRATEGY, STRATEGIES, ConvolutionStrategy
from bloqs.core.budget import DEFAULT_SPLIT, ErrorSplit
from bloqs.layers import Layer, Normalisation
from bloqs.layers.forms import OURS, Form
from bloqs.loading.angles import MAX_ANGLE_BITS, MIN_ANGLE_BITS
from bloqs.loading.loader import Loader
from bloqs.loading.memory import SELECT_SWAP, MemoryModel
from bloqs.networks import fields, storage
from bloqs.networks.build import Build, NormBounds
from bloqs.networks.calibration import check_margin, widened_amplitudes, widened_norms
from bloqs.networks.checks import check_bounds, check_rows_of_groups, check_structure
from bloqs.networks.derived import DerivedFacts
from bloqs.networks.shape_fields import shape_fields
from bloqs.networks.stored import read_fields, stored_fields
from bloqs.reference.network import forward_vectors, last_peak

if TYPE_CHECKING:
    from bloqs.networks.network import ResidualNetwork


@attrs.frozen(eq=False, kw_only=True, init=False)
class NetworkSpec(DerivedFacts):
    r"""A network: `k` layers, residual blocks as a rule, then an optional residual-linear-pooling block.

        x <- (x + f(W_i x)) / ||x + f(W_i x)||_2
        g  = tau * x + (1 - tau) * W_out (x o x),    p_c = sum_{j in group c} g_j^2 / ||g||_2^2

    `W_i` is the zero-padded convolution with `kernels[i]`.  Tensors are `(C, M, M)`, flattened
    row-major with channels first, every axis padded at its end to a power of two.

    Parameters:
        input_shape: `(C, M, M)` of one input path.
        kernels: float64 arrays `(C_out, C_in, D, D)` with `C_out = C_in = C**paths` and
            `||Conv||_2 <= 1` at this `M`; held as read-only copies. (`KernelShape` in a spec made by
            `from_shapes`.) Short for `layers` that are all residual blocks.
        layers: the layers before the output block, `bloqs.networks.layers` or of your own; give these or
            `kernels`, not both.
        activation: `f`, applied to every amplitude.
        output_weights: `W_out`, float64 `(N, N)` with `||W_out||_2 <= 1`, or None for a network
            that ends with its last block; or `(R, N)`, R a power of two and a multiple of `num_groups`, for
            the N x N matrix whose row number `r N/R` is row r, the others zero, whose columns cost as much
            less. Class c owns the rows `c R/G` to `(c + 1) R/G - 1`. (`OutputShape` in a spec made by
            `from_shapes`.)
        skip_weight: `tau`, in [0, 1].
        num_groups: `G`, a power of two, at most `N`: the leading `log2 G` qubits are measured.
        paths: number `d` of input encodings that are tensored before the blocks.
        norm_bounds: pairs `(lo, hi)`, `0 < lo <= hi`: for `||x + f(Wx)||_2` of each block, then, with an
            output block, for `||g||_2`. None where the network was not calibrated.
        amplitude_bounds: for each block an upper bound of `max_j |(Wx)_j|`; None likewise.
        argument_bounds: for each block an upper bound of `||W x||_2`; None for the proved one, 1.
        peak_bound: upper bound of `max_j |x_j|` of the vector that the output block gets; None for 1.
        bias_scale: None, or the size of a constant channel that every image gets as its last, in units of the
            root mean square of its other entries. Kernels then have `C + 1` channels; the weights of the last
            input channel are biases, times the constant's value in their layer. An output channel of zeros
            lets a residual block carry the constant on.

    Raises:
        ValueError: any of the above does not hold; the message says how to mend it.

    References:
        Rattew, Huang, Guo, Pira and Rebentrost (ICLR 2026), [arXiv:2510.07195](
        https://arxiv.org/abs/2510.07195), Theorem 2. Deviation: `tau`, gain and bounds are parameters.

    Example:
        >>> import numpy as np
        >>> kernel = np.zeros((2, 2, 3, 3))
        >>> kernel[0, 1, 0, 0] = 0.5
        >>> spec = NetworkSpec(input_shape=(2, 4, 4), kernels=(kernel,), num_groups=2)
        >>> spec.length, spec.num_blocks
        (32, 1)
        >>> spec.calibrate([np.eye(4), np.ones((4, 4))]).norm_bounds
        ((0.99..., 1.00...),)
    """

    def __init__(
        self,
        *,
        input_shape: Sequence[int],
        kernels: Sequence[Any] = (),
        layers: Sequence[Layer] = (),
        activation: Activation = fields.DEFAULT_ACTIVATION,
        output_weights: Any = None,
        skip_weight: float = 0.51,
        num_groups: int = 16,
        paths: int = 1,
        norm_bounds: Sequence[Sequence[float]] | None = None,
        amplitude_bounds: Sequence[float] | None = None,
        argument_bounds: Sequence[float] | None = None,
        peak_bound: float | None = None,
        bias_scale: float | None = None,
    ) -> None:
        kernels = sequence(kernels, "kernels", "a sequence of kernels", most=fields.MAX_LAYERS)
        layers = sequence(layers, "layers", "a sequence of layers", most=fields.MAX_LAYERS)
        if len(kernels) and len(layers):
            raise ValueError(
                f"give kernels or layers, not both: found {len(kernels)} and {len(layers)} of them"
            )
        self.__attrs_init__(  # type: ignore[attr-defined]  # attrs makes it, mypy does not know
            input_shape=input_shape,
            layers=fields.to_kernels(kernels) if len(kernels) else layers,
            activation=activation,
            output_weights=output_weights,
            skip_weight=skip_weight,
            num_groups=num_groups,
            paths=paths,
            norm_bounds=norm_bounds,
            amplitude_bounds=amplitude_bounds,
            argument_bounds=argument_bounds,
            peak_bound=peak_bound,
            bias_scale=bias_scale,
        )

    def __attrs_post_init__(self) -> None:
        check_structure(self)
        for i, (layer, geometry) in enumerate(
            zip(self.all_layers, self.geometries, strict=False), 1
        ):
            layer.check(geometry, layer.weights_name(i))
        check_rows_of_groups(self)
        check_bounds(self)

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
        activation: Activation = fields.DEFAULT_ACTIVATION,
        skip_weight: float = 0.51,
        num_groups: int = 16,
        norm_bounds: Sequence[Sequence[float]] | None = None,
        amplitude_bounds: Sequence[float] | None = None,
        argument_bounds: Sequence[float] | None = None,
        peak_bound: float | None = None,
        column_norm_bound: float = 1.0,
        output_rows: int | None = None,
    ) -> "NetworkSpec":
        """A network without weights, for costs by shape; takes no memory at any size.

        Args:
            input_shape: `(C, M, M)` of one path.
            num_blocks: `k`, at least 1.
            kernel_size: `D`.
            output_layer: whether there is an output block with dense weights.
            paths: number of input paths.
            conv_alpha: subnormalisation of each convolution: `"bound"` for the strategy's, by columns or rows
                `D*sqrt(C**paths)` (where `D <= M`; see `shape_alpha_bound`); a number for all blocks, or
                one a block, for the strategy that is named, which for "auto" is then "columns-or-rows".
            activation: as in the class.
            skip_weight: as in the class.
            num_groups: as in the class.
            norm_bounds: as in the class.
            amplitude_bounds: as in the class.
            argument_bounds: as in the class.
            peak_bound: as in the class.
            column_norm_bound: upper bound of the column 2-norms of `W_out`, in (0, 1].
            output_rows: R, rows of `W_out`; None for N.

        Returns:
            A spec whose kernels are `KernelShape` and whose output weights are `OutputShape`.

        Raises:
            ValueError: as in the class; `conv_alpha` of the wrong kind or length; or `output_rows` without
                an output layer.

        Example:
            >>> spec = NetworkSpec.from_shapes(input_shape=(16, 2**20, 2**20), num_blocks=3)
            >>> spec.length == 2**44, spec.kernels[0].alpha
            (True, 12.0)
        """
        given = shape_fields(
            input_shape=input_shape,
            num_blocks=num_blocks,
            kernel_size=kernel_size,
            output_layer=output_layer,
            paths=paths,
            conv_alpha=conv_alpha,
            column_norm_bound=column_norm_bound,
            output_rows=output_rows,
        )
        return cls(
            **given,
            activation=activation,
            skip_weight=skip_weight,
            num_groups=num_groups,
            norm_bounds=norm_bounds,
            amplitude_bounds=amplitude_bounds,
            argument_bounds=argument_bounds,
            peak_bound=peak_bound,
        )

    def _repr_html_(self) -> str:
        from bloqs.show.cards import spec_card

        return spec_card(self)

    def calibrate(
        self, images: npt.ArrayLike, margin: float = 0.1, tail: float = 0.0
    ) -> "NetworkSpec":
        """This network with bounds measured on images.

        Norms: the smallest interval around those found, `[a, b]`, becomes `[a/w, b*w]` with `w = min(1 +
        margin, (b/a)**(1/8))`, at least 1.003: where norms hardly vary, a wide interval would cost degree for
        no coverage. Amplitudes, arguments and the peak before the output: the largest, times `1 + margin`.

        Args:
            images: a sequence of images, each as in `check_image`; use training images.
            margin: the widening at most, at least 0.003.
            tail: above 0 the intervals of norms leave out this share of the images at each end of each norm,
                0.1 at most, and are not widened. A few odd images can make all others dear; they are refused.

        Returns:
            A new spec with `norm_bounds`, `amplitude_bounds`, `argument_bounds` and `peak_bound`.

        Raises:
            ValueError: a malformed image, no images, a spec without weights, `margin` or `tail` out of range.
        """
        check_margin(margin, tail)
        stack = self._stack(images)
        found = forward_vectors(self, stack)
        (peak,) = widened_amplitudes(last_peak(found)[:, None], margin)
        return attrs.evolve(
            self,
            norm_bounds=widened_norms(self.layer_norms(stack), margin, tail),
            amplitude_bounds=widened_amplitudes(found.amplitudes, margin),
            argument_bounds=widened_amplitudes(found.argument_norms, margin),
            peak_bound=peak if self.has_output_layer else None,
        )

    def quantized(
        self, bits: int, *, convolution: str | ConvolutionStrategy = DEFAULT_STRATEGY
    ) -> "NetworkSpec":
        """The network that tables of `bits` bits hold exactly: every angle of every tree rounded.

        Half-angles, those of `cos` and `sin`, become multiples of `2 pi / 2**bits`; kernels and output
        weights are rebuilt from them, and divided by their spectral norm where that would exceed 1, which
        changes no angle. It is another network: its accuracy is to be measured, not bounded. Its weights
        carry no rounding error, so that `to_bloq` loads them by so few bits. Bounds are kept as they are; an
        image is checked against them as ever. Calibrate again where they should be this network's own.

        Args:
            bits: of an angle, 3 to 50.
            convolution: by which kernels are to be exact.

        Returns:
            A new spec.

        Raises:
            ValueError: a spec without weights, bits out of range, or a strategy without exact kernels.

        Example:
            >>> from bloqs.networks import load_example
            >>> spec = load_example("digits-1").spec.quantized(9)
            >>> spec.to_bloq(load_example("digits-1").images[0]).facts.remarks["angle bits of each piece"]
            'input 15, block 1 9, output 9'
        """
        bits = whole_number(bits, "bits")
        if not MIN_ANGLE_BITS <= bits <= MAX_ANGLE_BITS:
            raise ValueError(f"bits must be {MIN_ANGLE_BITS} to {MAX_ANGLE_BITS}, found {bits}")
        if not self.has_weights:
            raise ValueError("this network has shapes only; quantized needs weights to round")
        way = STRATEGIES.find(convolution)
        layers = [
            layer.quantized(geometry, bits, way)
            for layer, geometry in zip(self.all_layers, self.geometries, strict=False)
        ]
        output: Any = None
        if self.has_output_layer:
            output = layers.pop().weights  # type: ignore[attr-defined]  # of the output layer
        return attrs.evolve(self, layers=layers, output_weights=output)

    def without_output_layer(self) -> "NetworkSpec":
        """This network ended after its last block, as regime 3 has it; the blocks keep their bounds.

        Returns:
            A new spec.

        Raises:
            ValueError: the network has no block.
        """
        bounds = self.norm_bounds and self.norm_bounds[: self.num_blocks]
        return attrs.evolve(self, output_weights=None, norm_bounds=bounds, peak_bound=None)

    @property
    def digest(self) -> str:
        """SHA-256 of the whole specification; equal digests mean equal networks."""
        return storage.digest(*stored_fields(self))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NetworkSpec):
            return NotImplemented
        return self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to one `.npz` file, atomically.

        The file holds the arrays, and as JSON everything else with a digest; nothing is pickled.

        Args:
            path: the file, taken as it is (no suffix is added).

        Raises:
            ValueError: it cannot be written; a file that was there is as it was.
        """
        storage.write(path, *stored_fields(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "NetworkSpec":
        """Read a network written by `save`, equal to it.

        Args:
            path: the file.

        Returns:
            The network.

        Raises:
            ValueError: the file is missing, truncated, altered, pickled, or holds no network.
        """
        return cls(**read_fields(path))

    def to_bloq(
        self,
        image: npt.ArrayLike,
        *,
        regime: int = 1,
        epsilon: float = 1e-2,
        norm_bounds: NormBounds = "calibrated",
        loading: str | Loader | None = None,
        output: str | Normalisation = "coherent",
        convolution: str | ConvolutionStrategy = DEFAULT_STRATEGY,
        split: ErrorSplit = DEFAULT_SPLIT,
        qram: str | MemoryModel = SELECT_SWAP,
        uncompute: str = "unitary",
        form: str | Form = OURS,
        min_degree: int = 0,
    ) -> "ResidualNetwork":
        """The coherent network on one image, as one vector encoding.

        Args:
            image: as in `check_image`.
            regime: how data reach the machine: 1 (image and weights in QRAM), 2 (weights only; several
                input paths) or 3 (nothing; no output weights); see `bloqs.networks.regimes`.
            epsilon: 2-norm error of the encoded vector, at most.
            norm_bounds: `"calibrated"`, `"worst-case"`, or pairs as in the class.
            loading: one of `bloqs.loading.LOADERS`; None for "select-swap", contracted by rotations.
            output: `"coherent"`, or `"heralded"`: the last normalisation is amplitude amplification whose
                flag is measured, cheaper where one sample at a time is wanted.
            convolution: how kernels are encoded, one of `bloqs.convolution.STRATEGIES`.
            split: how epsilon is shared out; see `bloqs.costs.splitting.optimise_network_split`.
            qram: the memory model that degrees are chosen for, or its name; the bloq can be costed under any.
            uncompute: the unload that they are chosen for, "unitary" or "measured"; likewise.
            form: "ours", or "published" for the paper's circuits; see `bloqs.published.forms`.
            min_degree: least degree of an activation's polynomial. At a large epsilon degree 0 may do, a
                multiple of the argument: the block is then linear. 1 or more forbids that.

        Returns:
            A `VectorEncoding` of the normalised `g` (of the last block's vector without `W_out`).

        Raises:
            NormBoundsError: a norm of this image lies outside the bounds.
            ValueError: a malformed argument, or more tables than this computer's memory holds; the message
                says how much they take.
        """
        from bloqs.networks.assembly import network_bloq

        build = Build(
            regime=regime,
            epsilon=epsilon,
            norm_bounds=norm_bounds,
            loading=loading,
            output=output,
            convolution=convolution,
            split=split,
            qram=qram,
            uncompute=uncompute,
            form=form,
            min_degree=min_degree,
        )
        return network_bloq(self, image, build)

    def cost_bloq(
        self,
        *,
        regime: int = 1,
        epsilon: float = 1e-2,
        norm_bounds: NormBounds = "calibrated",
        loading: str | Loader | None = None,
        output: str | Normalisation = "coherent",
        convolution: str | ConvolutionStrategy = DEFAULT_STRATEGY,
        split: ErrorSplit = DEFAULT_SPLIT,
        qram: str | MemoryModel = SELECT_SWAP,
        uncompute: str = "unitary",
        form: str | Form = OURS,
        min_degree: int = 0,
    ) -> "ResidualNetwork":
        """The same network by shape: every data angle a generic rotation, no weights read.

        Args:
            regime: as in `to_bloq`.
            epsilon: as in `to_bloq`.
            norm_bounds: as in `to_bloq`.
            loading: as in `to_bloq`.
            output: as in `to_bloq`.
            convolution: as in `to_bloq`.
            split: as in `to_bloq`.
            qram: as in `to_bloq`.
            uncompute: as in `to_bloq`.
            form: as in `to_bloq`.
            min_degree: as in `to_bloq`.

        Returns:
            A bloq whose costs bound those of `to_bloq` for every image within the bounds.

        Raises:
            ValueError: a malformed argument.
        """
        from bloqs.networks.assembly import network_cost_bloq

        build = Build(
            regime=regime,
            epsilon=epsilon,
            norm_bounds=norm_bounds,
            loading=loading,
            output=output,
            convolution=convolution,
            split=split,
            qram=qram,
            uncompute=uncompute,
            form=form,
            min_degree=min_degree,
        )
        return network_cost_bloq(self, build)
