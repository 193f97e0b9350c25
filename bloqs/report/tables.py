"""The tables of a report as data, so that the terminal and the page show the same cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from rich.table import Table as RichTable
from rich.text import Text

from bloqs.core.budget import ErrorBudget
from bloqs.costs import CostReport, ParetoCurve, SurfaceCodeFootprint
from bloqs.reference import convolution_norm, matrix_norm
from bloqs.report.inputs import Model
from bloqs.report.verification import Sweep, Verification

if TYPE_CHECKING:
    from bloqs.report.report import Variant

Row = tuple[str, ...]


@attrs.frozen
class Table:
    """A titled table of text cells.

    Parameters:
        title: above it.
        columns: heads.
        rows: cells, as many as there are heads.
        numeric: indices of right-aligned columns.
        note: a sentence below it.
        total: whether the last row sums the others.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    numeric: frozenset[int] = frozenset()
    note: str = ""
    total: bool = False

    def to_rich(self) -> RichTable:
        """For the terminal."""
        table = RichTable(
            title=Text(self.title, style="bold"),
            title_justify="left",
            caption=Text(self.note) if self.note else None,
            caption_justify="left",
        )
        for i, name in enumerate(self.columns):
            first = i == 0
            table.add_column(
                Text(name), justify="right" if i in self.numeric else "left", no_wrap=first
            )
        for i, row in enumerate(self.rows):
            if self.total and i == len(self.rows) - 1:
                table.add_section()
            # Text, not str: square brackets in a cell are not markup.
            table.add_row(*(Text(cell) for cell in row))
        return table


def number(value: Any) -> str:
    """A count with thousands separators; a sympy expression as it prints."""
    return f"{value:,}" if isinstance(value, int) else str(value)


def _pairs(title: str, rows: Iterable[tuple[str, str]], heads: Row, note: str = "") -> Table:
    return Table(title, heads, tuple(rows), note=note)


def verification_table(check: Verification, label: int | None = None) -> Table:
    """Errors, classes and the verdict."""
    rows = [
        ("verdict", check.verdict),
        ("vector error, measured", f"{check.vector_error:.3e}"),
        ("epsilon, stated by the bloq", f"{check.epsilon_stated:.3e}"),
        ("epsilon, asked for", f"{check.epsilon_asked:.3e}"),
        ("class, quantum", str(check.quantum_class)),
        ("class, classical reference", str(check.classical_class)),
        ("margin of the reference", f"{check.margin:.4f}"),
        ("probability of zeros on the ancilla", f"{check.success_probability:.4f}"),
    ]
    if label is not None:
        rows.insert(6, ("class, label of the image", str(label)))
    title = f"Output at {check.level} level against the numpy forward pass"
    return _pairs(title, rows, ("check", "value"))


def probabilities_table(check: Verification) -> Table:
    """One row a group."""
    rows = tuple(
        (
            str(group) if group < check.num_classes else f"{group} (no class)",
            f"{quantum:.5f}",
            f"{classical:.5f}",
            f"{quantum - classical:+.1e}",
        )
        for group, (quantum, classical) in enumerate(
            zip(check.quantum, check.classical, strict=True)
        )
    )
    return Table(
        "Class probabilities",
        ("group", "quantum", "classical", "difference"),
        rows,
        numeric=frozenset({1, 2, 3}),
        note="Quantum: given zeros on the ancilla.",
    )


def totals_table(cost: CostReport, *, has_critical_path: bool = True) -> Table:
    """The figures above the breakdown."""
    rows = cost.rows(has_critical_path=has_critical_path)
    return Table(
        "Cost of one run",
        ("figure", "value"),
        tuple(rows),
        numeric=frozenset({1}),
        note=f"Conventions and memory: {cost.basis}.",
    )


def breakdown_table(cost: CostReport) -> Table:
    """One row a component, largest T first, and their sum."""
    rows: list[Row] = [
        (
            part.component,
            number(part.calls),
            number(part.t_count),
            number(part.toffoli_count),
            number(part.rotation_count),
            number(part.qubits),
            "" if part.share is None else f"{part.share:.1%}",
        )
        for part in cost.breakdown()
    ]
    has_shares = all(part.share is not None for part in cost.breakdown())
    rows.append(
        (
            "total",
            "",
            number(cost.t_count),
            number(cost.toffoli_count),
            number(cost.rotation_count),
            number(cost.logical_qubits),
            "100.0%" if has_shares else "",
        )
    )
    return Table(
        "Where it goes, by component",
        ("component", "calls", "T", "Toffoli", "rotations", "qubits", "share of T"),
        tuple(rows),
        numeric=frozenset(range(1, 7)),
        note="Toffoli counts And and CSwap too. T, Toffoli, rotations add up; qubits are a peak.",
        total=True,
    )


def footprint_table(footprint: SurfaceCodeFootprint) -> Table:
    """What it takes on a surface code."""
    return Table(
        "On a surface code", ("figure", "value"), tuple(footprint.rows()), numeric=frozenset({1})
    )


def pareto_table(curve: ParetoCurve) -> Table:
    """Physical qubits against hours; no other run beats one of these in both."""
    rows = tuple(
        (
            number(run.factories),
            number(run.physical_qubits),
            f"{run.hours:.4g}",
            str(run.code_distance),
            f"{run.failure_probability:.2e}",
            run.limited_by,
        )
        for run in curve
    )
    return Table(
        "Physical qubits against hours",
        ("factories", "physical qubits", "hours", "code distance", "failure", "limited by"),
        rows,
        numeric=frozenset({0, 1, 2, 3, 4}),
    )


def variants_table(variants: Sequence[Variant]) -> Table:
    """The same network with another output or other bounds."""
    rows = tuple(
        (v.name, v.error, "", "", "")
        if v.error is not None
        else (
            v.name,
            number(v.t_count),
            "" if v.success_probability is None else f"{v.success_probability:.3f}",
            "" if v.t_per_sample is None else f"{v.t_per_sample:,.0f}",
            number(v.logical_qubits),
        )
        for v in variants
    )
    return Table(
        "The same inference built otherwise",
        ("built with", "total T", "success", "T a sample", "logical qubits"),
        rows,
        numeric=frozenset({1, 2, 3, 4}),
        note="Success: probability of zeros on the ancillas. T a sample: expected, until a run succeeds.",
    )


def budget_table(budget: ErrorBudget) -> Table:
    """Where epsilon goes."""
    rows = tuple(
        ("\u2003" * depth + item.name, f"{item.given:.2e}", f"{item.used:.2e}", item.rule)
        for depth, item in budget.rows()
    )
    return Table(
        f"Error budget, epsilon = {budget.epsilon:g}",
        ("part", "given", "used", "how it is known"),
        rows,
        numeric=frozenset({1, 2}),
    )


def assumptions_table(assumptions: Mapping[str, str]) -> Table:
    """Everything that the figures rest on."""
    return _pairs("Assumptions", assumptions.items(), ("assumption", "value"))


def sweep_table(sweep: Sweep) -> Table:
    """The result of many images."""
    total, inside = len(sweep.checks) + len(sweep.outside), len(sweep.checks)
    rows = [
        ("images", number(total)),
        ("inside the bounds", f"{number(inside)} ({inside / total:.2%})"),
        ("outside the bounds", number(len(sweep.outside))),
    ]
    if sweep.worst is not None:
        image, check = sweep.worst
        rows += [
            ("worst vector error", f"{check.vector_error:.3e} (image {image.name})"),
            ("epsilon, stated", f"{max(c.epsilon_stated for c in sweep.checks):.3e} at most"),
            ("epsilon, asked for", f"{sweep.epsilon:.3e}"),
            ("same class as the reference", f"{sweep.num_same_class} of {inside}"),
            (
                "other class, reference undecided within 2 epsilon",
                _names(image.name for image in sweep.close_calls),
            ),
        ]
    if sweep.accuracy is not None:
        rows.append(("accuracy of the circuit on these images", f"{sweep.accuracy:.2%}"))
    rows.append(("verdict", "PASS" if sweep.passed else "FAIL"))
    return _pairs(f"{sweep.model} at {sweep.level} level", rows, ("figure", "value"))


def outside_table(sweep: Sweep) -> Table:
    """The images that the bounds refuse."""
    rows = tuple(
        (o.image, o.layer, f"{o.value:.6g}", f"[{o.bounds[0]:.6g}, {o.bounds[1]:.6g}]")
        for o in sweep.outside
    )
    return Table(
        "Images outside the bounds (NormBoundsError)",
        ("image", "layer", "found", "bounds"),
        rows,
        numeric=frozenset({2}),
    )


def failures_table(sweep: Sweep) -> Table:
    """The images inside the bounds that fail."""
    rows = tuple((image.name, check.verdict) for image, check in sweep.failures)
    return _pairs("Images that fail", rows, ("image", "verdict"))


def models_tables(models: Sequence[Model]) -> list[Table]:
    """The models, then the norm bounds of their layers."""
    heads = (
        "model",
        "blocks",
        "input",
        "paths",
        "N",
        "tau",
        "activation",
        "test images",
        "accuracy",
    )
    rows: list[Row] = []
    layers: list[Row] = []
    for model in models:
        spec = model.spec
        count = 0 if model.example is None else len(model.example.images)
        accuracy = model.accuracy
        rows.append(
            (
                model.name,
                str(spec.num_blocks),
                " x ".join(map(str, spec.input_shape)),
                str(spec.paths),
                number(spec.length),
                f"{spec.skip_weight:g}",
                f"{spec.activation.name}, gain {spec.activation.gain:g}",
                number(count),
                "" if accuracy is None else f"{accuracy:.2%}",
            )
        )
        layers += _layer_rows(model)
    return [
        Table("Bundled models", heads, tuple(rows), numeric=frozenset({1, 3, 4, 5, 7, 8})),
        Table(
            "Layers",
            ("model", "layer", "||W||_2", "norm bounds, calibrated", "amplitude bound"),
            tuple(layers),
            numeric=frozenset({2, 4}),
            note="Norm bounds: ||x + f(Wx)|| of a block, ||g|| of the output. Amplitude bound: max|Wx|.",
        ),
    ]


def _layer_rows(model: Model) -> list[Row]:
    spec = model.spec
    weights: list[Any] = [*spec.kernels]
    norms = [
        convolution_norm(np.asarray(kernel), spec.input_shape[1] ** spec.paths)
        for kernel in weights
    ]
    if spec.has_output_layer:
        norms.append(matrix_norm(np.asarray(spec.output_weights)))
    bounds = spec.norm_bounds or (None,) * len(norms)
    peaks = (*(spec.amplitude_bounds or ()), *(None,) * len(norms))
    return [
        (
            model.name,
            layer,
            f"{norm:.6f}",
            "none" if pair is None else f"[{pair[0]:.6g}, {pair[1]:.6g}]",
            "" if peak is None else f"{peak:.4f}",
        )
        for layer, norm, pair, peak in zip(spec.layer_names, norms, bounds, peaks, strict=False)
    ]


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
