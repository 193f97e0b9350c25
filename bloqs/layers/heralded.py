"""Amplitude amplification with a measured flag: the last normalisation where only a sample is wanted."""

import math
from collections import Counter
from functools import cached_property

import attrs
import numpy as np
from qualtran import Bloq, BloqBuilder, DecomposeTypeError, Soquet, bloq_example
from qualtran.bloqs.basic_gates import XGate, ZGate
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic

from bloqs.checks import instance
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import MAX_ROUNDS, checked
from bloqs.core.control import WorkspaceOf, max_workspace
from bloqs.core.encoding import FloatArray, VectorEncoding, controlled_if
from bloqs.core.scale import Bounds, ScaledError
from bloqs.core.wires import Wires
from bloqs.layers.pooling import SquaredMatrixVectorProduct
from bloqs.loading import ColumnOracle, LoadedVector
from bloqs.qsvt.projector_phase import ProjectorPhase


def expected_calls(amplitude: float, rounds: int) -> float:
    """Expected calls of the vector until the flag is seen: `(2m+1)/sin^2((2m+1) asin s)` for m rounds.

    The optimum over m is about `1.38/s` for a small amplitude s, at a success probability of 0.845.

    Args:
        amplitude: s, in [0, 1].
        rounds: m, at least 0.

    Returns:
        The number, exact; infinite if the flag is never seen.

    References:
        Brassard, Høyer, Mosca and Tapp (arXiv:quant-ph/0005055), for the angle after m rounds.

    Example:
        >>> round(min(expected_calls(0.01, m) for m in range(200)) * 0.01, 2)
        1.38
    """
    success = math.sin((2 * rounds + 1) * math.asin(min(1.0, amplitude))) ** 2
    return (2 * rounds + 1) / success if success > 0 else math.inf


def best_rounds(s_lo: float, s_hi: float) -> int:
    """The rounds with the fewest expected calls in the worst case over amplitudes in `[s_lo, s_hi]`.

    Args:
        s_lo: smallest amplitude, in (0, 1].
        s_hi: largest, at least `s_lo`.

    Returns:
        m.

    Raises:
        ValueError: bounds out of range, or an amplitude so small that no number of rounds is sensible.

    Example:
        >>> best_rounds(0.1, 0.1), best_rounds(0.004, 0.0082), best_rounds(0.9, 1.0)
        (5, 128, 0)
    """
    if not 0 < s_lo <= s_hi <= 1:
        raise ValueError(f"amplitudes must satisfy 0 < s_lo <= s_hi <= 1, got [{s_lo}, {s_hi}]")
    # The largest amplitude may overshoot a quarter turn for the smallest one's sake, but no half turn.
    limit = max(0, math.ceil((math.pi / math.asin(s_hi) - 1) / 2) - 1)
    if limit > MAX_ROUNDS:
        raise ValueError(
            f"an amplitude of {s_hi:.3g} would need {limit:,} rounds of amplification, more than "
            f"{MAX_ROUNDS:,}; train the network to a larger output norm, or raise skip_weight"
        )

    def worst(rounds: int) -> float:
        # 1/sin^2 is convex up to half a turn, so that its largest value lies at an end.
        return max(expected_calls(s_lo, rounds), expected_calls(s_hi, rounds))

    return min(range(limit + 1), key=worst)


@attrs.frozen(field_transformer=checked, cache_hash=True)
class HeraldedVector(VectorEncoding):
    r"""The same vector with its amplitude turned from `s = sin t` to `sin((2m+1) t)` by m Grover rounds.

    $$ s = \sin t \;\to\; \sin((2m + 1)\, t), \qquad m \text{ Grover rounds}. $$

    Measuring zeros on `ancilla` heralds it: the branch is then exactly the direction of what the vector
    encodes, whatever its amplitude, and the success probability is `1/alpha**2`. No polynomial, no rotation
    and no error of its own; with the best m about `1.38/s` calls a sample are expected, against
    `ln(2/epsilon)/s` for the coherent `NormalizedVector`.

    Each round is `-U (2|0><0| - I) U^dagger (2 Pi - I)`, Pi the projector of clean ancillas: two
    `ProjectorPhase`s of `pi/2`, whose factors i make the sign. Controlled, one call of U and the
    ladders of the phases are.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
        ancilla: `QAny(a)`, the vector's.
    Parameters:
        vector: encoding to amplify; called exactly `2 rounds + 1` times.
        rounds: m; `best_rounds` finds it from bounds of the amplitude. May be symbolic by shape.
        s_lo: lower bound of the amplitude `1/alpha_v`, by default that of the vector.
        s_hi: upper bound, likewise.
        is_controlled: with a `ctrl` qubit.
    Encodes: (alpha, a, e), e the error of the vector's direction. By data alpha is one over the length of the
        block that is really encoded, so that its error is one of direction only; by shape the largest alpha
        for amplitudes in `[s_lo, s_hi]`. Bound.

    Raises:
        ValueError: negative rounds, so many that an amplitude overshoots a half turn, or bounds that do
            not hold the amplitude.

    References:
        Brassard, Høyer, Mosca and Tapp, Quantum amplitude amplification and estimation
        (arXiv:quant-ph/0005055), Theorem 2.

    Example:
        >>> columns = ColumnOracle([[0.2, 0.0], [0.0, 0.2]], scale=1.0)
        >>> weak = SquaredMatrixVectorProduct(LoadedVector([1.0, 0.0]), columns)
        >>> round(HeraldedVector(weak, rounds=3).success_probability, 4)
        0.9742
    """

    vector: VectorEncoding
    rounds: SymbolicInt = attrs.field(kw_only=True)
    s_lo: float | None = attrs.field(default=None, kw_only=True)
    s_hi: float | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        instance(self.vector, "vector", VectorEncoding, "a VectorEncoding")
        if is_symbolic(self.rounds):
            return
        if self.rounds < 0:
            raise ValueError(f"rounds must not be negative, got {self.rounds}")
        s_lo, s_hi = self.amplitude_bounds
        if not 0 < s_lo <= s_hi <= 1:
            raise ValueError(
                f"amplitude bounds must satisfy 0 < s_lo <= s_hi <= 1, got [{s_lo}, {s_hi}]"
            )
        s, slack = 1 / float(self.vector.alpha), float(self.vector.epsilon) + 1e-9
        if not s_lo * (1 - slack) <= s <= s_hi * (1 + slack):
            raise ValueError(
                f"the vector has amplitude {s:.6g}, outside [{s_lo:.6g}, {s_hi:.6g}]: the rounds "
                f"are chosen for those; widen the bounds"
            )
        if self._turn(s_hi) >= math.pi:
            raise ValueError(
                f"{self.rounds} rounds turn an amplitude of {s_hi:.3g} past a half turn; take "
                f"{best_rounds(s_lo, s_hi)}"
            )

    @property
    def amplitude_bounds(self) -> tuple[float, float]:
        """`(s_lo, s_hi)`."""
        s = min(1.0, 1 / float(self.vector.alpha))
        return s if self.s_lo is None else self.s_lo, s if self.s_hi is None else self.s_hi

    def _turn(self, amplitude: float) -> float:
        """`(2m+1) asin(s)`."""
        return (2 * int(self.rounds) + 1) * math.asin(min(1.0, amplitude))

    @property
    def amplifies(self) -> VectorEncoding:
        """The vector."""
        return self.vector

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n` of the vector."""
        return self.vector.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """The vector's ancillas."""
        return self.vector.ancilla_bitsize

    @cached_property
    def alpha(self) -> SymbolicFloat:
        """`1/sin((2m+1) asin(s))`; see the class for s."""
        if self.has_data:
            return 1 / float(np.linalg.norm(self.block()))
        # sin is concave over a half turn, so that its smallest value lies at an end.
        return 1 / min(math.sin(self._turn(s)) for s in self.amplitude_bounds)

    @property
    def success_probability(self) -> float:
        """`1/alpha**2`: of seeing the flag; by shape the lowest."""
        return 1 / float(self.alpha) ** 2

    @cached_property
    def epsilon(self) -> SymbolicFloat:
        """Of the direction, which is all that is left after the flag was seen."""
        return self.vector.direction_error

    @property
    def direction_error(self) -> float:
        """The vector's."""
        return self.vector.direction_error

    @property
    def amplitude_band(self) -> Bounds:
        """`sin((2m+1) asin s)` over the band of s."""
        if self.has_data and self.s_lo is None and self.s_hi is None:
            return 1 / float(self.alpha), 1 / float(self.alpha)
        turns = [self._turn(s) for s in self.amplitude_bounds]
        heights = [math.sin(turn) for turn in turns]
        over_the_top = turns[0] <= math.pi / 2 <= turns[1]
        return min(heights), 1.0 if over_the_top else max(heights)

    @property
    def scaled_error(self) -> ScaledError:
        """The vector's direction, the band of amplitudes over `1/alpha`."""
        lo, hi = (amplitude * float(self.alpha) for amplitude in self.amplitude_band)
        return ScaledError(self.vector.direction_error, lo, hi)

    def target(self) -> FloatArray:
        """The vector's."""
        return self.vector.target()

    def block(self) -> FloatArray:
        """`sin((2m+1) asin(s)) x/s` for the vector's block x of norm s."""
        block = self.vector.block()
        s = float(np.linalg.norm(block))
        result: FloatArray = math.sin(self._turn(s)) * block / s
        return result

    @property
    def component(self) -> str:
        """Row of the cost report."""
        return "amplification"

    @property
    def _phases(self) -> tuple[ProjectorPhase, ProjectorPhase]:
        """About clean ancillas, and about |0> of everything."""
        a, n = self.ancilla_bitsize, self.system_bitsize
        good, zero = (
            ProjectorPhase(size, math.pi / 2, is_gated=self.is_controlled) for size in (a, a + n)
        )
        return good, zero

    @property
    def _first(self) -> VectorEncoding:
        """The call that the control touches."""
        return controlled_if(self.vector, self.is_controlled)

    @property
    def _flips_when_off(self) -> bool:
        """Gated off, each round multiplies by `(-i)^2 = -1`: undone for an odd number of rounds."""
        return self.is_controlled and not is_symbolic(self.rounds) and self.rounds % 2 == 1

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """The sign qubit, which stays |0>, beside the larger ladder or the vector's."""
        first = workspace_of(self._first)
        if self.rounds == 0:
            return first
        inside = max_workspace(workspace_of(self.vector), self._phases[1].workspace)
        return max_workspace(first, inside + 1)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """U, then m rounds of phase, inverse, phase, U."""
        if is_symbolic(self.rounds, self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system, ancilla = wires.reg("ctrl"), wires.reg("system"), wires.reg("ancilla")
        wires.call(self._first, ctrl=ctrl, system=system, ancilla=ancilla)
        good, zero = self._phases
        inverse = self.vector.adjoint()
        sign = wires.allocate("sign") if self.rounds else []
        for _ in range(int(self.rounds)):
            wires.call(good, gate=ctrl, sign=sign, flagged=ancilla)
            wires.call(inverse, system=system, ancilla=ancilla)
            wires.call(zero, gate=ctrl, sign=sign, flagged=ancilla + system)
            wires.call(self.vector, system=system, ancilla=ancilla)
        if sign:
            wires.free("sign")
        if self._flips_when_off:
            for gate in (XGate(), ZGate(), XGate()):
                wires.call(gate, q=ctrl)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """`2m + 1` calls and `2m` phases."""
        counts: Counter[Bloq] = Counter()
        counts[self._first] += 1
        if self.rounds != 0:
            for bloq in (self.vector, self.vector.adjoint(), *self._phases):
                counts.update({bloq: self.rounds})
        if self._flips_when_off:
            counts.update({XGate(): 2, ZGate(): 1})
        return counts


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _heralded() -> HeraldedVector:
    columns = ColumnOracle([[0.2, 0.1], [-0.1, 0.2]], scale=1.0)
    weak = SquaredMatrixVectorProduct(LoadedVector([0.8, 0.6]), columns)
    heralded = HeraldedVector(weak, rounds=3)
    return heralded


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _heralded_shape() -> HeraldedVector:
    columns = ColumnOracle(None, bitsize=2)
    weak = SquaredMatrixVectorProduct(LoadedVector(None, bitsize=2), columns, norm=0.1)
    heralded_shape = HeraldedVector(weak, rounds=7)
    return heralded_shape
