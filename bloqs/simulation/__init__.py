"""Verification: what a bloq really encodes, gate by gate or from its parts' blocks."""

from bloqs.simulation.gate_level import SimulationTooLargeError, unitary
from bloqs.simulation.levels import encoded_matrix, encoded_vector

__all__ = ["SimulationTooLargeError", "encoded_matrix", "encoded_vector", "unitary"]
