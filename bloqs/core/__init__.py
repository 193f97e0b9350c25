"""What every bloq rests on: wires, control, the bases of vector and block encodings, rotations, flags."""

from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.control import ControllableBloq, ReversedBloq
from bloqs.core.encoding import FloatArray, ShapeOnlyError, VectorEncoding
from bloqs.core.wires import Wires

__all__ = [
    "ControllableBloq",
    "FloatArray",
    "RealBlockEncoding",
    "ReversedBloq",
    "ShapeOnlyError",
    "VectorEncoding",
    "Wires",
]
