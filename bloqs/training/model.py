"""The network in PyTorch: forward pass with the norms that set the quantum cost."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def random_affine(images: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Images under small random rotations, scalings, shears and sub-pixel shifts.

    Args:
        images: float32 `(B, 1, M, M)`.
        strength: 0 for no change; at 1 up to 0.2 rad, 12 % scale, 8 % aspect, 0.15 shear, and
            10 % of the image's width of shift.
        generator: source of randomness.

    Returns:
        float32 `(B, 1, M, M)`.
    """

    def uniform(width: float) -> Tensor:
        return (2 * torch.rand(len(images), generator=generator) - 1) * width * strength

    angle, scale, aspect, shear = uniform(0.2), 1 + uniform(0.12), 1 + uniform(0.08), uniform(0.15)
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = [
        torch.stack([scale * aspect * cos, shear - sin, uniform(0.2)], dim=1),
        torch.stack([sin, scale * cos / aspect, uniform(0.2)], dim=1),
    ]
    grid = F.affine_grid(torch.stack(rows, dim=1), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


def unit_input(images: Tensor, channels: int, paths: int = 1) -> Tensor:
    """Images `(B, 1, M, M)` in channel 0, scaled to unit 2-norm, tensored over the input paths.

    Args:
        images: float32 `(B, 1, M, M)`.
        channels: `C` of one path.
        paths: `d`.

    Returns:
        `(B, C^d, M^d, M^d)`, index `(c_1..c_d, r_1..r_d, q_1..q_d)`.
    """
    x = F.pad(images, (0, 0, 0, 0, 0, channels - 1))
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


class ConvolutionMatrix:
    """The zero-padded convolution's matrix as a fixed linear function of its kernel.

    Parameters:
        channels: `C`.
        window: odd `D`.
        size: `M`.
    """

    def __init__(self, channels: int, window: int, size: int) -> None:
        # The matrix of a kernel that holds its own indices, shifted by one to tell index 0
        # from an entry outside of the window.
        labels = torch.arange(1, channels**2 * window**2 + 1, dtype=torch.float64)
        basis = torch.eye(channels * size**2, dtype=torch.float64)
        columns = F.conv2d(
            basis.reshape(-1, channels, size, size),
            labels.reshape(channels, channels, window, window),
            padding=window // 2,
        )
        entries = columns.reshape(len(basis), -1).T.round().to(torch.int64)
        self._inside = entries > 0
        self._index = (entries - 1).clamp(min=0)

    def __call__(self, kernel: Tensor) -> Tensor:
        """The matrix `(C*M^2, C*M^2)` of `kernel`."""
        return kernel.reshape(-1)[self._index] * self._inside

    def norm(self, kernel: Tensor) -> float:
        """Spectral norm of the convolution."""
        return float(torch.linalg.matrix_norm(self(kernel), ord=2))


class DigitsNetwork(torch.nn.Module):
    """Residual blocks and the residual-linear-pooling block, with amplitudes for probabilities.

    Parameters:
        num_blocks: `k`.
        channels: `C`, of all input paths together.
        window: `D`.
        size: `M`, of all input paths together.
        num_groups: `G`.
        gain: of the error function.
        skip_weight: `tau`.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        *,
        num_blocks: int,
        channels: int,
        window: int,
        size: int,
        num_groups: int,
        gain: float,
        skip_weight: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.gain, self.skip_weight, self.num_groups = gain, skip_weight, num_groups
        n = channels * size**2
        kernels: list[torch.nn.Parameter] = []
        for _ in range(num_blocks):
            kernel = 0.1 * torch.randn(channels, channels, window, window, generator=generator)
            kernel[0, 0, window // 2, window // 2] += 0.3
            if not kernels:
                # The image is in channel 0: in the first block the weights of the other input
                # channels never act, and would only add to alpha.  At zero they have no gradient.
                kernel[:, 1:] = 0.0
            kernels.append(torch.nn.Parameter(kernel))
        self.kernels = torch.nn.ParameterList(kernels)
        # Columns start almost parallel: the mean of parallel columns, weighted by x_j^2, is as
        # long as they are, which is what keeps ||g|| large.
        weights = 0.01 * torch.randn(n, n, generator=generator)
        weights[: 10 * n // num_groups] += 0.01
        self.output_weights = torch.nn.Parameter(weights / torch.linalg.matrix_norm(weights, ord=2))
        self._matrix = ConvolutionMatrix(channels, window, size)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Group probabilities and the singular values that amplitude amplification meets.

        Args:
            x: unit-norm tensors `(B, C, M, M)`.

        Returns:
            `(B, G)` probabilities, and one `(B,)` per layer: `||x + f(Wx)|| / (1 + gamma)` with
            `gamma = 2*gain/sqrt(pi)*alpha` of each block, then `||g|| / (tau + (1-tau)*beta)` with
            `beta` the largest column norm of `W_out`.
        """
        singular_values = []
        for kernel in self.kernels:
            z = x + torch.erf(self.gain * F.conv2d(x, kernel, padding=kernel.shape[-1] // 2))
            norm = torch.linalg.vector_norm(z, dim=(1, 2, 3))
            gamma = 2 * self.gain / math.sqrt(math.pi) * convolution_alpha(kernel)
            singular_values.append(norm / (1 + gamma))
            x = z / norm[:, None, None, None]
        v, tau = x.flatten(1), self.skip_weight
        g = tau * v + (1 - tau) * (v * v) @ self.output_weights.T
        norm = torch.linalg.vector_norm(g, dim=1)
        beta = torch.linalg.vector_norm(self.output_weights, dim=0).max()
        singular_values.append(norm / (tau + (1 - tau) * beta))
        amplitudes = (g / norm[:, None]).reshape(len(g), self.num_groups, -1)
        return torch.sum(amplitudes**2, dim=2), singular_values

    @torch.no_grad()
    def project(self) -> None:
        """Divide every kernel and the output weights by their spectral norm where it exceeds 1."""
        for kernel in self.kernels:
            kernel.div_(max(1.0, self._matrix.norm(kernel)))
        norm = float(torch.linalg.matrix_norm(self.output_weights, ord=2))
        self.output_weights.div_(max(1.0, norm))
