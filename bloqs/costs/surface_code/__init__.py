"""From logical counts to a surface code: code distance, physical qubits, factories, hours.

Two models by Qualtran's public functions, Gidney and Fowler (2019) and Beverland et al. (2022), and those
of this decade: rotated patches with cultivated magic states, yoked storage, an estimate for the two-gross
bicycle code. One of your own joins `SURFACE_CODE_MODELS`.
Qualtran converts rotations at rates of its own; here they are T already, by the conventions of the report.
"""

from bloqs.costs.surface_code.bicycle import TwoGrossModel
from bloqs.costs.surface_code.cultivation import CultivatedCCXKind, CultivationKind
from bloqs.costs.surface_code.factories import FACTORY_KINDS, Candidate, FactoryKind
from bloqs.costs.surface_code.footprint import FootprintError, SurfaceCodeFootprint
from bloqs.costs.surface_code.least_volume import surface_code_footprint
from bloqs.costs.surface_code.models import (
    SURFACE_CODE_MODELS,
    BeverlandModel,
    GidneyFowlerModel,
    SurfaceCodeModel,
)
from bloqs.costs.surface_code.pareto import ParetoCurve, pareto
from bloqs.costs.surface_code.presets import PRESETS, REACTION_TIME_US, Preset
from bloqs.costs.surface_code.rotated import RotatedFastBlockModel, RotatedGridModel
from bloqs.costs.surface_code.search import MAX_CODE_DISTANCE
from bloqs.costs.surface_code.three_levels import ThreeLevelKind
from bloqs.costs.surface_code.yoked import YokedModel

__all__ = [
    "FACTORY_KINDS",
    "MAX_CODE_DISTANCE",
    "PRESETS",
    "REACTION_TIME_US",
    "SURFACE_CODE_MODELS",
    "BeverlandModel",
    "Candidate",
    "CultivatedCCXKind",
    "CultivationKind",
    "FactoryKind",
    "FootprintError",
    "GidneyFowlerModel",
    "ParetoCurve",
    "Preset",
    "RotatedFastBlockModel",
    "RotatedGridModel",
    "SurfaceCodeFootprint",
    "SurfaceCodeModel",
    "ThreeLevelKind",
    "TwoGrossModel",
    "YokedModel",
    "pareto",
    "surface_code_footprint",
]
