from .circuits import (
    DEFAULT_MAX_GATES as DEFAULT_MAX_GATES,
    to_cirq as to_cirq,
    to_openqasm as to_openqasm,
)
from .logical import logical_counts as logical_counts
from .routines import to_qref as to_qref
