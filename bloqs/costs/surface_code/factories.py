"""Magic-state factories: which there are, what one of them makes, and which are worth a look."""

from __future__ import annotations

import abc
import functools
import math
from collections.abc import Iterable, Iterator

import attrs
import numpy as np
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import (
    CCZ2TFactory,
    FifteenToOne,
    LogicalErrorModel,
    MagicStateFactory,
    QECScheme,
    iter_ccz2t_factories,
)

from bloqs.registry import Registry

MAX_L1_DISTANCE, MAX_L2_DISTANCE = 45, 91
"""Largest distances of the two levels of a CCZ -> 2T factory that are tried."""

FIFTEEN_TO_ONE_DISTANCES = (
    (5, 3, 3),
    (7, 3, 3),
    (9, 3, 3),
    (11, 5, 5),
    (13, 5, 5),
    (15, 7, 7),
    (17, 7, 7),
    (21, 9, 9),
    (25, 11, 11),
)
"""`(d_X, d_Z, d_m)` that are tried: those of Litinski (2019), arXiv:1905.06903, Table 1 with one level, and
larger ones in the same proportion; beyond them the injected T states set the error."""

SIMULATION_FLOOR = 1e-15
"""Errors of a 15-to-1 state below this are lost in the double precision of Qualtran's simulation of the
factory (it returns 0 or a few 1e-16); they are counted as this much."""


@attrs.frozen
class Candidate:
    """One factory, and what making all magic states of an algorithm with it alone takes.

    Parameters:
        kind: the name of its kind.
        distances: code distances: of the two levels, or `(d_X, d_Z, d_m)`.
        factory: Qualtran's; None of a kind that Qualtran has not.
        qubits: physical qubits.
        cycles: rounds of error correction to make all magic states.
        error: summed error of all magic states.

    Example:
        >>> from qualtran.surface_code import QECScheme
        >>> made = candidates((CCZ2T,), GateCounts(t=1000), 1e-3, QECScheme.make_gidney_fowler())
        >>> made[0].distances, made[0].qubits
        ((5, 7), 12736)
    """

    kind: str
    distances: tuple[int, ...]
    factory: MagicStateFactory | None
    qubits: int
    cycles: int
    error: float


@attrs.frozen(kw_only=True)
class FactoryKind(abc.ABC):
    """A kind of magic-state factory.

    One of your own is a subclass with `candidates`, of which you register an instance,
    `FACTORY_KINDS.register(...)`; it is then a `factory` of every footprint, or one of a model's
    `factory_kinds`.

    Parameters:
        name: by which it is found.
        words: what it does, for messages and tables.
        levels: levels of distillation.

    Example:
        >>> @attrs.frozen(kw_only=True)
        ... class Perfect(FactoryKind):
        ...     def candidates(self, counts, error):
        ...         states = int(counts.total_t_count())
        ...         yield Candidate(self.name, (3,), CCZ2TFactory(), 100, 10 * states, 0.0)
        >>> kind = Perfect(name="perfect", words="made up", levels=0)
        >>> [one.cycles for one in kind.candidates(GateCounts(t=5), None)]
        [50]
    """

    name: str
    words: str
    levels: int

    @abc.abstractmethod
    def candidates(self, counts: GateCounts, error: LogicalErrorModel) -> Iterable[Candidate]:
        """Its factories, each making all magic states of an algorithm.

        Args:
            counts: what the algorithm consumes, rotations converted.
            error: error of a physical gate, which is also that of an injected T state, and of a logical
                qubit.

        Returns:
            Candidates; none where the kind is not known at this error rate.
        """


@attrs.frozen(kw_only=True)
class CCZ2TKind(FactoryKind):
    """Gidney and Fowler (2019), arXiv:1812.01238: a CCZ state, or two T states from it by a catalyst.

    Parameters:
        name: by which it is found.
        words: what it does, for messages and tables.
        levels: levels of distillation.

    Example:
        >>> CCZ2T.words, CCZ2T.levels
        ('CCZ -> 2T', 2)
    """

    name: str = "ccz2t"
    words: str = "CCZ -> 2T"
    levels: int = 2

    def candidates(self, counts: GateCounts, error: LogicalErrorModel) -> Iterator[Candidate]:
        """One for each pair of distances."""
        for factory in _ccz2t_factories():
            yield Candidate(
                self.name,
                (factory.distillation_l1_d, factory.distillation_l2_d),
                factory,
                int(factory.n_physical_qubits()),
                int(factory.n_cycles(counts, error)),
                float(factory.factory_error(counts, error)),
            )


@attrs.frozen(kw_only=True)
class FifteenToOneKind(FactoryKind):
    """Litinski (2019), arXiv:1905.06903: one T state from fifteen.

    Parameters:
        name: by which it is found.
        words: what it does, for messages and tables.
        levels: levels of distillation.

    Example:
        >>> FACTORY_KINDS["15-to-1"].levels
        1
    """

    name: str = "15-to-1"
    words: str = "15-to-1"
    levels: int = 1

    def candidates(self, counts: GateCounts, error: LogicalErrorModel) -> Iterator[Candidate]:
        """One for each of `FIFTEEN_TO_ONE_DISTANCES`."""
        t_states = int(counts.total_t_count())
        for state in distilled_states(error):
            # As FifteenToOne.n_cycles and .factory_error, which would simulate the factory again.
            cycles = math.ceil(t_states * 6 * state.factory.d_m / (1 - state.p_fail))
            yield Candidate(
                self.name,
                (state.factory.d_X, state.factory.d_Z, state.factory.d_m),
                state.factory,
                int(state.factory.n_physical_qubits()),
                cycles,
                max(SIMULATION_FLOOR, state.p_out) * t_states,
            )


FACTORY_KINDS: Registry[FactoryKind] = Registry("factory", FactoryKind)  # type: ignore[type-abstract]
"""Kinds of factories by name."""

CCZ2T = CCZ2TKind()
FIFTEEN_TO_ONE = FifteenToOneKind()

for _kind in (CCZ2T, FIFTEEN_TO_ONE):
    FACTORY_KINDS.register(_kind)


def candidates(
    kinds: Iterable[FactoryKind], counts: GateCounts, physical_error: float, scheme: QECScheme
) -> list[Candidate]:
    """The factories of some kinds that no other one beats in qubits, cycles and error at once.

    Args:
        kinds: at least one.
        counts: what the algorithm consumes, rotations converted.
        physical_error: error rate of a physical gate, which is also that of an injected T state.
        scheme: error of a logical qubit by distance.

    Returns:
        The factories, fewest qubits first.

    Example:
        >>> scheme = QECScheme.make_gidney_fowler()
        >>> found = candidates((CCZ2T,), GateCounts(t=1000), 1e-3, scheme)
        >>> found[0].qubits < found[-1].qubits, found[0].error > found[-1].error
        (True, True)
    """
    error = LogicalErrorModel(physical_error, scheme)
    return undominated([one for kind in kinds for one in kind.candidates(counts, error)])


def undominated(found: list[Candidate]) -> list[Candidate]:
    """The factories that no other one equals or beats in qubits, cycles and error at once.

    A beaten factory makes no better machine at any number of factories and any distance of the data.

    Args:
        found: in any order.

    Returns:
        Those that are left, fewest qubits first.

    Example:
        >>> small, large, slow = (
        ...     Candidate("made up", (3,), CCZ2TFactory(), qubits, cycles, 1e-9)
        ...     for qubits, cycles in ((100, 50), (200, 20), (200, 90))
        ... )
        >>> [(one.qubits, one.cycles) for one in undominated([slow, large, small])]
        [(100, 50), (200, 20)]
    """
    kept: list[Candidate] = []
    for one in sorted(found, key=lambda c: (c.qubits, c.cycles, c.error)):
        if all(one.cycles < other.cycles or one.error < other.error for other in kept):
            kept.append(one)
    return kept


@functools.cache
def _ccz2t_factories() -> tuple[CCZ2TFactory, ...]:
    return tuple(iter_ccz2t_factories(l1_stop=MAX_L1_DISTANCE + 2, l2_stop=MAX_L2_DISTANCE + 2))


@attrs.frozen
class DistilledState:
    """A 15-to-1 factory with the error of its states and its probability to discard one.

    Parameters:
        factory: Qualtran's.
        p_out: error of a T state.
        p_fail: probability that a state is discarded.

    Example:
        >>> DistilledState(FifteenToOne(7, 3, 3), 1e-8, 0.02).factory.d_m
        3
    """

    factory: FifteenToOne
    p_out: float
    p_fail: float


@functools.cache
def distilled_states(model: LogicalErrorModel) -> tuple[DistilledState, ...]:
    """The factories of `FIFTEEN_TO_ONE_DISTANCES`, each simulated by Qualtran in a tenth of a second.

    Args:
        model: error of a physical gate and of a logical qubit.

    Returns:
        One a triple of distances; none where the errors of its parts are so large that they are no
        probabilities.

    Example:
        >>> model = LogicalErrorModel(1e-4, QECScheme.make_beverland_et_al())
        >>> len(distilled_states(model)) == len(FIFTEEN_TO_ONE_DISTANCES)
        True
    """
    states = []
    for distances in FIFTEEN_TO_ONE_DISTANCES:
        factory = FifteenToOne(*distances)
        with np.errstate(invalid="ignore"):
            p_out, p_fail = complex(factory.p_out(model)), complex(factory.p_fail(model))
        if all(p.imag == 0 and 0 <= p.real < 1 for p in (p_out, p_fail)):
            states.append(DistilledState(factory, p_out.real, p_fail.real))
    return tuple(states)
