"""Fault-tolerant costs: conventions, cost keys, schedule, error budget, breakdown, surface code.

`bloqs.networks` uses the conventions and the cost keys, so that nothing imported here may build on the
networks.
"""

from bloqs.core.budget import DEFAULT_SPLIT, BudgetError, ErrorBudget, ErrorSplit
from bloqs.costs.breakdown import ComponentCost, costs_by_component, leaf_classification
from bloqs.costs.classical import ClassicalCost, OperationCounts, forward_cost
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
from bloqs.costs.rotations import (
    ROTATION_MODELS,
    PhaseGradientModel,
    RotationModel,
    SynthesisModel,
    rotation_model,
)
from bloqs.costs.schedule import Schedule, schedule
from bloqs.costs.splitting import optimise_split
from bloqs.costs.surface_code import (
    PRESETS,
    FootprintError,
    ParetoCurve,
    SurfaceCodeFootprint,
    pareto,
    surface_code_footprint,
)

__all__ = [
    "CONVENTIONS",
    "DEFAULT_CONVENTIONS",
    "DEFAULT_SPLIT",
    "MIXED_FALLBACK_CONVENTIONS",
    "PRESETS",
    "QRAM_MODELS",
    "ROTATION_MODELS",
    "BloqCalls",
    "BudgetError",
    "ClassicalCost",
    "ComponentCost",
    "Conventions",
    "CostReport",
    "ErrorBudget",
    "ErrorSplit",
    "FootprintError",
    "InputCalls",
    "OperationCounts",
    "ParetoCurve",
    "PhaseGradientModel",
    "QRAMQueries",
    "RotationModel",
    "Schedule",
    "SurfaceCodeFootprint",
    "SynthesisModel",
    "TDepthUpperBound",
    "UnknownCostError",
    "costs_by_component",
    "estimate",
    "forward_cost",
    "leaf_classification",
    "optimise_split",
    "pareto",
    "rotation_model",
    "schedule",
    "surface_code_footprint",
    "t_count",
    "unwrap",
    "with_rotations_as_t",
]
