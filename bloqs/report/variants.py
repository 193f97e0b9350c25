"""The cost of the same inference built otherwise."""

from __future__ import annotations

import attrs


@attrs.frozen
class Variant:
    """The same inference built otherwise: a cost, or the reason why there is none.

    Parameters:
        name: what is otherwise.
        t_count: total T of one run; None with an error.
        logical_qubits: None with an error.
        success_probability: of finding zeros on the ancillas; None with an error.
        error: why there is none.

    Example:
        >>> Variant("heralded", t_count=900, logical_qubits=20, success_probability=0.9).t_per_sample
        1000.0
    """

    name: str
    t_count: int | None = None
    logical_qubits: int | None = None
    success_probability: float | None = None
    error: str | None = None

    @property
    def t_per_sample(self) -> float | None:
        """Expected T until a run succeeds, which gives one sample of the class."""
        if self.t_count is None or self.success_probability is None:
            return None
        return self.t_count / self.success_probability
