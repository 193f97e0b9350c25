"""What `estimate` returns: every figure of a cost, with everything that it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import sympy
from qualtran.resource_counting import GateCounts

from bloqs.checks import instance
from bloqs.core.checks import amount
from bloqs.core.counts import Count, Numbers, as_count, toffoli_like
from bloqs.costs.assumptions import assumptions_table
from bloqs.costs.breakdown import ComponentCost, breakdown_table, largest_first
from bloqs.costs.conventions import Conventions, t_count, with_rotations_as_t
from bloqs.costs.exports import CostExports
from bloqs.costs.figures import COST_KEYS, INPUT_CALLS, MEMORY_QUERIES, map_figure
from bloqs.costs.memory_failures import MemoryFailures
from bloqs.costs.schedule import Schedule
from bloqs.costs.surface_code import (
    ParetoCurve,
    SurfaceCodeFootprint,
    pareto,
    surface_code_footprint,
)
from bloqs.costs.unknown import Unknown, known_or_not
from bloqs.costs.waiting import in_words, waiting
from bloqs.tables import Cell, Table, number

SECONDS_TO_PRINT = 30.0
"""A critical path found in so many seconds is in every print-out; a longer one when it was asked for."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class CostReport(MemoryFailures, CostExports):
    """The cost of one call of a bloq. Where a size is a symbol, a figure may be a sympy expression.

    Parameters:
        bloq: its name (class name, or what the bloq prints).
        conventions: how T is counted.
        qram: name of the memory model.
        native: Qualtran's `GateCounts`, nothing converted.
        logical_qubits: peak number of qubits, parts one after another; `Unknown`, with the reason, where the
            decomposition of a part fails.
        lower_bounds: names of bloqs that have callees and no decomposition; where there are any,
            `logical_qubits` is only a lower bound.
        sequential_t_depth: T-depth in that same schedule.
        scheduler: makes `schedule` when it is first asked for.
        schedule_seconds: tells about how long that takes.
        figures: what the registered cost keys count, by name (`COST_KEYS`); `Unknown` where one fails.
        leaves: every leaf of the call graph by kind, `{kind: {class name: number}}`.
        assumptions: everything the figures rest on, name -> words.
        components: the breakdown; see `breakdown()`.
        success_probability: `1/alpha**2` of an encoding, the probability of zeros on its ancillas (by shape
            the lowest); None for other bloqs and where alpha is not a number.
        failure_probability: what the bloq's error budget leaves for memory and machine; None where it has
            none.
        epsilon: by how much the probability of an outcome may be another one than the exact network's: what
            the error budget uses, with all that it leaves to synthesis and machine; without a budget the
            stated 2-norm error of an encoding. None for other bloqs, and where it is not a number.
        query_error: probability that a query of a hardware memory fails.
        query_overhead: of a network, expected calls of its input for a sample over the least that its degrees
            and its last amplitude need; None for other bloqs.
        recount: the report of the same bloq with numbers for some symbols, by name; None where there is none.

    Raises:
        BudgetError: queries of a memory fail with more than the error budget has for failures.

    Example:
        >>> from bloqs.costs import estimate
        >>> from bloqs.loading import LoadedVector
        >>> report = estimate(LoadedVector(None, "select-swap", 10, bitsize=12))
        >>> report.t_count, report.logical_qubits, report.basis
        (3760, 340, 'toffoli-4T/repeat-until-success')
    """

    bloq: str
    conventions: Conventions
    qram: str
    native: GateCounts
    logical_qubits: Count | Unknown
    sequential_t_depth: Count
    scheduler: Callable[[], Schedule]
    schedule_seconds: Callable[[], float]
    figures: Mapping[str, Any]
    leaves: Mapping[str, Mapping[str, Count]]
    assumptions: Mapping[str, str]
    components: tuple[ComponentCost, ...]
    success_probability: float | None = None
    failure_probability: float | None = None
    epsilon: float | None = None
    query_error: float = 0.0
    query_overhead: float | None = None
    lower_bounds: tuple[str, ...] = ()
    recount: Callable[[Mapping[str, Any]], CostReport] | None = None
    _schedules: list[Schedule] = attrs.field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self.refuse_failing_memory()

    @property
    def basis(self) -> str:
        """What every total is printed with: conventions, and the memory model where a memory is queried."""
        memory = f", {self.qram} memory" if self.qram_queries else ""
        return f"{self.conventions.name}{memory}"

    @property
    def input_calls(self) -> Count:
        """Calls of the image's encoding, adjoints and controlled calls included."""
        return self.figures[INPUT_CALLS.name]

    @property
    def qram_queries(self) -> Mapping[Count, Count]:
        """Queries of hardware memories by table size; empty without any."""
        queries: Mapping[Count, Count] = self.figures[MEMORY_QUERIES.name]
        return queries

    @property
    def t_count(self) -> Count:
        """Total T under the conventions."""
        return t_count(self.native, self.conventions)

    @property
    def t_depth(self) -> Count:
        """Critical path of the decomposed circuit, in layers of T; `schedule` says whether it is a bound.

        With symbols for sizes it is `sequential_t_depth`, an upper bound.

        Raises:
            UnknownCostError: as `schedule`.
        """
        return self.schedule.t_depth

    @property
    def schedule(self) -> Schedule:
        """Both schedules, each a depth with the qubits that go with it. Made at first use, and kept.

        What takes long says about how long, on standard error, with a bar.

        Raises:
            UnknownCostError: the decomposition of a part fails, and its qubits are not known.
        """
        if not self._schedules:
            with waiting("critical path", self.schedule_seconds()):
                self._schedules.append(self.scheduler())
        return self._schedules[0]

    @property
    def shows_critical_path(self) -> bool:
        """Whether a print-out has the critical path: once it is known, or if it is found at once.

        Asking for `schedule` or `t_depth` makes it known.
        """
        return bool(self._schedules) or self.schedule_seconds() <= SECONDS_TO_PRINT

    @property
    def toffoli_count(self) -> Count:
        """Toffoli + And + CSwap."""
        return toffoli_like(self.native)

    @property
    def rotation_count(self) -> Count:
        """Rotations, before synthesis."""
        return as_count(self.native.rotation, "number of rotations")

    @property
    def catalyst_qubits(self) -> Count:
        """Qubits beside `logical_qubits` that the rotation model holds all the time; a footprint has them.

        0 for models that synthesise each rotation by itself.
        """
        is_held = self.conventions.catalyst_t(self.native.rotation) != 0
        return self.conventions.workspace_qubits(self.native.rotation) if is_held else 0

    @property
    def t_per_sample(self) -> float | None:
        """Expected T until the ancillas are found zero: of one sample, `t_count / success_probability`."""
        if self.success_probability is None or isinstance(self.t_count, sympy.Basic):
            return None
        return self.t_count / self.success_probability

    @property
    def is_symbolic(self) -> bool:
        """Whether a gate or qubit count holds a symbol."""
        return any(
            isinstance(value, sympy.Basic)
            for value in (self.t_count, self.logical_qubits, self.native.clifford)
        )

    def breakdown(self) -> tuple[ComponentCost, ...]:
        """The cost of each component, largest first. Native counts and T sum to the totals exactly."""
        return self.components

    def surface_code(self, **physical: Any) -> SurfaceCodeFootprint:
        """The footprint on a surface code, rotations converted by this report's conventions.

        Args:
            physical: as `surface_code_footprint`: `model`, `preset`, `physical_error`, `cycle_time_us`,
                `failure_probability`, `factories`, ...; `t_depth` is by default `sequential_t_depth`, which
                goes with `logical_qubits`, and `failure_probability` the network's share of epsilon.

        Returns:
            The footprint.

        Raises:
            ValueError: the report is symbolic (use `subs`), its qubits are not known, or the target cannot be
                met.
            TypeError: unknown parameter.
        """
        return surface_code_footprint(**self._demand(physical))

    def pareto(self, **physical: Any) -> ParetoCurve:
        """Physical qubits against hours, over the number of factories.

        Args:
            physical: as `surface_code`.

        Returns:
            The curve, fewest qubits first.

        Raises:
            ValueError: as `surface_code`.
        """
        return pareto(**self._demand(physical))

    def _demand(self, physical: Mapping[str, Any]) -> dict[str, Any]:
        """What a machine is asked for."""
        if self.is_symbolic:
            raise ValueError("the report is symbolic: substitute numbers first (CostReport.subs)")
        if isinstance(self.logical_qubits, Unknown):
            raise ValueError(
                f"there is no footprint, because the logical qubits are {self.logical_qubits}"
            )
        # Asked for by hand, it is that of the machine alone.
        by_hand = physical.get("failure_probability") is not None
        budgeted = {"failure_probability": None if by_hand else self.machine_failure_probability}
        return {
            **{name: value for name, value in budgeted.items() if value is not None},
            "gate_counts": with_rotations_as_t(self.native, self.conventions),
            "logical_qubits": self.logical_qubits + self.catalyst_qubits,
            # Of the schedule that has these qubits: the critical path needs more of them.
            "t_depth": self.sequential_t_depth,
            **physical,
        }

    def subs(self, values: Mapping[Any, Any]) -> CostReport:
        """The report with numbers in place of symbols.

        Args:
            values: from a sympy symbol, or its name, to a number. Symbols left out stay.

        Returns:
            A new report. Where an expression becomes negative, that of the bloq with these numbers.

        Raises:
            ValueError: no mapping, a key that is no symbol and no name, a value that is no number.

        Example:
            >>> from bloqs.costs import estimate
            >>> n = sympy.Symbol("n")
            >>> from qualtran import QUInt
            >>> from qualtran.bloqs.arithmetic import Add
            >>> estimate(Add(QUInt(n))).subs({"n": 8}).t_count
            28
        """
        instance(values, "values", Mapping, "a mapping from symbols, or their names, to numbers")
        named = {}
        for symbol, value in values.items():
            instance(symbol, "a key of values", (str, sympy.Symbol), "a sympy symbol, or its name")
            amount(value, f"values[{str(symbol)!r}]")  # text would be evaluated
            named[str(symbol)] = value
        try:
            return self._put(named)
        except ValueError:
            # A formula that is wrong at these numbers: some of Qualtran's are negative at the smallest size.
            if self.recount is None:
                raise
            return self.recount(named)

    def _put(self, named: Mapping[str, Any]) -> CostReport:
        """The report with numbers in its expressions."""
        numbers = Numbers(named)

        def put(value: Any) -> Any:
            if not isinstance(value, sympy.Basic):
                return value
            return as_count(numbers.put(value))

        def put_gates(counts: GateCounts) -> GateCounts:
            return GateCounts(**{name: put(n) for name, n in attrs.asdict(counts).items()})

        native = put_gates(self.native)
        total = t_count(native, self.conventions)
        components = []
        for row in self.components:
            t = put(row.t_count)
            is_number = isinstance(t, int) and isinstance(total, int) and total > 0
            components.append(
                attrs.evolve(
                    row,
                    calls=put(row.calls),
                    native=put_gates(row.native),
                    t_count=t,
                    share=t / total if is_number else None,
                    qubits=put(row.qubits),
                )
            )
        return attrs.evolve(
            self,
            native=native,
            logical_qubits=put(self.logical_qubits),
            sequential_t_depth=put(self.sequential_t_depth),
            scheduler=lambda: self.schedule.map(put),
            schedule_seconds=lambda: 0.0 if self._schedules else self.schedule_seconds(),
            figures={name: map_figure(value, put) for name, value in self.figures.items()},
            leaves={
                kind: {name: put(n) for name, n in names.items()}
                for kind, names in self.leaves.items()
            },
            components=tuple(sorted(components, key=largest_first)),
        )

    def totals_table(
        self, *, has_critical_path: bool | None = None, title: str = "Cost of one run"
    ) -> Table:
        """The figures above the breakdown.

        Args:
            has_critical_path: False leaves out the pair of the schedule in which every gate starts as soon as
                it can, which may take minutes to be found; True asks for it; None is `shows_critical_path`.
            title: of the table.

        Returns:
            Two columns, figure and value.
        """
        rows: list[tuple[str, Cell]] = [("total T", self.t_count)]
        if self.success_probability is not None and self.t_per_sample is not None:
            rows += [
                ("success probability", number(self.success_probability, ".4f")),
                ("T a sample, expected", number(self.t_per_sample, ",.0f")),
            ]
        if self.query_overhead is not None:
            rows.append(("query overhead", number(self.query_overhead, ".2f")))
        rows += [
            ("Toffoli + And + CSwap", self.toffoli_count),
            ("rotations", self.rotation_count),
            ("native T", self.native.t),
            ("Clifford", self.native.clifford),
            ("measurements", self.native.measurement),
            (
                f"logical qubits, parts one after another{', at least' if self.lower_bounds else ''}",
                self.logical_qubits,
            ),
            ("T-depth of that schedule", self.sequential_t_depth),
        ]
        if self.shows_critical_path if has_critical_path is None else has_critical_path:
            found = known_or_not(lambda: self.schedule)
            if isinstance(found, Unknown):
                rows.append(("T-depth, gates as soon as possible", found))
            else:
                bound = "" if found.exact else ", at most"
                rows += [
                    (f"T-depth, gates as soon as possible{bound}", found.t_depth),
                    ("logical qubits of that schedule", found.qubits),
                ]
        else:
            seconds = f"not asked for: `t_depth` takes about {in_words(self.schedule_seconds())}"
            rows.append(("T-depth, gates as soon as possible", seconds))
        note = f"Conventions and memory: {self.basis}."
        return Table(
            title, ("figure", "value"), [*rows, *self.figure_rows()], numeric={1}, note=note
        )

    def figure_rows(self) -> list[tuple[str, str]]:
        """The rows of the registered cost keys, label and figure."""
        named = [COST_KEYS[name].rows(value) for name, value in self.figures.items()]
        return [row for rows in named for row in rows]

    def breakdown_table(self) -> Table:
        """One row a component, largest T first, and their sum."""
        total = ComponentCost(
            component="total",
            calls=1,
            native=self.native,
            t_count=self.t_count,
            share=1.0,
            qubits=self.logical_qubits,
        )
        return breakdown_table(self.breakdown(), total)

    def tables(self) -> tuple[Table, Table, Table]:
        """Totals, breakdown and assumptions; with the critical path by `shows_critical_path`."""
        found = known_or_not(lambda: self.schedule) if self.shows_critical_path else None
        notes = found.notes if isinstance(found, Schedule) else ()
        told = {"T-depth is a bound": "; ".join(notes)} if notes else {}
        return (
            self.totals_table(title=f"Cost of {self.bloq}"),
            self.breakdown_table(),
            assumptions_table({**self.assumptions, **told}),
        )

    def __str__(self) -> str:
        return "\n".join(table.to_text() for table in self.tables())

    def __repr__(self) -> str:
        return (
            f"CostReport({self.bloq}: t_count={self.t_count}, logical_qubits={self.logical_qubits}, "
            f"basis={self.basis!r})"
        )

    def _repr_html_(self) -> str:
        return "\n".join(table.to_html() for table in self.tables())
