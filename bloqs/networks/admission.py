"""Which networks and images a bloq is built for: those that its form has, those within the bounds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bloqs.layers import Normalisation
from bloqs.layers.forms import Form
from bloqs.networks.bounds import LayerBounds
from bloqs.networks.errors import NormBoundsError
from bloqs.networks.spec import NetworkSpec
from bloqs.reference import forward_vectors
from bloqs.reference.network import last_peak

FloatArray = npt.NDArray[np.float64]

NORM_SLACK = 1e-9
"""A norm may lie this far outside its bounds, relatively: it is computed in floating point, in an order of
summation that differs with the memory layout of an image. An amplification allows for as much."""


def check_form(spec: NetworkSpec, form: Form, output: Normalisation) -> None:
    """Refuse, before any work, a network that a form does not have.

    Args:
        spec: the network.
        form: the construction that is asked for.
        output: the last normalisation that is asked for.

    Raises:
        ValueError: it is such a network; the message says how to mend it.

    Example:
        >>> from bloqs.layers import OUTPUTS
        >>> from bloqs.layers.forms import FORMS
        >>> spec = NetworkSpec.from_shapes(input_shape=(1, 4, 4), num_blocks=1)
        >>> check_form(spec, FORMS.find("published"), OUTPUTS["coherent"])
    """
    layers = spec.all_layers
    geometries = spec.geometries[: len(layers)]
    form.check(layers, spec.layer_names, geometries, spec.activation, output)


def check_contiguous(spec: NetworkSpec) -> None:
    """Refuse several paths of an M that is no power of two.

    The rows of the combined image are then not consecutive numbers of its row register, so that no addition
    on that register shifts the image by a row.

    Args:
        spec: the network.

    Raises:
        ValueError: it is such a network.

    Example:
        >>> check_contiguous(NetworkSpec.from_shapes(input_shape=(1, 4, 4), num_blocks=1, paths=2))
    """
    if spec.geometry.is_contiguous:
        return
    m, padded = spec.input_shape[1], 1 << spec.geometry.path_axis_bits
    raise ValueError(
        f"with {spec.paths} paths the image size M must be a power of two, found {m}: the rows of the "
        f"combined image would not be contiguous in the padded registers; pad the images with zeros to "
        f"{padded}x{padded} and make the network for input_shape "
        f"({spec.input_shape[0]}, {padded}, {padded})"
    )


def check_image_norms(spec: NetworkSpec, tensor: FloatArray, bounds: LayerBounds) -> None:
    """Refuse an image with a norm or an amplitude outside the bounds that the network is built for.

    Args:
        spec: the network, with weights.
        tensor: the image, float64 `(C, M, M)` of unit norm.
        bounds: of its layers.

    Raises:
        NormBoundsError: a norm, an amplitude or an argument lies outside; the message says which.
        ValueError: an argument inside the gap of an activation.

    Example:
        >>> from bloqs.networks import load_example
        >>> from bloqs.networks.bounds import layer_bounds
        >>> example = load_example("digits-1")
        >>> tensor = example.spec.check_image(example.images[0])
        >>> check_image_norms(example.spec, tensor, layer_bounds(example.spec, "calibrated"))
    """
    vectors = forward_vectors(spec, tensor)
    norms = [float(norm) for norm in np.ravel(vectors.block_norms)]
    if spec.has_output_layer:
        norms.append(float(vectors.output_norm))
    for name, norm, (lo, hi) in zip(spec.layer_names, norms, bounds.norms, strict=True):
        if not lo * (1 - NORM_SLACK) <= norm <= hi * (1 + NORM_SLACK):
            raise NormBoundsError(name, float(norm), (lo, hi))
    # The output layer has no amplitude.
    for name, amplitude, bound in zip(
        spec.layer_names, np.ravel(vectors.amplitudes), bounds.amplitudes, strict=False
    ):
        if bound is not None and amplitude > bound * (1 + NORM_SLACK):
            raise NormBoundsError(f"the amplitudes of {name}", float(amplitude), (0.0, bound))
    for place, (name, argument) in enumerate(
        zip(spec.layer_names, np.ravel(vectors.argument_norms), strict=False)
    ):
        bound = bounds.argument(place)
        if bound is not None and argument > bound * (1 + NORM_SLACK):
            raise NormBoundsError(f"the arguments of {name}", float(argument), (0.0, bound))
    if bounds.peak is not None and spec.has_output_layer:
        peak = float(last_peak(vectors))
        if peak > bounds.peak * (1 + NORM_SLACK):
            raise NormBoundsError("the peak before the output", peak, (0.0, bounds.peak))
    gap = spec.activation.gap
    for name, argument in zip(spec.layer_names, np.ravel(vectors.least_arguments), strict=False):
        if gap is not None and argument < gap:
            raise ValueError(
                f"an argument of {spec.activation.name} in {name} is {argument:.3g} for this image, inside "
                f"the gap {gap:g}, where nothing is certified; take a smaller gap, or gelu, which is smooth"
            )
