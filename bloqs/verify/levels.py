"""What an encoding encodes, at one of two levels of verification.

- "gate": every gate's tensor is contracted, zeros in and zeros out on the ancillas.
- "semantic": each encoding is replaced by the block that its parts' blocks make (`block()`,
  `apply_block()`), with the polynomials, rounded angles and subnormalisations that the circuit uses. Sound
  because QSVT, LCU and products depend on a factor only through its encoded block, when ancillas are
  separate or shared under flags; the gate level verifies that on small networks.
"""

import warnings

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


class OtherLoaderWarning(UserWarning):
    """What is contracted loads the same angles by another circuit than what is costed.

    Example:
        >>> issubclass(OtherLoaderWarning, UserWarning)
        True
    """


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
            `ancilla`, and an `alpha`. Of a network for which no loader was named, the gate level contracts
            `at_gate_level`, rotations by the same rounded angles, and says so by an `OtherLoaderWarning`.
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
        return encoded_vector_gate(at_gate_level(ve))
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


def at_gate_level(ve: Bloq) -> Bloq:
    """What is contracted for an encoding, said aloud where it is not the encoding itself.

    Args:
        ve: any bloq.

    Returns:
        `ve.at_gate_level` of a vector encoding, with an `OtherLoaderWarning` where that is another bloq; any
        other bloq as it is.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> vector = LoadedVector([3.0, -4.0])
        >>> at_gate_level(vector) is vector
        True
    """
    found = ve.at_gate_level if isinstance(ve, VectorEncoding) else ve
    if found is not ve:
        warnings.warn(
            "no loader was named for this network: its cost is that of tables, select-swap; its gates are "
            "contracted with the same rounded angles loaded by rotations. Name a loader (loading=...) to "
            "have that one contracted, or contract `at_gate_level`, which is the circuit with rotations",
            OtherLoaderWarning,
            stacklevel=3,
        )
    return found


def _refuse_control(encoding: VectorEncoding | RealBlockEncoding) -> None:
    """A ValueError for a controlled encoding: its parts' blocks know no control."""
    if encoding.is_controlled:
        raise ValueError(f"{encoding} is controlled; give the encoding itself")
