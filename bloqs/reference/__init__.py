"""The networks from their definitions, in numpy alone: what every circuit is compared with."""

from bloqs.reference.activations import FUNCTIONS, SLOPES, activate, apply_activation
from bloqs.reference.convolution import (
    convolution_matrix,
    convolution_norm,
    convolution_norm_bound,
    convolve,
    convolve_adjoint,
)
from bloqs.reference.maps import MAPS, add_bias, average_pool, strided_convolve
from bloqs.reference.network import (
    ForwardVectors,
    embed_images,
    forward,
    forward_vectors,
    group_probabilities,
)
from bloqs.reference.norms import largest_singular_value, matrix_norm

__all__ = [
    "FUNCTIONS",
    "MAPS",
    "SLOPES",
    "ForwardVectors",
    "activate",
    "add_bias",
    "apply_activation",
    "average_pool",
    "convolution_matrix",
    "convolution_norm",
    "convolution_norm_bound",
    "convolve",
    "convolve_adjoint",
    "embed_images",
    "forward",
    "forward_vectors",
    "group_probabilities",
    "largest_singular_value",
    "matrix_norm",
    "strided_convolve",
]
