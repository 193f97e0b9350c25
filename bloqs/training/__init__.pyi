from .distillation import Distilled as Distilled, distill as distill
from .loss import DecisionCost as DecisionCost, decision_loss as decision_loss
from .network import ResidualNet as ResidualNet, project_ as project_

__all__ = [
    "DecisionCost",
    "Distilled",
    "ResidualNet",
    "decision_loss",
    "distill",
    "project_",
]
