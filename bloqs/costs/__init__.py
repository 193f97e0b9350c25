"""Fault-tolerant costs: conventions, cost keys, breakdown, surface code.

`bloqs.networks` uses the conventions and the cost keys, so that nothing imported here may build on the
networks.
"""

from bloqs.costs.breakdown import ComponentCost, costs_by_component, leaf_classification
from bloqs.costs.conventions import (
    CONVENTIONS,
    DEFAULT_CONVENTIONS,
    MIXED_FALLBACK_CONVENTIONS,
    Conventions,
    t_count,
    with_rotations_as_t,
)
from bloqs.costs.estimate import CostReport, estimate
from bloqs.costs.keys import (
    QRAM_MODELS,
    BloqCalls,
    InputCalls,
    QRAMQueries,
    TDepthUpperBound,
    UnknownCostError,
    unwrap,
)
from bloqs.costs.surface_code import (
    FootprintError,
    SurfaceCodeFootprint,
    surface_code_footprint,
)

__all__ = [
    "CONVENTIONS",
    "DEFAULT_CONVENTIONS",
    "MIXED_FALLBACK_CONVENTIONS",
    "QRAM_MODELS",
    "BloqCalls",
    "ComponentCost",
    "Conventions",
    "CostReport",
    "FootprintError",
    "InputCalls",
    "QRAMQueries",
    "SurfaceCodeFootprint",
    "TDepthUpperBound",
    "UnknownCostError",
    "costs_by_component",
    "estimate",
    "leaf_classification",
    "surface_code_footprint",
    "t_count",
    "unwrap",
    "with_rotations_as_t",
]
