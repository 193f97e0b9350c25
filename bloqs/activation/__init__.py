"""Activations: the functions and their registry, the amplitude diagonal, the non-linear transform."""

from bloqs.activation.activation import Activation
from bloqs.activation.amplitude import AmplitudeBlockEncoding
from bloqs.activation.erf import ERF
from bloqs.activation.function import ACTIVATIONS, ActivationFunction, OddFunction
from bloqs.activation.gelu import GELU
from bloqs.activation.nonlinear import NonlinearTransform
from bloqs.activation.relu import RELU
from bloqs.activation.scaled import ScaledFunction, scaled_function
from bloqs.activation.sigmoid2 import SIGMOID2
from bloqs.activation.silu import SILU
from bloqs.activation.smooth import SmoothFunction
from bloqs.activation.tanh import TANH

__all__ = [
    "ACTIVATIONS",
    "ERF",
    "GELU",
    "RELU",
    "SIGMOID2",
    "SILU",
    "TANH",
    "Activation",
    "ActivationFunction",
    "AmplitudeBlockEncoding",
    "NonlinearTransform",
    "OddFunction",
    "ScaledFunction",
    "SmoothFunction",
    "scaled_function",
]
