"""What layers say: their share of an error, what is known of one as built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from bloqs.core.scale import InadmissibleError
from bloqs.layers.shapes import Bounds
from bloqs.qsvt.polynomials import SMALLEST_DELTA

__all__ = ["ErrorPart", "InadmissibleError", "LayerFacts", "solvable"]


def solvable(delta: float) -> float:
    """An error that is asked of a polynomial, if double precision can certify it.

    Args:
        delta: the error.

    Returns:
        The same.

    Raises:
        InadmissibleError: below `SMALLEST_DELTA`.

    Example:
        >>> solvable(1e-3)
        0.001
    """
    if delta < SMALLEST_DELTA:
        raise InadmissibleError(
            f"a polynomial would have to be accurate to {delta:.3g}, and {SMALLEST_DELTA:.0e} is the least"
        )
    return delta


@attrs.frozen
class ErrorPart:
    """What one thing adds to the error of a layer's normalised vector, to first order.

    Parameters:
        name: of the thing, as the error budget prints it: "activation of block 1".
        size: 2-norm error.

    Example:
        >>> ErrorPart("rounded kernel 1", 2e-4).size
        0.0002
    """

    name: str
    size: float


@attrs.frozen(kw_only=True)
class LayerFacts:
    """What a network knows of one of its layers, as built.

    Parameters:
        name: of the layer.
        norms: bounds of its vector's norm before normalisation.
        degree: of its own polynomial; None where it has none.
        amplitude: bound of the arguments of f; None where it has none.
        alpha: subnormalisation of its convolution; None where it has none.
        is_alpha_measured: whether alpha is found from weights; else it is a bound from the shape.
        amplification: odd degree of the amplification that follows, or its calls where it is heralded.
        notes: what else belongs into the block of assumptions, name -> number or words.
        argument: bound of the 2-norm of the argument of f; None where it has none.
        band: bounds of the amplitude of its encoding, before what amplifies it; None where not known.
        calls: calls of its input's encoding, its amplification included (heralded: expected).
        least_calls: what is needed of them for these degrees: no amplification between layers, and after the
            last `1.38/asin s` calls of an encoding of amplitude s at an input of amplitude 1.
        advice: what would lower them, in words.

    Example:
        >>> LayerFacts(name="attention 2", norms=(0.2, 0.4), notes={"attention": "entrywise"}).degree is None
        True
    """

    name: str
    norms: Bounds
    degree: int | None = None
    amplitude: float | None = None
    alpha: float | None = None
    is_alpha_measured: bool = True
    amplification: int | None = None
    notes: Mapping[str, Any] = attrs.field(factory=dict)
    argument: float | None = None
    band: Bounds | None = None
    calls: float | None = None
    least_calls: float | None = None
    advice: str = ""

    @property
    def overhead(self) -> float | None:
        """`calls` over `least_calls`."""
        return None if self.calls is None or not self.least_calls else self.calls / self.least_calls

    @property
    def why_so_dear(self) -> str | None:
        """Its amplitude, degrees and calls in a line, and what would lower them; None where not known."""
        if self.calls is None or self.least_calls is None or self.band is None:
            return None
        degree = "" if self.degree is None else f"degree {self.degree}, "
        return (
            f"amplitude {self.band[0]:.3g} to {self.band[1]:.3g}, {degree}amplified by "
            f"{self.amplification}: {self.calls:.3g} calls of its input, {self.overhead:.3g} times what is "
            "needed"
            f"{'; lower: ' if self.advice else ''}{self.advice}"
        )
