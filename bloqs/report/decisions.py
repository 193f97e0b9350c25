"""What the answers of a model cost: samples and T until a decision, and accuracy against samples."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import matplotlib
import numpy as np
import numpy.typing as npt
from markupsafe import Markup
from matplotlib.figure import Figure

from bloqs.costs import CostReport, Decision, FootprintError, SurfaceCodeFootprint, decision
from bloqs.costs.decision import hours_per_sample
from bloqs.costs.plurality import right_with_ties_drawn
from bloqs.costs.unknown import Unknown
from bloqs.files import write_together
from bloqs.networks.bounds import layer_bounds
from bloqs.reference import forward_vectors
from bloqs.report.build import Settings
from bloqs.report.charts import QUANTUM, STYLE, figure_svg
from bloqs.report.inputs import Model, NamedImage
from bloqs.report.page import render_page
from bloqs.tables import Cell, Table, number

SAMPLES = (1, 3, 10, 30, 100, 300)
"""Numbers of samples whose accuracy is told."""


@attrs.frozen(kw_only=True)
class AccuracyRow:
    """How good the plurality of a number of samples is, over the images; ties broken by drawing.

    Parameters:
        samples: how many.
        t_count: expected T of them.
        same_class: mean probability of the exact network's class.
        accuracy: mean probability of the true class; None where it is not known.

    Example:
        >>> AccuracyRow(samples=10, t_count=5e6, same_class=0.83, accuracy=0.82).samples
        10
    """

    samples: int
    t_count: float
    same_class: float
    accuracy: float | None


@attrs.frozen(kw_only=True, eq=False)
class ModelDecisions:
    """Decisions of many images.

    Parameters:
        model: its name.
        cost: of the network by shape, the same for every image.
        hours_per_sample: expected hours of one sample; where there is no footprint the reason.
        decisions: one an image inside the bounds.
        outside: how many images the norm bounds refuse; they are not among the decisions.
        rows: accuracy against samples.
        exact_accuracy: of the exact network on the same images; None where labels are not known.
        error: as `bloqs.costs.decision`.

    Example:
        >>> from bloqs.report import load_model
        >>> model = load_model("digits-1")
        >>> found = model_decisions(model, model.images("3"), samples=(10,))
        >>> found.samples(0.5) <= found.samples(0.9), found.num_undecided
        (True, 0)
    """

    model: str
    cost: CostReport = attrs.field(repr=False)
    hours_per_sample: float | Unknown
    decisions: tuple[Decision, ...] = attrs.field(repr=False)
    outside: int
    rows: tuple[AccuracyRow, ...]
    exact_accuracy: float | None
    error: float

    @property
    def num_undecided(self) -> int:
        """Images whose first two classes epsilon may level; see `bloqs.costs.decision`."""
        return sum(one.is_undecided for one in self.decisions)

    @property
    def t_per_sample(self) -> float:
        """Expected T of one sample."""
        return self.decisions[0].t_per_sample

    def samples(self, share: float) -> int | None:
        """So many samples decide this share of the images; None where that is more than those decided.

        Args:
            share: 0.5 for the median, 0.9 for the 90th percentile; undecided images come last.

        Returns:
            The samples of one of the images.
        """
        ranked = sorted(one.samples for one in self.decisions if one.samples is not None)
        place = max(1, int(np.ceil(share * len(self.decisions) - 1e-9)))
        return ranked[place - 1] if place <= len(ranked) else None

    def t_count(self, share: float) -> float | None:
        """T of `samples(share)`."""
        found = self.samples(share)
        return None if found is None else found * self.t_per_sample

    def hours(self, share: float) -> float | None:
        """Hours of `samples(share)`; None without a footprint."""
        found = self.samples(share)
        if found is None or isinstance(self.hours_per_sample, Unknown):
            return None
        return found * self.hours_per_sample

    def decisions_table(self) -> Table:
        """Median and 90th percentile."""
        rows: list[tuple[Cell, ...]] = [
            ("T a sample, expected", number(self.t_per_sample, ",.0f"), "")
        ]
        by_share = [
            ("samples a decision", self.samples, ","),
            ("T a decision, expected", self.t_count, ",.0f"),
        ]
        if not isinstance(self.hours_per_sample, Unknown):
            by_share.append(("hours a decision, expected", self.hours, ".4g"))
        for label, find, digits in by_share:
            cells = (number(find(share), digits) or "undecided" for share in (0.5, 0.9))
            rows.append((label, *cells))
        if isinstance(self.hours_per_sample, Unknown):
            rows.append(("hours a decision", str(self.hours_per_sample), ""))
        rows += [
            ("images", len(self.decisions), ""),
            ("of these undecided, epsilon may level the first two classes", self.num_undecided, ""),
            ("images outside the norm bounds, left out", self.outside, ""),
        ]
        return Table(
            f"Decisions of {self.model}: wrong with {self.error:g} or less",
            ("figure", "median", "90th percentile"),
            rows,
            numeric={1, 2},
            note="Undecided images come last. The cost is by shape, at most that of each image. "
            f"{self.cost.basis}.",
        )

    def accuracy_table(self) -> Table:
        """One row a number of samples, and the exact network."""
        rows: list[tuple[Cell, ...]] = [
            (
                row.samples,
                number(row.t_count, ",.0f"),
                f"{row.same_class:.1%}",
                number(row.accuracy, ".1%"),
            )
            for row in self.rows
        ]
        rows.append(("exact network", "", "100.0%", number(self.exact_accuracy, ".1%")))
        return Table(
            "Accuracy against samples",
            ("samples", "T, expected", "class of the exact network", "accuracy"),
            rows,
            numeric={0, 1, 2, 3},
            note="Mean probability over the images, from the multinomial; ties are broken by drawing.",
        )

    def tables(self) -> Iterator[Table]:
        """In the order of the terminal."""
        yield self.decisions_table()
        yield self.accuracy_table()

    def plot(self) -> str:
        """Accuracy against T as an element `<svg>`."""
        has_labels = self.exact_accuracy is not None
        shares = [row.accuracy if has_labels else row.same_class for row in self.rows]
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(6.6, 2.8))
            axes = figure.subplots()
            counts = [row.samples for row in self.rows]
            percent = [100 * float(share or 0) for share in shares]
            axes.plot(counts, percent, marker="o", markersize=4, color=QUANTUM, label="plurality")
            for count, share in zip(counts, percent, strict=True):
                axes.annotate(
                    f"{share:.1f}", (count, share), xytext=(0, 6), textcoords="offset points"
                )
            exact = 100 * (self.exact_accuracy if self.exact_accuracy is not None else 1.0)
            axes.axhline(exact, linestyle="--", linewidth=1, color="#e0872b", label="exact network")
            axes.set_xscale("log")
            axes.set_xlabel("samples")
            axes.set_ylabel("accuracy (%)" if has_labels else "class of the exact network (%)")
            axes.set_ylim(0, 108)
            axes.legend(frameon=False, loc="lower right")
            return figure_svg(figure, "accuracy", "Accuracy against samples")

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        no_hours = isinstance(self.hours_per_sample, Unknown)
        shares = {"median": 0.5, "percentile_90": 0.9}
        return {
            "model": self.model,
            "error": self.error,
            "t_per_sample": self.t_per_sample,
            "hours_per_sample": None if no_hours else self.hours_per_sample,
            "no_hours": str(self.hours_per_sample) if no_hours else "",
            "samples": {name: self.samples(share) for name, share in shares.items()},
            "t_count": {name: self.t_count(share) for name, share in shares.items()},
            "hours": {name: self.hours(share) for name, share in shares.items()},
            "images": len(self.decisions),
            "undecided": self.num_undecided,
            "outside": self.outside,
            "exact_accuracy": self.exact_accuracy,
            "accuracy": [attrs.asdict(row) for row in self.rows],
            "samples_by_image": [one.samples for one in self.decisions],
            "cost": self.cost.to_dict(has_critical_path=False),
        }

    def write(self, folder: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write `decisions.json` and `decisions.html` into a folder.

        Args:
            folder: made where it is missing.

        Returns:
            The two paths.

        Raises:
            ValueError: the folder cannot be written to.
        """
        page = render_page(
            "bloqs.report",
            "decisions.html.j2",
            title=f"{self.model}: what a decision costs",
            tables=list(self.tables()),
            plot=Markup(self.plot()),
        )
        data = json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        folder = Path(folder)
        return write_together({folder / "decisions.json": data, folder / "decisions.html": page})


def model_decisions(
    model: Model,
    images: Sequence[NamedImage],
    settings: Settings | None = None,
    *,
    error: float = 0.01,
    samples: Sequence[int] = SAMPLES,
    progress: Callable[[int], None] | None = None,
) -> ModelDecisions:
    """What the decisions of a model cost, over some images.

    Args:
        model: the network, with weights.
        images: what it is asked; at least one inside the norm bounds.
        settings: how the network is built and costed; a heralded output with the defaults when None.
        error: largest probability of another class than the exact network's, in (0, 1).
        samples: for which the accuracy is computed.
        progress: is told the number of images done.

    Returns:
        The decisions of the images inside the norm bounds, and accuracies.

    Raises:
        ValueError: no image inside the bounds, or a malformed argument.

    Example:
        >>> from bloqs.report import load_model
        >>> model = load_model("digits-1")
        >>> found = model_decisions(model, model.images("2"), samples=(1, 100))
        >>> found.rows[0].accuracy < found.rows[1].accuracy <= 1
        True
    """
    settings = settings or Settings(output="heralded")
    settings.check()
    spec = model.spec
    cost = settings.shape_cost(spec)
    exact = forward_vectors(spec, np.stack([spec_tensor(model, image) for image in images]))
    norms = np.column_stack([exact.block_norms, exact.output_norm])
    bounds = layer_bounds(spec, settings.norm_bounds).norms
    inside = np.all(
        [(lo <= norms[:, i]) & (norms[:, i] <= hi) for i, (lo, hi) in enumerate(bounds)], axis=0
    )
    if not inside.any():
        raise ValueError(
            "none of the images lies inside the norm bounds: calibrate on images like them"
        )
    footprint: SurfaceCodeFootprint | None
    try:
        footprint = cost.surface_code(**settings.physical())
        hours = hours_per_sample(cost, footprint)
    except FootprintError as why:
        footprint, hours = None, Unknown(f"no footprint: {why}")
    kept = np.flatnonzero(inside)
    decisions = []
    for done, place in enumerate(kept, start=1):
        one = decision(
            cost,
            exact.probabilities[place],
            error,
            num_classes=model.num_classes,
            footprint=footprint,
        )
        decisions.append(attrs.evolve(one, hours_per_sample=hours))
        if progress is not None:
            progress(done)
    classes = exact.probabilities[kept, : model.num_classes]
    labels = [images[int(place)].label for place in kept]
    rows = tuple(_accuracy(classes, labels, int(n), decisions[0].t_per_sample) for n in samples)
    known = None not in labels
    hits = np.argmax(classes, axis=1) == np.array(labels)
    return ModelDecisions(
        model=model.name,
        cost=cost,
        hours_per_sample=hours,
        decisions=tuple(decisions),
        outside=len(images) - len(kept),
        rows=rows,
        exact_accuracy=float(np.mean(hits)) if known else None,
        error=error,
    )


def spec_tensor(model: Model, image: NamedImage) -> npt.NDArray[np.float64]:
    """An image with its channel axis, so that many make a batch.

    Args:
        model: whose input it is.
        image: `(C, M, M)` or `(M, M)`, the latter channel 0.

    Returns:
        float64 `(C, M, M)`.

    Example:
        >>> from bloqs.report import load_model
        >>> model = load_model("digits-1")
        >>> spec_tensor(model, model.image("0")).shape
        (4, 8, 8)
    """
    tensor = np.zeros(model.spec.input_shape)
    tensor[(0,) if image.pixels.ndim == 2 else ()] = image.pixels
    return tensor


def _accuracy(
    classes: npt.NDArray[np.float64],
    labels: Sequence[int | None],
    samples: int,
    t_per_sample: float,
) -> AccuracyRow:
    same, right = [], []
    for p, label in zip(classes, labels, strict=True):
        winner = int(np.argmax(p))
        same.append(right_with_ties_drawn(p, winner, samples))
        if label is not None:
            right.append(same[-1] if label == winner else right_with_ties_drawn(p, label, samples))
    return AccuracyRow(
        samples=samples,
        t_count=samples * t_per_sample,
        same_class=float(np.mean(same)),
        accuracy=float(np.mean(right)) if len(right) == len(same) else None,
    )
