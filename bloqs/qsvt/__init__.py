"""Quantum singular value transformation: bounded polynomials, symmetric phases, the bloq."""

from bloqs.qsvt.mixed import MixedQSVT
from bloqs.qsvt.phases import PhaseError, solve_phases
from bloqs.qsvt.polynomials import activation_quotient, amplification
from bloqs.qsvt.projector_phase import ProjectorPhase
from bloqs.qsvt.qsvt import QSVT

__all__ = [
    "QSVT",
    "MixedQSVT",
    "PhaseError",
    "ProjectorPhase",
    "activation_quotient",
    "amplification",
    "solve_phases",
]
