"""One error budget for a whole network: what each part was given, what it used, and that they add up.

The total epsilon bounds the distance of the machine's output from the exact network's, part by part:

- *vector* errors (polynomials, amplification, rounded data) are 2-norm errors of the encoded vector,
- *synthesis* errors are spectral-norm errors of the circuit, the sum over all its rotations, times alpha,
- *failure* is the probability that a magic state or a logical qubit failed in a run that succeeded: at most
  that of any run, times alpha squared.

Each bounds by how much it changes the probabilities of any measurement (two pure states that differ by e in
2-norm have trace distance at most e; a failure of probability p adds p), so that the sum does.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from typing import Any

import attrs
from rich.console import Console

from bloqs.tables import Table, number

SLACK = 1e-9
"""Relative rounding error that sums of shares may have."""


class BudgetError(ValueError):
    """Parts of a budget add to more than the whole, or a part used more than it was given."""


@attrs.frozen(kw_only=True)
class ErrorSplit:
    """How epsilon is shared out before anything is built; the four shares add to at most 1.

    Parameters:
        polynomial: activations and amplifications.
        data: rounding of tabulated angles; takes what the polynomials leave, too.
        synthesis: rotations in Clifford+T.
        failure: magic states and logical qubits.

    Raises:
        ValueError: a share out of (0, 1), or a sum above 1.

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
        """What the encoded vector's stated epsilon may use: polynomials and data."""
        return self.polynomial + self.data


DEFAULT_SPLIT = ErrorSplit(polynomial=0.82, data=0.08, synthesis=0.05, failure=0.05)
"""Most to the polynomials: degrees grow with log(1/error) and multiply over layers, the others add bits."""


CATALYST_SHARE = 0.01
"""Of the share of synthesis: the rotations that prepare a phase-gradient state, once."""


@attrs.frozen(kw_only=True)
class BudgetItem:
    """A part of a budget: what it was given, what it used, and what of.

    Parameters:
        name: of the part.
        given: its share of epsilon.
        used: of that; the sum over the parts where there are any.
        parts: the parts that it consists of.
        rule: how `used` is known, in a few words.
    """

    name: str
    given: float
    used: float
    parts: tuple[BudgetItem, ...] = ()
    rule: str = ""

    @classmethod
    def of(
        cls, name: str, parts: tuple[BudgetItem, ...], *, given: float | None = None, rule: str = ""
    ) -> BudgetItem:
        """A part made of parts; given what they were given together, if not said otherwise."""
        total = math.fsum(part.given for part in parts)
        return cls(
            name=name,
            given=total if given is None else given,
            used=math.fsum(part.used for part in parts),
            parts=parts,
            rule=rule,
        )

    def walk(self, depth: int = 0) -> Iterator[tuple[int, BudgetItem]]:
        """This part and those below, with their depth."""
        yield depth, self
        for part in self.parts:
            yield from part.walk(depth + 1)

    def check(self) -> None:
        """Raises `BudgetError` where parts exceed their whole, or use exceeds what was given."""
        for _, item in self.walk():
            if not item.used <= item.given * (1 + SLACK):
                raise BudgetError(f"{item.name} uses {item.used:.3g} of {item.given:.3g}")
            if item.parts:
                given = math.fsum(part.given for part in item.parts)
                used = math.fsum(part.used for part in item.parts)
                if given > item.given * (1 + SLACK):
                    raise BudgetError(
                        f"the parts of {item.name} are given {given:.3g} of {item.given:.3g}"
                    )
                if abs(used - item.used) > SLACK * item.given:
                    raise BudgetError(f"{item.name} says {item.used:.3g}, its parts use {used:.3g}")

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
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


@attrs.frozen(kw_only=True)
class ErrorBudget:
    """The budget of a network; checked when it is made.

    Parameters:
        epsilon: asked for.
        root: the tree of parts, given at most epsilon together.
        split: the shares it was made from.

    Raises:
        BudgetError: the parts do not add up (root check).
    """

    epsilon: float
    root: BudgetItem
    split: ErrorSplit

    def __attrs_post_init__(self) -> None:
        if self.root.given > self.epsilon * (1 + SLACK):
            raise BudgetError(
                f"the parts are given {self.root.given:.3g}, more than epsilon = {self.epsilon:.3g}"
            )
        self.root.check()

    def part(self, name: str) -> BudgetItem:
        """The first part of that name.

        Raises:
            KeyError: there is none; the message lists all.
        """
        for _, item in self.root.walk():
            if item.name == name:
                return item
        raise KeyError(f"no part {name!r}; there are {[item.name for _, item in self.root.walk()]}")

    def rows(self) -> list[tuple[int, BudgetItem]]:
        """`(depth, part)` from the root down."""
        return list(self.root.walk())

    def table(self) -> Table:
        """The tree as a table, parts indented below their whole."""
        rows = [
            (
                "\u2003" * depth + item.name,
                number(item.given, ".2e"),
                number(item.used, ".2e"),
                number(item.used / item.given, ".0%") if item.given else "-",
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
        """Ready for JSON."""
        return {
            "epsilon": self.epsilon,
            "split": attrs.asdict(self.split),
            "root": self.root.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ErrorBudget:
        """Inverse of `to_dict`; checks again."""
        return cls(
            epsilon=values["epsilon"],
            root=BudgetItem.from_dict(values["root"]),
            split=ErrorSplit(**values["split"]),
        )

    def __str__(self) -> str:
        console = Console(width=110, color_system=None)
        with console.capture() as capture:
            console.print(self.table())
        return capture.get()

    def _repr_html_(self) -> str:
        console = Console(width=110, record=True, file=io.StringIO())
        console.print(self.table())
        return console.export_html(inline_styles=True, code_format="<pre>{code}</pre>")


@attrs.frozen(kw_only=True)
class OptimisedSplit:
    """The result of `optimise_split`: before (even) and after.

    Parameters:
        split: the best split found.
        cost: its cost.
        even_cost: of the even split.
        evaluations: networks that were costed.
        unit: of the costs.
    """

    split: ErrorSplit
    cost: float
    even_cost: float
    evaluations: int
    unit: str = "T"

    @property
    def gain(self) -> float:
        """`even_cost / cost`, 1 or more."""
        return self.even_cost / self.cost

    def __str__(self) -> str:
        shares = ", ".join(
            f"{name} {share:.1%}" for name, share in attrs.asdict(self.split).items()
        )
        return (
            f"even split: {self.even_cost:,.0f} {self.unit}; optimised: {self.cost:,.0f} {self.unit} "
            f"({self.gain:.3f} times less) with {shares}; {self.evaluations} splits costed"
        )


SHARES = (0.25, 0.15, 0.08, 0.05, 0.02, 0.01)
"""Shares that the optimiser tries: a cost depends on them by logarithms, so that finer steps gain nothing."""


def optimise_split(
    cost: Callable[[ErrorSplit], float], *, unit: str = "T", rounds: int = 2
) -> OptimisedSplit:
    """The cheapest split found by coordinate descent over `SHARES`; never dearer than the even one.

    The polynomials get what the others leave. Degrees and distances are integers, so that the cost has steps
    and no gradient; the starts are the even split and `DEFAULT_SPLIT`.

    Args:
        cost: of a network built under a split; may raise ValueError where there is none.
        unit: of the cost, for messages.
        rounds: passes over the three shares.

    Raises:
        ValueError: not even the even split can be met; the message of `cost`.
    """
    known: dict[tuple[float, ...], float] = {}

    def value(split: ErrorSplit) -> float:
        key = attrs.astuple(split)
        if key not in known:
            try:
                known[key] = float(cost(split))
            except ValueError:
                if split == ErrorSplit.even():
                    raise
                known[key] = math.inf
        return known[key]

    even = ErrorSplit.even()
    even_cost = value(even)
    best = min((even, DEFAULT_SPLIT), key=value)
    for _ in range(rounds):
        before = value(best)
        for name in ("synthesis", "failure", "data"):
            best = min([best, *_variants(best, name)], key=value)
        if value(best) == before:
            break
    return OptimisedSplit(
        split=best, cost=value(best), even_cost=even_cost, evaluations=len(known), unit=unit
    )


def _variants(split: ErrorSplit, name: str) -> list[ErrorSplit]:
    """The split with another share of one part, the polynomials taking what is left."""
    result = []
    for share in SHARES:
        shares = {**attrs.asdict(split), name: share}
        shares["polynomial"] = 1 - shares["data"] - shares["synthesis"] - shares["failure"]
        result.append(ErrorSplit(**shares))
    return result
