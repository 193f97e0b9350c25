"""Loading classical data into a circuit: multiplexed rotations, vectors, weight columns, tables.

One seam, the argument `loading`, which names a `Loader`: "rotations" (few qubits, one rotation an entry),
"qrom" (tables and a phase gradient), "select-swap" (the fewest T, more qubits), "qram" (the tables lie in a
hardware memory, charged by a model that is named where costs are asked for), "rounded-rotations" (rotations
by the angles that a table would hold), or one of your own (`LOADERS.register`).
"""

from bloqs.loading.alias_sampling import AliasSampling
from bloqs.loading.angles import (
    DEFAULT_ANGLE_BITS,
    MAX_ANGLE_BITS,
    MIN_ANGLE_BITS,
    angle_bits_for,
    tree_angle_bits_for,
)
from bloqs.loading.bucket_brigade import BucketBrigadeQRAM, FanOut
from bloqs.loading.by_qram import Qram
from bloqs.loading.by_qrom import Qrom
from bloqs.loading.by_rotations import Rotations, RoundedRotations
from bloqs.loading.by_segments import SegmentLoader
from bloqs.loading.by_select_swap import BLOCK_BITSIZES, SelectSwap, SelectSwapBlocks
from bloqs.loading.columns import ColumnOracle
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.loader import LOADERS, Loader
from bloqs.loading.lookup import SwapToFront, TableLookup, UnknownDataGate
from bloqs.loading.measured import MeasuredUnload, MeasureRow, measured_uncomputation
from bloqs.loading.memory import MEMORY_MODELS, MemoryModel, MemoryQuery, memory_model
from bloqs.loading.multiplexed import MultiplexedRy
from bloqs.loading.phase_fix_up import PhaseFixUp
from bloqs.loading.phase_gradient import (
    BorrowPhaseGradient,
    PhaseGradientRy,
    ReturnPhaseGradient,
    phase_gradient_preparation,
)
from bloqs.loading.positions import PositionIndex
from bloqs.loading.qram import QRAMQuery
from bloqs.loading.select_swap import SelectSwapLookup, select_swap_toffolis
from bloqs.loading.sparse import SparseVector
from bloqs.loading.tabulated import TableLoader, TabulatedRotations
from bloqs.loading.vector import LoadedVector

for built_in in (
    *(Rotations(), Qrom(), SelectSwap(), Qram(), RoundedRotations()),
    *(SelectSwapBlocks(k) for k in BLOCK_BITSIZES),
):
    LOADERS.register(built_in)

__all__ = [
    "DEFAULT_ANGLE_BITS",
    "LOADERS",
    "LOADING_GENERALIZERS",
    "MAX_ANGLE_BITS",
    "MEMORY_MODELS",
    "MIN_ANGLE_BITS",
    "AliasSampling",
    "BorrowPhaseGradient",
    "BucketBrigadeQRAM",
    "ColumnOracle",
    "FanOut",
    "LoadedVector",
    "Loader",
    "MeasureRow",
    "MeasuredUnload",
    "MemoryModel",
    "MemoryQuery",
    "MultiplexedRy",
    "PhaseFixUp",
    "PhaseGradientRy",
    "PositionIndex",
    "QRAMQuery",
    "ReturnPhaseGradient",
    "SegmentLoader",
    "SelectSwapBlocks",
    "SelectSwapLookup",
    "SparseVector",
    "SwapToFront",
    "TableLoader",
    "TableLookup",
    "TabulatedRotations",
    "UnknownDataGate",
    "angle_bits_for",
    "measured_uncomputation",
    "memory_model",
    "phase_gradient_preparation",
    "select_swap_toffolis",
    "tree_angle_bits_for",
]
