"""The error budget of a network: what each part was given, what it used, and a check that parts add up.

The total epsilon bounds the distance of the machine's output from the exact network's, part by part:

- *vector* errors (polynomials, amplification, rounded data) are 2-norm errors of the encoded vector,
- *synthesis* errors are spectral-norm errors of the circuit, the sum over all its rotations, times alpha.
  Rotations that are channels (fallback, mixtures) have no spectral-norm error: half the sum of their diamond
  distances counts like a probability of failure, times alpha squared,
- *failure* is the probability that a query of a memory, a magic state or a logical qubit failed in a run that
  succeeded: at most that of any run, times alpha squared.

Each part bounds by how much it changes the probability of any outcome of a measurement: two pure states
that differ by e in 2-norm have trace distance at most e, and a failure of probability p adds p. So the sum of
the parts bounds what all of them change together.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from rich.console import Console

from bloqs.checks import instance
from bloqs.core.checks import checked
from bloqs.messages import shown
from bloqs.tables import Table, number

SLACK = 1e-9
"""Relative rounding error that sums of shares may have."""


class BudgetError(ValueError):
    """Parts of a budget add to more than the whole, or a part used more than it was given.

    Example:
        >>> try:
        ...     BudgetItem(name="data", given=1e-3, used=2e-3).check()
        ... except BudgetError as error:
        ...     print(error)
        data uses 0.002 of 0.001
    """


@attrs.frozen(field_transformer=checked, kw_only=True)
class ErrorSplit:
    """How epsilon is shared out before anything is built; the four shares add to at most 1.

    Parameters:
        polynomial: share of activations and amplifications. Each of the four lies strictly between 0 and 1.
        data: share of the rounding of tabulated angles, which also gets what the polynomials leave.
        synthesis: share of rotations in Clifford+T.
        failure: share of magic states and logical qubits.

    Raises:
        ValueError: a share outside (0, 1), or a sum above 1.

    Example:
        >>> ErrorSplit.even().synthesis
        0.25
    """

    polynomial: float
    data: float
    synthesis: float
    failure: float

    def __attrs_post_init__(self) -> None:
        for name, share in attrs.asdict(self).items():
            if not 0 < share < 1:
                raise ValueError(f"the share of {name} must lie in (0, 1), got {share}")
        total = sum(attrs.astuple(self))
        if total > 1 + SLACK:
            raise ValueError(
                f"the shares add to {total:.6g} > 1: {attrs.asdict(self)}; lower one of them"
            )

    @classmethod
    def even(cls) -> ErrorSplit:
        """A quarter each."""
        return cls(polynomial=0.25, data=0.25, synthesis=0.25, failure=0.25)

    @property
    def vector(self) -> float:
        """The share of the encoded vector's stated epsilon: that of polynomials and that of data."""
        return self.polynomial + self.data


DEFAULT_SPLIT = ErrorSplit(polynomial=0.82, data=0.08, synthesis=0.05, failure=0.05)
"""Most goes to the polynomials: degrees grow with log(1/error) and multiply over layers; others add bits."""


CATALYST_SHARE = 0.01
"""Fraction of the share of synthesis for the rotations that prepare a phase-gradient state, once."""


ROTATIONS, CATALYST, FAILURE = KNOWN_LATER = (
    "rotations of the circuit",
    "phase-gradient state",
    "magic-state and logical failure",
)
"""Parts of a network's budget whose use is known when it is costed, and placed on a machine."""

SYNTHESIS, MEMORY, FAILURES = (
    "rotation synthesis",
    "memory queries",
    "failure of memory and machine",
)
"""The part that holds the first two; where queries of a memory may fail, theirs, and that of all failures."""


@attrs.frozen(kw_only=True)
class BudgetItem:
    """A part of a budget: how much of epsilon it was given, and how much it used.

    Parameters:
        name: what tables call the part.
        given: its share of epsilon (absolute, not a fraction).
        used: how much of the share is used, at most. Where there are parts, it is their sum, and a part
            whose use is not known counts with all it was given. None as long as it is not known: what
            synthesis uses is known when the network is costed, what the machine uses when it is placed.
        parts: the parts that it consists of.
        rule: how `used` is known, in a few words.

    Example:
        >>> rounding = BudgetItem(name="rounding", given=2e-3, used=5e-4)
        >>> synthesis = BudgetItem(name="synthesis", given=1e-3, used=None)
        >>> whole = BudgetItem.of("circuit", (rounding, synthesis))
        >>> whole.given, whole.used
        (0.003, 0.0015)
    """

    name: str
    given: float
    used: float | None
    parts: tuple[BudgetItem, ...] = ()
    rule: str = ""

    @classmethod
    def of(
        cls, name: str, parts: tuple[BudgetItem, ...], *, given: float | None = None, rule: str = ""
    ) -> BudgetItem:
        """A part made of parts.

        Args:
            name: what tables call it.
            parts: at least one.
            given: its share of epsilon; None for what the parts were given together.
            rule: how its use is known, in a few words.

        Returns:
            The whole; it uses what its parts use, at most.
        """
        total = math.fsum(part.given for part in parts)
        return cls(
            name=name,
            given=total if given is None else given,
            used=math.fsum(part.at_most for part in parts),
            parts=parts,
            rule=rule,
        )

    @property
    def at_most(self) -> float:
        """What it uses; as long as that is not known, what it was given."""
        return self.given if self.used is None else self.used

    def with_used(self, used: Mapping[str, float]) -> BudgetItem:
        """This part with what some of the parts below use; see `ErrorBudget.with_used`."""
        if not self.parts:
            return attrs.evolve(self, used=used.get(self.name, self.used))
        parts = tuple(part.with_used(used) for part in self.parts)
        return attrs.evolve(self, parts=parts, used=math.fsum(part.at_most for part in parts))

    def with_part(self, name: str, part: BudgetItem) -> BudgetItem:
        """This part with another one in place of those of a name; see `ErrorBudget.with_part`."""
        if self.name == name:
            return part
        if not self.parts:
            return self
        parts = tuple(one.with_part(name, part) for one in self.parts)
        return attrs.evolve(self, parts=parts, used=math.fsum(one.at_most for one in parts))

    def walk(self, depth: int = 0) -> Iterator[tuple[int, BudgetItem]]:
        """This part and those below it, each with its depth in the tree.

        Args:
            depth: the depth that this part itself is given.

        Yields:
            `(depth, part)`, a whole before its parts.
        """
        yield depth, self
        for part in self.parts:
            yield from part.walk(depth + 1)

    def check(self) -> None:
        """Refuse a tree whose parts exceed their whole, or that uses more than it was given.

        Raises:
            BudgetError: the innermost part that does not add up.
        """
        for _, item in reversed(list(self.walk())):
            if not item.at_most <= item.given * (1 + SLACK):
                raise BudgetError(f"{item.name} uses {item.used:.3g} of {item.given:.3g}")
            if item.parts:
                given = math.fsum(part.given for part in item.parts)
                used = math.fsum(part.at_most for part in item.parts)
                if given > item.given * (1 + SLACK):
                    raise BudgetError(
                        f"the parts of {item.name} are given {given:.3g} of {item.given:.3g}"
                    )
                if abs(used - item.at_most) > SLACK * item.given:
                    raise BudgetError(f"{item.name} says {item.used:.3g}, its parts use {used:.3g}")

    def to_dict(self) -> dict[str, Any]:
        """As dictionaries and lists, ready for JSON."""
        return {
            "name": self.name,
            "given": self.given,
            "used": self.used,
            "rule": self.rule,
            "parts": [part.to_dict() for part in self.parts],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> BudgetItem:
        """Inverse of `to_dict`."""
        parts = tuple(cls.from_dict(part) for part in values["parts"])
        return cls(**{**values, "parts": parts})


@attrs.frozen(field_transformer=checked, kw_only=True)
class ErrorBudget:
    """The error budget of a network; checked when it is made.

    Parameters:
        epsilon: the error that was asked for, as the module's head defines it.
        root: the tree of parts, which are given at most epsilon together.
        split: the shares it was made from.

    Raises:
        BudgetError: the parts do not add up (root check).

    Example:
        >>> parts = (
        ...     BudgetItem(name="polynomials", given=8e-3, used=3e-3),
        ...     BudgetItem(name="synthesis", given=2e-3, used=1e-3),
        ... )
        >>> budget = ErrorBudget(epsilon=1e-2, root=BudgetItem.of("all", parts), split=DEFAULT_SPLIT)
        >>> budget.part("synthesis").used, budget.root.at_most
        (0.001, 0.004)
    """

    epsilon: float
    root: BudgetItem
    split: ErrorSplit

    def __attrs_post_init__(self) -> None:
        instance(self.root, "root", BudgetItem, "a BudgetItem")
        instance(self.split, "split", ErrorSplit, "an ErrorSplit")
        if self.root.given > self.epsilon * (1 + SLACK):
            raise BudgetError(
                f"the parts are given {self.root.given:.3g}, more than epsilon = {self.epsilon:.3g}"
            )
        self.root.check()

    def part(self, name: str) -> BudgetItem:
        """The first part of a name.

        Args:
            name: of the part.

        Returns:
            The part, with those below it.

        Raises:
            KeyError: there is none; the message lists all names.
        """
        for _, item in self.root.walk():
            if item.name == name:
                return item
        raise KeyError(f"no part {name!r}; there are {[item.name for _, item in self.root.walk()]}")

    def with_used(self, used: Mapping[str, float]) -> ErrorBudget:
        """This budget with what some parts use, checked again.

        Args:
            used: name of a part without parts -> what it uses.

        Returns:
            The budget; parts that are not named stay as they are.

        Raises:
            BudgetError: a part uses more than it was given.
        """
        return attrs.evolve(self, root=self.root.with_used(used))

    def with_part(self, name: str, part: BudgetItem) -> ErrorBudget:
        """This budget with another part in place of one, checked again.

        Args:
            name: of the part that is replaced.
            part: what stands there instead.

        Returns:
            The budget.

        Raises:
            KeyError: there is no part of that name.
            BudgetError: the parts no longer add up.
        """
        self.part(name)
        return attrs.evolve(self, root=self.root.with_part(name, part))

    def rows(self) -> list[tuple[int, BudgetItem]]:
        """`(depth, part)` from the root down."""
        return list(self.root.walk())

    def table(self) -> Table:
        """The tree as a table, parts indented below their whole."""
        rows = [
            (
                "\u2003" * depth + item.name,
                number(item.given, ".2e"),
                "at most all" if item.used is None else number(item.used, ".2e"),
                "-"
                if item.used is None or not item.given
                else number(item.used / item.given, ".0%"),
                item.rule,
            )
            for depth, item in self.rows()
        ]
        return Table(
            f"Error budget, epsilon = {self.epsilon:g}",
            ("part", "given", "used", "of it", "how it is known"),
            rows,
            numeric={1, 2, 3},
        )

    def to_dict(self) -> dict[str, Any]:
        """As dictionaries and lists, ready for JSON."""
        return {
            "epsilon": self.epsilon,
            "split": attrs.asdict(self.split),
            "root": self.root.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ErrorBudget:
        """Inverse of `to_dict`; checks again."""
        try:
            return cls(
                epsilon=values["epsilon"],
                root=BudgetItem.from_dict(values["root"]),
                split=ErrorSplit(**values["split"]),
            )
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(
                f"values must be what ErrorBudget.to_dict gives, found {shown(values)}"
            ) from error

    def __str__(self) -> str:
        console = Console(width=110, color_system=None)
        with console.capture() as capture:
            console.print(self.table())
        return capture.get()

    def _repr_html_(self) -> str:
        console = Console(width=110, record=True, file=io.StringIO())
        console.print(self.table())
        return console.export_html(inline_styles=True, code_format="<pre>{code}</pre>")
