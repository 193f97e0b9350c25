"""Where the error of a network arises: layer by layer, measured against what is stated and propagated.

With `x_i` the vector that layer i really encodes (alpha times its block), `v_i` the exact one and `F_i` the
exact layer (normalised), the measured error of a layer is at most the sum of two:

    ||x_i - v_i|| <= ||x_i - F_i(x_(i-1))|| + ||F_i(x_(i-1)) - v_i||
                      local: its polynomials    inherited: the error of its
                      and rounded angles        input, passed on exactly

and the inherited part is at most the error before it times the layer's sensitivity, to first order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from bloqs.checks import real_array, sequence
from bloqs.core.chain import Link, chain, link_names
from bloqs.core.encoding import VectorEncoding
from bloqs.reference.network import ForwardVectors
from bloqs.tables import Table, Tabular
from bloqs.verify.encodes import ROUNDING
from bloqs.verify.levels import at_gate_level, check_level, encoded_vector

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]


@attrs.frozen
class LayerError:
    """The error of one layer's normalised vector; all errors are 2-norms.

    Parameters:
        name: `"input"`, `"block 1"`, ..., `"output"`.
        measured: of the encoded vector against the exact one.
        stated: the encoding's `epsilon`, a bound of `measured`.
        local: what the layer adds itself: its vector against its exact map (`apply_target`, normalised) of
            the input that it really has.
        inherited: that map's result against the exact vector: what becomes of the error of the layer's
            input, and, where a reference is given, how far its map is from the layer's; 0 for the input.
        sensitivity: proved factor by which an error of the layer's input may grow, to first order; 0 for the
            input, which has none.
        at_end: `local` times the sensitivities of all later layers: its part of the final error, at most.
        amplitude: of the good branch, `||block||`.

    Example:
        >>> from bloqs.activation import NonlinearTransform
        >>> from bloqs.loading import LoadedVector
        >>> vector = NonlinearTransform(LoadedVector([0.6, -0.8]), degree=2)
        >>> layer: LayerError = layer_errors(vector).layers[-1]
        >>> layer.name, layer.is_within, layer.measured <= layer.local + layer.inherited
        ('layer 1', True, True)
    """

    name: str
    measured: float
    stated: float
    local: float
    inherited: float
    sensitivity: float
    at_end: float
    amplitude: float

    @property
    def is_within(self) -> bool:
        """Measured error at most the stated one, floating-point rounding aside. False for a NaN."""
        return self.measured <= self.stated + ROUNDING


@attrs.frozen(repr=False)
class LayerErrors(Tabular):
    """The errors of all layers of a network, the input first.

    Parameters:
        layers: one record a layer.
        level: of the simulation.

    Example:
        >>> from bloqs.activation import NonlinearTransform
        >>> from bloqs.loading import LoadedVector
        >>> errors: LayerErrors = layer_errors(NonlinearTransform(LoadedVector([0.6, -0.8]), degree=2))
        >>> len(errors.layers), errors.measured <= errors.stated
        (2, True)
    """

    layers: tuple[LayerError, ...]
    level: str

    @property
    def measured(self) -> float:
        """Error of the last layer's vector."""
        return self.layers[-1].measured

    @property
    def stated(self) -> float:
        """Its stated epsilon."""
        return self.layers[-1].stated

    @property
    def propagated(self) -> float:
        """Sum of all local errors carried to the end: bounds `measured`, to first order."""
        return sum(layer.at_end for layer in self.layers)

    @property
    def is_within(self) -> bool:
        """Whether every layer's measured error is at most the stated one."""
        return all(layer.is_within for layer in self.layers)

    def table(self) -> Table:
        """One row a layer; `EXCEEDED` stands where an error is larger than was stated."""
        rows = [
            (
                layer.name,
                f"{layer.measured:.3g}",
                f"{layer.stated:.3g}" + ("" if layer.is_within else " EXCEEDED"),
                f"{layer.local:.3g}",
                f"{layer.inherited:.3g}",
                f"{layer.sensitivity:.3g}" if layer.sensitivity else None,
                f"{layer.at_end:.3g}",
            )
            for layer in self.layers
        ]
        return Table(
            f"2-norm errors of the layers ({self.level} level)",
            (
                "layer",
                "measured",
                "stated",
                "local",
                "inherited",
                "sensitivity",
                "at the end",
            ),
            rows,
            numeric=range(1, 7),
            note=f"local errors carried to the end: {self.propagated:.3g} at most, to first order",
        )

    def __repr__(self) -> str:
        return f"LayerErrors(measured={self.measured:.3g}, stated={self.stated:.3g}, level={self.level!r})"


def layer_errors(
    network: VectorEncoding,
    reference: ForwardVectors | Sequence[Any] | None = None,
    *,
    level: str = "semantic",
) -> LayerErrors:
    """The error of every layer of a network: measured, stated, local, inherited.

    Args:
        network: what `NetworkSpec.to_bloq` returns, or any other encoding (`bloqs.core.chain.chain`).
        reference: the exact vectors: `bloqs.reference.forward_vectors(spec, image)` of the same image, or a
            sequence of `(2**n,)` arrays, the input's first, one a layer; None for what each bloq promises
            (its `target()`), which is written independently of its circuit but not of its class.
        level: "semantic", or "gate" to contract every layer by itself (each contains those before it).

    Returns:
        One record a layer, the input first.

    Raises:
        ShapeOnlyError: a network by shape.
        ValueError: not a vector encoding, an unknown level, a batch of images, or a reference of other
            layers or lengths than the network's.

    Example:
        >>> from bloqs.layers import NormalizedVector
        >>> from bloqs.activation import NonlinearTransform
        >>> from bloqs.loading import LoadedVector
        >>> vector = NonlinearTransform(LoadedVector([0.6, -0.8]), degree=2)
        >>> errors = layer_errors(NormalizedVector(vector, s_lo=0.9, s_hi=1.0, degree=3))
        >>> [layer.name for layer in errors.layers], errors.is_within
        (['input', 'layer 1'], True)
    """
    check_level(level)
    if not isinstance(network, VectorEncoding):
        raise ValueError(
            f"network must be a VectorEncoding, such as NetworkSpec.to_bloq returns, got "
            f"{type(network).__name__}"
        )
    links = chain(at_gate_level(network) if level == "gate" else network)
    names = link_names(links)
    exact = _exact_vectors(links, names, reference)
    found = [encoded_vector(link.whole, level=level) for link in links]
    maps = [link.map for link in links]
    sensitivities = [0.0 if layer is None else float(layer.sensitivity) for layer in maps]
    records = []
    for i, (link, layer) in enumerate(zip(links, maps, strict=True)):
        whole = link.whole
        # The exact layer acts on real vectors; that the encoded ones are real is part of what is measured.
        ideal = exact[0] if layer is None else _direction(layer.apply_target(found[i - 1].real))
        local = float(np.linalg.norm(found[i] - ideal))
        records.append(
            LayerError(
                name=names[i],
                measured=float(np.linalg.norm(found[i] - exact[i])),
                stated=float(whole.epsilon),
                local=local,
                inherited=float(np.linalg.norm(ideal - exact[i])),
                sensitivity=sensitivities[i],
                at_end=local * float(np.prod(sensitivities[i + 1 :])),
                amplitude=float(np.linalg.norm(found[i])) / float(whole.alpha),
            )
        )
    return LayerErrors(tuple(records), level)


def _direction(vector: FloatArray) -> FloatArray:
    """The vector over its norm."""
    return np.asarray(vector / np.linalg.norm(vector))


def _exact_vectors(
    links: Sequence[Link],
    names: Sequence[str],
    reference: ForwardVectors | Sequence[Any] | None,
) -> list[FloatArray]:
    """The exact vector of each layer, checked."""
    if reference is None:
        return [link.whole.target() for link in links]
    if isinstance(reference, ForwardVectors):
        if reference.input.ndim != 1:
            raise ValueError(
                f"the reference holds a batch of {len(reference.input)} images; pass one image to "
                f"forward_vectors"
            )
        vectors = [reference.input, *reference.blocks]
        if len(links) > len(vectors):
            vectors.append(reference.output)
    else:
        vectors = [
            real_array(vector, "each vector of reference")
            for vector in sequence(reference, "reference", "a sequence of vectors")
        ]
    if len(vectors) != len(links):
        raise ValueError(
            f"the network has the layers {', '.join(names)}, the reference has {len(vectors)} vectors"
        )
    for name, vector, link in zip(names, vectors, links, strict=True):
        length = 2 ** int(link.whole.system_bitsize)
        if vector.shape != (length,):
            raise ValueError(
                f"the reference's vector of {name} must have shape ({length},), got {vector.shape}"
            )
    return vectors
