from . import (
    activation as activation,
    convolution as convolution,
    costs as costs,
    explore as explore,
    layers as layers,
    loading as loading,
    networks as networks,
    published as published,
    qsvt as qsvt,
    reference as reference,
    report as report,
    scaling as scaling,
    simulation as simulation,
    sweeps as sweeps,
    vector_encoding as vector_encoding,
)
from .activation import Activation as Activation
from .costs import CostReport as CostReport, estimate as estimate
from .networks import (
    NetworkSpec as NetworkSpec,
    NormBoundsError as NormBoundsError,
    load_example as load_example,
)
from .simulation import (
    assert_encodes as assert_encodes,
    encoded_matrix as encoded_matrix,
    encoded_vector as encoded_vector,
    layer_errors as layer_errors,
    sample_classes as sample_classes,
)
from .vector_encoding import VectorEncoding as VectorEncoding

__version__: str
