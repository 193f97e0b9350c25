"""Vector encodings under one name: the base class, and the combinations L1-L4 of the paper.

A façade: the base classes live in `bloqs.core`, the combinations in `bloqs.combine`.
"""

from bloqs.combine import (
    MatrixVectorProduct,
    SelectVectors,
    VectorConcatenation,
    VectorSum,
    VectorTensorProduct,
)
from bloqs.core import (
    ControllableBloq,
    FloatArray,
    RealBlockEncoding,
    ReversedBloq,
    ShapeOnlyError,
    VectorEncoding,
    Wires,
)

__all__ = [
    "ControllableBloq",
    "FloatArray",
    "MatrixVectorProduct",
    "RealBlockEncoding",
    "ReversedBloq",
    "SelectVectors",
    "ShapeOnlyError",
    "VectorConcatenation",
    "VectorEncoding",
    "VectorSum",
    "VectorTensorProduct",
    "Wires",
]
