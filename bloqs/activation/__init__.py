"""Activations: the function, the amplitude diagonal, the non-linear transform of a vector encoding."""

from bloqs.activation.activation import Activation
from bloqs.activation.amplitude import AmplitudeBlockEncoding
from bloqs.activation.nonlinear import NonlinearTransform

__all__ = ["Activation", "AmplitudeBlockEncoding", "NonlinearTransform"]
