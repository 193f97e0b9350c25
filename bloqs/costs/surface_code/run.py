"""One way to run an algorithm on a surface code: what `Search` compares."""

from __future__ import annotations

import attrs

from bloqs.costs.surface_code.factories import Candidate
from bloqs.costs.surface_code.models import SurfaceCodeModel


@attrs.frozen(kw_only=True)
class Run:
    """One way to run an algorithm: a factory, how many of it, and a code distance.

    Parameters:
        candidate: the factory.
        factories: how many work in parallel.
        distance: code distance of the data.
        cycles: rounds of error correction of the whole run.
        error: its failure probability, to first order.
        qubits: physical qubits, of data and factories.
        limited_by: what sets the time: "magic states", "reaction" or "logical time steps".
        layout: of the data; one of the model's.

    Example:
        >>> from qualtran.resource_counting import GateCounts
        >>> from bloqs.costs.surface_code.search import make_search
        >>> search = make_search(GateCounts(and_bloq=10**6), 100)
        >>> run = search.run(search.candidates()[-1], factories=4)
        >>> run.error <= 1e-2, run.volume == run.qubits * run.cycles
        (True, True)
    """

    candidate: Candidate
    factories: int
    distance: int
    cycles: int
    error: float
    qubits: int
    limited_by: str
    layout: SurfaceCodeModel

    @property
    def volume(self) -> int:
        """Qubit-cycles."""
        return self.qubits * self.cycles
