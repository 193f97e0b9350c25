"""One call of a convolution, ours and the paper's two forms, on one Gaussian kernel."""

from __future__ import annotations

import attrs
import numpy as np

from bloqs.convolution import Conv2DBlockEncoding
from bloqs.costs.estimate import estimate
from bloqs.published.amplified_conv2d import AmplifiedConv2D
from bloqs.published.entrywise_conv2d import EntrywiseConv2D


@attrs.frozen
class OneCall:
    """T and alpha of one call. A form with a larger alpha needs as many more calls for the same amplitude.

    Parameters:
        ours_t, ours_alpha: of `Conv2DBlockEncoding`.
        entrywise_t, entrywise_alpha: of `EntrywiseConv2D`.
        amplified_t, amplified_alpha: of `AmplifiedConv2D`, alpha as that of the kernel itself, `2 ||Conv||`.
        degree: calls of the LCU that the amplified form makes.

    Example:
        >>> call = OneCall(10, 2.0, 40, 6.0, 100, 3.0, 5)
        >>> call.entrywise_ratio, call.amplified_ratio
        (12.0, 15.0)
    """

    ours_t: int
    ours_alpha: float
    entrywise_t: int
    entrywise_alpha: float
    amplified_t: int
    amplified_alpha: float
    degree: int

    @property
    def entrywise_ratio(self) -> float:
        """T times alpha over ours."""
        return self.entrywise_t * self.entrywise_alpha / (self.ours_t * self.ours_alpha)

    @property
    def amplified_ratio(self) -> float:
        """T times alpha over ours."""
        return self.amplified_t * self.amplified_alpha / (self.ours_t * self.ours_alpha)


def one_call(
    channels: int = 16,
    kernel_size: int = 3,
    image_size: int = 64,
    *,
    epsilon: float = 1e-2,
    seed: int = 0,
) -> OneCall:
    """The three forms on a kernel of normal numbers; for 16 channels and 64 pixels a row half a minute.

    Args:
        channels: C, a power of two.
        kernel_size: D.
        image_size: M, a power of two.
        epsilon: of the amplified form.
        seed: of the kernel.

    Returns:
        T and alpha of each.

    Raises:
        ValueError: a size that the published forms do not take.

    Example:
        >>> call = one_call(2, 3, 4)
        >>> call.ours_alpha < call.entrywise_alpha, call.entrywise_ratio > 1
        (True, True)
    """
    shape = (channels, channels, kernel_size, kernel_size)
    kernel = np.random.default_rng(seed).normal(size=shape)
    ours, plain = Conv2DBlockEncoding(kernel, image_size), EntrywiseConv2D(kernel, image_size)
    strong = AmplifiedConv2D(kernel, image_size, epsilon)
    return OneCall(
        int(estimate(ours).t_count),
        float(ours.alpha),
        int(estimate(plain).t_count),
        float(plain.alpha),
        int(estimate(strong).t_count),
        2 * strong.norm,
        int(strong.amplified.transform.degree),
    )
