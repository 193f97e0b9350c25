from .circuits import (
    DEFAULT_MAX_GATES as DEFAULT_MAX_GATES,
    to_cirq as to_cirq,
    to_openqasm as to_openqasm,
)
from .logical import logical_counts as logical_counts
from .modules import (
    ImportedNetwork as ImportedNetwork,
    ImportRefusedError as ImportRefusedError,
    from_onnx as from_onnx,
    from_torch as from_torch,
)
from .routines import to_qref as to_qref
