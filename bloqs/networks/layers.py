"""The layers that a `NetworkSpec` is a sequence of, under one name; the classes live in `bloqs.layers`."""

from bloqs.layers import Layer, Residual, register_layer

__all__ = ["Layer", "Residual", "register_layer"]
