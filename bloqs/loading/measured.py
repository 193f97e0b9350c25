"""Unloading a table by measuring it: a costed option where the verified circuit looks it up again.

Ours because Qualtran's `QROAMCleanAdjoint` has no tensors and does not name the phases that follow an
outcome, so that nothing of it can be checked, and because it knows no table that was written over another.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NoReturn

import attrs
from qualtran import (
    Bloq,
    BloqBuilder,
    CompositeBloq,
    ConnectionT,
    DecomposeTypeError,
    QAny,
    Register,
    Side,
    Signature,
    Soquet,
    bloq_example,
)
from qualtran.resource_counting import (
    BloqCountDictT,
    CostKey,
    GateCounts,
    QECGatesCost,
    SympySymbolAllocator,
)
from qualtran.symbolics import is_symbolic

from bloqs.checks import instance
from bloqs.core.checks import checked
from bloqs.core.control import ControllableBloq
from bloqs.core.shown import ShownBloq
from bloqs.core.wires import Wires
from bloqs.loading.fields import ints
from bloqs.loading.generalizers import LOADING_GENERALIZERS
from bloqs.loading.lookup import TableLookup
from bloqs.loading.phase_fix_up import PhaseFixUp


@attrs.frozen(field_transformer=checked)
class MeasureRow(ShownBloq, Bloq):
    """Measures the row of a table in the X basis: the outcome leaves a sign on the address that it came with.

    A leaf for costs. It has no tensors, because what follows depends on the outcome.

    Registers:
        address: `QAny(n)`, unchanged but for the sign.
        value: LEFT, `QAny(W)`, measured.

    Parameters:
        address_bitsize: `n`.
        value_bitsize: `W`.

    Example:
        >>> from qualtran.resource_counting import get_cost_value
        >>> get_cost_value(MeasureRow(3, 5), QECGatesCost()).measurement
        5
    """

    address_bitsize: int
    value_bitsize: int

    has_data = False

    @cached_property
    def signature(self) -> Signature:
        """`address`, and `value` in."""
        value = Register("value", QAny(self.value_bitsize), side=Side.LEFT)
        return Signature([Register("address", QAny(self.address_bitsize)), value])

    def decompose_bloq(self) -> CompositeBloq:
        """A leaf."""
        raise DecomposeTypeError(f"{self} is a leaf: a measurement")

    def adjoint(self) -> Bloq:
        """A measurement has no inverse; asked for the cost of one, the same is charged."""
        return self

    def my_static_costs(self, cost_key: CostKey[Any]) -> Any:
        """One measurement a bit."""
        if isinstance(cost_key, QECGatesCost):
            return GateCounts(measurement=self.value_bitsize)
        return NotImplemented

    def my_tensors(
        self, incoming: dict[str, ConnectionT], outgoing: dict[str, ConnectionT]
    ) -> NoReturn:
        """There are none; it raises `NotImplementedError` and says why."""
        raise NotImplementedError(
            "an unload by measurement has no pure-state tensors: it is a costed option; contract the circuit "
            "itself, whose lookups are unitary"
        )


@attrs.frozen(field_transformer=checked, cache_hash=True)
class MeasuredUnload(ControllableBloq):
    """Unloads a table of `L` rows of `W` bits by measuring it: `W` X measurements and a `PhaseFixUp`.

    An outcome `m` leaves the phase `(-1)**(m . table_j)` on the address `j`, which is a table of single bits:
    `ceil(L / 2**k) + 2**k - 4` And (one more with control) instead of `L - 2`, about `2 sqrt(L)`, whatever
    `W`. The unary qubits take the place of the measured ones, so `k` is the best with `2**k - 1 <= W`, and
    there are never more qubits than in the lookup that is replaced. The full gain is reached where
    `W >= sqrt(L)`, as for blocks of "select-swap"; single words gain a factor of `2**k <= W + 1`.
    A retreat unloads the later table in this way and then loads the earlier one, which is smaller.

    For costs only: its gates depend on the outcomes of measurements (every sign is charged), so there are no
    pure-state tensors, and no circuit that is contracted holds it. The fix-up of a given outcome can be
    contracted (`fix_up`), and `bloqs.verify.unload_errors` does so for all outcomes, or a sample of them.

    Registers:
        ctrl: one qubit, only when the lookup is controlled.
        address: `QAny(n)`, unchanged.
        value: `QAny(W)`, the row. Of an unload it is LEFT, for it is measured; of a retreat it is THRU and
            holds the earlier row on the way out.

    Parameters:
        lookup: the `TableLookup` whose use is "unload" or "retreat".

    Raises:
        ValueError: a lookup of another use, with symbols, or whose measurement would save no And.

    References:
        [Qubitization of arbitrary basis quantum chemistry leveraging sparsity and low rank factorization](
        https://arxiv.org/abs/1902.02134), Berry et al. (2019), appendix C.

    Example:
        >>> from qualtran.resource_counting import get_cost_value
        >>> unload = TableLookup(None, 6, 8, use="unload")
        >>> [get_cost_value(b, QECGatesCost()).and_bloq for b in (unload, MeasuredUnload(unload))]
        [62, 12]
    """

    lookup: TableLookup

    def __attrs_post_init__(self) -> None:
        instance(self.lookup, "lookup", TableLookup, "a TableLookup")
        if not is_measurable(self.lookup):
            raise ValueError(
                f"{self.lookup} cannot be unloaded by measurement: its use must be 'unload' or "
                f"'retreat' (is {self.lookup.use!r}), its sizes numbers, and And gates must be saved"
            )

    @property
    def is_controlled(self) -> bool:  # type: ignore[override]  # A field elsewhere; here the lookup's.
        """Whether the lookup is."""
        return self.lookup.is_controlled

    @property
    def assumptions(self) -> dict[str, str]:
        """For the assumptions block of a cost."""
        return {
            "uncomputation": "tables unloaded by measurement and a phase fix-up (Berry et al. 2019, appendix "
            "C); the circuit that is verified unloads them by a second lookup, outcomes by `unload_errors`"
        }

    @property
    def value_bitsize(self) -> int:
        """`W`."""
        return int(self.lookup.num_words * self.lookup.word_bitsize)

    @cached_property
    def signature(self) -> Signature:
        """`[ctrl], address, value`."""
        if self.lookup.use == "retreat":
            return self.lookup.signature
        return Signature(
            attrs.evolve(reg, side=Side.LEFT) if reg.name == "value" else reg
            for reg in self.lookup.signature
        )

    @cached_property
    def _fix_up(self) -> PhaseFixUp:
        """With the best `k`, and as if every bit were 1: the outcomes decide."""
        fix_up = _best_fix_up(self.lookup)
        return (
            fix_up if self.lookup.data is None else attrs.evolve(fix_up, data=[1] * fix_up.entries)
        )

    @cached_property
    def reloaded(self) -> TableLookup | None:
        """The earlier table of a retreat, as if every bit were 1; None for an unload."""
        table = _earlier_table(self.lookup)
        if table is None or self.lookup.data is None:
            return table
        size = table.entries * table.num_words
        return attrs.evolve(table, data=[2**table.word_bitsize - 1] * size)

    def measured_rows(self, later: Sequence[int] | None = None) -> tuple[int, ...]:
        """The rows that are measured, each as one integer of `W` bits.

        Args:
            later: words of the later table of a retreat, flat; its data are the XOR of both tables. None for
                an unload.

        Returns:
            One row an entry.

        Raises:
            ValueError: no data, or words that do not fill the rows.
        """
        words, b = self.lookup.num_words, self.lookup.word_bitsize
        data = self.lookup.data
        if data is None or (later is None and self.lookup.use != "unload"):
            raise ValueError(
                "phases follow from the rows that are measured; the lookup has none, or is a retreat, whose "
                "data are of two tables: give its later one"
            )
        table = data if later is None else ints(later, "later")
        assert table is not None
        if len(table) != len(data):
            raise ValueError(f"later must hold {len(data)} words, as the lookup, got {len(table)}")
        rows = []
        for row in range(self.lookup.entries):
            value = 0
            for word in table[row * words : (row + 1) * words]:
                value = value << b | word
            rows.append(value)
        return tuple(rows)

    def fix_up(self, outcome: int, later: Sequence[int] | None = None) -> PhaseFixUp:
        """The phases that follow an outcome of the measurements.

        Args:
            outcome: the `W` measured bits as an integer, the first most significant; 1 for `|->`.
            later: as in `measured_rows`.

        Returns:
            The bloq that takes the phases away.

        Raises:
            ValueError: as `measured_rows`.
        """
        bits = [(value & outcome).bit_count() % 2 for value in self.measured_rows(later)]
        return attrs.evolve(self._fix_up, data=bits)

    @property
    def workspace(self) -> int:
        """The fix-up, or the reload, where it takes more than the place of the measured qubits."""
        most = self._fix_up.workspace
        if self.reloaded is not None:
            words = self.reloaded.num_words * self.reloaded.word_bitsize
            most = max(most, int(words + self.reloaded.workspace))
        return max(most - self.value_bitsize, 0)

    def build_composite_bloq(self, bb: BloqBuilder, **soqs: Soquet) -> dict[str, Soquet]:
        """Measure, fix the phases, load what was there before."""
        value = soqs.pop("value")
        out = dict(soqs)
        out["address"] = bb.add(self._measure, address=out["address"], value=value)
        out = bb.add_d(self._fix_up, **out)
        if self.reloaded is None:
            return out
        wires = Wires(bb, out)
        row = wires.allocate("value", self.value_bitsize)
        height, width = self.reloaded.address_bitsize, self.reloaded.signature.get_left("value")
        wires.call(
            self.reloaded,
            ctrl=wires.reg("ctrl"),
            address=wires.reg("address")[:height],
            value=row[: width.bitsize],
        )
        return wires.join_signature(self.signature)

    @property
    def _measure(self) -> MeasureRow:
        return MeasureRow(int(self.lookup.address_bitsize), self.value_bitsize)

    def adjoint(self) -> Bloq:
        """The load."""
        return self.lookup.adjoint()

    def build_call_graph(self, ssa: SympySymbolAllocator) -> BloqCountDictT:
        """Measurements, the fix-up, the reload: a gate for every bit (an upper bound of the Cliffords)."""
        counts: dict[Bloq, int] = {self._measure: 1, self._fix_up: 1}
        if self.reloaded is not None:
            counts[self.reloaded] = 1
        return dict(counts)


def _best_fix_up(lookup: TableLookup) -> PhaseFixUp:
    """By shape, with the fewest And among the blocks that fit where the rows were."""
    n, entries = int(lookup.address_bitsize), int(lookup.entries)
    width = int(lookup.num_words * lookup.word_bitsize)
    blocks = range(1, min(n, (width + 1).bit_length() - 1) + 1)
    k = min(blocks, key=lambda k: (max(-(-entries // 2**k) - 2, 0) + 2**k, k))
    return PhaseFixUp(None, n, k, entries, lookup.is_controlled)


def _earlier_table(lookup: TableLookup) -> TableLookup | None:
    if lookup.earlier is None:
        return None
    height, words = lookup.earlier
    control = lookup.is_controlled
    return TableLookup(None, height, lookup.word_bitsize, words, is_controlled=control, use="load")


def is_measurable(bloq: Bloq) -> bool:
    """Whether a bloq is an unload or a retreat whose measurement saves And gates.

    Args:
        bloq: any bloq.

    Returns:
        False for a lookup of another use or with symbols for its sizes, and where nothing is saved.

    Example:
        >>> [is_measurable(TableLookup(None, 6, 8, use=use)) for use in ("xor", "load", "unload")]
        [False, False, True]
    """
    if not isinstance(bloq, TableLookup) or bloq.use not in ("unload", "retreat"):
        return False
    if is_symbolic(bloq.entries, bloq.address_bitsize, bloq.num_words, bloq.word_bitsize):
        return False
    if bloq.address_bitsize == 0:
        return False
    earlier = _earlier_table(bloq)
    measured = _best_fix_up(bloq).num_ands + (0 if earlier is None else earlier.num_ands)
    return bool(measured < bloq.num_ands)


def measured_uncomputation(bloq: Bloq) -> Bloq:
    """A generalizer that charges every unload of a table as measured instead of looked up again.

    It changes costs and never a circuit. It acts on lookups that say they are unloads: the last one of
    `TabulatedRotations`, hence of every "qrom" and "select-swap" loader, and the words of `SelectSwapLookup`.
    In the adjoint of a loader, each step back from a table to the one before is an unload and a load of the
    smaller one. Closed forms in symbols are left as they are.

    Args:
        bloq: any bloq of a call graph.

    Returns:
        `MeasuredUnload` where that saves And gates, else the bloq.

    Example:
        >>> from qualtran.resource_counting import QECGatesCost, get_cost_value
        >>> from bloqs.loading.vector import LoadedVector
        >>> vector = LoadedVector(None, "select-swap", 10, bitsize=12)
        >>> [get_cost_value(vector, QECGatesCost(), generalizer=g).total_t_count()
        ...  for g in (lambda b: b, measured_uncomputation)]
        [3760, 3336]
    """
    if is_measurable(bloq):
        assert isinstance(bloq, TableLookup)
        return MeasuredUnload(bloq)
    return bloq


@bloq_example
def _measure_row() -> MeasureRow:
    measure_row = MeasureRow(3, 5)
    return measure_row


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _measured_unload() -> MeasuredUnload:
    measured_unload = MeasuredUnload(TableLookup(None, 4, 6, use="unload"))
    return measured_unload


@bloq_example(generalizer=LOADING_GENERALIZERS)
def _measured_retreat() -> MeasuredUnload:
    table = TableLookup(None, 4, 6, 2, use="retreat", earlier=(2, 1))
    measured_retreat = MeasuredUnload(table)
    return measured_retreat
