"""The layers of an encoding, from its input on: the one walk along a network's bloqs."""

from __future__ import annotations

import attrs

from bloqs.core.encoding import MappedVector, VectorEncoding


@attrs.frozen
class Link:
    """One layer of an encoding.

    Parameters:
        whole: the layer with all that amplifies or wraps it: what the next layer calls.
        layer: the layer itself; for the input, and where nothing amplifies, the same.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> (link,) = chain(LoadedVector([0.6, -0.8]))
        >>> link.whole is link.layer, link.map is None
        (True, True)
    """

    whole: VectorEncoding
    layer: VectorEncoding

    @property
    def map(self) -> MappedVector | None:
        """The layer as a map of the vector of the link before it; None for the input."""
        return self.layer if isinstance(self.layer, MappedVector) else None


def chain(encoding: VectorEncoding) -> tuple[Link, ...]:
    """The layers of an encoding, the input first, the last layer last.

    Args:
        encoding: a network, a layer, or any other vector encoding (which is its own input).

    Returns:
        One link a layer; the first is what the others are made from.

    Example:
        >>> from bloqs.activation import NonlinearTransform
        >>> from bloqs.layers import NormalizedVector
        >>> from bloqs.loading import LoadedVector
        >>> vector = NonlinearTransform(LoadedVector([0.6, -0.8]), degree=2)
        >>> links = chain(NormalizedVector(vector, s_lo=0.9, s_hi=1.0, degree=3))
        >>> [type(link.layer).__name__ for link in links]
        ['LoadedVector', 'NonlinearTransform']
        >>> type(links[-1].whole).__name__
        'NormalizedVector'
    """
    links: list[Link] = []
    whole = encoding
    while True:
        while (inner := encoding.amplifies) is not None:
            encoding = inner
        link = Link(whole, encoding)
        links.append(link)
        if link.map is None:
            return tuple(reversed(links))
        whole = encoding = link.map.vector


def link_names(links: tuple[Link, ...]) -> tuple[str, ...]:
    """What tables call the layers of an encoding.

    Args:
        links: the layers, as `chain` returns them.

    Returns:
        "input", then the names that the whole gives to its layers. Where it gives none, each layer has its
        noun and its place, as in "block 1"; one of a kind that only ends a network ("output") has no number
        there.

    Example:
        >>> from bloqs.activation import NonlinearTransform
        >>> from bloqs.loading import LoadedVector
        >>> link_names(chain(NonlinearTransform(LoadedVector([0.6, -0.8]), degree=2)))
        ('input', 'layer 1')
    """
    told = links[-1].whole.layer_names
    if len(told) == len(links) - 1:
        return ("input", *told)
    names = ["input"]
    for number, link in enumerate(links[1:], start=1):
        assert link.map is not None
        noun = link.map.noun
        is_last = number == len(links) - 1
        names.append(noun if link.map.is_final and is_last else f"{noun} {number}")
    return tuple(names)
