from bloqs.training.distillation import Distilled as Distilled
from bloqs.training.distillation import distill as distill
from bloqs.training.loss import DecisionCost as DecisionCost
from bloqs.training.loss import decision_loss as decision_loss
from bloqs.training.network import ResidualNet as ResidualNet
from bloqs.training.network import project_ as project_

__all__ = [
    "DecisionCost",
    "Distilled",
    "ResidualNet",
    "decision_loss",
    "distill",
    "project_",
]
