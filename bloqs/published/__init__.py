"""The paper's own forms, lemma by lemma, each naming the construction that this library uses instead."""

from bloqs.published.amplified_conv2d import AmplifiedConv2D
from bloqs.published.cyclic_shift import CyclicShift
from bloqs.published.entrywise_conv2d import EntrywiseConv2D
from bloqs.published.lemma import Lemma
from bloqs.published.oblivious_amplification import ObliviousAmplification
from bloqs.published.one_sided_shift import OneSidedShift, ShiftPower
from bloqs.published.uniform_amplification import UniformAmplification

__all__ = [
    "AmplifiedConv2D",
    "CyclicShift",
    "EntrywiseConv2D",
    "Lemma",
    "ObliviousAmplification",
    "OneSidedShift",
    "ShiftPower",
    "UniformAmplification",
]
