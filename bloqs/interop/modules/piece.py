"""What becomes of a segment of a graph: layers of ours, before the function of the network is known."""

from __future__ import annotations

import attrs
import numpy as np

from bloqs.interop.modules.graph import FloatArray
from bloqs.interop.modules.segments import Segment
from bloqs.interop.modules.stream import Stream
from bloqs.reference.maps import strided_convolve

EXACT = 1e-6
"""A layer is mapped where its unit vector is that of the other network to this: the rounding of float32."""

BIAS_SCALE = 1.0
"""The constant channel begins, and leaves every stem, as large as the typical entry beside it."""


@attrs.frozen(eq=False)
class Map:
    """One layer of ours, before the function of the network is known.

    Parameters:
        kind: "stem", "residual", "downsample" or "pool".
        before: what it is applied to.
        weight: float64 `(C_out, C_in, D, D)` with those of the constant channel; None of a pool.
        stride: of a stem.
        function: of the other network; None without.
        constant_row: the channel of its result that holds the constant; None without.

    Example:
        >>> Map(kind="pool", before=Stream(np.ones((1, 1, 2, 2)))).stride
        1
    """

    kind: str
    before: Stream
    weight: FloatArray | None = None
    stride: int = 1
    function: str | None = None
    constant_row: int | None = None

    @property
    def arguments(self) -> FloatArray:
        """What the function is given where ours holds unit vectors of the typical norm; no constant."""
        assert self.weight is not None
        weight = (
            self.weight
            if self.constant_row is None
            else np.delete(self.weight, self.constant_row, axis=0)
        )
        stride = 2 if self.kind == "downsample" else self.stride
        return strided_convolve(weight, self.before.joint / self.before.scale.factor, stride)


@attrs.frozen(eq=False)
class Piece:
    """What became of a segment.

    Parameters:
        segment: of the graph.
        maps: of ours, in order; none where it does nothing.
        before: the stream in front of it.
        after: the stream behind it.
        notes: what is to be said of it.
        folded: in which layer it is folded; None where it is not.

    Example:
        >>> from bloqs.interop.modules.graph import Operation
        >>> step = Operation(kind="flatten", name="flat", inputs=("x",), output="y")
        >>> stream = Stream(np.ones((1, 1, 2, 2)))
        >>> segment = Segment(kind="flatten", operations=(step,), before="x", after="y")
        >>> Piece(segment=segment, maps=(), before=stream, after=stream).folded is None
        True
    """

    segment: Segment
    maps: tuple[Map, ...]
    before: Stream
    after: Stream
    notes: tuple[str, ...] = ()
    folded: str | None = None
