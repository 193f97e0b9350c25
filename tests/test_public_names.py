"""The names that are promised, and that `import bloqs` stays light."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import pytest

NAMES = {
    "bloqs.activation": "Activation AmplitudeBlockEncoding NonlinearTransform",
    "bloqs.convolution": "Conv2DBlockEncoding",
    "bloqs.costs": "ErrorBudget ErrorSplit ROTATION_MODELS estimate pareto surface_code_footprint",
    "bloqs.explore": "Explorer Figures State explore explorer_app figures_of",
    "bloqs.interop": "from_onnx from_torch logical_counts to_cirq to_openqasm to_qref",
    "bloqs.layers": (
        "HeraldedVector NormalizedVector ResidualBlock ResidualLinearPooling SquaredMatrixVectorProduct"
    ),
    "bloqs.loading": "ColumnOracle LoadedVector",
    "bloqs.networks": "NetworkSpec NormBoundsError load_example natural_regime",
    "bloqs.published": (
        "AmplifiedConv2D CyclicShift EntrywiseConv2D KPTreeState NonlinearAmplitudeTransformation "
        "ObliviousAmplification OneSidedShift PublishedPooling ShiftPower SkipNormBlock SkipNormNetwork "
        "UniformAmplification WalkDiagonal bessel_chebyshev_erf citation compare"
    ),
    "bloqs.qsvt": "QSVT",
    "bloqs.reference": "convolution_matrix forward",
    "bloqs.show": "bloq_card call_graph cost_tree flame_graph show_network treemap",
    "bloqs.simulation": (
        "assert_encodes contract encoded_matrix encoded_vector layer_errors plan_contraction sample_classes"
    ),
    "bloqs.testing": "assert_encodes assert_formula_is_decomposition",
    "bloqs.vector_encoding": (
        "MatrixVectorProduct VectorConcatenation VectorEncoding VectorSum VectorTensorProduct"
    ),
}


@pytest.mark.parametrize(
    ("module", "name"), [(m, n) for m, names in NAMES.items() for n in names.split()]
)
def test_public_name(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)


def test_import_and_reference_do_without_qualtran() -> None:
    code = "import sys, bloqs, bloqs.reference; print('qualtran' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "False"


@pytest.mark.slow
def test_the_command_line_knows_every_name() -> None:
    """It refuses a wrong word without the modules that declare the right ones, so that it lists them too.

    In a process of its own: tests of extensions register more.
    """
    code = (
        "import importlib, json\n"
        "from bloqs.commands.choices import BY_OPTION, MODELS\n"
        "found = {}\n"
        "for name, choice in {**BY_OPTION, 'model': MODELS}.items():\n"
        "    importlib.import_module(choice.source.partition(':')[0])\n"
        "    found[name] = [list(choice.known), list(choice.names)]\n"
        "print(json.dumps(found))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    for name, (known, names) in json.loads(done.stdout.splitlines()[-1]).items():
        assert known == names, f"bloqs/commands/choices.py, {name}: {names}"
