"""Means over windows of 2 x 2 pixels: the block encoding behind average pooling."""

from collections import Counter

import attrs
import numpy as np
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.bloqs.basic_gates import CNOT, Hadamard, SGate, TGate
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf
from bloqs.core.encoding import FloatArray
from bloqs.core.wires import Wires


@attrs.frozen(field_transformer=checked, cache_hash=True)
class WindowMean(RealBlockEncoding):
    r"""Half the Haar transform of every window of 2 x 2 pixels: its first entry is the mean.

    $$ A = \tfrac12\, I \otimes (I \otimes H) \otimes (I \otimes H) $$

    on (channel, row, column): two Hadamard gates, on the least significant qubits of row and column. The row
    of A at `(c, 2r, 2q)` is the mean over the window, `(x[c,2r,2q] + x[c,2r,2q+1] + ...)/4`, so that average
    pooling is A with these two qubits projected on 0 (`ReshapedProduct`).

    Control: each Hadamard gate by `S H T CNOT T^-1 H S^-1`, two T.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(c + 2 m)`: channel, row, column, big-endian.
    Parameters:
        bitsize: `c + 2 m`.
        axis_bits: `m`, at least 1.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1/2, 0, 0). Exact.

    Example:
        >>> mean = WindowMean(2, axis_bits=1)
        >>> float(mean.apply_target(np.array([1.0, 2.0, 3.0, 6.0]))[0])
        3.0
    """

    bitsize: SymbolicInt
    axis_bits: SymbolicInt = attrs.field(kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    epsilon = 0.0
    component = "window means"

    def __attrs_post_init__(self) -> None:
        n, m = self.bitsize, self.axis_bits
        if not is_symbolic(n, m) and not 1 <= m <= n / 2:
            raise ValueError(
                f"rows and columns of axis_bits {m} need at least 1 bit each, and bitsize at least twice "
                f"that, got {n}"
            )

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`c + 2 m`."""
        return self.bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """None."""
        return 0

    @property
    def alpha(self) -> SymbolicFloat:
        """1/2."""
        return 0.5

    def target(self) -> FloatArray:
        """A, float64 `(2**n, 2**n)`."""
        return self.apply_target(np.eye(2 ** int(self.bitsize)))

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """Half the Haar transform."""
        half = 2 ** (int(self.axis_bits) - 1)
        x = vectors.reshape(-1, half, 2, half, 2, *vectors.shape[1:])
        haar = np.array([[1.0, 1.0], [1.0, -1.0]])
        result: FloatArray = np.einsum("ab,xrbqd...,cd->xraqc...", haar, x, haar) / 4
        return result.reshape(vectors.shape)

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """Twice A."""
        return 2 * self.apply_target(vectors)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """None."""
        return 0

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Two Hadamard gates, controlled where the bloq is."""
        if is_symbolic(self.bitsize, self.axis_bits):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system = wires.reg("ctrl"), wires.reg("system")
        for qubit in (system[-1 - int(self.axis_bits)], system[-1]):
            if not ctrl:
                wires.call(Hadamard(), q=[qubit])
                continue
            for gate in (SGate(), Hadamard(), TGate()):
                wires.call(gate, q=[qubit])
            wires.call(CNOT(), ctrl=ctrl, target=[qubit])
            for gate in (TGate().adjoint(), Hadamard(), SGate().adjoint()):
                wires.call(gate, q=[qubit])
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        if not self.is_controlled:
            return {Hadamard(): 2}
        gates: tuple[Bloq, ...] = (SGate(), TGate(), CNOT(), TGate().adjoint(), SGate().adjoint())
        return Counter({**dict.fromkeys(gates, 2), Hadamard(): 4})


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _window_mean() -> WindowMean:
    window_mean = WindowMean(5, axis_bits=2)
    return window_mean


@bloq_example
def _window_mean_symbolic() -> WindowMean:
    import sympy

    n, m = sympy.symbols("n m")
    window_mean_symbolic = WindowMean(n, axis_bits=m)
    return window_mean_symbolic
