"""Memory models: which circuit a query of a hardware memory is charged as, or that none is charged."""

from __future__ import annotations

import abc
from typing import Any, Protocol

import attrs
from qualtran import Bloq
from qualtran.symbolics import SymbolicInt

from bloqs.checks import real_number
from bloqs.core.wrappers import is_query, rewrap
from bloqs.loading.bucket_brigade import BucketBrigadeQRAM
from bloqs.loading.select_swap import SelectSwapLookup
from bloqs.registry import Registry


def _probability(value: Any) -> float:
    return real_number(value, "query_error, the probability that a query fails,", low=0, high=1)


class MemoryQuery(Protocol):
    """What a memory model is told of a query; `QRAMQuery` is one, and a bloq of your own may be another.

    Parameters:
        qram_table_size: `N`, the entries of the table; a bloq that has it is counted as a query.
        data: `N = 2**n` non-negative integers; None by shape.
        address_bitsize: `n`; may be a symbol by shape.
        word_bitsize: `b`, the bits of an entry; may be a symbol by shape.
        is_controlled: whether the query has a `ctrl` qubit.

    Example:
        >>> from bloqs.loading.qram import QRAMQuery
        >>> query: MemoryQuery = QRAMQuery(None, address_bitsize=7, word_bitsize=8)
        >>> query.qram_table_size
        128
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

    One of your own is a subclass with `circuit`, of which you register an instance,
    `MEMORY_MODELS.register(...)`; `estimate(bloq, qram=...)` takes its name, or the object itself.

    Parameters:
        name: by which it is found; the `qram` of an estimate.
        words: how queries are charged, in a few words, for the assumptions of a cost.
        query_error: probability that a query fails, in [0, 1]; half the diamond distance of its channel from
            the exact query. The errors of all queries of a run add (a bound), and take their part of what an
            error budget leaves for failures. 0, an exact memory, unless told: `attrs.evolve(model,
            query_error=1e-9)`.

    Raises:
        ValueError: query_error is no number of [0, 1].

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
    query_error: float = attrs.field(default=0.0, converter=_probability)

    @abc.abstractmethod
    def circuit(self, query: MemoryQuery) -> Bloq | None:
        """The circuit that answers a query, on the same registers.

        Args:
            query: the bloq of the query, without adjoint or control around it.

        Returns:
            A bloq with the signature of the query; None for a query that is only counted, and takes no gates
            and no qubits beside its registers.

        Raises:
            ValueError: the query does not say what the circuit depends on.
        """

    def charged(self, bloq: Bloq) -> Bloq | None:
        """What is charged in place of a bloq of a call graph.

        Args:
            bloq: any bloq, wrapped or not.

        Returns:
            A query's circuit under the wrappers of the query, None where it has none; any other bloq itself.

        Raises:
            ValueError: the circuit has other registers than the query.
        """
        return rewrap(bloq, self._circuit_of) if is_query(bloq) else bloq

    def _circuit_of(self, query: Any) -> Bloq | None:
        circuit = self.circuit(query)
        if circuit is not None and circuit.signature != query.signature:
            raise ValueError(
                f"the memory model {self.name!r} answers {query} by a circuit on other registers: "
                f"{circuit.signature} instead of {query.signature}; MemoryModel.circuit must keep them"
            )
        return circuit


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
    """Queries are charged as `SelectSwapLookup`: the fewest T, about `16 sqrt(N b)`, O(sqrt(N b)) qubits.

    Parameters:
        name: by which it is found.
        words: for the assumptions of a cost.
        query_error: probability that a query fails.

    Example:
        >>> from bloqs.loading.qram import QRAMQuery
        >>> SELECT_SWAP.circuit(QRAMQuery(None, 8, 16)).workspace
        69
    """

    name: str = "select-swap"
    words: str = "queries charged as select-swap circuits"

    def circuit(self, query: MemoryQuery) -> SelectSwapLookup:
        """Select and swap; the sizes of the query must be numbers."""
        return SelectSwapLookup(**_table(query, self.name))


@attrs.frozen(kw_only=True)
class OracleMemory(MemoryModel):
    """Queries are counted by table size (`QRAMQueries`), and no gates are charged.

    Parameters:
        name: by which it is found.
        words: for the assumptions of a cost.
        query_error: probability that a query fails.

    Example:
        >>> from bloqs.costs import estimate
        >>> from bloqs.loading.qram import QRAMQuery
        >>> report = estimate(QRAMQuery(None, 7, 8), qram="oracle")
        >>> report.t_count, report.qram_queries
        (0, {128: 1})
    """

    name: str = "oracle"
    words: str = "queries counted, no gates charged"

    def circuit(self, query: MemoryQuery) -> None:
        """None: nothing is charged."""
        return None


@attrs.frozen(kw_only=True)
class BucketBrigadeMemory(MemoryModel):
    """Queries are charged as `BucketBrigadeQRAM`: `4 (N - 2)` T in `n - 1` layers, O(N) qubits.

    Parameters:
        name: by which it is found.
        words: for the assumptions of a cost.
        query_error: probability that a query fails.

    Example:
        >>> from bloqs.loading.qram import QRAMQuery
        >>> circuit = BUCKET_BRIGADE.circuit(QRAMQuery(None, 8, 16))
        >>> circuit.num_routers, circuit.toffoli_depth
        (254, 7)
    """

    name: str = "bucket-brigade"
    words: str = "queries charged as active bucket-brigade circuits"

    def circuit(self, query: MemoryQuery) -> BucketBrigadeQRAM:
        """A tree of routers; the sizes of the query may be symbols."""
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

    Returns:
        The model.

    Raises:
        ValueError: unknown name; the message lists the known ones.

    Example:
        >>> memory_model("oracle").words
        'queries counted, no gates charged'
        >>> attrs.evolve(memory_model("oracle"), query_error=1e-9).query_error
        1e-09
    """
    return model if isinstance(model, MemoryModel) else MEMORY_MODELS.find(model)
