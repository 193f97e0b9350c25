"""Coherent inference of residual networks as Qualtran bloqs, verified and costed.

The public names below are resolved when they are first used (PEP 562), so that `import bloqs` and
`import bloqs.reference` need neither Qualtran nor cirq.

>>> import bloqs
>>> "NetworkSpec" in dir(bloqs)
True
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bloqs.activation import Activation
    from bloqs.core.encoding import VectorEncoding
    from bloqs.costs import CostReport, estimate
    from bloqs.networks import NetworkSpec, NormBoundsError, load_example
    from bloqs.simulation import (
        assert_encodes,
        encoded_matrix,
        encoded_vector,
        layer_errors,
        sample_classes,
    )

__version__ = "0.1.0"

_PUBLIC = {
    "Activation": "bloqs.activation",
    "CostReport": "bloqs.costs",
    "NetworkSpec": "bloqs.networks",
    "NormBoundsError": "bloqs.networks",
    "VectorEncoding": "bloqs.vector_encoding",
    "assert_encodes": "bloqs.simulation",
    "encoded_matrix": "bloqs.simulation",
    "encoded_vector": "bloqs.simulation",
    "estimate": "bloqs.costs",
    "layer_errors": "bloqs.simulation",
    "load_example": "bloqs.networks",
    "sample_classes": "bloqs.simulation",
}
"""Public name -> the module that defines it."""

_SUBPACKAGES = (
    "activation",
    "convolution",
    "costs",
    "layers",
    "loading",
    "networks",
    "qsvt",
    "reference",
    "report",
    "scaling",
    "simulation",
    "sweeps",
    "vector_encoding",
)

__all__ = [
    "Activation",
    "CostReport",
    "NetworkSpec",
    "NormBoundsError",
    "VectorEncoding",
    "__version__",
    "assert_encodes",
    "encoded_matrix",
    "encoded_vector",
    "estimate",
    "layer_errors",
    "load_example",
    "sample_classes",
]


def __getattr__(name: str) -> Any:
    """Import a public name or a subpackage on first use."""
    if name in _PUBLIC:
        value = getattr(importlib.import_module(_PUBLIC[name]), name)
    elif name in _SUBPACKAGES:
        value = importlib.import_module(f"bloqs.{name}")
    else:
        raise AttributeError(f"module 'bloqs' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, imported or not."""
    return sorted({*globals(), *__all__, *_SUBPACKAGES})
