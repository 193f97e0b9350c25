"""The tables of a report, the same in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bloqs.costs import ParetoCurve, SurfaceCodeFootprint
from bloqs.costs.unknown import Unknown
from bloqs.report.inputs import Model
from bloqs.report.variants import Variant
from bloqs.report.verification import PASS_SAYS, Sweep, Verification
from bloqs.tables import Cell, Table, number

Row = tuple[Cell, ...]


def verification_table(
    check: Verification, label: int | None = None, accuracy: float | None = None
) -> Table:
    """Errors, classes and the verdict of one image.

    Args:
        check: the verified image.
        label: its true class; None where it is not known.
        accuracy: of the exact network on its test images; None where it is not known.

    Returns:
        Two columns: what was checked, and its figure.

    Example:
        >>> import numpy as np
        >>> probabilities = {"quantum": np.array([0.7, 0.3]), "classical": np.array([0.71, 0.29])}
        >>> check = Verification(
        ...     level="semantic", epsilon_asked=0.1, epsilon_stated=0.02, vector_error=0.01,
        ...     success_probability=0.9, num_classes=2, **probabilities,
        ... )
        >>> verification_table(check, label=0, accuracy=0.98).cells[:3:2]
        (('verdict', 'PASS'), ('accuracy of the network on its test images', '98.00%'))
    """
    known = "not known: it has none" if accuracy is None else f"{accuracy:.2%}"
    rows: list[Row] = [
        ("verdict", check.verdict),
        ("PASS says", PASS_SAYS),
        ("accuracy of the network on its test images", known),
        ("vector error, measured", f"{check.vector_error:.3e}"),
        ("epsilon, stated by the bloq", f"{check.epsilon_stated:.3e}"),
        ("epsilon, asked for", f"{check.epsilon_asked:.3e}"),
        ("class, quantum", check.quantum_class),
        ("class, classical reference", check.classical_class),
        ("margin of the reference", f"{check.margin:.4f}"),
        ("probability of zeros on the ancilla", f"{check.success_probability:.4f}"),
    ]
    if label is not None:
        rows.insert(8, ("class, label of the image", label))
    title = f"Output at {check.level} level against the numpy forward pass"
    return Table(title, ("check", "value"), rows)


def probabilities_table(check: Verification) -> Table:
    """The class probabilities of one image, one row a group.

    Args:
        check: the verified image.

    Returns:
        Group, quantum, classical, difference.

    Example:
        >>> import numpy as np
        >>> probabilities = {"quantum": np.array([0.7, 0.3]), "classical": np.array([0.71, 0.29])}
        >>> check = Verification(
        ...     level="semantic", epsilon_asked=0.1, epsilon_stated=0.02, vector_error=0.01,
        ...     success_probability=0.9, num_classes=2, **probabilities,
        ... )
        >>> probabilities_table(check).cells[0]
        ('0', '0.70000', '0.71000', '-1.0e-02')
    """
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


def footprint_table(footprint: SurfaceCodeFootprint | Unknown) -> Table:
    """What it takes on a surface code.

    Args:
        footprint: of `CostReport.surface_code`; where there is none, why.

    Returns:
        Two columns, figure and value.

    Example:
        >>> from qualtran.resource_counting import GateCounts
        >>> from bloqs.costs import surface_code_footprint
        >>> table = footprint_table(surface_code_footprint(GateCounts(t=10**6), 100))
        >>> table.cells[0]
        ('model', 'gidney-fowler')
    """
    if isinstance(footprint, Unknown):
        return Table("On a surface code", ("figure", "value"), [("footprint", footprint.reason)])
    return Table("On a surface code", ("figure", "value"), footprint.rows(), numeric={1})


def pareto_table(curve: ParetoCurve) -> Table:
    """Physical qubits against hours; no other run beats one of these in both.

    Args:
        curve: of `CostReport.pareto`.

    Returns:
        One row a run, from few qubits and many hours to the reverse.

    Example:
        >>> from qualtran.resource_counting import GateCounts
        >>> from bloqs.costs import pareto
        >>> table = pareto_table(pareto(GateCounts(t=10**6), 100))
        >>> table.columns[:3], len(table.rows) > 1
        (('factories', 'physical qubits', 'hours'), True)
    """
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


def variants_table(variants: Sequence[Variant], samples: int | None = None) -> Table:
    """The same network with another output or other bounds.

    Args:
        variants: the first is that of the report.
        samples: of a decision; None where there is none.

    Returns:
        One row a variant; where one has no cost, the reason in place of it.

    Example:
        >>> found = Variant("coherent", t_count=800, logical_qubits=20, success_probability=0.5)
        >>> variants_table([found, Variant("worst-case norms", error="no bound exists")], 10).cells
        (('coherent', '800', '0.500', '1,600', '16,000', '20'),
         ('worst-case norms', 'no bound exists', '', '', '', ''))
    """
    rows = [
        (
            v.name,
            v.t_count if v.error is None else v.error,
            number(v.success_probability, ".3f"),
            number(v.t_per_sample, ",.0f"),
            number(_times(samples, v.t_per_sample), ",.0f"),
            v.logical_qubits,
        )
        for v in variants
    ]
    return Table(
        "The same inference built otherwise",
        ("built with", "total T", "success", "T a sample", "T a decision", "logical qubits"),
        rows,
        numeric={1, 2, 3, 4, 5},
        note="Success: probability of zeros on the ancillas. T a sample: expected, until a run succeeds. "
        "T a decision: of all samples until the class is known.",
    )


def _times(samples: int | None, t_per_sample: float | None) -> float | None:
    return None if samples is None or t_per_sample is None else samples * t_per_sample


def sweep_table(sweep: Sweep) -> Table:
    """The result of many images.

    Args:
        sweep: of `bloqs.report.verify_images`.

    Returns:
        Two columns, figure and value; the verdict is the last row.

    Example:
        >>> from bloqs.report.verification import Outside
        >>> outside = Outside("7", layer="block 1", value=1.62, bounds=(0.9, 1.4))
        >>> sweep = Sweep(
        ...     model="tiny", epsilon=0.1, level="semantic", images=(), checks=(), outside=(outside,)
        ... )
        >>> sweep_table(sweep).cells[-3], sweep_table(sweep).cells[-1]
        (('accuracy', 'not known: these images have no labels'), ('verdict', 'FAIL'))
    """
    total, inside = len(sweep.checks) + len(sweep.outside), len(sweep.checks)
    rows: list[Row] = [
        ("images", total),
        ("inside the bounds", f"{number(inside)} ({inside / total:.2%})"),
        ("outside the bounds", len(sweep.outside)),
    ]
    if sweep.worst is not None:
        image, check = sweep.worst
        if check.loading is not None:
            rows.append(("data loaded by", check.loading))
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
        rows += [
            ("accuracy of the circuit on these images", f"{sweep.accuracy:.2%}"),
            ("accuracy of the exact network on them", f"{sweep.exact_accuracy:.2%}"),
        ]
    else:
        rows.append(("accuracy", "not known: these images have no labels"))
    rows.append(("PASS says", PASS_SAYS))
    rows.append(("verdict", "PASS" if sweep.passed else "FAIL"))
    return Table(f"{sweep.model} at {sweep.level} level", ("figure", "value"), rows)


def outside_table(sweep: Sweep) -> Table:
    """The images that the bounds refuse.

    Args:
        sweep: of `bloqs.report.verify_images`.

    Returns:
        Image, layer, the norm found, the bounds.

    Example:
        >>> from bloqs.report.verification import Outside
        >>> outside = Outside("7", layer="block 1", value=1.62, bounds=(0.9, 1.4))
        >>> sweep = Sweep(
        ...     model="tiny", epsilon=0.1, level="semantic", images=(), checks=(), outside=(outside,)
        ... )
        >>> outside_table(sweep).cells
        (('7', 'block 1', '1.62', '[0.9, 1.4]'),)
    """
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
    """The images inside the bounds that fail.

    Args:
        sweep: of `bloqs.report.verify_images`.

    Returns:
        Image and verdict.

    Example:
        >>> from bloqs.report.verification import Outside
        >>> outside = Outside("7", layer="block 1", value=1.62, bounds=(0.9, 1.4))
        >>> sweep = Sweep(
        ...     model="tiny", epsilon=0.1, level="semantic", images=(), checks=(), outside=(outside,)
        ... )
        >>> failures_table(sweep).cells
        ()
    """
    rows = [(image.name, check.verdict) for image, check in sweep.failures]
    return Table("Images that fail", ("image", "verdict"), rows)


def models_tables(models: Sequence[Model]) -> list[Table]:
    """The models, then the norm bounds of their layers.

    Args:
        models: with weights; a model without test images has no accuracy.

    Returns:
        Two tables.

    Example:
        >>> from bloqs.report import load_model
        >>> models, layers = models_tables([load_model("digits-1")])
        >>> dict(zip(models.columns, models.cells[0]))["accuracy"]
        '98.00%'
        >>> [row[1] for row in layers.cells]
        ['block 1', 'output']
    """
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
    norms = [
        layer.map_norm(geometry)
        for layer, geometry in zip(spec.all_layers, spec.geometries, strict=False)
    ]
    bounds = spec.norm_bounds or (None,) * len(norms)
    peaks = (*(spec.amplitude_bounds or ()), *(None,) * len(norms))
    return [
        (
            model.name,
            layer,
            number(norm, ".6f"),
            "none" if pair is None else f"[{pair[0]:.6g}, {pair[1]:.6g}]",
            number(peak, ".4f"),
        )
        for layer, norm, pair, peak in zip(spec.layer_names, norms, bounds, peaks, strict=False)
    ]


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
