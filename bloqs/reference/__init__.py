"""The networks from their definitions, in numpy alone: what every circuit is compared with."""

from bloqs.reference.activations import FUNCTIONS, SLOPES, activate, apply_activation
from bloqs.reference.convolution import (
    convolution_matrix,
    convolution_norm,
    convolution_norm_bound,
    convolve,
    convolve_adjoint,
)
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
    "SLOPES",
    "ForwardVectors",
    "activate",
    "apply_activation",
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
]
