"""Three levels of distillation: a CCZ -> 2T factory that is fed with distilled T states."""

from __future__ import annotations

import math
from collections.abc import Iterator

import attrs
from qualtran.resource_counting import GateCounts
from qualtran.surface_code import CCZ2TFactory, LogicalErrorModel

from bloqs.costs.surface_code.factories import (
    FACTORY_KINDS,
    SIMULATION_FLOOR,
    Candidate,
    FactoryKind,
    distilled_states,
)

T_STATES_PER_CCZ = 8 * 15
"""That a CCZ -> 2T factory injects for a CCZ: eight states of its first level, of fifteen each."""

L1_DISTANCES, L2_DISTANCES = range(15, 46, 6), range(21, 92, 10)
"""Code distances of its two levels that are tried."""


@attrs.frozen
class FedFactory(CCZ2TFactory):
    """Qualtran's CCZ -> 2T factory with better T states at its door than physical gates make.

    Parameters:
        distillation_l1_d: code distance of its first level.
        distillation_l2_d: code distance of its second level.
        injected_error: of a T state that it is fed with.

    Example:
        >>> from qualtran.surface_code import QECScheme
        >>> model = LogicalErrorModel(1e-3, QECScheme.make_gidney_fowler())
        >>> FedFactory(31, 51, 1e-8).l2_error(model) < CCZ2TFactory(31, 51).l2_error(model) / 1e6
        True
    """

    injected_error: float = 0.0

    def l0_state_injection_error(self, error_model: LogicalErrorModel) -> float:
        """That of the distilled states."""
        return self.injected_error


@attrs.frozen(kw_only=True)
class ThreeLevelKind(FactoryKind):
    """15-to-1 factories feed a CCZ -> 2T factory: for targets that two levels do not reach.

    As many 15-to-1 factories stand beside it as make `T_STATES_PER_CCZ` in the time of a CCZ.

    Parameters:
        name: by which it is found.
        words: what it does, for messages and tables.
        levels: levels of distillation.

    Example:
        >>> from bloqs.costs import surface_code_footprint
        >>> counts, hard = GateCounts(toffoli=10**6), {"failure_probability": 1e-9}
        >>> surface_code_footprint(counts, 10, factory="three-levels", **hard).failure_probability <= 1e-9
        True
    """

    name: str = "three-levels"
    words: str = "15-to-1 before CCZ -> 2T"
    levels: int = 3

    def candidates(self, counts: GateCounts, error: LogicalErrorModel) -> Iterator[Candidate]:
        """One for each 15-to-1 factory and pair of distances."""
        one = GateCounts(toffoli=1)
        for state in distilled_states(error):
            injected = max(SIMULATION_FLOOR, state.p_out)
            each = 6 * state.factory.d_m / (1 - state.p_fail)
            for first in L1_DISTANCES:
                for second in L2_DISTANCES:
                    # Qualtran is not typed: mypy sees no fields of the base class.
                    factory = FedFactory(first, second, injected)  # type: ignore[call-arg]
                    feeders = math.ceil(T_STATES_PER_CCZ * each / factory.n_cycles(one, error))
                    yield Candidate(
                        self.name,
                        (state.factory.d_X, first, second),
                        factory,
                        int(
                            factory.n_physical_qubits()
                            + feeders * state.factory.n_physical_qubits()
                        ),
                        int(factory.n_cycles(counts, error)),
                        float(factory.factory_error(counts, error)),
                    )


THREE_LEVELS = ThreeLevelKind()
FACTORY_KINDS.register(THREE_LEVELS)
