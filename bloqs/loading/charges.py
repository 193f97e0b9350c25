"""What is charged in place of a bloq: memory queries by a memory model, unloads as measured or not."""

from __future__ import annotations

from enum import StrEnum

import attrs
from qualtran import Bloq

from bloqs.loading.measured import measured_uncomputation
from bloqs.loading.memory import SELECT_SWAP, MemoryModel, memory_model
from bloqs.messages import shown


class Uncompute(StrEnum):
    """How a table is unloaded in a cost."""

    UNITARY = "unitary"
    """By a second lookup, as in the circuit that is verified."""
    MEASURED = "measured"
    """By measurement and a phase fix-up (`measured_uncomputation`)."""

    @classmethod
    def _missing_(cls, value: object) -> Uncompute:
        raise ValueError(
            f"unknown uncompute {shown(value)}; choose one of {', '.join(repr(word.value) for word in cls)}"
        )


def to_uncompute(value: object) -> Uncompute:
    """A way to unload, by its name.

    Args:
        value: "unitary" or "measured".

    Returns:
        The way.

    Raises:
        ValueError: it is neither; the message says which there are.

    Example:
        >>> to_uncompute("measured").value
        'measured'
    """
    # An array, compared with each word, has no truth value.
    return Uncompute(value if isinstance(value, str) else shown(value))


@attrs.frozen
class Charges:
    """A generalizer of the call graph: each query becomes its circuit, and unloads as `uncompute` says.

    It is passed to whatever counts (`walk`, `schedule`, Qualtran's `get_cost_value`), so that gates and
    qubits follow the same memory model. A query without a circuit is left out (None).

    Parameters:
        memory: the memory model, or its name.
        uncompute: how a table is unloaded, tables in memory circuits included.

    Raises:
        ValueError: unknown name; or, when applied, a circuit on other registers than its query.

    Example:
        >>> from qualtran.resource_counting import QECGatesCost, get_cost_value
        >>> from bloqs.loading import QRAMQuery
        >>> query = QRAMQuery(None, 8, 16)
        >>> [get_cost_value(query, QECGatesCost(), generalizer=Charges(memory)).total_t_count()
        ...  for memory in ("oracle", "select-swap", "bucket-brigade")]
        [0, 880, 1016]
    """

    memory: MemoryModel = attrs.field(default=SELECT_SWAP, converter=memory_model)
    uncompute: Uncompute = attrs.field(default=Uncompute.UNITARY, converter=to_uncompute)

    def __call__(self, bloq: Bloq) -> Bloq | None:
        """What is charged in place of a bloq: the bloq itself, another, or nothing."""
        charged = self.memory.charged(bloq)
        if charged is None or self.uncompute is Uncompute.UNITARY:
            return charged
        return measured_uncomputation(charged)
