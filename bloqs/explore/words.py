"""The figures of the explorer elsewhere: Python to copy, and the command that prints the same."""

from __future__ import annotations

import shlex
from typing import Any

import attrs

from bloqs.explore.figures import Figures, own_shape
from bloqs.report.build import Settings
from bloqs.report.inputs import Model


def _settings(found: Figures) -> dict[str, Any]:
    """What differs from the defaults."""
    usual = attrs.asdict(Settings(), recurse=False)
    chosen = attrs.asdict(found.settings, recurse=False)
    return {name: value for name, value in chosen.items() if value != usual[name]}


def as_python(model: Model, found: Figures, path: str | None = None) -> str:
    """A program that prints the figures.

    Args:
        model: the state's.
        found: its figures.
        path: of the model's file; None for a bundled model.

    Returns:
        Python, of numbers and names alone.

    Example:
        >>> from bloqs.explore import State, figures_of
        >>> from bloqs.explore.figures import bundled_model
        >>> model = bundled_model("digits-1")
        >>> print(as_python(model, figures_of(model, State(epsilon=0.1, loading="qrom"))))
        from bloqs import load_example
        from bloqs.report import Settings
        <BLANKLINE>
        spec = load_example('digits-1').spec
        settings = Settings(epsilon=0.1, loading='qrom')
        cost = settings.shape_cost(spec)
        print(f"{cost.t_count:,} T, {cost.logical_qubits:,} logical qubits")
        print(f"{cost.sequential_t_depth:,} layers of T, one part after another")
        footprint = cost.surface_code(**settings.physical())
        print(f"{footprint.physical_qubits:,} physical qubits, {footprint.hours:.4g} hours")
        <BLANKLINE>
    """
    spec = found.subject.spec
    imports = ["from bloqs.report import Settings"]
    if not found.subject.is_model:
        imports = ["from bloqs import Activation, NetworkSpec", *imports]
        shape = own_shape(spec)
        activation = spec.activation
        lines = [
            "spec = NetworkSpec.from_shapes(",
            f"    input_shape={spec.input_shape!r},",
            f"    num_blocks={shape['blocks']},",
            f"    kernel_size={shape['kernel']},",
            f"    output_layer={spec.has_output_layer},",
            f"    output_rows={spec.output_rows},",
            f"    paths={spec.paths},",
            f"    activation=Activation({activation.name!r}, gain={activation.gain!r}),",
            f"    skip_weight={spec.skip_weight!r},",
            "    num_groups=1,",
            ")",
        ]
    else:
        if path is None:
            imports = ["from bloqs import load_example", *imports]
            read = f"load_example({model.name!r}).spec"
        else:
            imports = ["from bloqs import NetworkSpec", *imports]
            read = f"NetworkSpec.load({path!r})"
        bare = model.spec.has_output_layer and not spec.has_output_layer
        lines = [f"spec = {read}{'.without_output_layer()' if bare else ''}"]
    given = ", ".join(f"{name}={value!r}" for name, value in _settings(found).items())
    return "\n".join(
        [
            *imports,
            "",
            *lines,
            f"settings = Settings({given})",
            "cost = settings.shape_cost(spec)",
            'print(f"{cost.t_count:,} T, {cost.logical_qubits:,} logical qubits")',
            'print(f"{cost.sequential_t_depth:,} layers of T, one part after another")',
            "footprint = cost.surface_code(**settings.physical())",
            'print(f"{footprint.physical_qubits:,} physical qubits, {footprint.hours:.4g} hours")',
            "",
        ]
    )


def as_command(model: Model, found: Figures, path: str | None = None) -> str:
    """The command that prints the figures.

    Args:
        model: the state's.
        found: its figures.
        path: of the model's file; None for a bundled model.

    Returns:
        One line for a shell.

    Example:
        >>> from bloqs.explore import State, figures_of
        >>> from bloqs.explore.figures import bundled_model
        >>> model = bundled_model("digits-1")
        >>> as_command(model, figures_of(model, State(epsilon=0.1, loading="qrom")))
        'resnet-bloqs estimate digits-1 --epsilon 0.1 --loading qrom'
    """
    spec = found.subject.spec
    words = ["resnet-bloqs", "estimate"]
    if found.subject.is_model:
        words.append(model.name if path is None else path)
        if model.spec.has_output_layer and not spec.has_output_layer:
            words.append("--no-output-layer")
    else:
        shape = own_shape(spec)
        words += ["--shape", str(shape["channels"]), str(shape["size"])]
        options = {
            "blocks": shape["blocks"],
            "kernel": shape["kernel"],
            "paths": spec.paths,
            "skip-weight": repr(spec.skip_weight),
            "activation": spec.activation.name,
            "gain": repr(spec.activation.gain),
        }
        for name, value in options.items():
            words += [f"--{name}", str(value)]
        if spec.has_output_layer:
            words += ["--output-rows", str(spec.output_rows)]
        else:
            words.append("--no-output-layer")
    for name, value in _settings(found).items():
        if name == "norm_bounds" and not isinstance(value, str):
            for low, high in value:
                words += ["--norm", f"{low!r},{high!r}"]
        else:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join(words)
