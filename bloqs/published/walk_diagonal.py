"""B18: the amplitudes of an encoded vector as a diagonal matrix, by a walk of six controlled calls."""

from collections import Counter
from collections.abc import Callable

import attrs
import numpy as np
import sympy
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.bloqs.basic_gates import CNOT, Hadamard, Toffoli, XGate, ZGate
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.combine.matrix_product import check_vector_encoding
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, VectorEncoding
from bloqs.core.flags import compute_ladder, ladder_counts, uncompute_ladder
from bloqs.core.wires import Key, Wires
from bloqs.loading.vector import LoadedVector
from bloqs.published.lemma import Lemma

_Keys = list[Key]


@attrs.frozen(field_transformer=checked, cache_hash=True)
class WalkDiagonal(RealBlockEncoding):
    r"""`diag(psi)` by `(G + G^dagger)/2` of a walk, six controlled calls of the encoding of psi.

    $$ \mathrm{diag}(\psi) = \tfrac12 (G + G^\dagger). $$

    For the index k on the system let `W` prepare `|g_k> = (|0>|k> + |1> U_psi|0>)/sqrt(2)` on a qubit b and a
    register m. Then `<g_k| X_b |g_k> = Re psi_k/alpha`, and the walk `G = X_b (2 |g_k><g_k| - I)` has the
    same element. The circuit is `W^dagger (G + G^dagger)/2 W`, with `2 |g_k><g_k| - I` another `W^dagger` and
    `W` about a reflection: six calls. (`AmplitudeBlockEncoding` takes one call, without control.)

    Of the selection between the walk and its adjoint only the reflections need a control, since the calls
    about them cancel; the flips of b, one on each branch, meet in the middle as a plain X.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: `QAny(2 + n + a)`: the LCU qubit, b, m, the vector's ancillas.
    Parameters:
        vector: encoding of psi, real.
        is_controlled: with a `ctrl` qubit.
    Encodes: `(alpha, 2 + n + a, epsilon)` of `diag(psi)`, alpha and epsilon those of the vector.
    Cost: six controlled calls, `6 n` Toffoli, two reflections of `n + a + 1` And. Exact.

    Raises:
        ValueError: not a vector encoding, or one with a control of its own.

    References:
        Rattew et al. (ICLR 2026), appendix B.18; [Nonlinear transformations of quantum amplitudes](
        https://arxiv.org/abs/2309.09839), Rattew and Rebentrost (2023), Theorem 2.

    Example:
        >>> WalkDiagonal(LoadedVector([0.6, -0.8])).apply_block(np.eye(2)).round(6).diagonal().tolist()
        [0.6, -0.8]
    """

    lemma = Lemma(
        label="B18",
        title="diagonal of amplitudes by a walk",
        encodes="(alpha, n + a + 2, epsilon) of diag(psi)",
        complexity="6 controlled calls of U_psi",
        ours="bloqs.activation.AmplitudeBlockEncoding",
        references=("rattew2026", "rattew2023"),
    )

    vector: VectorEncoding
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        check_vector_encoding("WalkDiagonal", "vector", self.vector)

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the vector."""
        return self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """LCU qubit, b, m, and the vector's ancillas."""
        return 2 + self.vector.system_bitsize + self.vector.ancilla_bitsize

    @property
    def alpha(self) -> SymbolicFloat:
        """That of the vector."""
        return self.vector.alpha

    @property
    def epsilon(self) -> SymbolicFloat:
        """That of the vector: an entry is off by no more than the vector."""
        return self.vector.epsilon

    def target(self) -> FloatArray:
        """`diag(psi)`."""
        return np.diag(self.vector.target())

    def apply_target(self, vectors: FloatArray) -> FloatArray:
        """The entries times those of psi."""
        return (self.vector.target() * vectors.T).T

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """The encoded amplitudes times the entries."""
        return (self.vector.block() * vectors.T).T

    def apply_polynomial(
        self, polynomial: Callable[[FloatArray], FloatArray], parity: int, vectors: FloatArray
    ) -> FloatArray:
        """P acts on the signed amplitudes, whatever its parity."""
        return (polynomial(self.vector.block()) * vectors.T).T

    # --- the circuit -----------------------------------------------------------------------------

    @property
    def _call(self) -> Bloq:
        return self.vector.controlled()

    @property
    def _num_controls(self) -> SymbolicInt:
        """LCU qubit, b, m, the vector's ancillas, and the control."""
        return self.ancilla_bitsize + int(self.is_controlled)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The larger of a ladder's and the call's."""
        return max_workspace(self._num_controls - 1, workspace_of(self._call))

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """W; the walk on 0; the walk's adjoint on 1; W undone."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, ancilla = wires.reg("ctrl"), wires.reg("ancilla")
        lcu, b, rest = ancilla[:1], ancilla[1:2], ancilla[1:]
        wires.call(Hadamard(), q=lcu)
        self._prepare(wires, b, rest[1:])
        self._unprepare(wires, b, rest[1:])
        # The reflection 2|0><0| - I is the negative of a ladder with a Z. Without control one of the two
        # ladders has the opposite sign off its branch, which mends both; with control a Z on it does.
        self._reflect(wires, ctrl, [*lcu, *rest], negated=not ctrl)
        self._prepare(wires, b, rest[1:])
        if ctrl:
            wires.call(CNOT(), ctrl=ctrl, target=b)
        else:
            wires.call(XGate(), q=b)
        self._unprepare(wires, b, rest[1:])
        self._reflect(wires, [*ctrl, *lcu], rest, negated=False)
        self._prepare(wires, b, rest[1:])
        self._unprepare(wires, b, rest[1:])
        wires.call(Hadamard(), q=lcu)
        if ctrl:
            wires.call(ZGate(), q=ctrl)
        return wires.join_signature(self.signature)

    def _copy(self, wires: Wires, b: _Keys, m: _Keys) -> None:
        """The system's index into m, where b is 0."""
        system = wires.reg("system")
        wires.call(XGate(), q=b)
        for source, target in zip(system, m[: len(system)], strict=True):
            wires.call(Toffoli(), ctrl=[*b, source], target=[target])
        wires.call(XGate(), q=b)

    def _prepare(self, wires: Wires, b: _Keys, m: _Keys) -> None:
        n = int(self.system_bitsize)
        wires.call(Hadamard(), q=b)
        wires.call(self._call, ctrl=b, system=m[:n], ancilla=m[n:])
        self._copy(wires, b, m)

    def _unprepare(self, wires: Wires, b: _Keys, m: _Keys) -> None:
        n = int(self.system_bitsize)
        self._copy(wires, b, m)
        wires.call(self._call.adjoint(), ctrl=b, system=m[:n], ancilla=m[n:])
        wires.call(Hadamard(), q=b)

    @staticmethod
    def _reflect(wires: Wires, ones: _Keys, zeros: _Keys, negated: bool) -> None:
        """Minus one where the ones are 1 and the zeros 0; or everywhere else."""
        top = compute_ladder(wires, ones, zeros)
        for gate in (XGate(), ZGate(), XGate()) if negated else (ZGate(),):
            wires.call(gate, q=[top])
        uncompute_ladder(wires, ones, zeros)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        counts: Counter[Bloq] = Counter({self._call: 3, self._call.adjoint(): 3})
        counts[Toffoli()] += 6 * self.system_bitsize
        for bloq, count in ladder_counts(self._num_controls).items():
            counts[bloq] += 2 * count
        extra = {CNOT(): 1, ZGate(): 1} if self.is_controlled else {XGate(): 3}
        counts.update({Hadamard(): 8, ZGate(): 2, XGate(): 12})
        counts.update(extra)
        return counts


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _walk_diagonal() -> WalkDiagonal:
    walk_diagonal = WalkDiagonal(LoadedVector([0.1, -0.5, 0.7, 0.5]))
    return walk_diagonal


@bloq_example
def _walk_diagonal_symbolic() -> WalkDiagonal:
    walk_diagonal_symbolic = WalkDiagonal(LoadedVector(None, bitsize=sympy.Symbol("n")))
    return walk_diagonal_symbolic
