"""Simulation and verification under one name, as it was before each had a room of its own.

A façade: what an encoding is held to lives in `bloqs.verify`, the engines in `bloqs.statevector` and
`bloqs.tensornetwork`, the large network at gate level in `bloqs.applications.flagship`.
"""

from bloqs.verify import (
    ClassSamples,
    ContractionPlan,
    DirtyFreeError,
    LayerError,
    LayerErrors,
    NoTensorsError,
    OtherLoaderWarning,
    SimulationTooLargeError,
    Simulator,
    assert_encodes,
    contract,
    encoded_matrix,
    encoded_vector,
    layer_errors,
    plan_contraction,
    sample_classes,
    unitary,
)

# A façade names what it stands for once more.
# pylint: disable=duplicate-code
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
]
