"""The amplitudes of a vector encoding as a diagonal block encoding."""

from collections.abc import Callable

import attrs
import numpy as np
from qualtran import (
    Bloq,
    BloqBuilder,
    DecomposeTypeError,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CNOT, Toffoli
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.checks import instance
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, VectorEncoding
from bloqs.core.wires import Wires
from bloqs.loading import LoadedVector


@attrs.frozen(field_transformer=checked, cache_hash=True)
class AmplitudeBlockEncoding(RealBlockEncoding):
    r"""`diag(v)` from one uncontrolled call of an encoding of the real vector v.

    $$ \mathrm{diag}(v_0, \dots, v_{N-1}). $$

    With a register m as wide as the system, `CNOT^{(x)n}(system -> m) (I (x) U_v)` has
    `<0|_{a,m} ... |0>_{a,m} = diag(v)/alpha`: the call prepares v on m, the CNOTs keep the amplitude
    whose index is the system's.

    Registers:
        ctrl: one qubit, only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: `QAny(n + a)`: m, then the vector's ancillas.
    Parameters:
        vector: encoding of v.
        is_controlled: with a `ctrl` qubit.
    Encodes: (alpha, n + a, epsilon) with alpha and epsilon those of the vector encoding: the error of a
        diagonal matrix is its largest entry, which is at most the vector's error in 2-norm.

    References:
        [Accelerating Inference for Multilayer Neural Networks with Quantum Computers](
        https://arxiv.org/abs/2510.07195), Rattew et al. (ICLR 2026), Lemma on diagonal block encodings.
        Deviation: one uncontrolled call instead of six controlled ones, since v is real.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> AmplitudeBlockEncoding(LoadedVector([0.6, -0.8])).ancilla_bitsize
        1
    """

    vector: VectorEncoding
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        instance(self.vector, "vector", VectorEncoding, "a VectorEncoding")

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the vector."""
        return self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """The register m and the vector's ancillas."""
        return self.vector.system_bitsize + self.vector.ancilla_bitsize

    @property
    def alpha(self) -> SymbolicFloat:
        """That of the vector."""
        return self.vector.alpha

    @property
    def epsilon(self) -> SymbolicFloat:
        """That of the vector."""
        return self.vector.epsilon

    def target(self) -> FloatArray:
        """`diag(v)`."""
        return np.diag(self.vector.target())

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """The entries times those of v."""
        return (self.vector.target() * vectors.T).T

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """The encoded amplitudes times the entries."""
        return (self.vector.block() * vectors.T).T

    def apply_polynomial(
        self, polynomial: Callable[[FloatArray], FloatArray], parity: int, vectors: FloatArray
    ) -> FloatArray:
        """P acts on the signed amplitudes: `sign(v) P(|v|) = P(v)` for odd P, `P(|v|) = P(v)` for even P."""
        return (polynomial(self.vector.block()) * vectors.T).T

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """That of the vector."""
        return max_workspace(workspace_of(self._call))

    @property
    def _call(self) -> Bloq:
        return self.vector.controlled() if self.is_controlled else self.vector

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The call on m, then the CNOTs (Toffolis when controlled)."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system = wires.reg("ctrl"), wires.reg("system")
        copy, ancilla = wires.reg("ancilla")[: len(system)], wires.reg("ancilla")[len(system) :]
        wires.call(self._call, ctrl=ctrl, system=copy, ancilla=ancilla)
        for source, target in zip(system, copy, strict=True):
            if ctrl:
                wires.call(Toffoli(), ctrl=[*ctrl, source], target=[target])
            else:
                wires.call(CNOT(), ctrl=[source], target=[target])
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """One call, n CNOTs (Toffolis when controlled)."""
        return {self._call: 1, Toffoli() if self.is_controlled else CNOT(): self.system_bitsize}


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _amplitude_diagonal() -> AmplitudeBlockEncoding:
    amplitude_diagonal = AmplitudeBlockEncoding(LoadedVector([0.1, -0.5, 0.7, 0.5]))
    return amplitude_diagonal


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _amplitude_diagonal_shape() -> AmplitudeBlockEncoding:
    amplitude_diagonal_shape = AmplitudeBlockEncoding(LoadedVector(None, bitsize=3))
    return amplitude_diagonal_shape
