"""Alias sampling: a PREPARE for linear combinations, cheap because it may leave garbage behind.

Ours because Qualtran's `StatePreparationAliasSampling` refuses negative weights; its alias table and its
comparison are used.
"""

import math
from collections import Counter
from functools import cached_property
from typing import Any, NoReturn

import attrs
import numpy as np
from qualtran import (
    AddControlledT,
    Bloq,
    BloqBuilder,
    BQUInt,
    CtrlSpec,
    QAny,
    QBit,
    Register,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.arithmetic import LessThanEqual
from qualtran.bloqs.basic_gates import CSwap, Hadamard, ZGate
from qualtran.bloqs.state_preparation.prepare_base import PrepareOracle
from qualtran.linalg.lcu_util import preprocess_probabilities_for_reversible_sampling
from qualtran.resource_counting import (
    BloqCountDictT,
    CostKey,
    QubitCount,
    SympySymbolAllocator,
    get_cost_value,
)
from qualtran.symbolics import is_symbolic

from bloqs.core.checks import checked
from bloqs.core.encoding import FloatArray, ShapeOnlyError
from bloqs.core.shown import ShownBloq
from bloqs.core.wires import Wires
from bloqs.loading.angles import check_epsilon
from bloqs.loading.fields import abridged, floats
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.lookup import TableLookup

MAX_TABLE_BITS = 62
"""Most bits of a row of the table: a 64-bit integer holds it."""


@attrs.frozen(field_transformer=checked, cache_hash=True)
class AliasSampling(ShownBloq, PrepareOracle):  # type: ignore[misc]  # Qualtran's base is untyped.
    r"""PREPARE for real weights `w`, entangled with garbage: a state for LCU, not for a vector encoding.

    $$ |0\rangle \to \sum_j s_j \sqrt{\tilde p_j}\; |j\rangle |g_j\rangle, \qquad
       \sum_j |\tilde p_j - |w_j| / \lambda| \le \epsilon, \quad \lambda = \sum_j |w_j| $$

    with the signs `s_j` of the weights where `apply_sign`, else 1. An index drawn uniformly is kept if a
    `mu`-bit random number is below its `keep`, else exchanged for its alias: `L - 2` And for the table of
    aliases, `2 mu - 1` for the comparison, `n + 1` CSwap, no rotation. Exact but for the rounding of the
    probabilities to multiples of `2**-mu / L`.

    *Where it may be used.* On both sides of a SELECT that leaves the garbage alone,
    `PREPARE^dagger SELECT PREPARE`: the garbage of the two sides is the same and cancels, so that
    `<P(no signs)| SELECT |P(signs)> = sum_j s_j p~_j U_j`, within `epsilon` of the combination over `lambda`
    when every `||U_j|| <= 1`. Sums of unitaries, the taps of a convolution with one channel.

    *Where not.* As a `VectorEncoding` (an input, a weight column): the garbage is entangled with the index,
    so the amplitudes do not interfere. And where the two sides differ, as in the convolution of several
    channels, whose PREPARE is `K_oit/(alpha b_it)` on one side and `b_it` on the other: garbage `g_j` of two
    tables does not cancel. Load those by rotations or tables.

    Registers:
        selection: `BQUInt(n, 2**n)`, zero in; `j`.
        sigma_mu: `QAny(mu)`, the random number. This and all that follow come in as zero and leave as
            garbage.
        alt: `QAny(n)`, the alias.
        keep: `QAny(mu)`, the threshold of the random number.
        less_than_equal: one qubit, the outcome of the comparison.
        sign: one qubit, 1 where `w_j` is negative: SELECT may read it too.
        alt_sign: one qubit, the same of the alias.

    Parameters:
        data: the `2**n` weights, real, any signs, not normalised; None to cost by shape.
        keep_bits: `mu >= 1`; `for_epsilon` finds it from an error.
        bitsize: `n >= 1`, by shape only.
        scale: `lambda`, by shape only, default 1.
        apply_sign: whether the signs are in the amplitudes; true on one side of an LCU.

    Raises:
        ValueError: a number of weights that is not a power of two, weights not finite or all zero, too few or
            too many bits.

    References:
        [Encoding electronic spectra in quantum circuits with linear T complexity](
        https://arxiv.org/abs/1805.03662), Babbush et al. (2018), section III.D. The alias table and the
        comparison are Qualtran's; its `StatePreparationAliasSampling` has no signs.

    Example:
        >>> prepare = AliasSampling.for_epsilon([0.5, -0.25, 0.125, 0.125], 1e-3)
        >>> prepare.keep_bits, prepare.probabilities().tolist()
        (1, [0.5, 0.25, 0.125, 0.125])
    """

    data: tuple[float, ...] | None = attrs.field(default=None, converter=floats, repr=abridged)
    keep_bits: int = 8
    bitsize: int | None = attrs.field(default=None, kw_only=True)
    scale: float | None = attrs.field(default=None, kw_only=True)
    apply_sign: bool = attrs.field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if is_symbolic(self.keep_bits) or (self.bitsize is not None and is_symbolic(self.bitsize)):
            raise ValueError(
                f"alias sampling is costed by numbers, got {self.bitsize}, {self.keep_bits}"
            )
        if self.data is not None:
            self._check_data(self.data)
        elif self.bitsize is None or self.bitsize < 1:
            raise ValueError(f"weights, or by shape bitsize >= 1, are needed; got {self.bitsize}")
        if self.scale is not None and not 0 < self.scale < math.inf:
            raise ValueError(f"scale must be a positive number, got {self.scale}")
        most = MAX_TABLE_BITS - self.selection_bitsize - 2
        if not 1 <= self.keep_bits <= most:
            raise ValueError(f"keep_bits must be 1 to {most}, got {self.keep_bits}")

    def _check_data(self, data: tuple[float, ...]) -> None:
        if len(data) < 2 or len(data) & (len(data) - 1):
            raise ValueError(
                f"there must be 2, 4, 8, ... weights, got {len(data)}; pad them with zeros"
            )
        if not np.all(np.isfinite(data)):
            raise ValueError("weights must be finite, found NaN or infinity")
        if not any(data):
            raise ValueError("weights are all zero: there is nothing to sample")
        if self.bitsize not in (None, len(data).bit_length() - 1):
            raise ValueError(f"bitsize is {self.bitsize}, but there are {len(data)} weights")
        if self.scale is not None:
            raise ValueError("scale is given by shape only; weights have their own sum")

    @classmethod
    def for_epsilon(cls, data: object, epsilon: float, **options: Any) -> "AliasSampling":
        """The fewest `keep_bits` whose stated error of the probabilities, in 1-norm, is at most `epsilon`.

        Args:
            data: as in the class; None by shape.
            epsilon: positive; times `lambda` it bounds the error of the linear combination.
            options: the other fields of the class.

        Returns:
            The PREPARE with that many bits.

        Raises:
            ValueError: as the class, or `epsilon` out of reach.
        """
        check_epsilon(epsilon)
        bloq = cls(floats(data), 1, **options)
        # Beyond 2**-52 the weights themselves are rounded.
        for bits in range(1, min(52, MAX_TABLE_BITS - bloq.selection_bitsize - 2) + 1):
            bloq = attrs.evolve(bloq, keep_bits=bits)
            if bloq.epsilon <= epsilon:
                return bloq
        raise ValueError(
            f"{bloq.keep_bits} bits give an error of {bloq.epsilon:.3g}, epsilon asked was {epsilon:.3g}"
        )

    @property
    def selection_bitsize(self) -> int:
        """`n`."""
        return len(self.data).bit_length() - 1 if self.data is not None else int(self.bitsize or 0)

    @property
    def num_weights(self) -> int:
        """`L = 2**n`."""
        return int(2**self.selection_bitsize)

    @property
    def has_data(self) -> bool:
        """False by shape."""
        return self.data is not None

    @property
    def l1_norm_of_coeffs(self) -> float:
        """`lambda`."""
        if self.data is None:
            return 1.0 if self.scale is None else self.scale
        return float(np.sum(np.abs(self.data)))

    @cached_property
    def _aliases(self) -> tuple[list[int], list[int]]:
        """Alias and keep of every index."""
        if self.data is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no weights")
        weights = np.abs(self.data)
        alt, keep, _ = preprocess_probabilities_for_reversible_sampling(
            (weights / np.max(weights)).tolist(), sub_bit_precision=self.keep_bits
        )
        return alt, keep

    def probabilities(self) -> FloatArray:
        """The `p~_j` that are prepared.

        Returns:
            float64 `(2**n,)`, with sum 1.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        alt, keep = self._aliases
        kept = np.array(keep) / 2**self.keep_bits
        found = kept.copy()
        np.add.at(found, alt, 1 - kept)
        return found / self.num_weights

    def signs(self) -> FloatArray:
        """The `s_j` of the weights.

        Returns:
            float64 `(2**n,)`, each 1 or -1.

        Raises:
            ShapeOnlyError: the bloq is given by shape.
        """
        if self.data is None:
            raise ShapeOnlyError(f"{self} is given by shape and has no weights")
        return np.where(np.array(self.data) < 0, -1.0, 1.0)

    @property
    def epsilon(self) -> float:
        """1-norm error of the probabilities: by data the one there is, by shape its bound `2**-mu`."""
        if self.data is None:
            return float(2.0**-self.keep_bits)
        exact = np.abs(self.data) / np.max(np.abs(self.data))
        return float(np.sum(np.abs(self.probabilities() - exact / np.sum(exact))))

    @property
    def selection_registers(self) -> tuple[Register, ...]:
        """`selection`."""
        return (Register("selection", BQUInt(self.selection_bitsize, self.num_weights)),)

    @property
    def junk_registers(self) -> tuple[Register, ...]:
        """All that is left entangled."""
        n, mu = self.selection_bitsize, self.keep_bits
        return (
            Register("sigma_mu", QAny(mu)),
            Register("alt", QAny(n)),
            Register("keep", QAny(mu)),
            Register("less_than_equal", QBit()),
            Register("sign", QBit()),
            Register("alt_sign", QBit()),
        )

    @cached_property
    def signature(self) -> Signature:
        """Selection, then junk."""
        return Signature([*self.selection_registers, *self.junk_registers])

    @cached_property
    def _table(self) -> TableLookup:
        """Rows of alias, keep, sign and the alias's sign."""
        n, mu = self.selection_bitsize, self.keep_bits
        rows = None
        if self.data is not None:
            alt, keep = self._aliases
            negative = [int(s < 0) for s in self.signs()]
            rows = [
                ((a << mu | k) << 1 | negative[j]) << 1 | negative[a]
                for j, (a, k) in enumerate(zip(alt, keep, strict=True))
            ]
        return TableLookup(rows, n, n + mu + 2)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Draw, look up, compare, exchange."""
        wires = Wires(bb, soqs)
        names = ("selection", "sigma_mu", "alt", "keep", "less_than_equal", "sign", "alt_sign")
        selection, sigma, alt, keep, flag, sign, alt_sign = map(wires.reg, names)
        for qubit in selection + sigma:
            wires.call(Hadamard(), q=[qubit])
        wires.call(self._table, address=selection, value=alt + keep + sign + alt_sign)
        mu = self.keep_bits
        wires.call(LessThanEqual(mu, mu), x=keep, y=sigma, target=flag)
        swap = CSwap(self.selection_bitsize + 1)
        wires.call(swap, ctrl=flag, x=alt + alt_sign, y=selection + sign)
        if self.apply_sign:
            wires.call(ZGate(), q=sign)
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """As the decomposition."""
        n, mu = self.selection_bitsize, self.keep_bits
        counts: Counter[Bloq] = Counter()
        counts[Hadamard()] = n + mu
        counts[self._table] = counts[LessThanEqual(mu, mu)] = counts[CSwap(n + 1)] = 1
        if self.apply_sign:
            counts[ZGate()] = 1
        return dict(counts)

    def my_static_costs(self, cost_key: CostKey[Any]) -> Any:
        """Qubits: the registers, and the more of what the table and the comparison take."""
        if isinstance(cost_key, QubitCount):
            compare = LessThanEqual(self.keep_bits, self.keep_bits)
            extra = get_cost_value(compare, QubitCount()) - compare.signature.n_qubits()
            return self.signature.n_qubits() + max(extra, self._table.workspace)
        return NotImplemented

    def get_ctrl_system(self, ctrl_spec: CtrlSpec) -> tuple[NoReturn, AddControlledT]:
        """There is none; it raises `ValueError` and says what to control instead."""
        raise ValueError(
            "a PREPARE is not controlled: control the SELECT between it and its adjoint instead"
        )


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _alias_sampling() -> AliasSampling:
    alias_sampling = AliasSampling([0.4, -0.3, 0.1, 0.2], 1)
    return alias_sampling


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _alias_sampling_shape() -> AliasSampling:
    alias_sampling_shape = AliasSampling(None, 6, bitsize=5, apply_sign=False)
    return alias_sampling_shape
