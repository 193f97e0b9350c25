"""What an encoding encodes, at one of two levels of verification.

- "gate": every gate's tensor is contracted, zeros in and zeros out on the ancillas.
- "semantic": each encoding is replaced by the block that its parts' blocks make (`block()`,
  `apply_block()`), with the polynomials, rounded angles and subnormalisations that the circuit uses. Sound
  because QSVT, LCU and products depend on a factor only through its encoded block, when ancillas are
  separate or shared under flags; the gate level verifies that on small networks.
"""

import numpy as np
from numpy.typing import NDArray
from qualtran import Bloq
from qualtran.bloqs.block_encoding import BlockEncoding

from bloqs.core.block_encoding import RealBlockEncoding, has_zero_signal_state
from bloqs.core.checks import a_bloq
from bloqs.core.encoding import VectorEncoding
from bloqs.messages import shown
from bloqs.verify.gate_level import encoded_matrix_gate, encoded_vector_gate

ComplexArray = NDArray[np.complex128]
LEVELS = ("gate", "semantic")


def check_level(level: str) -> None:
    """Refuse an unknown level.

    Args:
        level: "gate" or "semantic".

    Raises:
        ValueError: any other word.

    Example:
        >>> check_level("gate")
        >>> check_level("pulse")
        Traceback (most recent call last):
        ...
        ValueError: level is one of 'gate', 'semantic', got 'pulse'
    """
    if not isinstance(level, str) or level not in LEVELS:
        raise ValueError(f"level is one of {', '.join(map(repr, LEVELS))}, got {shown(level)}")


def encoded_vector(ve: Bloq, level: str = "gate") -> ComplexArray:
    """`alpha <0|_a U |0>`, the vector that an encoding really encodes.

    Args:
        ve: a `VectorEncoding` with data; at gate level any bloq with registers `system` and perhaps
            `ancilla`, and an `alpha`.
        level: "gate" or "semantic".

    Returns:
        complex128, shape `(2**n,)`, big-endian.

    Raises:
        ValueError: unknown level, a controlled encoding, or no semantic level for this bloq.
        ShapeOnlyError: an encoding by shape.
        SimulationTooLargeError: the circuit does not fit, with its width and memory.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> encoded_vector(LoadedVector([3.0, -4.0])).real.round(12)
        array([ 0.6, -0.8])
    """
    a_bloq(ve, "ve")
    check_level(level)
    if level == "gate":
        return encoded_vector_gate(ve)
    if not isinstance(ve, VectorEncoding):
        raise ValueError(f"{type(ve).__name__} has no semantic level; it must be a VectorEncoding")
    _refuse_control(ve)
    return float(ve.alpha) * ve.block().astype(np.complex128)


def encoded_matrix(be: Bloq, level: str = "gate") -> ComplexArray:
    """`alpha <0|_a U |0>_a`, the matrix that a block encoding really encodes.

    Args:
        be: a `BlockEncoding`, at gate level with its signal state; at semantic level that is zero.
        level: "gate" or "semantic".

    Returns:
        complex128, shape `(2**n, 2**n)`, big-endian.

    Raises:
        ValueError: unknown level, a controlled encoding, or no semantic level for this bloq.
        ShapeOnlyError: an encoding by shape.
        SimulationTooLargeError: the circuit does not fit, with its width and memory.

    Example:
        >>> from bloqs.activation import AmplitudeBlockEncoding
        >>> from bloqs.loading import LoadedVector
        >>> diagonal = AmplitudeBlockEncoding(LoadedVector([3.0, -4.0]))
        >>> encoded_matrix(diagonal, level="gate").real.round(12).diagonal().tolist()
        [0.6, -0.8]
    """
    check_level(level)
    if not isinstance(be, BlockEncoding):
        raise ValueError(
            f"be must be a BlockEncoding, found {shown(be)}; use encoded_vector or unitary"
        )
    if level == "gate":
        return encoded_matrix_gate(be)
    if not isinstance(be, RealBlockEncoding):
        raise ValueError(
            f"{type(be).__name__} has no semantic level; it must be a RealBlockEncoding"
        )
    _refuse_control(be)
    if not has_zero_signal_state(be):
        raise ValueError(
            f"{be} has the signal state {be.signal_state}, but the semantic level knows its block "
            "between zeros alone; use the gate level"
        )
    block = be.apply_block(np.eye(2**be.system_bitsize))
    return float(be.alpha) * block.astype(np.complex128)


def _refuse_control(encoding: VectorEncoding | RealBlockEncoding) -> None:
    """A ValueError for a controlled encoding: its parts' blocks know no control."""
    if encoding.is_controlled:
        raise ValueError(f"{encoding} is controlled; give the encoding itself")
