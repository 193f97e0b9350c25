"""The tables of a report, the same in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from bloqs.costs import ParetoCurve, SurfaceCodeFootprint
from bloqs.reference import convolution_norm, matrix_norm
from bloqs.report.inputs import Model
from bloqs.report.variants import Variant
from bloqs.report.verification import Sweep, Verification
from bloqs.tables import Cell, Table, number

Row = tuple[Cell, ...]


def verification_table(check: Verification, label: int | None = None) -> Table:
    """Errors, classes and the verdict."""
    rows: list[Row] = [
        ("verdict", check.verdict),
        ("vector error, measured", f"{check.vector_error:.3e}"),
        ("epsilon, stated by the bloq", f"{check.epsilon_stated:.3e}"),
        ("epsilon, asked for", f"{check.epsilon_asked:.3e}"),
        ("class, quantum", check.quantum_class),
        ("class, classical reference", check.classical_class),
        ("margin of the reference", f"{check.margin:.4f}"),
        ("probability of zeros on the ancilla", f"{check.success_probability:.4f}"),
    ]
    if label is not None:
        rows.insert(6, ("class, label of the image", label))
    title = f"Output at {check.level} level against the numpy forward pass"
    return Table(title, ("check", "value"), rows)


def probabilities_table(check: Verification) -> Table:
    """One row a group."""
    rows = [
        (
            str(group) if group < check.num_classes else f"{group} (no class)",
            f"{quantum:.5f}",
            f"{classical:.5f}",
            f"{quantum - classical:+.1e}",
        )
        for group, (quantum, classical) in enumerate(
            zip(check.quantum, check.classical, strict=True)
        )
    ]
    return Table(
        "Class probabilities",
        ("group", "quantum", "classical", "difference"),
        rows,
        numeric={1, 2, 3},
        note="Quantum: given zeros on the ancilla.",
    )


def footprint_table(footprint: SurfaceCodeFootprint) -> Table:
    """What it takes on a surface code."""
    return Table("On a surface code", ("figure", "value"), footprint.rows(), numeric={1})


def pareto_table(curve: ParetoCurve) -> Table:
    """Physical qubits against hours; no other run beats one of these in both."""
    rows = [
        (
            run.factories,
            run.physical_qubits,
            run.hours,
            run.code_distance,
            f"{run.failure_probability:.2e}",
            run.limited_by,
        )
        for run in curve
    ]
    return Table(
        "Physical qubits against hours",
        ("factories", "physical qubits", "hours", "code distance", "failure", "limited by"),
        rows,
        numeric={0, 1, 2, 3, 4},
    )


def variants_table(variants: Sequence[Variant]) -> Table:
    """The same network with another output or other bounds."""
    rows = [
        (
            v.name,
            v.t_count if v.error is None else v.error,
            number(v.success_probability, ".3f"),
            number(v.t_per_sample, ",.0f"),
            v.logical_qubits,
        )
        for v in variants
    ]
    return Table(
        "The same inference built otherwise",
        ("built with", "total T", "success", "T a sample", "logical qubits"),
        rows,
        numeric={1, 2, 3, 4},
        note="Success: probability of zeros on the ancillas. T a sample: expected, until a run succeeds.",
    )


def sweep_table(sweep: Sweep) -> Table:
    """The result of many images."""
    total, inside = len(sweep.checks) + len(sweep.outside), len(sweep.checks)
    rows: list[Row] = [
        ("images", total),
        ("inside the bounds", f"{number(inside)} ({inside / total:.2%})"),
        ("outside the bounds", len(sweep.outside)),
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
    return Table(f"{sweep.model} at {sweep.level} level", ("figure", "value"), rows)


def outside_table(sweep: Sweep) -> Table:
    """The images that the bounds refuse."""
    rows = [
        (o.image, o.layer, f"{o.value:.6g}", f"[{o.bounds[0]:.6g}, {o.bounds[1]:.6g}]")
        for o in sweep.outside
    ]
    return Table(
        "Images outside the bounds (NormBoundsError)",
        ("image", "layer", "found", "bounds"),
        rows,
        numeric={2},
    )


def failures_table(sweep: Sweep) -> Table:
    """The images inside the bounds that fail."""
    rows = [(image.name, check.verdict) for image, check in sweep.failures]
    return Table("Images that fail", ("image", "verdict"), rows)


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
                spec.num_blocks,
                " x ".join(map(str, spec.input_shape)),
                spec.paths,
                spec.length,
                f"{spec.skip_weight:g}",
                f"{spec.activation.name}, gain {spec.activation.gain:g}",
                count,
                number(accuracy, ".2%"),
            )
        )
        layers += _layer_rows(model)
    return [
        Table("Bundled models", heads, rows, numeric={1, 3, 4, 5, 7, 8}),
        Table(
            "Layers",
            ("model", "layer", "||W||_2", "norm bounds, calibrated", "amplitude bound"),
            layers,
            numeric={2, 4},
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
            number(peak, ".4f"),
        )
        for layer, norm, pair, peak in zip(spec.layer_names, norms, bounds, peaks, strict=False)
    ]


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
