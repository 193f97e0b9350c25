"""What cannot be brought in, and why."""

from __future__ import annotations


class ImportRefusedError(ValueError):
    """A layer that no layer of ours computes.

    Args:
        layer: its name in the network that it comes from.
        reason: why not.
        nearest: what works, nearest to it.

    Example:
        >>> print(ImportRefusedError("pool", "max pooling is no linear map", "AvgPool2d(2)"))
        layer 'pool' is refused: max pooling is no linear map; nearest that works: AvgPool2d(2)
    """

    def __init__(self, layer: str, reason: str, nearest: str) -> None:
        super().__init__(f"layer {layer!r} is refused: {reason}; nearest that works: {nearest}")
        self.layer, self.reason, self.nearest = layer, reason, nearest
