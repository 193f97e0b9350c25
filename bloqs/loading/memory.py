"""Memory models: the circuit by which a query of a hardware memory is charged, or none."""

from __future__ import annotations

import abc
from typing import Any, Protocol

import attrs
from qualtran import Bloq
from qualtran.symbolics import SymbolicInt

from bloqs.loading.bucket_brigade import BucketBrigadeQRAM
from bloqs.loading.select_swap import SelectSwapLookup
from bloqs.registry import Registry


class MemoryQuery(Protocol):
    """What a memory model is told of a query; `QRAMQuery` is one, and a bloq of your own may be another.

    Parameters:
        qram_table_size: `N`, the entries of the table; by it a bloq is known as a query.
        data: `N = 2**n` non-negative integers; None by shape.
        address_bitsize: `n`.
        word_bitsize: `b`, the bits of an entry.
        is_controlled: with a `ctrl` qubit.
    """

    @property
    def qram_table_size(self) -> SymbolicInt:
        """`N`."""
        ...

    @property
    def data(self) -> tuple[int, ...] | None:
        """The entries, or None."""
        ...

    @property
    def address_bitsize(self) -> SymbolicInt:
        """`n`."""
        ...

    @property
    def word_bitsize(self) -> SymbolicInt:
        """`b`."""
        ...

    @property
    def is_controlled(self) -> bool:
        """Whether there is a control."""
        ...


@attrs.frozen(kw_only=True)
class MemoryModel(abc.ABC):
    """How a query of a hardware memory is charged.

    One of your own is a subclass with `circuit`, and an instance of it in `MEMORY_MODELS`; `estimate` takes
    its name, or the object itself.

    Parameters:
        name: by which it is found.
        words: how queries are charged, for the assumptions of a cost.

    Example:
        >>> import attrs
        >>> @attrs.frozen(kw_only=True)
        ... class SmallTables(MemoryModel):
        ...     largest: int
        ...
        ...     def circuit(self, query):
        ...         small = query.qram_table_size <= self.largest
        ...         return SELECT_SWAP.circuit(query) if small else None
        >>> model = SmallTables(name="small", words="small tables as circuits", largest=64)
        >>> from bloqs.loading.qram import QRAMQuery
        >>> model.circuit(QRAMQuery(None, 7, 8)) is None
        True
    """

    name: str
    words: str

    @abc.abstractmethod
    def circuit(self, query: MemoryQuery) -> Bloq | None:
        """The circuit that answers a query, on the same registers.

        Args:
            query: the bloq of the query, without adjoint or control around it.

        Returns:
            A bloq with the signature of the query; None for a query that is counted and takes no gates and
            no qubits beside its registers.

        Raises:
            ValueError: the query does not say what the circuit depends on.
        """


def _table(query: MemoryQuery, model: str) -> dict[str, Any]:
    """The fields of a query that a circuit takes."""
    names = ("data", "address_bitsize", "word_bitsize", "is_controlled")
    missing = [name for name in names if not hasattr(query, name)]
    if missing:
        raise ValueError(
            f"{query} queries a hardware memory and has no {', '.join(missing)}, from which qram={model!r} "
            "makes its circuit: give its class these attributes, or cost it with qram='oracle'"
        )
    return {name: getattr(query, name) for name in names}


@attrs.frozen(kw_only=True)
class SelectSwapMemory(MemoryModel):
    """`SelectSwapLookup`: the fewest T, about `16 sqrt(N b)`, with O(sqrt(N b)) qubits."""

    name: str = "select-swap"
    words: str = "queries charged as select-swap circuits"

    def circuit(self, query: MemoryQuery) -> SelectSwapLookup:
        """Select and swap; numbers for the sizes."""
        return SelectSwapLookup(**_table(query, self.name))


@attrs.frozen(kw_only=True)
class OracleMemory(MemoryModel):
    """Nothing: the queries are counted by table size (`QRAMQueries`)."""

    name: str = "oracle"
    words: str = "queries counted, no gates charged"

    def circuit(self, query: MemoryQuery) -> None:
        """None."""
        return None


@attrs.frozen(kw_only=True)
class BucketBrigadeMemory(MemoryModel):
    """`BucketBrigadeQRAM`: `4 (N - 2)` T in `n - 1` layers, O(N) qubits."""

    name: str = "bucket-brigade"
    words: str = "queries charged as active bucket-brigade circuits"

    def circuit(self, query: MemoryQuery) -> BucketBrigadeQRAM:
        """A tree of routers."""
        return BucketBrigadeQRAM(**_table(query, self.name))


MEMORY_MODELS: Registry[MemoryModel] = Registry("memory model", MemoryModel)  # type: ignore[type-abstract]
"""Memory models by name."""

SELECT_SWAP = SelectSwapMemory()
ORACLE = OracleMemory()
BUCKET_BRIGADE = BucketBrigadeMemory()

for _model in (SELECT_SWAP, ORACLE, BUCKET_BRIGADE):
    MEMORY_MODELS.register(_model)


def memory_model(model: str | MemoryModel) -> MemoryModel:
    """The memory model of a name; a model as it stands.

    Args:
        model: a name of `MEMORY_MODELS`, or a model, registered or not.

    Raises:
        ValueError: unknown name; the message lists the known ones.

    >>> memory_model("oracle").words
    'queries counted, no gates charged'
    """
    return model if isinstance(model, MemoryModel) else MEMORY_MODELS.find(model)
