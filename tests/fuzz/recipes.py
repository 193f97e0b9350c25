"""What each public name is called with where nothing is wrong: by name, else by the name of the argument."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

RECORDS = {
    # What the library hands back. Nobody makes one, and its fields are what was measured.
    "ClassicalCost", "ComponentCost", "CostReport", "ParetoCurve", "Schedule", "SurfaceCodeFootprint",
    "LayerFacts", "Stage", "NetworkFacts", "DataAccess", "Example", "ForwardVectors", "Model", "NamedImage",
    "Decision", "Frontier", "FrontierPoint", "ModelDecisions", "Report", "Sweep", "Variant",
    "Verification", "Crossover", "PolynomialFit", "PowerLaw", "Study",
    "Explorer", "Figures", "ImportedNetwork", "Lemma",
    "ClassSamples", "ContractionPlan", "LayerError", "LayerErrors", "OperationCounts",
    # Seams of the inside: what they take are classes and functions, told by their types.
    "Wires", "ReversedBloq", "BloqCalls", "ReportedKey", "TDepthUpperBound", "register_layer", "restored",
    "optimise_split", "largest_singular_value", "spent_budget", "layer_names", "SynthesisModel",
    "PhaseGradientModel", "FactoredStrategy", "InputCalls", "QRAMQueries", "Workspace", "Uncompute",
    "Amplification", "Heralding", "even", "warm_up", "unwrap", "measured_uncomputation", "of_type",
}  # fmt: skip
"""Names that are not called with hostile values."""

SLOW = {
    "explore",
    "from_torch",
    "model_decisions",
    "network_frontier",
    "run_study",
    "run_sweep",
    "network_report",
    "verify_images",
    "with_frontier",
    "write_study",
}
"""Names whose right call takes many seconds, starts processes, or needs torch."""


ONNX = Path(__file__).parents[2] / "notebooks" / "plain-digits.onnx"
"""A network of another tool."""


@cache
def material() -> dict[str, Any]:
    """Objects that recipes are made of."""
    import bloqs.networks
    from bloqs.convolution import Conv2DBlockEncoding
    from bloqs.core.budget import DEFAULT_SPLIT, BudgetItem, ErrorBudget
    from bloqs.costs import estimate
    from bloqs.loading import ColumnOracle, LoadedVector, TableLookup
    from bloqs.networks.examples import EXAMPLES
    from bloqs.published import EntrywiseConv2D
    from bloqs.published.shift_difference import ShiftDifference
    from bloqs.report import load_model
    from bloqs.scaling import CURVES, Point
    from bloqs.sweeps import run_sweep, seed_tasks
    from bloqs.testing import random_network

    made = random_network(3, (1, 2, 2), kernel_size=1, output_layer=False)
    vector = LoadedVector([0.6, 0.0, 0.0, 0.8])
    model = load_model("digits-1")
    kernel = np.zeros((1, 1, 3, 3))
    kernel[0, 0, 1] = [0.25, 0.5, 0.25]
    convolution = Conv2DBlockEncoding(np.ones((1, 1, 1, 1)), 2)
    spec = made.spec.calibrate(made.images)
    trained = str(Path(bloqs.networks.__file__).parent / "trained" / f"{EXAMPLES[0]}.npz")
    part = BudgetItem(name="all", given=1e-3, used=1e-4)
    with tempfile.TemporaryDirectory() as folder:
        frame = run_sweep(seed_tasks((2, 1, 1), [0], kernel_size=1), out=folder, workers=0)
    return {
        "vector": vector, "spec": spec, "image": made.image, "images": made.images, "model": model,
        "entrywise": EntrywiseConv2D(np.full((1, 1, 2, 2), 0.2), 2),
        "half": ShiftDifference(2),
        "kernel": kernel, "convolution": convolution, "columns": ColumnOracle(np.eye(4).ravel() / 2),
        "lookup": TableLookup([1, 2, 3, 0], 2, 2, use="unload"),
        "budget_item": part, "split": DEFAULT_SPLIT, "gates": estimate(vector).native,
        "curve": CURVES[0], "named": model.image("0"), "file": trained,
        "budget": ErrorBudget(epsilon=1e-2, root=part, split=DEFAULT_SPLIT),
        "network": model.spec.to_bloq(model.image("0").pixels, epsilon=0.1),
        "point": Point(curve=CURVES[6], log2_n=8, num_blocks=1, epsilon=0.1),
        "frame": frame,
    }  # fmt: skip


def by_argument(argument: str) -> Any:
    """A right value by the name of an argument."""
    m = material()
    simple: dict[str, Any] = {
        "bitsize": 2, "axis_bits": 1, "channel_bits": 0,
        "is_halved": False, "address_bitsize": 2, "word_bitsize": 2, "axis_bitsize": 3, "offset_bitsize": 2,
        "select_bitsize": 0, "block_bitsize": 1, "value_bitsize": 2, "kernel_size": 3, "image_size": 3,
        "channels": 1, "num_levels": 2, "num_copies": 4, "angle_bits": 5, "epsilon": 0.1, "num_rotations": 4,
        "degree": 4, "rounds": 0, "s_lo": 0.5, "s_hi": 1.0, "kappa": 2.0, "activation": "erf", "gain": 0.8,
        "name": "erf", "u": [0.1, 0.2], "x": np.ones((1, 2, 2)), "y": np.ones((1, 2, 2)), "M": 3,
        "input_shape": (1, 4, 4), "num_blocks": 1, "num_groups": 1, "regime": 1, "loading": "rotations",
        "length": 16, "size": 3, "alpha": 1.0, "shots": 3, "seed": 0, "seeds": [0], "log2_n": 8,
        "logical_qubits": 10, "data": [0.6, 0.8], "matrix": np.eye(2), "chebyshev": [0.0, 0.5],
        "positions": [0, 3], "polynomial": 0.25, "synthesis": 0.25, "failure": 0.25, "path": "nowhere.npz",
        "level": "semantic", "vectors": np.ones((1, 4)), "title": "Sweep", "text": "{}", "values": {},
        "summary": "words", "output_layer": False, "norm_bounds": "worst-case",
    }  # fmt: skip
    objects: dict[str, Any] = {
        "vector": m["vector"], "first": m["vector"], "second": m["vector"], "parts": [m["vector"]] * 2,
        "encodings": [m["vector"]] * 2, "encoding": m["convolution"], "convolution": m["convolution"],
        "columns": m["columns"], "bloq": m["vector"], "subbloq": m["vector"], "network": m["vector"],
        "ve": m["vector"], "be": m["convolution"], "spec": m["spec"], "image": m["image"],
        "images": m["images"], "kernel": m["kernel"], "kernels": (), "layers": (), "weights": np.eye(4) / 2,
        "gate_counts": m["gates"], "lookup": m["lookup"], "root": m["budget_item"], "split": m["split"],
        "model": m["model"], "curve": m["curve"], "bounds": [(0.5, 1.5)],
    }  # fmt: skip
    return {**simple, **objects}[argument]


@cache
def by_name() -> dict[str, dict[str, Any]]:
    """What a name takes besides, where the name of an argument alone does not tell."""
    from qualtran.resource_counting import GateCounts

    from bloqs.activation import ACTIVATIONS, Activation
    from bloqs.costs import estimate
    from bloqs.layers import Geometry
    from bloqs.networks import load_example

    m = material()
    small = m["spec"]
    shapes = {"input_shape": (1, 4, 4), "num_blocks": 1, "num_groups": 1}
    return {
        "MatrixVectorProduct": {"matrix": m["convolution"]},
        "SelectVectors": {"first": m["vector"], "second": m["vector"]},
        "Conv2DBlockEncoding": {"kernel": m["kernel"], "image_size": 3},
        "TapConv2D": {"kernel": m["kernel"], "image_size": 3},
        "RotationTree": {"index_bitsize": 0, "num_levels": 2},
        "Activation": {"name": "erf"}, "activate": {"activation": Activation("erf")},
        "Conv2DBlockEncoding.from_shape": {"image_size": 4},
        "phase_gradient_preparation": {"bitsize": 4}, "NetworkSpec.load": {"path": m["file"]},
        "ErrorBudget.from_dict": {"values": m["budget"].to_dict()},
        "verify_image": {"network": m["network"], "model": m["model"], "image": m["named"]},
        "pareto": {"gate_counts": GateCounts(t=100)},
        "surface_code_footprint": {"gate_counts": GateCounts(t=100)},
        "ErrorSplit": {"data": 0.25},
        "AliasSampling": {"data": [1.0, 2.0]},
        "BucketBrigadeQRAM": {"data": [1, 2, 3, 0], "address_bitsize": 2, "word_bitsize": 2},
        "ColumnOracle": {"matrix": np.eye(4).ravel() / 2},
        "LoadedVector": {"data": [0.6, 0.8]},
        "MultiplexedRy": {"angles": [0.1, 0.2], "select_bitsize": 1},
        "PhaseFixUp": {"data": [0, 1, 1, 0], "address_bitsize": 2},
        "PositionIndex": {"data": [0, 2], "address_bitsize": 2},
        "QRAMQuery": {"data": [1, 2, 3, 0], "address_bitsize": 2, "word_bitsize": 2},
        "SelectSwapLookup": {"data": [1, 2, 3, 0], "address_bitsize": 2, "word_bitsize": 2},
        "SparseVector": {"data": [0.6, 0.8], "positions": [0, 3], "bitsize": 2},
        "SparseVector.from_vector": {"vector": [0.0, 0.6, 0.8, 0.0]},
        "SparseVector.for_epsilon": {"data": [0.6, 0.8], "bitsize": 2},
        "TableLookup": {"data": [1, 2, 3, 0], "address_bitsize": 2, "word_bitsize": 2},
        "TabulatedRotations": {"loading": "qrom"},
        "memory_model": {"model": "oracle"},
        "rotation_model": {"model": "phase-gradient"},
        "data_access": {"spec": m["spec"], "regime": 1, "loading": "qrom"},
        "load_example": {"name": "digits-1"},
        "NetworkSpec": {"input_shape": (1, 4, 4), "kernels": (m["kernel"],), "num_groups": 1},
        "NetworkSpec.from_shapes": shapes,
        "QSVT": {"chebyshev": [0.0, 0.5], "parity": 1, "degree": 1},
        "activation_quotient": {"activation": Activation("erf"), "degree": 4},
        "amplification": {"degree": 3},
        "SmoothFunction": {
            "name": "bent", "function": np.tanh, "slope": 1.0, "lipschitz": 1.0, "second_derivative": 1.0,
        },
        "decision": {"report": estimate(m["vector"]), "probabilities": [0.64, 0.36]},
        "geometries": {"geometry": Geometry((1, 4, 4))}, "MixedQSVT": {"degree": 3},
        "ReshapedProduct": {"matrix": m["convolution"]},
        "add_bias": {"x": np.ones((1, 1, 2, 2)), "bias_scale": 1.0},
        "ScaledFunction": {"inner": ACTIVATIONS.find("tanh"), "scale": 2.0},
        "scaled_function": {"name": "tanh*2"},
        "NormalizedVector": {"degree": 3},
        "convolution_matrix": {"M": 3},
        "convolve": {"x": np.ones((1, 4, 4))},
        "convolve_adjoint": {"y": np.ones((1, 4, 4))},
        "embed_images": {"images": np.ones((2, 4, 4)), "input_shape": (1, 4, 4)},
        "load_model": {"name": "digits-1"},
        "NormModel": {}, "Curve": {"name": "1", "label": "1"},
        "StudySettings": {"max_log2_n": 8, "regimes": [3], "blocks": [1], "epsilons": [0.1]},
        "crossover": {"log2_n": [1.0, 2.0, 3.0], "quantum": [1.0, 2.0, 3.0], "classical": [1.0, 3.0, 9.0]},
        "fit_polynomial": {"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 4.0], "degree": 1},
        "fit_power_law": {"log2_x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 4.0]},
        "measure": {"point": m["point"]}, "sweep_passed": {"frame": m["frame"]},
        "sweep_summary": {"frame": m["frame"]},
        "ImageTask": {
            "model": "digits-1", "model_digest": "", "source": "all", "index": 0, "image_digest": "",
        },
        "SeedTask": {"kernel_size": 1}, "image_tasks": {"model": "digits-1", "images": "2"},
        "assert_encodes": {"reference": np.array([0.6, 0.0, 0.0, 0.8])},
        "sample_classes": {"network": m["vector"], "num_groups": 2},
        # The paper's own forms.
        "AmplifiedConv2D": {"kernel": m["kernel"], "image_size": 2},
        "EntrywiseConv2D": {"kernel": m["kernel"], "image_size": 4},
        "EntrywiseConv2D.from_shape": {"image_size": 4},
        "ShiftPower": {"power": 1}, "bessel_chebyshev_erf": {"degree": 5},
        "SkipNormBlock": {"convolution": m["entrywise"]},
        "SkipNormBlock.of_kernel": {"kernel": np.ones((1, 1, 1, 1)), "image_size": 2},
        "SkipNormNetwork": {"spec": small, "image": m["image"], "epsilon": 0.1},
        "UniformAmplification": {"encoding": m["entrywise"], "gain": 1.2},
        "ObliviousAmplification": {"encoding": m["half"]},
        "compare": {"spec": small, "image": m["image"], "epsilon": 0.2},
        "pooling_error": {"delta": 1e-3}, "KPTreeState": {"data": [0.6, 0.8]},
        # Other tools, and the explorer's state.
        "logical_counts": {"report": estimate(m["vector"])},
        "State.from_texts": {"texts": {}}, "State.from_query": {"query": ""},
        "explorer_app": {"model": "digits-1"},
        "from_onnx": {"path": str(ONNX), "images": load_example("digits-1").images[:4]},
    }  # fmt: skip


def arguments(path: str, required: tuple[str, ...]) -> dict[str, Any]:
    """What a public name is called with."""
    short = path.split(".", 2)[2]
    given = by_name().get(short, {})
    return {**{one: by_argument(one) for one in required if one not in given}, **given}


def is_called(path: str) -> bool:
    """Whether a name is called with hostile values."""
    words = path.split(".")[2:]
    return not set(words) & (RECORDS | SLOW)
