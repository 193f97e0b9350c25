"""Vector encodings: the base class and the combinations L1-L4 of the paper."""

from bloqs.vector_encoding.base import FloatArray, ShapeOnlyError, VectorEncoding, Wires
from bloqs.vector_encoding.control import ControllableBloq, ReversedBloq

__all__ = [
    "ControllableBloq",
    "FloatArray",
    "ReversedBloq",
    "ShapeOnlyError",
    "VectorEncoding",
    "Wires",
]
