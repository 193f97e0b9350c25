"""D1: a vector loaded from a binary tree of its partial norms in a QRAM (Kerenidis and Prakash)."""

from functools import cached_property

import attrs
from qualtran import Bloq, bloq_example
from qualtran.symbolics import SymbolicFloat, SymbolicInt

from bloqs.core.checks import checked
from bloqs.core.control import DATA
from bloqs.core.encoding import FloatArray, VectorEncoding, controlled_if
from bloqs.loading.fields import abridged, floats
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.vector import LoadedVector
from bloqs.published.lemma import Lemma
from bloqs.published.one_part import OnePart

ANGLE_BITS = 34
"""Bits of an angle in the memory: the published tree is exact, this one to about 1e-9."""


@attrs.frozen(field_transformer=checked, cache_hash=True)
class KPTreeState(OnePart, VectorEncoding):
    r"""`|0> -> sum_j data_j |j>/||data||` by a KP tree, one QRAM query a level and a rotation by its answer.

    $$ |0\rangle \to \sum_j \frac{data_j}{\|data\|_2} |j\rangle. $$

    The library's `LoadedVector` with `loading="qram"`, which is this construction: ours and the published
    form are the same. What a query costs is the memory model's.

    Registers:
        ctrl: only when `is_controlled`.
        system: `QAny(n)`.
    Parameters:
        data: `2**n` real numbers, not normalised; None to cost by shape.
        angle_bits: bits of an angle in the memory.
        bitsize: `n`, by shape only; a number, since queries are counted by the size of their table.
        is_controlled: with a `ctrl` qubit.
    Encodes: (1, 0, epsilon), epsilon from the rounding of the angles; D1 states (1, 0, 0).
    Cost: O(polylog N) with a QRAM that answers in that time.

    Raises:
        ValueError: as `LoadedVector`.

    References:
        Rattew et al. (ICLR 2026), Definition 1; Kerenidis and Prakash (arXiv:1603.08675).

    Example:
        >>> tree = KPTreeState([3.0, 0.0, 0.0, -4.0])
        >>> tree.target().tolist(), tree.epsilon < 1e-8
        ([0.6, 0.0, 0.0, -0.8], True)
    """

    lemma = Lemma(
        label="D1",
        title="KP tree in QRAM",
        encodes="(1, 0, 0) of x",
        complexity="O(polylog N) with QRAM",
        ours='bloqs.loading.LoadedVector(loading="qram")',
        references=("rattew2026", "kerenidis2016"),
    )
    component = "input loading"

    data: tuple[float, ...] | None = attrs.field(
        default=None, converter=floats, repr=abridged, metadata=DATA
    )
    angle_bits: int = ANGLE_BITS
    bitsize: int | None = attrs.field(default=None, kw_only=True)
    is_controlled: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        assert self.loaded is not None  # which refuses what is wrong

    @cached_property
    def loaded(self) -> LoadedVector:
        """The loaded vector that this is."""
        return LoadedVector(self.data, "qram", self.angle_bits, bitsize=self.bitsize)

    @property
    def system_bitsize(self) -> SymbolicInt:
        """`n`."""
        return self.loaded.system_bitsize

    @property
    def ancilla_bitsize(self) -> int:
        """None."""
        return 0

    @property
    def alpha(self) -> float:
        """1."""
        return 1.0

    @property
    def epsilon(self) -> SymbolicFloat:
        """Of the rounded angles."""
        return self.loaded.epsilon

    def target(self) -> FloatArray:
        """`data/||data||`."""
        return self.loaded.target()

    def block(self) -> FloatArray:
        """The vector of the rounded angles."""
        return self.loaded.block()

    @property
    def _call(self) -> Bloq:
        return controlled_if(self.loaded, self.is_controlled)


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _kp_tree_state() -> KPTreeState:
    kp_tree_state = KPTreeState([0.5, -1.0], angle_bits=4)
    return kp_tree_state


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _kp_tree_state_shape() -> KPTreeState:
    kp_tree_state_shape = KPTreeState(None, 5, bitsize=2)
    return kp_tree_state_shape
