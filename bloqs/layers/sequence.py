"""Layers in a row: their names, the tensors between them, and the classes that a stored network may name."""

from __future__ import annotations

from collections.abc import Sequence

from bloqs.checks import instance, sequence
from bloqs.layers.geometry import Geometry
from bloqs.layers.layer import Layer


def layer_names(layers: Sequence[Layer]) -> tuple[str, ...]:
    """What tables call the layers of a network: the noun of each with its number, "block 1".

    Args:
        layers: in order.

    Returns:
        A name for each.

    Example:
        >>> from bloqs.layers import Output, Residual
        >>> from bloqs.layers.shapes import KernelShape, OutputShape
        >>> layer_names([Residual(KernelShape(1, 3, 3.0)), Output(OutputShape(4))])
        ('block 1', 'output')
    """
    return tuple(
        f"{layer.noun} {i}" if layer.is_numbered else layer.noun
        for i, layer in enumerate(layers, 1)
    )


def geometries(layers: Sequence[Layer], geometry: Geometry) -> tuple[Geometry, ...]:
    """The tensors between the layers of a network.

    Args:
        layers: in order.
        geometry: of the input of the first.

    Returns:
        One geometry more than there are layers: the input of each, and the image of the last.

    Raises:
        ValueError: a layer does not take the tensor that the one before it makes.

    Example:
        >>> from bloqs.layers import Residual
        >>> from bloqs.layers.shapes import KernelShape
        >>> block = Residual(KernelShape(1, 3, 3.0))
        >>> [found.input_shape for found in geometries([block], Geometry((1, 4, 4)))]
        [(1, 4, 4), (1, 4, 4)]
    """
    layers = sequence(layers, "layers", "a sequence of layers")
    for layer in layers:
        instance(layer, "each of layers", Layer, "a Layer")  # type: ignore[type-abstract]
    found = [instance(geometry, "geometry", Geometry, "a Geometry")]
    for name, layer in zip(layer_names(layers), layers, strict=True):
        try:
            found.append(layer.geometry_after(found[-1]))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return tuple(found)


LAYERS: dict[str, type[Layer]] = {}
"""The classes of layers that a stored network may name, by `kind`."""


def register_layer(cls: type[Layer]) -> type[Layer]:
    """Let stored networks name a class of layers; a decorator.

    Args:
        cls: a concrete class, with its own `kind`.

    Returns:
        The class.

    Raises:
        ValueError: another class has its kind.

    Example:
        >>> from bloqs.layers import Residual
        >>> register_layer(Residual) is LAYERS["residual"]
        True
    """
    if LAYERS.setdefault(cls.kind, cls) is not cls:
        raise ValueError(f"there is another class of layers of kind {cls.kind!r}; rename one")
    return cls
