"""The paper's own forms, lemma by lemma, each naming the construction that this library uses instead."""

from bloqs.published.amplified_conv2d import AmplifiedConv2D
from bloqs.published.citations import citation
from bloqs.published.comparison import compare
from bloqs.published.cyclic_shift import CyclicShift
from bloqs.published.entrywise_conv2d import EntrywiseConv2D
from bloqs.published.erf_series import bessel_chebyshev_erf
from bloqs.published.kp_tree import KPTreeState
from bloqs.published.lemma import Lemma
from bloqs.published.nonlinear_amplitudes import NonlinearAmplitudeTransformation
from bloqs.published.oblivious_amplification import ObliviousAmplification
from bloqs.published.one_sided_shift import OneSidedShift, ShiftPower
from bloqs.published.pooling import PublishedPooling, pooling_error
from bloqs.published.skip_norm_block import SkipNormBlock
from bloqs.published.skip_norm_network import SkipNormNetwork
from bloqs.published.uniform_amplification import UniformAmplification
from bloqs.published.walk_diagonal import WalkDiagonal

__all__ = [
    "AmplifiedConv2D",
    "CyclicShift",
    "EntrywiseConv2D",
    "KPTreeState",
    "Lemma",
    "NonlinearAmplitudeTransformation",
    "ObliviousAmplification",
    "OneSidedShift",
    "PublishedPooling",
    "ShiftPower",
    "SkipNormBlock",
    "SkipNormNetwork",
    "UniformAmplification",
    "WalkDiagonal",
    "bessel_chebyshev_erf",
    "citation",
    "compare",
    "pooling_error",
]
