"""A cost for other programs: a dictionary for JSON, a data frame, CSV, LaTeX."""

from __future__ import annotations

import abc
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import sympy
from qualtran.resource_counting import GateCounts

from bloqs.core.counts import Count
from bloqs.costs.breakdown import ComponentCost
from bloqs.costs.conventions import Conventions
from bloqs.costs.figures import plain_figure
from bloqs.costs.schedule import Schedule
from bloqs.costs.unknown import Unknown, known_or_not
from bloqs.files import write_text
from bloqs.tables import Table

if TYPE_CHECKING:
    import pandas as pd


class CostExports(abc.ABC):
    """What a `CostReport` is turned into; the figures are the report's own.

    Example:
        >>> from bloqs.costs import estimate
        >>> from bloqs.loading import LoadedVector
        >>> frame = estimate(LoadedVector(None, "qrom", 8, bitsize=6)).to_frame()
        >>> frame[["component", "t_count", "share"]].to_dict("records")
        [{'component': 'input loading', 't_count': 472, 'share': 1.0}]
    """

    bloq: str
    conventions: Conventions
    qram: str
    native: GateCounts
    t_count: Count
    toffoli_count: Count
    rotation_count: Count
    logical_qubits: Count | Unknown
    lower_bounds: tuple[str, ...]
    catalyst_qubits: Count
    sequential_t_depth: Count
    input_calls: Count
    figures: Mapping[str, Any]
    leaves: Mapping[str, Mapping[str, Count]]
    assumptions: Mapping[str, str]
    components: tuple[ComponentCost, ...]
    success_probability: float | None
    epsilon: float | None

    @property
    @abc.abstractmethod
    def basis(self) -> str:
        """What every total is printed with."""

    @property
    @abc.abstractmethod
    def qram_queries(self) -> Mapping[Count, Count]:
        """Queries of hardware memories by table size."""

    @property
    @abc.abstractmethod
    def schedule(self) -> Schedule:
        """Both schedules, made when they are first asked for."""

    @property
    @abc.abstractmethod
    def shows_critical_path(self) -> bool:
        """Whether a print-out has the critical path."""

    @property
    @abc.abstractmethod
    def t_per_sample(self) -> float | None:
        """Expected T of one sample."""

    @abc.abstractmethod
    def totals_table(self) -> Table:
        """The figures above the breakdown."""

    @abc.abstractmethod
    def breakdown_table(self) -> Table:
        """One row a component, and their sum."""

    def to_frame(self) -> pd.DataFrame:
        """The breakdown as a data frame: one row a component, largest T first; the rows sum to the totals.

        Returns:
            Columns `component`, `calls`, `t_count`, `toffoli_count`, `rotation_count`, `qubits`, `share` (of
            T), then Qualtran's native counts. Numbers are numbers, expressions sympy's own, what is not known
            is None. `frame.attrs` has the name of the bloq and the basis of the count.
        """
        import pandas as pd  # half a second, for those who ask for it

        rows = [
            {
                "component": row.component,
                "calls": row.calls,
                "t_count": row.t_count,
                "toffoli_count": row.toffoli_count,
                "rotation_count": row.rotation_count,
                "qubits": None if isinstance(row.qubits, Unknown) else row.qubits,
                "share": row.share,
                **{f"native_{kind}": n for kind, n in attrs.asdict(row.native).items()},
            }
            for row in self.components
        ]
        frame = pd.DataFrame(rows)
        frame.attrs = {"bloq": self.bloq, "basis": self.basis}
        return frame

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write the breakdown as CSV, the columns of `to_frame`.

        Args:
            path: of the file, which is replaced whole or not at all.

        Returns:
            The path.

        Raises:
            ValueError: the file cannot be written.
        """
        return write_text(path, self.to_frame().to_csv(index=False))

    def to_latex(self) -> str:
        """Totals and breakdown as two LaTeX tables, for the package booktabs.

        Returns:
            Two environments `table`, with a blank line between.
        """
        return f"{self.totals_table().to_latex()}\n\n{self.breakdown_table().to_latex()}"

    def to_dict(self, *, has_critical_path: bool | None = None) -> dict[str, Any]:
        """Everything, ready for JSON: numbers as numbers, sympy expressions as text.

        Args:
            has_critical_path: False leaves out `t_depth` and `schedule`, which may take minutes to be found;
                True asks for them; None is `shows_critical_path`.

        Returns:
            Names to figures. One that is not known is None, and `unknown` has the reason.
        """
        unknown: dict[str, str] = {}

        def plain(value: Any) -> Any:
            return str(value) if isinstance(value, sympy.Basic) else value

        def known(name: str, value: Any) -> Any:
            if isinstance(value, Unknown):
                unknown[name] = value.reason
                return None
            return plain_figure(value) if isinstance(value, Mapping) else plain(value)

        def gates(counts: GateCounts) -> dict[str, Any]:
            return {name: plain(n) for name, n in attrs.asdict(counts).items()}

        depth: dict[str, Any] = {}
        if self.shows_critical_path if has_critical_path is None else has_critical_path:
            found = known_or_not(lambda: self.schedule)
            if isinstance(found, Unknown):
                depth = {"t_depth": known("t_depth", found), "schedule": known("schedule", found)}
            else:
                depth = {"t_depth": plain(found.t_depth), "schedule": found.to_dict()}
        return {
            "bloq": self.bloq,
            "qualtran": version("qualtran"),
            "conventions": self.conventions.to_dict(),
            "qram": self.qram,
            "t_count": plain(self.t_count),
            "success_probability": self.success_probability,
            "t_per_sample": self.t_per_sample,
            "epsilon": self.epsilon,
            "toffoli_count": plain(self.toffoli_count),
            "rotation_count": plain(self.rotation_count),
            "native": gates(self.native),
            "logical_qubits": known("logical_qubits", self.logical_qubits),
            "logical_qubits_are_at_least": bool(self.lower_bounds),
            "catalyst_qubits": plain(self.catalyst_qubits),
            **depth,
            "t_depth_upper_bound": plain(self.sequential_t_depth),
            "input_calls": known("input_calls", self.input_calls),
            "qram_queries": known("qram_queries", self.qram_queries),
            "figures": {name: known(name, value) for name, value in self.figures.items()},
            "leaves": {
                kind: {name: plain(n) for name, n in names.items()}
                for kind, names in self.leaves.items()
            },
            "breakdown": [
                {
                    "component": row.component,
                    "calls": plain(row.calls),
                    "t_count": plain(row.t_count),
                    "share": row.share,
                    "toffoli_count": plain(row.toffoli_count),
                    "rotation_count": plain(row.rotation_count),
                    "native": gates(row.native),
                    "qubits": known(f"qubits of {row.component}", row.qubits),
                }
                for row in self.components
            ],
            "assumptions": dict(self.assumptions),
            "unknown": unknown,
        }
