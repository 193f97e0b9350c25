"""Vector encodings: the base class and the combinations L1-L4 of the paper."""

from bloqs.vector_encoding.base import FloatArray, ShapeOnlyError, VectorEncoding, Wires
from bloqs.vector_encoding.block import RealBlockEncoding
from bloqs.vector_encoding.concatenation import SelectVectors, VectorConcatenation
from bloqs.vector_encoding.control import ControllableBloq, ReversedBloq
from bloqs.vector_encoding.matrix_product import MatrixVectorProduct
from bloqs.vector_encoding.sum import VectorSum
from bloqs.vector_encoding.tensor_product import VectorTensorProduct

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
