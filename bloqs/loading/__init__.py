"""Loading classical data into a circuit: multiplexed rotations, vectors, weight columns, tables.

One seam, the argument `loading`: "rotations" (few qubits, one rotation an entry), "qrom" (tables and a phase
gradient) or "select-swap" (the fewest T, more qubits).
"""

from bloqs.loading.angles import (
    DEFAULT_ANGLE_BITS,
    LOADERS,
    MAX_ANGLE_BITS,
    MIN_ANGLE_BITS,
    angle_bits_for,
    tree_angle_bits_for,
)
from bloqs.loading.columns import ColumnOracle
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.lookup import SwapToFront, TableLookup, UnknownDataGate
from bloqs.loading.multiplexed import MultiplexedRy
from bloqs.loading.phase_gradient import (
    BorrowPhaseGradient,
    PhaseGradientRy,
    ReturnPhaseGradient,
    phase_gradient_preparation,
)
from bloqs.loading.tabulated import TabulatedRotations
from bloqs.loading.vector import LoadedVector

__all__ = [
    "DEFAULT_ANGLE_BITS",
    "LOADERS",
    "LOADING_GENERALIZERS",
    "MAX_ANGLE_BITS",
    "MIN_ANGLE_BITS",
    "BorrowPhaseGradient",
    "ColumnOracle",
    "LoadedVector",
    "MultiplexedRy",
    "PhaseGradientRy",
    "ReturnPhaseGradient",
    "SwapToFront",
    "TableLookup",
    "TabulatedRotations",
    "UnknownDataGate",
    "angle_bits_for",
    "phase_gradient_preparation",
    "tree_angle_bits_for",
]
