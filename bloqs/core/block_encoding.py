"""Base of our block encodings: Qualtran's `BlockEncoding`, plus control, adjoint and the semantic level."""

from __future__ import annotations

import abc
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from qualtran import Signature
from qualtran.bloqs.block_encoding import BlockEncoding
from qualtran.bloqs.reflections.prepare_identity import PrepareIdentity
from qualtran.bloqs.state_preparation.black_box_prepare import BlackBoxPrepare
from qualtran.symbolics import SymbolicInt

from bloqs.core.control import ControllableBloq
from bloqs.core.encoding import FloatArray, encoding_registers


def has_zero_signal_state(be: BlockEncoding) -> bool:
    """Whether the signal state of a block encoding is that of all ancillas in |0>.

    Args:
        be: the block encoding.

    Returns:
        False where a PREPARE makes another state.

    Example:
        >>> from qualtran.bloqs.basic_gates import XGate
        >>> from qualtran.bloqs.block_encoding import Unitary
        >>> has_zero_signal_state(Unitary(XGate()))
        True
    """
    prepare: Any = be.signal_state
    inner = prepare.prepare if isinstance(prepare, BlackBoxPrepare) else prepare
    return isinstance(inner, PrepareIdentity)


def require_zero_signal_state(owner: str, name: str, encoding: BlockEncoding) -> None:
    """Refuse a block encoding that is right between the states of a PREPARE and not between zeros.

    Args:
        owner: what is built on it, for the message.
        name: of the argument.
        encoding: any.

    Raises:
        ValueError: its signal state is not that of all ancillas in |0>.

    Example:
        >>> from qualtran.bloqs.basic_gates import XGate
        >>> from qualtran.bloqs.block_encoding import Unitary
        >>> require_zero_signal_state("QSVT", "encoding", Unitary(XGate()))
    """
    if not has_zero_signal_state(encoding):
        raise ValueError(
            f"{owner}: `{name}` must have the signal state zero, got {encoding.signal_state!r}; prepare the "
            "state inside the encoding, and undo it there at its end"
        )


class RealBlockEncoding(ControllableBloq, BlockEncoding):
    r"""Abstract `(alpha, a, epsilon)`-block encoding of a real `2**n x 2**n` matrix with signal state zero.

    $$ \| A - \alpha (\langle 0|_a \otimes I) U (|0\rangle_a \otimes I) \|_2 \le \epsilon. $$

    A subclass states `system_bitsize` and `ancilla_bitsize` (qubits), `alpha` and `epsilon` (which may be
    symbolic), and the two maps `target` and `apply_block`, which the semantic level compares.

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        system: `QAny(n)`, big-endian.
        ancilla: `QAny(a)`, zero in; zero on the encoded branch. Absent when `a = 0`.

    There is no resource register: clean temporaries are allocated inside and returned on every branch.

    Example:
        >>> from bloqs.convolution import Conv2DBlockEncoding
        >>> kernel = np.zeros((1, 1, 3, 3))
        >>> kernel[0, 0, 1] = [0.25, 0.5, 0.25]
        >>> blur: RealBlockEncoding = Conv2DBlockEncoding(kernel, 2)
        >>> gap = blur.target() - blur.alpha * blur.apply_block(np.eye(4))
        >>> blur.signature.n_qubits(), bool(np.linalg.norm(gap, 2) < 1e-12)
        (8, True)
    """

    @property
    def resource_bitsize(self) -> SymbolicInt:
        """No resource register."""
        return 0

    @property
    def signal_state(self) -> BlackBoxPrepare:
        """All zeros on the ancilla."""
        return BlackBoxPrepare(PrepareIdentity.from_bitsizes([self.ancilla_bitsize]))

    @abc.abstractmethod
    def target(self) -> FloatArray:
        """The exact matrix `A` that is promised, float64 `(2**n, 2**n)`; raises `ShapeOnlyError`."""

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """`A @ vectors` for the exact matrix; a class whose matrix is large has a faster way than `target()`.

        Args:
            vectors: float64 `(2**n,)`, or `(2**n, batch)` with one vector a column.

        Returns:
            float64 of the same shape.

        Raises:
            ShapeOnlyError: the bloq has no data.
        """
        result: FloatArray = self.target() @ vectors
        return result

    @abc.abstractmethod
    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """`<0|U|0> @ vectors` (the block itself, not multiplied by alpha), from the blocks of the parts.

        Args:
            vectors: float64 `(2**n,)`, or `(2**n, batch)` with one vector a column.

        Returns:
            float64 of the same shape. Times alpha it is within `epsilon ||vectors||` of
            `apply_target(vectors)`.

        Raises:
            ShapeOnlyError: the bloq has no data.
        """

    def apply_polynomial(
        self, polynomial: Callable[[FloatArray], FloatArray], parity: int, vectors: FloatArray
    ) -> FloatArray:
        """Singular value transform of the block: `W P(S) V^T` (odd) or `V P(S) V^T` (even) on vectors.

        Args:
            polynomial: P, vectorised, evaluated at the singular values.
            parity: 0 for an even P, 1 for an odd one.
            vectors: float64 `(2**n,)`, or `(2**n, batch)` with one vector a column.

        Returns:
            float64 of the same shape.

        Raises:
            ShapeOnlyError: the bloq has no data.
        """
        left, singular, right = np.linalg.svd(self.apply_block(np.eye(2**self.system_bitsize)))
        result: FloatArray = (
            (left if parity else right.T) * polynomial(singular) @ (right @ vectors)
        )
        return result

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], system, [ancilla]`."""
        return encoding_registers(self.system_bitsize, self.ancilla_bitsize, self.is_controlled)
