"""Magic-state factories: which there are, what one of them makes, and which are worth a look."""

from __future__ import annotations

import functools
import math

import attrs
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import (
    CCZ2TFactory,
    FifteenToOne,
    LogicalErrorModel,
    MagicStateFactory,
    QECScheme,
    iter_ccz2t_factories,
)

CCZ2T, FIFTEEN_TO_ONE = "ccz2t", "15-to-1"
FACTORY_WORDS = {CCZ2T: "CCZ -> 2T", FIFTEEN_TO_ONE: "15-to-1"}
FACTORY_KINDS = tuple(FACTORY_WORDS)

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
        kind: "ccz2t" or "15-to-1".
        distances: code distances: of the two levels, or `(d_X, d_Z, d_m)`.
        factory: Qualtran's.
        qubits: physical qubits.
        cycles: rounds of error correction to make all magic states.
        error: summed error of all magic states.
    """

    kind: str
    distances: tuple[int, ...]
    factory: MagicStateFactory
    qubits: int
    cycles: int
    error: float


def candidates(
    kinds: tuple[str, ...], counts: GateCounts, physical_error: float, scheme: QECScheme
) -> list[Candidate]:
    """The factories of some kinds that no other one beats in qubits, cycles and error at once.

    Args:
        kinds: of `FACTORY_KINDS`.
        counts: what the algorithm consumes, rotations converted.
        physical_error: error rate of a physical gate, which is also that of an injected T state.
        scheme: error of a logical qubit by distance.
    """
    model = LogicalErrorModel(physical_error, scheme)
    found: list[Candidate] = []
    if CCZ2T in kinds:
        for factory in _ccz2t_factories():
            found.append(
                Candidate(
                    CCZ2T,
                    (factory.distillation_l1_d, factory.distillation_l2_d),
                    factory,
                    int(factory.n_physical_qubits()),
                    int(factory.n_cycles(counts, model)),
                    float(factory.factory_error(counts, model)),
                )
            )
    if FIFTEEN_TO_ONE in kinds:
        t_states = int(counts.total_t_count())
        for state in _fifteen_to_one_states(model):
            # As FifteenToOne.n_cycles and .factory_error, which would simulate the factory again.
            cycles = math.ceil(t_states * 6 * state.factory.d_m / (1 - state.p_fail))
            found.append(
                Candidate(
                    FIFTEEN_TO_ONE,
                    (state.factory.d_X, state.factory.d_Z, state.factory.d_m),
                    state.factory,
                    int(state.factory.n_physical_qubits()),
                    cycles,
                    max(SIMULATION_FLOOR, state.p_out) * t_states,
                )
            )
    return undominated(found)


def undominated(found: list[Candidate]) -> list[Candidate]:
    """Those that no other one equals or beats in qubits, cycles and error at once.

    A beaten factory makes no better machine at any number of factories and any distance of the data.
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
class _DistilledState:
    """A 15-to-1 factory with the error of its states and its probability to discard one."""

    factory: FifteenToOne
    p_out: float
    p_fail: float


@functools.cache
def _fifteen_to_one_states(model: LogicalErrorModel) -> tuple[_DistilledState, ...]:
    """Qualtran simulates the circuit of a factory as a density matrix, a tenth of a second each."""
    states = []
    for distances in FIFTEEN_TO_ONE_DISTANCES:
        factory = FifteenToOne(*distances)
        states.append(
            _DistilledState(factory, float(factory.p_out(model)), float(factory.p_fail(model)))
        )
    return tuple(states)
