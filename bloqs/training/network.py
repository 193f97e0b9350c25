"""The paper's network as an `nn.Module`, and the projection that keeps it one that can be encoded."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bloqs.activation.activation import Activation
from bloqs.layers.geometry import Geometry
from bloqs.networks.spec import NetworkSpec
from bloqs.reference import convolution_norm

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "erf": torch.erf,
    "tanh": torch.tanh,
    "sigmoid2": lambda u: torch.tanh(u / 2),
}
"""The activations that can be trained, by name."""

RANK_FLOOR = 0.01
"""Singular values of a square `W_out` below this share of the largest are raised to it in the end, so that
the weights have full rank, with a condition number of 100."""

_ROUNDING = 1e-6
"""By which a norm is brought below 1 before the weights are rounded to float32."""


def unit_input(images: Tensor, channels: int, paths: int = 1) -> Tensor:
    """Images in channel 0, scaled to unit 2-norm, tensored over the input paths.

    Args:
        images: float32 `(B, c, M, M)`, `c` at most `channels`; the channels that are left are zero.
        channels: `C` of one path.
        paths: `d`.

    Returns:
        `(B, C^d, M^d, M^d)`, index `(c_1..c_d, r_1..r_d, q_1..q_d)`.
    """
    x = F.pad(images, (0, 0, 0, 0, 0, channels - images.shape[1]))
    x = x / torch.linalg.vector_norm(x, dim=(1, 2, 3), keepdim=True)
    power = x
    for _ in range(paths - 1):
        power = (
            torch.einsum("bcrq,bdst->bcdrsqt", power, x).flatten(5, 6).flatten(3, 4).flatten(1, 2)
        )
    return power


def convolution_alpha(kernel: Tensor) -> Tensor:
    """Subnormalisation of the convolution's block encoding, `sqrt(sum_i (sum_t n_it)^2)`.

    `n_it = ||K[:, i, t]||_2` over output channels, for input channel `i` and tap `t`.

    Args:
        kernel: `(C_out, C_in, D, D)`.

    Returns:
        Scalar; differentiable also at zero taps.
    """
    taps = torch.sqrt(torch.sum(kernel**2, dim=0) + 1e-12)
    return torch.sqrt(torch.sum(taps.flatten(1).sum(dim=1) ** 2))


class ResidualNet(torch.nn.Module):
    r"""Residual blocks and the residual-linear-pooling block, with their amplitudes.

        x <- (x + f(W_i x)) / ||x + f(W_i x)||_2,      g = tau x + (1 - tau) W_out (x o x),
        p_c = sum_{j in group c} g_j^2 / ||g||^2

    It has no biases: what a bias needs is a constant channel. A trained network becomes a `NetworkSpec` by
    `to_spec`, and has the same probabilities but for float32 and the last projection.

    *The skip weight.* `||x o x||` is about 1/10 for 8x8 images and less for larger ones, so that the skip
    drowns what `W_out` adds: the paper's 0.51 trains to 17 % on the digits, 0.2 to 42 %, 0.1 to 94 %, and
    0.05 and below to 97 % and more. The default is 0.02; 0 is a network whose scale of `W_out` does not
    matter.

    Parameters:
        input_shape: `(C, M, M)` of one input path; an image has channels 0 to c - 1, the others start at
            zero.
        num_blocks: `k`, 0 or more.
        kernel_size: odd `D`.
        num_groups: `G`, a power of two.
        num_classes: the leading groups that stand for a class; rows of the others start near zero.
        output_rows: R, rows of `W_out`, a power of two and a multiple of `num_groups`, `R/G` of them a group;
            those of groups without a class start at zero, and stay there with a skip weight of 0. None for
            the square matrix, which gets full rank.
        activation: `f`.
        skip_weight: `tau`.
        paths: `d`.
        seed: of the initial weights, or the generator that draws them.

    Attributes:
        kernels: one `(C^d, C^d, D, D)` a block.
        output_weights: `(rows, C^d M^d M^d)`, columns without the padding.

    Raises:
        ValueError: an activation that cannot be trained here, or an even `kernel_size`.

    Example:
        >>> network = ResidualNet((1, 4, 4), 1, num_groups=2, num_classes=2)
        >>> network(torch.ones(3, 4, 4)).shape, network.to_spec().num_blocks
        (torch.Size([3, 2]), 1)
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int],
        num_blocks: int,
        *,
        kernel_size: int = 3,
        num_groups: int = 16,
        num_classes: int = 10,
        output_rows: int | None = None,
        activation: Activation = Activation("erf", gain=0.8),  # noqa: B008  # immutable
        skip_weight: float = 0.02,
        paths: int = 1,
        seed: int | torch.Generator = 0,
    ) -> None:
        super().__init__()
        if activation.name not in FUNCTIONS:
            raise ValueError(
                f"activation {activation.name!r} cannot be trained here; choose one of {list(FUNCTIONS)}"
            )
        if kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd, found {kernel_size}")
        generator = (
            seed if isinstance(seed, torch.Generator) else torch.Generator().manual_seed(seed)
        )
        self.input_shape, self.paths = input_shape, paths
        self.num_groups, self.num_classes = num_groups, num_classes
        self.activation, self.skip_weight = activation, skip_weight
        self.output_rows = output_rows
        channels, self.size = input_shape[0] ** paths, input_shape[1] ** paths
        kernels: list[torch.nn.Parameter] = []
        for _ in range(num_blocks):
            kernel = 0.1 * torch.randn(
                channels, channels, kernel_size, kernel_size, generator=generator
            )
            kernel[0, 0, kernel_size // 2, kernel_size // 2] += 0.3
            if not kernels:
                # The image is in channel 0: in the first block the weights of the other input
                # channels never act, and would only add to alpha.  At zero they have no gradient.
                kernel[:, 1:] = 0.0
            kernels.append(torch.nn.Parameter(kernel))
        self.kernels = torch.nn.ParameterList(kernels)
        self.output_weights = torch.nn.Parameter(
            self._initial_output(channels * self.size**2, generator)
        )

    def _initial_output(self, columns: int, generator: torch.Generator) -> Tensor:
        """Columns that are almost parallel: their mean, weighted by x_j^2, is as long as they are."""
        rows = self.output_rows or Geometry(self.input_shape, self.paths).length
        of_classes = self.num_classes * rows // self.num_groups
        if self.output_rows is None:
            weights = torch.randn(rows, columns, generator=generator)
            weights[:of_classes] += 1
        else:
            weights = 1 + 0.5 * torch.randn(rows, columns, generator=generator)
            weights[of_classes:] = 0
        return weights / torch.linalg.matrix_norm(weights, ord=2)

    def forward(self, images: Tensor) -> Tensor:
        """Group probabilities.

        Args:
            images: float32 `(B, M, M)`, or `(B, c, M, M)` of c channels; of any scale.

        Returns:
            `(B, G)`.
        """
        return self.amplitudes(images)[0]

    def amplitudes(self, images: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Group probabilities and the singular values that amplitude amplification meets.

        Args:
            images: as `forward` takes them.

        Returns:
            `(B, G)` probabilities, and one `(B,)` per layer: `||x + f(Wx)|| / (1 + gamma)` with
            `gamma = f'(0) alpha` of each block, then `||g|| / (tau + (1-tau)*beta)` with `beta` the
            largest column norm of `W_out`.
        """
        probabilities, singular_values, _ = self.traced(images)
        return probabilities, singular_values

    def traced(self, images: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """As `amplitudes`, and how far each block turns its vector.

        Args:
            images: as `forward` takes them.

        Returns:
            What `amplitudes` returns, and for each block the squared sine `(B,)` of the angle between the
            unit vector that comes in and the one that goes out.

        Example:
            >>> network = ResidualNet((1, 4, 4), 1, num_groups=2, num_classes=2)
            >>> turns = network.traced(torch.ones(3, 4, 4))[2]
            >>> turns[0].shape, bool((turns[0] > 0).all())
            (torch.Size([3]), True)
        """
        x = unit_input(
            images[:, None] if images.ndim == 3 else images, self.input_shape[0], self.paths
        )
        f, gain, slope = (
            FUNCTIONS[self.activation.name],
            self.activation.gain,
            self.activation.slope,
        )
        singular_values, turns = [], []
        for kernel in self.kernels:
            z = x + f(gain * F.conv2d(x, kernel, padding=kernel.shape[-1] // 2))
            norm = torch.linalg.vector_norm(z, dim=(1, 2, 3))
            singular_values.append(norm / (1 + slope * convolution_alpha(kernel)))
            before, x = x, z / norm[:, None, None, None]
            turns.append(1 - torch.sum(before * x, dim=(1, 2, 3)) ** 2)
        v, tau = x.flatten(1), self.skip_weight
        g = (1 - tau) * (v * v) @ self.output_weights.T
        beta = torch.linalg.vector_norm(self.output_weights, dim=0).max()
        if self.output_rows is None:
            g = g + tau * self._padded(v)
        groups = g.reshape(len(g), self.num_groups, -1).square().sum(dim=2)
        if self.output_rows is not None and tau:
            groups = groups + self._skipped(v, g)
        square = groups.sum(dim=1)
        singular_values.append(torch.sqrt(square) / (tau + (1 - tau) * beta))
        return groups / square[:, None], singular_values, turns

    def _padded(self, v: Tensor) -> Tensor:
        """`(B, C^d M^d M^d)` to `(B, N)`: every axis of every path padded to a power of two."""
        c, m, _ = self.input_shape
        x = v.reshape(len(v), *[c] * self.paths, *[m] * (2 * self.paths))
        more = [1 << (n - 1).bit_length() for n in x.shape[1:]]
        pads = [pad for new, old in zip(more, x.shape[1:], strict=True) for pad in (new - old, 0)]
        return F.pad(x, pads[::-1]).flatten(1)

    def _skipped(self, v: Tensor, g: Tensor) -> Tensor:
        """What the skip adds to the groups of a head of few rows: `(tau v_j + h_r)^2 - h_r^2`, summed."""
        skip = self.skip_weight * self._padded(v)
        met = skip[:, :: skip.shape[1] // g.shape[1]]
        squares = skip.reshape(len(v), self.num_groups, -1).square().sum(dim=2)
        return squares + 2 * (met * g).reshape(len(v), self.num_groups, -1).sum(dim=2)

    @torch.no_grad()
    def to_spec(self) -> NetworkSpec:
        """The weights in float64, with every spectral norm at most 1; not calibrated.

        A square `W_out` gets full rank. The entries of a head of few rows are those of float32, so that a
        stored network has half the size.

        Returns:
            The network, without bounds.
        """
        kernels = []
        for parameter in self.kernels:
            kernel = parameter.double().numpy()
            kernels.append(kernel / max(1.0, convolution_norm(kernel, self.size)))
        weights = self._padded(self.output_weights.double()).numpy()
        if self.output_rows is None:
            u, s, vh = np.linalg.svd(weights)
            s = np.maximum(s / max(1.0, s[0]), RANK_FLOOR * min(1.0, s[0]))
            weights = (u * s) @ vh
        else:
            weights = weights / max(1.0, np.linalg.norm(weights, 2) * (1 + _ROUNDING))
            weights = weights.astype(np.float32).astype(np.float64)
        return NetworkSpec(
            input_shape=self.input_shape,
            kernels=kernels,
            activation=self.activation,
            output_weights=weights,
            skip_weight=self.skip_weight,
            num_groups=self.num_groups,
            paths=self.paths,
        )


@torch.no_grad()
def project_(network: ResidualNet, *, has_output: bool = True) -> list[float]:
    """Divide, in place, each kernel and the output weights by their spectral norm where it exceeds 1.

    The norm of a kernel is that of the zero-padded convolution at the network's M, by Lanczos. PyTorch's
    `spectral_norm` reshapes the kernel to a matrix, whose norm neither bounds this one nor is bounded by it.
    Call it every few steps, after `optimizer.step()`.

    Args:
        network: a `ResidualNet`.
        has_output: whether the output weights are divided too; with a skip weight of 0 their scale does not
            matter until the end.

    Returns:
        The norms found, one a kernel, then that of the output weights.

    Raises:
        ValueError: another module.

    Example:
        >>> network = ResidualNet((1, 4, 4), 1, num_groups=2, num_classes=2)
        >>> network.kernels[0].data.mul_(100)[0, 0, 0, 0] != 0
        tensor(True)
        >>> project_(network)[0] > 1, round(project_(network)[0], 5)
        (True, 1.0)
    """
    if not isinstance(network, ResidualNet):
        raise ValueError(
            f"project_ knows the weights of a ResidualNet only, found {type(network).__name__}"
        )
    norms = [convolution_norm(kernel.double().numpy(), network.size) for kernel in network.kernels]
    parameters = list(network.kernels)
    if has_output:
        weights = network.output_weights
        gram = weights.double() @ weights.double().T
        norms.append(math.sqrt(float(torch.linalg.eigvalsh(gram)[-1])))
        parameters.append(weights)
    for parameter, norm in zip(parameters, norms, strict=True):
        parameter.div_(max(1.0, norm))
    return norms
