"""Networks: specifications with weights or shapes, and the bundled examples."""

from bloqs.layers.shapes import KernelShape, OutputShape
from bloqs.networks.build import Build
from bloqs.networks.checks import check_norm_bounds
from bloqs.networks.errors import NormBoundsError
from bloqs.networks.examples import Example, load_example
from bloqs.networks.facts import NetworkFacts
from bloqs.networks.regimes import REGIMES, DataAccess, data_access, natural_regime
from bloqs.networks.spec import NetworkSpec

__all__ = [
    "REGIMES",
    "Build",
    "DataAccess",
    "Example",
    "KernelShape",
    "NetworkFacts",
    "NetworkSpec",
    "NormBoundsError",
    "OutputShape",
    "check_norm_bounds",
    "data_access",
    "load_example",
    "natural_regime",
]
