"""Vector encodings made of others: sum, matrix-vector product, tensor product, concatenation (L1-L4)."""

from bloqs.combine.concatenation import VectorConcatenation
from bloqs.combine.matrix_product import MatrixVectorProduct
from bloqs.combine.select_vectors import SelectVectors
from bloqs.combine.tensor_product import VectorTensorProduct
from bloqs.combine.vector_sum import VectorSum

__all__ = [
    "MatrixVectorProduct",
    "SelectVectors",
    "VectorConcatenation",
    "VectorSum",
    "VectorTensorProduct",
]
