"""What a notebook shows for a bloq, a specification and an example: a card instead of pages of weights."""

from __future__ import annotations

from html import escape
from typing import Any

from qualtran import Bloq

from bloqs.core.shown import documented
from bloqs.costs.estimate import estimate
from bloqs.costs.unknown import Unknown
from bloqs.show.tree import in_words
from bloqs.tables import Table, number


def bloq_card(bloq: Any) -> str:
    """A bloq in a notebook: what it is, its equation, alpha, epsilon, registers and cost.

    Args:
        bloq: any.

    Returns:
        HTML, some kilobytes.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> card = bloq_card(LoadedVector([0.6, 0.8]))
        >>> "Loaded vector" in card, "system" in card
        (True, True)
    """
    name = in_words(bloq)
    purpose, equation = documented(type(bloq))
    rows = [("registers", ", ".join(_registers(bloq)))]
    for attribute in ("alpha", "epsilon"):
        value = getattr(bloq, attribute, None)
        if value is not None:
            rows.append((attribute, number(value)))
    rows.append(("cost", _cost_line(bloq)))
    table = Table("", ("of one call", "value"), rows).to_html()
    shown = f"<div>{escape(equation)}</div>" if equation else ""
    return (
        f'<div class="bloqs-card"><h4>{escape(name[:1].upper() + name[1:])}</h4>'
        f"<p>{escape(purpose)}</p>{shown}{table}</div>"
    )


def _registers(bloq: Bloq) -> list[str]:
    try:
        return [f"{one.name}: {number(one.total_bits())} qubits" for one in bloq.signature]
    except ValueError:
        return [one.name for one in bloq.signature]


def _cost_line(bloq: Bloq) -> str:
    try:
        report = estimate(bloq)
    except (ValueError, NotImplementedError) as error:
        return f"not known: {error}"
    qubits = report.logical_qubits
    width = "" if isinstance(qubits, Unknown) else f", {number(qubits)} logical qubits"
    return (
        f"{number(report.t_count)} T: {number(report.native.t)} native, "
        f"{number(report.toffoli_count)} Toffoli, {number(report.rotation_count)} rotations"
        f"{width}; {report.basis}"
    )


def spec_card(spec: Any) -> str:
    """A specification in a notebook: sizes, and one row a layer.

    Args:
        spec: a `NetworkSpec`.

    Returns:
        HTML, some kilobytes whatever its weights are.

    Example:
        >>> from bloqs.networks import load_example
        >>> "block 1" in spec_card(load_example("digits-1").spec)
        True
    """
    sizes = [
        ("input of one path", " x ".join(map(str, spec.input_shape))),
        ("input paths", spec.paths),
        ("amplitudes N", spec.length),
        ("activation", f"{spec.activation.name}, gain {spec.activation.gain:g}"),
        ("groups (one a class)", spec.num_groups),
        ("skip weight tau", number(spec.skip_weight)),
        ("weights", "trained" if spec.has_weights else "none: shapes only, for costs"),
    ]
    norms = spec.norm_bounds or ()
    rows = [
        (name, f"{norms[i][0]:.4g} to {norms[i][1]:.4g}" if i < len(norms) else "not calibrated")
        for i, name in enumerate(spec.layer_names)
    ]
    tables = Table("Residual network", ("size", "value"), sizes).to_html()
    return f'<div class="bloqs-card">{tables}{Table("", ("layer", "norm bounds"), rows).to_html()}</div>'


def example_card(example: Any) -> str:
    """An example in a notebook: its specification, its images counted.

    Args:
        example: of `bloqs.networks.load_example`.

    Returns:
        HTML, some kilobytes.

    Example:
        >>> from bloqs.networks import load_example
        >>> "450 test images" in example_card(load_example("digits-1"))
        True
    """
    shape = " x ".join(map(str, example.images.shape[1:]))
    head = f"{escape(example.name)}: {len(example.images)} test images of {shape} pixels, "
    head += f"{int(example.labels.max()) + 1} classes"
    return f"<p>{head}</p>{spec_card(example.spec)}"
