"""Magic states by cultivation, and CCX states from eight of them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import attrs
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import LogicalErrorModel

from bloqs.costs.surface_code.factories import FACTORY_KINDS, Candidate, FactoryKind


@attrs.frozen
class CultivatedState:
    """One way to grow a T state, simulated by Gidney, Shutty and Jones (2024).

    Parameters:
        colour_distance: of the colour code in which it is grown, 3 or 5.
        error: of the T state, twice that of the S state that was simulated (checked at colour distance 3
            only).
        volume: qubit-rounds that one takes, discarded attempts included.

    Example:
        >>> CultivatedState(5, 7.9e-10, 127_164).qubits
        463
    """

    colour_distance: int
    error: float
    volume: float

    @property
    def qubits(self) -> int:
        """Physical qubits of a patch."""
        return {3: 454, 5: 463}[self.colour_distance]


CULTIVATED = {
    1e-3: (
        CultivatedState(3, 6.8e-6, 4_948),
        CultivatedState(3, 2.65e-6, 8_071),
        CultivatedState(5, 1.4e-7, 20_705),
        CultivatedState(5, 1.3e-8, 32_487),
        CultivatedState(5, 2.1e-9, 57_067),
        CultivatedState(5, 7.9e-10, 127_164),
    ),
    5e-4: (CultivatedState(3, 3.0e-7, 4_434), CultivatedState(5, 4.3e-11, 18_963)),
}
"""Error rate of a gate -> states; arXiv:2409.17595, its data zenodo 13777072, as tabulated in qdk 1.33."""

CCX_PATCHES, CCX_DEPTH, CCX_FAULTS = 12, 6, 28
"""Of the circuit 8T -> CCX (arXiv:2409.17595, Fig. 24): patches, surgeries, unseen pairs of faults."""

CCX_DISTANCES = range(9, 46, 2)
"""Code distances of its patches that are tried."""


def cultivated_states(physical_error: float) -> tuple[CultivatedState, ...]:
    """The states simulated at the smallest error rate that is at least this one: safe figures.

    Args:
        physical_error: of a gate.

    Returns:
        The states; none above 1e-3.

    Example:
        >>> len(cultivated_states(8e-4)), len(cultivated_states(2e-3))
        (6, 0)
    """
    known = [rate for rate in CULTIVATED if rate >= physical_error * (1 - 1e-9)]
    return CULTIVATED[min(known)] if known else ()


def patch_error(distance: int, physical_error: float) -> float:
    """Logical error of a patch in `d` rounds, `0.03 (p/0.01)^((d+1)/2)`.

    Args:
        distance: `d`.
        physical_error: `p`.

    Returns:
        The probability.

    Example:
        >>> round(patch_error(3, 1e-3), 9)
        0.0003
    """
    return 0.03 * (physical_error / 0.01) ** ((distance + 1) / 2)


@attrs.frozen(kw_only=True)
class CultivationKind(FactoryKind):
    """A patch that grows one T state after another; a CCZ takes four of them.

    Parameters:
        name: by which it is found.
        words: what it does, for messages and tables.
        levels: levels of distillation: none, but a state is one step from the physical gates.

    References:
        [Magic state cultivation: growing T states as cheap as CNOT gates](https://arxiv.org/abs/2409.17595).
        Gidney, Shutty and Jones (2024).

    Example:
        >>> from qualtran.surface_code import QECScheme
        >>> error = LogicalErrorModel(1e-3, QECScheme.make_beverland_et_al())
        >>> found = list(CULTIVATION.candidates(GateCounts(t=1000), error))
        >>> found[0].qubits, found[0].cycles  # 1000 * 4948/454
        (454, 10899)
    """

    name: str = "cultivation"
    words: str = "cultivation"
    levels: int = 1

    def candidates(self, counts: GateCounts, error: LogicalErrorModel) -> Iterator[Candidate]:
        """One for each state that was simulated; none where the error rate is beyond the simulations."""
        states = int(counts.total_t_count())
        for one in cultivated_states(error.physical_error):
            yield Candidate(
                self.name,
                (one.colour_distance,),
                None,
                one.qubits,
                math.ceil(states * one.volume / one.qubits),
                states * one.error,
            )


@attrs.frozen(kw_only=True)
class CultivatedCCXKind(FactoryKind):
    """Eight cultivated T states make a CCX state on twelve patches; T gates take cultivated states.

    On the room of twelve patches of distance d a CCX takes `8 V/(12 (2 d^2 - 1)) + 6 d (1 + 8 p_T)` rounds, V
    the qubit-rounds of a T state and p_T its error, and fails with
    `28 p_T^2 + 6 * 12 * 0.03 (p/0.01)^((d+1)/2)`. T states are grown in the same room.

    Parameters:
        name: by which it is found.
        words: what it does, for messages and tables.
        levels: levels of distillation.

    References:
        [Magic state cultivation: growing T states as cheap as CNOT gates](https://arxiv.org/abs/2409.17595).
        Gidney, Shutty and Jones (2024), Fig. 24.

    Example:
        >>> from qualtran.surface_code import QECScheme
        >>> error = LogicalErrorModel(1e-3, QECScheme.make_beverland_et_al())
        >>> best = min(CULTIVATED_CCX.candidates(GateCounts(toffoli=10**6), error), key=lambda c: c.error)
        >>> best.error < 1e-6
        True
    """

    name: str = "cultivation-ccx"
    words: str = "cultivation, 8T -> CCX"
    levels: int = 2

    def candidates(self, counts: GateCounts, error: LogicalErrorModel) -> Iterator[Candidate]:
        """One for each state and code distance; none where the error rate is beyond the simulations."""
        states = counts.total_t_and_ccz_count()
        t, ccx, p = int(states["n_t"]), int(states["n_ccz"]), error.physical_error
        for one in cultivated_states(p):
            for distance in CCX_DISTANCES:
                room = CCX_PATCHES * (2 * distance**2 - 1)
                growing = one.volume / room
                each = math.ceil(8 * growing + CCX_DEPTH * distance * (1 + 8 * one.error))
                fault = CCX_FAULTS * one.error**2
                fault += CCX_DEPTH * CCX_PATCHES * patch_error(distance, p)
                yield Candidate(
                    self.name,
                    (one.colour_distance, distance),
                    None,
                    room,
                    ccx * each + math.ceil(t * growing),
                    ccx * fault + t * one.error,
                )


CULTIVATION = CultivationKind()
CULTIVATED_CCX = CultivatedCCXKind()

for _kind in (CULTIVATION, CULTIVATED_CCX):
    FACTORY_KINDS.register(_kind)
