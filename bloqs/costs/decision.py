r"""The cost of an answer: how many samples a class takes, and the T and the hours of all of them.

A run of the circuit, its ancillas found zero, and a measurement give one sample of the class. The answer is
the class drawn most often; `decision` says how many samples make it the exact network's class but for a small
probability, and what they cost.

*Undecided.* The samples come from the machine's distribution, not the exact network's. Let `epsilon` be the
part of the error budget that is used, a bound of the trace distance of the two states: of a unit vector v
and the normalised w that is encoded it is the sine of the angle between them, at most `||v - w||`, and a
failure of probability p adds p. Then every class has a probability within `epsilon` of the exact one, and
`p_1 - p_2 = tr((P_1 - P_2) rho)`, with `||P_1 - P_2|| = 1`, changes by at most `2 epsilon`. `root_distance`
shows that vectors change it by less, about `2 sqrt(p_1 + p_2)` times their error. Where the first two classes
of the exact network are no further apart than either bound, no number of samples can be promised.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from bloqs.checks import finite_array, instance, real_number, whole_number
from bloqs.costs.plurality import MOST_SAMPLES, enough_samples, least_samples
from bloqs.costs.report import CostReport
from bloqs.costs.surface_code import SurfaceCodeFootprint
from bloqs.costs.unknown import Unknown
from bloqs.messages import shown
from bloqs.tables import Table, Tabular, number

SUM_TOLERANCE = 1e-6
"""By which probabilities may miss the sum 1."""


@attrs.frozen(kw_only=True, repr=False)
class Decision(Tabular):
    """What the class of one image costs.

    Parameters:
        winner: the exact network's class.
        rival: the class of the second largest probability; None where there is one class only.
        gap: by how much the winner's probability exceeds the rival's.
        error: largest probability that the plurality is another class.
        epsilon: by how much the machine may change the probability of an event; 0 where nothing is stated.
        samples: the smallest number of samples that is enough; None of an undecided image.
        wrong: the probability that their plurality is not the winner, for the exact network's probabilities;
            None of an undecided image.
        is_exact: whether `wrong` is exact; else it is an upper bound (`bloqs.costs.plurality`).
        samples_within_epsilon: so many are enough whatever the machine makes of the probabilities within
            epsilon, by an upper bound: of any event, or, where the gap is within 2 epsilon, of the vector and
            the failures that epsilon consists of.
        t_per_sample: expected T of one sample.
        hours_per_sample: expected hours of one sample; where there is no footprint the reason.
        undecided: why no number of samples can be promised; empty of a decided image.

    Example:
        >>> from bloqs import estimate, load_example
        >>> from bloqs.reference import forward
        >>> example = load_example("digits-1")
        >>> report = estimate(example.spec.cost_bloq(output="heralded"))
        >>> found = decision(report, forward(example.spec, example.images[0]))
        >>> found.winner, found.is_undecided, found.t_count == found.samples * report.t_per_sample
        (2, False, True)
    """

    winner: int
    rival: int | None
    gap: float
    error: float
    epsilon: float
    samples: int | None
    wrong: float | None
    is_exact: bool
    samples_within_epsilon: int | None
    t_per_sample: float
    hours_per_sample: float | Unknown
    undecided: str = ""

    @property
    def is_undecided(self) -> bool:
        """Whether the first two classes are too close for any number of samples."""
        return self.samples is None

    @property
    def t_count(self) -> float | None:
        """Expected T of all samples; None of an undecided image."""
        return None if self.samples is None else self.samples * self.t_per_sample

    @property
    def hours(self) -> float | None:
        """Expected hours of all samples in turn; None of an undecided image, or without a footprint."""
        if self.samples is None or isinstance(self.hours_per_sample, Unknown):
            return None
        return self.samples * self.hours_per_sample

    def rows(self) -> Iterator[tuple[str, str]]:
        """Name and figure."""
        yield "class of the exact network", number(self.winner)
        if self.rival is not None:
            yield f"ahead of class {self.rival} by", f"{self.gap:.4f}"
        yield "T a sample, expected", number(self.t_per_sample, ",.0f")
        if self.samples is None:
            yield "samples", f"undecided: {self.undecided}"
            return
        kind = "" if self.is_exact else ", at most"
        yield f"samples until wrong with {self.error:g} or less", number(self.samples)
        yield f"wrong then{kind}", f"{self.wrong:.2e}"
        yield (
            f"samples, the machine anywhere within epsilon = {self.epsilon:.2e}",
            number(self.samples_within_epsilon) or f"more than {MOST_SAMPLES:.0e}",
        )
        yield "T a decision, expected", number(self.t_count, ",.0f")
        if isinstance(self.hours_per_sample, Unknown):
            yield "hours a decision", str(self.hours_per_sample)
        else:
            yield "hours a decision, expected", number(self.hours, ".4g")

    def table(self) -> Table:
        """The figures; a tie counts as wrong."""
        return Table(
            "Cost of a decision",
            ("figure", "value"),
            list(self.rows()),
            numeric={1},
            note="The answer is the class drawn most often; a tie counts as wrong.",
        )

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        no_hours = isinstance(self.hours_per_sample, Unknown)
        return {
            **attrs.asdict(self),
            "hours_per_sample": None if no_hours else self.hours_per_sample,
            "no_hours": str(self.hours_per_sample) if no_hours else "",
            "is_undecided": self.is_undecided,
            "t_count": self.t_count,
            "hours": self.hours,
        }

    def __repr__(self) -> str:
        if self.is_undecided:
            return f"Decision(undecided: {self.undecided})"
        return (
            f"Decision(samples={self.samples}, t_count={self.t_count:.6g}, hours={self.hours}, "
            f"error={self.error:g})"
        )


def decision(
    report: CostReport,
    probabilities: npt.ArrayLike,
    error: float = 0.01,
    *,
    num_classes: int | None = None,
    footprint: SurfaceCodeFootprint | None = None,
) -> Decision:
    """What it costs to know the class of an image, and not a sample of it.

    Args:
        report: the cost of the network bloq; its `t_per_sample`, and its `epsilon`.
        probabilities: of the groups, by the exact network (`bloqs.reference.forward`); `(G,)`, they add to 1.
        error: largest probability that the plurality of the samples is not the exact network's class, in
            (0, 1).
        num_classes: so many leading groups stand for a class, samples of the others count for none; None
            for all.
        footprint: where a run is executed, and what it fails with beyond its share of the error budget adds
            to epsilon; None for `report.surface_code()`.

    Returns:
        Samples, T, hours, or why the image is undecided.

    Raises:
        ValueError: no probabilities, an error outside (0, 1), a report with symbols in it.

    Example:
        >>> from bloqs import estimate
        >>> from bloqs.loading import LoadedVector
        >>> vector = LoadedVector([0.8, 0.6])
        >>> decision(estimate(vector), [0.64, 0.36]).samples
        67
        >>> decision(estimate(vector), [0.5, 0.5])
        Decision(undecided: the first two classes, 0 and 1, are level)
    """
    instance(report, "report", CostReport, "what bloqs.costs.estimate returns")
    error = real_number(error, "error", low=0, high=1, is_open=True)
    classes = _checked(probabilities, num_classes)
    if footprint is not None:
        instance(footprint, "footprint", SurfaceCodeFootprint, "a SurfaceCodeFootprint, or None")
    if report.is_symbolic:
        raise ValueError("the report is symbolic: substitute numbers first (CostReport.subs)")
    winner = int(np.argmax(classes))
    order = np.argsort(-classes, kind="stable")
    rival = int(order[1]) if len(order) > 1 else None
    gap = float(classes[winner] - (0.0 if rival is None else classes[rival]))
    vector, mixed = _parts_of_epsilon(report)
    mixed += _excess(report, footprint)
    epsilon = vector + mixed
    rivals = np.delete(classes, winner)
    apart = [root_distance(float(classes[winner]), float(p), vector, mixed) for p in rivals]
    undecided = _undecided(winner, rival, gap, epsilon, min(apart, default=1.0))
    found = None if undecided else least_samples(classes, winner, error)
    if not undecided and found is None:
        undecided = f"more than {MOST_SAMPLES:.0e} samples, as the gap is {gap:.2g}"
    within: int | None = None
    if found is not None and gap > 2 * epsilon:
        by_events = least_samples(classes, winner, error, epsilon) if epsilon else found
        within = None if by_events is None else by_events[0]
    elif found is not None:
        within = enough_samples(np.array(apart), error)
    samples, wrong, is_exact = found or (None, None, False)
    return Decision(
        winner=winner,
        rival=rival,
        gap=gap,
        error=error,
        epsilon=epsilon,
        samples=samples,
        wrong=wrong,
        is_exact=is_exact,
        samples_within_epsilon=within,
        t_per_sample=_t_per_sample(report),
        hours_per_sample=hours_per_sample(report, footprint),
        undecided=undecided,
    )


def hours_per_sample(
    report: CostReport, footprint: SurfaceCodeFootprint | None = None
) -> float | Unknown:
    """Expected hours until the ancillas of a run are found zero.

    Args:
        report: the cost of one run.
        footprint: of that run; None for `report.surface_code()`.

    Returns:
        Hours; `Unknown`, with the reason, where there is no footprint.

    Example:
        >>> from bloqs import estimate
        >>> from qualtran.bloqs.basic_gates import TGate
        >>> hours_per_sample(estimate(TGate())) > 0
        True
    """
    if footprint is None:
        try:
            footprint = report.surface_code()
        except ValueError as why:
            return Unknown(f"no footprint: {why}")
    return footprint.hours / (report.success_probability or 1.0)


def _excess(report: CostReport, footprint: SurfaceCodeFootprint | None) -> float:
    """Failures of the runs that succeed, beyond what the error budget has for them."""
    fails = report.memory_failure_probability
    fails += 0.0 if footprint is None else footprint.failure_probability
    beyond = fails - (report.failure_probability or 0.0)
    return max(0.0, beyond) / (report.success_probability or 1.0)


def _t_per_sample(report: CostReport) -> float:
    """Without ancillas every run is a sample."""
    found = report.t_per_sample
    return float(report.t_count) if found is None else found


def root_distance(first: float, second: float, vector: float, mixed: float = 0.0) -> float:
    r"""How far apart the square roots of two probabilities are, at least, on any machine within epsilon.

    Let a and b be the square roots of the probabilities that the exact unit vector v gives two classes, and
    `w = v + e` the multiple of what is encoded that is nearest to v: `||e||` is the sine of the angle. The
    parts of e in the two classes have norms x and y with `x^2 + y^2 <= ||e||^2`, hence `x + y <= sqrt 2
    ||e||`, and

        ||P_1 w|| - ||P_2 w|| >= D = a - b - sqrt 2 ||e||
        ||P_1 w|| + ||P_2 w|| >= S = a + b - sqrt 2 ||e||.

    `||w|| <= 1`, so that where D and S are not negative, the probabilities of w normalised differ by D S at
    least. Failures and channels, of trace distance m, change the difference by at most 2 m, and make the sum
    of both at most `(sqrt(a^2 + b^2) + ||e||)^2 + m`; `sqrt p_1 + sqrt p_2` is at most the square root of
    twice that. So

        sqrt p_1 - sqrt p_2 = (p_1 - p_2) / (sqrt p_1 + sqrt p_2) >= (D S - 2 m) / sqrt(2 (..)).

    For m = 0 it is positive where `a - b > sqrt 2 ||e||`, and no bound is for less: with both norms at their
    mean the classes are level, at an angle of sine `(a - b) / sqrt 2`.

    Args:
        first: probability of the class that is ahead.
        second: that of the other one.
        vector: bound of `||e||`.
        mixed: m, bound of the trace distance by failures and channels.

    Returns:
        The distance, proved; 0 or less where the second class may be level or ahead.

    Example:
        >>> root_distance(0.21, 0.197, 0.01) > 0  # though they are less than 2 epsilon apart
        True
        >>> root_distance(0.21, 0.2, 0.01) > 0, round(root_distance(0.36, 0.16, 0.0), 4)
        (False, 0.1961)
    """
    a, b = math.sqrt(first), math.sqrt(second)
    moved = math.sqrt(2) * vector
    difference, total = a - b - moved, a + b - moved
    if difference <= 0 or total <= 0:
        return min(difference, 0.0)
    most = min(1.0, (math.sqrt(first + second) + vector) ** 2 + mixed)
    return (difference * total - 2 * mixed) / math.sqrt(2 * most)


def _parts_of_epsilon(report: CostReport) -> tuple[float, float]:
    """Of the stated epsilon what vectors differ by, and what is failures and channels.

    Failures have the network's share of epsilon. Where rotations are channels, all of it is taken to be of
    the second kind, as the report does not say how much is theirs.
    """
    whole = report.epsilon or 0.0
    if report.conventions.rotation_model.is_channel:
        return 0.0, whole
    share = (report.failure_probability or 0.0) / (report.success_probability or 1.0)
    mixed = min(whole, share)
    return whole - mixed, mixed


def _undecided(winner: int, rival: int | None, gap: float, epsilon: float, apart: float) -> str:
    if rival is None or gap > 2 * epsilon or apart > 0:
        return ""
    names = f"the first two classes, {winner} and {rival},"
    if gap == 0:
        return f"{names} are level"
    return f"{names} are {gap:.2g} apart, which epsilon = {epsilon:.2g} may level"


def _checked(probabilities: npt.ArrayLike, num_classes: int | None) -> npt.NDArray[np.float64]:
    """The probabilities of the classes."""
    groups = finite_array(probabilities, "probabilities", ndim=1, has_bools=False)
    if not groups.size:
        raise ValueError("probabilities must hold one number a group, found none")
    total = float(groups.sum())
    if groups.min() < 0 or abs(total - 1) > SUM_TOLERANCE:
        raise ValueError(
            f"probabilities must not be negative and add to 1, found {shown(groups)}, which adds to "
            f"{total:.6g}"
        )
    if num_classes is not None:
        num_classes = whole_number(num_classes, "num_classes", low=1, high=len(groups))
    classes = (groups / total)[:num_classes]
    if not classes.any():
        raise ValueError(
            f"the first num_classes = {num_classes} groups have no probability: no sample has a class"
        )
    return np.asarray(classes)
