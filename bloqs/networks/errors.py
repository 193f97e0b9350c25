"""Errors that a network raises beside plain `ValueError`."""


class NormBoundsError(ValueError):
    """A vector norm of an image lies outside the bounds the network bloq is built for.

    Amplitude amplification is designed for an interval of norms; outside of it the stated
    accuracy does not hold, so the image is refused.

    Args:
        layer: name of the layer, `"block 1"`, ..., or `"output"`; an attribute, like all three.
        value: the norm found.
        bounds: the interval `(lo, hi)`.

    Attributes:
        mend: what to do about it, in words.

    Example:
        >>> NormBoundsError("block 1", 1.7, (0.9, 1.3)).bounds
        (0.9, 1.3)
    """

    mend = (
        "pass norm_bounds with a wider interval for this layer, or calibrate the network on images like "
        "this one"
    )

    def __init__(self, layer: str, value: float, bounds: tuple[float, float]) -> None:
        self.layer = layer
        self.value = float(value)
        self.bounds = (float(bounds[0]), float(bounds[1]))
        super().__init__(
            f"the norm of {layer} is {self.value:.6g} for this image, outside the bounds "
            f"[{self.bounds[0]:.6g}, {self.bounds[1]:.6g}]; {self.mend}"
        )

    def __reduce__(self) -> tuple[type, tuple[str, float, tuple[float, float]]]:
        return type(self), (self.layer, self.value, self.bounds)
