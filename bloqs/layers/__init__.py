"""Layers: normalisation, residual block, squared product, residual-linear-pooling."""

from bloqs.layers.heralded import HeraldedVector
from bloqs.layers.normalisation import NormalizedVector
from bloqs.layers.pooling import ResidualLinearPooling, SquaredMatrixVectorProduct
from bloqs.layers.residual_block import ResidualBlock

__all__ = [
    "HeraldedVector",
    "NormalizedVector",
    "ResidualBlock",
    "ResidualLinearPooling",
    "SquaredMatrixVectorProduct",
]
