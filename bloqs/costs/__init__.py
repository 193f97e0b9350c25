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
from bloqs.costs.decision import Decision, decision
from bloqs.costs.estimate import estimate
from bloqs.costs.figures import COST_KEYS, ReportedKey
from bloqs.costs.keys import (
    BloqCalls,
    GatheredKey,
    InputCalls,
    QRAMQueries,
    TDepthUpperBound,
    unwrap,
)
from bloqs.costs.qubits import Workspace, logical_qubits
from bloqs.costs.report import CostReport
from bloqs.costs.rotations import (
    ROTATION_MODELS,
    PhaseGradientModel,
    RotationModel,
    SynthesisModel,
    rotation_model,
)
from bloqs.costs.schedule import Schedule, schedule
from bloqs.costs.spent import spent_budget
from bloqs.costs.splitting import optimise_split
from bloqs.costs.surface_code import (
    PRESETS,
    SURFACE_CODE_MODELS,
    FootprintError,
    ParetoCurve,
    SurfaceCodeFootprint,
    SurfaceCodeModel,
    pareto,
    surface_code_footprint,
)
from bloqs.costs.unknown import UnknownCostError
from bloqs.loading.charges import Charges, Uncompute

__all__ = [
    "CONVENTIONS",
    "COST_KEYS",
    "DEFAULT_CONVENTIONS",
    "DEFAULT_SPLIT",
    "MIXED_FALLBACK_CONVENTIONS",
    "PRESETS",
    "ROTATION_MODELS",
    "SURFACE_CODE_MODELS",
    "BloqCalls",
    "BudgetError",
    "Charges",
    "ClassicalCost",
    "ComponentCost",
    "Conventions",
    "CostReport",
    "Decision",
    "ErrorBudget",
    "ErrorSplit",
    "FootprintError",
    "GatheredKey",
    "InputCalls",
    "OperationCounts",
    "ParetoCurve",
    "PhaseGradientModel",
    "QRAMQueries",
    "ReportedKey",
    "RotationModel",
    "Schedule",
    "SurfaceCodeFootprint",
    "SurfaceCodeModel",
    "SynthesisModel",
    "TDepthUpperBound",
    "Uncompute",
    "UnknownCostError",
    "Workspace",
    "costs_by_component",
    "decision",
    "estimate",
    "forward_cost",
    "leaf_classification",
    "logical_qubits",
    "optimise_split",
    "pareto",
    "rotation_model",
    "schedule",
    "spent_budget",
    "surface_code_footprint",
    "t_count",
    "unwrap",
    "with_rotations_as_t",
]
