"""L4: the concatenation of encoded vectors."""

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise

import attrs
import numpy as np
from qualtran import (
    Bloq,
    BloqBuilder,
    BloqDocSpec,
    DecomposeTypeError,
    Soquet,
    bloq_example,
)
from qualtran.bloqs.basic_gates import CNOT, Ry
from qualtran.resource_counting import BloqCountDictT, SympySymbolAllocator
from qualtran.symbolics import SymbolicFloat, SymbolicInt, is_symbolic, ssqrt

from bloqs.checks import real_array, sequence
from bloqs.combine.matrix_product import check_vector_encoding
from bloqs.combine.select_vectors import SelectVectors
from bloqs.core.bookkeeping import COUNTS_UP_TO_BOOKKEEPING
from bloqs.core.checks import checked
from bloqs.core.cliffords import ANGLE_ATOL
from bloqs.core.control import WorkspaceOf
from bloqs.core.encoding import FloatArray, VectorEncoding
from bloqs.core.wires import Wires


def _select(parts: object) -> SelectVectors:
    """Converter: a sequence of encodings as a tree (Qualtran serialises a bloq, but no tuple of bloqs)."""
    if isinstance(parts, SelectVectors):
        return parts
    if isinstance(parts, Bloq) or not isinstance(parts, Iterable):
        raise ValueError(
            f"VectorConcatenation: `parts` must be a sequence of vector encodings, "
            f"got {type(parts).__name__}"
        )
    encodings = tuple(sequence(parts, "parts", "a sequence of vector encodings"))
    for j, part in enumerate(encodings):
        check_vector_encoding("VectorConcatenation", f"parts[{j}]", part)
    return SelectVectors.from_encodings(encodings)


def _floats(weights: object) -> tuple[float, ...] | None:
    """Converter of the weights (a deserialised tuple comes back as an array)."""
    if weights is None:
        return None
    return tuple(real_array(weights, "weights", has_bools=False).ravel().tolist())  # type: ignore[arg-type]


def _weight_rotations(
    weights: FloatArray, num_controls: int
) -> list[tuple[int, list[tuple[int, float]]]]:
    """The rotation tree that prepares `weights` on qubits numbered from `num_controls` (0 or 1).

    Pairs (target qubit, schedule); a schedule lists (mask of the qubits before the target, angle): the
    rotation is by `angle` times the sign `(-1)**parity(mask)`. Masks follow a Gray code; their angles are the
    Walsh coefficients of the angles of the tree's level, a control 0 standing for angles 0. Angles 0 are left
    out, so equal weights cost one rotation a qubit by pi/2, a Clifford (by +-pi/4, two T, with control).
    """
    levels: list[tuple[int, list[tuple[int, float]]]] = []
    bitsize = len(weights).bit_length() - 1
    for level in range(bitsize):
        halves = weights.reshape(2**level, 2, -1)
        # The last level sees the entries themselves and with them their signs.
        pairs = halves[:, :, 0] if level == bitsize - 1 else np.linalg.norm(halves, axis=2)
        angles = 2 * np.arctan2(pairs[:, 1], pairs[:, 0])
        if num_controls:
            angles = np.concatenate([np.zeros_like(angles), angles])
        coefficients = angles
        for _ in range(level + num_controls):
            zero, one = coefficients.reshape(2, -1)
            coefficients = np.stack([zero + one, zero - one], axis=1).ravel() / 2
        grid = np.round(coefficients / (np.pi / 2)) * (np.pi / 2)
        coefficients = np.where(abs(coefficients - grid) < ANGLE_ATOL, grid, coefficients)
        schedule = [
            (mask, float(coefficients[mask]))
            for mask in (j ^ (j >> 1) for j in range(len(angles)))
            if coefficients[mask] != 0
        ]
        levels.append((level + num_controls, schedule))
    return levels


def _mask_changes(schedule: list[tuple[int, float]]) -> list[int]:
    """Before each rotation, and after the last, the mask of the qubits whose CNOT is due."""
    masks = [0, *(mask for mask, _ in schedule), 0]
    return [before ^ after for before, after in pairwise(masks)]


@attrs.frozen(field_transformer=checked, cache_hash=True)
class VectorConcatenation(VectorEncoding):
    r"""The concatenation of encoded vectors with weights, normalised.

    $$ \frac{1}{\mathcal N} \sum_j w_j |j\rangle \frac{\psi_j}{\alpha_j}, \qquad
       \mathcal N^2 = \sum_j w_j^2 / \alpha_j^2, \qquad \sum_j w_j^2 = 1. $$

    Rotations prepare `sum_j w_j |j>` on the index, which is part of the vector; `SelectVectors` then applies
    `U_j` at index j: each encoding once, controlled, by `K - 2` And for K encodings.
    When K is not a power of two, the missing parts have weight zero.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(k + n)`: the index j, `k = ceil(log2 K)` most significant qubits, then the vectors.
        ancilla: `QAny(max a_j)`, shared: at each index one encoding acts.

    Parameters:
        parts: two or more encodings of vectors of length `2**n`, or a `SelectVectors` of them.
        weights: one real number a part, of any sign, not all zero, scaled to unit 2-norm here; None for
            equal ones. The weights `w_j = alpha_j` make up the plain concatenation of unit vectors.
        is_controlled: with a `ctrl` qubit.

    Encodes: `(1/N, max a_j, sqrt(sum_j w_j**2 eps_j**2/alpha_j**2)/N)`.

    Error: the block is `sum_j w_j |j> p_j` with `||alpha_j p_j - psi_j|| <= eps_j`; times `alpha = 1/N` it
        differs from the target by `sum_j w_j |j> (p_j - psi_j/alpha_j)/N`, a sum of orthogonal vectors.

    Cost: one controlled call a part, `K - 2` And (`K - 1` with control), and the rotations of the weights:
        at most `2**k - 1`, only k Cliffords when all are equal and K is a power of two; with control at most
        twice as many, and then `2 k` T.

    Raises:
        ValueError: fewer than two parts, a part that is no vector encoding or has a control of its own,
            vectors of different lengths; weights that are not as many as the parts, not finite, or all zero.

    References:
        [Accelerating Inference for Multilayer Neural Networks with Quantum Computers](
        https://arxiv.org/abs/2510.07195), Rattew et al. (ICLR 2026), concatenation of vector encodings.

    Example:
        >>> from bloqs.loading import LoadedVector
        >>> parts = [LoadedVector([0.6, 0.8]), LoadedVector([0.0, -1.0])]
        >>> VectorConcatenation(parts, weights=[3, 4]).target().round(6).tolist()
        [0.36, 0.48, 0.0, -0.8]
    """

    parts: SelectVectors = attrs.field(converter=_select)
    weights: tuple[float, ...] | None = attrs.field(default=None, converter=_floats)
    is_controlled: bool = False

    def __attrs_post_init__(self) -> None:
        if self.parts.is_controlled:
            raise ValueError(
                "VectorConcatenation: `parts` has a control of its own; control the whole"
            )
        if self.weights is None:
            return
        if len(self.weights) != len(self.encodings):
            raise ValueError(
                f"VectorConcatenation: {len(self.encodings)} parts need as many weights, "
                f"got {len(self.weights)}"
            )
        if not np.all(np.isfinite(self.weights)):
            raise ValueError(
                f"VectorConcatenation: weights must be finite numbers, got {self.weights}"
            )
        if not np.any(self.weights):
            raise ValueError("VectorConcatenation: all weights are zero; one must not be")

    # --- what is encoded -------------------------------------------------------------------------

    @property
    def encodings(self) -> tuple[VectorEncoding, ...]:
        """The parts, in the order of the index."""
        return self.parts.encodings

    @cached_property
    def unit_weights(self) -> FloatArray:
        """`w_j` of the parts, of unit 2-norm, float64 `(K,)`."""
        weights = np.ones(len(self.encodings)) if self.weights is None else np.array(self.weights)
        # Scaled first: squares of very large or very small weights would overflow or vanish.
        weights = weights / np.max(np.abs(weights))
        scaled: FloatArray = weights / np.linalg.norm(weights)
        return scaled

    @cached_property
    def amplitudes(self) -> FloatArray:
        """`w_j` at the index j, float64 `(2**k,)`; zero where there is no part."""
        amplitudes = np.zeros(2**self.parts.select_bitsize)
        amplitudes[list(self.parts.indices)] = self.unit_weights
        return amplitudes

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`k + n`."""
        return self.parts.select_bitsize + self.parts.system_bitsize

    @property
    def ancilla_bitsize(self) -> SymbolicInt:
        """`max a_j`."""
        return self.parts.ancilla_bitsize

    @property
    def alpha(self) -> SymbolicFloat:
        """`1/N`."""
        return 1 / self._norm

    @property
    def _norm(self) -> SymbolicFloat:
        pairs = zip(self.unit_weights, self.encodings, strict=True)
        return _root_sum(float(w**2) / part.alpha**2 for w, part in pairs)

    @property
    def epsilon(self) -> SymbolicFloat:
        """`sqrt(sum_j w_j**2 eps_j**2/alpha_j**2)/N`, proved above."""
        pairs = zip(self.unit_weights, self.encodings, strict=True)
        return (
            _root_sum(float(w**2) * part.epsilon**2 / part.alpha**2 for w, part in pairs)
            / self._norm
        )

    def _place(self, vectors: Iterable[FloatArray]) -> FloatArray:
        """`sum_j w_j |j> vectors_j`, float64 `(2**(k + n),)`."""
        placed = np.zeros((len(self.amplitudes), 2**self.parts.system_bitsize))
        for index, vector in zip(self.parts.indices, vectors, strict=True):
            placed[index] = self.amplitudes[index] * vector
        return placed.ravel()

    def target(self) -> FloatArray:
        """`sum_j w_j |j> psi_j / (alpha_j N)`, float64 `(2**(k + n),)`."""
        return self._place(part.target() / part.alpha for part in self.encodings) / self._norm

    def block(self) -> FloatArray:
        """`sum_j w_j |j> block_j`."""
        return self._place(part.block() for part in self.encodings)

    # --- the circuit -----------------------------------------------------------------------------

    @property
    def _call(self) -> Bloq:
        return self.parts.controlled() if self.is_controlled else self.parts

    @cached_property
    def _rotations(self) -> list[tuple[int, list[tuple[int, float]]]]:
        return _weight_rotations(self.amplitudes, int(self.is_controlled))

    def workspace_given(self, workspace_of: WorkspaceOf) -> SymbolicInt:
        """Of the SELECT."""
        return workspace_of(self._call)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """The weights on the index, then SELECT."""
        if is_symbolic(self.system_bitsize, self.ancilla_bitsize):
            raise DecomposeTypeError(f"symbolic {self}")
        wires = Wires(bb, soqs)
        ctrl, system = wires.reg("ctrl"), wires.reg("system")
        index, vector = system[: self.parts.select_bitsize], system[self.parts.select_bitsize :]
        qubits = [*ctrl, *index]
        for target, schedule in self._rotations:
            for step, change in enumerate(_mask_changes(schedule)):
                for place in range(target):
                    if change >> (target - 1 - place) & 1:
                        wires.call(CNOT(), ctrl=[qubits[place]], target=[qubits[target]])
                if step < len(schedule):
                    wires.call(Ry(schedule[step][1]), q=[qubits[target]])
        wires.call(self._call, ctrl=ctrl, select=index, system=vector, ancilla=wires.reg("ancilla"))
        return wires.join_signature(self.signature)

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """The rotations and CNOTs of the weights, and one SELECT."""
        counts: Counter[Bloq] = Counter([self._call])
        for _, schedule in self._rotations:
            counts.update(Ry(angle) for _, angle in schedule)
            cnots = sum(change.bit_count() for change in _mask_changes(schedule))
            if cnots:
                counts[CNOT()] += cnots
        return counts


def _root_sum(squares: Iterable[SymbolicFloat]) -> SymbolicFloat:
    total = sum(squares)
    return ssqrt(total) if is_symbolic(total) else float(np.sqrt(total))


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _vector_concatenation() -> VectorConcatenation:
    from bloqs.loading import LoadedVector

    vector_concatenation = VectorConcatenation(
        [LoadedVector([0.6, 0.8]), LoadedVector([-0.8, 0.6]), LoadedVector([1.0, -3.0])],
        weights=(0.5, -0.7, 0.2),
    )
    return vector_concatenation


@bloq_example(generalizer=COUNTS_UP_TO_BOOKKEEPING)
def _vector_concatenation_shape() -> VectorConcatenation:
    from bloqs.loading import LoadedVector

    vector_concatenation_shape = VectorConcatenation([LoadedVector(None, bitsize=2)] * 4)
    return vector_concatenation_shape


VECTOR_CONCATENATION_DOC = BloqDocSpec(
    bloq_cls=VectorConcatenation, examples=[_vector_concatenation, _vector_concatenation_shape]
)
