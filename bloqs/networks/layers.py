"""The layers that a `NetworkSpec` is a sequence of, under one name; the classes live in `bloqs.layers`."""

from bloqs.layers import AveragePool, Downsample, Layer, Residual, Stem, register_layer

__all__ = ["AveragePool", "Downsample", "Layer", "Residual", "Stem", "register_layer"]
