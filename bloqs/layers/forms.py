"""Forms of a network: which construction realises each of its layers, all from one specification."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence

import attrs

from bloqs.activation import Activation
from bloqs.convolution import ConvolutionStrategy
from bloqs.layers.amplification import Amplification, Normalisation
from bloqs.layers.geometry import Geometry
from bloqs.layers.layer import Layer
from bloqs.layers.shapes import Bounds
from bloqs.registry import Registry


@attrs.frozen(kw_only=True)
class Form(abc.ABC):
    """Abstract way to build a specification: a layer of its own for each layer, and for what amplifies it.

    Whatever the form, the exact network is the same; solver, budget, report and simulation see layers.

    Parameters:
        name: by which it is looked up in `FORMS`.
        summary: what it does, in one line.

    Example:
        >>> OURS.layer(Amplification(), "calibrated")
        Amplification(is_last=True)
    """

    name: str
    summary: str

    def check(
        self,
        layers: Sequence[Layer],
        names: Sequence[str],
        geometries: Sequence[Geometry],
        activation: Activation,
        output: Normalisation,
    ) -> None:
        """Refuse, before any work, a network that the form does not have.

        Args:
            layers: of the specification, in order.
            names: of each, for messages.
            geometries: of the input of each.
            activation: f of the network.
            output: chosen for the end of the network.

        Raises:
            ValueError: what was found, what is allowed, how to mend it, and whether that is another network.
        """
        del layers, names, geometries, activation, output  # any, by default

    @abc.abstractmethod
    def layer(self, layer: Layer, origin: str) -> Layer:
        """What stands for a layer of the specification.

        Args:
            layer: of the specification.
            origin: of the bounds: "calibrated", "worst-case" or "given".

        Returns:
            A layer with the same exact map.

        Raises:
            ValueError: the form has none for such a layer.
        """

    @abc.abstractmethod
    def normalisation(self, layer: Layer, output: Normalisation, *, is_last: bool) -> Normalisation:
        """What amplifies a layer.

        Args:
            layer: of this form.
            output: chosen for the end of the network.
            is_last: whether this is the end.

        Returns:
            The normalisation.

        Raises:
            ValueError: the form has no such output.
        """

    def worst_case_norms(
        self, layer: Layer, activation: Activation, calibrated: Bounds | None
    ) -> Bounds:
        """Bounds of a layer's norm that hold for every input, where there are any.

        Args:
            layer: of the specification.
            activation: f of the network.
            calibrated: its calibrated bounds; None where there are none.

        Returns:
            `(lo, hi)`.

        Raises:
            ValueError: there are none.
        """
        return layer.worst_case_norms(activation)

    def ways(
        self, layers: Sequence[Layer], origin: str, epsilon: float
    ) -> tuple[ConvolutionStrategy, ...] | None:
        """The strategy of each layer's convolution where the form says it; None where the caller chooses.

        Args:
            layers: of the form.
            origin: of the bounds.
            epsilon: of the network.

        Returns:
            One strategy a layer, or None.
        """
        return None

    def remarks(self, layers: Sequence[Layer], origin: str) -> Mapping[str, str]:
        """What a report says of the form, by name.

        Args:
            layers: of the form.
            origin: of the bounds.

        Returns:
            Lines; none by default.
        """
        return {}


@attrs.frozen(kw_only=True)
class OwnForm(Form):
    """The constructions of this library.

    Example:
        >>> OURS.normalisation(Amplification(), Amplification(), is_last=False).is_last
        False
    """

    def layer(self, layer: Layer, origin: str) -> Layer:
        """The layer itself."""
        return layer

    def normalisation(self, layer: Layer, output: Normalisation, *, is_last: bool) -> Normalisation:
        """Between layers what need not amplify; at the end the output that is chosen."""
        return output if is_last else Amplification(is_last=False)


FORMS: Registry[Form] = Registry("form", Form, more="bloqs.published.forms")  # type: ignore[type-abstract]
"""The forms by name."""

OURS = FORMS.register(OwnForm(name="ours", summary="the constructions of this library"))
"""The default."""
