"""B4: oblivious amplitude amplification, a Chebyshev polynomial of an encoded matrix."""

from collections import Counter

import attrs
import numpy as np
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.bloqs.basic_gates import XGate, ZGate
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.checks import instance
from bloqs.core.block_encoding import RealBlockEncoding
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray
from bloqs.core.flags import compute_ladder, ladder_counts, uncompute_ladder
from bloqs.core.wires import Key, Wires
from bloqs.published.lemma import Lemma


@attrs.frozen(field_transformer=checked, cache_hash=True)
class ObliviousAmplification(RealBlockEncoding):
    r"""`(-1)**r T_{2r+1}(A/alpha)`: r rounds of amplitude amplification, all singular values at once.

    $$ W = (-1)^r \, U (R U^\dagger R U)^r, \qquad R = 2 |0\rangle\langle 0|_a - I, $$

    takes a singular value `sin(theta)` of the block to `sin((2r+1) theta)`. For a partial isometry A (all its
    singular values 0 or 1) and `alpha = 1/sin(pi/(2(2r+1)))`, which is 2 for one round, the block of W is
    A itself: from `(alpha, a, 0)` to `(1, a, 0)`.

    The reflections come in pairs, so that a reflection may be `-R`, a ladder of And and a Z. With control the
    reflections and one of the calls are controlled: off, the other calls cancel.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)` of the encoding.
        ancilla: `QAny(a)` of the encoding.
    Parameters:
        encoding: of A, with at least one ancilla.
        rounds: `r >= 1`; may be symbolic.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1, a, epsilon) of `(-1)**r T_{2r+1}(A/alpha)`; epsilon is 0 for an exact encoding, else
        `4 (2r+1) sqrt(epsilon_A/alpha_A)`.
    Cost: `2r + 1` calls, `2r` reflections of `a - 1` And. Exact. Ours: fixed-point amplification of a vector
        by a polynomial, or none at all.

    Raises:
        ValueError: an encoding that is not one of ours, has a control of its own or no ancilla; `rounds < 1`.

    References:
        Rattew et al. (ICLR 2026), appendix B.4; [Exponential improvement in precision for simulating sparse
        Hamiltonians](https://arxiv.org/abs/1312.1414), Berry et al. (2014), Lemma 3.6; robustness by Gilyén
        et al. (2019), Lemma 22.

    Example:
        >>> from bloqs.published.shift_difference import ShiftDifference
        >>> half = ShiftDifference(2)  # Q/2
        >>> ObliviousAmplification(half).apply_block(np.eye(4)).round(12).astype(int).tolist()
        [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    """

    lemma = Lemma(
        label="B4",
        title="oblivious amplitude amplification",
        encodes="(1, a, 0) of A, a partial isometry, from (1/sin(pi/(4r+2)), a, 0)",
        complexity="2r + 1 calls",
        ours="bloqs.layers.NormalizedVector",
        references=("rattew2026", "berry2014", "gilyen2019"),
    )

    encoding: RealBlockEncoding
    rounds: SymbolicInt = 1
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        check_encoding("ObliviousAmplification", self.encoding)
        if not is_symbolic(self.rounds) and self.rounds < 1:
            raise ValueError(
                f"rounds must be at least 1, found {self.rounds}; without a round it is the encoding itself"
            )
        if self.encoding.ancilla_bitsize == 0:
            raise ValueError(
                "ObliviousAmplification: the encoding has no ancilla, so it is unitary: there is nothing to "
                "amplify"
            )

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the encoding."""
        return self.encoding.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """Those of the encoding."""
        return self.encoding.ancilla_bitsize

    @property
    def alpha(self) -> SymbolicFloat:
        """1."""
        return 1.0

    @property
    def degree(self) -> SymbolicInt:
        """`2r + 1`, the number of calls."""
        return 2 * self.rounds + 1

    @property
    def epsilon(self) -> SymbolicFloat:
        """0 for an exact encoding, else Lemma 22 of Gilyén et al."""
        relative = self.encoding.epsilon / self.encoding.alpha
        return 0.0 if relative == 0 else 4 * self.degree * relative**0.5

    def polynomial(self, x: FloatArray) -> FloatArray:
        """`(-1)**r T_{2r+1}(x) = sin((2r+1) asin(x))`."""
        # A singular value is at most 1 but for rounding.
        return np.asarray(np.sin(self.degree * np.arcsin(np.clip(x, -1.0, 1.0))))

    def target(self) -> FloatArray:
        """The polynomial of the exact `A/alpha`, singular value by singular value."""
        left, singular, right = np.linalg.svd(self.encoding.target() / float(self.encoding.alpha))
        result: FloatArray = left * self.polynomial(singular) @ right
        return result

    def apply_block(self, vectors: FloatArray) -> FloatArray:
        """The polynomial of the encoded block."""
        return self.encoding.apply_polynomial(self.polynomial, 1, vectors)

    # --- the circuit -----------------------------------------------------------------------------

    @property
    def _num_controls(self) -> SymbolicInt:
        return self.ancilla_bitsize + int(self.is_controlled)

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The larger of a ladder's and the encoding's."""
        calls = [self.encoding, *([self.encoding.controlled()] if self.is_controlled else [])]
        rungs = self._num_controls - 1
        ladder = rungs if is_symbolic(rungs) else max(rungs, 0)
        return max_workspace(ladder, *(workspace_of(call) for call in calls))

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Calls and reflections in turn."""
        if is_symbolic(self.rounds, self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        if ctrl:
            wires.call(self.encoding.controlled(), ctrl=ctrl, system=system, ancilla=ancilla)
        else:
            wires.call(self.encoding, system=system, ancilla=ancilla)
        inverse = self.encoding.adjoint()
        for turn in range(int(self.rounds)):
            # The sign of an odd number of rounds goes into the last reflection, or onto the control.
            last = turn == self.rounds - 1 and self.rounds % 2 == 1 and not ctrl
            self._reflect(wires, ctrl, ancilla, negated=False)
            wires.call(inverse, system=system, ancilla=ancilla)
            self._reflect(wires, ctrl, ancilla, negated=last)
            wires.call(self.encoding, system=system, ancilla=ancilla)
        if ctrl and self.rounds % 2 == 1:
            wires.call(ZGate(), q=ctrl)
        return wires.join_signature(self.signature)

    def _reflect(self, wires: Wires, ctrl: list[Key], ancilla: list[Key], negated: bool) -> None:
        """`I - 2 |0><0|` on the ancillas, or its negative."""
        if len(ctrl) + len(ancilla) == 1:
            flag, negated = ancilla[0], not negated  # the negated flag itself
        else:
            flag = compute_ladder(wires, ctrl, ancilla)
        if negated:
            wires.call(XGate(), q=[flag])
        wires.call(ZGate(), q=[flag])
        if negated:
            wires.call(XGate(), q=[flag])
        if len(ctrl) + len(ancilla) > 1:
            uncompute_ladder(wires, ctrl, ancilla)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """Calls, ladders and signs."""
        rounds, odd = self.rounds, self.rounds % 2
        counts: Counter[Bloq] = Counter()
        if self.is_controlled:
            counts[self.encoding.controlled()] += 1
            counts[self.encoding] += rounds
        else:
            counts[self.encoding] += rounds + 1
        counts[self.encoding.adjoint()] += rounds
        counts[ZGate()] += 2 * rounds
        for bloq, count in ladder_counts(self._num_controls).items():
            counts[bloq] += 2 * rounds * count
        if self.is_controlled:
            counts[ZGate()] += odd
        else:
            pairs = 2 * rounds - odd if self._num_controls == 1 else odd
            counts[XGate()] += 2 * pairs
        return {bloq: count for bloq, count in counts.items() if count != 0}


def check_encoding(owner: str, encoding: object, name: str = "encoding") -> None:
    """Refuse what is not one of our block encodings, or has a control of its own.

    Args:
        owner: class of the whole, for the message.
        encoding: what was passed.
        name: of the argument.

    Raises:
        ValueError: as said.

    Example:
        >>> from bloqs.published import CyclicShift
        >>> check_encoding("ObliviousAmplification", CyclicShift(2))
        >>> check_encoding("ObliviousAmplification", CyclicShift(2, is_controlled=True))
        Traceback (most recent call last):
        ...
        ValueError: ObliviousAmplification: the encoding has a control of its own; control the whole instead
    """
    instance(encoding, name, RealBlockEncoding, "a block encoding of this library")
    if getattr(encoding, "is_controlled", False):
        raise ValueError(
            f"{owner}: the encoding has a control of its own; control the whole instead"
        )


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _oblivious_amplification() -> ObliviousAmplification:
    from bloqs.published.shift_difference import ShiftDifference

    oblivious_amplification = ObliviousAmplification(ShiftDifference(2))
    return oblivious_amplification


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _oblivious_amplification_twice() -> ObliviousAmplification:
    from bloqs.activation import AmplitudeBlockEncoding
    from bloqs.loading import LoadedVector

    diagonal = AmplitudeBlockEncoding(LoadedVector([0.6, -0.8]))
    oblivious_amplification_twice = ObliviousAmplification(diagonal, rounds=2)
    return oblivious_amplification_twice
