"""A network that was brought in: what became of each layer, and what it says of the images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.checks import finite_array, one_of, real_number, truth, whole_array
from bloqs.interop.modules.functions import SHARPNESS
from bloqs.interop.modules.graph import FloatArray, Graph
from bloqs.interop.modules.mapping import CHANGED, HEADS, HELD_OUT, Row, mapped_network
from bloqs.interop.modules.refusal import ImportRefusedError
from bloqs.networks import NetworkSpec
from bloqs.reference import forward
from bloqs.tables import Cell, Table

if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(kw_only=True, eq=False)
class ImportedNetwork:
    """A network of ours made from one of another library, as `from_torch` and `from_onnx` return it.

    Parameters:
        spec: the network, calibrated on the images.
        rows: what became of each layer.
        accuracy: share of the images that the network of ours classifies as they are labelled; where output
            weights were fitted, of those they were not fitted to. None without labels or without classes.
        original_accuracy: the same of the other network, on the same images.
        agreement: share of the same images on which both say the same class; None without classes.
        num_images: on which these three were measured.
        is_fitted: whether output weights were fitted.

    Example:
        >>> row = Row(layer="act", became="changed", how="block; its bias is left out", change=0.2)
        >>> imported = ImportedNetwork(spec=None, rows=(row,), accuracy=0.9, original_accuracy=0.95,
        ...                            agreement=0.93, num_images=100)
        >>> print(str(imported).splitlines()[0])
        Accuracy falls from 95.0 % to 90.0 % (100 images): 1 layer is changed, see below.
    """

    spec: NetworkSpec
    rows: tuple[Row, ...]
    accuracy: float | None
    original_accuracy: float | None
    agreement: float | None
    num_images: int
    is_fitted: bool = False

    @property
    def mapping(self) -> pd.DataFrame:
        """A row for each layer of the other network: `layer`, `became`, `how`, `change`."""
        import pandas as pd

        return pd.DataFrame([attrs.asdict(row) for row in self.rows])

    @property
    def is_exact(self) -> bool:
        """Whether every layer was mapped or folded: the last vectors agree up to their norm."""
        return all(row.became != CHANGED for row in self.rows)

    @property
    def headline(self) -> str:
        """What one must know first: a loss of accuracy, or that there is none, and why."""
        changed = sum(row.became == CHANGED for row in self.rows)
        layers = "1 layer is changed" if changed == 1 else f"{changed} layers are changed"
        reason = f"{layers}, see below" if changed else "every layer is mapped"
        images = f"{self.num_images} images"
        if self.accuracy is not None and self.original_accuracy is not None:
            before, after = (f"{100 * a:.1f} %" for a in (self.original_accuracy, self.accuracy))
            verb = "falls" if self.accuracy < self.original_accuracy else "goes"
            return f"Accuracy {verb} from {before} to {after} ({images}): {reason}."
        if self.agreement is not None:
            return f"The same class as the original on {100 * self.agreement:.1f} % of {images}: {reason}."
        return f"No classes are read out: {reason}."

    def table(self) -> Table:
        """The mapping as a table for terminal and page."""
        rows: list[tuple[Cell, ...]] = [
            (row.layer, row.became, row.how, "" if np.isnan(row.change) else f"{row.change:.2g}")
            for row in self.rows
        ]
        return Table("What became of each layer", ("layer", "became", "how", "change"), rows)

    def __str__(self) -> str:
        return f"{self.headline}\n\n{self.table()}"

    def _repr_html_(self) -> str:
        import html

        return f"<p><b>{html.escape(self.headline)}</b></p>{self.table().to_html()}"


def imported_network(
    graph: Graph,
    images: npt.ArrayLike,
    labels: npt.ArrayLike | None,
    relu_gap: float | None,
    biases: bool = True,
    head: str = "fitted",
    relu_sharpness: float = SHARPNESS,
) -> ImportedNetwork:
    """Map a graph and measure what its mapping does to some images.

    Args:
        graph: of the other network.
        images: `(B, M, M)` or `(B, C, M, M)`, float.
        labels: int `(B,)`; None where they are not known.
        relu_gap: as in `mapped_network`.
        biases: as in `mapped_network`.
        head: as in `mapped_network`.
        relu_sharpness: as `sharpness` in `mapped_network`.

    Returns:
        The network, calibrated on the images.

    Raises:
        ImportRefusedError: a layer that no layer of ours computes.
        ValueError: malformed images, labels or gap.

    Example:
        >>> from bloqs.interop.modules.graph import Operation
        >>> step = Operation(kind="conv", name="first", inputs=("x",), output="y", parameters={
        ...     "weight": np.full((1, 1, 1, 1), 2.0), "bias": None, "stride": (1, 1), "padding": (0, 0, 0, 0),
        ...     "dilation": (1, 1), "groups": 1})
        >>> graph = Graph(operations=(step,), input="x", output="y")
        >>> images = np.array([[[[0.6, 0.8], [0.0, 0.0]]], [[[1.0, 0.0], [0.0, 0.0]]]])
        >>> imported_network(graph, images, None, None).is_exact
        True
    """
    tensors = to_tensors(images)
    classes = _to_labels(labels, len(tensors))
    if relu_gap is not None:
        relu_gap = real_number(relu_gap, "relu_gap", low=0, high=1, is_open=True)
    mapped = mapped_network(
        graph,
        tensors,
        relu_gap=relu_gap,
        biases=truth(biases, "biases"),
        head=one_of(head, "head", HEADS),
        sharpness=real_number(relu_sharpness, "relu_sharpness", low=0.01, high=100),
    )
    part = HELD_OUT if mapped.is_fitted else slice(None)
    spec = mapped.spec.calibrate(tensors)
    accuracy = original_accuracy = agreement = None
    if mapped.num_classes is not None:
        scores = graph.values(tensors[part])[graph.output]
        theirs = scores.argmax(axis=1)
        ours = forward(spec, tensors[part])[:, : mapped.num_classes].argmax(axis=1)
        agreement = float(np.mean(ours == theirs))
        if classes is not None:
            accuracy = float(np.mean(ours == classes[part]))
            original_accuracy = float(np.mean(theirs == classes[part]))
    return ImportedNetwork(
        spec=spec, rows=mapped.rows, accuracy=accuracy, original_accuracy=original_accuracy,
        agreement=agreement, num_images=len(tensors[part]), is_fitted=mapped.is_fitted,
    )  # fmt: skip


def to_tensors(images: npt.ArrayLike) -> FloatArray:
    """Images with an axis of channels.

    Args:
        images: `(B, M, M)` or `(B, C, M, M)`.

    Returns:
        float64 `(B, C, M, M)`.

    Raises:
        ValueError: of another shape, fewer than two, or one that is all zero.

    Example:
        >>> to_tensors([[[1.0]], [[2.0]]]).shape
        (2, 1, 1, 1)
    """
    found = finite_array(images, "images")
    found = found[:, None] if found.ndim == 3 else found
    if found.ndim != 4 or found.shape[2] != found.shape[3] or len(found) < 2:
        raise ValueError(
            "images must have shape (B, M, M) or (B, C, M, M), at least two of them, found shape "
            f"{np.shape(images)}"
        )
    if not np.all(np.any(found, axis=(1, 2, 3))):
        raise ValueError("images must not be all zero: an image is scaled to unit norm")
    return found


def _to_labels(labels: npt.ArrayLike | None, count: int) -> Any:
    if labels is None:
        return None
    found = whole_array(labels, "labels")
    if found.shape != (count,):
        raise ValueError(
            f"labels must be {count} integers, one an image, found shape {found.shape}"
        )
    return found


__all__ = ["ImportRefusedError", "ImportedNetwork", "imported_network"]
