"""Verification: what a bloq really encodes, gate by gate or from its parts' blocks."""

from bloqs.simulation.gate_level import (
    DirtyFreeError,
    NoTensorsError,
    SimulationTooLargeError,
    Simulator,
    contract,
    unitary,
)
from bloqs.simulation.levels import encoded_matrix, encoded_vector

__all__ = [
    "DirtyFreeError",
    "NoTensorsError",
    "SimulationTooLargeError",
    "Simulator",
    "contract",
    "encoded_matrix",
    "encoded_vector",
    "unitary",
]
