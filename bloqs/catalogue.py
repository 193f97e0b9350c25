"""The one register of bloqs: class, examples, and what an example is excused from.

Everything that walks over bloqs starts here: serialisation and conformance tests. To add a bloq, write its
file and its test, and one line below; a test fails for a concrete bloq that is missing.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from qualtran import Bloq, BloqExample
from qualtran.serialization.resolver_dict import RESOLVER_DICT

from bloqs.activation import AmplitudeBlockEncoding, NonlinearTransform, quotient
from bloqs.combine.concatenation import VectorConcatenation
from bloqs.combine.matrix_product import MatrixVectorProduct
from bloqs.combine.select_vectors import SelectVectors
from bloqs.combine.tensor_product import VectorTensorProduct
from bloqs.combine.vector_sum import VectorSum
from bloqs.convolution import (
    Conv2DBlockEncoding,
    CoordinateShift,
    PaddingFlag,
    RotationTree,
    TapConv2D,
    TapSign,
    WindowMean,
)
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.control import ReversedBloq
from bloqs.core.encoding import VectorEncoding
from bloqs.core.flags import AllZeroFlag
from bloqs.core.rotation import GenericRotation
from bloqs.core.shown import documented
from bloqs.layers import (
    ActivatedMap,
    HeraldedVector,
    NormalizedVector,
    ReshapedProduct,
    ResidualBlock,
    ResidualLinearPooling,
    SquaredMatrixVectorProduct,
)
from bloqs.loading.alias_sampling import AliasSampling
from bloqs.loading.bucket_brigade import BucketBrigadeQRAM, FanOut
from bloqs.loading.columns import ColumnOracle
from bloqs.loading.lookup import SwapToFront, TableLookup, UnknownDataGate
from bloqs.loading.measured import MeasuredUnload, MeasureRow
from bloqs.loading.multiplexed import MultiplexedRy
from bloqs.loading.phase_fix_up import PhaseFixUp
from bloqs.loading.phase_gradient import (
    BorrowPhaseGradient,
    PhaseGradientRy,
    ReturnPhaseGradient,
)
from bloqs.loading.positions import PositionIndex
from bloqs.loading.qram import QRAMQuery
from bloqs.loading.select_swap import SelectSwapLookup
from bloqs.loading.sparse import SparseVector
from bloqs.loading.tabulated import TabulatedRotations
from bloqs.loading.vector import LoadedVector
from bloqs.networks import assembly
from bloqs.networks.network import ResidualNetwork
from bloqs.networks.paths import InputPaths
from bloqs.networks.shares import ErrorShares
from bloqs.published import (
    AmplifiedConv2D,
    CyclicShift,
    EntrywiseConv2D,
    KPTreeState,
    NonlinearAmplitudeTransformation,
    ObliviousAmplification,
    OneSidedShift,
    PublishedPooling,
    ShiftPower,
    SkipNormBlock,
    SkipNormNetwork,
    UniformAmplification,
    WalkDiagonal,
    erf_series,
)
from bloqs.published.rescaled import RescaledEncoding
from bloqs.published.shift_difference import ShiftDifference
from bloqs.published.sign_amplification import SignAmplification
from bloqs.published.sums import PoolingSum, SkipSum
from bloqs.qsvt import QSVT, MixedQSVT, ProjectorPhase

CHECKS = ("make", "decompose", "counts", "serialize", "qtyping")
"""Qualtran's five checks of a bloq example."""

LEAF = {
    "decompose": "Qualtran answers NA for an atomic leaf: it has no decomposition",
    "counts": "Qualtran answers MISSING for an atomic leaf: it has no call graph",
    "qtyping": "Qualtran answers NA for an atomic leaf: it types the wires of a decomposition",
}


@attrs.frozen
class Entry:
    """One bloq class.

    Parameters:
        bloq_cls: the class; its examples are the `@bloq_example`s of its file. One whose name ends in
            `_symbolic` has symbols for sizes and is held to "symbolic = numeric" instead of the checks.
        examples_in: module of its examples, where that is not the one of the class.
        excused: check name -> the upstream limit that forces it, for every example of the class.
        states: number of the paper's lemma that the class states, beside what it says itself.
        told_by: what documents the lemma, where it is not the class.

    Example:
        >>> entry = Entry(AmplitudeBlockEncoding)
        >>> [example.name for example in entry.examples]
        ['amplitude_diagonal', 'amplitude_diagonal_shape']
        >>> entry.lemma, entry.reference.shape, Entry(VectorSum, states="L1").lemma
        ('instead of B18', (4, 4), 'L1')
    """

    bloq_cls: type[Bloq]
    examples_in: str | None = None
    excused: Mapping[str, str] = attrs.field(factory=dict)
    states: str = ""
    told_by: Any = None

    @property
    def lemma(self) -> str:
        """The paper's lemma that it states, or those in whose place it stands; empty where there is none."""
        stated = getattr(self.bloq_cls, "lemma", None)
        said = [self.states] if self.states else []
        if stated is not None:
            said.insert(0, stated.label)
        if said:
            return ", ".join(said)
        # A lemma names ours by its dotted name, arguments behind it where they matter.
        ours = {
            entry.bloq_cls.lemma.label: entry.bloq_cls.lemma.ours.split("(")[0].split(".")[-1]
            for entry in CATALOGUE
            if hasattr(entry.bloq_cls, "lemma")
        }
        labels = [label for label, name in ours.items() if name == self.bloq_cls.__name__]
        return f"instead of {', '.join(labels)}" if labels else ""

    @property
    def equation(self) -> str:
        """What it encodes or does, as its documentation has it, in `$$`; empty where words do."""
        return documented(self.told_by or self.bloq_cls)[1]

    @property
    def reference(self) -> npt.NDArray[np.float64] | npt.NDArray[np.int64] | None:
        """What its first example with data is compared to: the exact vector or matrix, or permutation.

        None without one.
        """
        for example in self.concrete:
            bloq = example.make()
            if isinstance(bloq, CoordinateShift):
                return bloq.permutation()
            if isinstance(bloq, VectorEncoding | RealBlockEncoding) and bloq.has_data:
                # A transform of an encoding that is not ours has no target of its own.
                with contextlib.suppress(ValueError):
                    return bloq.target()
        return None

    @property
    def examples(self) -> tuple[BloqExample, ...]:
        """All examples of the class."""
        module = sys.modules[self.examples_in or self.bloq_cls.__module__]
        found = (item for item in vars(module).values() if isinstance(item, BloqExample))
        return tuple(example for example in found if example.bloq_cls is self.bloq_cls)

    @property
    def concrete(self) -> tuple[BloqExample, ...]:
        """The examples without symbols."""
        return tuple(e for e in self.examples if not e.name.endswith("_symbolic"))


CATALOGUE: tuple[Entry, ...] = (
    Entry(ReversedBloq),
    Entry(GenericRotation, excused=LEAF),
    Entry(AllZeroFlag),
    Entry(VectorSum, states="L1"),
    Entry(MatrixVectorProduct, states="L2"),
    Entry(VectorTensorProduct, states="L3"),
    Entry(SelectVectors),
    Entry(VectorConcatenation, states="L4"),
    Entry(UnknownDataGate, excused=LEAF),
    Entry(TableLookup),
    Entry(SwapToFront),
    Entry(SelectSwapLookup),
    Entry(FanOut),
    Entry(BucketBrigadeQRAM),
    Entry(QRAMQuery),
    Entry(PhaseFixUp),
    Entry(MeasureRow, excused=LEAF),
    Entry(MeasuredUnload),
    Entry(AliasSampling),
    Entry(PositionIndex),
    Entry(BorrowPhaseGradient, excused=LEAF),
    Entry(ReturnPhaseGradient, excused=LEAF),
    Entry(PhaseGradientRy),
    Entry(TabulatedRotations),
    Entry(MultiplexedRy),
    Entry(LoadedVector),
    Entry(SparseVector),
    Entry(ColumnOracle),
    Entry(ProjectorPhase),
    Entry(QSVT),
    Entry(MixedQSVT, examples_in=quotient.__name__),
    Entry(CoordinateShift),
    Entry(PaddingFlag),
    Entry(RotationTree),
    Entry(TapSign),
    Entry(Conv2DBlockEncoding),
    Entry(TapConv2D),
    Entry(WindowMean),
    Entry(AmplitudeBlockEncoding),
    Entry(NonlinearTransform),
    Entry(NormalizedVector),
    Entry(HeraldedVector),
    Entry(ResidualBlock),
    Entry(ReshapedProduct),
    Entry(ActivatedMap),
    Entry(SquaredMatrixVectorProduct, states="T1"),
    Entry(ResidualLinearPooling),
    Entry(InputPaths),
    Entry(ErrorShares, excused=LEAF),
    Entry(ResidualNetwork, examples_in=assembly.__name__),
    Entry(CyclicShift),
    Entry(ShiftDifference),
    Entry(OneSidedShift),
    Entry(ShiftPower),
    Entry(ObliviousAmplification),
    Entry(UniformAmplification),
    Entry(EntrywiseConv2D),
    Entry(AmplifiedConv2D),
    Entry(WalkDiagonal),
    Entry(SignAmplification),
    Entry(NonlinearAmplitudeTransformation),
    Entry(RescaledEncoding),
    Entry(SkipSum),
    Entry(PoolingSum),
    Entry(SkipNormBlock),
    Entry(SkipNormNetwork),
    Entry(
        QSVT, examples_in=erf_series.__name__, states="B19", told_by=erf_series.bessel_chebyshev_erf
    ),
    Entry(PublishedPooling, states="B20"),
    Entry(KPTreeState),
)


MOVED: Mapping[str, str] = {
    "bloqs.core.control": "bloqs.vector_encoding.control",
    "bloqs.core.flags": "bloqs.vector_encoding.flags",
    "bloqs.core.rotation": "bloqs.vector_encoding.rotation",
    "bloqs.combine.vector_sum": "bloqs.vector_encoding.sum",
    "bloqs.combine.matrix_product": "bloqs.vector_encoding.matrix_product",
    "bloqs.combine.tensor_product": "bloqs.vector_encoding.tensor_product",
    "bloqs.combine.concatenation": "bloqs.vector_encoding.concatenation",
    "bloqs.combine.select_vectors": "bloqs.vector_encoding.concatenation",
    "bloqs.loading.positions": "bloqs.loading.sparse",
    "bloqs.loading.phase_fix_up": "bloqs.loading.measured",
}
"""Module -> the one it was in before: bloqs stored by an older version name their class by it."""


def register_bloq(cls: type[Bloq]) -> type[Bloq]:
    """Let Qualtran's serialisation find a class of bloqs by name: for one of your own, as a decorator.

    Args:
        cls: the class; its attributes are what Qualtran can store (numbers, arrays, text, bloqs).

    Returns:
        The class.

    Example:
        >>> from qualtran.serialization.bloq import bloqs_from_proto, bloqs_to_proto
        >>> from qualtran.bloqs.basic_gates import XGate
        >>> @register_bloq
        ... @attrs.frozen
        ... class Flip(XGate):
        ...     pixel: int
        >>> bloqs_from_proto(bloqs_to_proto(Flip(3)))
        [Flip(pixel=3)]
    """
    RESOLVER_DICT[f"{cls.__module__}.{cls.__qualname__}"] = cls
    return cls


def register() -> None:
    """Let Qualtran's serialisation find the classes of the library. Done at import; harmless when repeated.

    A class that has moved is found by the name of its old module too.

    Example:
        >>> register()
        >>> RESOLVER_DICT["bloqs.vector_encoding.sum.VectorSum"] is VectorSum
        True
    """
    for entry in CATALOGUE:
        cls = register_bloq(entry.bloq_cls)
        if cls.__module__ in MOVED:
            RESOLVER_DICT[f"{MOVED[cls.__module__]}.{cls.__qualname__}"] = cls


register()
