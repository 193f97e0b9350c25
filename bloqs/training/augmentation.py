"""Random small maps of images, so that few images train a network that generalises."""

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
