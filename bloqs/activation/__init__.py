"""Activations: the functions and their registry, the amplitude diagonal, the non-linear transform."""

from bloqs.activation.activation import Activation
from bloqs.activation.amplitude import AmplitudeBlockEncoding
from bloqs.activation.erf import ERF
from bloqs.activation.function import ACTIVATIONS, ActivationFunction, OddFunction
from bloqs.activation.nonlinear import NonlinearTransform
from bloqs.activation.sigmoid2 import SIGMOID2
from bloqs.activation.tanh import TANH

__all__ = [
    "ACTIVATIONS",
    "ERF",
    "SIGMOID2",
    "TANH",
    "Activation",
    "ActivationFunction",
    "AmplitudeBlockEncoding",
    "NonlinearTransform",
    "OddFunction",
]
