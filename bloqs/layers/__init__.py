"""Layers: what a network is a sequence of, and the bloqs that encode them."""

from bloqs.layers.activated_map import ActivatedMap
from bloqs.layers.amplification import OUTPUTS, Amplification, Heralding, Normalisation
from bloqs.layers.average_pool import AveragePool
from bloqs.layers.downsample import Downsample
from bloqs.layers.facts import ErrorPart, LayerFacts
from bloqs.layers.geometry import Geometry
from bloqs.layers.heralded import HeraldedVector
from bloqs.layers.layer import Layer, Stage
from bloqs.layers.normalisation import NormalizedVector
from bloqs.layers.output import Output
from bloqs.layers.pooling import ResidualLinearPooling, SquaredMatrixVectorProduct
from bloqs.layers.reshaped_product import ReshapedProduct
from bloqs.layers.residual import Residual
from bloqs.layers.residual_block import ResidualBlock
from bloqs.layers.sequence import LAYERS, geometries, layer_names, register_layer
from bloqs.layers.stem import Stem

__all__ = [
    "LAYERS",
    "OUTPUTS",
    "ActivatedMap",
    "Amplification",
    "AveragePool",
    "Downsample",
    "ErrorPart",
    "Geometry",
    "HeraldedVector",
    "Heralding",
    "Layer",
    "LayerFacts",
    "Normalisation",
    "NormalizedVector",
    "Output",
    "ReshapedProduct",
    "Residual",
    "ResidualBlock",
    "ResidualLinearPooling",
    "SquaredMatrixVectorProduct",
    "Stage",
    "Stem",
    "geometries",
    "layer_names",
    "register_layer",
]
