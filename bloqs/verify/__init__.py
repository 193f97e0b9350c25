"""Verification: what a bloq really encodes, gate by gate or from its parts' blocks."""

from bloqs.verify.encodes import assert_encodes
from bloqs.verify.gate_level import (
    ContractionPlan,
    DirtyFreeError,
    NoTensorsError,
    SimulationTooLargeError,
    Simulator,
    contract,
    plan_contraction,
    unitary,
)
from bloqs.verify.levels import OtherLoaderWarning, encoded_matrix, encoded_vector
from bloqs.verify.sampling import ClassSamples, sample_classes
from bloqs.verify.semantic import LayerError, LayerErrors, layer_errors
from bloqs.verify.unloads import unload_errors

__all__ = [
    "ClassSamples",
    "ContractionPlan",
    "DirtyFreeError",
    "LayerError",
    "LayerErrors",
    "NoTensorsError",
    "OtherLoaderWarning",
    "SimulationTooLargeError",
    "Simulator",
    "assert_encodes",
    "contract",
    "encoded_matrix",
    "encoded_vector",
    "layer_errors",
    "plan_contraction",
    "sample_classes",
    "unitary",
    "unload_errors",
]
