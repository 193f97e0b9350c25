"""Networks: specifications with weights or shapes, and the bundled examples."""

from bloqs.networks.checks import check_norm_bounds
from bloqs.networks.errors import NormBoundsError
from bloqs.networks.examples import Example, load_example
from bloqs.networks.regimes import natural_regime
from bloqs.networks.shapes import KernelShape, OutputShape
from bloqs.networks.spec import NetworkSpec

__all__ = [
    "Example",
    "KernelShape",
    "NetworkSpec",
    "NormBoundsError",
    "OutputShape",
    "check_norm_bounds",
    "load_example",
    "natural_regime",
]
