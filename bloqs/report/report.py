"""The report: everything about one inference in one object, for the terminal, a file or a page."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs
from markupsafe import Markup
from rich.console import Console
from rich.text import Text

from bloqs import __version__
from bloqs.core.budget import ErrorBudget
from bloqs.costs import CostReport, Decision, SurfaceCodeFootprint
from bloqs.costs.assumptions import assumptions_table
from bloqs.costs.unknown import Unknown
from bloqs.files import write_together
from bloqs.report import charts, tables
from bloqs.report.diagram import Diagram
from bloqs.report.frontier import Frontier
from bloqs.report.headline import GLOSSARY, tiles
from bloqs.report.inputs import Model, NamedImage
from bloqs.report.page import render_page
from bloqs.report.variants import Variant
from bloqs.report.verification import PASS_SAYS, Verification
from bloqs.show.picture import Picture
from bloqs.tables import Table

SCHEMA = "resnet-bloqs.report"
SCHEMA_VERSION = 1


@attrs.frozen(eq=False, kw_only=True)
class Report:
    """One image through one network: verified, costed, on hardware.

    Parameters:
        model: the network.
        accuracy: of the model on its test images; None where it has none.
        image: the input.
        settings: what was asked for, name -> value.
        system_bitsize: qubits of the encoded vector.
        ancilla_bitsize: flagged qubits besides.
        alpha: subnormalisation of the network bloq.
        verification: its output against the reference.
        cost: of the same bloq.
        footprint: on a surface code; `Unknown`, with the reason, where none meets the target.
        decision: samples, T and hours until the class is known.
        variants: the total T otherwise: output coherent or heralded, other norm bounds.
        budget: where epsilon goes; None where the network has none.
        assumptions: everything that the figures rest on, name -> words.
        diagrams: of one layer of each kind.
        pictures: the whole network, and where its T goes.
        command: that makes the report.
        frontier: of the network by shape, where it was asked for (`with_frontier`).

    Example:
        >>> from bloqs.report import Settings, network_report
        >>> from bloqs.testing import random_network
        >>> made = random_network(3, (2, 1, 1), kernel_size=1, output_layer=False)
        >>> model = Model("random", made.spec.calibrate(made.images))
        >>> settings = Settings(epsilon=0.1, loading="rotations")
        >>> report = network_report(model, NamedImage("0", made.image), settings)
        >>> [table.title for table in report.tables()][2:4]
        ['Cost of one run', 'Where it goes, by component']
        >>> report.to_dict()["cost"]["t_count"] == report.cost.t_count
        True
    """

    model: Model
    accuracy: float | None
    image: NamedImage
    settings: Mapping[str, Any]
    system_bitsize: int
    ancilla_bitsize: int
    alpha: float
    verification: Verification
    cost: CostReport
    footprint: SurfaceCodeFootprint | Unknown
    decision: Decision
    variants: tuple[Variant, ...]
    budget: ErrorBudget | None
    assumptions: Mapping[str, str]
    diagrams: tuple[Diagram, ...] = attrs.field(repr=False, default=())
    pictures: tuple[Picture, ...] = attrs.field(repr=False, default=())
    command: str = ""
    frontier: Frontier | None = attrs.field(repr=False, default=None)

    @property
    def passed(self) -> bool:
        """Whether the output agrees with the reference."""
        return self.verification.passed

    @property
    def title(self) -> str:
        """Model and image."""
        return f"{self.model.name}, image {self.image.name}"

    def tables(self) -> Iterator[Table]:
        """The tables in the order of the terminal."""
        yield tables.verification_table(self.verification, self.image.label, self.accuracy)
        yield tables.probabilities_table(self.verification)
        yield self.cost.totals_table()
        yield self.cost.breakdown_table()
        yield self.decision.table()
        yield tables.variants_table(self.variants, self.decision.samples)
        if self.budget is not None:
            yield self.budget.table()
        yield tables.footprint_table(self.footprint)
        if self.frontier is not None:
            yield from self.frontier.tables()
        yield assumptions_table(self.assumptions)

    def print(self, console: Console | None = None) -> None:
        """Print every table.

        Args:
            console: where to; the standard output when None.
        """
        console = console or Console()
        console.rule(Text(f"resnet-bloqs {__version__}: {self.title}"))
        for table in self.tables():
            console.print(table)
            console.print()

    def to_dict(self) -> dict[str, Any]:
        """Everything but the drawings, ready for JSON."""
        spec = self.model.spec
        placed: dict[str, Any] | None
        if isinstance(self.footprint, Unknown):
            placed, unplaced = None, self.footprint.reason
        else:
            placed, unplaced = self.footprint.to_dict(), ""
        return {
            "schema": SCHEMA,
            "schema_version": SCHEMA_VERSION,
            "package": {"name": "resnet-bloqs", "version": __version__},
            "qualtran": version("qualtran"),
            "model": {
                "name": self.model.name,
                "digest": spec.digest,
                "input_shape": list(spec.input_shape),
                "num_blocks": spec.num_blocks,
                "length": spec.length,
                "num_groups": spec.num_groups,
                "skip_weight": spec.skip_weight,
                "accuracy": self.accuracy,
            },
            "image": {
                "name": self.image.name,
                "index": self.image.index,
                "label": self.image.label,
            },
            "settings": dict(self.settings),
            "network": {
                "system_bitsize": self.system_bitsize,
                "ancilla_bitsize": self.ancilla_bitsize,
                "alpha": self.alpha,
            },
            "verification": self.verification.to_dict(),
            "cost": self.cost.to_dict(),
            "variants": [
                {**attrs.asdict(variant), "t_per_sample": variant.t_per_sample}
                for variant in self.variants
            ],
            "budget": None if self.budget is None else self.budget.to_dict(),
            "footprint": placed,
            "no_footprint": unplaced,
            "frontier": None if self.frontier is None else self.frontier.to_dict(),
            "decision": self.decision.to_dict(),
            "assumptions": dict(self.assumptions),
        }

    def to_json(self) -> str:
        """`to_dict` as text; NaN and infinity are refused, as JSON has none."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def to_html(self) -> str:
        """A page that needs nothing besides itself."""
        check, cost, footprint = self.verification, self.cost, self.footprint
        picture = charts.image_svg(self.image.pixels)
        return render_page(
            "bloqs.report",
            "report.html.j2",
            report=self,
            tiles=tiles(check, cost, self.decision, footprint),
            glossary=GLOSSARY,
            pass_says=PASS_SAYS,
            pictures=[(Markup(one.html or one.svg), one.title) for one in self.pictures],
            picture=None if picture is None else Markup(picture),
            share_chart=Markup(charts.cost_share_svg(cost)),
            probabilities_chart=Markup(charts.probabilities_svg(check)),
            diagrams=[(Markup(diagram.svg), diagram.caption) for diagram in self.diagrams],
            verification=tables.verification_table(check, self.image.label, self.accuracy),
            probabilities=tables.probabilities_table(check),
            totals=cost.totals_table(),
            breakdown=cost.breakdown_table(),
            decision=self.decision.table(),
            variants=tables.variants_table(self.variants, self.decision.samples),
            budget=None if self.budget is None else self.budget.table(),
            footprint=tables.footprint_table(footprint),
            points=None if self.frontier is None else self.frontier.drawn,
            frontier_tables=[] if self.frontier is None else list(self.frontier.tables()),
            assumptions=assumptions_table(self.assumptions),
        )

    def write(self, folder: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write `report.json`, `report.html` and `report.csv` (the breakdown) into a folder: all, or none.

        Args:
            folder: made where it is missing.

        Returns:
            The paths, in this order.

        Raises:
            ValueError: the folder cannot be written to.
        """
        # All texts first: a failure leaves no file behind.
        rows = self.cost.to_frame().to_csv(index=False)
        texts = {".json": self.to_json(), ".html": self.to_html(), ".csv": rows}
        return write_together({Path(folder) / f"report{end}": text for end, text in texts.items()})
