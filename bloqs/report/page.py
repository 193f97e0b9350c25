"""The page `report.html`: one file, nothing loaded from elsewhere."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from bloqs import __version__
from bloqs.report import charts, tables

if TYPE_CHECKING:
    from bloqs.report.report import Report


@cache
def page_environment(package: str) -> jinja2.Environment:
    """Where a package's page templates are rendered: text is escaped, a missing name is an error."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader(package, "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(report: Report) -> str:
    """The report as one HTML page."""
    picture = charts.image_svg(report.image.pixels)
    check, cost, footprint = report.verification, report.cost, report.footprint
    facts = [
        ("class, quantum", str(check.quantum_class)),
        ("class, classical", str(check.classical_class)),
        ("total T", tables.number(cost.t_count)),
        ("T a sample", _per_sample(cost.t_per_sample)),
        ("logical qubits", tables.number(cost.logical_qubits)),
        ("physical qubits", tables.number(footprint.physical_qubits)),
        ("hours", f"{footprint.hours:.3g}"),
    ]
    return (
        page_environment("bloqs.report")
        .get_template("report.html.j2")
        .render(
            report=report,
            version=__version__,
            qualtran_version=version("qualtran"),
            facts=facts,
            picture=None if picture is None else Markup(picture),
            share_chart=Markup(charts.cost_share_svg(cost)),
            probabilities_chart=Markup(charts.probabilities_svg(check)),
            diagrams=[(Markup(diagram.svg), diagram.caption) for diagram in report.diagrams],
            verification=tables.verification_table(check, report.image.label),
            probabilities=tables.probabilities_table(check),
            totals=tables.totals_table(cost),
            breakdown=tables.breakdown_table(cost),
            variants=tables.variants_table(report.variants),
            budget=None if report.budget is None else tables.budget_table(report.budget),
            footprint=tables.footprint_table(footprint),
            assumptions=tables.assumptions_table(report.assumptions),
        )
    )


def _per_sample(t_count: float | None) -> str:
    return "-" if t_count is None else f"{t_count:,.0f}"
